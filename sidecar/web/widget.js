/* The widget: clients/js/README.md.
   Job: ask what the catalogue allows, show the exact record, deliver it once, take it back.
   Must not: read the page, store anybody's words, make markup of text. */

const SERVED = new URL(import.meta.url);
const ENDPOINT = SERVED.pathname === "/widget.js" ? SERVED.origin : "http://127.0.0.1:8917";

const ANSWER_MS = 10_000;
const UNDO_SECONDS = 10;
const RETRY_MS = 5_000;
const MOST_RETRY_MS = 60_000;
const MOST_WAITING = 500;
const FIRST_CHIPS = ["code_generation", "question_answering", "summarization", "editing", "translation", "chat"];
const AWAY = 0;
const UNPAIRED = 403;

const NOT_PAIRED = {
  en: "Not kept: this page is not paired. Run {} and come back.",
  de: "Nicht behalten: diese Seite ist nicht gekoppelt. {} aufrufen und zurückkommen.",
  es: "No se guardó: esta página no está emparejada. Ejecuta {} y vuelve.",
  zh: "未保存：此页面尚未配对。请运行 {}，然后返回。",
  ar: "لم يُحفظ: هذه الصفحة غير مقترنة. نفّذ {} ثم عُد.",
};

function attempt(work) {
  try {
    return work();
  } catch {
    return null;
  }
}
const stored = name => `feedback-sidecar:${name}`;
const recall = name => attempt(() => JSON.parse(localStorage.getItem(stored(name))));
const remember = (name, value) => attempt(() => !localStorage.setItem(stored(name), JSON.stringify(value)));

/** Whether a question may show up by itself, and what to remember. Pure. */
export function occasion(rhythm, mostPerDay, told, kind, day) {
  const { seen = 0, at, noes = 0, ofDay = 0 } = told?.kinds?.[kind] ?? {};
  const [asked, ofKind] = told?.day === day ? [told.asked, ofDay] : [0, 0];
  const now = seen + 1;
  const due = at ? now - at >= rhythm.then_every : now >= rhythm.first_after;
  const may = due && asked < mostPerDay && ofKind < rhythm.most_per_day && noes < rhythm.stop_after_noes;
  const next = { seen: now, at: may ? now : at, noes, ofDay: ofKind + may };
  return [may, { day, asked: asked + may, kinds: { ...told?.kinds, [kind]: next } }];
}

// The queue: a row for each record that is not delivered; without a database it lives as long as the page.
const kept = new Map();
const memory = {
  put: row => ({ result: kept.set(row.key, row) }),
  delete: key => ({ result: kept.delete(key) }),
  getAll: () => ({ result: [...kept.values()] }),
};
const opened = globalThis.window && new Promise(done => {
  const request = indexedDB.open("feedback-sidecar", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("queue", { keyPath: "key" });
  request.onsuccess = () => done(request.result);
  request.onerror = () => done(null);
}).catch(() => null);

async function shelf(act) {
  const database = await opened;
  if (!database) return act(memory).result;
  return new Promise((done, fail) => {
    const transaction = database.transaction("queue", "readwrite", { durability: "strict" });
    const request = act(transaction.objectStore("queue"));
    transaction.oncomplete = () => done(request.result);
    transaction.onabort = () => fail(transaction.error);
  });
}

const waiting = async door =>
  (await shelf(rows => rows.getAll())).filter(row => row.door === door.name).sort((a, b) => a.at - b.at);

let chain = Promise.resolve();
// One at a time, in all tabs where the browser can do that; the keys cover the rest.
const alone = work => navigator.locks?.request("feedback-sidecar", work) ?? (chain = chain.then(work, work));

function doorTo(base) {
  const ask = (path, more) => fetch(base + path, { signal: AbortSignal.timeout(ANSWER_MS), ...more });
  const reaches = mode => ask("/v1/prompts", { mode }).then(() => true, () => false);
  return {
    name: base,
    async send({ method, path, body }) {
      const json = body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
      try {
        const answer = await ask(path, { method, ...json });
        return { status: answer.status, body: await answer.json().catch(() => null) };
      } catch {
        // To a page that is not paired the daemon looks as if it were away, but for what anybody may embed.
        return { status: !(await reaches("cors")) && (await reaches("no-cors")) ? UNPAIRED : AWAY };
      }
    },
  };
}

const doorBy = transport => ({
  name: "transport",
  send: request => Promise.resolve(request).then(transport).catch(() => ({ status: AWAY })),
});

const isUnpaired = ({ status, body }) => status === UNPAIRED && /not-paired$/.test(body?.type ?? "not-paired");
const isLater = answer => /^(0|408|429|5..)$/.test(answer.status) || isUnpaired(answer);

const retries = new Map();
const listeners = new Set(); // a widget hears what became of its row, whoever delivered it

const deliver = door =>
  alone(async () => {
    const [delay = RETRY_MS, timer] = retries.get(door.name) ?? [];
    clearTimeout(timer);
    retries.delete(door.name);
    for (const row of await waiting(door)) {
      const answer = await deliverOne(door, row);
      for (const hear of listeners) hear(row.key, answer);
      if (!isLater(answer)) continue;
      const next = Math.min(MOST_RETRY_MS, delay * 2);
      retries.set(door.name, [next, setTimeout(deliver, delay, door)]);
      return;
    }
  });

async function deliverOne(door, row) {
  const done = answer => shelf(rows => rows.delete(row.key)).then(() => answer);
  let answer = { status: 200 };
  if (!row.id) {
    if (row.undo && !row.sent) return done(answer);
    await shelf(rows => rows.put({ ...row, sent: true }));
    answer = await door.send({ method: "POST", path: "/v1/feedback", body: row.record });
    if (isLater(answer)) return answer;
    row = { ...row, id: answer.body?.feedback_id };
  }
  if (row.id && (row.undo || row.change)) {
    await shelf(rows => rows.put(row));
    const how = row.undo ? { method: "DELETE" } : { method: "PATCH", body: row.change };
    const more = await door.send({ ...how, path: `/v1/feedback/${row.id}` });
    if (isLater(more)) return more;
  }
  return done(answer);
}

const catalogues = new Map();

async function words(door, lang) {
  const asked = `${door.name} ${lang}`;
  if (catalogues.has(asked)) return { catalogue: catalogues.get(asked) };
  const answer = await door.send({ method: "GET", path: `/v1/prompts?lang=${encodeURIComponent(lang)}` });
  if (!answer.body?.interface) return { catalogue: recall(`words:${lang}`), unpaired: isUnpaired(answer) };
  catalogues.set(asked, answer.body);
  remember(`words:${lang}`, answer.body);
  return { catalogue: answer.body };
}
const STAR = "M12 3.6L14.4 9.4L20.6 9.8L15.8 13.8L17.3 19.9L12 16.6L6.7 19.9L8.2 13.8L3.4 9.8L9.6 9.4z";
const UP = "M7 11v9H4v-9zM7 11l4-8c1.6 0 2.5 1 2.5 2.5V9H19c1 0 1.7.9 1.5 1.9l-1.4 7.2c-.2 1.1-1 1.9-2.1 1.9H7";

const SVG = "http://www.w3.org/2000/svg";

function h(name, attributes, ...children) {
  const node = /^(svg|path)$/.test(name) ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter(Boolean));
  return node;
}

const icon = d => h("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, h("path", { d }));
const button = (part, onclick, attributes, ...children) =>
  h("button", { type: "button", class: part, part, onclick, ...attributes }, ...children);

const COLOURS = Object.entries({
  ink: "#15191c,#e9ecec",
  "ink-2": "#474f55,#b4bcc0",
  line: "#e2e4e1,#273034",
  edge: "#7b8287,#6f7a80",
  accent: "#0b6a70,#62c9c4",
  "on-accent": "#fff,#08211f",
  wash: "#e6f1f0,#14302f",
  alert: "#a8361f,#f2937c",
  surface: "#fff,#161b1e",
}).map(([name, both]) => `--${name}:var(--feedback-${name},light-dark(${both}));`);

const STYLE = `
:host{display:block;font-size:.8125rem;line-height:1.5rem;max-width:25rem;text-align:start;color:var(--ink);${COLOURS.join("")}}
:host([theme=light]){color-scheme:light}
:host([theme=dark]){color-scheme:dark}
:host([hidden]),[hidden]{display:none!important}
*{box-sizing:border-box;margin:0;padding:0;font:inherit;overflow-wrap:anywhere}
button,textarea{color:inherit;background:none;border:0;border-radius:var(--feedback-radius,4px)}
button{cursor:pointer;touch-action:manipulation}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
svg{width:20px;height:20px;fill:none;stroke:currentColor;stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}
b{font-weight:600}
.q{display:flex;align-items:center;flex-wrap:wrap;gap:0 12px}
.q b{flex:1 0 auto}
.row,.chips,.choices{width:100%}
.stars,.thumbs{display:flex;margin-inline:-8px}
.star,.thumb,.dismiss{width:36px;height:44px;color:var(--edge);display:grid;place-items:center}
.thumb{width:44px}
.down svg{transform:rotate(180deg)}
.on{color:var(--accent)}
.star.on svg{fill:currentColor}
.thumb.on svg{fill:var(--wash)}
.dismiss{color:var(--ink-2);margin-inline-end:-8px}
.say,.chips,.why,.cols,small{font-size:.75rem;color:var(--ink-2)}
.say>:not(:empty)~*{margin-inline-start:4px}
.link{color:var(--accent);text-decoration:underline;min-height:24px}
progress{width:100%;height:4px;accent-color:var(--accent)}
.chips{display:flex;flex-wrap:wrap;gap:8px;margin-bottom:8px}
.chip,.choice,textarea{border:1px solid var(--edge);padding:4px 8px;line-height:1.125rem;min-height:28px}
.on:is(.chip,.choice){color:var(--accent);border-color:currentColor;background:var(--wash);box-shadow:0 0 0 1px}
.choices{display:grid;grid-template-columns:1fr auto 1fr;gap:8px;margin-block:8px}
.choice{min-height:44px;min-width:0;background:var(--surface)}
small,progress{display:block}
.note{border-inline-start:2px solid;padding-inline-start:8px}
.bad{color:var(--alert)}
code,pre{font:.75rem/1.25rem ui-monospace,"Liberation Mono",monospace}
textarea{display:block;width:100%;min-height:64px;background:var(--surface);resize:vertical;margin-block:4px}
::placeholder{color:var(--ink-2);opacity:1}
.send,.later{min-height:36px;padding:0 16px;color:var(--accent)}
.send{background:var(--accent);color:var(--on-accent);font-weight:600}
[aria-disabled=true]{background:none;color:var(--ink-2);box-shadow:inset 0 0 0 1px var(--edge)}
.cols{display:grid;grid-template-columns:1fr 1fr;line-height:1rem;margin-block:8px}
.cols>*{min-width:0;padding-inline-end:16px}
.cols>*+*{border-inline-start:2px solid var(--accent);padding-inline:16px 0}
li{list-style:none;border-top:1px solid var(--line);padding:4px 0}
pre{white-space:pre-wrap;border-block:1px solid var(--line);padding:8px 0;max-height:240px;overflow:auto;text-align:left}
@media (prefers-reduced-motion:no-preference){button{transition:.12s}}
@media (pointer:coarse){.chip,.link{min-height:40px}.dismiss{width:44px}}
`;
const sheet = globalThis.CSSStyleSheet && new CSSStyleSheet();
sheet?.replaceSync(STYLE);

const CONTENT = ["prompt", "answer", "files", "time_of_day"];
const MODES = {
  rating: {
    kind: "rating",
    needs: ["model"],
    ask: el => (el.scale === "thumbs" ? "rating.thumb" : "rating.stars"),
    fields: (el, answer) => ({
      model: el.model,
      [el.scale === "thumbs" ? "thumb" : "rating"]: answer,
      variant: el.variant,
    }),
  },
  comparison: {
    kind: "comparison",
    needs: ["modelA", "modelB"],
    ask: () => "comparison.better",
    fields({ modelA, modelB, variantA, variantB }, answer) {
      if (!answer) return { preferred: "…", alternative: "…" }; // a name would decide before the answer does
      const swap = pair => (answer === "second" ? pair.reverse() : pair);
      const [preferred, alternative] = swap([modelA, modelB]);
      const [preferred_variant, alternative_variant] = swap([variantA, variantB]);
      return { preferred, alternative, preferred_variant, alternative_variant, tie: answer === "tie" || undefined };
    },
  },
  error: {
    kind: "error_report",
    ask: el => (el.errorMessage ? "error_report.message" : "error_report.type"),
    fields: (el, answer) => ({
      error_type: answer || el.errorType || "other",
      error_message: el.errorMessage ?? "",
      model: el.model,
      runtime: el.runtime,
      runtime_version: el.runtimeVersion,
    }),
    stays: ["message", ...CONTENT],
  },
  request: {
    kind: "feature_request",
    ask: () => "feature_request.wish",
    fields: ({ category }, answer, draft) => ({ feature_description: answer ?? "", category: draft.category ?? category }),
    stays: ["words", ...CONTENT],
  },
};
const MAY_GO = /^(task_category|model|preferred|alternative|rating|thumb|error_type|runtime.*|variant|product_version)$/;

const OF_THE_PAGE = ["theme", "endpoint"];
const OF_THE_ANSWER = ["mode", "scale", "model", "model-a", "model-b", "task", "variant", "variant-a", "variant-b"];
OF_THE_ANSWER.push("product-id", "product-version", "runs-on", "runtime", "runtime-version", "error-type", "category");
const GIVEN = ["feedback-id", "value"];
const FLAGS = ["asks", "local-only"];

const worded = record => record.error_message || record.feature_description;
const newKey = () => `w-${Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16)).join("")}`;

export class FeedbackSidecar extends (globalThis.HTMLElement ?? Object) {
  static observedAttributes = ["lang", ...OF_THE_PAGE, ...OF_THE_ANSWER, ...FLAGS];

  static askAgain(productId = "") {
    return remember(`asking:${productId}`, null);
  }

  #root = this.attachShadow?.({ mode: "open" });
  #hosts = {};
  #catalogue;
  #bucket;
  #parts = {};
  #draft = {};
  #work = Promise.resolve();
  #begun = 0;
  #ticking;

  connectedCallback() {
    this.#root.adoptedStyleSheets = [sheet];
    listeners.add(this.#hear);
    this.#begin();
  }

  disconnectedCallback() {
    this.#begun += 1;
    listeners.delete(this.#hear);
    clearInterval(this.#ticking);
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (![...OF_THE_PAGE, "lang", "transport"].includes(name)) this.#draft = {}; // another answer
    if (this.isConnected) this.#begin();
  }

  static {
    const define = (name, get, set) => Object.defineProperty(this.prototype, name, { get, set });
    for (const name of ["errorMessage", "transport"]) {
      const get = function () {
        return this.#hosts[name];
      };
      const set = function (value) {
        this.#hosts[name] = value ?? undefined;
        this.attributeChangedCallback(name, null, value);
      };
      define(name, get, set);
    }
    for (const name of [...OF_THE_PAGE, ...OF_THE_ANSWER, ...GIVEN, ...FLAGS]) {
      const flag = FLAGS.includes(name);
      const get = function () {
        return flag ? this.hasAttribute(name) : (this.getAttribute(name) ?? undefined);
      };
      const set = function (value) {
        if (flag || value == null) this.toggleAttribute(name, value ?? false);
        else this.setAttribute(name, value);
      };
      define(name.replace(/-(.)/g, (_, letter) => letter.toUpperCase()), get, set);
    }
  }

  get record() {
    const { value, candidate, task_category = this.task, key } = this.#draft;
    return {
      feedback_type: this.#mode.kind,
      ...this.#mode.fields(this, value ?? candidate ?? undefined, this.#draft),
      task_category: this.mode === "request" ? undefined : task_category,
      ...this.#common,
      idempotency_key: key,
    };
  }

  get #common() {
    const { productId: product_id, productVersion: product_version, runsOn: runs_on, localOnly } = this;
    return { product_id, product_version, runs_on, safe_to_share: localOnly ? false : undefined };
  }
  get #mode() {
    return MODES[this.mode] ?? MODES.rating;
  }
  get #kind() {
    return this.#catalogue.kinds[this.#mode.kind];
  }
  get #question() {
    return this.#kind.may_ask.find(each => each.id === this.#mode.ask(this));
  }
  get #lang() {
    return this.closest("[lang]")?.lang || navigator.language;
  }
  get #door() {
    const { transport } = this.#hosts;
    return transport ? doorBy(transport) : doorTo(new URL(this.endpoint ?? ENDPOINT, document.baseURI).href.replace(/\/$/, ""));
  }

  #text(name, values = {}) {
    return this.#catalogue.interface[name].replace(/\{(\w+)\}/g, (_, each) => values[each]);
  }
  #stars(n) {
    return this.#text("stars", { n });
  }
  #label(scale, value) {
    return this.#catalogue.scales[scale].answers.find(each => each.value === value)?.label;
  }
  #tell(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(`feedback-${name}`, { bubbles: true, composed: true, detail }));
  }
  #after(work) {
    return (this.#work = this.#work.then(work).catch(reportError));
  }

  async #begin(again) {
    const begun = ++this.#begun;
    await null; // attributes that are set one after the other make one beginning
    const door = this.#door;
    const { catalogue, unpaired } = await words(door, this.#lang);
    if (begun !== this.#begun) return;
    this.#catalogue = catalogue;
    this.#draft.key ??= newKey();
    this.#draft.reasons ??= [];
    const { feedbackId, value } = this;
    if (feedbackId && value) Object.assign(this.#draft, { given: true, id: feedbackId, value: Number(value) || value });
    if (unpaired) return this.#teach(again);
    const ready = catalogue && (this.#mode.needs ?? []).every(name => this[name]) && this.#mayAsk();
    if (!catalogue) this.#comeBack();
    if (!ready) return this.#root.replaceChildren();
    this.#draft.note = null;
    this.#build();
    deliver(door);
    again?.();
  }

  #mayAsk() {
    if (!this.asks) return true;
    if (this.#draft.asked === undefined) {
      const day = new Date().toLocaleDateString("en-CA");
      const told = recall(this.#asking);
      const [mayAsk, next] = occasion(this.#kind.rhythm, this.#catalogue.most_per_day, told, this.#mode.kind, day);
      this.#draft.asked = remember(this.#asking, next) && mayAsk; // who cannot remember must not ask
      if (this.#draft.asked) this.#use("asked");
    }
    return this.#draft.asked;
  }

  get #asking() {
    return `asking:${this.productId ?? ""}`;
  }

  #dismiss() {
    if (this.asks) {
      const told = recall(this.#asking);
      if (told) told.kinds[this.#mode.kind].noes += 1;
      remember(this.#asking, told);
      this.#draft.asked = false;
      this.#use("dismissed");
    } else this.#tell("dismissed");
    this.#root.replaceChildren();
  }

  #use(action) {
    const key = newKey();
    const { model, task: task_category } = this;
    const record = { feedback_type: "usage_pattern", action, model, task_category, ...this.#common, idempotency_key: key };
    this.#after(() => this.#enqueue({ key, record }));
    this.#tell(action);
  }

  async #enqueue(row) {
    const door = this.#door;
    this.#draft.heard = null;
    const full = await alone(async () => {
      const rows = await waiting(door);
      const before = rows.find(each => each.key === row.key);
      if (!before && rows.length >= MOST_WAITING) return true;
      const change = row.change && { ...before?.change, ...row.change };
      await shelf(each => each.put({ at: Date.now(), ...row, ...before, undo: row.undo, change, door: door.name }));
    });
    if (full) return { status: 413, body: { title: this.#text("full") } };
    await deliver(door);
    const waits = async () => (await waiting(door)).some(({ key }) => key === row.key);
    return this.#draft.heard ?? { status: (await waits()) ? AWAY : 200 }; // else another tab delivered it
  }

  #hear = (key, answer) => {
    if (key !== this.#draft.key) return;
    this.#draft.heard = answer;
    if (this.#draft.queued && !isLater(answer)) this.#settle(answer);
  };

  #give(value) {
    Object.assign(this.#draft, { value, candidate: null, given: true, note: null });
    this.#paint();
    return this.#after(async () => {
      const { record } = this;
      const { key } = this.#draft;
      let answer = worded(record)
        ? await this.#door.send({ method: "POST", path: "/v1/feedback", body: record })
        : await this.#enqueue({ key, record });
      if (isLater(answer) && !isUnpaired(answer) && worded(record)) {
        if (this.mode === "request") return this.#fail(this.#text("words_not_kept"));
        this.#draft.wordless = { ...record, error_message: "" };
        answer = await this.#enqueue({ key, record: this.#draft.wordless });
      }
      if (isUnpaired(answer)) {
        await shelf(rows => rows.delete(key));
        return this.#teach(() => this.#give(value));
      }
      this.#count(UNDO_SECONDS);
      this.#settle(answer);
    });
  }

  #settle(answer) {
    const { status, body } = answer;
    const queued = isLater(answer);
    if (status >= 400 && status !== 409 && !queued) {
      this.#tell("refused", { status, problem: body });
      return this.#fail(this.#text("refused", { why: body?.title ?? status }));
    }
    const record = this.#draft.wordless ?? this.record;
    if (!worded(record)) this.#draft.first ??= record;
    Object.assign(this.#draft, { id: body?.feedback_id ?? this.#draft.id, answer: body, queued });
    const { error_message, feature_description, ...kept } = record;
    this.#tell("kept", { feedbackId: this.#draft.id, record: kept, queued });
    this.#draw();
  }

  #fail(...note) {
    const { value, candidate, reasons, key, category } = this.#draft;
    this.#draft = { reasons, key, category, candidate: value ?? candidate, note };
    this.#draw();
  }

  // The row carries the record too: another tab may have delivered the first one.
  #amend(what, name) {
    return this.#after(async () => {
      const { key, id, first } = this.#draft;
      const answer = await this.#enqueue({ key, id, record: first, ...what });
      this.#draft.queued = isLater(answer);
      this.#tell(name, { feedbackId: id, ...what, queued: isLater(answer) });
      this.#draw();
    });
  }

  #change(change) {
    this.#draw();
    return this.#amend({ change }, "changed");
  }

  async undo() {
    if (!this.#draft.given) return;
    clearInterval(this.#ticking);
    await this.#amend({ undo: true }, "undone");
    for (const name of GIVEN) this.removeAttribute(name);
    this.#draft = { key: newKey(), reasons: [], undone: true };
    this.#draw();
  }

  #choose(value) {
    const { given, value: before, reasons } = this.#draft;
    if (!given) return this.#give(value);
    if (value === before || this.#mode.kind !== "rating") return;
    Object.assign(this.#draft, { value, candidate: null, reasons: [] });
    this.#change({ [typeof value === "number" ? "rating" : "thumb"]: value, ...(reasons.length && { reasons: [] }) });
  }

  // Built once for a question, then painted: focus and announcements stay where they are.
  #build() {
    const { direction, lang } = this.#catalogue ?? { lang: this.#lang };
    const status = h("span", { role: "status" });
    const time = h("progress", { max: UNDO_SECONDS, "aria-hidden": "true" });
    const line = h("p", { part: "status" }, status);
    const shown = h("div", { part: "disclosure", hidden: "" });
    const more = h("div", {});
    const asked = this.#catalogue && this.#drawQuestion();
    this.#parts = { status, time, line, shown, more, asked };
    this.#root.replaceChildren(h("div", { part: "root", dir: direction ?? "auto", lang }, asked, line, time, more, shown));
    this.#draw();
  }

  #options(field, part, answers, pick, { by = "q", show = ({ label }) => label, more = () => ({}), ...group } = {}) {
    const draw = each => button(part, () => pick(each.value), { "data-value": each.value, ...more(each) }, show(each));
    const given = { class: `${part}s`, part: `${part}s`, role: "group", "aria-labelledby": by, "data-field": field };
    return h("div", { ...given, ...group }, answers.map(draw));
  }

  #drawQuestion() {
    const { id, ask, scale: name } = this.#question;
    const { scales } = this.#catalogue;
    const scale = scales[name];
    const choose = value => this.#choose(value);
    const send = label => button("send", () => this.#draft.candidate && this.#give(this.#draft.candidate), {}, label);
    const close = this.asks && button("dismiss", () => this.#dismiss(), { "aria-label": this.#text("not_now") }, "✕");
    const title = h("b", { id: "q", part: "question" }, ask);
    const body = {
      "rating.stars": () => this.#drawStars(scale),
      "rating.thumb": () =>
        this.#options("value", "thumb", scale.answers, choose, {
          show: ({ value }) => h("span", { class: value }, icon(UP)),
          more: ({ label }) => ({ "aria-label": label }),
        }),
      "comparison.better": () => {
        const sides = ["first", "tie", "second"].map(value => ({ value, label: scale[value] }));
        const show = ({ value, label }) => [label, value !== "tie" && h("small", { dir: "ltr" })];
        return this.#options("value", "choice", sides, choose, { show });
      },
      "error_report.message": () => [
        button("send", () => this.#give(this.errorType ?? "other"), {}, scale.yes),
        button("later", () => this.#dismiss(), {}, scale.no),
      ],
      "error_report.type": () => [
        this.#options("value", "chip", scale.answers, value => this.#consider(value)),
        send(scales.error_message.yes),
      ],
      "feature_request.wish": () => [
        h("textarea", {
          part: "words",
          "aria-labelledby": "q",
          maxlength: scale.longest,
          placeholder: scale.hint,
          oninput: ({ target }) => this.#consider(target.value.trim()),
        }),
        this.#row(this.#kind.may_ask[1], value => this.#consider(value, "category")),
        send(this.#text("send")),
      ],
    };
    const row = this.#mode.kind === "rating";
    return h("div", { class: "q" }, title, !row && close, body[id](), row && close);
  }

  #drawStars({ answers }) {
    const { direction } = this.#catalogue;
    const onkeydown = event => {
      const stars = [...group.children];
      const at = stars.indexOf(event.target);
      const [next, before] = direction === "rtl" ? ["ArrowLeft", "ArrowRight"] : ["ArrowRight", "ArrowLeft"];
      const keys = { [next]: at + 1, ArrowUp: at + 1, [before]: at + 4, ArrowDown: at + 4, Home: 0, End: 4 };
      const to = stars[(keys[event.key] ?? event.key - 1) % 5];
      if (!to) return;
      event.preventDefault();
      to.focus();
    };
    const group = this.#options("value", "star", answers, value => this.#choose(value), {
      role: "radiogroup",
      show: () => icon(STAR),
      more: ({ value, label }) => ({
        role: "radio",
        "aria-label": `${value}: ${label}`,
        onfocus: () => this.#consider(value),
        onpointerenter: ({ pointerType }) => pointerType === "mouse" && this.#consider(value),
      }),
      onkeydown,
      onpointerleave: () => this.#consider(null),
      // who goes on to what is shared sees the record of the star last looked at
      onfocusout: ({ relatedTarget }) => this.#root.contains(relatedTarget) || this.#consider(null),
    });
    return group;
  }

  #consider(value, as = "candidate") {
    if (this.#draft.given && this.#mode.kind !== "rating") return;
    this.#draft[as] = value;
    this.#paint();
  }

  #draw() {
    this.#drawLine();
    if (!this.#catalogue) return;
    this.#drawMore();
    this.#paint();
  }

  #paint() {
    const { value, candidate, given } = this.#draft;
    const { asked, hint, line } = this.#parts;
    for (const each of this.#root.querySelectorAll("[data-value]")) {
      const { field } = each.parentNode.dataset;
      const own = each.dataset.value;
      const chosen = [this.#draft[field] ?? (field === "value" ? candidate : this[field])].flat().map(String);
      const star = each.role === "radio";
      each.classList.toggle("on", star ? own <= (candidate ?? value ?? 0) : chosen.includes(own));
      each.setAttribute(star ? "aria-checked" : "aria-pressed", star ? own == value : chosen.includes(own));
      if (star) each.tabIndex = own == (value ?? candidate ?? 1) ? 0 : -1;
    }
    asked.querySelectorAll("small").forEach((small, at) => {
      small.textContent = given ? [this.modelA, this.modelB][at] : "";
    });
    for (const send of asked.querySelectorAll(".send,.later")) {
      send.hidden = given;
      send.setAttribute("aria-disabled", !candidate && !this.errorMessage);
    }
    for (const words of asked.querySelectorAll("textarea")) words.readOnly = given;
    if (hint) {
      const label = this.#mode.kind === "rating" && this.#label("stars", candidate);
      if (label) line.style.minHeight = `${line.offsetHeight}px`; // nothing below moves away from under a finger
      const said = this.mode === "comparison" ? this.#text("names_after") : this.#question.stays;
      hint.textContent = label ? `${candidate} · ${label}` : said;
    }
    this.#drawShared();
  }

  #link(part, label, act, attributes) {
    return button("link", act, { part: `link ${part}`, ...attributes }, label);
  }

  #drawLine() {
    const { given, queued, seconds, note, undone } = this.#draft;
    const { line, status, shown, time } = this.#parts;
    const held = this.#root.activeElement?.part[1];
    line.className = note ? "say note bad" : queued ? "say note" : "say";
    status.replaceChildren(...(note ?? [given ? this.#said() : undone ? this.#text("undone") : ""]));
    const clock = given && h("span", { "aria-hidden": "true" });
    const hint = !given && !note && h("span", {});
    Object.assign(this.#parts, { clock, hint });
    const open = !shown.hidden;
    const undo = given && this.#link("undo", this.#text(seconds ? "undo" : "remove"), () => this.undo());
    const share = this.#catalogue && this.#link("share", this.#text(open ? "hide" : "what_is_shared"), () => this.#disclose(), { "aria-expanded": open });
    line.replaceChildren(...[status, undo, clock, hint, share].filter(Boolean));
    if (held) line.querySelector(`[part~=${held}]`)?.focus();
    time.toggleAttribute("hidden", !given || !seconds);
    this.#drawClock();
  }

  #said() {
    const { queued, wordless, seconds, value, answer } = this.#draft;
    if (queued) return this.#text(wordless ? "queued_without_message" : "queued");
    const { modelA: first, modelB: second } = this;
    const sides = { first, second, tie: this.#catalogue.scales.better.tie };
    const what = {
      rating: () => this.#label("thumbs", value) ?? this.#stars(value),
      comparison: () => sides[value],
      error_report: () => this.#label("errors", answer?.error_type ?? value),
      feature_request: () => this.#label("wish_categories", answer?.category ?? this.record.category) ?? this.#text("words"),
    };
    const kept = this.#text("kept", { what: what[this.#mode.kind]() });
    return seconds || this.#mode.kind !== "rating" ? kept : `${kept} ${this.#text("choose_again")}`;
  }

  #count(seconds) {
    clearInterval(this.#ticking);
    this.#draft.seconds = seconds;
    this.#ticking = setInterval(() => {
      if ((this.#draft.seconds -= 1)) return this.#drawClock();
      clearInterval(this.#ticking);
      this.#drawLine();
    }, 1000);
  }

  #drawClock() {
    const { clock, time } = this.#parts;
    const { seconds } = this.#draft;
    if (!clock || !seconds) return;
    clock.textContent = this.#text("seconds", { n: seconds });
    time.value = seconds;
  }

  #teach(again) {
    const [before, after] = (NOT_PAIRED[this.#lang.slice(0, 2)] ?? NOT_PAIRED.en).split("{}");
    const command = h("code", { dir: "ltr" }, `sidecar origins pair ${location.origin}`);
    this.#parts.asked || this.#build();
    this.#fail(before, command, after);
    this.#tell("unpaired", { origin: location.origin });
    this.#comeBack(again);
  }

  #comeBack(again) {
    const begun = this.#begun;
    addEventListener("focus", () => begun === this.#begun && this.#begin(again), { once: true });
  }

  #drawMore() {
    const { more } = this.#parts;
    const { given, value, answer, all } = this.#draft;
    const held = more.contains(this.#root.activeElement) && this.#root.activeElement.dataset.value;
    const told = name => answer?.[name] && h("p", { class: "say", part: name }, this.#text(name), ": ", h("bdi", { lang: "en" }, answer[name]));
    const rows = [told("cause"), told("remedy")];
    for (const question of given ? this.#kind.may_ask : []) {
      const [field] = question.fills;
      const follows = question.follows.some(each => each.question === this.#question.id && each.answers.includes(value));
      if (!follows && (field !== "task_category" || this.task)) continue;
      const { answers, most } = this.#catalogue.scales[question.scale];
      const on = [this.#draft[field] ?? []].flat();
      const pick = each => {
        const next = on.includes(each) ? on.filter(one => one !== each) : [...on, each];
        if (next.length > most) return;
        this.#draft[field] = follows ? next : each;
        this.#change({ [field]: this.#draft[field] });
      };
      const few = each => follows || all || [...FIRST_CHIPS, ...on].includes(each.value);
      const row = this.#row(question, pick, few);
      const open = () => {
        this.#draft.all = true;
        this.#draw();
        more.querySelector(`[data-value=${answers[0].value}]`).focus();
      };
      if (!answers.every(few)) row.lastChild.append(this.#link("more", this.#text("more"), open));
      rows.push(row);
    }
    more.replaceChildren(...rows.filter(Boolean));
    if (held) more.querySelector(`[data-value=${held}]`)?.focus();
  }

  #row({ id, ask, scale, fills }, pick, shown = () => true) {
    const answers = this.#catalogue.scales[scale].answers.filter(shown);
    return h("div", { class: "row" }, h("p", { id, class: "why" }, ask), this.#options(fills[0], "chip", answers, pick, { by: id }));
  }

  async #disclose() {
    const { shown } = this.#parts;
    shown.hidden = !shown.hidden;
    this.#draw();
    if (shown.hidden || this.#bucket) return;
    const { body } = await this.#door.send({ method: "GET", path: "/v1/hardware" });
    this.#bucket = body?.hardware_bucket;
    this.#drawShared();
  }

  #drawShared() {
    const { shown } = this.#parts;
    if (shown.hidden) return;
    const list = (title, entries) =>
      h("div", {}, h("b", {}, title), h("ul", {}, entries.map(entry => h("li", {}, h("bdi", {}, entry)))));
    const stays = (this.#mode.stays ?? [...CONTENT, "reasons"]).map(name => this.#text(name));
    const record = JSON.stringify(this.#draft.wordless ?? this.record, null, 1);
    const about = this.#text("record");
    shown.replaceChildren(
      h("div", { class: "cols" }, list(this.#text("stays_here"), stays), list(this.#text("may_go"), this.#goes())),
      h("p", { class: "say" }, this.#question.goes, h("br", {}), about),
      h("pre", { part: "record", dir: "ltr", tabindex: 0, role: "group", "aria-label": about }, record),
    );
  }

  #goes() {
    const { answer, given } = this.#draft;
    const { record } = this;
    const cell = answer?.shareable;
    if (this.localOnly || this.mode === "request" || (cell && !cell.kind)) return [this.#text("nothing")];
    const hidden = this.mode === "comparison" && !given;
    const named = Object.entries(record).map(([name, value]) => {
      if (!value || value === "…" || !MAY_GO.test(name)) return null;
      return name === "rating" ? this.#stars(value) : (cell?.[name] ?? value);
    });
    const bucket = cell?.hardware_bucket ?? this.#bucket ?? this.#text("machine_unknown");
    return [hidden && this.#text("names_after"), ...named, record.runs_on ? null : bucket].filter(Boolean);
  }
}

if (!globalThis.customElements?.get("feedback-sidecar")) globalThis.customElements?.define("feedback-sidecar", FeedbackSidecar);
