// Builds elements. Text always goes in as text nodes, so calendar text can never become markup.

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "indeterminate", "hidden", "open", "tabIndex", "htmlFor", "selected"]);

/** An element with attributes, `on` listeners and children; null and false children are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false && !PROPERTIES.has(name)) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "class") node.className = value;
    else if (PROPERTIES.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  return append(node, children);
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

/** Replaces everything inside `node`. */
export function fill(node, ...children) {
  node.replaceChildren();
  return append(node, children);
}

/** A drawing of strokes: `paths` are SVG path data; decorative, the words stand beside it. */
export function drawing(paths, className = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  for (const path of paths) {
    const node = document.createElementNS(SVG, "path");
    node.setAttribute("d", path);
    svg.append(node);
  }
  return svg;
}

/** A button; `more` holds further attributes. */
export function button(label, listener, more = {}) {
  return el("button", { type: "button", ...more, on: { click: listener } }, label);
}

let numbers = 0;
/** A fresh id for labels and descriptions. */
export function freshId(stem) {
  numbers += 1;
  return `${stem}-${numbers}`;
}
