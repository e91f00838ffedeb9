// Reads a run's rows page by page and posts decisions on them.

import { get, put, segment } from "./api.js";
import { notice } from "./dialog.js";
import { count } from "./words.js";

const PAGE = 500;

/** All rows of a run, in the order of the API. */
export async function readRows(run) {
  const rows = [];
  for (;;) {
    const part = await get(`/runs/${segment(run)}/changes?offset=${rows.length}&limit=${PAGE}`);
    rows.push(...part.changes);
    if (part.changes.length === 0 || rows.length >= part.total) return rows;
  }
}

/**
 * Posts one choice for `rows`. A wholly selected series takes an ignore as a series; everything else goes row by row with the
 * revision the person saw. Gives the changed rows, or the ids that turned out stale.
 */
export async function decide(run, plan, rows, choice, { fields = null, series = new Set() } = {}) {
  const ignoring = choice.decision === "ignore_until_change" || choice.decision === "ignore_forever";
  const decisions = [];
  const done = new Set();
  for (const row of rows) {
    const whole = ignoring && row.series && series.has(row.series.id);
    if (whole && done.has(row.series.id)) continue;
    if (whole) done.add(row.series.id);
    decisions.push({
      ...(whole ? { series: row.series.id, revision: plan, scope: "series" } : { change: row.id, revision: row.revision }),
      ...(ignoring && !whole ? { scope: "occurrence" } : {}),
      decision: choice.decision,
      ...(choice.answer ? { answer: choice.answer } : {}),
      ...(choice.candidate ? { candidate: choice.candidate } : {}),
      ...(fields ? { fields } : {}),
    });
  }
  try {
    const taken = await put(`/runs/${segment(run)}/decisions`, { decisions });
    return { changes: taken.changes, turn: taken.turn, stale: [] };
  } catch (problem) {
    if (problem.name !== "stale-decisions") throw problem;
    const stale = staleIds(problem.told.stale);
    notice(`${stale.length ? count(stale.length, "row") : "Some rows"} changed since you saw them. Nothing was decided; look at them again.`, "bad");
    return { changes: [], turn: null, stale };
  }
}

/** The ids in a stale-decisions problem: plain ids or documents with one. */
function staleIds(told) {
  if (!Array.isArray(told)) return [];
  return told.map((one) => (typeof one === "string" ? one : one && (one.change || one.id))).filter(Boolean);
}
