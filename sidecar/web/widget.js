/* `<feedback-sidecar>`. How it is used, and what becomes of an answer: clients/js/README.md.

   Job: ask what the catalogue allows, show the exact record, deliver it once, change it, take it back.
   Must not: read the page, store a word of a person or an error, make markup of text, ask anybody but its endpoint. */

const SERVED = new URL(import.meta.url);
const BY_THE_DAEMON = /^(127\.0\.0\.1|localhost|\[::1\]):\d+\/widget\.js$/.test(SERVED.host + SERVED.pathname);
const ENDPOINT = BY_THE_DAEMON ? SERVED.origin : "http://127.0.0.1:8917";

const ANSWER_MS = 10_000; // an answer takes milliseconds; this bounds a hang
const UNDO_SECONDS = 10;
const RETRY_MS = 5_000; // doubles up to the next line, while something waits
const MOST_RETRY_MS = 300_000;
const MOST_WAITING = 500;
const FIRST_CHIPS = ["code_generation", "question_answering", "summarization", "editing", "translation", "chat"];
const AWAY = 0;
const UNPAIRED = 403;

/* What has to be said where the daemon does not let a page read its words. */
const NOT_PAIRED = {
  en: "Not kept: this page is not paired. Run {} and come back.",
  de: "Nicht behalten: diese Seite ist nicht gekoppelt. Rufen Sie {} auf und kommen Sie zurück.",
  es: "No se guardó: esta página no está emparejada. Ejecuta {} y vuelve.",
  zh: "未保存：此页面尚未配对。请运行 {}，然后返回。",
  ar: "لم يُحفظ: هذه الصفحة غير مقترنة. نفّذ {} ثم عُد.",
};

function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(`feedback-sidecar:${name}`));
  } catch {
    return null;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(`feedback-sidecar:${name}`, JSON.stringify(value));
    return true;
  } catch {
    return false; // storage is forbidden, or full
  }
}

/** Whether a question may show up by itself, and what to remember: {day, asked, kinds: {kind: {seen, at, noes}}}. */
export function occasion({ first_after, then_every, most_per_day, stop_after_noes }, mostPerDay, told, kind, day) {
  const before = told?.kinds?.[kind] ?? { seen: 0, noes: 0 };
  const same = told?.day === day;
  const asked = same ? told.asked : 0;
  const seen = before.seen + 1;
  const ofDay = same ? (before.ofDay ?? 0) : 0;
  const due = before.at ? seen - before.at >= then_every : seen >= first_after;
  const may = due && asked < mostPerDay && ofDay < most_per_day && before.noes < stop_after_noes;
  const after = { ...before, seen, ofDay, ...(may && { at: seen, ofDay: ofDay + 1 }) };
  return [may, { day, asked: asked + may, kinds: { ...told?.kinds, [kind]: after } }];
}

/* --- the queue: a row for each record that is not delivered --- */

const inMemory = new Map(); // where a browser keeps no database, rows live as long as the page
const memory = {
  put: row => ({ result: inMemory.set(row.key, row) }),
  delete: key => ({ result: inMemory.delete(key) }),
  getAll: () => ({ result: [...inMemory.values()] }),
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
/** One at a time: in all tabs, or where the browser cannot do that in this one; the keys cover the rest. */
const alone = work => navigator.locks?.request("feedback-sidecar", work) ?? (chain = chain.then(work, work));

/* --- the door: who delivers --- */

function doorTo(base) {
  const ask = (path, more) =>
    fetch(base + path, {
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(ANSWER_MS),
      ...more,
    });
  const reaches = mode => ask("/v1/prompts", { mode }).then(() => true, () => false);
  return {
    name: base, // a row is delivered where it was meant to go
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
  send: async request => {
    try {
      return await transport(request);
    } catch {
      return { status: AWAY };
    }
  },
});

const isUnpaired = ({ status, body }) => status === UNPAIRED && (body?.type ?? "origin-not-paired").endsWith("origin-not-paired");
const isLater = answer => !answer.status || [408, 425, 429].includes(answer.status) || answer.status >= 500 || isUnpaired(answer);

/* --- delivering --- */

const retries = new Map(); // door -> [what to try again, after how long, timer]

const listeners = new Set(); // each widget hears what became of its row, whoever delivered it

/** Deliver what waits, the oldest first, until one is not taken. */
const deliver = door =>
  alone(async () => {
    const [, delay = RETRY_MS, timer] = retries.get(door.name) ?? [];
    clearTimeout(timer);
    retries.delete(door.name);
    for (const row of await waiting(door)) {
      const answer = await deliverOne(door, row);
      for (const hear of listeners) hear(row.key, answer);
      if (!isLater(answer)) continue;
      const next = Math.min(MOST_RETRY_MS, delay * 2);
      retries.set(door.name, [door, next, setTimeout(deliver, delay, door)]);
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

const retryNow = () => {
  for (const [door] of retries.values()) deliver(door);
};

/** The catalogue in a language: the daemon's, else the one that it gave before. */
async function words(door, lang) {
  const asked = `${door.name} ${lang}`;
  if (catalogues.has(asked)) return { catalogue: catalogues.get(asked) };
  const answer = await door.send({ method: "GET", path: `/v1/prompts?lang=${encodeURIComponent(lang)}` });
  if (!answer.body?.interface) return { catalogue: recall(`words:${lang}`), unpaired: isUnpaired(answer) };
  catalogues.set(asked, answer.body);
  remember(`words:${lang}`, answer.body);
  return { catalogue: answer.body };
}
const catalogues = new Map();

/* --- drawing --- */

const STAR = "M12 3.6L14.4 9.4L20.6 9.8L15.8 13.8L17.3 19.9L12 16.6L6.7 19.9L8.2 13.8L3.4 9.8L9.6 9.4z";
const UP = "M7 11v9H4v-9zM7 11l4-8c1.6 0 2.5 1 2.5 2.5V9H19c1 0 1.7.9 1.5 1.9l-1.4 7.2c-.2 1.1-1 1.9-2.1 1.9H7";
const CROSS = "M7 7L17 17M17 7L7 17";

function make(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter(Boolean));
  return node;
}

const h = (name, attributes, ...children) => make(document.createElement(name), attributes, children);
const svg = (name, attributes, ...children) =>
  make(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
const icon = d => svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d }));
const button = (part, onclick, attributes, ...children) =>
  h("button", { type: "button", class: part, part, onclick, ...attributes }, ...children);

/* Light and dark follow the `color-scheme` of the page, not the system: a page that is light stays light. */
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
*{box-sizing:border-box;margin:0;padding:0;font:inherit}
button,textarea{color:inherit;background:none;border:0;border-radius:var(--feedback-radius,4px)}
button{cursor:pointer;touch-action:manipulation}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
svg{width:20px;height:20px;fill:none;stroke:currentColor;stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}
b,dt{font-weight:600}
.q,.acts{display:flex;align-items:center;flex-wrap:wrap;gap:0 12px}
.q b{flex:1 0 auto}
.stars,.thumbs{display:flex;margin-inline:-8px}
.star,.thumb,.dismiss{width:36px;height:44px;color:var(--edge);display:grid;place-items:center}
.thumb{width:44px}
.down svg{transform:rotate(180deg)}
.on{color:var(--accent)}
.star.on svg{fill:currentColor}
.thumb.on svg{fill:var(--wash)}
.dismiss{color:var(--ink-2);margin-inline-end:-8px}
.dismiss svg{width:16px}
.say,.chips,h3,.cols,.pair small{font-size:.75rem;color:var(--ink-2)}
.say{overflow-wrap:anywhere}
.say>:not(:empty)~*{margin-inline-start:4px}
.link{color:var(--accent);text-decoration:underline;text-underline-offset:3px;min-height:24px}
.time{display:block;width:100%;height:2px;fill:var(--accent);stroke:none;margin-block:4px}
.chips{display:flex;flex-wrap:wrap;gap:8px;margin-bottom:8px}
.chip{line-height:1rem;min-height:28px;padding:4px 8px;border:1px solid var(--edge)}
.on:is(.chip,.choice){color:var(--accent);border-color:currentColor;background:var(--wash);box-shadow:0 0 0 1px}
.pair{display:grid;grid-template-columns:1fr auto 1fr;gap:8px;margin-block:8px}
.choice{min-height:44px;min-width:0;border:1px solid var(--edge);background:var(--surface);padding:4px 8px;
line-height:1.125rem;overflow-wrap:anywhere}
small{display:block}
.note{border-inline-start:2px solid;padding-inline-start:8px}
.bad{color:var(--alert)}
code,pre{font:.75rem/1.25rem ui-monospace,"Liberation Mono",monospace;overflow-wrap:anywhere}
textarea{display:block;width:100%;min-height:64px;background:var(--surface);border:1px solid var(--edge);padding:8px;
line-height:1.25rem;resize:vertical;margin-block:4px}
::placeholder{color:var(--ink-2);opacity:1}
.send,.later{min-height:36px;padding:0 16px;color:var(--accent)}
.send{background:var(--accent);color:var(--on-accent);font-weight:600}
[aria-disabled=true]{background:none;color:var(--ink-2);box-shadow:inset 0 0 0 1px var(--edge)}
.cols{display:grid;grid-template-columns:1fr 1fr;line-height:1rem;margin-block:8px}
.cols>*{min-width:0;padding-inline-end:16px}
.cols>*+*{border-inline-start:2px solid var(--accent);padding-inline:16px 0}
.cols h3{color:var(--ink);font-weight:600;margin-bottom:4px}
li{list-style:none;border-top:1px solid var(--line);padding:4px 0;overflow-wrap:anywhere}
pre{white-space:pre-wrap;border-block:1px solid var(--line);padding:8px 0;max-height:240px;overflow:auto;text-align:left}
@media (prefers-reduced-motion:no-preference){button{transition:color .12s,background-color .12s}}
@media (pointer:coarse){.chip,.link{min-height:40px}.dismiss{width:44px}}
`;
let sheet;

/** A style sheet that a script makes needs no `style-src`. */
function style() {
  if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(STYLE);
  return sheet;
}

/* --- what differs from mode to mode --- */

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
    stays: [...CONTENT, "reasons"],
  },
  comparison: {
    kind: "comparison",
    needs: ["modelA", "modelB"],
    ask: () => "comparison.better",
    hint: "names_after",
    fields({ modelA, modelB, variantA, variantB }, answer) {
      if (!answer) return { preferred: "…", alternative: "…" }; // a name would decide before the answer does
      const [one, other] = answer === "second" ? [modelB, modelA] : [modelA, modelB];
      const [variant, otherVariant] = answer === "second" ? [variantB, variantA] : [variantA, variantB];
      const tie = answer === "tie" || undefined;
      return { preferred: one, alternative: other, preferred_variant: variant, alternative_variant: otherVariant, tie };
    },
    stays: [...CONTENT, "reasons"],
  },
  error: {
    kind: "error_report",
    needs: [],
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
    needs: [],
    ask: () => "feature_request.wish",
    fields: ({ category }, answer, draft) => ({ feature_description: answer ?? "", category: draft.category ?? category }),
    stays: ["words", ...CONTENT],
  },
};
/** Fields of a record that a cell can hold; `sidecar/share/manifest.py` decides, and the daemon's answer says. */
const MAY_GO = ["task_category", "model", "preferred", "alternative", "rating", "thumb", "error_type", "runtime"];
MAY_GO.push("runtime_version", "variant", "product_version");

const OF_THE_PAGE = ["lang", "theme", "endpoint"]; // what can change without the answer being another one
const OF_THE_ANSWER = ["mode", "scale", "model", "model-a", "model-b", "task", "variant", "variant-a", "variant-b"];
OF_THE_ANSWER.push("product-id", "product-version", "runs-on", "runtime", "runtime-version", "error-type", "category");
const GIVEN = ["feedback-id", "value"];
const FLAGS = ["asks", "local-only"];

const compact = record => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
const worded = record => record.error_message || record.feature_description;
const newKey = () => `w-${Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16)).join("")}`;

/* --- the element --- */

const Base = globalThis.HTMLElement ?? class {}; // so that a server can import the file and render nothing

export class FeedbackSidecar extends Base {
  static observedAttributes = [...OF_THE_PAGE, ...OF_THE_ANSWER, ...FLAGS];

  /** Let questions show up by themselves again, after somebody said no. */
  static askAgain(productId = "") {
    return remember(`asking:${productId}`, null);
  }

  #root = this.attachShadow?.({ mode: "open" });
  #hosts = {}; // what the host set as properties: a transport, the message of an error
  #catalogue;
  #bucket;
  #parts = {};
  #draft = {}; // key, value, candidate, given, ...: everything about this one answer
  #work = Promise.resolve();
  #begun = 0;
  #ticking;

  connectedCallback() {
    this.#root.adoptedStyleSheets = [style()];
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
    if (!OF_THE_PAGE.includes(name)) this.#draft = {};
    if (this.isConnected) this.#begin();
  }

  /** The message of an error: it goes to the daemon, which scrubs it, and is never stored in the browser. */
  get errorMessage() {
    return this.#hosts.errorMessage;
  }
  set errorMessage(message) {
    this.#hosts.errorMessage = message ?? undefined;
    this.#draft = {};
    if (this.isConnected) this.#begin();
  }

  /** Delivers instead of fetch: `({method, path, body}) => Promise<{status, body}>`. */
  get transport() {
    return this.#hosts.transport;
  }
  set transport(transport) {
    this.#hosts.transport = transport;
    if (this.isConnected) this.#begin();
  }

  /** The record as it is sent, or would be. */
  get record() {
    const { value, candidate, task, key } = this.#draft;
    return compact({
      feedback_type: this.#mode.kind,
      ...this.#mode.fields(this, value ?? candidate ?? undefined, this.#draft),
      task_category: this.mode === "request" ? undefined : (task ?? this.task),
      ...this.#common,
      idempotency_key: key,
    });
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
    return this.lang || this.closest("[lang]")?.lang || navigator.language;
  }
  get #door() {
    const { transport } = this.#hosts;
    return transport ? doorBy(transport) : doorTo(new URL(this.endpoint ?? ENDPOINT, document.baseURI).href.replace(/\/$/, ""));
  }

  #text(name, values = {}) {
    return this.#catalogue.interface[name].replace(/\{(\w+)\}/g, (_, each) => values[each]);
  }
  #number(n) {
    return n.toLocaleString(this.#catalogue.lang);
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

  /* the way to a question */

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
    const ready = catalogue && this.#mode.needs.every(name => this[name]) && this.#mayAsk();
    if (!catalogue) this.#comeBack();
    if (!ready) return this.#root.replaceChildren();
    this.#draft.note = null;
    this.#build();
    this.#tell("ready", { lang: catalogue.lang });
    deliver(door);
    again?.();
  }

  /** Whether the rhythm of the catalogue lets this question show up by itself; counted once for an answer. */
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
      const told = recall(this.#asking) ?? {};
      const of = told.kinds?.[this.#mode.kind];
      remember(this.#asking, { ...told, kinds: { ...told.kinds, [this.#mode.kind]: { ...of, noes: (of?.noes ?? 0) + 1 } } });
      this.#draft.asked = false;
      this.#use("dismissed");
    } else this.#tell("dismissed");
    this.#root.replaceChildren();
  }

  /** A question was shown, or closed without an answer: a person can see what the asking costs. */
  #use(action) {
    const key = newKey();
    const record = { feedback_type: "usage_pattern", action, model: this.model, task_category: this.task };
    this.#after(() => this.#enqueue({ key, record: compact({ ...record, ...this.#common, idempotency_key: key }) }));
    this.#tell(action);
  }

  /* the way of an answer */

  async #enqueue(row) {
    const door = this.#door;
    this.#draft.heard = null;
    const full = await alone(async () => {
      const rows = await waiting(door);
      const before = rows.find(each => each.key === row.key);
      if (!before && rows.length >= MOST_WAITING) return true;
      const change = row.change && { ...before?.change, ...row.change };
      await shelf(each => each.put(compact({ at: Date.now(), ...before, ...row, change, door: door.name })));
    });
    if (full) return { status: 507, full };
    await deliver(door);
    const waits = async () => (await waiting(door)).some(({ key }) => key === row.key);
    return this.#draft.heard ?? { status: (await waits()) ? AWAY : 200 }; // else another tab delivered it
  }

  /** What became of the row of this answer. */
  #hear = (key, answer) => {
    if (key !== this.#draft.key) return;
    this.#draft.heard = answer;
    if (this.#draft.queued && !isLater(answer)) this.#settle(answer);
  };

  /** Send an answer for the first time. Words go straight to the daemon, or nowhere. */
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
    const { status, body, full } = answer;
    const queued = isLater(answer) && !full;
    if (status >= 400 && status !== 409 && !queued) {
      this.#tell("refused", { status, problem: body });
      return this.#fail(this.#text("refused", { why: full ? this.#text("full") : (body?.title ?? status) }));
    }
    const record = this.#draft.wordless ?? this.record;
    if (!worded(record)) this.#draft.first ??= record;
    Object.assign(this.#draft, { id: body?.feedback_id ?? this.#draft.id, answer: body, queued });
    const { error_message, feature_description, ...kept } = record;
    this.#tell("kept", { feedbackId: this.#draft.id, record: kept, queued });
    this.#draw();
  }

  /** Nothing was kept: the question is open again. */
  #fail(...note) {
    const { value, candidate, reasons, key, category } = this.#draft;
    this.#draft = { reasons, key, category, candidate: value ?? candidate, note };
    this.#draw();
  }

  /** Change or take back. The row carries the record too: another tab may have delivered the first one. */
  #amend(what, name) {
    return this.#after(async () => {
      const { key, id, first } = this.#draft;
      const answer = await this.#enqueue(compact({ key, id, record: first, ...what }));
      this.#draft.queued = isLater(answer);
      this.#tell(name, { feedbackId: id, ...what, queued: isLater(answer) });
      this.#draw();
    });
  }

  #change(change) {
    this.#draw();
    return this.#amend({ change }, "changed");
  }

  /** Take back what was said; also after the seconds that the button counts. */
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

  /* drawing: built once for a question, then painted, so that focus and announcements stay where they are */

  #build() {
    const { direction, lang } = this.#catalogue ?? { lang: this.#lang };
    const status = h("span", { role: "status" });
    const bar = svg("rect", { width: 100, height: 2 });
    const time = svg("svg", { class: "time", viewBox: "0 0 100 2", preserveAspectRatio: "none", "aria-hidden": "true" }, bar);
    const line = h("p", { part: "status" }, status);
    const shown = h("div", { id: "shown", part: "disclosure", hidden: "" });
    const more = h("div", {});
    const asked = this.#catalogue && this.#drawQuestion();
    this.#parts = { status, bar, time, line, shown, more, asked };
    this.#root.replaceChildren(h("div", { part: "root", dir: direction ?? "auto", lang }, asked, line, time, more, shown));
    this.#draw();
  }

  /** Buttons of which some are on. */
  #options(answers, part, name, pick, { by = "q", show = ({ label }) => label, more = () => ({}), ...group } = {}) {
    const draw = each => button(part, () => pick(each.value), { "data-value": each.value, ...more(each) }, show(each));
    return h("div", { class: name, part: name, role: "group", "aria-labelledby": by, ...group }, answers.map(draw));
  }

  #drawQuestion() {
    const { id, ask, scale: name } = this.#question;
    const { scales } = this.#catalogue;
    const scale = scales[name];
    const choose = value => this.#choose(value);
    const send = label => button("send", () => this.#draft.candidate && this.#give(this.#draft.candidate), {}, label);
    const close = this.asks && button("dismiss", () => this.#dismiss(), { "aria-label": this.#text("not_now") }, icon(CROSS));
    const head = (...beside) => h("div", { class: "q" }, h("b", { id: "q", part: "question" }, ask), beside, close);
    switch (id) {
      case "rating.stars":
        return head(this.#drawStars(scale));
      case "rating.thumb":
        return head(
          this.#options(scale.answers, "thumb", "thumbs", choose, {
            show: ({ value }) => h("span", { class: value }, icon(UP)),
            more: ({ label }) => ({ "aria-label": label }),
          }),
        );
      case "comparison.better": {
        const sides = ["first", "tie", "second"].map(value => ({ value, label: scale[value] }));
        const show = ({ value, label }) => [label, value !== "tie" && h("small", { dir: "ltr" })];
        return h("div", {}, head(), this.#options(sides, "choice", "pair", choose, { show }));
      }
      case "error_report.message": {
        const no = button("later", () => this.#dismiss(), {}, scale.no);
        const yes = button("send", () => this.#give(this.errorType ?? "other"), {}, scale.yes);
        return h("div", {}, head(), h("div", { class: "acts" }, yes, no));
      }
      case "error_report.type": {
        const types = this.#options(scale.answers, "chip", "chips", value => this.#consider(value));
        return h("div", {}, head(), types, send(scales.error_message.yes));
      }
      default: {
        const about = this.#kind.may_ask.find(each => each.fills[0] === "category");
        const typed = event => this.#consider(event.target.value.trim());
        const words = h("textarea", { part: "words", "aria-labelledby": "q", maxlength: scale.longest, placeholder: scale.hint, oninput: typed });
        const sort = value => this.#consider(value, "category");
        return h("div", {}, head(), words, this.#row(about, "wish_categories", sort), send(this.#text("send")));
      }
    }
  }

  #drawStars({ answers }) {
    const onkeydown = event => {
      const stars = [...group.children];
      const at = stars.indexOf(this.#root.activeElement);
      const rtl = this.#catalogue.direction === "rtl";
      const step = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1, ArrowUp: 1, ArrowDown: -1 }[event.key];
      const to = step ? (at + step + 5) % 5 : { Home: 0, End: 4 }[event.key] ?? event.key - 1;
      if (!stars[to]) return;
      event.preventDefault();
      stars[to].focus();
    };
    const group = this.#options(answers, "star", "stars", value => this.#choose(value), {
      role: "radiogroup",
      show: () => icon(STAR),
      more: ({ value, label }) => ({
        role: "radio",
        "aria-label": `${value}: ${label}`,
        onfocus: () => this.#consider(value),
        onpointerenter: ({ pointerType }) => pointerType === "mouse" && this.#consider(value, "hovered"),
      }),
      onkeydown,
      onpointerleave: () => this.#consider(null, "hovered"),
      // who goes on to read what is shared sees the record of the star last looked at
      onfocusout: ({ relatedTarget }) => this.#root.contains(relatedTarget) || this.#consider(null),
    });
    return group;
  }

  #consider(value, as = "candidate") {
    if (this.#draft.given && this.#mode.kind !== "rating") return;
    this.#draft[as] = value;
    this.#paint();
  }

  /** Everything that depends on what was said so far. */
  #draw() {
    this.#drawLine();
    if (!this.#catalogue) return;
    this.#drawMore();
    this.#paint();
  }

  /** What changes while somebody looks around. */
  #paint() {
    const { value, candidate, hovered, given } = this.#draft;
    const { asked, hint, line } = this.#parts;
    const looked = hovered ?? candidate;
    const isWish = this.mode === "request";
    for (const each of asked.querySelectorAll("[data-value]")) {
      const own = each.dataset.value;
      const star = each.role === "radio";
      const on = isWish ? own === this.record.category : own === (value ?? candidate);
      each.classList.toggle("on", star ? own <= (looked ?? value ?? 0) : on);
      each.setAttribute(star ? "aria-checked" : "aria-pressed", star ? own == value : on);
      if (star) each.tabIndex = own == (value ?? candidate ?? 1) ? 0 : -1;
    }
    [...asked.querySelectorAll("small")].forEach((small, at) => {
      small.textContent = given ? [this.modelA, this.modelB][at] : "";
    });
    for (const send of asked.querySelectorAll(".send,.later")) {
      send.hidden = given;
      send.setAttribute("aria-disabled", !candidate && !this.errorMessage);
    }
    for (const words of asked.querySelectorAll("textarea")) words.readOnly = given;
    if (hint) {
      const label = this.#mode.kind === "rating" && this.#label("stars", looked);
      if (label) line.style.minHeight = `${line.offsetHeight}px`; // nothing below moves away from under a finger
      hint.textContent = label ? `${looked} · ${label}` : this.#mode.hint ? this.#text(this.#mode.hint) : this.#question.stays;
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
    const rest = [];
    this.#parts.hint = this.#parts.clock = null;
    if (given) {
      this.#parts.clock = h("span", { "aria-hidden": "true" });
      rest.push(this.#link("undo", this.#text(seconds ? "undo" : "remove"), () => this.undo()), this.#parts.clock);
    } else if (!note) rest.push((this.#parts.hint = h("span", {})));
    if (this.#catalogue) {
      const open = !shown.hidden;
      const told = { "aria-expanded": open, "aria-controls": "shown" };
      rest.push(this.#link("share", this.#text(open ? "hide" : "what_is_shared"), () => this.#disclose(), told));
    }
    line.replaceChildren(status, ...rest.filter(Boolean));
    if (held) line.querySelector(`[part~=${held}]`)?.focus();
    time.toggleAttribute("hidden", !given || !seconds);
    this.#drawClock();
  }

  #said() {
    const { queued, wordless, seconds, value, answer } = this.#draft;
    if (queued) return this.#text(wordless ? "queued_without_message" : "queued");
    const names = { first: this.modelA, second: this.modelB, tie: this.#catalogue.scales.better.tie };
    const what =
      this.mode === "request"
        ? (this.#label("wish_categories", answer?.category ?? this.record.category) ?? this.#text("words"))
        : typeof value === "number"
          ? this.#text("stars", { n: this.#number(value) })
          : (names[value] ?? this.#label("thumbs", value) ?? this.#label("errors", answer?.error_type ?? value));
    const kept = this.#text("kept", { what });
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
    const { clock, bar } = this.#parts;
    const { seconds } = this.#draft;
    if (!clock || !seconds) return;
    clock.textContent = this.#text("seconds", { n: this.#number(seconds) });
    bar.setAttribute("width", (seconds / UNDO_SECONDS) * 100);
  }

  /** The page is not paired: the one thing that is said without the daemon's words. */
  #teach(again) {
    const [before, after] = (NOT_PAIRED[this.#lang.slice(0, 2)] ?? NOT_PAIRED.en).split("{}");
    const command = h("code", { dir: "ltr" }, `sidecar origins pair ${location.origin}`);
    this.#parts.asked || this.#build();
    this.#fail(before, command, after);
    this.#tell("unpaired", { origin: location.origin });
    this.#comeBack(again);
  }

  /** Somebody who was elsewhere, to start a daemon or to pair this page, may be back. */
  #comeBack(again) {
    const begun = this.#begun;
    addEventListener("focus", () => begun === this.#begun && this.#begin(again), { once: true });
  }

  /** What can be added, waiting quietly: reasons, the task; and what the daemon knows of an error. */
  #drawMore() {
    const { more } = this.#parts;
    const { given, value, reasons, task, answer, allTasks } = this.#draft;
    const held = more.contains(this.#root.activeElement) && this.#root.activeElement.dataset.value;
    const rows = [];
    const about = given ? this.#kind.may_ask : [];
    if (given && answer?.cause) {
      const told = [this.#text("cause"), answer.cause, answer.remedy && this.#text("remedy"), answer.remedy];
      rows.push(h("dl", { class: "say", part: "remedy" }, told.map((each, at) => each && h(at % 2 ? "dd" : "dt", at % 2 ? { lang: "en", dir: "ltr" } : {}, each))));
    }
    const why = about.find(({ follows }) => follows.some(({ question, answers }) => question === this.#question.id && answers.includes(value)));
    if (why) {
      const { most } = this.#catalogue.scales[why.scale];
      const toggle = each => {
        const next = reasons.includes(each) ? reasons.filter(one => one !== each) : [...reasons, each];
        if (next.length > most) return;
        this.#draft.reasons = next;
        this.#change({ reasons: next });
      };
      rows.push(this.#row(why, why.scale, toggle, { on: reasons }));
    }
    const kindOfTask = !this.task && about.find(({ fills }) => fills[0] === "task_category");
    if (kindOfTask) {
      const only = allTasks ? null : [...FIRST_CHIPS, task];
      const set = each => {
        this.#draft.task = each;
        this.#change({ task_category: each });
      };
      const row = this.#row(kindOfTask, "tasks", set, { on: [task], only });
      const open = () => {
        this.#draft.allTasks = true;
        this.#drawMore();
        more.querySelector(".row:last-child .chip").focus();
      };
      if (only) row.lastChild.append(this.#link("more", this.#text("more"), open));
      rows.push(row);
    }
    more.replaceChildren(...rows);
    if (held) more.querySelector(`[data-value=${held}]`)?.focus();
  }

  /** A question with its chips. */
  #row({ id, ask }, scale, pick, { on = [], only } = {}) {
    const answers = this.#catalogue.scales[scale].answers.filter(({ value }) => !only || only.includes(value));
    const more = ({ value }) => ({ "aria-pressed": on.includes(value), class: on.includes(value) ? "chip on" : "chip" });
    return h("div", { class: "row" }, h("h3", { id }, ask), this.#options(answers, "chip", "chips", pick, { by: id, more }));
  }

  /* what is shared */

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
      h("div", {}, h("h3", {}, title), h("ul", {}, entries.map(entry => h("li", {}, h("bdi", {}, entry)))));
    const stays = this.#mode.stays.map(name => this.#text(name));
    const record = JSON.stringify(this.#draft.wordless ?? this.record, null, 1);
    const about = this.#text("record");
    shown.replaceChildren(
      h("div", { class: "cols" }, list(this.#text("stays_here"), stays), list(this.#text("may_go"), this.#goes())),
      h("p", { class: "say" }, this.#question.goes, h("br", {}), about),
      h("pre", { part: "record", dir: "ltr", tabindex: 0, role: "region", "aria-label": about }, record),
    );
  }

  /** What of this could ever leave: the daemon's own word once it gave one, before that the fields. */
  #goes() {
    const { answer, given } = this.#draft;
    const { record } = this;
    const cell = answer?.shareable;
    if (this.localOnly || this.mode === "request" || (cell && !cell.kind)) return [this.#text("nothing")];
    const hidden = this.mode === "comparison" && !given;
    const named = MAY_GO.filter(name => record[name] && record[name] !== "…").map(name => {
      if (name === "rating") return this.#text("stars", { n: this.#number(record.rating) });
      return name === "model" && cell ? cell.model : record[name];
    });
    const bucket = cell?.hardware_bucket ?? this.#bucket ?? this.#text("machine_unknown");
    return [hidden && this.#text("names_after"), ...named, record.runs_on ? null : bucket].filter(Boolean);
  }
}

const camel = name => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
for (const name of [...OF_THE_PAGE.slice(1), ...OF_THE_ANSWER, ...GIVEN, ...FLAGS]) {
  const flag = FLAGS.includes(name);
  Object.defineProperty(FeedbackSidecar.prototype, camel(name), {
    enumerable: true,
    get() {
      return flag ? this.hasAttribute(name) : (this.getAttribute(name) ?? undefined);
    },
    set(value) {
      if (flag || value == null) this.toggleAttribute(name, value ?? false);
      else this.setAttribute(name, value);
    },
  });
}

if (globalThis.customElements) {
  if (!customElements.get("feedback-sidecar")) customElements.define("feedback-sidecar", FeedbackSidecar);
  addEventListener("online", retryNow);
  document.addEventListener("visibilitychange", retryNow);
}
