// The settings, drawn from the schema the daemon gives: one field per key, Apply sends what changed, Reset takes one back.

import { get, patch } from "./api.js";
import { loadInto, notice } from "./dialog.js";
import { button, el, fill, freshId } from "./dom.js";
import { plain, sentence, upper } from "./words.js";

const PARTS = [["rules", "Rules"], ["automatic", "Automatic runs"], ["messages", "Messages"], ["notes", "Notes"], ["salesforce", "Salesforce"]];
const CHOICE = {
  skip: "Leave them out", busy_only: "Only the times, as busy", carry: "Synchronize as private", both: "Both ways",
  to_salesforce: "Only from Notes to Salesforce", to_notes: "Only from Salesforce to Notes", ask: "Ask me", salesforce: "Salesforce wins", notes: "Notes wins",
  always: "Always", when_needed: "Only for conflicts and deletions", never: "Never",
  mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun",
};

export function settingsView(main) {
  const place = el("div", {});
  fill(main, el("section", { class: "pane" }, el("h1", {}, "Settings"), place));
  loadInto(place, async () => {
    const [schema, values] = await Promise.all([get("/settings/schema"), get("/settings")]);
    return form(schema.settings, values.values);
  });
}

function form(settings, values) {
  const current = { ...values };
  const fields = new Map();
  const problem = el("p", { class: "problem", role: "alert", hidden: true });
  const apply = el("button", { type: "submit", class: "primary", disabled: true }, "Apply");
  const changed = () => {
    apply.disabled = ![...fields].some(([key, field]) => !same(field.read(), current[key]));
    for (const { key, field, reset, usual } of lines) reset.hidden = same(current[key], usual) && same(field.read(), usual);
  };
  const lines = [];
  const send = async (wanted) => {
    problem.hidden = true;
    try {
      const told = await patch("/settings", { values: wanted });
      for (const [key, field] of fields) {
        current[key] = told.values[key];
        field.write(told.values[key]);
      }
      notice("The settings are saved.", "good");
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
      const blamed = lines.find(({ key }) => error.message.split(" ")[0] === key);
      if (blamed) blamed.field.node.focus();
    }
    changed();
  };
  const line = (setting) => {
    const id = freshId("setting");
    const field = FIELD[setting.type] ? FIELD[setting.type](setting, id) : FIELD.text(setting, id);
    fields.set(setting.key, field);
    field.write(current[setting.key]);
    const reset = button("Reset", () => send({ [setting.key]: null }), { class: "quiet", "aria-label": `Reset ${sentence(setting.text) || setting.key}`, title: `Default: ${shown(setting.default)}` });
    lines.push({ key: setting.key, field, reset, usual: setting.default });
    reset.hidden = same(current[setting.key], setting.default);
    const label = sentence(setting.text) || upper(plain(setting.key.split(".").pop()));
    return el("div", { class: "setting" }, field.group ? el("div", { class: "label", id: `${id}-label` }, label) : el("label", { class: "label", htmlFor: id }, label), field.node, reset);
  };
  const known = new Set(PARTS.map(([part]) => part));
  const parts = [...PARTS, ...[...new Set(settings.map((one) => one.key.split(".")[0]))].filter((part) => !known.has(part)).map((part) => [part, upper(part)])];
  return el("form", { class: "settings", on: { input: changed, change: changed, submit: (event) => {
    event.preventDefault();
    const wanted = [...fields].filter(([key, field]) => !same(field.read(), current[key])).map(([key, field]) => [key, field.read()]);
    if (wanted.length) send(Object.fromEntries(wanted));
  } } },
  parts.map(([part, title]) => {
    const own = settings.filter((one) => one.key.startsWith(`${part}.`));
    return own.length ? el("fieldset", { class: "card" }, el("legend", {}, title), own.map(line)) : null;
  }), el("div", { class: "buttons sticky" }, apply, problem));
}

const same = (a, b) => JSON.stringify(a || null) === JSON.stringify(b || null) || a === b; // an empty field is none

function shown(value) {
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return "none";
  if (value === true || value === false) return value ? "on" : "off";
  return Array.isArray(value) ? value.map((one) => CHOICE[one] || plain(one)).join(", ") : CHOICE[value] || String(value);
}

function input(type, more = {}) {
  return (setting, id) => {
    const node = el("input", { type, id, ...more });
    return { node, read: () => node.value.trim() || null, write: (value) => { node.value = value ?? ""; } };
  };
}

const FIELD = {
  text: input("text", { size: 36, spellcheck: "false" }),
  url: input("url", { size: 36, spellcheck: "false" }),
  time: input("time"),
  date: input("date"),
  number: (setting, id) => {
    const node = el("input", { type: "number", id, min: setting.minimum, max: setting.maximum, step: 1 });
    return { node, read: () => (node.value === "" ? null : Number(node.value)), write: (value) => { node.value = value ?? ""; } };
  },
  flag: (setting, id) => {
    const node = el("input", { type: "checkbox", id });
    return { node, read: () => node.checked, write: (value) => { node.checked = Boolean(value); } };
  },
  choice: (setting, id) => {
    const node = el("select", { id }, setting.choices.map((one) => el("option", { value: one }, CHOICE[one] || upper(plain(one)))));
    return { node, read: () => node.value, write: (value) => { node.value = value ?? ""; } };
  },
  choices: (setting, id) => {
    const boxes = setting.choices.map((one) => [one, el("input", { type: "checkbox" })]);
    const node = el("div", { class: "checks", role: "group", "aria-labelledby": `${id}-label` }, boxes.map(([one, box]) => el("label", { class: "check" }, box, CHOICE[one] || upper(plain(one)))));
    return {
      node, group: true, read: () => boxes.filter(([, box]) => box.checked).map(([one]) => one),
      write: (value) => { for (const [one, box] of boxes) box.checked = (value || []).includes(one); },
    };
  },
  list: (setting, id) => {
    const node = el("input", { type: "text", id, size: 36, placeholder: "separate by commas" });
    return {
      node, read: () => node.value.split(",").map((one) => one.trim()).filter(Boolean),
      write: (value) => { node.value = (Array.isArray(value) ? value : []).join(", "); },
    };
  },
};
