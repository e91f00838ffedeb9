// The doctor: duplicates, orphaned links and trouble with this installation, and forgetting all links.

import { get, post } from "./api.js";
import { ask, attempt, loadInto, notice } from "./dialog.js";
import { button, el, fill } from "./dom.js";
import { count, plain, sentence, upper } from "./words.js";

export function doctorView(main) {
  const place = el("div", { "aria-live": "polite" });
  const show = () => loadInto(place, async () => report(await get("/doctor")));
  fill(main, el("section", { class: "pane" }, el("h1", {}, "Doctor"),
    el("p", { class: "lead" }, "Looks for duplicates, links whose item is gone, and trouble with this installation. It changes nothing."),
    el("div", { class: "buttons" }, button("Look again", show, { class: "primary" })), place,
    el("section", { class: "card" }, el("h2", {}, "Forget all links"),
      el("p", {}, "Daybridge forgets which items belong together and what is ignored. Nothing is deleted in either calendar; the next run matches everything anew."),
      el("div", { class: "buttons" }, button("Forget links", forget, { class: "danger" })))));
  show();
}

function report(told) {
  if (told.ok && told.findings.length === 0) return el("p", { class: "card good" }, "Nothing found. Everything looks well.");
  return el("ul", { class: "found" }, told.findings.map((finding) => el("li", { class: "card" }, el("h2", {}, upper(plain(finding.kind))), el("p", {}, sentence(finding.text)),
    finding.items.length ? el("p", { class: "muted" }, count(finding.items.length, "item")) : null)));
}

async function forget() {
  const yes = await ask("Forget links", el("p", {}, "Forget all links and ignored differences? Both calendars stay as they are."),
    [{ label: "Forget links", value: true, kind: "primary danger" }, { label: "Cancel", value: false }]);
  if (yes && await attempt(() => post("/pairing/forget"))) notice("All links are forgotten.", "good");
}
