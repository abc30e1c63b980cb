// What a hostile page can try on a server of another origin. `u` is that server, `id` a record of it.
// Each attempt ends with "nothing", or with what it could read or run: "read ...", "loaded", "ran", "framed".

const RECORD = JSON.stringify({ feedback_type: "rating", model: "planted", rating: 1 });
const FORM = new URLSearchParams({ feedback_type: "rating", model: "planted", rating: "1" });
const PATIENCE = 3000; // bounds a hang; a refusal is an event that comes at once

function within(promise) {
  const late = new Promise(done => setTimeout(() => done("nothing"), PATIENCE));
  return Promise.race([promise, late]);
}

async function reading(u, path, options = {}) {
  try {
    const answer = await fetch(u + path, options);
    const text = await answer.text();
    return text || answer.status ? `read ${answer.status} ${text}` : "nothing"; // an opaque answer tells neither
  } catch {
    return "nothing";
  }
}

function element(tag, attributes) {
  return within(new Promise(done => {
    const made = document.createElement(tag);
    made.onload = made.onloadeddata = () => done("loaded");
    made.onerror = () => done("nothing");
    Object.assign(made, attributes);
    document.body.append(made);
  }));
}

function framed(tag, attributes) {
  return within(new Promise(done => {
    const made = document.createElement(tag);
    made.onload = () => {
      let inside = null;
      try { inside = (made.contentDocument || made.contentWindow.document).body.innerText; } catch { /* not ours */ }
      done(inside ? `read ${inside}` : "nothing");
    };
    made.onerror = () => done("nothing");
    Object.assign(made, attributes);
    document.body.append(made);
  }));
}

function form(u, enctype, fields) {
  const name = "sink" + Math.random().toString(36).slice(2);
  const sink = document.createElement("iframe");
  sink.name = name;
  const made = document.createElement("form");
  Object.assign(made, { method: "POST", action: u + "/v1/feedback", enctype, target: name });
  for (const [key, value] of Object.entries(fields)) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: key, value });
    made.append(input);
  }
  document.body.append(sink, made);
  return within(new Promise(done => {
    made.submit();
    sink.onload = () => done("nothing");
  }));
}

function link(rel, u, more = {}) {
  return within(new Promise(done => {
    const made = document.createElement("link");
    made.onload = () => done("nothing"); // to have fetched is not to have read
    made.onerror = () => done("nothing");
    Object.assign(made, { rel, href: u + "/v1/feedback", ...more });
    document.head.append(made);
  }));
}

function fromFrame(u, attributes) {
  const asking = `fetch("${u}/v1/feedback", {method: "POST", headers: {"content-type": "application/json"},
    body: ${JSON.stringify(RECORD)}}).then(a => a.text()).then(t => parent.postMessage("read " + t, "*"),
    () => parent.postMessage("nothing", "*"))`;
  const page = `<script>${asking.replaceAll("</", "<\\/")}<\/script>`;
  return within(new Promise(done => {
    addEventListener("message", event => done(event.data), { once: true });
    const made = document.createElement("iframe");
    Object.assign(made, attributes(page));
    document.body.append(made);
  }));
}

function fromWorker(source) {
  return within(new Promise(done => {
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    worker.onmessage = event => done(event.data);
    worker.onerror = () => done("nothing");
  }));
}

function xhr(u, type, withCredentials) {
  return within(new Promise(done => {
    const asked = new XMLHttpRequest();
    asked.open("POST", u + "/v1/feedback");
    asked.withCredentials = withCredentials;
    if (type) asked.setRequestHeader("content-type", type);
    asked.onload = () => done(`read ${asked.status}`);
    asked.onerror = () => done("nothing");
    asked.send(RECORD);
  }));
}

const post = (u, type, body, more = {}) =>
  reading(u, "/v1/feedback", { method: "POST", headers: type ? { "content-type": type } : {}, body, ...more });

function multipart() {
  const data = new FormData();
  data.append("feedback_type", "rating");
  data.append("record", new Blob([RECORD], { type: "application/json" }), "record.json");
  return data;
}

const bytes = () => new TextEncoder().encode(RECORD);
const json = () => new Blob([RECORD], { type: "application/json" });
const beacon = body => u => { navigator.sendBeacon(u + "/v1/feedback", body()); return "nothing"; };
const silent = { mode: "no-cors" };

const attempts = {
  "fetch text": u => post(u, null, RECORD),
  "fetch text/plain": u => post(u, "text/plain", RECORD),
  "fetch form": u => post(u, null, FORM),
  "fetch multipart": u => post(u, null, multipart()),
  "fetch untyped bytes": u => post(u, null, bytes()),
  "fetch JSON": u => post(u, "application/json", RECORD),
  "fetch JSON by blob": u => post(u, null, json()),
  "fetch JSON with credentials": u => post(u, "application/json", RECORD, { credentials: "include" }),
  "fetch JSON kept alive": u => post(u, "application/json", RECORD, { keepalive: true }),
  "fetch JSON with a token": u => post(u, "application/json", RECORD, {
    headers: { "content-type": "application/json", authorization: "Bearer guess" } }),
  "fetch JSON as if same origin": u => post(u, "application/json", RECORD, { mode: "same-origin" }),
  "no-cors text/plain": u => post(u, "text/plain", RECORD, silent),
  "no-cors form": u => post(u, null, FORM, silent),
  "no-cors multipart": u => post(u, null, multipart(), silent),
  "no-cors untyped bytes": u => post(u, null, bytes(), silent),
  "no-cors JSON": u => post(u, "application/json", RECORD, silent),
  "no-cors JSON by blob": u => post(u, null, json(), silent),
  "no-cors without referrer": u => post(u, "text/plain", RECORD, { ...silent, referrerPolicy: "no-referrer" }),
  "fetch PATCH": (u, id) => reading(u, `/v1/feedback/${id}`, {
    method: "PATCH", headers: { "content-type": "application/json" }, body: '{"rating": 1}' }),
  "fetch DELETE": (u, id) => reading(u, `/v1/feedback/${id}`, { method: "DELETE" }),
  "fetch PUT": u => reading(u, "/v1/feedback", { method: "PUT", body: RECORD }),
  "XHR": u => xhr(u, "application/json", false),
  "XHR with credentials": u => xhr(u, "application/json", true),
  "XHR text/plain": u => xhr(u, "text/plain", false),
  "form urlencoded": u => form(u, "application/x-www-form-urlencoded", Object.fromEntries(FORM)),
  "form multipart": u => form(u, "multipart/form-data", Object.fromEntries(FORM)),
  "form text/plain": u => form(u, "text/plain", { '{"feedback_type":"rating","model":"planted","rating":1,"x':'":1}' }),
  "beacon string": beacon(() => RECORD),
  "beacon form": beacon(() => FORM),
  "beacon multipart": beacon(multipart),
  "beacon JSON": beacon(json),
  "ping": u => {
    const anchor = document.createElement("a");
    Object.assign(anchor, { href: "#", ping: u + "/v1/feedback" });
    document.body.append(anchor);
    anchor.click();
    return "nothing";
  },
  "image": u => element("img", { src: u + "/healthz" }),
  "image with CORS": u => element("img", { crossOrigin: "anonymous", src: u + "/healthz" }),
  "script": u => element("script", { src: u + "/healthz" }),
  "script of the questions": u => element("script", { src: u + "/v1/prompts" }),
  "module": u => element("script", { type: "module", src: u + "/v1/feedback" }),
  "dynamic import": u => import(u + "/v1/feedback").then(() => "ran", () => "nothing"),
  "stylesheet": u => element("link", { rel: "stylesheet", href: u + "/healthz" }),
  "video": u => element("video", { src: u + "/healthz" }),
  "track": u => {
    const video = document.createElement("video");
    video.crossOrigin = "anonymous";
    const track = document.createElement("track");
    Object.assign(track, { kind: "subtitles", default: true, src: u + "/v1/feedback" });
    video.append(track);
    document.body.append(video);
    track.track.mode = "showing";
    return within(new Promise(done => { track.onload = () => done("loaded"); track.onerror = () => done("nothing"); }));
  },
  "font": u => new FontFace("planted", `url(${u}/v1/feedback)`).load().then(() => "loaded", () => "nothing"),
  "prefetch": u => link("prefetch", u),
  "preload": u => link("preload", u, { as: "fetch", crossOrigin: "anonymous" }),
  "module preload": u => link("modulepreload", u),
  "WebSocket": u => within(new Promise(done => {
    const socket = new WebSocket(u.replace("http", "ws") + "/v1/feedback");
    socket.onopen = () => done("ran");
    socket.onerror = () => done("nothing");
  })),
  "EventSource": u => within(new Promise(done => {
    const source = new EventSource(u + "/v1/feedback");
    source.onmessage = event => { source.close(); done(`read ${event.data}`); };
    source.onerror = () => { source.close(); done("nothing"); };
  })),
  "sandboxed frame": u => fromFrame(u, page => ({ sandbox: "allow-scripts", srcdoc: page })),
  "frame from data": u => fromFrame(u, page => ({ src: "data:text/html," + encodeURIComponent(page) })),
  "worker": u => fromWorker(`fetch("${u}/v1/feedback", {method: "POST",
    headers: {"content-type": "application/json"}, body: ${JSON.stringify(RECORD)}})
    .then(a => a.text()).then(t => postMessage("read " + t), () => postMessage("nothing"))`),
  "worker that imports": u => fromWorker(`try { importScripts("${u}/v1/feedback"); postMessage("ran") }
    catch { postMessage("nothing") }`),
  "service worker of ours": async u => {
    await navigator.serviceWorker.register("/worker.js");
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller)
      await within(new Promise(done => { navigator.serviceWorker.oncontrollerchange = done; }));
    return post(u, "application/json", RECORD);
  },
  "service worker of theirs": u => navigator.serviceWorker.register(u + "/healthz")
    .then(() => "ran", () => "nothing"),
};

const frames = {
  "iframe": url => framed("iframe", { src: url }),
  "sandboxed iframe": url => framed("iframe", { sandbox: "allow-scripts", src: url }),
  "object": url => framed("object", { data: url }),
  "embed": url => framed("embed", { src: url }),
};
