// What works here, what stays, what fails, what is wished for. The slow parts come when they are ready.
import { get } from "../ask.js";
import { starLine } from "../chart.js";
import { empty, h, prose, section, table } from "../dom.js";
import { count, inside, list, number, one, week, words } from "../labels.js";
import { open } from "../shell.js";

const TASKS = 8;
const TOP = 4;
let wishes = null; // triage takes seconds where there are thousands: the page does not wait for it

/** Ratings from this machine; where there are none, from all of them. */
async function ratingsOf(bucket) {
  const here = /^(ram|unknown)/.test(bucket) ? bucket : null;
  const ask = (hardware_bucket) => get("/v1/insights/ratings", { group_by: "task_category,model", hardware_bucket });
  const { rows } = await ask(here);
  return rows.length || !here ? { rows, here } : { rows: (await ask(null)).rows, here: null };
}

async function load(_, view) {
  const [ratings, errors, ledger, counted] = await Promise.all([
    ratingsOf(view.bucket),
    get("/v1/insights/errors", { limit: TOP }),
    get("/v1/ledger"),
    get("/v1/counts"),
  ]);
  const n = counted.records.feature_request ?? 0;
  if (n && wishes?.n !== n) get("/v1/insights/requests", { limit: TOP }).then((found) => { wishes = { ...found, n }; return view.refresh(); }, () => {});
  return { ...ratings, errors, ledger: ledger.rows, records: counted.records, leaving: counted.leaving, wishes };
}

/** The best of each task, and how many cannot be told from it; the tasks with most ratings first. */
function best(rows) {
  const tasks = new Map();
  for (const row of rows) {
    if (!tasks.has(row.task_category)) tasks.set(row.task_category, []);
    tasks.get(row.task_category).push(row);
  }
  return [...tasks].map(([task, models]) => {
    const sure = models.filter((row) => row.enough && row.model).sort((a, b) => b.estimate - a.estimate);
    const [first] = sure.length ? sure : models;
    return { task, first, tied: sure.slice(1).filter((row) => row.high >= first.low).length, n: models.reduce((sum, row) => sum + row.n, 0) };
  }).sort((a, b) => b.first.enough - a.first.enough || b.n - a.n);
}

/** The two tasks with most ratings; where both say the same, once. */
function headline(tasks) {
  const said = new Map();
  for (const { task, first, tied } of tasks.filter((each) => each.first.enough && each.first.model && each.task !== "unspecified").slice(0, 2)) {
    const verdict = tied ? `${tied + 1} models share the lead` : `${first.model.slice(0, 48)} is rated best`;
    said.set(verdict, [...(said.get(verdict) ?? []), inside(task)]);
  }
  const text = [...said].map(([verdict, of]) => `for ${list(of)}, ${verdict}`).join("; ");
  return text ? `${text.charAt(0).toUpperCase()}${text.slice(1)}.` : null;
}

const more = (words_, path) => h("a", { class: "cap", href: path }, words_);

function works(tasks) {
  if (!tasks.length) return empty("Nothing rated yet. Rate an answer in your app, or run `sidecar rate`.");
  return table(["Task", "Best rated", { text: "Mean", right: true }, "90 % interval, 1 to 5", { text: "n", right: true }],
    tasks.slice(0, TASKS).map(({ task, first, tied }) => [
      words(task),
      [h("code", null, first.model ?? "no model said"), tied ? h("span", { class: "cap" }, ` +${tied} not told apart`) : null],
      first.enough ? one(first.estimate) : "–",
      starLine(first),
      number(first.n),
    ]), "Best rated model for each task", "stack works");
}

/** How much left, in words that are true from the first packet on. */
function went({ mode, attempts_ever, sent, held }) {
  const waits = held ? ` ${count(held, "batch", "batches")} held.` : "";
  if (attempts_ever) return `${sent === 1 ? "batch" : "batches"} of counts left.${waits}`;
  return mode === "share" ? `Not one packet left so far.${waits}` : "Not one packet leaves.";
}

function sides(records, leaving) {
  const total = Object.values(records).reduce((sum, n) => sum + n, 0);
  const kinds = Object.entries(records).sort().map(([kind, n]) => count(n, inside(kind)));
  return h("div", { class: "sides" },
    h("div", null, h("h3", null, "Stays here"), h("p", { class: "number" }, number(total)),
      h("p", { class: "dim" }, `${total === 1 ? "record" : "records"}${kinds.length ? ` (${kinds.join(", ")})` : ""}, and every text. There is no field for a prompt or an answer.`)),
    h("div", null, h("h3", null, "Goes"), h("p", { class: "number" }, number(leaving.sent)), h("p", { class: "dim" }, went(leaving))));
}

const top = (rows, words_) => (rows.length ? h("table", { class: "brief" }, h("tbody", null, rows)) : empty(words_));

function errorRow(row) {
  return h("tr", null, h("th", { scope: "row" }, words(row.signature ?? row.error_type), h("span", { class: "cap" }, prose(row.remedy ?? row.template ?? ""))), h("td", { class: "r" }, number(row.n)));
}

function wishRow(row) {
  return h("tr", null, h("th", { scope: "row" }, row.summary, h("span", { class: "cap" }, `${row.unsure ? "unsure" : inside(row.category)} · ${count(row.votes, "vote")} · text stays here`)), h("td", { class: "r" }, Math.round(row.priority)));
}

function losses(rows) {
  if (!rows.length) return empty("Nothing was lost.");
  const sums = new Map();
  for (const { kind, reason, count: n } of rows) sums.set(`${kind} ${reason}`, (sums.get(`${kind} ${reason}`) ?? 0) + n);
  const said = [...sums].map(([key, n]) => { const [kind, reason] = key.split(" "); return `${count(n, inside(kind))} ${inside(reason)}`; });
  return h("p", { class: "dim" }, `${list(said)}; the last in ${week(rows.at(-1).week)}.`);
}

function draw({ rows, here, errors, ledger, records, leaving, wishes: wished }, view) {
  const tasks = best(rows);
  const wishRows = (wished?.rows ?? []).filter((row) => row.priority > 0).map(wishRow);
  return {
    headline: headline(tasks),
    lede: [here || !rows.length ? ["On ", h("code", null, view.bucket)] : "On all machines: none of the ratings is from this one", ". What people said of answers, never the answers."].flat(),
    body: [
      section("What works here", works(tasks), tasks.length ? more("All ratings", "/ratings") : null),
      section("What stays, what goes", sides(records, leaving), more("Sharing", "/sharing")),
      h("div", { class: "two" },
        section("Errors", top(errors.rows.map(errorRow), "No errors reported."), errors.n ? more(`All ${number(errors.n)}`, "/errors") : null),
        section("Requests on top", top(wishRows, records.feature_request && !wished ? "Sorting them." : "No requests wait."), wishRows.length ? more("Board", "/requests") : null)),
      section("Losses", losses(ledger)),
    ],
  };
}

open({ load, draw });
