/* The page: asks the runtime, shows the answer, and puts the widget under it.
   Must not: hand the widget a prompt or an answer. It gets the model's name, and of an error its message. */

const talk = document.getElementById("talk");
const words = document.getElementById("words");
let model = "";

async function ask(path, body) {
  const options = body && {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error?.message ?? `HTTP ${answer.status}`);
  return found;
}

async function chat(prompt, temperature) {
  const messages = [{ role: "user", content: prompt }];
  const found = await ask("/v1/chat/completions", { messages, temperature, max_tokens: 256 });
  return found.choices[0].message.content;
}

function show(kind, text) {
  const shown = Object.assign(document.createElement("p"), { className: kind, textContent: text });
  talk.append(shown);
  shown.scrollIntoView({ block: "nearest" });
}

function feedback(what) {
  const widget = document.createElement("feedback-sidecar");
  Object.assign(widget, { productId: "example-chat", runtime: "llama_cpp", ...what });
  talk.append(widget);
}

async function turn(work) {
  const prompt = words.value.trim();
  if (!prompt) return;
  words.value = "";
  show("mine", prompt);
  try {
    await work(prompt);
  } catch (fault) {
    show("fault", fault.message);
    feedback({ mode: "error", model, errorMessage: fault.message });
  }
}

document.getElementById("ask").addEventListener("submit", event => {
  event.preventDefault();
  turn(async prompt => {
    show("theirs", await chat(prompt, 0.7));
    feedback({ model });
  });
});

/* Two settings of one model; a page with two models passes two names. */
document.getElementById("both").addEventListener("click", () =>
  turn(async prompt => {
    show("theirs", `A: ${await chat(prompt, 0.2)}`);
    show("theirs", `B: ${await chat(prompt, 1.2)}`);
    feedback({ mode: "comparison", modelA: model, modelB: model, variantA: "calm", variantB: "lively" });
  }),
);

try {
  const found = await ask("/v1/models");
  model = found.data[0].id.split(/[\\/]/).pop();
  document.getElementById("model").textContent = model;
} catch (fault) {
  document.getElementById("model").textContent = `No model: ${fault.message}`;
}
