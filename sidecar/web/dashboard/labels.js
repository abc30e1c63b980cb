// Words for people: what stands in a list of the vocabulary, in a bucket, in a week, in a number.
const SHORT = new Map([["ai", "AI"], ["api", "API"], ["cpu", "CPU"], ["cuda", "CUDA"], ["gguf", "GGUF"], ["gpu", "GPU"],
  ["http", "HTTP"], ["id", "id"], ["io", "I/O"], ["qa", "Q&A"], ["rocm", "ROCm"], ["tls", "TLS"], ["ui", "UI"], ["ux", "UX"], ["vram", "VRAM"]]);
const NAMES = new Map([["ui_ux", "Interface"], ["models_formats", "Models and formats"], ["api_integrations", "Integrations"], ["privacy_security", "Privacy and security"],
  ["install_update", "Install and update"], ["docs", "Documentation"], ["unspecified", "No task said"], ["generation_control", "Control of answers"]]);
const NONE = "not said";

/** `code_generation` -> `Code generation`. */
export function words(name) {
  if (!name) return NONE;
  if (NAMES.has(name)) return NAMES.get(name);
  const text = name.replace(/^x_/, "").split(/[_-]/).map((word) => SHORT.get(word) ?? word).join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `code_generation` -> `code generation`: inside a sentence. */
export const inside = (name) => {
  const text = words(name);
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
};

/** `ram16-19_gpuTrue` -> [`16–19 GiB`, `GPU`]. */
export function bucket(name) {
  const found = /^ram(\d+)(?:-(\d+)|\+)_gpu(True|False)$/.exec(name ?? "");
  if (!found) return [name ? words(name) : NONE, ""];
  const [, low, high, gpu] = found;
  return [high ? `${low}–${high} GiB` : `${low} GiB and more`, gpu === "True" ? "GPU" : "no GPU"];
}

export const bucketLine = (name) => bucket(name).filter(Boolean).join(", ");
export const number = (n) => n.toLocaleString("en");
export const one = (n) => (n === null || n === undefined ? "–" : n.toFixed(1));
export const range = (low, high, form = one) => `${form(low)} – ${form(high)}`;
export const count = (n, what, many = `${what}s`) => `${number(n)} ${n === 1 ? what : many}`;
export const list = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
export const week = (label) => label.replace(/^\d{4}-/, "");

/** `2026-W47` and how many weeks earlier: the label of that week. */
export function weekBefore(label, weeks) {
  const [year, at] = label.split("-W").map(Number);
  const day = new Date(Date.UTC(year, 0, 4));
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7) + 7 * (at - 1 - weeks));
  return weekOf(day);
}

/** The ISO week of a day. */
export function weekOf(date) {
  const day = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()));
  day.setUTCDate(day.getUTCDate() + 3 - ((day.getUTCDay() + 6) % 7));
  const year = day.getUTCFullYear();
  const at = 1 + Math.floor((day - Date.UTC(year, 0, 1)) / 604_800_000);
  return `${year}-W${String(at).padStart(2, "0")}`;
}

/** Weeks from one label to another, both included. */
export function weeksFrom(first, last) {
  const found = [last];
  while (found.at(-1) > first && found.length < 520) found.push(weekBefore(found.at(-1), 1));
  return found.reverse();
}
