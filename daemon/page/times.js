// Writes times in the person's own zone and language; all-day ends arrive exclusive and are shown inclusive.

const DAY = 24 * 60 * 60 * 1000;
const thisYear = new Date().getFullYear();

function dayText(date, withYear, zone) {
  const wanted = { weekday: "short", day: "numeric", month: "short", timeZone: zone };
  if (withYear) wanted.year = "numeric";
  return new Intl.DateTimeFormat(undefined, wanted).format(date);
}

function clockText(date) {
  return new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" }).format(date);
}

/** "Tue, 24 Nov, 09:00–10:30" or "Tue, 24 Nov – Thu, 26 Nov, all day" for anything with starts_at, ends_at, all_day. */
export function span(item) {
  if (!item || !item.starts_at) return "";
  return item.all_day ? daySpan(item) : timedSpan(item);
}

function daySpan(item) {
  const first = new Date(`${item.starts_at}T00:00Z`);
  const last = new Date(new Date(`${item.ends_at || item.starts_at}T00:00Z`).getTime() - DAY);
  const year = first.getUTCFullYear() !== thisYear;
  if (!(last > first)) return `${dayText(first, year, "UTC")}, all day`;
  return `${dayText(first, year, "UTC")} – ${dayText(last, last.getUTCFullYear() !== thisYear, "UTC")}, all day`;
}

function timedSpan(item) {
  const start = new Date(item.starts_at);
  const end = item.ends_at ? new Date(item.ends_at) : start;
  const from = `${dayText(start, start.getFullYear() !== thisYear)}, ${clockText(start)}`;
  if (end.getTime() === start.getTime()) return from;
  if (end.toDateString() === start.toDateString()) return `${from}–${clockText(end)}`;
  return `${from} – ${dayText(end, end.getFullYear() !== thisYear)}, ${clockText(end)}`;
}

/** The zone name when it is not the person's own, else "". */
export function foreignZone(item) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return item && item.zone && !item.all_day && item.zone !== own ? item.zone : "";
}

/** Date and time of something the program did. */
export function moment(stamp) {
  if (!stamp) return "never";
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(new Date(stamp));
}

/** Hours and minutes of a moment. */
export function clock(stamp) {
  return clockText(new Date(stamp));
}
