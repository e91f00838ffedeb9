// The keys of the list: arrows move, Shift extends, space selects, Enter opens the detail, the context-menu key the menu.

const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

/** Handles a key pressed in the list of `view`. */
export function listKey(event, view) {
  const { model, table } = view;
  const at = model.lines.findIndex((line) => line.key === model.active);
  const line = model.lines[at];
  if (event.key in STEPS) move(event, view, at);
  else if (event.key === " " && line) model.toggle(line);
  else if (event.key === "Enter" && line) return open(event, view, line);
  else if ((event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) && line) return menu(event, view, line);
  else if (event.key === "ArrowRight" && line && closed(line)) model.toggleOpen(line);
  else if (event.key === "ArrowLeft" && line && opened(line)) model.toggleOpen(line);
  else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) model.selectShown();
  else if (event.key === "Escape" && !view.detail.hidden) return view.closeDetail();
  else return undefined;
  event.preventDefault();
  view.draw();
  table.reveal();
  return undefined;
}

const closed = (line) => (line.kind === "series" && !line.open) || (line.kind === "section" && line.closed);
const opened = (line) => (line.kind === "series" && line.open) || (line.kind === "section" && !line.closed);

function move(event, view, at) {
  const { model } = view;
  const last = model.lines.length - 1;
  if (last < 0) return;
  const next = at < 0 ? 0 : Math.min(last, Math.max(0, at + STEPS[event.key]));
  const line = model.lines[next];
  if (event.shiftKey) model.selectRange(line);
  else if (event.ctrlKey) model.active = line.key;
  else model.selectOnly(line);
  if (!view.detail.hidden && line.kind === "row") view.openDetail(line.row);
}

function open(event, view, line) {
  event.preventDefault();
  if (line.kind === "row") view.openDetail(line.row);
  else view.twist(line);
}

function menu(event, view, line) {
  event.preventDefault();
  view.table.reveal();
  const { x, y } = view.table.iconPlace(line);
  view.menuFor(line, x, y);
}
