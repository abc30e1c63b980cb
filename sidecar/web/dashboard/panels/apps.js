// Apps: which web pages beyond this machine may submit. Only the owner pairs them.
import { change, get } from "../ask.js";
import { empty, h, section } from "../dom.js";
import { count } from "../labels.js";
import { attempt, button, open } from "../shell.js";

const load = () => get("/v1/origins");
const put = (view, origins) => attempt(async () => {
  await change("PUT", "/v1/origins", { origins });
  await view.refresh();
});

function row(each, paired, view) {
  const [words, next] = each.paired ? ["Unpair", paired.filter((origin) => origin !== each.origin)] : ["Pair", [...paired, each.origin]];
  const by = each.proposed_by.length ? `proposed by ${each.proposed_by.join(", ")}` : "paired by you";
  return h("tr", null,
    h("th", { scope: "row" }, h("code", null, each.origin), h("span", { class: "cap" }, by)),
    h("td", null, h("span", { class: each.paired ? "tag a" : "tag" }, each.paired ? "may submit" : "may not")),
    h("td", { class: "r" }, button(words, () => put(view, next), { "aria-label": `${words} ${each.origin}`, "data-focus": `pair-${each.origin}` })));
}

function form(paired, view) {
  const field = h("input", { id: "origin", name: "origin", required: true, autocomplete: "off", spellcheck: "false", maxlength: 262, "data-focus": "origin" });
  return h("form", { class: "line", submit: (event) => {
    event.preventDefault();
    put(view, [...paired, field.value.trim()]);
  } }, h("label", { for: "origin" }, "Origin of a page"), field, h("button", { class: "btn p" }, "Pair"));
}

function draw({ rows }, view) {
  const paired = rows.filter((each) => each.paired).map((each) => each.origin);
  return {
    headline: paired.length ? `${count(paired.length, "web app")} beyond this machine may submit.` : "No web app beyond this machine may submit.",
    lede: "Pages of this machine (localhost, on any port) may submit without pairing. A paired page can send feedback; it can read nothing and steer nothing.",
    body: [
      rows.length
        ? h("table", null, h("thead", { class: "vh" }, h("tr", null, ["Origin", "State", "Change"].map((each) => h("th", { scope: "col" }, each)))), h("tbody", null, rows.map((each) => row(each, paired, view))))
        : empty("None is paired, and no product proposes one. Type the address of an app below, as its address bar shows it, without the path."),
      section("Pair another", form(paired, view)),
    ],
  };
}

open({ load, draw });
