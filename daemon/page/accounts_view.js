// The two accounts: connect and disconnect Salesforce, the Notes account form, its calendars, and a test of each.

import { get, patch, post, put, remove } from "./api.js";
import { ask, attempt, loadInto, notice } from "./dialog.js";
import { button, el, fill } from "./dom.js";
import { known, listen } from "./state.js";
import { clock } from "./times.js";
import { plain, sentence, SIDE, upper } from "./words.js";

const STATE = { not_connected: "Not connected", connected: "Connected", needs_sign_in: "Sign in needed", unreachable: "Cannot be reached" };
const KINDS = [["domino", "Domino server"], ["caldav", "CalDAV server"], ["ics_file", "One .ics file (read only)"], ["ics_folder", "Folder with one entry per .ics file"]];
const CALENDAR_KIND = { own: "own", delegated: "delegated to you", team: "team", file: "file" };

export function accountsView(main) {
  const salesforce = el("section", { class: "card account" });
  const notes = el("section", { class: "card account" });
  const form = notesForm();
  fill(main, el("section", { class: "pane" }, el("h1", {}, "Accounts"),
    known.status.credentials === "memory" ? el("p", { class: "warning" }, "Passwords and tokens are kept in memory only: they are forgotten when Daybridge stops.") : null,
    el("div", { class: "two" }, salesforce, notes)));
  const draw = () => {
    const told = JSON.stringify(known.status.accounts);
    if (main.dataset.told === told) return;
    main.dataset.told = told;
    drawAccount(salesforce, "salesforce", [button("Connect Now", connect, { class: "primary" })]);
    drawAccount(notes, "notes", []);
    notes.append(form, calendars());
  };
  delete main.dataset.told;
  draw();
  return listen(draw);
}

function drawAccount(place, side, more) {
  const account = known.status.accounts[side];
  const on = account.state !== "not_connected";
  const outcome = el("p", { role: "status", class: "outcome" });
  fill(place, el("h2", {}, SIDE[side]),
    el("p", {}, el("span", { class: `account-state ${account.state}` }, STATE[account.state] || plain(account.state)), account.name ? ` as ${account.name}` : "",
      account.address ? el("span", { class: "muted address" }, account.address) : null),
    account.because ? el("p", { class: "problem" }, sentence(account.because)) : null,
    el("div", { class: "buttons" }, more,
      button("Test Connection", () => test(side, outcome), { disabled: !on }), button("Disconnect", () => disconnect(side), { disabled: !on })),
    outcome);
}

async function connect() {
  const started = await attempt(() => post("/accounts/salesforce/connect"));
  if (!started) return;
  if (!/^https?:\/\//.test(started.authorize_url)) return;
  const link = el("a", { href: started.authorize_url, target: "_blank", rel: "noopener noreferrer" }, "Sign in to Salesforce");
  let stop = () => {};
  await ask("Connect Salesforce", [el("p", {}, `Sign in before ${clock(started.expires_at)}; this page sees by itself when it is done.`), el("p", {}, link)],
    [{ label: "Close", value: true, kind: "primary" }], { until: (close) => { stop = whenSignedIn(close); } });
  stop();
}

/** Calls `done` when a sign-in ends well: the account says something new and is connected. Gives the function that stops waiting. */
function whenSignedIn(done) {
  const before = JSON.stringify(known.status.accounts.salesforce);
  return listen((status) => {
    const now = status.accounts.salesforce;
    if (now.state === "connected" && JSON.stringify(now) !== before) {
      notice("Salesforce is connected.", "good");
      done();
    }
  });
}

async function test(side, outcome) {
  fill(outcome, "Testing …");
  const result = await attempt(() => post(`/accounts/${side}/test`));
  fill(outcome, result ? el("span", { class: result.ok ? "good" : "problem" }, sentence(result.text)) : null);
}

async function disconnect(side) {
  const yes = await ask("Disconnect", el("p", {}, `Forget the sign-in to ${SIDE[side]}? Links and history stay; no calendar entry is touched.`),
    [{ label: "Disconnect", value: true, kind: "primary danger" }, { label: "Cancel", value: false }]);
  if (yes) await attempt(() => remove(`/accounts/${side}`));
}

function notesForm() {
  const kind = el("select", { name: "kind" }, KINDS.map(([value, words]) => el("option", { value }, words)));
  const url = el("input", { type: "text", name: "url", size: 32, required: true, autocomplete: "off", spellcheck: "false", placeholder: "https://mail.example.com/mail/jdoe.nsf" });
  const user = el("input", { type: "text", name: "user", size: 32, autocomplete: "username" });
  const password = el("input", { type: "password", name: "password", size: 32, autocomplete: "current-password" });
  const calendar = el("input", { type: "text", name: "calendar", size: 32, autocomplete: "off", spellcheck: "false", placeholder: "empty: your own" });
  const outcome = el("p", { role: "status", class: "outcome" });
  const save = async (event) => {
    event.preventDefault();
    fill(outcome, "Testing …");
    const result = await attempt(() => put("/accounts/notes", { kind: kind.value, url: url.value.trim(), user: user.value.trim(), password: password.value, calendar: calendar.value.trim() }));
    password.value = "";
    fill(outcome, result ? el("span", { class: result.ok ? "good" : "problem" }, sentence(result.text)) : null);
  };
  const field = (words, node) => el("label", { class: "field" }, words, node);
  fillIn({ kind, url, user, calendar });
  return el("details", { class: "notes-form", open: known.status.accounts.notes.state === "not_connected" }, el("summary", {}, "Notes account"),
    el("form", { on: { submit: save } }, field("Kind", kind), field("Address of the server, mail file or folder", url), field("User", user), field("Internet password", password),
      field("Calendar (mail file or address)", calendar),
      el("div", { class: "buttons" }, el("button", { type: "submit", class: "primary" }, "Save and test")), outcome));
}

/** Puts what is set now into the form, so that a new password alone does not blank the rest; what was typed meanwhile stays. */
async function fillIn(fields) {
  const settings = await attempt(() => get("/settings"));
  if (!settings) return;
  for (const [name, node] of Object.entries(fields)) {
    const now = settings.values[`notes.${name}`];
    if (now && (node.value === "" || node === fields.kind)) node.value = now;
  }
}

/** Which Notes calendar is paired with Salesforce. */
function calendars() {
  const place = el("div", { class: "calendars" });
  const choose = async (calendar) => {
    const yes = await ask("Calendar", el("p", {}, `Pair “${calendar.name}” with Salesforce from now on? The next run must be started by hand; the links of the calendar used so far are kept aside.`),
      [{ label: "Yes", value: true, kind: "primary" }, { label: "No", value: false }]);
    if (yes && await attempt(() => patch("/settings", { values: { "notes.calendar": calendar.path || calendar.id } }))) {
      notice(`“${calendar.name}” is the Notes calendar now.`, "good");
    }
    show();
  };
  const show = () => {
    if (known.status.accounts.notes.state !== "connected") return fill(place);
    return loadInto(place, async () => {
      const list = (await get("/calendars")).calendars;
      return [el("h3", {}, "Calendar"), el("ul", { class: "plain-list" }, list.map((one) => el("li", {}, el("label", { class: "check" },
        el("input", { type: "radio", name: "calendar", checked: one.selected, on: { change: () => choose(one) } }), one.name,
        el("span", { class: "muted" }, ` ${CALENDAR_KIND[one.kind] || upper(one.kind)}${one.can_write ? "" : ", read only"}${one.sees_private ? "" : ", private entries not visible"}`)))))];
    });
  };
  show();
  return place;
}
