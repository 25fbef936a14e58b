// The chart of what a quota has used over its period, with its limit, thresholds and notifications.

import { makeChart } from "./chart.js";
import { h, setAttribute, setText, updateChildren } from "./elements.js";
import { formatPercent, formatTime, isBinary } from "./format.js";
import { amountsOf } from "./quota-row.js";
import { makeCollapsedTable } from "./table.js";
import { colour } from "./theme.js";
import { trafficUrl } from "./urls.js";
import { severityOf } from "./wording.js";
import { zone } from "./zone.js";

/** Return {node, set, mark, redraw, clear}. `set` shows the answer of /series. */
export function makeUsageCard() {
  const title = h("h2", { id: "burn-title" });
  const plot = h("div", { class: "plot", tabindex: "0", role: "group", "aria-roledescription": "chart" });
  const readout = h("p", { class: "foot", "aria-live": "polite" });
  const table = makeCollapsedTable("The numbers as a table", "Used so far, the newest first");
  const links = h("ul", { class: "links" });
  const node = h("section", { class: "card", "aria-labelledby": "burn-title" }, h("div", { class: "head" }, title), h("div", { class: "canvas" }, plot), readout, h("div", { class: "below" }, table.node), links);
  let chart = null;
  let burnUp = null;
  let marks = [];

  function draw() {
    const { meta, used, limit_bytes: limit, limits, forecast, quota } = burnUp;
    const amount = amountsOf(quota);
    setText(title, quota.period ? "Used so far" : "Used in the window before each moment");
    chart ??= makeChart(plot, look(), showReadout);
    const [start, end] = [Date.parse(meta.start) / 1000, Date.parse(meta.end) / 1000];
    const times = [...new Set([start, ...used.map(([ms]) => ms / 1000), ...limits.map(([ms]) => ms / 1000), ...forecast.map(([ms]) => ms / 1000), end])].sort((a, b) => a - b);
    const usedAt = new Map(used.map(([ms, value]) => [ms / 1000, value]));
    const first = used.findIndex(([, value]) => value != null);
    const points = times.map((time) => usedAt.get(time) ?? null);
    // A period starts at 0, a rolling window does not.
    if (burnUp.quota.period && first >= 0 && first < 2 && !usedAt.get(start)) {
      points[0] = 0;
      for (let index = 1; times[index] * 1000 < used[first][0]; index += 1) points[index] = 0;
    }
    const forecastPoints = times.map((time) => {
      if (forecast.length < 2) return null;
      const [[from, low], [to, high]] = forecast;
      const share = (time * 1000 - from) / (to - from);
      return share < 0 ? null : Math.round(low + share * (high - low));
    });
    const levels = (quota.thresholds ?? []).filter((percent) => percent !== 100).map((percent) => ({ value: (limit * percent) / 100, label: `${percent}\u00a0%` }));
    const changes = limits.slice(1).map(([ms, value]) => ({ at: ms / 1000, label: `limit ${amount(value)}`, severity: 0 }));
    chart.set([times, points, forecastPoints, times.map((time) => limitAt(limits, time * 1000) ?? limit)], {
      bounds: [start, end],
      top: Math.max(limit ?? 0, ...limits.map(([, value]) => value)) * 1.02,
      levels: limit == null ? [] : levels,
      marks: [...changes, ...marks],
    });
    setAttribute(plot, "aria-label", `What the quota ${burnUp.quota.name} had used at each moment, against its limit; arrow keys move through it, and the table below has its numbers`);
    if (chart.plot.cursor.idx == null) showReadout(null);
    table.set(["Time", "Used", "Of the limit"], () => [...used].reverse().map(([ms, value]) => [formatTime(ms), value == null ? "no data" : amount(value), formatPercent(value, limitAt(limits, ms) ?? limit)]));
    drawLinks();
  }

  function drawLinks() {
    const { quota, links: pages } = burnUp;
    const known = [
      ["traffic", "Its traffic", trafficUrl(quota.selector)],
      ["graph", "Graph in Prometheus", pages.graph],
      ["alerts", "Alerts", pages.alerts],
      ["silence", "Silence its alerts", pages.silence],
      ["quotas", `Line ${quota.line} of quotas.yaml`, pages.quotas],
    ].filter(([, , url]) => url);
    updateChildren(links, known, ([key]) => key, () => h("li", {}, h("a", {})), (item, [, text, url]) => {
      setText(item.firstChild, text);
      setAttribute(item.firstChild, "href", url);
      setAttribute(item.firstChild, "rel", "noreferrer");
    });
  }

  function look() {
    const tone = ["--ok-bar", "--info-bar", "--warning-bar", "--critical-bar"][severityOf(burnUp.quota.state)];
    return {
      binary: burnUp.limit_bytes != null && isBinary(burnUp.limit_bytes, burnUp.quota.limit_unit),
      series: [
        { label: "used", colour: colour(tone), fill: colour(tone, 0.14), width: 2 },
        { label: "forecast", colour: colour(tone), width: 1.75, dash: [3, 4] },
        { label: "limit", colour: colour("--ink", 0.75), width: 1.25, dash: [8, 5] },
      ],
    };
  }

  /** Show the value at an index of the chart; null explains its lines. */
  function showReadout(index) {
    const { limit_bytes: limit, meta } = burnUp;
    const amount = amountsOf(burnUp.quota);
    if (index == null) {
      const lines = [
        limit == null ? "" : `The dashed line is the limit of ${amount(limit)}.`,
        burnUp.forecast.length ? "The dotted one is the forecast." : "",
        marks.length ? "Upright lines show when people were notified." : "",
        `Times are in ${zone()}.`,
      ];
      setText(readout, lines.filter(Boolean).join(" "));
    } else {
      const [times, used, forecast] = chart.plot.data;
      const time = formatTime(times[index] * 1000, Math.min(meta.step_seconds, 3600));
      const value = used[index] ?? forecast[index];
      const name = used[index] == null ? "forecast" : "used";
      setText(readout, value == null ? `${time}: no data` : `${time}: ${name} ${amount(value)}${limit ? `, ${formatPercent(value, limit)} of the limit` : ""}`);
    }
  }

  function destroy() {
    chart?.destroy();
    chart = null;
  }

  return {
    node,
    set(answer) {
      // The colours of the lines are those of the state.
      if (burnUp?.quota.state !== answer.quota.state) destroy();
      burnUp = answer;
      draw();
    },
    /** Mark when people were notified. */
    mark(notifications) {
      marks = marksOf(notifications);
      if (burnUp) draw();
    },
    redraw() {
      destroy();
      if (burnUp) draw();
    },
    clear() {
      destroy();
      [burnUp, marks] = [null, []];
    },
  };
}

/** Return the limit at a time: the last one known until then. */
const limitAt = (limits, ms) => limits.findLast(([from]) => from <= ms)?.[1] ?? limits[0]?.[1];

/** Return a mark of the chart for each event that was mailed. */
function marksOf(notifications) {
  const sent = notifications.filter(({ kind, state }) => kind !== "over" && state === "sent");
  const events = new Map(sent.map((one) => [`${one.queued_at} ${one.kind} ${one.threshold}`, one]));
  return [...events.values()].map(({ queued_at: at, kind, threshold }) => ({
    at: Date.parse(at) / 1000,
    label: kind === "forecast" ? "forecast" : `${threshold}\u00a0%`,
    severity: kind === "forecast" ? 1 : severityOf(String(threshold)),
  }));
}
