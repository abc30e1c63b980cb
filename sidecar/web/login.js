// Exchanges the one-time code behind the # for a session. The code leaves the address bar first.
const code = location.hash.slice(1);

function tell(id) {
  for (const line of document.querySelectorAll(".say[id]")) line.hidden = line.id !== id;
}

async function signIn() {
  tell("going");
  let answer;
  try {
    answer = await fetch("/v1/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code }),
    });
  } catch {
    tell("failed");
    return;
  }
  if (answer.status === 201) location.replace("/");
  else tell(answer.status === 429 ? "later" : "refused");
}

if (code) {
  history.replaceState(null, "", "/login");
  await signIn();
}
// A second link that is opened on this very page only changes what stands behind the #.
addEventListener("hashchange", () => location.reload());
