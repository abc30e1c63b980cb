// Which model: the verdict, the strengths with their intervals, ratings and speed beside them.
import { get } from "../ask.js";
import { empty, h, select } from "../dom.js";
import { figure } from "../figure.js";
import { compared, forest, isRanked, percent, rank, rated, speed } from "../forest.js";
import { bucketLine, count, list, number, words } from "../labels.js";
import { open } from "../shell.js";

async function load(query, view) {
  const here = query.get("hardware") === "here" ? view.bucket : null;
  const [found, tasks] = await Promise.all([
    get("/v1/insights/models", { task_category: query.get("task"), hardware_bucket: here }),
    get("/v1/insights/ratings", { group_by: "task_category" }),
  ]);
  return { found, tasks: tasks.rows.map((row) => row.task_category).filter(Boolean).sort() };
}

/** Among those not told apart, the one that is surely fast. */
function fastest(models) {
  const top = models.filter((model) => model.top && model.speed?.enough).sort((a, b) => b.speed.p50 - a.speed.p50);
  return top.length > 1 ? ` Among the leaders, ${top[0].model} is the fastest: ${speed(top[0])} tokens per second.` : "";
}

function lede(found) {
  const ties = found.models.reduce((sum, model) => sum + model.ties, 0) / 2;
  const told = `${count(found.n_comparisons, "comparison")}, ${number(ties)} of them ties.`;
  const groups = found.components.length > 1 ? ` ${count(found.components.length, "group")} of models were never compared with each other.` : "";
  const slow = found.models.filter((model) => model.struggles).map((model) => model.model);
  return `${told}${groups}${fastest(found.models)}${slow.length ? ` This machine struggles with ${list(slow.slice(0, 3))}.` : ""}${found.why_not ? ` ${found.why_not}` : ""}`;
}

function row(model) {
  const strength = isRanked(model) ? [percent(model.strength), percent(model.low), percent(model.high), rank(model)] : ["–", "–", "–", "–"];
  const errors = model.errors?.enough ? `${(100 * model.errors.rate).toFixed(0)} %` : "–";
  return [model.model, ...strength, compared(model), model.top ? "yes" : "", rated(model), model.rating?.n ?? 0, speed(model), errors, model.why_struggles ?? ""];
}

const right = (text) => ({ text, right: true });
const HEAD = ["Model", right("Preferred"), right("Low"), right("High"), right("Rank"), right("Compared"), "Top set", right("Rated"), right("Ratings"), right("Tokens/s"), right("Errors"), "Note"];

function draw({ found, tasks }, view) {
  const filters = [
    select("Task", [["", "All tasks pooled"], ...tasks.map((task) => [task, words(task)])], view.query.get("task") ?? "", (task) => view.go({ task }), "task"),
    select("Hardware", [["", "all"], ["here", `this machine (${bucketLine(view.bucket)})`]], view.query.get("hardware") ?? "", (hardware) => view.go({ hardware }), "hardware"),
  ];
  if (!found.models.length) return { headline: "No model was compared or rated yet.", lede: "", body: [h("div", { class: "bar" }, filters), empty("Compare two answers in your app, or run `sidecar compare`.")] };
  const top = found.models.filter((model) => model.top).map((model) => model.model);
  return {
    headline: found.verdict,
    lede: lede(found),
    body: figure({
      name: `models${found.task_category ? `-${found.task_category}` : ""}`, bar: filters,
      draw: (width) => forest({
        width, models: found.models,
        title: `Strength of ${count(found.models.length, "model")}${found.task_category ? ` for ${words(found.task_category)}` : ""}`,
        about: top.length ? `Interval plot. In the top set: ${list(top)}. The same numbers are in the table below.` : "Nothing is ranked yet. The same numbers are in the table below.",
      }),
      head: HEAD, rows: found.models.map(row),
    }),
  };
}

open({ load, draw });
