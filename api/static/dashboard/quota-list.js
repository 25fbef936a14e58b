// The list of quotas on the overview: the highest ratio first, filtered by state and by a search.

import { MAX_PAGE_SIZE, fetchJson } from "./api.js";
import { h, setAttribute, setText, updateChildren } from "./elements.js";
import { makeMembers } from "./members.js";
import { makeQuotaGroup, updateQuotaGroup } from "./quota-group.js";
import { keyOf, makeQuotaRow, updateQuotaRow } from "./quota-row.js";
import { describeState, rankOf, severityOf } from "./wording.js";

const ROWS_PER_STEP = 100;

/** Return {node, show, refresh}. `change` is called with the settings that a click changes. */
export function makeQuotaList(change) {
  const search = h("input", { type: "search", id: "search", placeholder: "Find a quota", maxlength: 200, autocomplete: "off", spellcheck: "false", oninput: () => change({ q: search.value || null }) });
  const states = h("div", { class: "states", role: "group", "aria-label": "Only quotas in this state" });
  const list = h("ul", { class: "entries" });
  const empty = h("div", { class: "empty", hidden: true });
  const more = h("button", { type: "button", class: "more-entries", hidden: true, onclick: () => { limit += ROWS_PER_STEP; load().catch(() => {}); } });
  const members = makeMembers();
  const node = h(
    "section",
    { class: "card", "aria-labelledby": "quotas-title" },
    h("div", { class: "head" }, h("h2", { id: "quotas-title" }, "Quotas"), states, h("label", { class: "sr", for: "search" }, "Find a quota"), search),
    list,
    empty,
    more,
  );
  let answer = null;
  let settings = {};
  let limit = ROWS_PER_STEP;
  let asked = 0;

  /** Ask for the quotas and draw them. An older answer never replaces a newer one. */
  async function load(signal) {
    asked += 1;
    const [number, { q, state, open }] = [asked, settings];
    const next = await fetchJson("api/v1/quota-summaries", { search: q, state, page_size: limit }, signal);
    if (number !== asked) return;
    answer = { ...next, isFiltered: Boolean(q) || state != null };
    draw();
    if (!members.node.isConnected) return;
    members.show(`api/v1/quotas/${encodeURIComponent(open)}`, { words: q, state });
    await members.refresh(signal);
  }

  function draw() {
    if (!answer) return;
    drawStates();
    const now = Date.now();
    updateChildren(
      list,
      answer.quotas.flatMap(makeRows),
      (row) => row.key,
      (row) => (row.entry ? makeQuotaRow() : makeQuotaGroup(toggle)),
      (item, row) => {
        if (row.entry) updateQuotaRow(item, row.entry, row.isOneOfMany, now);
        else updateQuotaGroup(item, row.summary, row.summary.name === settings.open ? members : null, now);
      },
    );
    list.hidden = !answer.total;
    more.hidden = answer.total <= limit || limit >= MAX_PAGE_SIZE;
    setText(more, `Show more of ${answer.total}`);
    drawEmpty();
  }

  const toggle = (name) => change({ open: settings.open === name ? null : name });

  /** Return the rows of a quota: one, or one for each entry if a filter leaves few. */
  function makeRows(summary) {
    const { name, size, found, entries } = summary;
    const isOneOfMany = size > 1;
    if (isOneOfMany && !(answer.isFiltered && found === entries.length)) return [{ key: `group ${name}`, summary }];
    return entries.map((entry) => ({ key: keyOf(entry), entry, isOneOfMany }));
  }

  function drawStates() {
    const counts = new Map(Object.entries(answer.states));
    counts.set(null, [...counts.values()].reduce((sum, count) => sum + count, 0));
    if (settings.state != null && !counts.has(settings.state)) counts.set(settings.state, 0);
    const sorted = [...counts].sort(([a], [b]) => (a == null ? -1 : b == null ? 1 : rankOf(b) - rankOf(a)));
    updateChildren(
      states,
      sorted,
      ([state]) => state ?? "all",
      ([state]) => h("button", { type: "button", "data-severity": state && severityOf(state), onclick: () => change({ state }) }),
      (button, [state, count]) => {
        setText(button, `${state == null ? "All" : describeState(state)} ${count}`);
        setAttribute(button, "aria-pressed", (settings.state ?? null) === state);
      },
    );
  }

  function drawEmpty() {
    empty.hidden = answer.total > 0;
    if (answer.total) return;
    if (answer.isFiltered) {
      const clear = h("button", { type: "button", onclick: () => change({ q: null, state: null }) }, "Show all quotas");
      empty.replaceChildren(h("p", {}, "No quota matches."), clear);
    } else {
      empty.replaceChildren(
        h("p", {}, "There are no quotas yet."),
        h("p", {}, "Quotas appear within five minutes after Prometheus has loaded their rules."),
        h("p", {}, "Write one in ", h("code", {}, "quotas.yaml"), " and load its rules with ", h("code", {}, "generate_rules.py --reload"), ". Then ", h("code", {}, "--verify"), " shows what is missing."),
      );
    }
  }

  return {
    node,
    show(wanted) {
      if (settings.q !== wanted.q || settings.state !== wanted.state) limit = ROWS_PER_STEP;
      settings = wanted;
      if (document.activeElement !== search) search.value = settings.q ?? "";
      draw();
    },
    refresh: load,
  };
}
