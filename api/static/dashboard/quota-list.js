// The list of quotas on the overview: the highest ratio first, filtered by state and by a search.

import { fetchEntries } from "./api.js";
import { h, setAttribute, setText, updateChildren } from "./elements.js";
import { makeQuotaGroup, updateQuotaGroup } from "./quota-group.js";
import { keyOf, makeQuotaRow, updateQuotaRow } from "./quota-row.js";
import { describeEntry, describeState, rankOf, severityOf } from "./wording.js";

const ROWS_PER_STEP = 100;
// As many entries of a quota are shown one by one if a search or a state asks for them.
const FEW = 5;

/** Return {node, show, refresh}. `change` is called with the settings that a click changes. */
export function makeQuotaList(change) {
  const search = h("input", { type: "search", id: "search", placeholder: "Find a quota", autocomplete: "off", spellcheck: "false", oninput: () => change({ q: search.value || null }) });
  const states = h("div", { class: "states", role: "group", "aria-label": "Only quotas in this state" });
  const list = h("ul", { class: "entries" });
  const empty = h("div", { class: "empty", hidden: true });
  const more = h("button", { type: "button", class: "more-entries", hidden: true, onclick: () => { limit += ROWS_PER_STEP; draw(); } });
  const node = h(
    "section",
    { class: "card", "aria-labelledby": "quotas-title" },
    h("div", { class: "head" }, h("h2", { id: "quotas-title" }, "Quotas"), states, h("label", { class: "sr", for: "search" }, "Find a quota"), search),
    list,
    empty,
    more,
  );
  let entries = null;
  let settings = {};
  let limit = ROWS_PER_STEP;

  function draw() {
    if (!entries) return;
    drawStates();
    const rows = makeRows();
    const now = Date.now();
    updateChildren(
      list,
      rows.slice(0, limit),
      (row) => row.key,
      (row) => (row.isGroup ? makeQuotaGroup(toggle) : makeQuotaRow()),
      (item, row) => (row.isGroup ? updateQuotaGroup(item, row.entries, row.entries[0].name === settings.open, now) : updateQuotaRow(item, row.entries[0], row.isOneOfMany, now)),
    );
    list.hidden = !rows.length;
    more.hidden = rows.length <= limit;
    setText(more, `Show more of ${rows.length}`);
    drawEmpty(rows.length);
  }

  const toggle = (name) => change({ open: settings.open === name ? null : name });

  /** Return the rows of the list: one for each quota, in the order of their worst entries. */
  function makeRows() {
    const isFiltered = settings.q || settings.state != null;
    const all = Map.groupBy(entries, ({ name }) => name);
    const found = Map.groupBy(entries.filter((entry) => matches(entry, settings)), ({ name }) => name);
    return [...found].flatMap(([name, members]) => {
      const isOneOfMany = all.get(name).length > 1;
      if (isOneOfMany && !(isFiltered && members.length <= FEW)) return [{ key: `group ${name}`, isGroup: true, entries: members }];
      return members.map((entry) => ({ key: keyOf(entry), isGroup: false, isOneOfMany, entries: [entry] }));
    });
  }

  function drawStates() {
    const counts = new Map([[null, entries.length]]);
    for (const { state } of entries) counts.set(state, (counts.get(state) ?? 0) + 1);
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

  function drawEmpty(count) {
    empty.hidden = count > 0;
    if (count) return;
    if (entries.length) {
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
    async refresh(signal) {
      entries = await fetchEntries(signal);
      draw();
    },
  };
}

function matches(entry, settings) {
  if (settings.state != null && entry.state !== settings.state) return false;
  const text = `${entry.name} ${describeEntry(entry)}`.toLowerCase();
  return (settings.q ?? "").toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

