// The board: a column for each state, of which only the cards in sight exist. Five thousand scroll as five.
import { card, STATES } from "./card.js";
import { empty, h } from "./dom.js";
import { number, words } from "./labels.js";

const HIGH = 112; // pixels of a card, as in dashboard.css
const MORE = 4; // cards beyond the edge, so that a quick scroll shows no gap

/** One column: its rows, and the cards of those in sight. */
class Column {
  constructor(state, board) {
    this.state = state;
    this.board = board;
    this.rows = [];
    this.made = new Map();
    this.cards = h("ul", { class: "cards" });
    this.list = h("div", { class: "list", scroll: () => this.lay() }, this.cards);
    this.n = h("span");
    this.none = empty("Drop a card here, or press →.");
    this.element = h("section", { class: "col", "aria-label": words(state), "data-state": state,
      dragover: (event) => { event.preventDefault(); this.element.classList.add("over"); },
      dragleave: () => this.element.classList.remove("over"),
      drop: (event) => this.drop(event) },
    h("h2", null, words(state), this.n), this.list, this.none);
    new ResizeObserver(() => this.lay()).observe(this.list);
  }

  fill(rows) {
    const active = document.activeElement?.dataset?.id;
    this.rows = rows;
    this.made.clear();
    this.cards.replaceChildren();
    this.n.textContent = number(rows.length);
    this.none.hidden = rows.length > 0;
    this.list.hidden = !rows.length;
    this.cards.style.height = `${rows.length * HIGH}px`;
    this.lay();
    if (active) this.made.get(active)?.focus({ preventScroll: true });
  }

  /** Put the cards that can be seen. One that stays is not touched: it may have the focus, or be dragged. */
  lay() {
    const first = Math.max(0, Math.floor(this.list.scrollTop / HIGH) - MORE);
    const rows = this.rows.slice(first, Math.ceil((this.list.scrollTop + this.list.clientHeight) / HIGH) + MORE);
    const ids = new Set(rows.map((row) => row.request_id));
    for (const [id, made] of this.made) {
      if (ids.has(id) || made === document.activeElement) continue;
      made.remove();
      this.made.delete(id);
    }
    let next = this.cards.firstChild;
    rows.forEach((row, at) => {
      const made = this.made.get(row.request_id) ?? this.make(row, first + at);
      if (made === next) next = next.nextSibling;
      else this.cards.insertBefore(made, next);
    });
    this.mark();
  }

  make(row, at) {
    const made = card(row, at, this.rows.length, this.board.most);
    made.style.transform = `translateY(${at * HIGH}px)`;
    this.made.set(row.request_id, made);
    return made;
  }

  /** The chosen card, and the one that the tab key stops at. */
  mark() {
    const chosen = this.made.get(this.board.chosen);
    const stop = chosen ?? this.cards.firstChild;
    for (const made of this.made.values()) {
      made.classList.toggle("on", made === chosen);
      made.tabIndex = made === stop ? 0 : -1;
    }
  }

  drop(event) {
    event.preventDefault();
    this.element.classList.remove("over");
    const row = this.board.row(event.dataTransfer.getData("text/plain"));
    if (row && row.state !== this.state) this.board.act.steer(row, { state: this.state });
  }

  /** Bring a card into sight, and the focus onto it. */
  show(at) {
    const row = this.rows[Math.max(0, Math.min(this.rows.length - 1, at))];
    if (!row) return;
    const top = this.rows.indexOf(row) * HIGH;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    else if (top + HIGH > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = top + HIGH - this.list.clientHeight;
    this.lay();
    this.board.choose(row.request_id);
    this.made.get(row.request_id)?.focus({ preventScroll: true });
  }
}

/** All columns. `act` is what a person can do, `tell` is called with the chosen request. */
export class Board {
  constructor(act, tell) {
    this.act = act;
    this.tell = tell;
    this.chosen = null;
    this.most = 0;
    this.rows = new Map();
    this.columns = new Map(STATES.map((state) => [state, new Column(state, this)]));
    this.element = h("div", { class: "board", "data-show": STATES[0], keydown: (event) => this.key(event), dragstart: (event) => this.drag(event), focusin: (event) => this.look(event), click: (event) => this.look(event) },
      [...this.columns.values()].map(({ element }) => element));
    this.tabs = h("div", { class: "seg tabs", role: "group", "aria-label": "State" }, STATES.map((state) => h("button", { type: "button", "aria-pressed": String(state === STATES[0]), "data-state": state, click: () => this.turn(state) }, words(state))));
  }

  row(id) {
    return this.rows.get(id);
  }

  fill(rows) {
    this.rows = new Map(rows.map((row) => [row.request_id, row]));
    this.most = rows.reduce((most, row) => Math.max(most, row.priority), 0);
    if (!this.rows.has(this.chosen)) this.chosen = rows[0]?.request_id ?? null;
    for (const column of this.columns.values()) column.fill(rows.filter((row) => row.state === column.state));
    this.tell(this.row(this.chosen));
  }

  /** On a small screen one column is shown at a time. */
  turn(state) {
    this.element.dataset.show = state;
    for (const tab of this.tabs.children) tab.setAttribute("aria-pressed", String(tab.dataset.state === state));
  }

  choose(id) {
    if (!id || id === this.chosen) return;
    this.chosen = id;
    for (const column of this.columns.values()) column.mark();
    this.tell(this.row(id));
  }

  look(event) {
    this.choose(event.target.closest(".card")?.dataset.id);
  }

  drag(event) {
    event.dataTransfer.setData("text/plain", event.target.dataset.id);
    event.dataTransfer.effectAllowed = "move";
  }

  key(event) {
    const row = this.row(event.target.closest?.(".card")?.dataset.id);
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const column = this.columns.get(row.state);
    const at = column.rows.indexOf(row);
    const state = STATES[STATES.indexOf(row.state) + { ArrowLeft: -1, ArrowRight: 1 }[event.key]];
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, PageUp: at - 5, PageDown: at + 5, Home: 0, End: column.rows.length - 1 }[event.key];
    if (state === undefined && to === undefined) return;
    event.preventDefault();
    if (to === undefined) this.act.steer(row, { state });
    else column.show(to);
  }

  /** The focus back onto a card, wherever it stands by now. */
  follow(id) {
    const row = this.row(id);
    if (!row) return;
    this.turn(row.state);
    const column = this.columns.get(row.state);
    column.show(column.rows.indexOf(row));
  }
}
