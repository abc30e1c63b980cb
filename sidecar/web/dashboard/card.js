// A request as a card, and as the details of the one that is chosen.
import { h, s, select } from "./dom.js";
import { count, inside, number, week, words } from "./labels.js";

export const STATES = ["new", "planned", "in_progress", "done", "declined"];
export const CATEGORIES = ["models_formats", "performance", "hardware", "ui_ux", "api_integrations", "privacy_security", "reliability", "install_update", "docs", "generation_control", "other"];
const LEVELS = { severity: ["low", "normal", "high"], effort: ["small", "medium", "large"] };
const LIKELY = 0.4; // of a score: below it most suggestions are wrong (docs/triage.md)

export const label = (row) => (row.unsure ? "unsure" : inside(row.category));
export const likely = (row) => row.suggested_duplicates.filter(({ score }) => score >= LIKELY);

function meter(share) {
  return s("svg", { width: 48, height: 8, viewBox: "0 0 48 8", "aria-hidden": "true" },
    s("path", { class: "base", d: "M0 4.5H48" }), share > 0 && s("rect", { class: "bar1", x: 0, y: 2, width: 48 * share, height: 4 }));
}

/** One card; its place in the list is told to who cannot see how long it is. `most`: the highest priority of all. */
export function card(row, at, size, most) {
  return h("li", { class: "card", "data-id": row.request_id, "data-focus": `card-${row.request_id}`, draggable: "true", tabindex: -1, "aria-setsize": size, "aria-posinset": at + 1 },
    h("p", { class: "what", dir: "auto" }, row.summary),
    h("p", { class: "pr" }, meter(row.priority / (most || 1)), h("b", null, Math.round(row.priority)), h("span", { class: "cap" }, count(row.votes, "vote"))),
    h("p", { class: "cap" }, likely(row).length ? "duplicate? · " : "", label(row)));
}

function parts({ share_low: share, severity, effort }) {
  return `share of votes at least ${(100 * share).toFixed(0)} % × severity ${severity} ÷ effort ${effort}`;
}

/** What can be done with the chosen one; `act` does it. */
export function details(row, others, act) {
  const level = (name) => select(words(name), [["", "as it stands"], ...LEVELS[name].map((each) => [each, words(each)])], "", (value) => value && act.steer(row, { [name]: value }), name);
  return [
    h("h2", { dir: "auto" }, row.summary),
    h("p", { class: "cap" }, `Priority ${row.priority.toFixed(0)}: ${parts(row.parts)} · ${count(row.n, "wish", "wishes")}, ${week(row.first_week)} to ${week(row.last_week)}`),
    row.openings.length > 1 ? h("ul", { class: "notes" }, row.openings.slice(1).map((opening, at) => h("li", { dir: "auto" }, opening, " ",
      h("button", { class: "btn q", type: "button", click: () => act.split(row, row.members[at + 1]) }, "Split off")))) : null,
    h("div", { class: "bar" },
      select("State", STATES.map((state) => [state, words(state)]), row.state, (state) => act.steer(row, { state }), "state"),
      select("Category", [["", row.unsure ? "unsure" : `by its words: ${words(row.category)}`], ...CATEGORIES.map((each) => [each, words(each)])], row.confidence === 1 ? row.category : "", (category) => act.steer(row, { category: category || null }), "category"),
      level("severity"), level("effort")),
    likely(row).slice(0, 3).filter(({ request_id: id }) => others.has(id)).map(({ request_id: id, score, why }) => h("p", { class: "dup" },
      "Perhaps the same as “", h("bdi", null, others.get(id).summary), `”: ${why} (${number(Math.round(100 * score))} of 100). `,
      h("button", { class: "btn q", type: "button", "data-focus": `merge-${id}`, click: () => act.merge(row, others.get(id)) }, "Merge into this"))),
  ];
}
