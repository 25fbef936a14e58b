// How far back the chart looks while nobody has chosen: as far as there is data.

export const SECONDS = { "1h": 3_600, "6h": 21_600, "1d": 86_400, "7d": 604_800, "30d": 2_592_000, "90d": 7_776_000 };

/**
 * Return the range that fits the age of the data: the shortest with all of it, `longest` at most.
 * Data that fills the present range is older than that, so the next longer range is tried.
 */
export function chooseRange({ times, begin, end }, present, longest) {
  if (begin == null) return longest;
  const ranges = Object.keys(SECONDS).slice(0, Object.keys(SECONDS).indexOf(longest) + 1);
  if (begin === times[0]) return ranges[ranges.indexOf(present) + 1] ?? longest;
  return ranges.find((range) => SECONDS[range] >= end - begin) ?? longest;
}
