// A quota with several entries in the list: one row, which opens to a table of its entries.

import { h, setAttribute, setText, updateChildren } from "./elements.js";
import { UNKNOWN, formatPercent } from "./format.js";
import { amountsOf, keyOf, makeBar } from "./quota-row.js";
import { quotaUrl } from "./urls.js";
import { describeAlert, describeCounts, describeEntry, describeForEach, describePeriod, describeState, describeTimeLeft, describeTimeToLimit, rankOf, severityOf } from "./wording.js";

const ROWS_PER_STEP = 25;
const COLUMNS = [
  { key: "entry", title: "Entry", of: describeEntry },
  { key: "used", title: "Used", of: ({ used_bytes: used }) => used ?? -1 },
  { key: "ratio", title: "Of the limit", of: ({ ratio }) => ratio ?? -1 },
  { key: "forecast", title: "Forecast", of: ({ forecast_bytes: forecast }) => forecast ?? -1 },
  { key: "full", title: "Limit reached in", of: ({ full_at: at }) => (at ? -Date.parse(at) : -Infinity) },
  { key: "state", title: "State", of: ({ state }) => rankOf(state) },
];

/** Return the row of a quota. `toggle(name)` is called when a click opens or closes it. */
export function makeQuotaGroup(toggle) {
  const name = h("button", { type: "button", class: "name", "aria-expanded": "false", onclick: () => toggle(name.textContent) });
  const parts = {
    name,
    what: h("span", { class: "what" }),
    bar: makeBar(),
    worst: h("a", { class: "worst" }),
    amount: h("span", { class: "used" }),
    percent: h("strong", { class: "percent" }),
    state: h("span", { class: "state" }),
    period: h("span", { class: "period" }),
    left: h("span", {}),
    members: null,
  };
  const head = h(
    "div",
    { class: "entry group" },
    h("div", { class: "who" }, parts.name, parts.what),
    h("div", { class: "level" }, parts.bar.node, h("div", { class: "under" }, parts.amount, parts.worst)),
    h("div", { class: "grade" }, parts.percent, parts.state),
    h("div", { class: "when" }, parts.period, parts.left),
  );
  const node = h("li", {}, head);
  node.parts = parts;
  node.head = head;
  return node;
}

/** Fill the row of a quota with its entries, the worst first. */
export function updateQuotaGroup(node, entries, isOpen, now) {
  const { parts, head } = node;
  const [worst] = entries;
  const amount = amountsOf(worst);
  setAttribute(head, "data-severity", severityOf(worst.state));
  setText(parts.name, worst.name);
  setAttribute(parts.name, "aria-expanded", isOpen);
  setText(parts.what, `each ${describeForEach(entries)} · ${describeCounts(entries)}`);
  parts.bar.set(worst);
  setText(parts.worst, `Highest: ${describeEntry(worst)}`);
  setAttribute(parts.worst, "href", quotaUrl(worst.name, worst.selector));
  setText(parts.amount, worst.limit_bytes == null ? amount(worst.used_bytes) : `${amount(worst.used_bytes)} of ${amount(worst.limit_bytes)}`);
  setText(parts.percent, formatPercent(worst.used_bytes, worst.limit_bytes));
  setText(parts.state, describeState(worst.state));
  setText(parts.period, describePeriod(worst));
  setText(parts.left, describeTimeLeft(worst, now));
  if (isOpen && !parts.members) {
    parts.members = makeMembers();
    node.append(parts.members.node);
  } else if (!isOpen && parts.members) {
    parts.members.node.remove();
    parts.members = null;
  }
  parts.members?.set(entries, now);
}

/** Return {node, set} of a table of a quota’s entries that can be searched and sorted. */
export function makeMembers() {
  let entries = [];
  let now = 0;
  let sort = { key: "ratio", isDown: true };
  let limit = ROWS_PER_STEP;
  const search = h("input", { type: "search", placeholder: "Find an entry", "aria-label": "Find an entry of this quota", autocomplete: "off", spellcheck: "false", oninput: () => { limit = ROWS_PER_STEP; draw(); } });
  const count = h("span", { class: "what", role: "status" });
  const heads = COLUMNS.map(({ key, title }) =>
    h("th", { scope: "col" }, h("button", { type: "button", onclick: () => { sort = { key, isDown: sort.key === key ? !sort.isDown : key !== "entry" }; draw(); } }, title)),
  );
  const body = h("tbody", {});
  const more = h("button", { type: "button", class: "more-entries", onclick: () => { limit += 4 * ROWS_PER_STEP; draw(); } });
  const table = h("table", {}, h("caption", { class: "sr" }, "Entries of the quota"), h("thead", {}, h("tr", {}, ...heads)), body);
  const scroller = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Entries of the quota" }, table);
  const node = h("div", { class: "members" }, h("div", { class: "tools" }, search, count), scroller, more);

  function draw() {
    const words = search.value.toLowerCase().split(/\s+/);
    const found = entries.filter((entry) => words.every((word) => describeEntry(entry).toLowerCase().includes(word)));
    const { of } = COLUMNS.find(({ key }) => key === sort.key);
    const sign = sort.isDown ? -1 : 1;
    const values = new Map(found.map((entry) => [entry, of(entry)]));
    found.sort((a, b) => sign * compare(values.get(a), values.get(b)));
    COLUMNS.forEach(({ key }, index) => setAttribute(heads[index], "aria-sort", key === sort.key ? (sort.isDown ? "descending" : "ascending") : null));
    updateChildren(body, found.slice(0, limit), keyOf, makeMember, (row, entry) => updateMember(row, entry, now));
    setText(count, found.length === entries.length ? `${entries.length} entries` : `${found.length} of ${entries.length} entries`);
    more.hidden = found.length <= limit;
    setText(more, `Show more of ${found.length}`);
  }

  return {
    node,
    set(newEntries, at) {
      [entries, now] = [newEntries, at];
      draw();
    },
  };
}

const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a < b ? -1 : a > b ? 1 : 0);

function makeMember() {
  const bar = makeBar();
  const row = h("tr", {}, h("th", { scope: "row" }, h("a", {})), h("td", {}), h("td", { class: "level" }, h("span", {}), bar.node), h("td", {}), h("td", {}), h("td", { class: "state" }));
  row.bar = bar;
  return row;
}

function updateMember(row, entry, now) {
  const [name, used, level, forecast, full, state] = row.children;
  const amount = amountsOf(entry);
  setAttribute(row, "data-severity", severityOf(entry.state));
  setText(name.firstChild, describeEntry(entry));
  setAttribute(name.firstChild, "href", quotaUrl(entry.name, entry.selector));
  setText(used, amount(entry.used_bytes));
  setText(level.firstChild, formatPercent(entry.used_bytes, entry.limit_bytes));
  row.bar.set(entry);
  setText(forecast, amount(entry.forecast_bytes));
  setText(full, describeTimeToLimit(entry, now) || UNKNOWN);
  setText(state, describeState(entry.state));
  setAttribute(state, "title", describeAlert(entry));
}
