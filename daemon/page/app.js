// Starts the page: session, header, status stream, and the view that the address names.

import { followStatus, forgetSession, get, openSession, segment } from "./api.js";
import { attempt, forgetProblems, notice } from "./dialog.js";
import { el, fill } from "./dom.js";
import { showHeader } from "./header.js";
import { go, heard, listen, lost, VIEWS } from "./state.js";
import { accountsView } from "./accounts_view.js";
import { doctorView } from "./doctor_view.js";
import { findView } from "./find_view.js";
import { historyView } from "./history_view.js";
import { ignoredView } from "./ignored_view.js";
import { settingsView } from "./settings_view.js";
import { summaryView } from "./summary_view.js";
import { syncView } from "./sync_view.js";
import { sentence } from "./words.js";

const BUILD = {
  synchronization: syncView, summary: summaryView, history: historyView, ignored: ignoredView,
  find: findView, settings: settingsView, accounts: accountsView, doctor: doctorView,
};

const main = document.getElementById("main");
let leave = null;

function showView() {
  const [view, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const name = view in BUILD ? view : "synchronization";
  forgetProblems();
  if (leave) leave();
  fill(main);
  main.className = `view-${name}`;
  document.title = `${VIEWS[name]} – Daybridge`;
  leave = BUILD[name](main, ...rest) || null;
  showHeader(document.getElementById("header"), name);
  if (!main.contains(document.activeElement)) main.focus({ preventScroll: true });
}

function locked(message) {
  forgetSession();
  if (leave) leave();
  leave = null;
  fill(document.getElementById("header"));
  window.removeEventListener("hashchange", showView);
  document.title = "Daybridge";
  fill(main, el("section", { class: "locked" },
    el("h1", {}, "Open it from the tray again"),
    el("p", {}, message),
    el("p", {}, "Right-click the Daybridge icon and choose ", el("strong", {}, "Open Synchronization in manual mode"),
      ", or run ", el("code", {}, "daybridge open"), ".")));
}

/** When a comparison ends while its window is open, its list is what the person waits for. */
function followRun(status, before) {
  const run = status && status.run;
  const was = before && before.run;
  if (run && run.state === "comparing" && !(was && was.id === run.id && was.state === "comparing")) forgetProblems();
  const here = location.hash.replace(/^#\/?/, "").split("/")[0] || "synchronization";
  if (run && was && run.id === was.id && was.state === "comparing" && run.state === "awaiting_review" && here === "synchronization") {
    go("summary", run.id);
  }
  if (!run && was && was.state === "comparing" && here === "synchronization") tellEnd(was.id);
}

/** A comparison that ended without a list: in step, failed with its reason, or cancelled (which needs no words). */
async function tellEnd(id) {
  const run = await attempt(() => get(`/runs/${segment(id)}`));
  if (!run) return;
  if (run.state === "done") notice("The two calendars are in step: there is nothing to decide.", "good");
  if (run.state === "failed") notice(`The comparison failed. ${sentence(run.because)}`, "bad");
}

async function start() {
  let asked;
  try {
    asked = await openSession();
  } catch (error) {
    locked(error.message);
    return;
  }
  if (asked === null) {
    locked("This page has no session. A page stays open until Daybridge stops or twelve hours without use.");
    return;
  }
  document.addEventListener("session-ended", () => locked("Daybridge was started again, or this page was not used for twelve hours."));
  const wanted = asked.get("view");
  if (wanted in VIEWS) {
    history.replaceState(null, "", `#/${wanted}${asked.get("change") ? `/-/${encodeURIComponent(asked.get("change"))}` : ""}`);
  }
  let first = true;
  listen((status, before) => {
    if (first) {
      first = false;
      window.addEventListener("hashchange", showView);
      showView();
    } else {
      followRun(status, before);
    }
  });
  followStatus(heard, lost);
}

start();
