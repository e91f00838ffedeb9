// Under and over the list: what Ok would do, Ok and Cancel, progress while writing, the guard, and what became of a run.

import { button, el, fill } from "./dom.js";
import { go } from "./state.js";
import { moment } from "./times.js";
import { count, PHASE, plain, RUN_MODE, RUN_STATE, sentence } from "./words.js";

/** Draws the banner over the list and the bar under it for the state of the run. */
export function footer(view, banner, foot) {
  const { run, model } = view;
  drawBanner(banner, run);
  if (run.state === "comparing" || run.state === "applying") {
    progressBar(foot, run);
    return;
  }
  delete foot.dataset.progress;
  if (run.state === "awaiting_review") fill(foot, plan(model.totals(), model), el("div", { class: "buttons" },
    details(view), button("Ok", () => view.ok(), { class: "primary large" }), button("Cancel", () => view.cancel(), { class: "large" })));
  else fill(foot, outcome(model.totals(), run), finished(view));
}

/** The sentence about what Ok does; deletions stand out. */
function plan(totals, model) {
  const deletions = totals.salesforce.length + totals.notes.length;
  const parts = [el("strong", {}, totals.writes ? `Ok writes ${count(totals.writes, "change")}` : "Ok writes nothing")];
  if (deletions) parts.push(el("span", { class: "deletions" }, `, ${deletions} of them ${deletions === 1 ? "a deletion" : "deletions"}`));
  parts.push(". ");
  if (totals.noted) parts.push(`${totals.noted === totals.writes ? "All" : totals.noted.toLocaleString()} of them only note what belongs together: no calendar entry changes. `);
  if (totals.undecided) parts.push(`${count(totals.undecided, "undecided row")} wait${totals.undecided === 1 ? "s" : ""} for the next run. `);
  if (totals.ignored) parts.push(`${count(totals.ignored, "row")} ${totals.ignored === 1 ? "is" : "are"} ignored. `);
  if (model.selected.size > 1) parts.push(el("span", { class: "muted" }, `${count(model.selected.size, "row")} selected.`));
  return el("p", { class: "plan", role: "status" }, parts);
}

function outcome(totals, run) {
  const results = run.results || {};
  const parts = [["applied", "written"], ["failed", "failed"], ["stale", "changed meanwhile"], ["unknown", "not certain"], ["ignored", "ignored"]]
    .filter(([name]) => results[name]).map(([name, words]) => `${results[name].toLocaleString()} ${words}`);
  return el("p", { class: "plan", role: "status" }, el("strong", {}, RUN_STATE[run.state] || run.state), parts.length ? `: ${parts.join(", ")}. ` : ". ",
    results.failed ? "Failed rows come again with the next Start Sync." : "");
}

function finished(view) {
  const selected = view.model.chosenRows().filter((row) => row.result === "applied");
  const written = (view.run.results || {}).applied || 0;
  return el("div", { class: "buttons" }, details(view),
    written && selected.length ? button(`Undo ${count(selected.length, "selected row")}`, () => view.undo(selected)) : null,
    written ? button("Undo this run", () => view.undo([])) : null,
    button("Close", () => go("synchronization"), { class: "primary" }));
}

function details(view) {
  const open = !view.detail.hidden;
  return button(open ? "Hide details" : "Show details", () => view.toggleDetail(), { class: "quiet", "aria-expanded": String(open), title: "Enter or a double click opens the details of a row" });
}

function progressBar(foot, run) {
  if (foot.dataset.progress !== run.state) {
    foot.dataset.progress = run.state;
    fill(foot, el("p", { class: "plan" }, el("strong", { class: "phase" }), " ", el("span", { class: "numbers" })), el("progress", { max: 1, "aria-label": "Progress of this run" }));
  }
  const { phase, done, total } = run.progress;
  foot.querySelector(".phase").textContent = PHASE[phase] || plain(phase || "") || RUN_STATE[run.state];
  foot.querySelector(".numbers").textContent = total ? `${done.toLocaleString()} of ${total.toLocaleString()}` : "";
  const bar = foot.querySelector("progress");
  if (total) bar.value = done / total;
  else bar.removeAttribute("value");
}

/** The way to a new comparison, for a list that is known to be old. */
function old(run) {
  return run.because.code === "run.folder_changed" ? button("Open Synchronization", () => go("synchronization"), { class: "quiet" }) : null;
}

function drawBanner(place, run) {
  const parts = [];
  if (run.guard) parts.push(el("div", { class: "guard", role: "alert" }, el("strong", {}, "Safety guard: "), sentence(run.guard.text)));
  if (run.because && run.state !== "awaiting_review") parts.push(el("div", { class: "guard" }, sentence(run.because)));
  else if (run.because) parts.push(el("div", { class: "told", role: "status" }, sentence(run.because), " ", old(run)));
  if (run.state !== "awaiting_review" && run.finished_at) parts.push(el("div", { class: "told" }, `${RUN_MODE[run.mode] || run.mode} run of ${moment(run.started_at)}`));
  if (run.mode === "undo" && run.state === "awaiting_review") parts.push(el("div", { class: "told" }, "This list undoes an earlier run. Nothing is undone before you press Ok."));
  const told = JSON.stringify([run.guard, run.because, run.state, run.finished_at]);
  if (place.dataset.told === told) return;
  place.dataset.told = told;
  fill(place, parts);
}
