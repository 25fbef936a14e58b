// The bandwidth card: filters, the chart, its legend with the numbers, a table, and a CSV link.

import { buildUrl, fetchJson } from "./api.js";
import { OTHER, findBusiest, readAnswer, secondsOf, toRates } from "./bandwidth-data.js";
import { makeChart } from "./chart.js";
import { makeChoice, makeFigure, makePicker } from "./controls.js";
import { makeCsvLink } from "./csv.js";
import { makeCustomRange } from "./custom-range.js";
import { readEarlier } from "./earlier.js";
import { foldOnPhones, h, setAttribute, setText } from "./elements.js";
import { UNKNOWN, formatBytes, formatDuration, formatRate, formatSize, formatTime } from "./format.js";
import { makeLegend } from "./legend.js";
import { SECONDS, chooseRange } from "./ranges.js";
import { stackColumns } from "./series.js";
import { makeCollapsedTable } from "./table.js";
import { colour } from "./theme.js";
import { makeTooltip } from "./tooltip.js";
import { RANGES } from "./urls.js";
import { zone } from "./zone.js";

const TOPS = ["8", "20", "50"];
const PATH = "api/v1/bandwidth";
// Over 90 days, shorter windows would show mostly the difference between day and night.
const STEPS = { "90d": "1d" };
const DEFAULT_RANGE = "7d";
const MAX_TRIES = 3;
// What ends a chosen range.
const USUAL = { from: null, to: null, range: null };
const FILTERS = ["service", "route", "consumer"];

/** Return {node, show, refresh, redraw, destroy}. `change` is called with changed settings. */
export function makeBandwidthCard(change) {
  const choices = {
    range: makeChoice("range", "How far back", RANGES.map((range) => [range, range.replace("1d", "24h")]), (range) => change({ ...USUAL, range })),
    by: makeChoice("by", "One series for each", [["service", "Service"], ["route", "Route"], ["consumer", "Consumer"], ["type", "Direction"]], (by) => change({ by })),
    type: makeChoice("type", "Direction", [["both", "Both"], ["egress", "Egress"], ["ingress", "Ingress"]], (type) => change({ type })),
    style: makeChoice("style", "Drawn as", [["stacked", "Stacked"], ["lines", "Lines"]], (style) => change({ style })),
    unit: makeChoice("unit", "Unit", [["bytes", "Bytes"], ["rate", "Rate"]], (unit) => change({ unit })),
    top: makeChoice("top", "How many series", TOPS.map((top) => [top, `Top ${top}`]), (top) => change({ top })),
    before: makeChoice("before", "The period before", [["no", "No comparison"], ["yes", "With the period before"]], (before) => change({ before })),
  };
  const pickers = Object.fromEntries(
    FILTERS.map((name) => [name, makePicker(name, `All ${name}s`, (value) => change({ [name]: value }))]),
  );
  const figures = { total: makeFigure("Total"), mean: makeFigure("On average"), peak: makeFigure("Busiest window") };
  const plot = h("div", { class: "plot", tabindex: "0", role: "group", "aria-roledescription": "chart" });
  const empty = h("div", { class: "empty", hidden: true });
  const legend = makeLegend(() => draw());
  const tooltip = makeTooltip();
  const custom = makeCustomRange((times) => change({ ...times, range: null }));
  const reset = h("button", { type: "button", class: "reset", hidden: true, onclick: () => change(USUAL) }, "Reset");
  const foot = h("p", { class: "foot" });
  const csv = makeCsvLink();
  const table = makeCollapsedTable("The numbers as a table", "Bytes in each window, the newest first");
  const node = h(
    "section",
    { class: "card", "aria-labelledby": "bandwidth-title" },
    h("div", { class: "head" }, h("h2", { id: "bandwidth-title" }, "Bandwidth"), h("div", { class: "ranges" }, reset, choices.range.node, custom.node)),
    foldOnPhones(h("details", { class: "foldable" }, h("summary", {}, "Filters"), h("div", { class: "controls" }, choices.by.node, choices.type.node, choices.style.node, choices.unit.node, choices.before.node, choices.top.node, ...FILTERS.map((name) => pickers[name].node)))),
    h("dl", { class: "figures" }, figures.total.node, figures.mean.node, figures.peak.node),
    h(
      "div",
      { class: "drawing" },
      h("div", { class: "canvas" }, plot, tooltip.node, empty),
      legend.node,
    ),
    foot,
    h("div", { class: "below" }, table.node, csv),
  );
  let settings = null;
  let answer = null;
  // The range while the address names none: as much as there is data.
  let ageRange = null;
  let catalog = { services: [], routes: [], consumers: [] };
  let chart = null;
  let drawnAs = "";
  // The windows one range before, if they are shown.
  let earlier = null;
  const colours = new Map();

  const rangeNow = () => settings.range ?? ageRange ?? DEFAULT_RANGE;
  const isCustom = () => settings.from != null;

  function parameters() {
    const range = rangeNow();
    const times = isCustom() ? { start: new Date(settings.from).toISOString(), end: new Date(settings.to).toISOString() } : { lookback: range, step: STEPS[range] };
    const values = { ...times, by: settings.by, timezone: zone(), type: settings.type === "both" ? null : settings.type };
    for (const name of FILTERS) values[name] = settings[name];
    return values;
  }

  function draw() {
    const data = readAnswer(answer, settings.by);
    const stacked = settings.style === "stacked";
    assignColours(data.keys);
    const shown = data.keys.map((key, number) => ({ key, number, name: data.names[number] })).filter(({ key }) => legend.isShown(key));
    const drawing = JSON.stringify([settings.style, settings.unit, shown.map(({ key }) => [key, colours.get(key)]), earlier != null]);
    if (chart && drawnAs !== drawing) destroy();
    drawnAs = drawing;
    chart ??= makeChart(plot, look(shown, stacked), showPoint, zoom);
    const valuesOf = (column) => (settings.unit === "rate" ? toRates(data, column) : column);
    const columns = shown.map(({ number }) => valuesOf(data.columns[number]));
    const before = earlier ? [valuesOf(data.times.map((_, index) => earlier[index] ?? null))] : [];
    chart.data = data;
    chart.set([data.times, ...(stacked ? stackColumns(columns) : columns), ...before], { bounds: boundsOf(data), running: data.running });
    legend.draw(data, chart.plot.cursor.idx ?? null, colours, format);
    drawFigures(data);
    drawFoot(data);
    drawEmpty(data);
    setAttribute(plot, "aria-label", `${settings.by} by ${settings.style} chart of bandwidth over ${isCustom() ? "the chosen time" : rangeNow()}; arrow keys move through it, and the table below has its numbers`);
    table.set(["Window from", ...data.names], () => tableRows(data, format));
    csv.href = buildUrl(PATH, { ...parameters(), format: "csv" });
    custom.set(isCustom() ? settings.from : data.start * 1000, isCustom() ? settings.to : data.end * 1000, isCustom());
    reset.hidden = !isCustom();
  }

  /** Show what somebody dragged over; the usual range again without arguments. */
  function zoom(first, last) {
    if (first == null) change(USUAL);
    // An address has whole minutes.
    else change({ from: 60_000 * Math.floor(first / 60), to: 60_000 * Math.max(Math.floor(first / 60) + 1, Math.ceil(last / 60)), range: null });
  }

  /** Give each key a colour: by its place among all names, so that it is the same in every view. */
  function assignColours(keys) {
    const names = catalog[`${settings.by}s`] ?? [];
    colours.clear();
    for (const key of keys) {
      const place = key === OTHER ? -1 : names.indexOf(JSON.parse(key));
      colours.set(key, key === OTHER ? "--series-other" : `--series-${(place < 0 ? keys.indexOf(key) : place) % 8}`);
    }
  }

  /** Write a value of a window as the chart shows it; a total, without an index, in bytes. */
  function format(value, index = null) {
    if (settings.unit === "bytes" || index == null) return formatSize(value);
    return formatRate((8 * value) / secondsOf(chart.data, index));
  }

  function look(shown, stacked) {
    const series = shown.map(({ name, key }) => {
      const hue = colours.get(key);
      return { label: name, colour: colour(hue), fill: stacked ? colour(hue, 0.32) : undefined, width: stacked ? 1.25 : 1.75 };
    });
    const bands = stacked ? shown.slice(1).map((_, index) => ({ series: [index + 2, index + 1] })) : [];
    if (earlier) series.push({ label: "the period before", colour: colour("--muted"), width: 1.25, dash: [5, 4] });
    return { series, bands, gaps: shown.length, format: settings.unit === "rate" ? formatRate : undefined };
  }

  function showPoint(index) {
    legend.draw(chart.data, index, colours, format);
    const { left } = chart.plot.cursor;
    if (index == null || left < 0) {
      tooltip.hide();
      return;
    }
    const data = chart.data;
    const rows = data.keys.flatMap((key, number) => {
      const value = data.columns[number][index];
      return legend.isShown(key) ? [{ key, name: data.names[number], colour: `var(${colours.get(key)})`, value, text: value == null ? "" : format(value, index) }] : [];
    });
    if (earlier?.[index] != null) rows.push({ key: "before", name: "the period before", colour: "var(--muted)", value: earlier[index], text: format(earlier[index], index) });
    const { bbox, width } = chart.plot;
    tooltip.show(formatTime(data.times[index] * 1000, data.step), rows, left + bbox.left / devicePixelRatio, width);
  }

  function drawFigures(data) {
    figures.total.set(formatSize(data.total), "", formatBytes(data.total));
    figures.mean.set(data.seconds ? `${formatSize(data.total / data.seconds)}/s` : UNKNOWN, "while observed");
    const busiest = findBusiest(data);
    if (!busiest) figures.peak.set(UNKNOWN);
    else figures.peak.set(formatSize(busiest.bytes), `${formatTime(data.times[busiest.index] * 1000, data.step)}${busiest.isRunning ? ", so far" : ""}`);
  }

  function drawFoot(data) {
    const words = [settings.problem ?? "", `${settings.unit === "rate" ? "Bits a second" : "Bytes"} in windows of ${data.step == null ? "a month" : formatDuration(data.step)}.`];
    if (data.running != null) {
      const sum = data.columns.reduce((all, column) => all + (column[data.running] ?? 0), 0);
      words.push(`Dashed: the window since ${formatTime(data.times[data.running] * 1000, data.step)} is still running, ${formatSize(sum)} so far.`);
    }
    if (data.begin > data.times[0]) words.push(`No data before ${formatTime(data.begin * 1000, data.step)}.`);
    if (data.hasGaps) words.push("Hatched: no gateway was observed.");
    words.push(`Times are in ${zone()}.`);
    setText(foot, words.filter(Boolean).join(" "));
  }

  /** Return [first, last] second of the axis. A chosen range is shown whole, else what has data. */
  function boundsOf({ times, begin, running }) {
    if (!times.length) return null;
    const last = times[running ?? times.length - 1];
    const first = settings.range ? times[0] : Math.min(begin ?? times[0], times.at(-2) ?? last);
    return [first, last];
  }

  function drawEmpty(data) {
    const isEmpty = !data.total;
    empty.hidden = !isEmpty;
    plot.classList.toggle("faint", isEmpty);
    if (!isEmpty) return;
    const narrowed = settings.type !== "both" || FILTERS.some((name) => settings[name] != null);
    const clear = h("button", { type: "button", onclick: () => change({ type: "both", service: null, route: null, consumer: null }) }, "Show all traffic");
    empty.replaceChildren(
      h("p", {}, "Nothing was moved in this time."),
      narrowed
        ? clear
        : h("p", {}, "If there was traffic: Prometheus must scrape the gateways as job ", h("code", {}, "kong"), ", and Kong’s prometheus plugin needs ", h("code", {}, "bandwidth_metrics: true"), "."),
    );
  }

  function destroy() {
    chart?.destroy();
    chart = null;
  }

  return {
    node,
    show(wanted) {
      const before = settings;
      settings = wanted;
      for (const [name, choice] of Object.entries(choices)) choice.set(settings[name]);
      choices.range.set(isCustom() ? null : rangeNow());
      for (const name of FILTERS) pickers[name].set(settings[name] ?? null, catalog[`${name}s`]);
      // Another style or unit needs no other data.
      if (before && answer && before.by === settings.by && (before.style !== settings.style || before.unit !== settings.unit)) draw();
    },
    async refresh(signal) {
      const requested = settings;
      const read = () => fetchJson(PATH, { ...parameters(), top: settings.top }, signal);
      [answer, catalog] = await Promise.all([read(), fetchJson("api/v1/catalog", { lookback: "7d" }, signal)]);
      // A shorter range shows better when the data begins: in windows of an hour, what began five
      // minutes ago may have begun an hour before.
      for (let tries = 0; !settings.range && !isCustom() && tries < MAX_TRIES; tries += 1) {
        const suited = chooseRange(readAnswer(answer, requested.by), rangeNow(), DEFAULT_RANGE);
        if (suited === rangeNow()) break;
        ageRange = suited;
        choices.range.set(suited);
        answer = await read();
      }
      for (const name of FILTERS) pickers[name].set(settings[name] ?? null, catalog[`${name}s`]);
      const span = isCustom() ? (settings.to - settings.from) / 1000 : SECONDS[rangeNow()];
      earlier = settings.before === "yes" ? await readEarlier(parameters(), readAnswer(answer, requested.by), span, signal) : null;
      if (requested.by === settings.by) draw();
    },
    redraw() {
      destroy();
      if (answer) draw();
    },
    destroy,
  };
}

function tableRows(data, format) {
  return data.times
    .map((time, index) => [formatTime(time * 1000, data.step), ...data.columns.map((column) => (column[index] == null ? "no data" : format(column[index], index)))])
    .reverse();
}
