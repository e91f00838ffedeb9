// The detail of one row: why, the possible actions, and the three-way table with a side to choose per field.

import { get, segment } from "./api.js";
import { button, el, fill, freshId } from "./dom.js";
import { icon } from "./icons.js";
import { choiceKey, chosenOf, iconOf, iconOfChoice, isOpen, onlyNoted } from "./summary_model.js";
import { chip } from "./summary_table.js";
import { foreignZone, span } from "./times.js";
import { choiceLabel, count, FIELD_STATE, GROUP, resultWords, sentence, SHOW_AS, SIDE, upper } from "./words.js";

/** Shows `row` in `place`. `acts`: decide(row, choice, fields), close(). `editable` is false for a finished run. */
export async function showDetail(place, row, editable, acts) {
  const detail = await get(`/runs/${segment(row.run)}/changes/${segment(row.id)}`);
  const may = editable && isOpen(detail);
  place.dataset.change = row.id;
  fill(place,
    el("header", { class: "detail-head" },
      el("span", { class: "act" }, icon(iconOf(detail))),
      el("div", { class: "grow" }, el("h2", {}, detail.title || "(no subject)"), el("p", { class: "muted" }, span(detail))),
      detail.risks.map((risk) => chip(risk)),
      button("Close", acts.close, { class: "quiet", title: "Close the details (Escape)" })),
    el("div", { class: "detail-body" },
      el("div", { class: "detail-fields" }, fieldTable(detail, may, acts), more(detail)),
      el("div", { class: "detail-side" }, reasons(detail), candidates(detail), actions(detail, may, acts))));
}

function reasons(detail) {
  const lines = [detail.error, ...(detail.why.length ? detail.why : [])].filter(Boolean).map((text) => el("li", {}, sentence(text)));
  return el("section", {}, el("h3", {}, "Why this row"), el("p", {}, sentence(detail.summary)), lines.length ? el("ul", {}, lines) : null,
    detail.result ? el("p", { class: "muted" }, resultWords(detail.result, onlyNoted(detail))) : null);
}

function actions(detail, may, acts) {
  if (!may) return null;
  const chosen = chosenOf(detail);
  return el("section", {}, el("h3", {}, "Action"), el("div", { class: "choices", role: "group", "aria-label": "Possible actions" }, detail.choices.map((choice) => {
    const on = chosen !== null && choiceKey(choice) === choiceKey(chosen);
    return el("button", {
      type: "button", class: `choice${choice.destructive ? " dangerous" : ""}`, "aria-pressed": String(on),
      on: { click: () => acts.decide(detail, choice, fieldsFor(detail, choice)) },
    }, icon(on ? "check" : iconOfChoice(detail, choice), "icon small"), el("span", {}, choiceLabel(detail, choice)),
    choice.recommended ? el("span", { class: "tag" }, "recommended") : null);
  })));
}

function candidates(detail) {
  if (!detail.candidates.length) return null;
  return el("section", {}, el("h3", {}, "Possible partners"), el("ul", { class: "candidates" }, detail.candidates.map((one) =>
    el("li", {}, el("strong", {}, one.image ? one.image.subject : one.id), " ", one.image ? span(one.image) : "",
      el("span", { class: "muted" }, ` in ${SIDE[one.side]}, ${Math.round(one.score * 100)} % alike`)))));
}

/** For "choose a side for each field": the sides as they are chosen or proposed now; null for other choices. */
function fieldsFor(detail, choice) {
  if (choice.decision !== "choose_fields") return null;
  return Object.fromEntries(differing(detail).map((line) => [line.group, sideNow(detail, line) || "salesforce"]));
}

/** What counts when two values are compared: of a time its ends, not the zone it was entered in. */
function compared(held) {
  return JSON.stringify(held && typeof held === "object" && "starts_at" in held ? [held.starts_at, held.ends_at, held.all_day] : held ?? null);
}

const differs = (line) => compared(line.salesforce) !== compared(line.notes);
const differing = (detail) => detail.fields.filter(differs);

/** What happened to a field since the last synchronization; a pair that was never synchronized can only differ. */
function stateText(line) {
  if (line.base === null || line.base === undefined) return line.state === "conflict" && differs(line) ? "differs" : "";
  return FIELD_STATE[line.state] || "";
}

function sideNow(detail, line) {
  if (detail.decided_fields && line.group in detail.decided_fields) return detail.decided_fields[line.group];
  if (line.from === "salesforce" || line.from === "notes") return line.from;
  return { salesforce_changed: "salesforce", notes_changed: "notes" }[line.state] || null;
}

function fieldTable(detail, may, acts) {
  const choice = detail.choices.find((one) => one.decision === "choose_fields");
  const lines = differing(detail);
  const sides = Object.fromEntries(lines.map((line) => [line.group, sideNow(detail, line)]));
  const hint = el("p", { class: "muted hint" });
  const chose = (group, side) => {
    sides[group] = side;
    const missing = lines.filter((line) => !sides[line.group]);
    if (missing.length === 0) acts.decide(detail, choice, { ...sides });
    else hint.textContent = `Now choose a side for ${missing.map((line) => GROUP[line.group]).join(", ")}.`;
  };
  if (may && choice && lines.some((line) => !sides[line.group])) hint.textContent = "Choose which side is right for each field that differs.";
  return [el("table", { class: "fields" },
    el("caption", { class: "hidden" }, "Each field at the last synchronization, on both sides, and after Ok"),
    el("thead", {}, el("tr", {}, ["Field", "Last synchronization", "Salesforce", "Notes", "After Ok"].map((words) => el("th", { scope: "col" }, words)))),
    el("tbody", {}, detail.fields.map((line) => fieldRow(line, Boolean(detail.salesforce && detail.notes), may && choice && lines.includes(line) ? sides[line.group] : undefined, chose)))), hint];
}

/** `side` is undefined where nothing can be chosen, null where nothing is chosen yet; `paired` where there is something to differ from. */
function fieldRow(line, paired, side, chose) {
  const name = freshId("side");
  const cell = (which) => {
    const marked = paired && differs(line) && (line.state === "conflict" || line.state === `${which}_changed`);
    const shown = el("div", { class: marked ? "value changed" : "value" }, value(line.group, line[which]));
    if (side === undefined) return el("td", {}, shown);
    const radio = el("input", {
      type: "radio", name, checked: side === which, "aria-label": `${GROUP[line.group]}: use ${SIDE[which]}`,
      on: { change: () => chose(line.group, which) },
    });
    return el("td", { class: side === which ? "picked" : "" }, el("label", { class: "pick" }, radio, shown));
  };
  const state = stateText(line);
  return el("tr", { class: `state-${line.state}` },
    el("th", { scope: "row" }, GROUP[line.group] || upper(line.group), state ? el("div", { class: "field-state" }, state) : null),
    el("td", {}, el("div", { class: "value old" }, value(line.group, line.base))), cell("salesforce"), cell("notes"),
    el("td", { class: "after" }, line.from === null && line.state !== "same" ? el("span", { class: "absent" }, "undecided")
      : [el("div", { class: "value" }, value(line.group, line.from === null ? line.notes ?? line.salesforce : line.result)), line.from && line.from !== "both" ? el("div", { class: "field-state" }, `from ${SIDE[line.from] || line.from}`) : null]));
}

function value(group, held) {
  if (held === null || held === undefined) return el("span", { class: "absent" }, "–");
  if (group === "time" && typeof held === "object") {
    const zone = foreignZone(held);
    return [span(held), zone ? el("div", { class: "field-state" }, `entered in ${zone}`) : null];
  }
  if (group === "show_as") return SHOW_AS[held] || upper(String(held));
  if (group === "reminder") return `${count(Number(held), "minute")} before`;
  if (group === "privacy") return held ? "private" : "not private";
  return held === "" ? el("span", { class: "absent" }, "empty") : String(held);
}

/** Shown, never compared: invitees, attachments, categories, organizer. */
function more(detail) {
  const image = detail.notes || detail.salesforce;
  if (!image) return null;
  const people = image.invitees.map((one) => one.name || one.email).filter(Boolean).join(", ");
  const files = image.attachments.map((one) => one.name).join(", ");
  const facts = [["Organizer", image.organizer], ["Invitees", people], ["Attachments", files], ["Categories", image.categories.join(", ")]].filter(([, told]) => told);
  const links = ["salesforce", "notes"].filter((side) => detail[side] && /^https?:\/\//.test(detail[side].url))
    .map((side) => el("a", { href: detail[side].url, target: "_blank", rel: "noopener noreferrer" }, `Open in ${SIDE[side]}`));
  if (!facts.length && !links.length) return null;
  return el("div", { class: "more" }, facts.map(([name, told]) => el("span", {}, el("strong", {}, `${name}: `), told)), links);
}

