// The menu of a row: opens at the pointer or the row's icon, goes by keyboard, and closes when anything else is touched.

import { el } from "./dom.js";
import { icon } from "./icons.js";

let closeOpen = null;

/** Opens a menu at (x, y). `entries` are [{label, icon, chosen, note, dangerous, pick}]; `back` gets the focus afterwards. */
export function openMenu({ title, entries, x, y, back }) {
  if (closeOpen) closeOpen();
  const items = entries.map((entry) => menuItem(entry, () => {
    close();
    entry.pick();
  }));
  const menu = el("div", { class: "menu", role: "menu", "aria-label": title, on: { keydown, contextmenu: (event) => event.preventDefault() } },
    el("div", { class: "menu-title", role: "presentation" }, title), items);
  const outside = (event) => {
    if (!menu.contains(event.target)) close();
  };
  function close() {
    menu.remove();
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("blur", close);
    closeOpen = null;
    if (back) back.focus({ preventScroll: true });
  }
  function keydown(event) {
    const here = items.indexOf(document.activeElement);
    const moves = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 };
    if (event.key in moves) items[(moves[event.key] + items.length) % items.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  ((back && back.closest("main, header")) || document.body).append(menu); // inside a landmark, for screen readers
  const left = Math.max(4, Math.min(x, innerWidth - menu.offsetWidth - 4));
  const top = Math.max(4, Math.min(y, innerHeight - menu.offsetHeight - 4));
  menu.style.left = `${left}px`;
  menu.style.top = `${top}px`;
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("blur", close);
  closeOpen = close;
  const first = items.find((item) => item.getAttribute("aria-checked") === "true") || items[0];
  if (first) first.focus();
}

function menuItem(entry, pick) {
  return el("button", {
    type: "button", role: entry.chosen === undefined ? "menuitem" : "menuitemradio", "aria-checked": entry.chosen === undefined ? null : String(entry.chosen), tabIndex: -1,
    class: `menu-item${entry.dangerous ? " dangerous" : ""}`, on: { click: pick },
  },
  el("span", { class: "menu-tick" }, entry.chosen ? icon("check") : null),
  el("span", { class: "menu-icon" }, entry.icon ? icon(entry.icon) : null),
  el("span", { class: "menu-label" }, entry.label),
  entry.note ? el("span", { class: "menu-note" }, entry.note) : null);
}
