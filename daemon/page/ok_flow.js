// What happens between pressing Ok and the first write: guards and deletions are confirmed, a changed list is shown again.

import { post, segment } from "./api.js";
import { ask, notice } from "./dialog.js";
import { el } from "./dom.js";
import { count, sentence } from "./words.js";

/** Carries the approved rows out. Gives true when the daemon took it, "again" when the list must be read again, else false. */
export async function pressOk(run, totals) {
  const sent = { plan: run.plan };
  const deletions = totals.salesforce.length + totals.notes.length;
  if (run.guard && totals.writes > 0 && !(await passGuard(run.guard, deletions, sent))) return false;
  if (deletions > 0 && sent.confirm_deletions !== deletions) {
    if (!(await confirmDeletions(totals, deletions))) return false;
    sent.confirm_deletions = deletions;
  }
  for (;;) {
    try {
      await post(`/runs/${segment(run.id)}/apply`, sent);
      return true;
    } catch (problem) {
      const answer = await supply(problem, run, totals, sent);
      if (answer === "sent") continue;
      if (answer === "told") notice(problem.message, "bad");
      return problem.name === "plan-changed" || problem.name === "wrong-state" ? "again" : false;
    }
  }
}

/**
 * The daemon counts for itself; where its number differs from ours, the person confirms the daemon's. "sent": put into `sent`;
 * "refused": the person said no; "told": nothing can be confirmed, the sentence has to be shown.
 */
async function supply(problem, run, totals, sent) {
  const needed = problem.told ? problem.told.needed : null;
  const [name, number] = needed && typeof needed === "object" ? Object.entries(needed)[0] || [] : ["confirm_deletions", needed];
  if (!["needs-confirmation", "blocked-by-guard"].includes(problem.name) || !Number.isInteger(number) || sent[name] === number) return "told";
  const yes = name === "confirm_deletions" ? await confirmDeletions(totals, number) : await confirmGuard(run.guard || { text: { text: problem.message }, numbers: {} }, number);
  if (yes) sent[name] = number;
  return yes ? "sent" : "refused";
}

/** Asks what the guard of the run asks; false stops. */
async function passGuard(guard, deletions, sent) {
  if (!guard.confirm) {
    await ask("A safety guard stopped this run", guardTold(guard), [{ label: "Close", value: false, kind: "primary" }]);
    return false;
  }
  const number = guard.confirm === "confirm_deletions" ? deletions : guard.numbers.items ?? Object.values(guard.numbers)[0] ?? 0;
  if (number === 0) return true;
  if (!(await confirmGuard(guard, number))) return false;
  sent[guard.confirm] = number;
  return true;
}

async function confirmDeletions(totals, number) {
  const list = (side, rows) => (rows.length === 0 ? null : el("div", {},
    el("h3", {}, `${rows.length} in ${side}`),
    el("ul", {}, rows.slice(0, 5).map((row) => el("li", {}, row.title || "(no subject)")), rows.length > 5 ? el("li", {}, `and ${rows.length - 5} more`) : null)));
  return ask(`Delete ${count(number, "item")}?`,
    [el("p", {}, `Ok deletes ${count(number, "item")}. A run can be undone later from the history.`), list("Salesforce", totals.salesforce), list("Notes", totals.notes)],
    [{ label: `Delete ${number}`, value: true, kind: "primary danger" }, { label: "Cancel", value: false }]);
}

const guardTold = (guard) => el("p", {}, sentence(guard.text)); // its numbers stand in the sentence

/** Shows the guard's sentence and wants its number typed. */
async function confirmGuard(guard, number) {
  const box = el("input", { type: "text", inputmode: "numeric", autocomplete: "off", size: 8 });
  const field = el("label", { class: "field" }, `Type ${number} to confirm`, box);
  return ask("A safety guard asks you", [guardTold(guard), field],
    [{ label: "Confirm", value: true, kind: "primary danger", needs: true }, { label: "Cancel", value: false }],
    { enabled: () => box.value.trim() === String(number) });
}
