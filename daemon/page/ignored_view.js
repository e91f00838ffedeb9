// The ignored items: who ignored what and when, what changed since, and re-arming one.

import { get, remove, segment } from "./api.js";
import { attempt, loadInto, notice } from "./dialog.js";
import { button, el, fill } from "./dom.js";
import { moment, span } from "./times.js";
import { GROUP } from "./words.js";

const KIND = { ignore_until_change: "Until the next time one changes", ignore_forever: "Forever" };

export function ignoredView(main) {
  const place = el("div", {});
  fill(main, el("section", { class: "pane" }, el("h1", {}, "Ignored"),
    el("p", { class: "lead" }, "Differences that are left alone. Re-arm one, and it comes back with the next Start Sync."), place));
  const show = () => loadInto(place, async () => table((await get("/ignored")).ignored, show));
  show();
}

function table(entries, again) {
  if (entries.length === 0) return el("p", { class: "empty" }, "Nothing is ignored.");
  return el("table", { class: "plain wide" },
    el("thead", {}, el("tr", {}, ["Item", "Ignored", "Applies to", "By", "Changed since", ""].map((words) => el("th", { scope: "col" }, words || el("span", { class: "hidden" }, "Actions"))))),
    el("tbody", {}, entries.map((entry) => el("tr", {},
      el("td", {}, el("strong", {}, entry.title || "(no subject)"), el("div", { class: "muted" }, when(entry))),
      el("td", {}, KIND[entry.kind] || entry.kind),
      el("td", {}, entry.scope === "series" ? "Whole series" : "This item"),
      el("td", {}, entry.who || "–", el("div", { class: "muted" }, moment(entry.at))),
      el("td", {}, changedWords(entry)),
      el("td", { class: "row-buttons" }, button("Re-arm", () => rearm(entry, again), { "aria-label": `Re-arm ${entry.title}` }))))));
}

/** What differs from the moment it was ignored; of two that were never linked only that something does. */
function changedWords(entry) {
  if (entry.changed.length) return entry.changed.map((group) => GROUP[group] || group).join(", ");
  return entry.drifted ? "changed; the next list shows where" : "nothing";
}

function when(entry) {
  return entry.starts_at ? span({ starts_at: entry.starts_at, ends_at: entry.starts_at, all_day: !entry.starts_at.includes("T") }) : "";
}

async function rearm(entry, again) {
  if (await attempt(() => remove(`/ignored/${segment(entry.id)}`))) {
    notice("It takes part again from the next Start Sync on.", "good");
    again();
  }
}
