// The API's answer about bandwidth as columns for a chart, and what the card's figures say of it.

import { plain } from "./wording.js";

/** The key of the sum of all other series. It cannot be a label's key, since those are JSON strings. */
export const OTHER = "other";

/**
 * Return the answer as columns. `running` is the index of a last window that is not over, or null;
 * `runningSeconds` is how much of it has passed. `begin` is the first observed window, in seconds.
 */
export function readAnswer({ meta, series }, by) {
  const named = series.map((one) => {
    if (one.other) return { ...one, key: OTHER, name: "all others" };
    const value = one.labels[by];
    return { ...one, key: JSON.stringify(value), name: plain(value) || `no ${by}` };
  });
  const times = (named[0]?.points ?? []).map(([ms]) => ms / 1000);
  const columns = named.map(({ points }) => points.map(([, value]) => value));
  const isObserved = times.map((_, index) => columns.some((column) => column[index] != null));
  const first = isObserved.indexOf(true);
  const running = meta.partial_last && times.length ? times.length - 1 : null;
  const end = Date.parse(meta.end) / 1000;
  const runningSeconds = running == null ? 0 : Math.max(1, end - times[running]);
  const step = meta.step_seconds;
  const whole = isObserved.slice(0, running ?? undefined).filter(Boolean).length;
  return {
    names: named.map(({ name }) => name),
    keys: named.map(({ key }) => key),
    totals: named.map(({ total_bytes: total }) => total),
    total: named.reduce((all, one) => all + one.total_bytes, 0),
    times,
    columns,
    running,
    runningSeconds,
    step,
    begin: first < 0 ? null : times[first],
    hasGaps: first >= 0 && isObserved.slice(first, running ?? undefined).includes(false),
    seconds: whole * step + (running != null && isObserved[running] ? runningSeconds : 0),
    start: Date.parse(meta.start) / 1000,
    end,
  };
}

/** Return the seconds that a window lasts, or has lasted until now. */
export function secondsOf({ times, step, running, runningSeconds, end }, index) {
  if (index === running) return runningSeconds;
  return step ?? (times[index + 1] ?? end) - times[index];
}

/** Return a column of bytes as bits a second. */
export const toRates = (data, column) => column.map((value, index) => (value == null ? null : (8 * value) / secondsOf(data, index)));

/** Return {bytes, index, isRunning} of the window with most bytes, or null. A running one only if it is the only one. */
export function findBusiest({ columns, times, running }) {
  const sums = times.map((_, index) => columns.reduce((all, column) => all + (column[index] ?? 0), 0));
  const whole = running == null ? sums : sums.slice(0, running);
  const found = whole.some((bytes) => bytes > 0) ? whole : sums;
  const bytes = Math.max(0, ...found);
  if (!bytes) return null;
  const index = found.indexOf(bytes);
  return { bytes, index, isRunning: index === running };
}
