// The overview needs no script to be read; this one signs out.
const button = document.getElementById("sign-out");

async function signOut() {
  const session = await (await fetch("/v1/session")).json();
  const answer = await fetch("/v1/session", {
    method: "DELETE",
    headers: { "X-CSRF-Token": session.csrf ?? "" },
  });
  if (!answer.ok && answer.status !== 401) throw new Error("still signed in");
}

button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    await signOut();
    location.replace("/login");
  } catch {
    document.getElementById("failed").hidden = false;
    button.disabled = false;
  }
});
