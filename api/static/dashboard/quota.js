// A quota's page: how its period goes against the limit, who was told, and what past periods came to.

import { ask, askEntries } from "./ask.js";
import { makeChart } from "./chart.js";
import { makeFigure } from "./controls.js";
import { h, keep, setAttribute, setText } from "./dom.js";
import { fullIn, keyOf, makeEntry, periodName, timeLeft, updateEntry } from "./entries.js";
import { NONE, bytes, description, exactBytes, gravity, moment, percent, roundBytes, stateWords } from "./format.js";
import { makeFold } from "./tables.js";
import { colour } from "./theme.js";
import { askTold, makeTold } from "./told.js";

/** Return {node, title, show, refresh, redraw, destroy}. */
export function makeQuota() {
  const title = h("h1", {});
  const state = h("span", { class: "badge" });
  const what = h("p", { class: "lead" });
  const figures = {
    used: makeFigure("Used"),
    left: makeFigure("Left"),
    forecast: makeFigure("Forecast"),
    full: makeFigure("100 % comes"),
    period: makeFigure("Period"),
  };
  const plot = h("div", { class: "plot", tabindex: "0", role: "group", "aria-roledescription": "chart" });
  const burnTitle = h("h2", { id: "burn-title" });
  const readout = h("p", { class: "foot", "aria-live": "polite" });
  const fold = makeFold("The numbers as a table", "Used so far, the newest first");
  const past = h("ol", { class: "past" });
  const pastCard = h("section", { class: "card", "aria-labelledby": "past-title" }, h("div", { class: "head" }, h("h2", { id: "past-title" }, "Periods")), past);
  const told = makeTold();
  const detail = h(
    "div",
    { class: "page", hidden: true },
    h("dl", { class: "figures card" }, ...Object.values(figures).map(({ node }) => node)),
    h("section", { class: "card", "aria-labelledby": "burn-title" }, h("div", { class: "head" }, burnTitle), h("div", { class: "canvas" }, plot), readout, h("div", { class: "below" }, fold.node)),
    told.node,
    pastCard,
  );
  const which = h("ul", { class: "entries" });
  const whichCard = h("section", { class: "card", hidden: true }, h("div", { class: "head" }, h("h2", {}, "Which one?")), which);
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
    setText(state, stateWords(entry.state));
    setAttribute(state, "data-gravity", gravity(entry.state));
    setText(what, description(entry));
    const isLimited = entry.limit_bytes != null;
    if (isLimited) figures.used.set(percent(entry.ratio), `${bytes(entry.used_bytes)} of ${roundBytes(entry.limit_bytes)}`, exactBytes(entry.used_bytes));
    else figures.used.set(bytes(entry.used_bytes), "its limit is not known", exactBytes(entry.used_bytes));
    const left = entry.left_bytes ? "until the limit" : isLimited ? "nothing is left" : "";
    figures.left.set(bytes(entry.left_bytes), left, isLimited ? exactBytes(entry.left_bytes) : null);
    const forecast = entry.forecast_bytes == null || !entry.limit_bytes ? null : entry.forecast_bytes / entry.limit_bytes;
    figures.forecast.set(bytes(entry.forecast_bytes), forecast == null ? "not yet known" : `${percent(forecast)} at the period’s end`, exactBytes(entry.forecast_bytes));
    const isOver = entry.ratio != null && entry.ratio >= 1;
    if (entry.full_at) figures.full.set(fullIn(entry, now), moment(Date.parse(entry.full_at)));
    else figures.full.set(isOver ? "is past" : NONE, isOver ? "" : entry.period ? "not in this period, at this pace" : "");
    setText(burnTitle, entry.period ? "Used so far" : "Used in the window before each moment");
    if (entry.period) figures.period.set(timeLeft(entry, now), periodName(entry));
    else figures.period.set(periodName(entry), "a window that rolls on");
    for (const name of ["forecast", "full"]) figures[name].node.hidden = !entry.period;
  }

  function drawBurnUp() {
    const { meta, used, limit_bytes: limit, forecast } = burnUp;
    chart ??= makeChart(plot, look(), readOut);
    const [start, end] = [Date.parse(meta.start) / 1000, Date.parse(meta.end) / 1000];
    const times = [...new Set([start, ...used.map(([ms]) => ms / 1000), ...forecast.map(([ms]) => ms / 1000), end])].sort((a, b) => a - b);
    const usedAt = new Map(used.map(([ms, value]) => [ms / 1000, value]));
    const first = used.findIndex(([, value]) => value != null);
    const points = times.map((time) => usedAt.get(time) ?? null);
    // A period begins with nothing used; a rolling window does not.
    if (burnUp.quota.period && first >= 0 && first < 2 && !usedAt.get(start)) {
      points[0] = 0;
      for (let index = 1; times[index] * 1000 < used[first][0]; index += 1) points[index] = 0;
    }
    const ahead = times.map((time) => {
      if (forecast.length < 2) return null;
      const [[from, low], [to, high]] = forecast;
      const share = (time * 1000 - from) / (to - from);
      return share < 0 ? null : low + share * (high - low);
    });
    chart.set([times, points, ahead, times.map(() => limit)], [start, end], (limit ?? 0) * 1.02);
    setAttribute(plot, "aria-label", `What the quota ${burnUp.quota.name} had used at each moment, against its limit; arrow keys move through it, and the table below has its numbers`);
    if (chart.plot.cursor.idx == null) readOut(null);
    fold.set(["Time", "Used", "Of the limit"], () => [...used].reverse().map(([ms, value]) => [moment(ms), value == null ? "no data" : bytes(value), limit && value != null ? percent(value / limit) : NONE]));
  }

  function look() {
    const tone = ["--ok-bar", "--info-bar", "--warning-bar", "--critical-bar"][gravity(burnUp.quota.state)];
    return {
      series: [
        { label: "used", colour: colour(tone), fill: colour(tone, 0.14), width: 2 },
        { label: "forecast", colour: colour(tone), width: 1.75, dash: [3, 4] },
        { label: "limit", colour: colour("--ink", 0.75), width: 1.25, dash: [8, 5] },
      ],
    };
  }

  function readOut(index) {
    const { limit_bytes: limit, meta } = burnUp;
    const words = index == null ? null : [chart.plot.data[1][index], chart.plot.data[2][index]];
    if (!words) {
      const lines = [limit == null ? null : `the dashed line above is the limit of ${roundBytes(limit)}`, burnUp.forecast.length ? "the dotted one is the forecast" : null];
      const text = lines.filter(Boolean).join("; ");
      setText(readout, text && `${text[0].toUpperCase()}${text.slice(1)}.`);
    }
    else {
      const time = moment(chart.plot.data[0][index] * 1000, Math.min(meta.step_seconds, 3600));
      const [used, ahead] = words;
      const value = used ?? ahead;
      const name = used == null ? "forecast" : "used";
      setText(readout, value == null ? `${time}: no data` : `${time}: ${name} ${bytes(value)}${limit ? `, ${percent(value / limit)} of the limit` : ""}`);
    }
  }

  function drawPast({ periods }) {
    pastCard.hidden = !periods.length;
    const most = Math.max(1, ...periods.map(({ ratio }) => ratio ?? 0));
    keep(past, periods.slice(0, 60), ({ period }) => String(period.id), makePast, (row, { period, used_bytes: used, ratio, is_over: isOver }) => {
      const [name, bar, size, share] = row.children;
      setText(name, isOver ? period.title : `${period.title}, so far`);
      bar.firstElementChild.style.inlineSize = `${(100 * (ratio ?? 0)) / most}%`;
      bar.lastElementChild.style.insetInlineStart = `${100 / most}%`;
      setAttribute(row, "data-gravity", ratio >= 1 ? 3 : isOver ? 0 : gravity(burnUp.quota.state));
      setAttribute(row, "data-open", isOver ? null : "");
      setText(size, bytes(used));
      setText(share, percent(ratio));
    });
  }

  function choose(entries) {
    setText(title, wanted.name);
    setText(what, "It holds for each by itself.");
    keep(which, entries, keyOf, makeEntry, (item, entry) => updateEntry(item, entry, true, Date.now()));
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
    show(address) {
      const changed = JSON.stringify(wanted) !== JSON.stringify(address);
      if (changed) {
        destroy();
        told.hide();
        showOnly(null);
        setText(title, address.name);
        setText(what, "");
      }
      wanted = address;
      return changed;
    },
    async refresh(signal) {
      const path = `api/v1/quotas/${encodeURIComponent(wanted.name)}`;
      let entries;
      try {
        entries = await askEntries(signal, path);
      } catch (error) {
        if (error.status !== 404) throw error;
        missing.replaceChildren(h("p", {}, `There is no quota “${wanted.name}”, or it was not counted lately.`), h("a", { href: "#/" }, "Show all quotas"));
        showOnly(missing);
        return;
      }
      const chosen = entries.filter((entry) => Object.entries(wanted.selector).every(([name, value]) => (entry.selector[name] ?? "") === value));
      if (chosen.length !== 1) {
        choose(chosen.length ? chosen : entries);
        showOnly(whichCard);
        return;
      }
      const [entry] = chosen;
      const asked = askTold(path, entry.selector, signal);
      const [series, history] = await Promise.all([
        ask(`${path}/series`, entry.selector, signal),
        ask(`${path}/history`, entry.selector, signal),
      ]);
      const isNew = burnUp?.quota.state !== series.quota.state;
      burnUp = series;
      drawEntry(entry);
      showOnly(detail);
      if (isNew) destroy();
      drawBurnUp();
      drawPast(history);
      // It comes from elsewhere, and may take its time: nothing else waits for it.
      asked.then((answer) => signal.aborted || told.set(answer, entry));
    },
    redraw() {
      destroy();
      if (burnUp && !detail.hidden) drawBurnUp();
    },
    destroy,
  };
}

function makePast() {
  return h("li", {}, h("span", { class: "period" }), h("span", { class: "bar", "aria-hidden": "true" }, h("span", { class: "fill" }), h("span", { class: "mark" })), h("span", { class: "size" }), h("span", { class: "share" }));
}
