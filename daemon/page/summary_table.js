// The list of the summary: Salesforce left, Notes right, the Action icon between; only the lines in sight are drawn.

import { el } from "./dom.js";
import { icon } from "./icons.js";
import { chosenOf, effectOf, iconOf, ignores, onlyNoted, writes } from "./summary_model.js";
import { span } from "./times.js";
import { ACTION, choiceLabel, count, DECIDED_SHORT, generalLabel, resultWords, RESULT, RISK, sentence, SIDE } from "./words.js";

export const LINE_HEIGHT = 46;
const SPARE = 8;

/** Draws `model` into a scrolling grid. `acts` has click, menu, open, toggle, moved: what the view does on each. */
export class SummaryTable {
  constructor(model, acts) {
    this.model = model;
    this.acts = acts;
    this.drawn = new Map();
    this.pointing = false;
    this.sheet = el("div", { class: "sheet", role: "rowgroup" });
    this.scroller = el("div", {
      class: "scroller", role: "grid", tabIndex: 0, "aria-label": "Differences", "aria-multiselectable": "true", "aria-colcount": 4,
      on: {
        pointerdown: () => { this.pointing = true; }, pointerup: () => { this.pointing = false; },
        scroll: () => this.draw(), keydown: (event) => this.acts.key(event),
        click: (event) => this.pointed(event, event.detail === 2 && !event.target.closest(".act, .twist") ? "open" : "click"),
        focus: () => this.focused(),
        contextmenu: (event) => this.pointed(event, "menu"),
      },
    }, heading(), this.sheet);
    new ResizeObserver(() => this.draw()).observe(this.scroller);
  }

  pointed(event, what) {
    const node = event.target.closest("[data-line]");
    if (!node) return;
    const line = this.model.lines[Number(node.dataset.line)];
    if (!line) return;
    if (what === "menu") event.preventDefault();
    this.scroller.focus({ preventScroll: true });
    this.acts[what](line, event);
  }

  /** A list that gets the focus always has a line that the keys start from. */
  focused() {
    const { lines } = this.model;
    if (this.pointing || this.model.active !== null || lines.length === 0) return;
    this.model.active = (lines.find((line) => line.kind !== "section") || lines[0]).key;
    this.draw();
  }

  /** Draws the lines that can be seen, and a few more. */
  draw() {
    const { lines, active } = this.model;
    const height = this.scroller.clientHeight;
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / LINE_HEIGHT) - SPARE);
    const last = Math.min(lines.length, Math.ceil((this.scroller.scrollTop + height) / LINE_HEIGHT) + SPARE);
    this.sheet.style.height = `${lines.length * LINE_HEIGHT}px`;
    this.scroller.setAttribute("aria-rowcount", String(lines.length + 1));
    this.place(lines.slice(first, last).map((line, offset) => this.line(line, first + offset)));
    const at = lines.findIndex((line) => line.key === active);
    if (at >= first && at < last) this.scroller.setAttribute("aria-activedescendant", `line-${at}`);
    else this.scroller.removeAttribute("aria-activedescendant");
  }

  /** Scrolls until the active line is in sight. */
  reveal() {
    const at = this.model.lines.findIndex((line) => line.key === this.model.active);
    if (at < 0) return;
    const head = this.scroller.firstChild.offsetHeight;
    const top = at * LINE_HEIGHT;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    const bottom = top + LINE_HEIGHT + head - this.scroller.clientHeight;
    if (bottom > this.scroller.scrollTop) this.scroller.scrollTop = bottom;
  }

  /** Where the menu of a line opens when no pointer says so. */
  iconPlace(line) {
    const node = this.sheet.querySelector(`[data-line="${this.model.lines.indexOf(line)}"] .act`);
    const box = (node || this.scroller).getBoundingClientRect();
    return { x: box.left + box.width / 2, y: box.bottom };
  }

  /** Puts the nodes in place; those that stay are not touched, so that a click that has begun is not lost. */
  place(entries) {
    const wanted = new Map(entries.map((entry) => [entry.key, entry]));
    for (const [key, entry] of this.drawn) if (wanted.get(key) !== entry) entry.node.remove();
    this.drawn = wanted;
    entries.forEach(({ node }, index) => {
      if (this.sheet.childNodes[index] !== node) this.sheet.insertBefore(node, this.sheet.childNodes[index] || null);
    });
  }

  /** The drawn line, or the one that stands there already when nothing about it changed. */
  line(line, index) {
    const told = [index, this.model.isSelected(line), line.key === this.model.active, line.closed, line.open, line.count, line.row, ...(line.members || [])];
    const before = this.drawn.get(line.key);
    if (before && before.told.length === told.length && before.told.every((part, at) => part === told[at])) return before;
    return { key: line.key, told, node: this.build(line, index) };
  }

  build(line, index) {
    const node = el("div", {
      class: `line ${line.kind}`, role: "row", id: `line-${index}`, "data-line": index, "aria-rowindex": index + 2,
      "aria-selected": line.kind === "section" ? null : String(this.model.isSelected(line)),
    }, this.cells(line));
    node.style.top = `${index * LINE_HEIGHT}px`;
    if (line.key === this.model.active) node.classList.add("active");
    return node;
  }

  cells(line) {
    if (line.kind === "section") return sectionCell(line);
    if (line.kind === "series") return seriesCells(line);
    return rowCells(line.row, line.member);
  }
}

function heading() {
  const cell = (words, name) => el("div", { role: "columnheader", class: name }, words);
  return el("div", { class: "line head", role: "row", "aria-rowindex": 1 },
    cell("Salesforce", "c-salesforce"), cell("Action", "c-action"), cell("Notes", "c-notes"), cell("Decision", "c-decision"));
}

function sectionCell(line) {
  return el("div", { role: "gridcell", class: "c-section", "aria-colspan": 4 },
    icon(line.closed ? "closed" : "opened", "icon small"), el("strong", {}, line.title), el("span", { class: "muted" }, ` ${line.count.toLocaleString()}`));
}

/** One side of a row: subject and time; what differs from the other side is marked. */
function sideCell(image, other, name, row) {
  if (deletedIn(name, row)) return gone(name, row, true);
  if (!image && !other && name === "c-salesforce") return gone(name, row, false); // an ended row of a private item holds no image
  if (!image || wasGone(name, row)) return el("div", { role: "gridcell", class: `${name} none` }, el("span", { class: "absent" }, absence(name, row)));
  const differs = (a, b) => Boolean(other) && a !== b;
  const when = span(image);
  const mark = (text, marked) => (marked ? el("mark", {}, text) : text);
  return el("div", { role: "gridcell", class: name },
    el("div", { class: "subject", title: image.subject },
      image.private ? icon("private", "icon tiny") : null, mark(image.subject || "(no subject)", differs(image.subject, other && other.subject))),
    el("div", { class: "when" }, mark(when, differs(when, other && span(other))),
      image.location || differs(image.location, other && other.location)
        ? [" · ", mark(image.location || "no location", differs(image.location, other && other.location))] : null));
}

const sideOf = (name) => (name === "c-salesforce" ? "salesforce" : "notes");

/** Whether Ok deleted the item there; the document still holds what was deleted. */
function deletedIn(name, row) {
  const effect = row.result === "applied" ? effectOf(row) : null;
  return effect !== null && effect[sideOf(name)] === "delete";
}

/** What is left to say of an item whose image is not there: its title, struck through only where Ok deleted it. */
function gone(name, row, deleted) {
  const title = row.title || (PRIVATE_ACTIONS.includes(row.action) ? "Private appointment" : "(no subject)");
  return el("div", { role: "gridcell", class: `${name} gone` }, el("div", { class: "subject", title }, deleted ? el("s", {}, title) : title),
    el("div", { class: "when" }, deleted ? `deleted in ${SIDE[sideOf(name)]} · ` : null, span(row)));
}

const PRIVATE_ACTIONS = ["withdraw_from_salesforce", "make_private_in_notes"];

/** A deletion that was carried over: the side that deleted first holds nothing either. */
const wasGone = (name, row) => row.result === "applied" && row.action.startsWith("delete_in_") && row.action !== `delete_in_${sideOf(name)}`
  && deletedIn(name === "c-notes" ? "c-salesforce" : "c-notes", row);

function absence(name, row) {
  const side = sideOf(name);
  if (row.action === `create_in_${side}` && row.result === "applied") return `created in ${SIDE[side]}`;
  if (row.action === `create_in_${side}`) return `not in ${SIDE[side]} yet`;
  const gone = { salesforce: ["delete_in_notes", "edit_or_delete"], notes: ["delete_in_salesforce", "edit_or_delete"] }[side];
  return gone.includes(row.action) ? `deleted in ${SIDE[side]}` : "–";
}

function actionCell(rows, label, name) {
  const undecided = rows.every((row) => row.decision === "undecided");
  return el("div", { role: "gridcell", class: "c-action" },
    el("span", { class: `act ${tone(rows[0])}${undecided ? " undecided" : ""}`, title: label }, icon(name)),
    el("span", { class: "act-label" }, label));
}

/** Colour family of an action; the icon and the words say the same. */
function tone(row) {
  const name = iconOf(row);
  if (name.startsWith("delete")) return "deleting";
  if (name === "conflict" || name === "edit-delete" || name === "question") return "asking";
  if (name.startsWith("ignore") || name === "cannot" || name === "nothing") return "still";
  return name.endsWith("right") ? "to-notes" : name.endsWith("left") ? "to-salesforce" : "both";
}

function rowCells(row, member) {
  const label = ACTION[row.action] ? ACTION[row.action].label : row.action;
  const left = sideCell(row.salesforce, row.notes, "c-salesforce", row);
  if (member) left.classList.add("member");
  return [left, actionCell([row], label, iconOf(row)), sideCell(row.notes, row.salesforce, "c-notes", row),
    el("div", { role: "gridcell", class: "c-decision" }, decision(row), notes(row))];
}

/** Sign and words of the decision; never colour alone. `general`: one wording for rows of several actions, whose first must not speak for the others. */
function decision(row, general = false) {
  if (row.result && row.result !== "stale") {
    return decided(row.result, row.result === "applied" ? "check" : "failed", resultWords(row.result, onlyNoted(row)));
  }
  if (row.action === "cannot_sync" && !ignores(row)) return decided("open", "nothing", "Left as it is");
  if (row.decision === "undecided") return decided("open", "open", "Undecided");
  const choice = chosenOf(row);
  const words = DECIDED_SHORT[row.decision] || (choice ? (general && choice.decision === "approve" ? "Approved" : general ? generalLabel(choice) : choiceLabel(row, choice)) : row.decision);
  return writes(row) ? decided("yes", "check", words) : decided("ignored", iconOf(row), words);
}

const decided = (kind, sign, words) => el("div", { class: `decided ${kind}`, title: words }, icon(sign, "icon small"), el("span", { class: "words" }, words));

function notes(row) {
  if (row.error) return el("div", { class: "under bad", title: sentence(row.error) }, sentence(row.error));
  const chips = row.risks.map((risk) => chip(risk));
  if (row.result === "stale") chips.unshift(el("span", { class: "chip bad", title: "It changed after you had decided. Look at it again." }, RESULT.stale));
  if (chips.length) return el("div", { class: "under", title: sentence(row.summary) }, chips, " ", sentence(row.summary));
  return el("div", { class: "under", title: sentence(row.summary) }, sentence(row.summary));
}

export function chip(risk) {
  const known = RISK[risk] || { label: risk, text: "" };
  return el("span", { class: "chip", title: known.text }, known.label);
}

function seriesCells(line) {
  const { members, series } = line;
  const kinds = [...new Set(members.map((row) => row.action))];
  const label = kinds.length === 1 ? ACTION[kinds[0]].label : "Several actions";
  const each = kinds.map((kind) => `${members.filter((row) => row.action === kind).length} × ${ACTION[kind].label}`).join(", ");
  const first = members[0];
  const shown = (image) => (image ? el("div", { class: "subject" }, series.title || image.subject) : null);
  const range = (image) => `${count(members.length, "occurrence")}, from ${span(image)}`;
  const side = (name, image) => el("div", { role: "gridcell", class: image ? name : `${name} none` },
    image ? [shown(image), el("div", { class: "when" }, range(image))] : el("span", { class: "absent" }, absence(name, first)));
  const left = side("c-salesforce", first.salesforce);
  left.prepend(el("span", { class: "twist", "aria-hidden": "true" }, icon(line.open ? "opened" : "closed", "icon small")));
  left.classList.add("with-twist");
  return [left, actionCell(members, `${label} (${members.length})`, iconOf(first)), side("c-notes", first.notes),
    el("div", { role: "gridcell", class: "c-decision" }, seriesDecision(members), el("div", { class: "under", title: each }, series.moved_minutes ? `Moved by ${series.moved_minutes} minutes` : kinds.length === 1 ? "Series: open it for single occurrences" : each))];
}

function seriesDecision(members) {
  const same = members.every((row) => row.decision === members[0].decision && row.decided_answer === members[0].decided_answer && row.result === members[0].result);
  if (same) return decision(members[0], members.some((row) => row.action !== members[0].action));
  const yes = members.filter(writes).length;
  return decided("open", "open", `${yes} of ${members.length} decided`);
}
