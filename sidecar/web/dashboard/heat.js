// The heat map: rows are tasks, columns machines or models. One tab stop; arrows move, the readout follows.
import { fit, hatch, step, text } from "./chart.js";
import { s } from "./dom.js";
import { plot } from "./figure.js";
import { number, one } from "./labels.js";

const GAP = 4;
const HIGH = 36;
const NARROW = 560;
const LEAST = 56; // pixels of a column

/** What a cell says aloud. */
function said(cell) {
  const about = `${cell.row}, ${cell.column}: `;
  return cell.enough ? `${about}${one(cell.estimate)}, interval ${one(cell.low)} to ${one(cell.high)}, n ${number(cell.n)}` : `${about}not enough data, n ${number(cell.n)}`;
}

function mark(cell, x, y, width, wide) {
  if (!cell) return text(x + width / 2, y + HIGH / 2 + 4, "–", "", "middle");
  const q = cell.enough ? step(cell.estimate) : 0;
  return s("g", { class: "cell", role: "img", tabindex: -1, "aria-label": said(cell), "data-focus": `cell-${cell.row}-${cell.column}`, "data-cell": cell.at, "data-own": cell.own },
    cell.enough
      ? [s("rect", { class: `q${q}`, x, y, width, height: HIGH, rx: 2 }),
        wide && width > 72
          ? [text(x + 8, y + 22.5, one(cell.estimate), `i${q} hd st`), text(x + width - 8, y + 22.5, number(cell.n), `i${q}`, "end")]
          : text(x + width / 2, y + 22.5, one(cell.estimate), `i${q} hd st`, "middle")]
      : [s("rect", { class: "nb", x, y, width, height: HIGH }), hatch(x, y, width, HIGH, `n ${number(cell.n)}`)],
    s("rect", { class: "ring", x: x - 1, y: y - 1, width: width + 2, height: HIGH + 2, rx: 3 }));
}

function legend(y, width) {
  const swatch = [1, 2, 3, 4, 5, 6, 7, 8].map((q, at) => s("rect", { class: `q${q}`, x: at * 24, y, width: 23, height: 12 }));
  const marks = [1, 2, 3, 4, 5].map((star) => text((star - 1) * 48, y + 28, star, "", star === 1 ? null : star === 5 ? "end" : "middle"));
  return [swatch, marks, hatch(216, y, 24, 12, ""), text(246, y + 10, width > 330 ? "too little data" : "too little")];
}

/** Draw it; `columns` are `{ lines: [first, second], own }`, `cells[row][column]` an estimate or nothing. */
export function heat({ width, title, about, rows, columns, cells, choose }) {
  const wide = width >= NARROW;
  const left = wide ? 128 : 0;
  const each = Math.max(LEAST, (width - left + GAP) / columns.length - GAP);
  const whole = Math.max(width, left + columns.length * (each + GAP) - GAP);
  const pitch = wide ? HIGH + GAP : HIGH + GAP + 24;
  const top = 52;
  const x = (at) => left + at * (each + GAP);
  const heads = columns.map(({ lines, own }, at) => [
    text(x(at) + each / 2, 18, fit(each < 72 ? lines[0].replace(" GiB", "") : lines[0], each, "12px"), own ? "d2 st" : "d2", "middle"),
    text(x(at) + each / 2, 34, fit(lines[1] ?? "", each, "12px"), own ? "d2 st" : "", "middle"),
    own && s("path", { class: "ac", d: `M${x(at) + each / 2 - 4} 41h8l-4 6z` }),
  ]);
  const body = rows.map((row, down) => {
    const y = top + down * pitch + (wide ? 0 : 24);
    return [
      wide ? text(0, y + 23, fit(row, left - 8), "hd") : text(0, y - 7, fit(row, width), "hd"),
      columns.map((_, at) => mark(cells[down][at], x(at), y, each, wide)),
    ];
  });
  const bottom = top + rows.length * pitch + 24;
  const svg = plot(whole, bottom + 36, { title, about, role: "group" }, heads, body, legend(bottom, width));
  steer(svg, choose);
  return svg;
}

function steer(svg, choose) {
  const cells = [...svg.querySelectorAll(".cell")];
  if (!cells.length) return;
  const pick = (cell) => {
    for (const each of cells) {
      each.classList.toggle("on", each === cell);
      each.setAttribute("tabindex", each === cell ? 0 : -1);
    }
    choose(cell.dataset.cell);
  };
  const over = (event) => event.target.closest?.(".cell");
  svg.addEventListener("focusin", (event) => over(event) && pick(over(event)));
  svg.addEventListener("pointerover", (event) => over(event) && pick(over(event)));
  svg.addEventListener("keydown", (event) => {
    const next = neighbour(cells, over(event), event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  pick(cells.find((cell) => cell.hasAttribute("data-own")) ?? cells[0]);
}

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function neighbour(cells, from, key) {
  if (key === "Home") return cells[0];
  if (key === "End") return cells.at(-1);
  const way = WAYS[key];
  if (!way || !from) return null;
  const middle = (cell) => {
    const box = cell.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const [x, y] = middle(from);
  const far = (cell) => {
    const [dx, dy] = middle(cell).map((value, at) => value - [x, y][at]);
    const along = dx * way[0] + dy * way[1];
    return along > 4 ? along + 4 * Math.abs(dx * way[1] + dy * way[0]) : Infinity;
  };
  const [nearest] = cells.map((cell) => [far(cell), cell]).sort(([a], [b]) => a - b);
  return nearest[0] < Infinity ? nearest[1] : null;
}
