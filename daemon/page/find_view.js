// Find an item: why a meeting does or does not synchronize, both sides of it, and what happened to it so far.

import { get, segment } from "./api.js";
import { attempt, loadInto } from "./dialog.js";
import { button, el, fill } from "./dom.js";
import { go } from "./state.js";
import { moment, span } from "./times.js";
import { ACTION, count, plain, RESULT, sentence, SIDE, upper } from "./words.js";

const STATE = {
  in_step: "In step", row: "In the open list", left_out: "Left out", ignored: "Ignored", frozen: "Kept, not compared", unlinked: "Not linked",
};
const PAGE = 50;

export function findView(main) {
  const place = el("div", { "aria-live": "polite" });
  const box = el("input", { type: "search", id: "find-box", size: 40, autocomplete: "off" });
  const search = (event) => {
    event.preventDefault();
    loadInto(place, async () => found(await get(`/items?limit=${PAGE}&q=${encodeURIComponent(box.value.trim())}`), box.value.trim()));
  };
  fill(main, el("section", { class: "pane" }, el("h1", {}, "Find an item"),
    el("p", { class: "lead" }, "Why did my meeting not sync? Search for it in both calendars, whether it takes part or not."),
    el("form", { class: "search", on: { submit: search } }, el("label", { htmlFor: "find-box" }, "Subject or place"), box, el("button", { type: "submit", class: "primary" }, "Search")), place));
  box.focus();
}

function found(list, sought) {
  if (list.items.length === 0) return el("p", { class: "empty" }, `Nothing found for “${sought}” in either calendar as they were read last.`);
  const more = list.total > list.items.length ? el("p", { class: "muted" }, `The first ${list.items.length} of ${count(list.total, "item")}. Type more of the subject.`) : null;
  return [el("ul", { class: "found" }, list.items.map(entry)), more];
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
    item.why.map((text) => el("p", { class: "why" }, sentence(text))), details);
}

function itemDetails(item) {
  const side = (name) => el("div", { class: "side" }, el("h3", {}, SIDE[name]), item[name]
    ? [el("div", {}, item[name].subject), el("div", { class: "muted" }, span(item[name])), item[name].location ? el("div", {}, item[name].location) : null]
    : el("p", { class: "muted" }, "not there, or not read"));
  return [el("div", { class: "sides" }, side("salesforce"), side("notes")),
    el("h3", {}, "History"),
    item.history.length ? el("ul", {}, item.history.map((one) => el("li", {}, `${moment(one.at)}: ${ACTION[one.action] ? ACTION[one.action].label : one.action}, ${RESULT[one.result] || one.result} `,
      one.text ? sentence(one.text) : "", button("Run", () => attempt(() => go("summary", one.run)), { class: "quiet" })))) : el("p", { class: "muted" }, "Nothing was written for it yet.")];
}
