// A table of a quota’s entries, which the API searches, sorts and cuts.

import { MAX_PAGE_SIZE, fetchJson } from "./api.js";
import { h, setAttribute, setText, updateChildren } from "./elements.js";
import { UNKNOWN, formatPercent } from "./format.js";
import { amountsOf, keyOf, makeBar } from "./quota-row.js";
import { quotaUrl } from "./urls.js";
import { describeAlert, describeEntry, describeState, describeTimeToLimit, severityOf } from "./wording.js";

const ROWS_PER_STEP = 25;
// The titles, and by what the API sorts. Within a quota, the order of ratios is that of states.
const COLUMNS = [
  { title: "Entry", key: "name" },
  { title: "Used", key: "used", isDown: true },
  { title: "Of the limit", key: "ratio", isDown: true },
  { title: "Forecast", key: "forecast", isDown: true },
  { title: "Limit reached in", key: "full_at" },
  { title: "State" },
];

/** Return {node, show, refresh} of the table. */
export function makeMembers() {
  let source = { path: "", filter: {} };
  let sort = "-ratio";
  let limit = ROWS_PER_STEP;
  let size = 0;
  let asked = 0;
  const search = h("input", { type: "search", placeholder: "Find an entry", "aria-label": "Find an entry of this quota", maxlength: 200, autocomplete: "off", spellcheck: "false", oninput: () => change({ limit: ROWS_PER_STEP }) });
  const count = h("span", { class: "what", role: "status" });
  const heads = COLUMNS.map(({ title, key, isDown }) =>
    h("th", { scope: "col" }, key ? h("button", { type: "button", onclick: () => change({ sort: sort === key || (isDown && sort !== `-${key}`) ? `-${key}` : key }) }, title) : title),
  );
  const body = h("tbody", {});
  const more = h("button", { type: "button", class: "more-entries", hidden: true, onclick: () => change({ limit: limit + 4 * ROWS_PER_STEP }) });
  const table = h("table", {}, h("caption", { class: "sr" }, "Entries of the quota"), h("thead", {}, h("tr", {}, ...heads)), body);
  const scroller = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Entries of the quota" }, table);
  const node = h("div", { class: "members" }, h("div", { class: "tools" }, search, count), scroller, more);

  function change(changed) {
    ({ sort, limit } = { sort, limit, ...changed });
    // The next refresh of the page reports what fails here.
    refresh().catch(() => {});
  }

  /** Ask for the rows and draw them. Return the entries; none if an answer to a newer question is awaited. */
  async function refresh(signal) {
    asked += 1;
    const [number, words] = [asked, `${source.filter.words ?? ""} ${search.value}`.trim()];
    const answer = await fetchJson(source.path, { label: source.filter.label, state: source.filter.state, search: words || null, sort, page_size: Math.min(limit, MAX_PAGE_SIZE) }, signal);
    if (number !== asked) return [];
    if (!search.value) size = answer.total;
    draw(answer);
    return answer.quotas;
  }

  function draw({ quotas, total }) {
    const now = Date.now();
    COLUMNS.forEach(({ key }, index) => setAttribute(heads[index], "aria-sort", sort === key ? "ascending" : sort === `-${key}` ? "descending" : null));
    updateChildren(body, quotas, keyOf, makeMember, (row, entry) => updateMember(row, entry, now));
    // A rolling window has no end, so nothing can be said about it.
    setAttribute(table, "data-rolling", quotas.every(({ period }) => !period) ? "" : null);
    setText(count, total === size ? `${size} entries` : `${total} of ${size} entries`);
    more.hidden = total <= limit || limit >= MAX_PAGE_SIZE;
    setText(more, `Show more of ${total}`);
  }

  return {
    node,
    /** Show the entries of the quota at a path of the API: those with these labels, words and state. */
    show(path, filter = {}) {
      if (path !== source.path) {
        search.value = "";
        [sort, limit] = ["-ratio", ROWS_PER_STEP];
        body.replaceChildren();
        setText(count, "");
      }
      source = { path, filter };
    },
    refresh,
  };
}

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
