// The bandwidth card: filters, the chart, its legend with the numbers, a table, and a CSV link.

import { buildUrl, fetchJson, getToken, request } from "./api.js";
import { OTHER, findBusiest, readAnswer } from "./bandwidth-data.js";
import { makeChart } from "./chart.js";
import { makeChoice, makeFigure, makePicker } from "./controls.js";
import { foldOnPhones, h, setAttribute, setText, updateChildren } from "./elements.js";
import { UNKNOWN, formatBytes, formatDuration, formatPercent, formatSize, formatTime } from "./format.js";
import { chooseRange } from "./ranges.js";
import { stackColumns } from "./series.js";
import { makeCollapsedTable } from "./table.js";
import { colour } from "./theme.js";
import { RANGES } from "./urls.js";
import { zone } from "./zone.js";

const TOP = 8;
const PATH = "api/v1/bandwidth";
// Over 90 days, shorter windows would show mostly the difference between day and night.
const STEPS = { "90d": "1d" };
const DEFAULT_RANGE = "7d";
const MAX_TRIES = 3;
const FILTERS = ["service", "route", "consumer"];

/** Return {node, show, refresh, redraw, destroy}. `change` is called with changed settings. */
export function makeBandwidthCard(change) {
  const choices = {
    range: makeChoice("range", "How far back", RANGES.map((range) => [range, range.replace("1d", "24h")]), (range) => change({ range })),
    by: makeChoice("by", "One series for each", [["service", "Service"], ["route", "Route"], ["consumer", "Consumer"], ["type", "Direction"]], (by) => change({ by })),
    type: makeChoice("type", "Direction", [["both", "Both"], ["egress", "Egress"], ["ingress", "Ingress"]], (type) => change({ type })),
    style: makeChoice("style", "Drawn as", [["stacked", "Stacked"], ["lines", "Lines"]], (style) => change({ style })),
  };
  const pickers = Object.fromEntries(
    FILTERS.map((name) => [name, makePicker(name, `All ${name}s`, (value) => change({ [name]: value }))]),
  );
  const figures = { total: makeFigure("Total"), mean: makeFigure("On average"), peak: makeFigure("Busiest window") };
  const plot = h("div", { class: "plot", tabindex: "0", role: "group", "aria-roledescription": "chart" });
  const empty = h("div", { class: "empty", hidden: true });
  const at = h("th", { scope: "col" }, "Total");
  const legend = h("tbody", {});
  const foot = h("p", { class: "foot" });
  const csv = h("a", { class: "csv", download: "bandwidth.csv" }, "CSV");
  const table = makeCollapsedTable("The numbers as a table", "Bytes in each window, the newest first");
  csv.addEventListener("click", (event) => downloadWithToken(event, csv));
  const node = h(
    "section",
    { class: "card", "aria-labelledby": "bandwidth-title" },
    h("div", { class: "head" }, h("h2", { id: "bandwidth-title" }, "Bandwidth"), choices.range.node),
    foldOnPhones(h("details", { class: "foldable" }, h("summary", {}, "Filters"), h("div", { class: "controls" }, choices.by.node, choices.type.node, choices.style.node, ...FILTERS.map((name) => pickers[name].node)))),
    h("dl", { class: "figures" }, figures.total.node, figures.mean.node, figures.peak.node),
    h(
      "div",
      { class: "drawing" },
      h("div", { class: "canvas" }, plot, empty),
      h("table", { class: "legend" }, h("caption", { class: "sr" }, "Series, with their totals"), h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Series"), at, h("th", { scope: "col" }, "Share"))), legend),
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
  const colours = new Map();

  const rangeNow = () => settings.range ?? ageRange ?? DEFAULT_RANGE;

  function parameters() {
    const range = rangeNow();
    const values = { lookback: range, step: STEPS[range], by: settings.by, timezone: zone(), type: settings.type === "both" ? null : settings.type };
    for (const name of FILTERS) values[name] = settings[name];
    return values;
  }

  function draw() {
    const data = readAnswer(answer, settings.by);
    const stacked = settings.style === "stacked";
    const drawing = JSON.stringify([settings.style, data.keys]);
    if (chart && drawnAs !== drawing) destroy();
    drawnAs = drawing;
    assignColours(data.keys);
    chart ??= makeChart(plot, look(data, stacked), (index) => drawLegend(chart.data, index));
    const columns = stacked ? stackColumns(data.columns) : data.columns;
    chart.set([data.times, ...columns], { bounds: boundsOf(data), running: data.running });
    chart.data = data;
    drawLegend(data, chart.plot.cursor.idx ?? null);
    drawFigures(data);
    drawFoot(data);
    drawEmpty(data);
    setAttribute(plot, "aria-label", `${settings.by} by ${settings.style} chart of bandwidth over ${rangeNow()}; arrow keys move through it, and the table below has its numbers`);
    table.set(["Window from", ...data.names], () => tableRows(data));
    csv.href = buildUrl(PATH, { ...parameters(), format: "csv" });
  }

  /** Give each key a colour, which it keeps while this page is open. */
  function assignColours(keys) {
    for (const key of [...keys].sort()) {
      if (!colours.has(key)) colours.set(key, key === OTHER ? "--series-other" : `--series-${colours.size % 8}`);
    }
  }

  function look({ names, keys }, stacked) {
    const series = names.map((name, number) => {
      const hue = colours.get(keys[number]);
      return { label: name, colour: colour(hue), fill: stacked ? colour(hue, 0.32) : undefined, width: stacked ? 1.25 : 1.75 };
    });
    const bands = stacked ? names.slice(1).map((_, index) => ({ series: [index + 2, index + 1] })) : [];
    return { series, bands, gaps: true };
  }

  function drawLegend(data, index) {
    setText(at, index == null || !data.times.length ? "Total" : formatTime(data.times[index] * 1000, data.step));
    const rows = data.names.map((name, number) => ({ name, number, key: data.keys[number] }));
    updateChildren(
      legend,
      rows,
      ({ key }) => key,
      () => h("tr", {}, h("th", { scope: "row" }, h("span", { class: "swatch", "aria-hidden": "true" }), h("span", { class: "label" })), h("td", {}), h("td", {})),
      (row, { name, number, key }) => {
        const value = index == null ? data.totals[number] : data.columns[number][index];
        const sum = index == null ? data.total : data.columns.reduce((all, column) => all + (column[index] ?? 0), 0);
        row.querySelector(".swatch").style.background = `var(${colours.get(key)})`;
        setText(row.querySelector(".label"), name);
        setText(row.cells[1], value == null ? "no data" : formatSize(value));
        setAttribute(row.cells[1], "title", value == null ? null : formatBytes(value));
        setText(row.cells[2], value == null || !sum ? "" : formatPercent(value, sum));
      },
    );
  }

  function drawFigures(data) {
    figures.total.set(formatSize(data.total), "", formatBytes(data.total));
    figures.mean.set(data.seconds ? `${formatSize(data.total / data.seconds)}/s` : UNKNOWN, "while observed");
    const busiest = findBusiest(data);
    if (!busiest) figures.peak.set(UNKNOWN);
    else figures.peak.set(formatSize(busiest.bytes), `${formatTime(data.times[busiest.index] * 1000, data.step)}${busiest.isRunning ? ", so far" : ""}`);
  }

  function drawFoot(data) {
    const words = [`Bytes in windows of ${data.step == null ? "a month" : formatDuration(data.step)}.`];
    if (data.running != null) {
      const sum = data.columns.reduce((all, column) => all + (column[data.running] ?? 0), 0);
      words.push(`Dashed: the window since ${formatTime(data.times[data.running] * 1000, data.step)} is still running, ${formatSize(sum)} so far.`);
    }
    if (data.begin > data.times[0]) words.push(`No data before ${formatTime(data.begin * 1000, data.step)}.`);
    if (data.hasGaps) words.push("Hatched: no gateway was observed.");
    words.push(`Times are in ${zone()}.`);
    setText(foot, words.join(" "));
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
      choices.range.set(rangeNow());
      for (const name of FILTERS) pickers[name].set(settings[name] ?? null, catalog[`${name}s`]);
      // Another style needs no other data.
      if (before && answer && before.style !== settings.style) draw();
    },
    async refresh(signal) {
      const requested = settings;
      const read = () => fetchJson(PATH, { ...parameters(), top: TOP }, signal);
      [answer, catalog] = await Promise.all([read(), fetchJson("api/v1/catalog", { lookback: "7d" }, signal)]);
      // A shorter range shows better when the data begins: in windows of an hour, what began five
      // minutes ago may have begun an hour before.
      for (let tries = 0; !settings.range && tries < MAX_TRIES; tries += 1) {
        const suited = chooseRange(readAnswer(answer, requested.by), rangeNow(), DEFAULT_RANGE);
        if (suited === rangeNow()) break;
        ageRange = suited;
        choices.range.set(suited);
        answer = await read();
      }
      for (const name of FILTERS) pickers[name].set(settings[name] ?? null, catalog[`${name}s`]);
      if (requested.by === settings.by) draw();
    },
    redraw() {
      destroy();
      if (answer) draw();
    },
    destroy,
  };
}

function* range(from, to) {
  for (let index = from; index > to; index -= 1) yield index;
}

function tableRows(data) {
  return [...range(data.times.length - 1, -1)].map((index) => [
    formatTime(data.times[index] * 1000, data.step),
    ...data.columns.map((column) => (column[index] == null ? "no data" : formatSize(column[index]))),
  ]);
}

/** Download a file with the token, which the browser would not send for a link. */
async function downloadWithToken(event, origin) {
  if (!getToken()) return;
  event.preventDefault();
  let content;
  try {
    content = await (await request(origin.href)).blob();
  } catch (error) {
    setText(origin, `CSV: ${error.message}`);
    return;
  }
  setText(origin, "CSV");
  const link = h("a", { href: URL.createObjectURL(content), download: "bandwidth.csv" });
  link.click();
  URL.revokeObjectURL(link.href);
}
