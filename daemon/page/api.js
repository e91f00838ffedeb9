// Calls the local API with the page session's token, and follows the status stream.

const BASE = "/api/v1";
const KEPT = "daybridge-session";

/** A problem document of the API, or "unreachable" when nobody answered. */
export class Problem extends Error {
  constructor(name, status, told) {
    super(told.detail || told.title || "Something went wrong.");
    this.name = name;
    this.status = status;
    this.told = told;
  }
}

/** Trades the one-time code of the address for a session. Returns what else the address asked for, or null without a session. */
export async function openSession() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const code = asked.get("code");
  if (code) {
    history.replaceState(null, "", location.pathname);
    sessionStorage.removeItem(KEPT);
    const answer = await call("POST", "/page-sessions", { code });
    sessionStorage.setItem(KEPT, answer.token);
  }
  return sessionStorage.getItem(KEPT) === null ? null : asked;
}

export function forgetSession() {
  sessionStorage.removeItem(KEPT);
}

function headers(extra = {}) {
  const token = sessionStorage.getItem(KEPT);
  return token === null ? extra : { Authorization: `Bearer ${token}`, ...extra };
}

async function answered(response) {
  if (response.ok) return response;
  let told = {};
  try {
    told = await response.json();
  } catch {
    told = { title: `The program answered with ${response.status}.` };
  }
  const name = String(told.type || "").split(":").pop() || "unknown";
  const problem = new Problem(name, response.status, told);
  if (name === "unauthorized") document.dispatchEvent(new CustomEvent("session-ended"));
  throw problem;
}

async function call(method, path, body) {
  const sent = { method, headers: headers(), cache: "no-store", credentials: "omit" };
  if (method !== "GET") {
    sent.headers = headers({ "Content-Type": "application/json" });
    sent.body = JSON.stringify(body === undefined ? {} : body);
  }
  let response;
  try {
    response = await fetch(BASE + path, sent);
  } catch {
    throw new Problem("unreachable", 0, { title: "Daybridge does not answer. Start it from the tray again." });
  }
  return (await answered(response)).json();
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);
export const put = (path, body) => call("PUT", path, body);
export const patch = (path, body) => call("PATCH", path, body);
export const remove = (path) => call("DELETE", path);

/** Encodes one segment of a path. */
export const segment = (text) => encodeURIComponent(text);

/** Follows the stream for ever: `heard(status)` for each state, `lost()` while nobody answers. Waits 1 to 30 s between tries. */
export async function followStatus(heard, lost) {
  let wait = 1000;
  for (;;) {
    try {
      const response = await answered(await fetch(`${BASE}/stream`, { headers: headers(), cache: "no-store", credentials: "omit" }));
      await readEvents(response.body.getReader(), (status) => {
        wait = 1000;
        heard(status);
      });
    } catch (error) {
      if (error instanceof Problem && error.name === "unauthorized") return;
    }
    lost();
    await new Promise((resume) => setTimeout(resume, wait * (0.8 + Math.random() * 0.4)));
    wait = Math.min(wait * 2, 30000);
  }
}

async function readEvents(reader, heard) {
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    const events = rest.split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
      if (data.length) heard(JSON.parse(data.join("\n")));
    }
  }
}
