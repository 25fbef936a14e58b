// One entry of a quota in a list: its bar, its numbers and its forecast.

import { h, setAttribute, setText, updateChildren } from "./elements.js";
import { formatAmount, formatBytes, formatPercent } from "./format.js";
import { quotaUrl } from "./urls.js";
import { describeAlert, describeEntry, describePeriod, describeState, describeTimeLeft, describeTimeToLimit, severityOf } from "./wording.js";

/** Return what identifies an entry among all entries. */
export const keyOf = (entry) => JSON.stringify([entry.name, entry.selector]);

export function makeQuotaRow() {
  const parts = {
    link: h("a", { class: "name" }),
    what: h("span", { class: "what" }),
    period: h("span", { class: "period" }),
    bar: makeBar(),
    used: h("span", { class: "used" }),
    forecast: h("span", {}),
    percent: h("strong", { class: "percent" }),
    state: h("span", { class: "state" }),
    left: h("span", {}),
    full: h("span", { class: "full" }),
  };
  const node = h(
    "li",
    { class: "entry" },
    h("div", { class: "who" }, parts.link, parts.what),
    h("div", { class: "level" }, parts.bar.node, h("div", { class: "under" }, parts.used, parts.forecast)),
    h("div", { class: "grade" }, parts.percent, parts.state),
    h("div", { class: "when" }, parts.period, h("span", {}, parts.left, parts.full)),
  );
  node.parts = parts;
  return node;
}

/** Fill a row. `isOneOfMany`: the quota has several entries, so the link names this one. */
export function updateQuotaRow(node, entry, isOneOfMany, now) {
  const parts = node.parts;
  const { used_bytes: used, limit_bytes: limit, forecast_bytes: forecast } = entry;
  const amount = amountsOf(entry);
  setAttribute(node, "data-severity", severityOf(entry.state));
  setText(parts.link, entry.name);
  setAttribute(parts.link, "href", quotaUrl(entry.name, isOneOfMany ? entry.selector : {}));
  setText(parts.what, describeEntry(entry));
  setText(parts.period, describePeriod(entry));
  parts.bar.set(entry);
  setText(parts.used, limit == null ? amount(used) : `${amount(used)} of ${amount(limit)}`);
  setAttribute(parts.used, "title", `${formatBytes(used)} of ${formatBytes(limit)}`);
  setText(parts.forecast, forecast == null ? "" : `forecast ${amount(forecast)}`);
  setText(parts.percent, formatPercent(used, limit));
  setText(parts.state, describeState(entry.state));
  setAttribute(parts.state, "title", describeAlert(entry));
  setText(parts.left, describeTimeLeft(entry, now));
  setText(parts.full, entry.full_at ? ` · full in ${describeTimeToLimit(entry, now)}` : "");
}

/** Return how to write sizes of an entry: in the units of its limit. */
export const amountsOf = (entry) => (size) => formatAmount(size, entry.limit_bytes, entry.limit_unit);

/**
 * Return {node, set} of a bar: the usage, beyond it the forecast, and a tick at each threshold. It
 * ends at the limit. Above the limit it ends at the usage, and a mark inside shows the limit: 112 %
 * looks different from 100 %.
 */
export function makeBar() {
  const expected = h("span", { class: "expected" });
  const used = h("span", { class: "fill" });
  const ticks = h("span", { class: "ticks" });
  const mark = h("span", { class: "mark", hidden: true });
  const node = h("div", { class: "bar", "aria-hidden": "true" }, h("span", { class: "track" }, expected, used), ticks, mark);
  return {
    node,
    set(entry) {
      const ratio = entry.ratio ?? 0;
      const whole = Math.max(1, ratio);
      const forecast = entry.limit_bytes ? (entry.forecast_bytes ?? 0) / entry.limit_bytes : 0;
      used.style.inlineSize = `${(100 * ratio) / whole}%`;
      expected.style.inlineSize = `${(100 * Math.min(whole, Math.max(ratio, forecast))) / whole}%`;
      const inside = (entry.thresholds ?? []).filter((percent) => percent < 100 * whole && percent !== 100);
      updateChildren(ticks, inside, String, () => h("span", { class: "tick" }), (tick, percent) => {
        tick.style.insetInlineStart = `${percent / whole}%`;
      });
      mark.hidden = ratio <= 1;
      mark.style.insetInlineStart = `${100 / whole}%`;
    },
  };
}
