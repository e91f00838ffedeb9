// Find an item: why a meeting does or does not synchronize, both sides of it, and what happened to it so far.

import { get, segment } from "./api.js";
import { attempt, loadInto } from "./dialog.js";
import { button, el, fill } from "./dom.js";
import { go } from "./state.js";
import { moment, span } from "./times.js";
import { ACTION, count, plain, resultWords, sentence, SIDE, upper } from "./words.js";

const STATE = {
  in_step: "In step", row: "In the open list", left_out: "Left out", ignored: "Ignored", frozen: "Kept, not compared", unlinked: "Not linked",
};
const PAGE = 50;

/** What the chip of one count says: an item is in a state, or left out for a reason. */
const kindWords = (kind) => STATE[kind] || `${STATE.left_out}: ${plain(kind)}`;

export function findView(main) {
  const place = el("div", { "aria-live": "polite" });
  const chips = el("div", { class: "buttons kinds", role: "group", "aria-label": "Kinds of items" });
  const box = el("input", { type: "search", id: "find-box", size: 40, autocomplete: "off" });
  const view = { kind: "", counts: {} };
  const search = () => loadInto(place, async () => {
    const sought = box.value.trim();
    const list = await get(`/items?limit=${PAGE}&reason=${encodeURIComponent(view.kind)}&q=${encodeURIComponent(sought)}`);
    view.counts = list.counts;
    drawKinds(chips, view, search);
    return found(list, sought, view, search);
  });
  fill(main, el("section", { class: "pane" }, el("h1", {}, "Find an item"),
    el("p", { class: "lead" }, "Why did my meeting not sync? Search for it in both calendars, whether it takes part or not."),
    el("form", { class: "search", on: { submit: (event) => {
      event.preventDefault();
      search();
    } } }, el("label", { htmlFor: "find-box" }, "Subject or place"), box, el("button", { type: "submit", class: "primary" }, "Search")), chips, place));
  get("/items?limit=1").then((list) => {
    view.counts = list.counts;
    drawKinds(chips, view, search);
  }, () => {}); // nothing compared yet: the search says so
  box.focus();
}

/** A count per kind that can be clicked: all that is left out for one reason, all that is ignored. */
function drawKinds(place, view, search) {
  const focused = document.activeElement && document.activeElement.dataset.kind;
  const kinds = Object.entries(view.counts).filter(([, number]) => number).sort(([a], [b]) => kindWords(a).localeCompare(kindWords(b)));
  fill(place, kinds.map(([kind, number]) => button([`${kindWords(kind)} `, el("strong", {}, number.toLocaleString())], () => {
    view.kind = view.kind === kind ? "" : kind;
    search();
  }, { class: "filter-chip", "aria-pressed": String(view.kind === kind), "data-kind": kind })));
  const again = focused && [...place.children].find((one) => one.dataset.kind === focused);
  if (again) again.focus();
}

function found(list, sought, view, search) {
  if (list.items.length === 0) return nothing(sought, view, search);
  const more = list.total > list.items.length ? el("p", { class: "muted" }, `The first ${list.items.length} of ${count(list.total, "item")}. Type more of the subject.`) : null;
  return [el("ul", { class: "found" }, list.items.map(entry)), more];
}

/** Nothing has these words. A private entry could not have been found by them, so it is offered. */
function nothing(sought, view, search) {
  if (Object.keys(view.counts).length === 0) return el("p", { class: "empty" }, "Neither calendar was read yet, or both are empty. Press Start Sync in the Synchronization window first.");
  const hidden = view.counts.private || 0;
  const show = () => {
    view.kind = "private";
    document.getElementById("find-box").value = "";
    search();
  };
  return [el("p", { class: "empty" }, `Nothing found for “${sought}” in either calendar as they were read last${view.kind ? ` (${kindWords(view.kind)})` : ""}. Entries outside the days that are synchronized are not read (see the Settings).`),
    hidden && sought ? el("p", {}, `${count(hidden, "private entry is", "private entries are")} left out. Their subjects are not kept, so they cannot be found by them. `, button("Show the private ones by their times", show, {})) : null];
}

function entry(item) {
  const details = el("div", { class: "item-details", hidden: true });
  const opener = button("Details", () => {
    details.hidden = !details.hidden;
    opener.setAttribute("aria-expanded", String(!details.hidden));
    if (!details.childNodes.length) loadInto(details, async () => itemDetails(await get(`/items/${segment(item.id)}`)));
  }, { "aria-expanded": "false", "aria-label": `Details of ${item.title}` });
  return el("li", { class: "card item" },
    el("div", { class: "item-head" }, el("div", { class: "grow" }, el("h2", {}, item.title || "(no subject)"), el("div", { class: "muted" }, span(item), item.side ? ` · in ${SIDE[item.side]}` : "")),
      el("span", { class: `item-state ${item.state}` }, STATE[item.state] || upper(plain(item.state)), item.reason ? `: ${plain(item.reason)}` : ""), opener),
    item.why.map((text) => el("p", { class: "why" }, sentence(text))),
    item.state === "row" ? el("div", { class: "buttons" }, button("Show it in the list", () => go("summary", "-", item.id))) : null, details);
}

function itemDetails(item) {
  const side = (name) => el("div", { class: "side" }, el("h3", {}, SIDE[name]), item[name]
    ? [el("div", {}, item[name].subject), el("div", { class: "muted" }, span(item[name])), item[name].location ? el("div", {}, item[name].location) : null]
    : el("p", { class: "muted" }, "not there, or not read"));
  return [el("div", { class: "sides" }, side("salesforce"), side("notes")),
    el("h3", {}, "History"),
    item.history.length ? el("ul", {}, item.history.map((one) => el("li", {}, `${moment(one.at)}: ${ACTION[one.action] ? ACTION[one.action].label : one.action} – ${resultWords(one.result, one.action === "link")}. `,
      one.text ? el("span", { class: "muted" }, sentence(one.text), " ") : "", button("Run", () => attempt(() => go("summary", one.run)), { class: "quiet" })))) : el("p", { class: "muted" }, "Nothing was written for it yet.")];
}
