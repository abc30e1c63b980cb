// Elements from names and text. Text only ever becomes text: these pages let nothing become markup.
const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An HTML element; a function among the attributes listens to the event of that name. */
export const h = (tag, attributes, ...children) => filled(document.createElement(tag), attributes, children);

/** An SVG element. */
export const s = (tag, attributes, ...children) => filled(document.createElementNS(SVG, tag), attributes, children);

/** Words in which `code` stands between backticks. */
export const prose = (words) => words.split("`").map((part, at) => (at % 2 ? h("code", null, part) : part));

/** A section with a heading, and what stands at its far end. */
export function section(title, body, aside) {
  const id = `s-${title.toLowerCase().replace(/[^a-z]+/g, "-")}`;
  return h("section", { class: "sec", "aria-labelledby": id }, h("header", null, h("h2", { id }, title), aside), body);
}

/**
 * A table; a column whose head is `{ text, right }` stands to the right. The first cell names the row.
 * `stacked`: on a small screen each row is a block of its own, with the heads beside the values, or as this class says.
 */
export function table(head, rows, caption, stacked = null) {
  const side = (at) => (head[at]?.right ? "r" : null);
  const name = (at) => head[at]?.text ?? head[at];
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h("table", { class: stacked ?? "wide" },
      h("thead", null, h("tr", null, head.map((_, at) => h("th", { scope: "col", class: side(at) }, name(at))))),
      h("tbody", null, rows.map((row) => h("tr", null, row.map((cell, at) => (at
        ? h("td", { class: side(at), "data-head": name(at) }, cell)
        : h("th", { scope: "row" }, cell))))))));
}

/** A choice under a label. */
export function select(label, options, chosen, change, focus) {
  const list = h("select", { "data-focus": focus, change: (event) => change(event.target.value) },
    options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  return h("label", null, label, " ", list);
}

/** What an empty view says: what is missing, then one next step. */
export const empty = (words) => h("p", { class: "empty" }, prose(words));
