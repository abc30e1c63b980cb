// Sharing: who may count what, what waits to leave to the byte, what left, and the ways to stop and take back.
import { get } from "../ask.js";
import { empty, h, section } from "../dom.js";
import { count, list, number } from "../labels.js";
import { egress, ledger, receipts as left } from "../left.js";
import { span, time } from "../moments.js";
import { batch, draft } from "../outbox.js";
import { receipts, sentence } from "../receipts.js";
import { open } from "../shell.js";
import { granted, mode, others } from "../vendors.js";

const LAST = 20; // connections that are shown
const AGAIN_MS = 500; // while a round goes on
const said = h("p", { class: "vh", role: "status" });
let told = "";
let again = 0;

async function load(_, view) {
  const outbox = await get("/v1/outbox");
  const [consent, preview, gone, lost, tried] = await Promise.all([
    get("/v1/consent"), get("/v1/outbox/preview"), receipts(), get("/v1/ledger"),
    get("/v1/egress", { after: Math.max(0, outbox.attempts_ever - LAST) || null, limit: LAST * 2 }),
  ]);
  clearTimeout(again);
  if (outbox.busy) again = setTimeout(() => view.refresh(), AGAIN_MS);
  const { rows, busy } = outbox;
  return { consent, rows, busy, preview, gone, lost: lost.rows, tried };
}

const asking = (rows) => rows.filter((row) => row.state === "asked").map((row) => row.controller);

function headline({ mode: now, switches, destinations }, rows) {
  const waits = asking(destinations);
  const asks = waits.length ? ` ${list(waits)} ${waits.length === 1 ? "asks" : "ask"} for counts.` : "";
  if (now === "off") return "Feedback is switched off: nothing is taken, nothing leaves.";
  if (switches.length) return `Not one packet leaves: ${switches[0]} forbids it.${asks}`;
  if (now === "local") return `Not one packet leaves.${asks}`;
  const held = rows.filter((row) => row.state === "held");
  const name = (row) => destinations.find((each) => each.name === row.destination)?.controller ?? row.destination;
  if (held.length === 1) return `One batch of ${number(held[0].bytes)} bytes is held for ${name(held[0])}.${asks}`;
  if (held.length) return `${count(held.length, "batch", "batches")} are held for ${list([...new Set(held.map(name))])}.${asks}`;
  const sharing = destinations.filter((row) => row.state === "granted");
  return `${sharing.length ? `Counts are shared with ${list(sharing.map((row) => row.controller))}` : "Nothing is granted"}; ${rows.length ? `${count(rows.length, "batch", "batches")} on the way` : "nothing is waiting to leave"}.${asks}`;
}

/** Told once for each batch: that it is held, and until when. */
function announce(rows) {
  const held = rows.find((row) => row.state === "held" && row.next_at);
  const words = held ? `Held: it can leave ${time(held.next_at)}, in ${span(Math.max(0, Date.parse(held.next_at) - Date.now()))}.` : "";
  const now = held ? `${held.batch_id} ${held.next_at}` : "";
  if (now === told) return;
  told = now;
  said.textContent = words;
}

function draw({ consent, rows, busy, preview, gone, lost, tried }, view) {
  const bodies = new Map(preview.batches.map((each) => [each.batch_id, each.body]));
  const to = new Map(consent.destinations.map((each) => [each.name, each]));
  const yes = consent.destinations.filter((row) => row.state === "granted");
  const no = consent.destinations.filter((row) => row.state !== "granted");
  announce(rows);
  return {
    headline: headline(consent, rows),
    lede: [busy ? "A round goes on now. " : "", sentence(gone), " Sharing moves no record; it copies counts."].join(""),
    body: [
      said,
      rows.length
        ? rows.filter((row) => bodies.has(row.batch_id)).map((row) => batch(row, bodies.get(row.batch_id), to.get(row.destination), view, said))
        : section("Waiting", empty("Nothing is waiting to leave.")),
      draft(preview.draft, consent.mode === "share" && yes.length > 0, view),
      h("div", { class: yes.length ? "two" : null }, yes.map((row) => granted(row, consent.scopes, view)), others(no, yes.length > 0)),
      mode(consent, view),
      left(gone, view),
      egress(tried),
      ledger(lost),
    ],
  };
}

open({ load, draw });
