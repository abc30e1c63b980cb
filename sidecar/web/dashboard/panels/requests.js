// Requests: a board of what people wish for. The daemon suggests, a person decides, and can take it back.
import { change, get } from "../ask.js";
import { Board } from "../board.js";
import { CATEGORIES, details, likely } from "../card.js";
import { empty, h, select } from "../dom.js";
import { count, number, words } from "../labels.js";
import { attempt, button, open } from "../shell.js";

const PAGE = 2_000; // as many as the daemon gives at once
const ORDERS = { priority: (a, b) => b.priority - a.priority, votes: (a, b) => b.votes - a.votes, newest: (a, b) => (a.last_week < b.last_week ? 1 : -1) };
const done = []; // how to take back what was done, the last at the end
let turn = 0;
let rows = [];
let board = null;
let aside = null;
const said = h("span", { class: "cap", role: "status" });
let held = null; // the one that waits for M on another

async function load(_, view_) {
  const mine = ++turn;
  const first = await get("/v1/insights/requests", { limit: PAGE });
  if (first.next) others(first, mine, view_);
  return { rows: first.rows, whole: first.requests, n: first.n };
}

/** What does not come with the first page comes behind it. */
async function others(first, mine, view_) {
  const all = new Map(first.rows.map((row) => [row.request_id, row]));
  for (let next = first.next; next && mine === turn;) {
    const page = await get("/v1/insights/requests", { limit: PAGE, after: next });
    for (const row of page.rows) all.set(row.request_id, row);
    next = page.next;
  }
  if (mine === turn) view_.show({ rows: [...all.values()], whole: first.requests, n: first.n });
}

function arrange(view_) {
  const [order, category] = [ORDERS[view_.query.get("order")] ?? ORDERS.priority, view_.query.get("category")];
  board.fill(rows.filter((row) => !category || row.category === category).sort(order));
}

const put = (id, body) => change("PUT", `/v1/requests/${id}`, body);

function says(words_) {
  const undo = done.length ? button("Undo", takeBack, { class: "btn q", "data-focus": "undo" }) : "";
  said.replaceChildren(words_, " ", undo);
}

async function takeBack() {
  const last = done.pop();
  if (!last) return;
  await attempt(async () => {
    await last.back();
    says(`Taken back: ${last.words}`);
    await view.refresh();
    board.follow(last.id);
  });
}

function keep(id, words_, back) {
  done.push({ id, words: words_, back });
  says(words_);
}

const act = {
  steer: (row, body) => attempt(async () => {
    const [[name, value]] = Object.entries(body);
    const before = { state: row.state, category: row.confidence === 1 ? row.category : null };
    await put(row.request_id, body);
    Object.assign(row, name === "state" ? { state: value } : name === "category" && value ? { category: value, confidence: 1, unsure: false } : {});
    view.changed();
    arrange(view);
    board.follow(row.request_id);
    if (name in before) keep(row.request_id, `${words(name)}: ${value ? words(value) : "by its words"}.`, () => put(row.request_id, { [name]: before[name] }));
    else says(`${words(name)}: ${words(value)}.`);
  }),
  merge: (into, row) => attempt(async () => {
    await put(into.request_id, { merge: [row.request_id] });
    rows = rows.filter((each) => each !== row);
    keep(into.request_id, `Merged ${count(row.n, "wish", "wishes")}.`, () => unmerge(into, row));
    await view.refresh();
    board.follow(into.request_id);
  }),
  split: (row, member) => attempt(async () => {
    await put(row.request_id, { split: [member] });
    keep(row.request_id, "Split off.", () => put(row.request_id, { merge: [member] }));
    await view.refresh();
  }),
};

/** Every wish goes its own way again, then those that had been together meet anew, as they were. */
async function unmerge(into, row) {
  await put(into.request_id, { split: row.members });
  await put(row.request_id, { merge: row.members.slice(1), state: row.state, category: row.confidence === 1 ? row.category : null });
}

/** M on one, then M on another: the first becomes part of the second. */
function mergeByKey() {
  const row = board?.row(board.chosen);
  if (!row) return;
  if (!held) {
    held = row;
    says("Choose another card and press M: this one becomes part of it.");
  } else {
    const from = held;
    held = null;
    if (from === row) says("Nothing was merged.");
    else act.merge(row, from);
  }
}

function begin() {
  aside = h("section", { class: "chosen", "aria-label": "The chosen request" });
  board = new Board(act, (row) => aside.replaceChildren(...(row ? details(row, board.rows, act).flat().filter(Boolean) : [])));
}

function draw(data, view_) {
  rows = data.rows;
  const twins = rows.filter((row) => row.priority > 0 && likely(row).length).length;
  const lede = "Their text stays on this machine, but for a wish that you approve.";
  if (!rows.length) {
    board = null;
    return { headline: "No requests yet.", lede, body: [empty("Send a wish from your app, or run `sidecar request-feature`.")] };
  }
  if (!board) begin();
  arrange(view_);
  const found = view_.query;
  const filters = h("div", { class: "bar" },
    select("Category", [["", "all"], ...CATEGORIES.map((each) => [each, words(each)])], found.get("category") ?? "", (category) => { found.set("category", category); arrange(view_); }, "filter"),
    select("Order", Object.keys(ORDERS).map((each) => [each, words(each)]), found.get("order") ?? "priority", (order) => { found.set("order", order); arrange(view_); }, "order"),
    rows.length < data.whole ? h("span", { class: "cap" }, `${count(rows.length, "request")} here, the others come.`) : null, said,
    h("span", { class: "push opt" }, ["←", "→"].map((key) => h("kbd", null, key)), " state · ", ["↑", "↓"].map((key) => h("kbd", null, key)), " card · ", h("kbd", null, "M"), " merge · ", h("kbd", null, "E"), " relabel · ", h("kbd", null, "Z"), " undo"));
  return {
    headline: `${count(data.whole, "request")}${twins ? `, ${`${number(twins)} with a likely duplicate`}` : ""}.`,
    lede: `${lede} ${count(data.n, "wish", "wishes")} in all.`,
    body: [filters, board.tabs, board.element, aside],
  };
}

const focusOn = (name) => aside?.querySelector(`[data-focus="${name}"]`)?.focus();
const view = open({ load, draw, keys: {
  "← →": ["another state"], "↑ ↓": ["next card"], M: ["merge with another", mergeByKey],
  E: ["relabel", () => focusOn("category")], Z: ["undo", takeBack], Esc: ["merge nothing"],
} });
