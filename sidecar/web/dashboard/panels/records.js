// Records: the newest first, to look at, to mend, to delete.
import { change, get } from "../ask.js";
import { empty, h, select } from "../dom.js";
import { bucketLine, count, inside, week, words } from "../labels.js";
import { attempt, button, open, twice } from "../shell.js";

const PAGE = 50;
const KINDS = ["rating", "comparison", "error_report", "feature_request", "usage_pattern"];
const STARS = [1, 2, 3, 4, 5];
const OWN = new Set(["feedback_id", "feedback_type", "week", "safe_to_share"]);
const opened = new Set();
let pages = 1;

async function load(query) {
  const rows = [];
  let after;
  for (let page = 0; page < pages; page += 1) {
    const found = await get("/v1/feedback", { order: "newest", limit: PAGE, feedback_type: query.get("kind"), after });
    rows.push(...found.rows);
    after = found.next;
    if (!after) break;
  }
  return { rows, more: Boolean(after) };
}

/** What a record says, on one line. */
function said(row) {
  switch (row.feedback_type) {
    case "rating": return `${row.rating ? `${row.rating} of 5` : `thumb ${row.thumb}`} · ${row.model ?? "no model said"}`;
    case "comparison": return row.tie ? `${row.preferred} and ${row.alternative}: a tie` : `${row.preferred} over ${row.alternative}`;
    case "error_report": return `${words(row.signature ?? row.error_type)} · ${row.template ?? "no message"}`;
    case "feature_request": return row.feature_description ?? "";
    default: return `${words(row.action)} · ${row.count ?? 1} times${row.model ? ` · ${row.model}` : ""}`;
  }
}

function facts(row) {
  const shown = Object.entries(row).filter(([name]) => !OWN.has(name));
  return h("dl", { class: "kv" }, shown.map(([name, value]) => [h("dt", null, words(name)), h("dd", null, Array.isArray(value) ? value.map(words).join(", ") : String(value))]),
    h("dt", null, "Shared"), h("dd", null, row.safe_to_share ? "stays here; may be counted once you share" : "stays here for ever"));
}

function edit(row, view) {
  const path = `/v1/feedback/${row.feedback_id}`;
  const save = (body) => attempt(async () => {
    await change("PATCH", path, body);
    await view.refresh();
  });
  const remove = twice("Delete", "Delete for ever", () => attempt(async () => {
    await change("DELETE", path);
    await view.refresh();
  }), { class: "btn d", "data-focus": `delete-${row.feedback_id}` });
  const stars = row.rating ? h("span", { class: "seg", role: "group", "aria-label": "Stars" }, STARS.map((star) => button(star, () => save({ rating: star }), { class: null, "aria-pressed": String(star === row.rating), "aria-label": count(star, "star"), "data-focus": `star-${star}-${row.feedback_id}` }))) : null;
  const thumbs = row.thumb ? h("span", { class: "seg", role: "group", "aria-label": "Thumb" }, ["up", "down"].map((thumb) => button(words(thumb), () => save({ thumb }), { class: null, "aria-pressed": String(thumb === row.thumb), "data-focus": `thumb-${thumb}-${row.feedback_id}` }))) : null;
  return h("div", { class: "acts" }, stars, thumbs, remove);
}

function line(row, view) {
  const about = [words(row.feedback_type), row.task_category && row.task_category !== "unspecified" ? inside(row.task_category) : null, row.hardware_bucket ? bucketLine(row.hardware_bucket) : null, row.product_id].filter(Boolean).join(" · ");
  const id = row.feedback_id;
  return h("details", { class: "err rec", open: opened.has(id), toggle: (event) => opened[event.target.open ? "add" : "delete"](id) },
    h("summary", { "data-focus": `rec-${id}` }, h("span", { class: "one" }, h("b", null, said(row)), h("span", { class: "cap" }, about)), h("span", { class: "cap r" }, week(row.week))),
    h("div", { class: "body" }, h("div", null, facts(row)), h("div", null, edit(row, view), h("p", { class: "cap more" }, "Deleting takes the record and its count out of the file, for good."))));
}

function draw({ rows, more }, view) {
  const kind = view.query.get("kind") ?? "";
  return {
    headline: rows.length ? "Every record, the newest first." : "Nothing is kept yet.",
    lede: "What came in, word for word as it is stored. There is nothing else.",
    body: [
      h("div", { class: "bar" }, select("Kind", [["", "all"], ...KINDS.map((each) => [each, words(each)])], kind, (chosen) => { pages = 1; return view.go({ kind: chosen }); }, "kind"),
        h("span", { class: "push" }, h("a", { class: "btn q", href: "/v1/export?format=csv", download: "feedback.csv" }, "CSV"), h("a", { class: "btn q", href: "/v1/export?format=jsonl", download: "feedback.jsonl" }, "JSON Lines"))),
      rows.length ? h("section", { "aria-label": "Records" }, rows.map((row) => line(row, view))) : empty(kind ? "No record of this kind. Choose all." : "Rate an answer in your app, or run `sidecar rate`."),
      more ? h("p", { class: "more" }, button(`Show ${PAGE} more`, () => { pages += 1; return view.refresh(); }, { "data-focus": "more" })) : null,
    ],
  };
}

function step(by) {
  const all = [...document.querySelectorAll(".rec > summary")];
  const at = all.indexOf(document.activeElement);
  all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))]?.focus();
}

open({ load, draw, keys: { J: ["next", () => step(1)], K: ["previous", () => step(-1)], Enter: ["open"] } });
