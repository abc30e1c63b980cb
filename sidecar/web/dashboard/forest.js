// The forest: each model's chance to be preferred to an average one, with its interval; the top set on wash.
import { fit, hatch, interval, line, text } from "./chart.js";
import { s } from "./dom.js";
import { plot } from "./figure.js";
import { number, one } from "./labels.js";

const NARROW = 640;
const chance = (strength) => 1 / (1 + Math.exp(-strength));
const odds = (share) => Math.log(share / (1 - share));
const TICKS = [0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

export const isRanked = (model) => model.strength !== null;
export const rank = (model) => (model.rank_low === model.rank_high ? `${model.rank_low}` : `${model.rank_low}–${model.rank_high}`);
export const compared = (model) => model.wins + model.losses + model.ties;
export const rated = (model) => (model.rating?.enough ? one(model.rating.estimate) : "–");
export const speed = (model) => (model.speed ? model.speed.p50.toFixed(0) : "–");
export const percent = (strength) => `${Math.round(100 * chance(strength))} %`;

/** From strengths to pixels, wide enough for every interval. */
function axis(ranked, from, to) {
  const ends = ranked.flatMap(({ low, high }) => [low, high]);
  const reach = Math.max(odds(0.7), ...ends.map(Math.abs)) * 1.08;
  const at = (strength) => from + ((Math.min(reach, Math.max(-reach, strength)) + reach) / (2 * reach)) * (to - from);
  const ticks = TICKS.filter((share) => Math.abs(odds(share)) < reach);
  const room = (to - from) / ticks.length;
  return { at, ticks: ticks.filter((share, index) => share === 0.5 || room > 44 || Math.abs(index - ticks.indexOf(0.5)) % 2 === 0) };
}

function why(model) {
  const n = compared(model);
  return n ? `not ranked: ${number(n)} compared` : "never compared";
}

/** Draw it. */
export function forest({ width, title, about, models }) {
  const wide = width >= NARROW;
  const ranked = models.filter(isRanked);
  const [pitch, head] = [wide ? 40 : 80, 40];
  const [from, to] = wide ? [Math.min(320, width * 0.33), width - 272] : [16, width - 16];
  const { at, ticks } = axis(ranked, from, to);
  const foot = head + ranked.length * pitch;
  const right = wide ? [[width - 216, "rank"], [width - 152, "n"], [width - 72, "rating"], [width - 8, "tokens/s"]] : [];
  const grid = ticks.map((share) => [
    line(`M${at(odds(share)).toFixed(1)} ${head}V${foot}`, share === 0.5 && wide ? "zero" : "hair"),
    text(at(odds(share)), 32, `${Math.round(share * 100)} %`, share === 0.5 ? "d2" : "", "middle"),
  ]);
  const bands = ranked.map((model, row) => model.top && s("rect", { class: "band", x: 0, y: head + row * pitch, width, height: pitch }));
  const rows = models.map((model, row) => {
    const y = head + row * pitch;
    const middle = wide ? y + 20 : y + 36;
    const name = text(8, wide ? y + 24.5 : y + 18, fit(model.model, wide ? from - 16 : width - 16, "600 13px"), model.top ? "hd st" : "hd");
    const marks = isRanked(model)
      ? interval(middle, at(model.low), at(model.strength), at(model.high), { top: model.top })
      : hatch(from, middle - 8, to - from, 16, why(model), "d2");
    const values = [isRanked(model) ? rank(model) : "–", number(compared(model)), rated(model), speed(model)];
    const figures = wide
      ? right.map(([x], index) => text(x, y + 24.5, values[index], "hd", "end"))
      : text(8, y + 64, `rank ${values[0]} · n ${values[1]} · rated ${values[2]} · ${values[3]} tok/s`, "d2");
    return [name, marks, figures, line(`M0 ${y + pitch + 0.5}H${width}`, row === ranked.length - 1 ? "zero" : "hair")];
  });
  const end = head + models.length * pitch + 24;
  const key = [
    s("circle", { class: "pt t", cx: 14, cy: end - 4, r: 4.5 }), text(26, end, "top set: not told apart"),
    wide ? text((from + to) / 2, end, "chance to be preferred to an average model · bars: 90 %", "", "middle") : text(8, end + 20, fit("chance to be preferred to an average model", width - 16, "12px")),
  ];
  return plot(width, end + (wide ? 12 : 32), { title, about },
    bands, wide && text(0, 32, "Model"), right.map(([x, words]) => text(x, 32, words, "", "end")), grid, rows, ranked.length > 0 && key);
}
