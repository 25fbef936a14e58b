// The words for an entry of a quota: what it counts, its state, its period and the time left.

import { UNKNOWN, formatDuration } from "./format.js";

/** Remove the marks that change the direction of text: with them a name can pose as another. */
export function plain(text) {
  return text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}

/** Return what an entry counts, then its own labels: "service bun · egress · team bun". */
export function describeEntry(entry) {
  return [describeSelector(entry.selector), ...Object.entries(entry.labels).map(([name, value]) => `${name} ${plain(value)}`)].join(" · ");
}

function describeSelector(selector) {
  const words = Object.entries(selector).map(([name, value]) => {
    if (name === "type") return value;
    return value === "" ? `no ${name}` : `${name} ${plain(value)}`;
  });
  return words.length ? words.join(" · ") : "all traffic";
}

/** Return "consumer", "service and direction": labels that tell the entries of a quota apart. */
export function describeLabels(names) {
  return names.map((name) => (name === "type" ? "direction" : name)).join(" and ");
}

/** "ok" -> "OK", "80" -> "80 % reached", "100" -> "limit reached", "no_data" -> "no data yet". */
export function describeState(state) {
  if (state === "ok") return "OK";
  if (state === "no_data") return "no data yet";
  if (state === "100") return "limit reached";
  return `${state}\u00a0% reached`;
}

/** Return whether the people to notify are notified: the alert follows the bytes within minutes. */
export function describeAlert({ state, alert }) {
  if (alert != null) return `The alert at ${alert}\u00a0% fires`;
  return state === "ok" || state === "no_data" ? "No alert fires" : "The alert fires within minutes";
}

/** Return "2 limit reached · 5 at 80 % · 33 OK": how many entries are in each state, worst first. */
export function describeCounts(states) {
  return Object.entries(states)
    .sort(([a], [b]) => rankOf(b) - rankOf(a))
    .map(([state, count]) => `${count} ${state === "ok" || state === "100" || state === "no_data" ? describeState(state) : `at ${state}\u00a0%`}`)
    .join(" · ");
}

/** Return the rank of a state: the higher, the worse. */
export const rankOf = (state) => (state === "ok" ? -1 : state === "no_data" ? -2 : Number(state));

/** Return the severity of a state, which gives its colour: 0 (OK) to 3 (critical). */
export function severityOf(state) {
  if (state === "ok" || state === "no_data") return 0;
  const threshold = Number(state);
  return threshold >= 100 ? 3 : threshold >= 90 ? 2 : 1;
}

/** Return "November 2026", or "the last 30 d" for a rolling window. */
export function describePeriod(entry) {
  if (entry.period) return entry.period.title;
  const window = entry.calendar.match(/^rolling:(.*)$/);
  return window ? `the last ${formatDuration(parseDuration(window[1]))}` : entry.calendar || UNKNOWN;
}

/** Return how much of the period is left at `now`, in milliseconds. */
export function describeTimeLeft(entry, now) {
  if (!entry.period) return "rolling";
  const seconds = (Date.parse(entry.period.end) - now) / 1000;
  return seconds > 0 ? `${formatDuration(seconds)} left` : "period is over";
}

/** Return how long until the limit is reached at the current pace; "" if not in this period. */
export function describeTimeToLimit(entry, now) {
  return entry.full_at ? formatDuration((Date.parse(entry.full_at) - now) / 1000) : "";
}

/** Return the seconds of a duration as Prometheus writes it: "1d12h". */
function parseDuration(text) {
  const sizes = { w: 604800, d: 86400, h: 3600, m: 60, s: 1 };
  return [...text.matchAll(/(\d+)([wdhms])/g)].reduce((sum, [, count, unit]) => sum + count * sizes[unit], 0);
}
