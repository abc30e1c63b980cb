// The timeline: a lane for each version, the weeks in which it was rated, and what it was rated.
import { fit, hatch, interval, line, text } from "./chart.js";
import { s } from "./dom.js";
import { plot } from "./figure.js";
import { count, number, one, week } from "./labels.js";

const NARROW = 640;
const HIGH = 56;

/** Draw it; `versions` are `{ name, weeks: Map(week -> n), rating }`, the earliest first. */
export function lanes({ width, title, about, weeks, versions }) {
  const wide = width >= NARROW;
  const left = wide ? 128 : 72;
  const stars = wide ? 168 : 0;
  const to = width - (wide ? stars + 72 : 40);
  const step = (to - left) / weeks.length;
  const x = (label) => left + (weeks.indexOf(label) + 0.5) * step;
  const most = Math.max(1, ...versions.flatMap((each) => [...each.weeks.values()]));
  const head = 36;
  const every = Math.max(1, Math.ceil(44 / step));
  const marks = weeks.map((label, at) => at % every === 0 && text(x(label), 24, week(label), "", "middle"));
  const star = (value) => width - stars - 40 + 4 + (value - 1) * 40;
  const rows = versions.map((each, down) => {
    const y = head + down * HIGH + HIGH / 2;
    const told = [...each.weeks.keys()].sort();
    const dots = told.map((label) => s("circle", { class: "dot", cx: x(label), cy: y, r: 2 + Math.min(9, 0.6 * step) * Math.sqrt(each.weeks.get(label) / most) },
      s("title", null, `${each.name}, ${label}: ${count(each.weeks.get(label), "rating")}`)));
    const rating = each.rating;
    return [
      text(0, y + 4.5, fit(each.name, left - 12, "600 13px"), "hd st"),
      line(`M${x(told[0])} ${y}H${x(told.at(-1))}`, "span"), dots,
      wide
        ? [line(`M${star(1)} ${y}H${star(5)}`, "base"), rating.enough ? interval(y, star(rating.low), star(rating.estimate), star(rating.high), { ends: 3 }) : hatch(star(1), y - 8, 160, 16, "not enough data")]
        : null,
      text(width, y + 4.5, wide ? number(rating.n) : rating.enough ? one(rating.estimate) : "–", wide ? "d2" : "hd", "end"),
      line(`M0 ${head + (down + 1) * HIGH - 0.5}H${width}`, "hair"),
    ];
  });
  return plot(width, head + versions.length * HIGH + 8, { title, about },
    text(0, 24, "Version"), marks,
    wide && [[1, 2, 3, 4, 5].map((value) => text(star(value), 24, value, "", "middle"))],
    text(width, 24, wide ? "n" : "mean", "", "end"), rows);
}
