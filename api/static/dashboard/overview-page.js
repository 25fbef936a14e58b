// The overview: the list of quotas, and below it the bandwidth.

import { fetchJson } from "./api.js";
import { makeBandwidthCard } from "./bandwidth.js";
import { h } from "./elements.js";
import { makeHealthPanel } from "./health-panel.js";
import { makeQuotaList } from "./quota-list.js";
import { showDelivery, showUnobserved } from "./status.js";
import { overviewUrl } from "./urls.js";
import { setQuotaZone } from "./zone.js";

/** Return {node, title, show, refresh, redraw, destroy}. */
export function makeOverviewPage() {
  let settings = {};
  const change = (changed) => {
    const next = overviewUrl({ ...settings, ...changed });
    // Replaced, not added: "back" leads to the page before, not through each letter of a search.
    history.replaceState(null, "", next);
    dispatchEvent(new HashChangeEvent("hashchange"));
  };
  const quotas = makeQuotaList(change);
  const bandwidth = makeBandwidthCard(change);
  const health = makeHealthPanel();
  return {
    node: h("div", { class: "page" }, h("h1", { class: "sr" }, "Quotas and bandwidth"), health.node, quotas.node, bandwidth.node),
    title: "Gateway quotas",
    /** Show these settings. Return whether they need other data. */
    show({ settings: wanted }) {
      const changed = ["range", "by", "type", "service", "route", "consumer", "from", "to", "before", "top", "q", "state", "open"].some((name) => settings[name] !== wanted[name]);
      settings = wanted;
      quotas.show(settings);
      bandwidth.show(settings);
      return changed;
    },
    async refresh(signal) {
      setQuotaZone(null);
      const results = await Promise.allSettled([quotas.refresh(signal), bandwidth.refresh(signal), checkGateways(signal), health.refresh(signal)]);
      checkDelivery(signal, health);
      const failed = results.find(({ status }) => status === "rejected");
      if (failed) throw failed.reason;
    },
    redraw: bandwidth.redraw,
    destroy: bandwidth.destroy,
  };
}

/** Show a notice about failing checks of the webhook. It can be slow: nothing waits for it. */
async function checkDelivery(signal, health) {
  try {
    const { checks } = await fetchJson("api/v1/delivery", {}, signal);
    showDelivery((checks ?? []).filter(({ ok }) => !ok));
    health.setDelivery(checks ?? []);
  } catch (error) {
    if (!signal.aborted && error.status !== 401) showDelivery([{ name: "webhook", detail: error.message }]);
  }
}

/** Show a notice if no gateway was observed in the last whole minutes. */
async function checkGateways(signal) {
  const { meta, series } = await fetchJson("api/v1/bandwidth", { lookback: "15m", step: "1m" }, signal);
  const points = series[0]?.points ?? [];
  const whole = meta.partial_last ? points.slice(0, -1) : points;
  const last = whole.findLastIndex(([, value]) => value != null);
  const isAway = last < whole.length - 2 && points.at(-1)?.[1] == null;
  if (points.length && !isAway) showUnobserved(null);
  else if (points.length) showUnobserved(last < 0 ? 0 : whole[last][0] + 60_000);
}
