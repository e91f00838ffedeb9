// Questions and notices: modal dialogs that keep the focus, and short messages that also reach screen readers.

import { button, el, fill, freshId } from "./dom.js";

/** Asks a question. `answers` are [{label, value, kind}]; the promise gives the value, or null after Escape. */
export function ask(title, content, answers, { enabled } = {}) {
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
  });
}

/** Shows a message for a while; `kind` is info, good or bad. Bad ones stay until they are closed. */
export function notice(message, kind = "info") {
  const node = el("div", { class: `notice ${kind}` }, el("span", {}, message));
  node.append(button("Close", () => node.remove(), { class: "quiet" }));
  const place = document.getElementById("notices");
  while (place.children.length > 3) place.firstChild.remove();
  place.append(node);
  if (kind !== "bad") setTimeout(() => node.remove(), 8000);
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
