// What happens between pressing Ok and the first write: guards and deletions are confirmed, a changed list is shown again.

import { post, segment } from "./api.js";
import { ask, notice } from "./dialog.js";
import { el } from "./dom.js";
import { count, plain, sentence, upper } from "./words.js";

/** Carries the approved rows out. Gives true when the daemon took it, "again" when the list must be read again, else false. */
export async function pressOk(run, totals) {
  const sent = { plan: run.plan };
  if (run.guard && !(await confirmGuard(run.guard, sent))) return false;
  let deletions = totals.salesforce.length + totals.notes.length;
  if (deletions > 0 && sent.confirm_deletions !== deletions) {
    if (!(await confirmDeletions(totals, deletions))) return false;
    sent.confirm_deletions = deletions;
  }
  for (;;) {
    try {
      await post(`/runs/${segment(run.id)}/apply`, sent);
      return true;
    } catch (problem) {
      if (problem.name === "needs-confirmation" && Number.isInteger(problem.told.needed) && problem.told.needed !== sent.confirm_deletions) {
        deletions = problem.told.needed;
        if (!(await confirmDeletions(totals, deletions))) return false;
        sent.confirm_deletions = deletions;
        continue;
      }
      notice(problem.message, "bad");
      return problem.name === "plan-changed" || problem.name === "wrong-state" ? "again" : false;
    }
  }
}

async function confirmDeletions(totals, number) {
  const list = (side, rows) => (rows.length === 0 ? null : el("div", {},
    el("h3", {}, `${rows.length} in ${side}`),
    el("ul", {}, rows.slice(0, 5).map((row) => el("li", {}, row.title || "(no subject)")), rows.length > 5 ? el("li", {}, `and ${rows.length - 5} more`) : null)));
  return ask(`Delete ${count(number, "item")}?`,
    [el("p", {}, `Ok deletes ${count(number, "item")}. A run can be undone later from the history.`), list("Salesforce", totals.salesforce), list("Notes", totals.notes)],
    [{ label: `Delete ${number}`, value: true, kind: "primary danger" }, { label: "Cancel", value: false }]);
}

/** Shows the guard's sentence; a guard that takes a confirmation wants its number typed. */
async function confirmGuard(guard, sent) {
  const facts = Object.entries(guard.numbers).map(([name, number]) => el("li", {}, `${upper(plain(name))}: ${number.toLocaleString()}`));
  const told = [el("p", {}, sentence(guard.text)), facts.length ? el("ul", {}, facts) : null];
  if (!guard.confirm) {
    await ask("A safety guard stopped this run", told, [{ label: "Close", value: false, kind: "primary" }]);
    return false;
  }
  const what = guard.confirm.replace("confirm_", "");
  const number = guard.numbers[what] ?? Object.values(guard.numbers)[0] ?? 0;
  const box = el("input", { type: "text", inputmode: "numeric", autocomplete: "off", size: 8 });
  const field = el("label", { class: "field" }, `Type ${number} to confirm`, box);
  const yes = await ask("A safety guard asks you", [told, field],
    [{ label: "Confirm", value: true, kind: "primary danger", needs: true }, { label: "Cancel", value: false }],
    { enabled: () => box.value.trim() === String(number) });
  if (!yes) return false;
  sent[guard.confirm] = number;
  return true;
}
