// The welcome: three steps, shown once, left at any time. Leaving it in whatever way is remembered.
import { change } from "./ask.js";

/** Show it, where the page came with one. */
export function welcome(dialog) {
  if (!dialog) return;
  const steps = [...dialog.querySelectorAll("[data-step]")];
  const marks = [...dialog.querySelectorAll(".steps li")];
  const [next, back, skip] = ["next", "back", "skip"].map((name) => dialog.querySelector(`[data-go="${name}"]`));
  let at = 0;

  function show(to) {
    at = to;
    steps.forEach((step, each) => { step.hidden = each !== at; });
    marks.forEach((mark, each) => (each === at ? mark.setAttribute("aria-current", "step") : mark.removeAttribute("aria-current")));
    const last = at === steps.length - 1;
    next.textContent = last ? "Done" : "Next";
    back.hidden = at === 0;
    skip.hidden = last;
  }

  next.addEventListener("click", () => (at === steps.length - 1 ? dialog.close() : show(at + 1)));
  back.addEventListener("click", () => show(at - 1));
  skip.addEventListener("click", () => dialog.close());
  let then = () => {};
  for (const way of dialog.querySelectorAll("a")) {
    way.addEventListener("click", (event) => {
      event.preventDefault(); // first remember that it was shown
      then = () => location.assign(way.href);
      dialog.close();
    });
  }
  dialog.addEventListener("close", () => {
    change("POST", "/v1/welcome", {}).catch(() => {}).then(() => then()); // where that fails it is shown once more
    if (location.search === "?welcome") history.replaceState(null, "", location.pathname);
  });
  dialog.showModal();
}
