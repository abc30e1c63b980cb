// Moments for people, and a countdown to one.
import { h } from "./dom.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const TIME = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export const day = (moment) => DAY.format(Date.parse(moment));
export const time = (moment) => TIME.format(Date.parse(moment));

/** Milliseconds as `17 h 42 min`, the seconds only in the last hour. */
export function span(ms) {
  const [large, small, names] = ms >= HOUR ? [HOUR, MINUTE, ["h", "min"]] : [MINUTE, SECOND, ["min", "s"]];
  return `${Math.floor(ms / large)} ${names[0]} ${Math.floor((ms % large) / small)} ${names[1]}`;
}

/** `in 17 h 42 min`, each second anew; `over` is called once when it has passed before somebody's eyes. */
export function countdown(moment, over) {
  const rest = () => Date.parse(moment) - Date.now();
  const says = () => (rest() > 0 ? `in ${span(rest())}` : "now");
  const line = h("span", null, says());
  if (rest() <= 0) return line;
  const timer = setInterval(() => {
    if (!line.isConnected) {
      clearInterval(timer); // it was drawn anew
      return;
    }
    line.textContent = says();
    if (rest() > 0) return;
    clearInterval(timer);
    over();
  }, SECOND);
  return line;
}
