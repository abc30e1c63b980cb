// What left: receipts and the way back, losses, and every connection that was ever tried.
import { change } from "./ask.js";
import { empty, h, section, table } from "./dom.js";
import { csv, save } from "./exports.js";
import { inside, number, week, words } from "./labels.js";
import { time } from "./moments.js";
import { attempt, button, twice } from "./shell.js";

const FIRST = 12; // rows before the others are asked for
const STATES = { shared: "stored there", withdrawing: "withdrawal on its way", withdrawn: "withdrawn", armed: "may have arrived", void: "may have arrived" };
const TO_TAKE = new Set(["shared", "armed", "void"]);
const short = (id) => h("code", { title: id }, `${id.slice(0, 4)}…${id.slice(-4)}`);
let whole = false;

function receipt(row, view) {
  const take = () => attempt(async () => {
    await change("POST", `/v1/receipts/${row.batch_id}/withdraw`, {});
    await view.refresh();
  });
  const named = { class: "btn q", "data-focus": `withdraw-${row.batch_id}` };
  return [row.kind === "request" ? "A wish" : row.period, row.destination, short(row.batch_id), number(row.records), STATES[row.state],
    TO_TAKE.has(row.state) ? twice("Withdraw", "Withdraw for good", take, named) : h("span", { class: "cap" }, row.state === "withdrawn" ? "taken back" : "until it is confirmed")];
}

/** Batches that left, the newest first. */
export function receipts(rows, view) {
  const shown = whole ? rows.toReversed() : rows.slice(-FIRST).reverse();
  const more = rows.length > shown.length ? button(`Show all ${number(rows.length)}`, () => { whole = true; view.changed(); return view.refresh(); }, { "data-focus": "all" }) : null;
  return section("Receipts", rows.length
    ? [table(["Week", "To", "Batch", { text: "Counts", right: true }, "State", { text: "Way back", right: true }], shown.map((row) => receipt(row, view)), "Batches that left", "stack"), more]
    : empty("Nothing has left this machine."));
}

/** What was lost, counted. */
export function ledger(rows) {
  const take = () => save("ledger.csv", csv(["week", "kind", "reason", "count"], rows.map((row) => [row.week, row.kind, row.reason, row.count])));
  return section("Ledger of losses", rows.length
    ? table(["Week", "Kind", "Why", { text: "Lost", right: true }], rows.map((row) => [week(row.week), words(row.kind), inside(row.reason), number(row.count)]), "Losses")
    : empty("Nothing was lost."), rows.length ? button("CSV", take, { class: "btn q", "data-focus": "ledger-csv" }) : null);
}

/** The last connections that were tried, and how many there ever were. */
export function egress({ ever, rows }) {
  const outcome = (row) => [row.outcome ? words(row.outcome) : "not known", row.status ? h("span", { class: "cap" }, ` ${row.status}`) : null];
  return section("Connections", rows.length
    ? table(["No.", "When", "What", "To", { text: "Bytes", right: true }, "Outcome"], rows.toReversed().map((row) => [number(row.number), time(row.at), words(row.what), h("code", null, row.url), number(row.bytes), outcome(row)]), "The last connections", "stack")
    : empty("Not one was ever tried."), h("span", { class: "cap" }, `Connections ever: ${number(ever)}`));
}
