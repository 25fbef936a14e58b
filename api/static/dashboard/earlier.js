// The traffic one range before, to compare with.

import { fetchJson } from "./api.js";

/**
 * Return the bytes of all series in each window of `data`, as they were `span` seconds earlier: a
 * column with null where nothing is known. A window that is not over has nothing to compare with.
 */
export async function readEarlier(parameters, data, span, signal) {
  if (!data.times.length) return null;
  const [start, end] = [data.times[0], data.end].map((time) => new Date((time - span) * 1000).toISOString());
  const { series } = await fetchJson("api/v1/bandwidth", { ...parameters, by: null, lookback: null, start, end }, signal);
  const values = new Map((series[0]?.points ?? []).map(([ms, value]) => [ms / 1000 + span, value]));
  return data.times.map((time, index) => (index === data.running ? null : values.get(time) ?? null));
}
