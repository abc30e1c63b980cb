// Ratings by task and machine, or by task and model: a heat map, its readout, its table.
import { get } from "../ask.js";
import { starBars } from "../chart.js";
import { empty, h, select } from "../dom.js";
import { figure } from "../figure.js";
import { heat } from "../heat.js";
import { bucket, bucketLine, count, inside, number, one, range, weekBefore, weekOf, words } from "../labels.js";
import { button, open } from "../shell.js";

const COLUMNS = 12; // the most rated; the table has all
const SPANS = [["", "ever"], ["4", "4 weeks"], ["12", "12 weeks"], ["52", "a year"]];
const BY = { hardware: "hardware_bucket", model: "model" };

async function load(query, view) {
  const weeks = Number(query.get("weeks")) || 0;
  const asked = { model: query.get("model"), since: weeks ? weekBefore(weekOf(new Date()), weeks - 1) : null };
  const [byBucket, models] = await Promise.all([
    get("/v1/insights/ratings", { ...asked, group_by: "task_category,hardware_bucket" }),
    get("/v1/insights/ratings", { group_by: "model" }),
  ]);
  const machines = new Set(byBucket.rows.map((row) => row.hardware_bucket));
  const by = query.get("by") ?? (machines.size > 1 || asked.model ? "hardware" : "model");
  const { rows } = by === "model" ? await get("/v1/insights/ratings", { ...asked, group_by: "task_category,model" }) : byBucket;
  return { by, rows, models: models.rows.map((row) => row.model).filter(Boolean), own: view.bucket };
}

const sumBy = (rows, name) => {
  const sums = new Map();
  for (const row of rows) sums.set(row[name], (sums.get(row[name]) ?? 0) + row.n);
  return sums;
};

const memory = (name) => Number(/^ram(\d+)/.exec(name ?? "")?.[1] ?? -1) * 2 + Number(String(name).endsWith("True"));

function columnsOf(rows, by) {
  const sums = sumBy(rows, BY[by]);
  const most = [...sums].sort(([, a], [, b]) => b - a).slice(0, COLUMNS).map(([name]) => name);
  return by === "hardware" ? most.sort((a, b) => memory(a) - memory(b)) : most;
}

function headOf(name, by, own) {
  if (by === "hardware") return { lines: bucket(name), own: name === own };
  const [family, quant = ""] = (name ?? "not said").split(":");
  return { lines: [family, quant], own: false };
}

function readout() {
  const aside = h("aside", { class: "read", "aria-live": "polite" });
  aside.tell = (row, column) => aside.replaceChildren(
    h("p", { class: "cap" }, column), h("h2", null, words(row.task_category)),
    h("p", { class: "big" }, row.enough ? one(row.estimate) : "–"),
    h("dl", null, h("dt", null, "90 % interval"), h("dd", null, row.low === null ? "–" : range(row.low, row.high)), h("dt", null, "n"), h("dd", null, number(row.n)),
      row.up + row.down ? [h("dt", null, "thumbs"), h("dd", null, `${number(row.up)} up, ${number(row.down)} down`)] : null),
    h("div", { class: "more" }, starBars(row.counts)),
    h("p", { class: "cap more" }, row.enough ? `Mean of ${count(row.n, "rating")}, drawn a little towards 3 where n is small.` : row.why_not));
  return aside;
}

function best(rows) {
  const sure = rows.filter((row) => row.enough);
  if (!sure.length) return "Not enough ratings yet to tell one task from another.";
  const tasks = [...new Set(sure.map((row) => row.task_category))];
  const mean = (task) => {
    const of = sure.filter((row) => row.task_category === task);
    const n = of.reduce((sum, row) => sum + row.n, 0);
    return of.reduce((sum, row) => sum + row.estimate * row.n, 0) / n;
  };
  const order = tasks.sort((a, b) => mean(b) - mean(a));
  return order.length > 1 ? `Best at ${inside(order[0])}, worst at ${inside(order.at(-1))}.` : `${words(order[0])} is rated ${one(mean(order[0]))}.`;
}

function draw({ by, rows, models, own }, view) {
  const about = "Mean of 1 to 5 stars. Fewer than 5 ratings, or an interval wider than one star, is hatched instead of ranked.";
  const columns = columnsOf(rows, by);
  const tasks = [...sumBy(rows, "task_category")].sort(([, a], [, b]) => b - a).map(([task]) => task);
  const name = (value) => (by === "hardware" ? bucketLine(value) : value ?? "not said");
  const aside = readout();
  const cells = tasks.map((task) => columns.map((column) => {
    const at = rows.findIndex((row) => row.task_category === task && row[BY[by]] === column);
    return at < 0 || !rows[at].n ? null : { ...rows[at], at, row: words(task), column: name(column), own: by === "hardware" && column === own };
  }));
  const seg = h("span", { class: "seg", role: "group", "aria-label": "Columns" },
    Object.keys(BY).map((each) => button(words(each), () => view.go({ by: each }), { class: null, "aria-pressed": String(each === by), "data-focus": `by-${each}` })));
  const filters = [seg,
    select("Model", [["", "all models"], ...models.map((model) => [model, model.slice(0, 60)])], view.query.get("model") ?? "", (model) => view.go({ model }), "model"),
    select("Since", SPANS, view.query.get("weeks") ?? "", (weeks) => view.go({ weeks }), "weeks")];
  const shown = rows.filter((row) => row.n);
  if (!shown.length) return { headline: "Nothing rated yet.", lede: about, body: [h("div", { class: "bar" }, filters), empty(models.length ? "No ratings fit this choice. Choose all models, or a longer time." : "Rate an answer in your app, or run `sidecar rate`.")] };
  const left = sumBy(rows, BY[by]).size - columns.length;
  return {
    headline: best(shown),
    lede: [about, by === "hardware" && columns.includes(own) ? " The column with the mark is this machine." : "", left > 0 ? ` The ${COLUMNS} most rated are drawn; ${left} more stand in the table.` : ""].join(""),
    body: figure({
      name: `ratings-by-${by}`, bar: filters, beside: aside,
      draw: (width) => heat({
        width, rows: tasks.map(words), columns: columns.map((each) => headOf(each, by, own)), cells,
        title: `Mean rating by task and ${by}`,
        about: `${count(tasks.length, "task")} by ${count(columns.length, "column")}. Hatched cells have too little data. The same numbers are in the table below.`,
        choose: (at) => aside.tell(rows[at], name(rows[at][BY[by]])),
      }),
      head: ["Task", words(by), { text: "Mean", right: true }, { text: "Low", right: true }, { text: "High", right: true }, { text: "n", right: true }],
      rows: shown.map((row) => [words(row.task_category), name(row[BY[by]]), row.enough ? row.estimate.toFixed(2) : "–", row.enough ? row.low.toFixed(2) : "–", row.enough ? row.high.toFixed(2) : "–", row.n]),
    }),
  };
}

open({ load, draw, keys: { "← → ↑ ↓": ["next cell"], "Home End": ["first, last cell"] } });
