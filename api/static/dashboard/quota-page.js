// The page of a quota: usage against the limit, notifications, and the totals of past periods.

import { fetchEntries, fetchJson } from "./api.js";
import { makeChart } from "./chart.js";
import { makeFigure } from "./controls.js";
import { h, setAttribute, setText, updateChildren } from "./elements.js";
import { UNKNOWN, formatAmount, formatBytes, formatPercent, formatTime, isBinary } from "./format.js";
import { fetchNotifications, makeNotificationsCard } from "./notifications.js";
import { makeMembers } from "./quota-group.js";
import { amountsOf } from "./quota-row.js";
import { makeCollapsedTable } from "./table.js";
import { colour } from "./theme.js";
import { describeEntry, describeForEach, describePeriod, describeState, describeTimeLeft, describeTimeToLimit, severityOf } from "./wording.js";

const MAX_PERIODS = 60;

/** Return {node, title, show, refresh, redraw, destroy}. */
export function makeQuotaPage() {
  const title = h("h1", {});
  const state = h("span", { class: "badge" });
  const what = h("p", { class: "lead" });
  const figures = {
    used: makeFigure("Used"),
    left: makeFigure("Left"),
    forecast: makeFigure("Forecast"),
    full: makeFigure("Limit reached in"),
    period: makeFigure("Period"),
  };
  const plot = h("div", { class: "plot", tabindex: "0", role: "group", "aria-roledescription": "chart" });
  const burnTitle = h("h2", { id: "burn-title" });
  const readout = h("p", { class: "foot", "aria-live": "polite" });
  const table = makeCollapsedTable("The numbers as a table", "Used so far, the newest first");
  const past = h("ol", { class: "past" });
  const pastCard = h("section", { class: "card", "aria-labelledby": "past-title" }, h("div", { class: "head" }, h("h2", { id: "past-title" }, "Periods")), past);
  const notifications = makeNotificationsCard();
  const detail = h(
    "div",
    { class: "page", hidden: true },
    h("dl", { class: "figures card" }, ...Object.values(figures).map(({ node }) => node)),
    h("section", { class: "card", "aria-labelledby": "burn-title" }, h("div", { class: "head" }, burnTitle), h("div", { class: "canvas" }, plot), readout, h("div", { class: "below" }, table.node)),
    notifications.node,
    pastCard,
  );
  const which = makeMembers();
  const whichCard = h("section", { class: "card", hidden: true }, h("div", { class: "head" }, h("h2", {}, "Which one?")), which.node);
  const missing = h("div", { class: "card empty", hidden: true });
  const node = h(
    "div",
    { class: "page" },
    h("div", { class: "title" }, h("a", { class: "back", href: "#/" }, "← All quotas"), h("div", { class: "line" }, title, state), what),
    missing,
    whichCard,
    detail,
  );
  let wanted = null;
  let chart = null;
  let burnUp = null;

  function drawEntry(entry) {
    const now = Date.now();
    setText(title, entry.name);
    setText(state, describeState(entry.state));
    setAttribute(state, "data-severity", entry.state === "no_data" ? "none" : severityOf(entry.state));
    setText(what, describeEntry(entry));
    const { used_bytes: used, left_bytes: left, limit_bytes: limit, forecast_bytes: forecast } = entry;
    const amount = amountsOf(entry);
    const isLimited = limit != null;
    if (isLimited) figures.used.set(formatPercent(used, limit), `${amount(used)} of ${amount(limit)}`, formatBytes(used));
    else figures.used.set(amount(used), "its limit is not known", formatBytes(used));
    figures.left.set(amount(left), left == null ? "" : left > 0 ? "until the limit" : "nothing is left", isLimited ? formatBytes(left) : null);
    const isForecast = forecast != null && isLimited;
    figures.forecast.set(amount(forecast), isForecast ? `${formatPercent(forecast, limit)} at the period’s end` : "not yet known", formatBytes(forecast));
    const isOver = entry.ratio != null && entry.ratio >= 1;
    if (entry.full_at) figures.full.set(describeTimeToLimit(entry, now), formatTime(Date.parse(entry.full_at)));
    else figures.full.set(isOver ? "already reached" : UNKNOWN, isOver || used == null || !entry.period ? "" : "not in this period, at this pace");
    setText(burnTitle, entry.period ? "Used so far" : "Used in the window before each moment");
    if (entry.period) figures.period.set(describeTimeLeft(entry, now), describePeriod(entry));
    else figures.period.set(describePeriod(entry), "a window that rolls on");
    for (const name of ["forecast", "full"]) figures[name].node.hidden = !entry.period;
  }

  function drawBurnUp() {
    const { meta, used, limit_bytes: limit, forecast } = burnUp;
    chart ??= makeChart(plot, look(), showReadout);
    const [start, end] = [Date.parse(meta.start) / 1000, Date.parse(meta.end) / 1000];
    const times = [...new Set([start, ...used.map(([ms]) => ms / 1000), ...forecast.map(([ms]) => ms / 1000), end])].sort((a, b) => a - b);
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
    chart.set([times, points, forecastPoints, times.map(() => limit)], [start, end], (limit ?? 0) * 1.02);
    setAttribute(plot, "aria-label", `What the quota ${burnUp.quota.name} had used at each moment, against its limit; arrow keys move through it, and the table below has its numbers`);
    if (chart.plot.cursor.idx == null) showReadout(null);
    table.set(["Time", "Used", "Of the limit"], () => [...used].reverse().map(([ms, value]) => [formatTime(ms), value == null ? "no data" : formatAmount(value, limit), formatPercent(value, limit)]));
  }

  function look() {
    const tone = ["--ok-bar", "--info-bar", "--warning-bar", "--critical-bar"][severityOf(burnUp.quota.state)];
    return {
      binary: burnUp.limit_bytes != null && isBinary(burnUp.limit_bytes),
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
    if (index == null) {
      const lines = [limit == null ? null : `the dashed line above is the limit of ${formatAmount(limit, limit)}`, burnUp.forecast.length ? "the dotted one is the forecast" : null];
      const text = lines.filter(Boolean).join("; ");
      setText(readout, text && `${text[0].toUpperCase()}${text.slice(1)}.`);
    } else {
      const [times, used, forecast] = chart.plot.data;
      const time = formatTime(times[index] * 1000, Math.min(meta.step_seconds, 3600));
      const value = used[index] ?? forecast[index];
      const name = used[index] == null ? "forecast" : "used";
      setText(readout, value == null ? `${time}: no data` : `${time}: ${name} ${formatAmount(value, limit)}${limit ? `, ${formatPercent(value, limit)} of the limit` : ""}`);
    }
  }

  function drawPeriods({ periods }) {
    pastCard.hidden = !periods.length;
    const most = Math.max(1, ...periods.map(({ ratio }) => ratio ?? 0));
    updateChildren(past, periods.slice(0, MAX_PERIODS), ({ period }) => String(period.id), makePeriodRow, (row, { period, used_bytes: used, ratio, is_over: isOver }) => {
      const [name, bar, size, share] = row.children;
      setText(name, isOver ? period.title : `${period.title}, so far`);
      bar.firstElementChild.style.inlineSize = `${(100 * (ratio ?? 0)) / most}%`;
      bar.lastElementChild.style.insetInlineStart = `${100 / most}%`;
      setAttribute(row, "data-severity", ratio >= 1 ? 3 : isOver ? 0 : severityOf(burnUp.quota.state));
      setAttribute(row, "data-open", isOver ? null : "");
      setText(size, formatAmount(used, burnUp.limit_bytes));
      setText(share, formatPercent(ratio));
    });
  }

  function drawChoice(entries) {
    setText(title, wanted.name);
    const labels = describeForEach(entries);
    setText(what, labels && `Applies to each ${labels} separately.`);
    which.set(entries, Date.now());
  }

  function showOnly(part) {
    for (const one of [missing, whichCard, detail]) one.hidden = one !== part;
    state.hidden = part !== detail;
  }

  function destroy() {
    chart?.destroy();
    chart = null;
  }

  return {
    node,
    get title() {
      return `${wanted?.name} – Gateway bandwidth`;
    },
    /** Show the quota that a parsed URL names. Return whether it is another one. */
    show(view) {
      const changed = JSON.stringify(wanted) !== JSON.stringify(view);
      if (changed) {
        destroy();
        notifications.hide();
        showOnly(null);
        setText(title, view.name);
        setText(what, "");
      }
      wanted = view;
      return changed;
    },
    async refresh(signal) {
      const path = `api/v1/quotas/${encodeURIComponent(wanted.name)}`;
      let entries;
      try {
        entries = await fetchEntries(signal, path);
      } catch (error) {
        if (error.status !== 404) throw error;
        missing.replaceChildren(h("p", {}, `There is no quota “${wanted.name}”, or it was not counted lately.`), h("a", { href: "#/" }, "Show all quotas"));
        showOnly(missing);
        return;
      }
      const chosen = entries.filter((entry) => Object.entries(wanted.selector).every(([name, value]) => (entry.selector[name] ?? "") === value));
      if (chosen.length !== 1) {
        drawChoice(chosen.length ? chosen : entries);
        showOnly(whichCard);
        return;
      }
      const [entry] = chosen;
      const notified = fetchNotifications(path, entry.selector, signal);
      const [series, history] = await Promise.all([
        fetchJson(`${path}/series`, entry.selector, signal),
        fetchJson(`${path}/history`, entry.selector, signal),
      ]);
      const isNew = burnUp?.quota.state !== series.quota.state;
      burnUp = series;
      drawEntry(entry);
      showOnly(detail);
      if (isNew) destroy();
      drawBurnUp();
      drawPeriods(history);
      // Notifications come from the webhook, which can be slow: nothing else waits for them.
      notified.then((result) => signal.aborted || notifications.set(result, entry));
    },
    redraw() {
      destroy();
      if (burnUp && !detail.hidden) drawBurnUp();
    },
    destroy,
  };
}

function makePeriodRow() {
  return h("li", {}, h("span", { class: "period" }), h("span", { class: "bar", "aria-hidden": "true" }, h("span", { class: "fill" }), h("span", { class: "mark" })), h("span", { class: "size" }), h("span", { class: "share" }));
}
