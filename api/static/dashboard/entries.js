// One quota's line in the list: its bar, its numbers, and what will become of it.

import { quotaAddress } from "./address.js";
import { h, setAttribute, setText } from "./dom.js";
import { NONE, bytes, description, exactBytes, gravity, percent, roundBytes, span, stateWords } from "./format.js";

export const keyOf = (entry) => JSON.stringify([entry.name, entry.selector]);

export function makeEntry() {
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

export function updateEntry(node, entry, isOneOfMany, now) {
  const parts = node.parts;
  setAttribute(node, "data-gravity", gravity(entry.state));
  setText(parts.link, entry.name);
  setAttribute(parts.link, "href", quotaAddress(entry.name, isOneOfMany ? entry.selector : {}));
  setText(parts.what, description(entry));
  setText(parts.period, periodName(entry));
  parts.bar.set(entry);
  setText(parts.used, entry.limit_bytes == null ? bytes(entry.used_bytes) : `${bytes(entry.used_bytes)} of ${roundBytes(entry.limit_bytes)}`);
  setAttribute(parts.used, "title", `${exactBytes(entry.used_bytes)} of ${exactBytes(entry.limit_bytes)}`);
  setText(parts.forecast, entry.forecast_bytes == null ? "" : `forecast ${bytes(entry.forecast_bytes)}`);
  setText(parts.percent, percent(entry.ratio));
  setText(parts.state, stateWords(entry.state));
  setText(parts.left, timeLeft(entry, now));
  setText(parts.full, entry.full_at ? ` · full ${fullIn(entry, now)}` : "");
}

/** Return {node, set} of a bar from 0 to 100 %: what is used, and beyond it what is expected. */
export function makeBar() {
  const expected = h("span", { class: "expected" });
  const used = h("span", { class: "fill" });
  const node = h("div", { class: "bar", "aria-hidden": "true" }, expected, used);
  return {
    node,
    set(entry) {
      const ratio = Math.min(1, entry.ratio ?? 0);
      const forecast = entry.limit_bytes ? (entry.forecast_bytes ?? 0) / entry.limit_bytes : 0;
      used.style.inlineSize = `${100 * ratio}%`;
      expected.style.inlineSize = `${100 * Math.min(1, Math.max(ratio, forecast))}%`;
    },
  };
}

export function periodName(entry) {
  if (entry.period) return entry.period.title;
  const window = entry.calendar.match(/^rolling:(.*)$/);
  return window ? `the last ${window[1].replace(/d$/, " days")}` : entry.calendar || NONE;
}

export function timeLeft(entry, now) {
  if (!entry.period) return "rolling";
  const seconds = (Date.parse(entry.period.end) - now) / 1000;
  return seconds > 0 ? `${span(seconds)} left` : "period is over";
}

/** How long until 100 % at this pace; nothing where that is not in this period. */
export function fullIn(entry, now) {
  if (!entry.full_at) return "";
  return `in ${span(Math.max(0, (Date.parse(entry.full_at) - now) / 1000))}`;
}
