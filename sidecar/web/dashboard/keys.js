// Letters as short ways. They rest in fields, and a person can turn them off (WCAG 2.1.4).
import { h } from "./dom.js";

const OFF = "letter-keys";
const FIELDS = "input, select, textarea, [contenteditable]";
let led = false;

const areOff = () => localStorage.getItem(OFF) === "off";
const ways = () => [...document.querySelectorAll("#nav a")];

function row(key, words) {
  return h("tr", null, h("th", { scope: "row" }, key.split(" ").flatMap((each) => [h("kbd", null, each), " "])), h("td", null, words));
}

/** Every key that works on this view. */
export function showKeys(own) {
  const box = h("input", { type: "checkbox", id: "letters", checked: !areOff(), change: (event) => {
    if (event.target.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "off");
  } });
  const dialog = h("dialog", { class: "keys", "aria-labelledby": "keys-title", close: () => dialog.remove() },
    h("h2", { id: "keys-title" }, "Keys"),
    h("table", null, h("tbody", null,
      row("?", "these keys"),
      ways().map((way) => row(`G ${way.dataset.key.toUpperCase()}`, way.firstChild.textContent)),
      Object.entries(own).map(([key, [words]]) => row(key, words)),
      row("Esc", "close"))),
    h("label", { class: "check" }, box, "Letters are short ways"),
    h("form", { method: "dialog" }, h("button", { class: "btn p", autofocus: true }, "Close")));
  document.body.append(dialog);
  dialog.showModal();
}

/** Listen for the keys of every view and for those of this one. */
export function keys(own) {
  const actions = new Map(Object.entries(own).filter(([, [, act]]) => act).map(([key, [, act]]) => [key.toLowerCase(), act]));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest(FIELDS) || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (areOff() && event.key.length === 1) return;
    if (led) {
      led = false;
      const way = ways().find((each) => each.dataset.key === key);
      if (way) way.click();
      return;
    }
    if (event.key === "?") showKeys(own);
    else if (key === "g") led = true;
    else if (actions.has(key)) {
      event.preventDefault();
      actions.get(key)();
    }
  });
}
