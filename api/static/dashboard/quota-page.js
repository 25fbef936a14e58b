// The page of a quota: usage against the limit, notifications, and the totals of past periods.

import { fetchJson } from "./api.js";
import { makeFigure } from "./controls.js";
import { h, setAttribute, setText, updateChildren } from "./elements.js";
import { UNKNOWN, formatAmount, formatBytes, formatPercent, formatTime } from "./format.js";
import { makeMembers } from "./members.js";
import { fetchNotifications, makeNotificationsCard } from "./notifications.js";
import { amountsOf } from "./quota-row.js";
import { makeUsageCard } from "./usage-card.js";
import { describeEntry, describeLabels, describePeriod, describeState, describeTimeLeft, describeTimeToLimit, severityOf } from "./wording.js";
import { setQuotaZone } from "./zone.js";

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
  const usage = makeUsageCard();
  const past = h("ol", { class: "past" });
  const pastCard = h("section", { class: "card", "aria-labelledby": "past-title" }, h("div", { class: "head" }, h("h2", { id: "past-title" }, "Periods")), past);
  const notifications = makeNotificationsCard();
  const detail = h(
    "div",
    { class: "page", hidden: true },
    h("dl", { class: "figures card" }, ...Object.values(figures).map(({ node }) => node)),
    usage.node,
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
  let current = null;

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
    if (entry.period) figures.period.set(describeTimeLeft(entry, now), describePeriod(entry));
    else figures.period.set(describePeriod(entry), "a window that rolls on");
    for (const name of ["forecast", "full"]) figures[name].node.hidden = !entry.period;
  }

  function drawPeriods({ periods }) {
    pastCard.hidden = !periods.length;
    const most = Math.max(1, ...periods.map(({ ratio }) => ratio ?? 0));
    updateChildren(past, periods.slice(0, MAX_PERIODS), ({ period }) => String(period.id), makePeriodRow, (row, { period, used_bytes: used, limit_bytes: limit, ratio, is_over: isOver }) => {
      const [name, bar, size, share] = row.children;
      setText(name, isOver ? period.title : `${period.title}, so far`);
      bar.firstElementChild.style.inlineSize = `${(100 * (ratio ?? 0)) / most}%`;
      bar.lastElementChild.style.insetInlineStart = `${100 / most}%`;
      setAttribute(row, "data-severity", ratio >= 1 ? 3 : isOver ? 0 : severityOf(current.state));
      setAttribute(row, "data-open", isOver ? null : "");
      const unit = limit === current.limit_bytes ? current.limit_unit : "";
      setText(size, limit == null ? formatAmount(used, current.limit_bytes) : `${formatAmount(used, limit, unit)} of ${formatAmount(limit, limit, unit)}`);
      setText(share, formatPercent(ratio));
    });
  }

  /** Show the table of the entries at a path that have these labels. */
  async function showChoice(path, label, signal) {
    which.show(path, { label });
    const entries = await which.refresh(signal);
    setText(title, wanted.name);
    const names = findDiffering(entries);
    setText(what, names.length ? `Applies to each ${describeLabels(names)} separately.` : "");
    showOnly(whichCard);
  }

  function showOnly(part) {
    for (const one of [missing, whichCard, detail]) one.hidden = one !== part;
    state.hidden = part !== detail;
  }

  return {
    node,
    get title() {
      return `${wanted?.name} – Gateway quotas`;
    },
    /** Show the quota that a parsed URL names. Return whether it is another one. */
    show(view) {
      const changed = JSON.stringify(wanted) !== JSON.stringify(view);
      if (changed) {
        usage.clear();
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
      const label = Object.entries(wanted.selector).map(([name, value]) => `${name}:${value}`);
      let found;
      try {
        found = await fetchJson(path, { label, page_size: 1 }, signal);
      } catch (error) {
        if (error.status !== 404) throw error;
        missing.replaceChildren(h("p", {}, `There is no quota “${wanted.name}”, or it was not counted lately.`), h("a", { href: "#/" }, "Show all quotas"));
        showOnly(missing);
        return;
      }
      if (found.total !== 1) {
        await showChoice(path, found.total ? label : [], signal);
        return;
      }
      const [entry] = found.quotas;
      const notified = fetchNotifications(path, entry.selector, signal);
      const [series, history] = await Promise.all([
        fetchJson(`${path}/series`, entry.selector, signal),
        fetchJson(`${path}/history`, entry.selector, signal),
      ]);
      current = entry;
      setQuotaZone(entry.calendar);
      drawEntry(entry);
      showOnly(detail);
      usage.set(series);
      drawPeriods(history);
      // Notifications come from the webhook, which can be slow: nothing else waits for them.
      notified.then((result) => {
        if (signal.aborted) return;
        notifications.set(result, entry);
        usage.mark(result.notifications ?? []);
      });
    },
    redraw() {
      if (!detail.hidden) usage.redraw();
    },
    destroy: usage.clear,
  };
}

/** Return the labels whose values differ between entries. */
function findDiffering(entries) {
  const names = Object.keys(entries[0]?.selector ?? {});
  return names.filter((name) => new Set(entries.map(({ selector }) => selector[name])).size > 1);
}

function makePeriodRow() {
  return h("li", {}, h("span", { class: "period" }), h("span", { class: "bar", "aria-hidden": "true" }, h("span", { class: "fill" }), h("span", { class: "mark" })), h("span", { class: "size" }), h("span", { class: "share" }));
}
