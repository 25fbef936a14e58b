// The first page: the quotas, and below them the bandwidth.

import { overviewAddress } from "./address.js";
import { ask } from "./ask.js";
import { h } from "./dom.js";
import { tellUnobserved } from "./notices.js";
import { makeQuotas } from "./quotas.js";
import { makeTraffic } from "./traffic.js";

/** Return {node, title, show, refresh, redraw, destroy}. */
export function makeOverview() {
  let settings = {};
  const go = (changed) => {
    const next = overviewAddress({ ...settings, ...changed });
    // Going back leads to the page before, not through each letter of a search.
    history.replaceState(null, "", next);
    dispatchEvent(new HashChangeEvent("hashchange"));
  };
  const quotas = makeQuotas(go);
  const traffic = makeTraffic(go);
  return {
    node: h("div", { class: "page" }, h("h1", { class: "sr" }, "Quotas and bandwidth"), quotas.node, traffic.node),
    title: "Gateway bandwidth",
    /** Show these settings; return whether they ask for other data. */
    show({ settings: wanted }) {
      const changed = ["range", "by", "type", "service", "route", "consumer"].some((name) => settings[name] !== wanted[name]);
      settings = wanted;
      quotas.show(settings);
      traffic.show(settings);
      return changed;
    },
    async refresh(signal) {
      const results = await Promise.allSettled([quotas.refresh(signal), traffic.refresh(signal), lookForGateways(signal)]);
      const failed = results.find(({ status }) => status === "rejected");
      if (failed) throw failed.reason;
    },
    redraw: traffic.redraw,
    destroy: traffic.destroy,
  };
}

/** Tell since when no gateway was observed, if the last whole minutes are without one. */
async function lookForGateways(signal) {
  const { meta, series } = await ask("api/v1/bandwidth", { lookback: "15m", step: "1m" }, signal);
  const points = series[0]?.points ?? [];
  const whole = meta.partial_last ? points.slice(0, -1) : points;
  const last = whole.findLastIndex(([, value]) => value != null);
  const isAway = last < whole.length - 2 && points.at(-1)?.[1] == null;
  if (points.length && !isAway) tellUnobserved(null);
  else if (points.length) tellUnobserved(last < 0 ? 0 : whole[last][0] + 60_000);
}
