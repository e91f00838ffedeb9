// The filters over the list: a count per action that can be clicked, search, risks, and only what is undecided.

import { button, el, fill } from "./dom.js";
import { icon } from "./icons.js";
import { ACTION, RISK } from "./words.js";

/** Draws the bar once and afterwards only its numbers, so that typing in the search keeps its place. */
export function filterBar(place, model, changed) {
  if (!place.dataset.drawn) {
    place.dataset.drawn = "yes";
    build(place, model, changed);
  }
  chips(place.querySelector(".action-chips"), model, changed);
  risks(place.querySelector("select.risks"), model);
  const shown = model.lines.filter((line) => line.kind === "section").reduce((sum, line) => sum + line.count, 0);
  place.querySelector(".shown").textContent = shown === model.rows.size ? "" : `${shown.toLocaleString()} of ${model.rows.size.toLocaleString()} shown`;
}

function build(place, model, changed) {
  const search = el("input", { type: "search", placeholder: "Search subject or place", "aria-label": "Search subject or place", on: { input: () => {
    model.filter.q = search.value.trim();
    changed();
  } } });
  const risk = el("select", { class: "risks", "aria-label": "Risks", on: { change: () => {
    model.filter.risk = risk.value;
    changed();
  } } });
  const open = el("input", { type: "checkbox", on: { change: () => {
    model.filter.open = open.checked ? "undecided" : "";
    changed();
  } } });
  fill(place, el("div", { class: "action-chips", role: "group", "aria-label": "Actions" }),
    el("div", { class: "filter-fields" }, el("span", { class: "shown", role: "status" }), el("label", { class: "check" }, open, "Undecided only"), risk, search,
      button("Select all shown", () => {
        model.selectShown();
        changed();
      }, { class: "quiet" })));
}

function chips(place, model, changed) {
  const counts = model.counts();
  const told = JSON.stringify([[...counts], model.filter.action]);
  if (place.dataset.told === told) return;
  place.dataset.told = told;
  const focused = document.activeElement && document.activeElement.dataset.action;
  fill(place, Object.keys(ACTION).filter((action) => counts.has(action) || model.filter.action === action).map((action) => {
    const on = model.filter.action === action;
    return el("button", {
      type: "button", class: "filter-chip", "aria-pressed": String(on), "data-action": action, title: `Show only: ${ACTION[action].label}`,
      on: { click: () => {
        model.filter.action = on ? "" : action;
        changed();
      } },
    }, icon(ACTION[action].icon, "icon small"), ACTION[action].label, el("strong", {}, (counts.get(action) || 0).toLocaleString()));
  }));
  const again = focused && [...place.children].find((one) => one.dataset.action === focused);
  if (again) again.focus();
}

function risks(place, model) {
  const found = model.risks();
  const told = found.join();
  if (place.dataset.told === told && place.children.length) return;
  place.dataset.told = told;
  fill(place, el("option", { value: "" }, "All risks"), el("option", { value: "none" }, "Without risk"),
    found.map((risk) => el("option", { value: risk }, RISK[risk].label)));
  place.value = model.filter.risk;
}
