// The shell around a view: loads it, draws it, draws it again when the store has changed.
//
//   load(query) -> data        asks the daemon
//   draw(data, view) -> { headline, lede, body }
//   view.go({ task: "chat" })  another query;  view.refresh()  the same anew;  view.show(data)  what came later
import { change, get } from "./ask.js";
import { h, prose } from "./dom.js";
import { door } from "./door.js";
import { keys, showKeys } from "./keys.js";
import { number } from "./labels.js";
import { follow } from "./live.js";
import { welcome } from "./welcome.js";

const id = (name) => document.getElementById(name);
const place = id("view");
const BUSY = new Set([0, 503]); // no answer, or not now: worth another try
const AGAIN_MS = 5_000;

/** Say what went wrong, until something goes right. */
export function fail(fault) {
  const line = id("failed");
  line.replaceChildren(...(fault ? prose(fault.message) : []));
  line.hidden = !fault;
}

/** Do what a person asked for; where it is refused, the refusal is shown. */
export async function attempt(work) {
  try {
    const found = await work();
    fail(null);
    return found;
  } catch (fault) {
    fail(fault);
    return undefined;
  }
}

function put(drawn) {
  const at = document.activeElement?.closest("[data-focus]")?.dataset.focus;
  if (drawn.headline) id("headline").textContent = drawn.headline;
  id("lede").replaceChildren(...[drawn.lede ?? []].flat());
  place.replaceChildren(...drawn.body.flat().filter(Boolean));
  place.removeAttribute("aria-busy");
  if (at) place.querySelector(`[data-focus="${CSS.escape(at)}"]`)?.focus({ preventScroll: true });
}

async function counts() {
  const { records } = await get("/v1/counts");
  for (const each of document.querySelectorAll("[data-count]")) {
    const n = records[each.dataset.count] ?? 0;
    each.textContent = n ? number(n) : "";
  }
}

function menu() {
  const narrow = matchMedia("(max-width: 760px)");
  const fold = () => { document.querySelector(".menu").open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
}

function signOut() {
  id("sign-out").addEventListener("click", async (event) => {
    event.target.disabled = true;
    try {
      await change("DELETE", "/v1/session");
      location.replace("/login");
    } catch {
      fail(new Error("Signing out failed. The daemon does not answer; when it ends, every session ends."));
      event.target.disabled = false;
    }
  });
}

/** Open a view: its keys are `{ letter: [what it does, action] }`. */
export function open({ load, draw, keys: own = {} }) {
  let seen = "";
  let turn = 0;
  const query = new URLSearchParams(location.search);
  const view = {
    query,
    bucket: document.body.dataset.bucket,
    go(changes) {
      for (const [name, value] of Object.entries(changes)) {
        if (value) query.set(name, value);
        else query.delete(name);
      }
      history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
      return view.refresh();
    },
    changed: () => { seen = ""; }, // what is drawn is no longer what was loaded
    show(data) {
      const now = JSON.stringify(data);
      if (now === seen) return;
      seen = now;
      put(draw(data, view));
    },
    async refresh() {
      const mine = ++turn;
      await attempt(async () => {
        try {
          const data = await load(query, view);
          if (mine === turn) view.show(data);
        } catch (fault) {
          if (BUSY.has(fault.status) && mine === turn) setTimeout(() => mine === turn && view.refresh(), AGAIN_MS);
          throw fault;
        }
      });
    },
  };
  menu();
  signOut();
  keys(own);
  id("keys").addEventListener("click", () => showKeys(own));
  welcome(id("welcome"));
  const outside = () => door(id("door")).catch(() => {}); // what fails there, the view says too
  const again = () => Promise.all([view.refresh(), attempt(counts), outside()]);
  view.refresh().then(() => { outside(); follow(again, id("live")); });
  return view;
}

/** A button for what cannot be taken back: the first click asks, the second does it. */
export function twice(text, sure, click, more = {}) {
  const asks = button(text, () => {
    if (asks.dataset.sure) return click();
    asks.dataset.sure = "yes";
    asks.textContent = sure;
    return undefined;
  }, more);
  return asks;
}

export const button = (text, click, more = {}) => h("button", { class: "btn", type: "button", click, ...more }, text);
