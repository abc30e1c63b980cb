// Passes the person's own answer on. Nothing is ticked beforehand, and nothing is read from the address.
const form = document.getElementById("answer");
const buttons = form.querySelectorAll("button");

function tell(id) {
  for (const line of form.querySelectorAll(".say")) line.hidden = line.id !== id;
}

async function answer(body) {
  const session = await (await fetch("/v1/session")).json();
  return fetch("/v1/consent", {
    method: "PUT",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": session.csrf ?? "" },
    body: JSON.stringify({ destination: form.dataset.name, ...body }),
  });
}

async function say(body, said) {
  tell(null);
  for (const button of buttons) button.disabled = true;
  let status = 0;
  try {
    status = (await answer(body)).status;
  } catch {
    // it did not arrive
  }
  for (const button of buttons) button.disabled = false;
  if (status !== 200) {
    tell(status === 409 ? "changed" : "failed");
    return;
  }
  form.hidden = true;
  const done = document.getElementById("done");
  done.hidden = false;
  document.getElementById(said).hidden = false;
  done.focus();
}

form.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("no").addEventListener("click", () => say({ revoke: true }, "said-no"));
document.getElementById("yes").addEventListener("click", () => {
  const scopes = [...form.querySelectorAll("input[name=scope]:checked")].map((box) => box.value);
  if (scopes.length === 0) tell("none");
  else {
    const earlier = document.getElementById("earlier").checked;
    say({ scopes, digest: form.dataset.digest, include_earlier: earlier }, "said-yes");
  }
});
