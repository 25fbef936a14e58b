// Can I trust what I see? Gateways, evaluations of the rules, doubts, and mail, each with what to do.

import { fetchJson } from "./api.js";
import { h, setAttribute, setText, updateChildren } from "./elements.js";

/** Return {node, refresh}. The panel is one line while all is well, and opens if something is not. */
export function makeHealthPanel() {
  const summary = h("summary", {});
  const list = h("ul", {});
  const node = h("details", { class: "health card", hidden: true }, summary, list);
  let wasWell = true;
  let pipeline = null;
  let delivery = [];

  function draw() {
    const rows = [...(pipeline ? pipelineRows(pipeline) : []), ...delivery];
    node.hidden = !pipeline;
    const problems = rows.filter(({ ok }) => !ok);
    const isWell = !problems.length;
    setAttribute(node, "data-state", isWell ? "well" : "ill");
    setText(summary, isWell ? rows.map(({ brief }) => brief).filter(Boolean).join(" · ") : `${problems.length === 1 ? "One thing needs" : `${problems.length} things need`} your attention`);
    updateChildren(list, rows, ({ key }) => key, makeRow, updateRow);
    // It opens when something begins to be wrong, and stays as people leave it.
    if (wasWell !== isWell) node.open = !isWell;
    wasWell = isWell;
  }

  return {
    node,
    async refresh(signal) {
      ({ pipeline } = await fetchJson("api/v1/pipeline", {}, signal));
      draw();
    },
    /** Show the webhook's checks, as [{name, ok, detail}]. */
    setDelivery(checks) {
      const failed = checks.filter(({ ok }) => !ok);
      delivery = failed.map(({ name, detail }) => ({ key: `mail ${name}`, ok: false, text: `Mail: ${name}`, advice: detail }));
      if (checks.length && !failed.length) delivery = [{ key: "mail", ok: true, brief: "mail is delivered", text: "Mail is delivered", advice: checks.map(({ name, detail }) => `${name}: ${detail}`).join(". ") }];
      draw();
    },
  };
}

function pipelineRows({ is_recorded: isRecorded, gateways, evaluations, troubles }) {
  const { known, up, down } = gateways;
  const { expected, missed, caught_up: isCaughtUp } = evaluations;
  const rows = [
    { key: "gateways", ok: known > 0 && up === known, brief: `${up} of ${known} gateway${known === 1 ? "" : "s"} scraped`, text: `${up} of ${known} gateway${known === 1 ? "" : "s"} scraped`, advice: known === 0 ? "Prometheus scrapes no job “kong”. Check its configuration." : down.length ? `Not scraped: ${down.join(", ")}. Make sure that they run and that Prometheus reaches them.` : "" },
  ];
  if (!isRecorded) rows.push({ key: "rules", ok: false, text: "Prometheus evaluates no quota rules", advice: "Load them with generate_rules.py --reload." });
  else if (missed == null) rows.push({ key: "rules", ok: true, brief: "rules are new", text: "The rules have run for less than an hour", advice: "" });
  else {
    const few = missed <= expected / 30;
    const caught = isCaughtUp ? "The bytes of missed steps are counted within 45 minutes." : "The bytes of missed steps are missing from quotas.";
    rows.push({ key: "rules", ok: few, brief: missed ? `${missed} evaluation${missed === 1 ? "" : "s"} missed` : "no evaluation missed", text: missed ? `${missed} of ${expected} evaluations missed in the last hour` : "No evaluation missed in the last hour", advice: missed ? caught : "" });
  }
  return [...rows, ...troubles.map(({ name, summary, advice, url }, index) => ({ key: `${name} ${index}`, ok: false, text: summary, advice, url }))];
}

function makeRow() {
  return h("li", {}, h("span", { class: "dot", "aria-hidden": "true" }), h("span", { class: "sr" }), h("strong", {}), h("span", { class: "advice" }), h("a", { hidden: true, rel: "noreferrer" }, "What to do"));
}

function updateRow(item, { ok, text, advice, url }) {
  const [, state, title, detail, link] = item.children;
  setAttribute(item, "data-ok", ok);
  setText(state, ok ? "Well: " : "Problem: ");
  setText(title, text);
  setText(detail, advice);
  link.hidden = !url;
  setAttribute(link, "href", url || null);
}
