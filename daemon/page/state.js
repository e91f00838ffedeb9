// What the page knows of the daemon: the latest status, whether it answers, and who wants to hear of changes.

const listeners = new Set();

export const known = { status: null, reachable: true };

/** Calls `listener` after each change until the function it returns is called. */
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function heard(status) {
  const before = known.status;
  known.status = status;
  known.reachable = true;
  for (const listener of [...listeners]) listener(status, before);
}

export function lost() {
  known.reachable = false;
  for (const listener of [...listeners]) listener(known.status, known.status);
}

/** The views and the words of their tabs. */
export const VIEWS = {
  synchronization: "Synchronization", summary: "Synchronization Summary", history: "History", ignored: "Ignored",
  find: "Find an item", settings: "Settings", accounts: "Accounts", doctor: "Doctor",
};

/** Goes to a view; `rest` are further parts of the address, such as a run. */
export function go(view, ...rest) {
  location.hash = `/${[view, ...rest].map(encodeURIComponent).join("/")}`;
}
