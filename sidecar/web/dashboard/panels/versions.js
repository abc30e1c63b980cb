// Versions: when each was rated, what it was rated, and whether it surely got worse.
import { get } from "../ask.js";
import { empty, h, section, table } from "../dom.js";
import { figure } from "../figure.js";
import { count, number, week, weeksFrom } from "../labels.js";
import { lanes } from "../lanes.js";
import { open } from "../shell.js";

const LANES = 24; // the last of a product; the table has all

async function load() {
  const [pairs, byWeek, whole] = await Promise.all([
    get("/v1/insights/versions"),
    get("/v1/insights/ratings", { group_by: "product_id,product_version,week" }),
    get("/v1/insights/ratings", { group_by: "product_id,product_version" }),
  ]);
  return { pairs: pairs.rows, byWeek: byWeek.rows, whole: whole.rows };
}

/** The versions of each product in their order, which the daemon knows: each pair says who comes before whom. */
function products({ pairs, byWeek, whole }) {
  const found = new Map();
  for (const rating of whole.filter((row) => row.product_version && row.n)) {
    if (!found.has(rating.product_id)) found.set(rating.product_id, new Map());
    found.get(rating.product_id).set(rating.product_version, { name: rating.product_version, rating, weeks: new Map() });
  }
  for (const row of byWeek) found.get(row.product_id)?.get(row.product_version)?.weeks.set(row.week, row.n);
  return [...found].map(([product, versions]) => {
    const follows = new Map(pairs.filter((pair) => pair.product_id === product && !pair.model).map((pair) => [pair.before, pair.after]));
    const later = new Set(follows.values());
    const order = [];
    for (let name = [...versions.keys()].find((each) => !later.has(each)); name && !order.includes(name); name = follows.get(name)) order.push(name);
    return { product, versions: order.map((name) => versions.get(name)).filter((each) => each?.weeks.size) };
  }).filter(({ versions }) => versions.length);
}

function timeline({ product, versions }) {
  const told = versions.flatMap((each) => [...each.weeks.keys()]).sort();
  const weeks = weeksFrom(told[0], told.at(-1));
  const shown = versions.slice(-LANES);
  const name = product ?? "no product said";
  return section(name.slice(0, 80), figure({
    name: `versions-${name.replace(/[^\w.-]+/g, "-").slice(0, 40)}`,
    draw: (width) => lanes({
      width, weeks, versions: shown,
      title: `Versions of ${name}, ${weeks[0]} to ${weeks.at(-1)}`,
      about: `${count(shown.length, "version")}; a dot for each week with ratings, larger for more of them, and the mean with its interval. The same numbers are in the table below.`,
    }),
    head: ["Version", "First week", "Last week", { text: "Mean", right: true }, { text: "Low", right: true }, { text: "High", right: true }, { text: "n", right: true }],
    rows: versions.map(({ name: version, rating, weeks: at }) => {
      const all = [...at.keys()].sort();
      return [version, all[0], all.at(-1), ...(rating.enough ? [rating.estimate, rating.low, rating.high].map((value) => value.toFixed(2)) : ["–", "–", "–"]), rating.n];
    }),
  }), h("span", { class: "cap" }, `${week(weeks[0])} to ${week(weeks.at(-1))}`));
}

const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
const shift = (found) => (found ? (found.enough ? `${signed(found.difference)} (${signed(found.low)} to ${signed(found.high)})` : `n ${number(found.n_before)}, ${number(found.n_after)}`) : "–");

function changes(pairs) {
  if (!pairs.length) return empty("No two versions or variants to compare yet. Send `product_version` or `variant` along with a rating.");
  return table(["Of", "From", "To", { text: "Stars, always-valid 95 %", right: true }, { text: "Thumbs up", right: true }, "Verdict"],
    pairs.map((pair) => [
      pair.model ?? pair.product_id ?? "–", pair.before, pair.after, shift(pair.stars), shift(pair.thumbs),
      [pair.alarm ? h("span", { class: "tag x" }, "moved") : null, " ", pair.verdict],
    ]), "Each version beside the one before it", "stack");
}

function draw(data) {
  const alarms = data.pairs.filter((pair) => pair.alarm);
  const [first] = alarms;
  return {
    headline: first ? first.verdict : data.pairs.length ? "No version is surely better or worse than the one before it." : "No versions to compare yet.",
    lede: "The intervals hold however often you look. Dots are weeks with ratings.",
    body: [...products(data).map(timeline), section("What changed", changes(data.pairs))],
  };
}

open({ load, draw });
