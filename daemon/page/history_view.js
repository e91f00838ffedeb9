// The history: every run, newest first, with what became of it, its rows, and Undo.

import { get, post, segment } from "./api.js";
import { ask, attempt, loadInto } from "./dialog.js";
import { button, el, fill } from "./dom.js";
import { go, listen } from "./state.js";
import { moment } from "./times.js";
import { count, RUN_MODE, RUN_STATE, sentence } from "./words.js";

const PAGE = 50;

/** Shows the list in `main`; gives the function that ends it. */
export function historyView(main) {
  const place = el("div", {});
  fill(main, el("section", { class: "pane" }, el("h1", {}, "History"),
    el("p", { class: "lead" }, "Every run of this computer. A run can be undone: its inverse comes as a list that you approve like any other."), place));
  const show = () => loadInto(place, async () => table((await get(`/runs?limit=${PAGE}`)).runs));
  show();
  return listen((status, before) => {
    const told = (one) => one && one.run && `${one.run.id}/${one.run.state}`;
    if (told(status) !== told(before)) show();
  });
}

function table(runs) {
  if (runs.length === 0) return el("p", { class: "empty" }, "No run yet. Start one in the Synchronization window.");
  const body = el("tbody", {}, runs.map(line));
  const older = button("Older runs", () => attempt(async () => {
    const last = runs[runs.length - 1];
    const more = (await get(`/runs?limit=${PAGE}&before=${encodeURIComponent(last.id)}`)).runs;
    runs.push(...more);
    body.append(...more.map(line));
    older.hidden = more.length < PAGE;
  }), { hidden: runs.length < PAGE });
  return [el("table", { class: "plain wide" },
    el("thead", {}, el("tr", {}, ["Started", "Kind", "State", "Result", ""].map((words) => el("th", { scope: "col" }, words || el("span", { class: "hidden" }, "Actions"))))),
    body), older];
}

function line(run) {
  const results = run.results || {};
  const told = [["applied", "written"], ["failed", "failed"], ["stale", "changed meanwhile"], ["ignored", "ignored"], ["unknown", "not certain"]]
    .filter(([name]) => results[name]).map(([name, words]) => `${results[name].toLocaleString()} ${words}`).join(", ");
  const found = Object.values(run.counts || {}).reduce((sum, number) => sum + number, 0);
  return el("tr", {}, el("td", {}, moment(run.started_at)), el("td", {}, RUN_MODE[run.mode] || run.mode),
    el("td", {}, el("span", { class: `run-state ${run.state}` }, RUN_STATE[run.state] || run.state)),
    el("td", {}, told || (found ? count(found, "difference") : "nothing to do"), run.because ? el("div", { class: "muted" }, sentence(run.because)) : null),
    el("td", { class: "row-buttons" }, button("Show", () => go("summary", run.id), { "aria-label": `Show the run of ${moment(run.started_at)}` }),
      results.applied && !["applying", "comparing", "awaiting_review"].includes(run.state)
        ? button("Undo", () => undo(run), { "aria-label": `Undo the run of ${moment(run.started_at)}` }) : null));
}

async function undo(run) {
  const yes = await ask("Undo", el("p", {}, `Make a list that takes back the ${count(run.results.applied, "change")} of this run? Nothing is written before you press Ok there.`),
    [{ label: "Yes", value: true, kind: "primary" }, { label: "No", value: false }]);
  if (!yes) return;
  const made = await attempt(() => post(`/runs/${segment(run.id)}/undo`, {}));
  if (made) go("summary", made.id);
}
