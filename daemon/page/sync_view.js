// The Synchronization window: object types with Last Run, Start Sync with its question, progress, and the hourly offer.

import { get, patch, post, segment } from "./api.js";
import { ask, attempt, notice } from "./dialog.js";
import { button, el, fill } from "./dom.js";
import { icon } from "./icons.js";
import { go, known, listen } from "./state.js";
import { moment } from "./times.js";
import { count, PHASE, plain, sentence } from "./words.js";

const DISMISSED = "daybridge-hourly-offer";
const EVERY = "automatic.every_minutes";

/** Shows the window in `main`; gives the function that ends it. */
export function syncView(main) {
  const chosen = new Map();
  const pair = el("div", { class: "pair" });
  const objects = el("div", { class: "objects" });
  const activity = el("div", { class: "activity", "aria-live": "polite" });
  const offer = el("div", {});
  const next = el("p", { class: "next" });
  const parts = {};
  const start = button("Start Sync", () => startSync(chosen), { class: "primary large" });
  fill(main, el("section", { class: "card window" },
    el("h1", {}, "Synchronization"),
    el("p", { class: "lead" }, "Choose what to compare. Nothing is written before you press Ok in the summary."),
    pair, objects, el("div", { class: "buttons start" }, start), next, activity), offer);
  const draw = () => {
    drawPair(pair);
    drawObjects(objects, chosen);
    next.textContent = known.status.next_run_at ? `Next automatic comparison: ${moment(known.status.next_run_at)}` : "";
    next.hidden = !known.status.next_run_at;
    drawActivity(activity, parts);
    const run = known.status.run;
    start.disabled = Boolean(run && run.state !== "awaiting_review") || !known.reachable;
  };
  const stop = listen((status, before) => {
    draw();
    if (before && before.run && !status.run) drawOffer(offer);
  });
  draw();
  drawOffer(offer);
  return stop;
}

/** Which two calendars are paired; an account that is missing leads to the form. */
function drawPair(place) {
  const { salesforce, notes } = known.status.accounts;
  const told = JSON.stringify([salesforce, notes]);
  if (place.dataset.told === told) return;
  place.dataset.told = told;
  const side = (title, account) => el("div", {}, el("div", { class: "side-name" }, title), account.state === "not_connected"
    ? el("a", { href: "#/accounts" }, "Connect it first")
    : [el("div", { class: "name" }, account.name || "connected"), account.because ? el("a", { class: "problem", href: "#/accounts" }, sentence(account.because)) : null]);
  fill(place, side("Salesforce", salesforce), icon("update-both"), side("Notes", notes));
}

function drawObjects(place, chosen) {
  const told = JSON.stringify(known.status.objects);
  if (place.dataset.told === told) return;
  place.dataset.told = told;
  fill(place, el("table", { class: "plain" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Object type"), el("th", { scope: "col" }, "Last Run"))),
    el("tbody", {}, known.status.objects.map((object) => {
      if (!chosen.has(object.id)) chosen.set(object.id, object.selected);
      const box = el("input", { type: "checkbox", checked: chosen.get(object.id), on: { change: () => chosen.set(object.id, box.checked) } });
      return el("tr", {}, el("td", {}, el("label", { class: "check" }, box, object.name)), el("td", { class: "last-run" }, moment(object.last_run)));
    }))));
}

async function startSync(chosen) {
  const objects = [...chosen].filter(([, wanted]) => wanted).map(([id]) => id);
  if (objects.length === 0) {
    notice("Choose at least one object type first.", "bad");
    return;
  }
  const again = known.status.run && known.status.run.state === "awaiting_review";
  const answer = await ask("Start Sync",
    el("p", {}, again
      ? "A list is waiting for your decisions. Compare both calendars again? Decisions on rows that did not change are kept."
      : "Compare the Notes calendar with Salesforce now? Nothing is written by comparing."),
    [{ label: "Yes", value: true, kind: "primary" }, { label: "No", value: false }]);
  if (answer) await attempt(() => post("/runs", { objects }));
}

/** Draws what the open run does; the bar and words stay the same nodes, so that screen readers hear only real changes. */
function drawActivity(place, parts) {
  const run = known.status.run;
  const kind = run ? run.state : "none";
  if (parts.kind !== kind || parts.run !== (run && run.id)) {
    Object.assign(parts, { kind, run: run && run.id });
    fill(place, activityOf(run, parts));
  }
  if (run && parts.bar) {
    const { phase, done, total } = run.progress;
    parts.words.textContent = PHASE[phase] || plain(phase || "") || "Working";
    parts.numbers.textContent = total ? `${done.toLocaleString()} of ${total.toLocaleString()}` : "";
    if (total) parts.bar.value = done / total;
    else parts.bar.removeAttribute("value");
  }
}

function activityOf(run, parts) {
  parts.bar = null;
  if (!run) return null;
  if (run.state === "awaiting_review") {
    const { changes, conflicts, deletions } = known.status.pending;
    return el("div", { class: "waiting" },
      el("p", {}, el("strong", {}, `${count(changes, "difference")} wait${changes === 1 ? "s" : ""} for your decision`),
        `: ${count(conflicts, "conflict")}, ${count(deletions, "deletion")}.`),
      button("Open the Synchronization Summary", () => go("summary", run.id), { class: "primary" }));
  }
  parts.words = el("span", {});
  parts.numbers = el("span", { class: "numbers" });
  parts.bar = el("progress", { max: 1, "aria-label": "Progress of this run" });
  return el("div", { class: "progress" }, el("p", {}, parts.words, " ", parts.numbers), parts.bar,
    run.state === "comparing" ? button("Cancel", () => attempt(() => post(`/runs/${segment(run.id)}/cancel`))) : null);
}

/** After the first manual run that wrote something: "every hour" with one button (product.md, automatic run). */
async function drawOffer(place) {
  const everRun = known.status.objects.some((object) => object.last_run);
  if (!everRun || localStorage.getItem(DISMISSED)) return;
  const settings = await attempt(() => get("/settings"));
  if (!settings || settings.values[EVERY] !== 0) return;
  const accept = async () => {
    if (await attempt(() => patch("/settings", { values: { [EVERY]: 60 } }))) {
      fill(place);
      notice("Daybridge compares every hour from now on. It still asks before it writes.", "good");
    }
  };
  const refuse = () => {
    localStorage.setItem(DISMISSED, "no");
    fill(place);
  };
  fill(place, el("section", { class: "card offer", "aria-label": "Automatic runs" },
    el("p", {}, el("strong", {}, "The first manual run is done. "), "Shall Daybridge compare every hour by itself and fill the list? Nothing is written without you."),
    el("div", { class: "buttons" }, button("Every hour", accept, { class: "primary" }), button("Not now", refuse))));
}

