// The list of quotas on the overview: the highest ratio first, filtered by state and by a search.

import { fetchEntries } from "./api.js";
import { h, setAttribute, setText, updateChildren } from "./elements.js";
import { keyOf, makeQuotaRow, updateQuotaRow } from "./quota-row.js";
import { describeEntry, describeState, severityOf } from "./wording.js";

const ROWS_PER_STEP = 100;

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
    const found = entries.filter((entry) => matches(entry, settings));
    const counts = new Map();
    for (const entry of entries) counts.set(entry.name, (counts.get(entry.name) ?? 0) + 1);
    const now = Date.now();
    updateChildren(list, found.slice(0, limit), keyOf, makeQuotaRow, (item, entry) =>
      updateQuotaRow(item, entry, counts.get(entry.name) > 1, now),
    );
    list.hidden = !found.length;
    more.hidden = found.length <= limit;
    setText(more, `Show more of ${found.length}`);
    drawEmpty(found.length);
  }

  function drawStates() {
    const counts = new Map([[null, entries.length]]);
    for (const { state } of entries) counts.set(state, (counts.get(state) ?? 0) + 1);
    if (settings.state != null && !counts.has(settings.state)) counts.set(settings.state, 0);
    const sorted = [...counts].sort(([a], [b]) => rank(a) - rank(b));
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
      empty.replaceChildren(h("p", {}, "No quota is like that."), clear);
    } else {
      empty.replaceChildren(
        h("p", {}, "There are no quotas yet."),
        h("p", {}, "Where Prometheus has loaded them just now, they are here within five minutes."),
        h("p", {}, "Else write one in ", h("code", {}, "quotas.yaml"), " and have Prometheus load its rules: ", h("code", {}, "generate_rules.py --reload"), " does; ", h("code", {}, "--verify"), " shows what is missing."),
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

/** Return the place of a state's button: "all" first, then the highest threshold, "ok" last. */
function rank(state) {
  if (state == null) return -1000;
  return state === "ok" ? 1 : -Number(state);
}
