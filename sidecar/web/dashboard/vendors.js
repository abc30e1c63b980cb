// Who asks for counts, what each may count in plain words, and the switch above them all.
import { change } from "./ask.js";
import { empty, h, section, table } from "./dom.js";
import { list, words } from "./labels.js";
import { day } from "./moments.js";
import { attempt, button } from "./shell.js";

const STATES = { granted: "sharing", declined: "you said no", revoked: "taken back", asked: "asks", not_asked: "not decided" };
const MODES = {
  off: ["Take nothing", "Apps that send feedback are refused. What is here stays here."],
  local: ["Keep it here", "Feedback is kept for you. Not one packet leaves."],
  share: ["Share what is granted", "Counts leave for those you said yes to, and for nobody else."],
};
const PERIODS = { "1w": "each week", "4w": "every four weeks" };

const put = (body, view) => attempt(async () => {
  await change("PUT", "/v1/consent", body);
  await view.refresh();
});
const page = (row) => `/consent/${encodeURIComponent(row.name)}`;

/** The mode of the machine, and what is stronger than any of them. */
export function mode({ mode: now, switches, destinations }, view) {
  const granted = destinations.some((row) => row.state === "granted");
  const choice = h("div", { class: "seg tall", role: "group", "aria-label": "Mode" }, Object.entries(MODES).map(([name, [title]]) => h("button", {
    type: "button", "aria-pressed": String(name === now), disabled: name === "share" && !granted, "data-focus": `mode-${name}`, click: () => put({ mode: name }, view),
  }, title)));
  return section("The switch", [choice, h("p", { class: "dim more" }, MODES[now][1]),
    switches.length ? h("p", { class: "say wrong more" }, `Not one packet leaves, whatever is granted: ${list(switches)} ${switches.length === 1 ? "forbids" : "forbid"} it.`) : null]);
}

function scope(name, said, granted) {
  return h("li", { class: granted ? "yes" : null }, h("span", { class: granted ? "tag a" : "tag" }, granted ? "may go" : "stays"), h("div", null, h("b", null, words(name)), h("p", null, said)));
}

/** One that was granted something, each scope in plain words, and the ways out. */
export function granted(row, scopes, view) {
  const id = `v-${row.name}`;
  const revoke = (withdraw) => put({ destination: row.name, revoke: true, withdraw }, view);
  return h("section", { class: "sec", "aria-labelledby": id },
    h("header", null, h("h2", { id }, `What ${row.controller} may count`), h("span", { class: row.why_not ? "tag x" : "tag a" }, row.why_not ? "paused" : STATES.granted)),
    row.why_not ? h("p", { class: "say wrong" }, `Nothing leaves for it now: ${row.why_not}.`) : null,
    h("ul", { class: "scopes" }, Object.entries(scopes).map(([name, said]) => scope(name, said, row.scopes.includes(name)))),
    h("p", { class: "cap" }, `About ${list(row.products)}, ${PERIODS[row.period]}, held for 24 hours at least. You said yes on ${day(row.answered_at)}; a changed text or address asks again.`),
    h("div", { class: "acts" },
      h("a", { class: "btn", href: page(row), "data-focus": `read-${row.name}` }, "Read and change"),
      button("Stop sharing", () => revoke(false), { class: "btn d", "data-focus": `stop-${row.name}`, "aria-label": `Stop sharing: ${row.controller}` }),
      button("Stop and withdraw", () => revoke(true), { class: "btn d", "data-focus": `back-${row.name}`, "aria-label": `Stop and withdraw: ${row.controller}` })),
    h("p", { class: "cap more" }, "Either way nothing more is sealed or sent, at once. The second also asks the collector to forget what it got."));
}

/** Those that get nothing. */
export function others(rows, all) {
  const words_ = "Nothing leaves for anybody you have not said yes to. An app can ask, only you can grant.";
  return section(all ? "Other vendors" : "Who asks", rows.length
    ? [table(["Who", "State", { text: "Answer", right: true }], rows.map((row) => [
      [row.controller, h("span", { class: "cap" }, "proposes ", h("code", null, row.url))],
      [h("span", { class: row.state === "asked" ? "tag a" : "tag" }, STATES[row.state])],
      h("a", { href: page(row), "aria-label": `Read and decide about ${row.controller}`, "data-focus": `read-${row.name}` }, "Read and decide")]), "Vendors that get nothing", "stack"),
    h("p", { class: "empty" }, words_)]
    : empty(all ? words_ : "Nobody asks for counts. A `[[destinations]]` table in `config.toml` or a product file proposes somebody; then you decide here."));
}
