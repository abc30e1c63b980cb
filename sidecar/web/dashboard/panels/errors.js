// Errors: groups with cause and remedy, the weeks in which they came, and those gone quiet.
import { get } from "../ask.js";
import { weekBars } from "../chart.js";
import { empty, h, prose, section } from "../dom.js";
import { count, inside, number, week, weekBefore, weekOf, weeksFrom, words } from "../labels.js";
import { button, open } from "../shell.js";

const WEEKS = 8;
const MOST = 200; // groups on the page
const opened = new Set();

async function load() {
  const now = weekOf(new Date());
  const since = weekBefore(now, WEEKS - 1);
  const [all, recent] = await Promise.all([
    get("/v1/insights/errors", { limit: MOST }),
    get("/v1/insights/errors", { group_by: "fingerprint,week", since, limit: 2_000 }),
  ]);
  return { all, recent: recent.rows.map(({ fingerprint, week: at, n }) => [fingerprint, at, n]), weeks: weeksFrom(since, now) };
}

const title = (row) => (row.signature ? words(row.signature) : row.error_type && row.error_type !== "other" ? words(row.error_type) : "Not in the catalogue");
const names = (counted) => Object.keys(counted).map((name) => name.slice(0, 80)).slice(0, 4).join(", ");

function copy(text) {
  const said = h("span", { class: "cap", role: "status" });
  return [button("Copy the remedy", async () => {
    await navigator.clipboard.writeText(text).then(() => { said.textContent = "copied"; }, () => { said.textContent = "the browser refused"; });
  }, { class: "btn q copy" }), " ", said];
}

function group(row, weeks, counts) {
  const foot = [row.error_type, names(row.runtimes), names(row.models), `${week(row.first_week)} to ${week(row.last_week)}`].filter(Boolean).join(" · ");
  const details = h("details", { class: "err", open: opened.has(row.fingerprint), toggle: (event) => opened[event.target.open ? "add" : "delete"](row.fingerprint) },
    h("summary", { "data-focus": `err-${row.fingerprint}` },
      h("span", null, h("b", null, title(row)), h("br"), h("span", { class: "cap m" }, row.template ?? "no message came with it")),
      counts ? weekBars(weeks, counts) : h("span", { class: "bars" }),
      h("span", { class: "r" }, number(row.n))),
    h("div", { class: "body" },
      h("div", null, h("h3", null, "Cause"), h("p", null, prose(row.cause ?? "Not known yet: the catalogue has no entry for this message."))),
      h("div", null, h("h3", null, "Remedy"), h("p", null, prose(row.remedy ?? "Look into the log of the runtime around the time it happened.")), row.remedy ? copy(row.remedy) : null),
      h("p", { class: "cap foot" }, foot, " · ", "The message stays here", row.signature ? ["; its catalogue name is ", h("code", null, row.signature), "."] : ".")));
  return details;
}

function headline(all, recent) {
  if (!all.n) return "No errors reported.";
  const sums = new Map();
  for (const [fingerprint, , n] of recent) sums.set(fingerprint, (sums.get(fingerprint) ?? 0) + n);
  const [worst] = [...sums].sort(([, a], [, b]) => b - a);
  if (!worst) return `No errors in ${WEEKS} weeks; ${count(all.n, "report")} before.`;
  const row = all.rows.find((each) => each.fingerprint === worst[0]);
  return row ? `The main trouble is ${row.signature || row.error_type !== "other" ? inside(title(row)) : "an error that nobody knows"}: ${count(worst[1], "report")} in ${WEEKS} weeks.` : `${count(all.n, "report")} in ${count(all.groups, "group")}.`;
}

function draw({ all, recent, weeks }) {
  const counts = new Map();
  for (const [fingerprint, at, n] of recent) {
    if (!counts.has(fingerprint)) counts.set(fingerprint, weeks.map(() => 0));
    counts.get(fingerprint)[weeks.indexOf(at)] = n;
  }
  const loud = all.rows.filter((row) => row.last_week >= weeks[0]);
  const quiet = all.rows.filter((row) => row.last_week < weeks[0]);
  if (!opened.size && loud.length) opened.add(loud[0].fingerprint);
  return {
    headline: headline(all, recent),
    lede: all.n ? `${count(all.n, "report")} in ${count(all.groups, "group")}. Numbers, paths and quoted words are removed before a message is stored.` : "Numbers, paths and quoted words are removed before a message is stored.",
    body: [
      h("section", { "aria-labelledby": "groups" }, h("h2", { class: "vh", id: "groups" }, "Groups"), loud.map((row) => group(row, weeks, counts.get(row.fingerprint)))),
      all.n ? null : empty("Your app reports one with `POST /v1/feedback`, or you with `sidecar report-error`."),
      all.groups > all.rows.length ? h("p", { class: "cap" }, `${number(all.groups - all.rows.length)} rarer groups: sidecar insights errors.`) : null,
      all.n ? section("Gone quiet", quiet.length ? quiet.map((row) => group(row, weeks, null)) : empty("None yet. A group moves here after eight weeks without a report.")) : null,
    ],
  };
}

function step(by) {
  const all = [...document.querySelectorAll(".err > summary")];
  const at = all.indexOf(document.activeElement);
  all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))]?.focus();
}

open({ load, draw, keys: {
  J: ["next", () => step(1)], K: ["previous", () => step(-1)], Enter: ["open"],
  C: ["copy the remedy", () => document.activeElement?.closest(".err")?.querySelector(".copy")?.click()],
} });
