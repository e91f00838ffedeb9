// Questions and notices: modal dialogs that keep the focus, and short messages that also reach screen readers.

import { button, el, fill, freshId } from "./dom.js";

/** Asks a question. `answers` are [{label, value, kind}]; the promise gives the value, or null after Escape. `until` gets a
 * function that closes it, for a question that answers itself. */
export function ask(title, content, answers, { enabled, until } = {}) {
  return new Promise((resolve) => {
    const label = freshId("dialog");
    let given = null;
    const give = (value) => {
      given = value;
      dialog.close();
    };
    const buttons = answers.map((answer) => button(answer.label, () => give(answer.value), { class: answer.kind || "" }));
    const dialog = el(
      "dialog", { "aria-labelledby": label, class: "question" },
      el("h2", { id: label }, title), el("div", { class: "dialog-body" }, content), el("div", { class: "buttons" }, buttons),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(given);
    });
    if (enabled) {
      const main = buttons[answers.findIndex((answer) => answer.needs)];
      const check = () => { main.disabled = !enabled(); };
      dialog.addEventListener("input", check);
      check();
    }
    document.body.append(dialog);
    dialog.showModal();
    if (until) until(() => dialog.close());
  });
}

/** Shows a message for a while; `kind` is info, good or bad. Bad ones stay until they are closed or another view is opened. */
export function notice(message, kind = "info") {
  const node = el("div", { class: `notice ${kind}` }, el("span", {}, message));
  node.append(button("Close", () => node.remove(), { class: "quiet" }));
  const place = document.getElementById("notices");
  for (const same of [...place.children]) if (same.firstChild.textContent === message) same.remove();
  while (place.children.length > 3) place.firstChild.remove();
  place.append(node);
  if (kind !== "bad") setTimeout(() => node.remove(), 8000);
}

/** Takes the bad messages away: what they spoke of was left, or is tried again. Good ones end by themselves. */
export function forgetProblems() {
  for (const node of document.querySelectorAll("#notices .bad")) node.remove();
}

/** Runs `work`; a problem becomes a notice instead of an unseen rejection. Gives undefined then. */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    if (error.name !== "unauthorized") notice(error.message, "bad");
    return undefined;
  }
}

/** Fills `place` with what `load` gives, and with the sentence of the problem where it fails. */
export async function loadInto(place, load) {
  fill(place, el("p", { class: "muted" }, "Loading …"));
  try {
    fill(place, await load());
  } catch (error) {
    fill(place, el("p", { class: "problem", role: "alert" }, error.message));
  }
}
