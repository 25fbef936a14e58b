// A quota with several entries in the list: one row, which opens to a table of its entries.

import { h, setAttribute, setText } from "./elements.js";
import { formatPercent } from "./format.js";
import { amountsOf, makeBar } from "./quota-row.js";
import { quotaUrl } from "./urls.js";
import { describeCounts, describeEntry, describeLabels, describePeriod, describeState, describeTimeLeft, severityOf } from "./wording.js";

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

/** Fill the row of a quota. `members`: the table of its entries, null while the row is closed. */
export function updateQuotaGroup(node, summary, members, now) {
  const { parts, head } = node;
  const [worst] = summary.entries;
  const amount = amountsOf(worst);
  setAttribute(head, "data-severity", severityOf(worst.state));
  setText(parts.name, worst.name);
  setAttribute(parts.name, "aria-expanded", members !== null);
  setText(parts.what, `each ${describeLabels(summary.for_each)} · ${describeCounts(summary.states)}`);
  parts.bar.set(worst);
  setText(parts.worst, `Highest: ${describeEntry(worst)}`);
  setAttribute(parts.worst, "href", quotaUrl(worst.name, worst.selector));
  setText(parts.amount, worst.limit_bytes == null ? amount(worst.used_bytes) : `${amount(worst.used_bytes)} of ${amount(worst.limit_bytes)}`);
  setText(parts.percent, formatPercent(worst.used_bytes, worst.limit_bytes));
  setText(parts.state, describeState(worst.state));
  setText(parts.period, describePeriod(worst));
  setText(parts.left, describeTimeLeft(worst, now));
  if (members) node.append(members.node);
  else node.querySelector(".members")?.remove();
}
