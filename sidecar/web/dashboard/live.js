// Following the store: news come as server-sent events, and only while somebody looks at the page.
// A refresh takes at most a tenth of the time, however fast records come in.
const SHARE = 10;
const LEAST_MS = 2_000;
const AGAIN_MS = 30_000;

/** Call `refresh` when the store changes; `lamp` says whether that works. */
export function follow(refresh, lamp) {
  let source = null;
  let known = null;
  let busy = false;
  let waiting = false;

  async function news(revision) {
    lamp.textContent = "live";
    if (known === revision) return;
    const first = known === null;
    known = revision;
    if (first) return;
    waiting = true;
    if (!busy) await work();
  }

  async function work() {
    busy = true;
    while (waiting) {
      waiting = false;
      const began = performance.now();
      await refresh();
      const rest = Math.max(LEAST_MS, SHARE * (performance.now() - began));
      await new Promise((done) => { setTimeout(done, rest); });
    }
    busy = false;
  }

  function connect() {
    if (source || document.hidden) return;
    source = new EventSource("/v1/events");
    source.addEventListener("revision", (event) => news(event.data));
    source.addEventListener("error", () => {
      lamp.textContent = "not live: the daemon does not answer";
      if (source?.readyState !== EventSource.CLOSED) return;
      source = null;
      setTimeout(connect, AGAIN_MS);
    });
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else connect();
  });
  addEventListener("pagehide", () => source?.close());
  connect();
}
