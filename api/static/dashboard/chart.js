// A chart of bytes over time, drawn by uPlot: axes, gaps, colours and keyboard control.

import { drawLevels, drawMarks } from "./chart-marks.js";
import { formatClock, formatDay, formatSize } from "./format.js";
import { findGaps, findIsolated } from "./series.js";
import { colour } from "./theme.js";
import { zone } from "./zone.js";

const FONT = '12px "Segoe UI", Inter, Roboto, "Helvetica Neue", Arial, sans-serif';
const DAY_SECONDS = 86400;
// Distances between the lines of a binary axis: a whole number of KiB, MiB, … for each.
const BINARY_INCREMENTS = Array.from({ length: 63 }, (_, power) => 2 ** power);

/**
 * Draw a chart into `host`. Return {plot, set, destroy}.
 *
 * look: {series: [{label, colour, width, dash, fill}], bands, gaps, binary, format}. Times
 * at which the first `gaps` series are all null are hatched. With `binary`, the axis is in KiB, MiB, ….
 * onPoint is called with the index under the pointer, or null. onZoom, if given, is called with the
 * first and last second that somebody drags over, and with nothing for a double click.
 */
export function makeChart(host, look, onPoint, onZoom = null) {
  const axis = { stroke: colour("--muted"), font: FONT, ticks: { show: false } };
  const grid = { stroke: colour("--grid"), width: 1 };
  let view = { bounds: null, top: 0, running: null, levels: [], marks: [] };
  const options = {
    width: Math.max(200, host.clientWidth),
    height: host.clientHeight,
    padding: [12, 22, 0, 0],
    tzDate: (seconds) => globalThis.uPlot.tzDate(new Date(seconds * 1000), zone()),
    legend: { show: false },
    cursor: {
      y: false,
      drag: { setScale: false, x: onZoom != null, y: false },
      bind: { dblclick: () => () => onZoom?.() },
      points: { size: 7, width: 2, stroke: (u, index) => u.series[index].stroke(u, index), fill: colour("--card") },
    },
    scales: {
      x: { time: true, range: (u, low, high) => view.bounds ?? [low, high] },
      y: { range: (u, low, high) => [0, axisTop(Math.max(high ?? 0, view.top), look.binary)] },
    },
    axes: [
      { ...axis, grid: { show: false }, gap: 6, size: 34, space: 72, values: timeLabels },
      { ...axis, grid, gap: 8, size: axisWidth, space: 44, values: (u, splits) => splits.map(look.format ?? ((value) => formatSize(value, { binary: look.binary }))), ...(look.binary && { incrs: BINARY_INCREMENTS }) },
    ],
    series: [{}, ...look.series.map((series) => seriesOptions(series, () => view.running))],
    bands: look.bands ?? [],
    hooks: {
      drawClear: look.gaps ? [(u) => shadeGaps(u, look.gaps, view.running)] : [],
      draw: [(u) => view.running != null && drawRunning(u, view.running), (u) => drawLevels(u, view.levels), (u) => drawMarks(u, view.marks)],
      setCursor: [(u) => onPoint?.(u.cursor.idx ?? null)],
      setSelect: [(u) => zoom(u, onZoom)],
    },
  };
  const plot = new globalThis.uPlot(options, [[], ...look.series.map(() => [])], host);
  host.chart = plot;
  const watcher = new ResizeObserver(() => {
    if (host.clientWidth) plot.setSize({ width: host.clientWidth, height: host.clientHeight });
  });
  watcher.observe(host);
  const keys = (event) => moveByKey(plot, event);
  host.addEventListener("keydown", keys);
  return {
    plot,
    /**
     * Show data: uPlot's columns, [first, last] second, the least value the axis reaches, and the
     * index of a window that is still running. What leads to it is dashed, and it has a hollow point.
     * chart-marks.js explains `levels` and `marks`.
     */
    set(columns, { bounds = null, top = 0, running = null, levels = [], marks = [] } = {}) {
      view = { bounds, top, running, levels, marks };
      host.view = view;
      plot.setData(columns);
    },
    destroy() {
      watcher.disconnect();
      host.removeEventListener("keydown", keys);
      plot.destroy();
    },
  };
}

const SHORTEST_DRAG_PIXELS = 8;

function zoom(u, onZoom) {
  const { left, width } = u.select;
  if (width < SHORTEST_DRAG_PIXELS) return;
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onZoom(u.posToVal(left, "x"), u.posToVal(left + width, "x"));
}

const linear = (...values) => globalThis.uPlot.paths.linear()(...values);

function seriesOptions(series, runningIndex) {
  return {
    paths: (u, index, from, to) => linear(u, index, from, Math.min(to, (runningIndex() ?? Infinity) - 1)),
    label: series.label,
    stroke: series.colour,
    fill: series.fill,
    width: series.width ?? 1.5,
    dash: series.dash,
    points: {
      show: true,
      size: 4,
      fill: series.colour,
      filter: (u, index) => (series.dash ? [] : findIsolated(u.data[index]).filter((at) => at !== runningIndex())),
    },
  };
}

/** Return a round number at least 4 % above the highest value. */
function axisTop(high, binary) {
  if (!(high > 0)) return binary ? 1024 : 1000;
  const top = high * 1.04;
  const step = binary ? 2 ** Math.floor(Math.log2(top)) / 4 : 10 ** Math.floor(Math.log10(top)) / 2;
  return Math.ceil(top / step) * step;
}

function axisWidth(u, values) {
  const longest = (values ?? []).reduce((most, text) => Math.max(most, text.length), 0);
  return Math.max(44, 14 + longest * 7);
}

function timeLabels(u, splits, axisIndex, space, step) {
  return splits.map((seconds) => {
    const date = seconds * 1000;
    return step >= DAY_SECONDS || formatClock(date) === "00:00" ? formatDay(date) : formatClock(date);
  });
}

/** Draw the way to a window that is not over: dashed, with a hollow point. */
function drawRunning(u, running) {
  const context = u.ctx;
  const ratio = devicePixelRatio;
  context.save();
  for (let index = 1; index < u.series.length; index += 1) {
    const values = u.data[index];
    if (!u.series[index].show || values[running] == null) continue;
    const [x, y] = [u.valToPos(u.data[0][running], "x", true), u.valToPos(values[running], "y", true)];
    context.strokeStyle = u.series[index].stroke(u, index);
    context.lineWidth = 1.5 * ratio;
    if (values[running - 1] != null) {
      context.setLineDash([3 * ratio, 3 * ratio]);
      context.beginPath();
      context.moveTo(u.valToPos(u.data[0][running - 1], "x", true), u.valToPos(values[running - 1], "y", true));
      context.lineTo(x, y);
      context.stroke();
    }
    context.setLineDash([]);
    context.fillStyle = colour("--card");
    context.beginPath();
    context.arc(x, y, 3 * ratio, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
  context.restore();
}

function shadeGaps(u, count, running) {
  const times = u.data[0];
  const columns = u.data.slice(1, count + 1);
  const { left, top, width, height } = u.bbox;
  const step = times.length > 1 ? times[1] - times[0] : 0;
  const context = u.ctx;
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  for (const [first, last] of findGaps(columns, running ?? times.length)) {
    // Before the first data there was nothing to observe: that is no gap.
    if (first === 0) continue;
    const from = u.valToPos(times[first] - (first ? step : 0), "x", true);
    const to = u.valToPos(times[last] + step, "x", true);
    hatch(context, from, top, Math.max(2, to - from), height);
  }
  context.restore();
}

function hatch(context, x, y, width, height) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.fillStyle = colour("--hatch", 0.35);
  context.fillRect(x, y, width, height);
  context.strokeStyle = colour("--hatch");
  context.lineWidth = devicePixelRatio;
  context.beginPath();
  const apart = 9 * devicePixelRatio;
  for (let at = x - height; at < x + width; at += apart) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}

function moveByKey(plot, event) {
  const last = plot.data[0].length - 1;
  const now = plot.cursor.idx ?? last + 1;
  const moves = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last };
  if (last < 0 || !(event.key in moves)) return;
  event.preventDefault();
  const index = Math.min(last, Math.max(0, moves[event.key]));
  plot.setCursor({ left: plot.valToPos(plot.data[0][index], "x"), top: 10 });
}
