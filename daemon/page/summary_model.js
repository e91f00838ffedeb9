// The rows of a run as the summary shows them: sections, series, filters, selection, and the choices rows have in common.

import { ACTION, RISK } from "./words.js";

const SECTIONS = [
  ["back", "Look again", (row) => row.result === "stale"],
  ["failed", "Not written", (row) => row.result === "failed" || row.result === "unknown"],
  ["written", "Written", (row) => row.result === "applied"],
  ["left", "Left as they were", (row, finished) => finished],
  ["cannot", "Cannot be synchronized", (row) => row.action === "cannot_sync"],
  ["decide", "Needs your decision", (row) => row.default_decision === "undecided"],
  ["ready", "Ready to write", () => true],
];
const ORDER = ["back", "failed", "decide", "ready", "written", "left", "cannot"];
const TITLE = Object.fromEntries(SECTIONS.map(([id, title]) => [id, title]));

export const choiceKey = (choice) => `${choice.decision}|${choice.answer || ""}|${choice.candidate || ""}`;
const decidedKey = (row) => `${row.decision}|${row.decided_answer || ""}|${row.decided_candidate || ""}`;

/** The choice of the row's menu that its decision stands for, or null. */
export function chosenOf(row) {
  const exact = row.choices.find((choice) => choiceKey(choice) === decidedKey(row));
  return exact || row.choices.find((choice) => choice.decision === row.decision && (choice.answer || null) === (row.decided_answer || null)) || null;
}

/** What an approved row does where its menu is gone because its run has ended. */
const USUAL = {
  link: { salesforce: "nothing", notes: "nothing" },
  delete_in_salesforce: { salesforce: "delete", notes: "nothing" },
  delete_in_notes: { salesforce: "nothing", notes: "delete" },
};

/** What carrying the row out does on each side, or null where that is not known any more. */
export function effectOf(row) {
  const choice = chosenOf(row);
  if (choice) return choice.effect;
  return row.decision === "approve" && row.choices.length === 0 ? USUAL[row.action] || null : null;
}

/** Whether carrying the row out touches neither calendar: two that agree are linked, or kept apart. */
export function onlyNoted(row) {
  const effect = effectOf(row);
  return effect !== null && effect.salesforce === "nothing" && effect.notes === "nothing";
}

export const isOpen = (row) => row.result === null || row.result === "stale";
export const writes = (row) => ["approve", "use_salesforce", "use_notes", "choose_fields", "answer"].includes(row.decision);
export const ignores = (row) => row.decision === "ignore_until_change" || row.decision === "ignore_forever";

/** The icon of a row as it is decided now. */
export function iconOf(row) {
  if (row.decision === "ignore_until_change") return "ignore-once";
  if (row.decision === "ignore_forever") return "ignore-forever";
  const usual = (ACTION[row.action] || ACTION.question).icon;
  if (row.decision === "undecided" || row.decision === "approve") return usual;
  const choice = chosenOf(row);
  return choice ? iconOfChoice(row, choice) : usual;
}

/** The icon of one choice: from what it does to each side. */
export function iconOfChoice(row, choice) {
  if (choice.decision === "ignore_until_change") return "ignore-once";
  if (choice.decision === "ignore_forever") return "ignore-forever";
  if (choice.decision === "undecided") return "open";
  const { salesforce, notes } = choice.effect;
  if (choice.decision === "approve" && row) return (ACTION[row.action] || ACTION.question).icon;
  if (salesforce === "nothing" && notes === "nothing") return choice.answer === "pair" ? "link" : "nothing";
  if (salesforce !== "nothing" && notes !== "nothing") return "update-both";
  const [effect, way] = salesforce !== "nothing" ? [salesforce, "left"] : [notes, "right"];
  return { create: "add", update: "update", delete: "delete" }[effect] + `-${way}`;
}

export class SummaryModel {
  constructor() {
    this.rows = new Map();
    this.filter = { action: "", risk: "", q: "", open: "" };
    this.expanded = new Set();
    this.closed = new Set();
    this.finished = false;
    this.selected = new Set();
    this.active = null;
    this.anchor = null;
    this.lines = [];
  }

  load(changes) {
    this.rows = new Map(changes.map((row) => [row.id, row]));
    this.selected = new Set([...this.selected].filter((id) => this.rows.has(id)));
    this.arrange();
  }

  merge(changes) {
    for (const row of changes) this.rows.set(row.id, { ...this.rows.get(row.id), ...row });
    this.arrange();
  }

  counts() {
    const counts = new Map();
    for (const row of this.rows.values()) if (isOpen(row)) counts.set(row.action, (counts.get(row.action) || 0) + 1);
    return counts;
  }

  risks() {
    const found = new Set();
    for (const row of this.rows.values()) for (const risk of row.risks) found.add(risk);
    return Object.keys(RISK).filter((risk) => found.has(risk));
  }

  matches(row) {
    const { action, risk, q, open } = this.filter;
    if (action && row.action !== action) return false;
    if (risk === "none" ? row.risks.length : risk && !row.risks.includes(risk)) return false;
    if (open === "undecided" && row.decision !== "undecided") return false;
    if (!q) return true;
    const sought = q.toLocaleLowerCase();
    const texts = [row.title, ...[row.salesforce, row.notes].flatMap((image) => (image ? [image.subject, image.location] : []))];
    return texts.some((text) => text && text.toLocaleLowerCase().includes(sought));
  }

  /** Lays the rows out again as lines: {kind: section | series | row, ids}. */
  arrange() {
    const bySection = new Map(ORDER.map((id) => [id, []]));
    for (const row of this.rows.values()) {
      if (this.matches(row)) bySection.get(SECTIONS.find(([, , holds]) => holds(row, this.finished))[0]).push(row);
    }
    this.lines = [];
    for (const id of ORDER) {
      const rows = bySection.get(id);
      if (rows.length === 0) continue;
      const closed = this.closed.has(id);
      this.lines.push({ kind: "section", key: `section:${id}`, id, title: TITLE[id], count: rows.length, closed, ids: rows.map((row) => row.id) });
      if (!closed) this.addRows(id, rows);
    }
    if (!this.lines.some((line) => line.key === this.active)) this.active = null;
  }

  addRows(section, rows) {
    const series = new Map();
    for (const row of rows) if (row.series) series.set(row.series.id, [...(series.get(row.series.id) || []), row]);
    const shown = new Set();
    for (const row of rows) {
      const members = row.series ? series.get(row.series.id) : [row];
      if (members.length === 1) {
        this.lines.push({ kind: "row", key: `row:${row.id}`, ids: [row.id], row });
      } else if (!shown.has(row.series.id)) {
        shown.add(row.series.id);
        const key = `series:${section}:${row.series.id}`;
        const open = this.expanded.has(key);
        this.lines.push({ kind: "series", key, ids: members.map((one) => one.id), members, series: row.series, open });
        if (open) for (const one of members) this.lines.push({ kind: "row", key: `row:${one.id}`, ids: [one.id], row: one, member: true });
      }
    }
  }

  toggleOpen(line) {
    const [set, key] = line.kind === "section" ? [this.closed, line.id] : [this.expanded, line.key];
    if (set.has(key)) set.delete(key);
    else set.add(key);
    this.arrange();
  }

  isSelected(line) {
    return line.kind !== "section" && line.ids.every((id) => this.selected.has(id));
  }

  selectOnly(line) {
    this.selected = new Set(line.kind === "section" ? [] : line.ids);
    this.active = this.anchor = line.key;
  }

  toggle(line) {
    const on = this.isSelected(line);
    if (line.kind !== "section") for (const id of line.ids) on ? this.selected.delete(id) : this.selected.add(id);
    this.active = this.anchor = line.key;
  }

  /** Selects from the anchor to `line`, as Shift-click does. */
  selectRange(line) {
    const there = this.lines.findIndex((one) => one.key === (this.anchor || line.key));
    const here = this.lines.indexOf(line);
    const [from, to] = there < here ? [there, here] : [here, there];
    this.selected = new Set(this.lines.slice(Math.max(from, 0), to + 1).filter((one) => one.kind !== "section").flatMap((one) => one.ids));
    this.active = line.key;
  }

  selectShown() {
    this.selected = new Set(this.lines.flatMap((line) => line.ids));
  }

  chosenRows() {
    return [...this.rows.values()].filter((row) => this.selected.has(row.id));
  }

  /** The series whose every row is selected, so that one decision can speak for the series. */
  wholeSeries(rows) {
    const ids = new Set(rows.map((row) => row.id));
    const found = new Set();
    for (const row of rows) {
      if (!row.series) continue;
      const members = [...this.rows.values()].filter((one) => one.series && one.series.id === row.series.id);
      if (members.length > 1 && members.every((one) => ids.has(one.id))) found.add(row.series.id);
    }
    return found;
  }

  /** The choices that every one of `rows` offers; for several rows no side per field and no candidate. */
  commonChoices(rows) {
    if (rows.length === 0) return [];
    if (rows.length === 1) return rows[0].choices;
    return rows[0].choices.filter((choice) => choice.decision !== "choose_fields" && !choice.candidate
      && rows.every((row) => row.choices.some((one) => choiceKey(one) === choiceKey(choice))));
  }

  /** What Ok would do: writes, ignores, deletions by side, undecided. */
  totals() {
    const totals = { writes: 0, noted: 0, ignored: 0, undecided: 0, salesforce: [], notes: [], failed: 0, written: 0 };
    for (const row of this.rows.values()) {
      if (row.result === "applied") totals.written += 1;
      else if (row.result === "failed" || row.result === "unknown") totals.failed += 1;
      else if (row.action === "cannot_sync" && !ignores(row)) continue;
      else if (ignores(row)) totals.ignored += 1;
      else if (!writes(row)) totals.undecided += 1;
      else this.addWrite(totals, row);
    }
    return totals;
  }

  addWrite(totals, row) {
    totals.writes += 1;
    if (onlyNoted(row)) totals.noted += 1;
    const choice = chosenOf(row);
    if (choice && choice.effect.salesforce === "delete") totals.salesforce.push(row);
    if (choice && choice.effect.notes === "delete") totals.notes.push(row);
  }
}
