// What leaves this machine, in two lines beside every view.
import { get } from "./ask.js";
import { h } from "./dom.js";
import { count } from "./labels.js";

function says({ mode, switches, rows }) {
  if (mode === "off") return ["Feedback is off", "Nothing is taken and nothing leaves."];
  if (mode !== "share" || switches.length) return ["Nothing leaves", "Every record and every text stays on this machine."];
  return ["Counts are shared", rows.length ? `${count(rows.length, "batch", "batches")} on the way out.` : "Nothing is waiting to leave."];
}

/** Say it anew. */
export async function door(place) {
  const [title, words] = says(await get("/v1/outbox"));
  place.replaceChildren(h("b", null, title), words, h("br"), h("a", { href: "/sharing" }, "Look inside"));
}
