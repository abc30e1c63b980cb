// Asking the daemon. A refusal is an Error whose message says what to change.
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? "The daemon refused.");
    this.status = status;
    this.type = problem.type ?? "";
  }
}

let csrf = null;

async function send(path, how) {
  let answer;
  try {
    answer = await fetch(path, how);
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Refused(0, { detail: "The daemon does not answer. Look with `sidecar status`." });
  }
  if (answer.status === 401) location.replace("/login");
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}

/** What a route answers; names of the query without a value are left out. */
export function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const words = new URLSearchParams(given).toString();
  return send(words ? `${path}?${words}` : path);
}

/** Change something, with the token that only our own pages can read. */
export async function change(method, path, body) {
  csrf ??= (await get("/v1/session")).csrf;
  const headers = { "X-CSRF-Token": csrf };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return send(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}
