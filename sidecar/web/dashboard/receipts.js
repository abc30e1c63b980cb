// What left this machine: every receipt, and all of them in one sentence.
import { get } from "./ask.js";
import { count, number } from "./labels.js";

const PAGE = 2_000; // as many as the daemon gives at once
const TAKEN_BACK = new Set(["withdrawing", "withdrawn"]);

/** Every receipt, the oldest first. */
export async function receipts() {
  const rows = [];
  let after;
  do {
    const page = await get("/v1/receipts", { limit: PAGE, after });
    rows.push(...page.rows);
    after = page.next;
  } while (after);
  return rows;
}

const counted = (rows) => rows.reduce((sum, row) => sum + row.records, 0);

/** `137 counts left in 6 batches; 1 you withdrew.` */
export function sentence(rows) {
  if (!rows.length) return "Nothing has left this machine.";
  const back = rows.filter((row) => TAKEN_BACK.has(row.state)).length;
  return `${count(counted(rows), "count")} left in ${count(rows.length, "batch", "batches")}${back ? `; ${number(back)} you withdrew` : ""}.`;
}
