// Marks that every plot is made of. They look by class, so that one style sheet decides for both themes.
import { s } from "./dom.js";

const pen = document.createElement("canvas").getContext("2d");

/** Text cut to a width in pixels: a name may be two thousand characters long. */
export function fit(words, width, font = "13px") {
  pen.font = `${font} ${getComputedStyle(document.body).fontFamily}`;
  if (pen.measureText(words.slice(0, 400)).width <= width && words.length <= 400) return words;
  let [low, high] = [0, Math.min(words.length, 400)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pen.measureText(`${words.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return `${words.slice(0, low)}…`;
}

export const text = (x, y, words, kind = "", anchor = null) => s("text", { x, y, class: kind || null, "text-anchor": anchor }, words);
export const line = (d, kind) => s("path", { class: kind, d });

/** Diagonal lines over a rectangle: there is too little data for a colour. */
export function hatch(x, y, width, height, words, kind = "") {
  const parts = [];
  for (let at = 4; at < width + height; at += 8) {
    const [x1, y1] = at <= height ? [x, y + at] : [x + at - height, y + height];
    const [x2, y2] = at <= width ? [x + at, y] : [x + width, y + at - width];
    parts.push(`M${x1} ${y1}L${x2} ${y2}`);
  }
  const plate = Math.min(width, 8 + words.length * 6.4);
  return [
    line(parts.join(""), "hl"),
    words && s("rect", { class: "nb", x: x + (width - plate) / 2, y: y + height / 2 - 9, width: plate, height: 18 }),
    words && text(x + width / 2, y + height / 2 + 4.5, words, kind, "middle"),
  ];
}

/** A point with its interval; `top` fills it. */
export function interval(y, low, at, high, { top = false, ends = 4 } = {}) {
  const kind = top ? " t" : "";
  return [
    line(`M${low} ${y}H${high}M${low} ${y - ends}v${2 * ends}M${high} ${y - ends}v${2 * ends}`, `iv${kind}`),
    s("circle", { class: `pt${kind}`, cx: at, cy: y, r: 4.5 }),
  ];
}

/** The five stars as a line of 168 pixels with one estimate on it; hatched where there is too little data. */
export function starLine(row) {
  const at = (value) => 4 + (value - 1) * 40;
  const said = row.enough ? `${row.estimate.toFixed(1)}, interval ${row.low.toFixed(1)} to ${row.high.toFixed(1)} on 1 to 5` : "not enough data";
  const scale = [line("M4 12.5H164", "base"), ...[1, 2, 3, 4, 5].map((star) => line(`M${at(star)} 10v5`, "base"))];
  return s("svg", { width: 168, height: 24, viewBox: "0 0 168 24", role: "img", "aria-label": said },
    row.enough ? [scale, interval(12.5, at(row.low), at(row.estimate), at(row.high), { ends: 3 })] : hatch(0, 4, 168, 16, "not enough data"));
}

/** Bars by week, from zero. */
export function weekBars(weeks, counts, width = 96) {
  const most = Math.max(...counts, 1);
  const step = width / weeks.length;
  return s("svg", { class: "bars", width, height: 24, viewBox: `0 0 ${width} 24`, role: "img", "aria-label": `per week, ${weeks[0]} to ${weeks.at(-1)}: ${counts.join(", ")}` },
    line(`M0 23.5H${width}`, "base"),
    counts.map((n, at) => n > 0 && s("rect", { class: "bar2", x: at * step + 1, y: 23 - (n / most) * 20, width: step - 2, height: (n / most) * 20 })));
}

/** How often each star was given. */
export function starBars(counts) {
  const most = Math.max(...counts, 1);
  return s("svg", { width: 208, height: 104, viewBox: "0 0 208 104", role: "img", "aria-label": `How often each rating was given: ${counts.map((n, at) => `${at + 1}: ${n}`).join(", ")}` },
    counts.map((n, at) => {
      const y = at * 20;
      return [text(0, y + 15, at + 1), line(`M16 ${y + 10.5}H156`, "base"), n > 0 && s("rect", { class: "bar1", x: 16, y: y + 7, width: Math.max(1, (n / most) * 140), height: 8 }), text(208, y + 15, n.toLocaleString("en"), "d2", "end")];
    }));
}

/** Which of eight half-star steps a mean stands in. */
export const step = (value) => Math.min(8, Math.floor((value - 1) / 0.5) + 1);
