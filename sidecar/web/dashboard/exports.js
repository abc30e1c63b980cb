// Taking a figure along: as SVG, as PNG, or the numbers behind it as CSV.
import { draw } from "./raster.js";

const LOOKS = ["fill", "stroke", "stroke-width", "font-family", "font-size", "font-weight", "text-anchor"];
const OURS = /^(class|role|tabindex|aria-.*|data-.*)$/;
const MARKS = "path, rect, circle, text";
const FORMULA = /^(?=\s*[=+\-@＝＋－＠])|^(?=[\t\r\n])/u; // where a spreadsheet would begin to reckon

/** Hand a file to the person. */
export function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The plot as a file of its own: what the style sheet says of each mark stands in the mark. */
export function vector(svg) {
  const copy = svg.cloneNode(true);
  const [from, to] = [svg, copy].map((each) => [...each.querySelectorAll(MARKS)]);
  from.forEach((mark, at) => {
    const looks = getComputedStyle(mark);
    for (const look of LOOKS) to[at].setAttribute(look, looks.getPropertyValue(look));
  });
  for (const each of copy.querySelectorAll("*")) {
    for (const own of [...each.attributes].map(({ name }) => name)) if (OURS.test(own)) each.removeAttribute(own);
  }
  const page = document.createElementNS(svg.namespaceURI, "rect");
  page.setAttribute("width", "100%");
  page.setAttribute("height", "100%");
  page.setAttribute("fill", getComputedStyle(document.body).backgroundColor);
  copy.querySelector("desc").after(page);
  return new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
}

/** The plot as dots, two for each pixel. */
export const picture = (svg) => draw(svg, MARKS, 2);

/** The table (RFC 4180); nothing in it is a formula. */
export function csv(head, rows) {
  const cell = (value) => {
    const text = String(value ?? "").replace(FORMULA, (found, at) => (at === 0 && /^-?[\d.]+$/.test(String(value)) ? "" : "'"));
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [head.map((each) => each.text ?? each), ...rows].map((row) => row.map(cell).join(","));
  return new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv" });
}
