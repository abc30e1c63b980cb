// A figure: a plot that is laid out anew for its width, the table behind it, and ways to take it along.
import { h, s, table } from "./dom.js";
import { csv, picture, save, vector } from "./exports.js";
import { attempt } from "./shell.js";

let numbered = 0;

/** An SVG of its own size, with title and description for who cannot see it. */
export function plot(width, height, { title, about, role = "img" }, ...marks) {
  const name = `plot-${++numbered}`;
  return s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role, "aria-labelledby": `${name}-t ${name}-d` },
    s("title", { id: `${name}-t` }, title), s("desc", { id: `${name}-d` }, about), marks);
}

/**
 * The figure. `draw(width)` gives the plot, `rows` are arrays of text under `head`;
 * `beside` stands at its side, `bar` above it.
 */
export function figure({ name, draw, head, rows, bar = [], beside = null }) {
  const frame = h("figure", { class: "fig" });
  const current = () => frame.querySelector("svg");
  let width = 0;
  const lay = (now) => {
    if (!now || now === width) return;
    width = now;
    const at = document.activeElement?.closest?.("[data-focus]")?.dataset.focus;
    frame.replaceChildren(draw(width));
    if (at) frame.querySelector(`[data-focus="${CSS.escape(at)}"]`)?.focus({ preventScroll: true });
  };
  new ResizeObserver(([entry]) => lay(Math.floor(entry.contentRect.width))).observe(frame);
  const take = (what, work) => h("button", { class: "btn q", type: "button", "data-focus": `take-${name}-${what}`, click: () => attempt(work) }, what);
  const file = (type) => `${name}.${type}`;
  return [
    h("div", { class: "bar", role: "group", "aria-label": "Filters and exports" }, bar,
      h("span", { class: "push" },
        take("SVG", async () => save(file("svg"), vector(current()))),
        take("PNG", async () => save(file("png"), await picture(current()))),
        take("CSV", async () => save(file("csv"), csv(head, rows))))),
    beside ? h("div", { class: "heat" }, frame, beside) : frame,
    h("details", { class: "same" }, h("summary", { "data-focus": `same-${name}` }, "The same as a table"), table(head, rows, `The table behind ${name}`)),
  ];
}
