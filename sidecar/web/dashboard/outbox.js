// What waits to leave: each batch with its exact bytes, and what would be sealed now.
import { change } from "./ask.js";
import { empty, h, s, section } from "./dom.js";
import { save } from "./exports.js";
import { count, number } from "./labels.js";
import { countdown, span, time } from "./moments.js";
import { attempt, button, twice } from "./shell.js";

const TITLES = { held: "Held for", armed: "On its way to", withdrawing: "Being taken back from" };
const BREAKS = /(?<=\[)(?=\{)|(?<=\},)(?=\{)|(?<=\})(?=\])/; // between two characters: none is added, none is left out
const opened = new Set();

/** A text as it is, to the byte: its lines are broken by the style sheet. */
const bytes = (text, label) => h("pre", { class: "bytes exact", tabindex: 0, role: "region", "aria-label": label }, text.split(BREAKS).map((part) => h("span", null, part)));

function take(text, name) {
  const said = h("span", { class: "cap", role: "status" });
  const copied = () => navigator.clipboard.writeText(text).then(() => { said.textContent = "copied"; }, () => { said.textContent = "the browser refused"; });
  return [
    button("Copy bytes", copied, { class: "btn q", "data-focus": `copy-${name}` }),
    button("Download", () => save(`${name}.json`, new Blob([text], { type: "application/json" })), { class: "btn q", "data-focus": `download-${name}` }), said];
}

/** How much of its time is over, as a line. */
function passed(row) {
  const [from, to] = [Date.parse(row.sealed_at), Date.parse(row.next_at)];
  const share = Math.max(0, Math.min(1, (Date.now() - from) / (to - from)));
  return h("div", { class: "time" }, s("svg", { viewBox: "0 0 100 2", preserveAspectRatio: "none", role: "img", "aria-label": `${span(share * (to - from))} of ${span(to - from)} passed` },
    s("rect", { class: "gone", width: (100 * share).toFixed(1), height: 2 })));
}

function when(row, view, said) {
  if (!row.next_at) return h("span", { class: "cap" }, row.why);
  const over = () => { said.textContent = "The time to look is over: it can leave now."; return view.refresh(); };
  const verb = row.state === "held" ? "can leave" : "next step";
  return h("span", { class: "cap" }, `${verb} ${time(row.next_at)} · `, countdown(row.next_at, over));
}

function actions(row, body, view) {
  const path = `/v1/outbox/${row.batch_id}`;
  const act = (what) => attempt(async () => {
    await change("POST", `${path}/${what}`, {});
    await view.refresh();
  });
  const held = row.state === "held" ? [
    button("Send now", () => act("send"), { "data-focus": `send-${row.batch_id}` }),
    twice("Discard", "Discard for good", () => act("discard"), { class: "btn d", "data-focus": `discard-${row.batch_id}` })] : [];
  return h("div", { class: "acts" }, held, take(body, row.batch_id));
}

/** One batch that something is still to be done about. */
export function batch(row, body, destination, view, said) {
  const id = `b-${row.batch_id}`;
  const what = row.kind === "request" ? "one wish" : `week ${row.period}`;
  return h("section", { class: "sec", "aria-labelledby": id },
    h("header", null, h("h2", { id }, `${TITLES[row.state]} ${destination?.controller ?? row.destination}, ${what}`), when(row, view, said)),
    row.state === "held" && row.next_at ? passed(row) : null,
    h("p", { class: "facts" },
      h("span", null, h("b", null, number(row.bytes)), " bytes"),
      h("span", null, `${count(row.records, "count")} in ${count(row.cells, "cell")}`),
      h("span", null, "sha-256 ", h("code", { title: row.sha256 }, `${row.sha256.slice(0, 8)}…${row.sha256.slice(-4)}`)),
      h("span", null, "about ", h("code", null, row.product)),
      destination ? h("span", null, "to ", h("code", null, destination.url)) : null,
      row.tries ? h("span", null, `${count(row.tries, "try", "tries")}: ${row.why}`) : null),
    h("p", { class: "dim" }, "These are the exact bytes. Lines are broken here for reading; nothing is added."),
    bytes(body, `Exact bytes, week ${row.period}, ${row.product}`),
    actions(row, body, view));
}

function would(text, at) {
  const { product, period, cells } = JSON.parse(text);
  const id = `${product} ${period}`;
  return h("details", { class: "same", open: opened.has(id), toggle: (event) => opened[event.target.open ? "add" : "delete"](id) },
    h("summary", { "data-focus": `draft-${at}` }, `${product ?? "A wish"}, ${period}: ${count(cells?.length ?? 1, "cell")}, ${number(new Blob([text]).size)} bytes`),
    bytes(text, `Draft ${at + 1}`), h("div", { class: "acts" }, take(text, `draft-${at + 1}`)));
}

/** What would be sealed if the week ended now. */
export function draft(texts, may, view) {
  const now = twice("Seal and send now", "Send without a hold", () => attempt(async () => {
    await change("POST", "/v1/upload", {});
    await view.refresh();
  }), { "data-focus": "upload" });
  return section("If the week ended now", texts.length
    ? [h("p", { class: "dim" }, "This would be sealed, then held for 24 hours at least. Nothing of it is sealed yet."), texts.map(would), h("div", { class: "acts" }, now)]
    : empty(may ? "Nothing would be sealed: nothing that is granted was recorded since the last batch." : "Nothing would be sealed: nothing is granted."));
}
