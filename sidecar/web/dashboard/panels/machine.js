// The machine: its coarse label and why, what the owner should know, and what was lost.
import { get } from "../ask.js";
import { empty, h, section, table } from "../dom.js";
import { bucketLine, number, words } from "../labels.js";
import { open } from "../shell.js";

async function load() {
  const [hardware, health, ledger] = await Promise.all([get("/v1/hardware"), get("/healthz"), get("/v1/ledger")]);
  return { hardware, health, ledger: ledger.rows };
}

function facts({ hardware_bucket: name, memory_gib: memory, gpus, environment }) {
  const rows = [["Label", h("code", null, name ?? "not known yet")], ["Memory", memory ? `${memory} GiB installed` : "not known"],
    ["Graphics", gpus.length ? gpus.map(words).join(", ") : "none that a runtime could use"], ["Runs in", environment ? words(environment) : "not known"]];
  return h("dl", { class: "kv" }, rows.map(([name_, value]) => [h("dt", null, name_), h("dd", null, value)]));
}

const lines = (found, nothing) => (found.length ? h("ul", { class: "notes" }, found.map((each) => h("li", null, each))) : empty(nothing));

function draw({ hardware, health, ledger }) {
  return {
    headline: hardware.hardware_bucket ? `This machine counts as ${bucketLine(hardware.hardware_bucket)}.` : "This machine is being looked at.",
    lede: "One coarse label stands beside each record of a model that runs here. Nothing finer is stored.",
    body: [
      section("What is known", facts(hardware)),
      section("Why", lines(hardware.why, "The probe has not answered yet. Look again in two seconds.")),
      section("To look at", lines(health.notes, "Nothing is wrong.")),
      section("Losses", ledger.length
        ? table(["Week", "Kind", "Why", { text: "Lost", right: true }], ledger.map((row) => [row.week, words(row.kind), words(row.reason), number(row.count)]), "Losses")
        : empty("Nothing was lost.")),
      section("Welcome", h("p", { class: "dim" }, h("a", { href: "/?welcome" }, "Show the welcome again"))),
    ],
  };
}

open({ load, draw });
