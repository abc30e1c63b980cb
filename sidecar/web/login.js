// Exchanges the one-time code behind the # for a session. The code leaves the address bar first.
const code = location.hash.slice(1);
// A question that an application asked has its page; no other place can be named.
const asked = new URLSearchParams(location.search).get("consent") ?? "";
const next = /^[a-z0-9][a-z0-9-]{0,31}$/.test(asked) ? `/consent/${asked}` : "/";

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
  if (answer.status === 201) location.replace(next);
  else tell(answer.status === 429 ? "later" : "refused");
}

if (code) {
  history.replaceState(null, "", "/login");
  await signIn();
}
// A second link that is opened on this very page only changes what stands behind the #.
addEventListener("hashchange", () => location.reload());
