// The head of the page: tabs, the daemon's state, the API budget, pause, and what is special about this installation.

import { post } from "./api.js";
import { attempt } from "./dialog.js";
import { button, el, fill } from "./dom.js";
import { openMenu } from "./menu.js";
import { known, listen, VIEWS } from "./state.js";
import { clock } from "./times.js";
import { DAEMON_STATE, sentence } from "./words.js";

const TABS = ["synchronization", "summary", "history", "ignored", "find", "settings", "accounts", "doctor"];
const SNOOZES = [[60, "1 hour"], [120, "2 hours"], [240, "4 hours"]];
const BRAND = el("div", { class: "brand" }, el("img", { src: "/icon.svg", alt: "", width: 22, height: 22 }), el("span", {}, "Daybridge")); // once: a stopped daemon serves no picture
let stop = null;

/** Draws the head and keeps it true; `view` is the tab that is open. */
export function showHeader(place, view) {
  if (stop) stop();
  const tabs = el("ul", { class: "tabs" }, TABS.map((name) => el("li", {}, tab(name, view))));
  const state = el("div", { class: "state", role: "status" });
  const tools = el("div", { class: "tools" });
  fill(place, el("div", { class: "bar" }, BRAND,
    el("nav", { "aria-label": "Views" }, tabs)), el("div", { class: "strip" }, state, tools));
  const draw = () => {
    drawBadge(tabs);
    drawState(state);
    drawTools(tools);
  };
  stop = listen(draw);
  draw();
}

function tab(name, view) {
  const words = name === "summary" ? "Summary" : VIEWS[name];
  return el("a", { href: `#/${name}`, "aria-current": name === view ? "page" : null, "data-tab": name }, words, el("span", { class: "badge", hidden: true }));
}

function drawBadge(tabs) {
  const badge = tabs.querySelector('[data-tab="summary"] .badge');
  const run = known.status && known.status.run;
  const waiting = run && run.state === "awaiting_review" ? known.status.pending.changes : 0;
  badge.hidden = waiting === 0;
  badge.textContent = waiting > 999 ? "999+" : String(waiting);
  badge.setAttribute("aria-label", `${waiting} pending`);
}

function drawState(place) {
  const status = known.status;
  if (!known.reachable || !status) {
    place.className = "state state-lost";
    delete place.dataset.told;
    fill(place, el("span", { class: "dot" }), el("strong", {}, "Not answering"), el("span", { class: "because" }, "Trying again …"));
    return;
  }
  place.className = `state state-${status.state}`;
  const because = sentence(status.because);
  const told = JSON.stringify([status.state, because]);
  if (place.dataset.told === told) return;
  place.dataset.told = told;
  fill(place, el("span", { class: "dot" }), el("strong", {}, DAEMON_STATE[status.state] || status.state),
    because ? el("span", { class: "because", title: because }, because) : null);
}

function drawTools(place) {
  const status = known.status;
  if (!status) return;
  fill(place, budget(status.api_budget.salesforce), special(status), pauseTool(status));
}

function budget(side) {
  if (!side || side.org_used === null || !side.org_max) return null;
  const text = `Salesforce API: ${side.org_used.toLocaleString()} of ${side.org_max.toLocaleString()} calls used today by the whole organization, ${side.used_by_us_24h.toLocaleString()} by Daybridge in 24 hours.`;
  return el("div", { class: "budget", title: text },
    el("span", {}, "Salesforce API"), el("meter", { min: 0, max: side.org_max, high: Math.round(side.org_max * 0.8), low: Math.round(side.org_max * 0.6), optimum: 0, value: side.org_used, "aria-label": text }),
    el("span", {}, `${side.org_used.toLocaleString()} of ${side.org_max.toLocaleString()}`));
}

function special(status) {
  const tags = [];
  if (status.demo) tags.push(el("span", { class: "tag", title: "Both calendars are local practice servers." }, "Demo"));
  if (status.credentials === "memory") {
    tags.push(el("span", { class: "tag warn", title: "Passwords and tokens are kept in memory only and forgotten when Daybridge stops." }, "Credentials in memory"));
  }
  return tags;
}

function pauseTool(status) {
  if (status.paused_until) {
    return button(`Paused until ${clock(status.paused_until)} · Resume`, () => attempt(() => post("/resume")), { class: "quiet" });
  }
  const opener = button("Pause", (event) => {
    const box = opener.getBoundingClientRect();
    openMenu({
      title: "Pause automatic runs for", x: box.left, y: box.bottom + 2, back: opener,
      entries: SNOOZES.map(([minutes, words]) => ({ label: words, pick: () => attempt(() => post("/pause", { minutes })) })),
    });
    event.stopPropagation();
  }, { class: "quiet", "aria-haspopup": "menu", title: "Pause automatic runs for 1, 2 or 4 hours" });
  return opener;
}
