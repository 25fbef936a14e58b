// Columns of values prepared for uPlot: stacked sums, gaps and single points.

/** Return each column added to the sum of those before it. null stays null. */
export function stackColumns(columns) {
  const sums = columns.length ? columns[0].map(() => 0) : [];
  return columns.map((column) =>
    column.map((value, index) => (value == null ? null : (sums[index] += value))),
  );
}

/** Return [first, last] of each run of indexes at which all columns are null. */
export function findGaps(columns, length) {
  const gaps = [];
  for (let index = 0; index < length; index += 1) {
    if (columns.some((column) => column[index] != null)) continue;
    const last = gaps.at(-1);
    if (last && last[1] === index - 1) last[1] = index;
    else gaps.push([index, index]);
  }
  return gaps;
}

/** Return the indexes of values between two nulls: no line reaches them, so they need a point. */
export function findIsolated(column) {
  return column.flatMap((value, index) =>
    value != null && column[index - 1] == null && column[index + 1] == null ? [index] : [],
  );
}
