// The entry point: shows the page that the URL names and refreshes its data.

import { foldOnPhones } from "./elements.js";
import { makeOverviewPage } from "./overview-page.js";
import { makeQuotaPage } from "./quota-page.js";
import { intervalMs, startInterval } from "./refresh.js";
import { showFailure, showUnobserved, showUpdated } from "./status.js";
import { startTheme } from "./theme.js";
import { parseHash } from "./urls.js";
import { startZone } from "./zone.js";

const RETRY_MS = 5_000;
const PAGES = { overview: makeOverviewPage, quota: makeQuotaPage };
const main = document.getElementById("main");

let current = { name: "", page: null };
let running = null;
let timer = 0;

function navigate() {
  const view = parseHash(location.hash);
  const isNew = view.page !== current.name;
  if (isNew) {
    current.page?.destroy();
    current = { name: view.page, page: PAGES[view.page]() };
    main.replaceChildren(current.page.node);
    showUnobserved(null);
  }
  const changed = current.page.show(view);
  document.title = current.page.title;
  if (isNew || changed) {
    if (isNew) scrollTo(0, 0);
    refresh();
  }
}

async function refresh() {
  clearTimeout(timer);
  running?.abort();
  const controller = new AbortController();
  running = controller;
  let waitMs = intervalMs();
  main.setAttribute("aria-busy", "true");
  try {
    await current.page.refresh(controller.signal);
    if (!controller.signal.aborted) {
      showUpdated();
      if (!performance.getEntriesByName("drawn").length) performance.mark("drawn");
    }
  } catch (error) {
    if (controller.signal.aborted) return;
    // An error without a status is a mistake of this page, not a failed request.
    if (error.status === undefined) console.error(error);
    showFailure(error, refresh);
    waitMs = RETRY_MS;
    if (error.status === 401) return;
  } finally {
    if (running === controller) main.removeAttribute("aria-busy");
  }
  if (waitMs < Infinity) timer = setTimeout(refreshIfVisible, waitMs);
}

/** A hidden tab sends no requests. */
function refreshIfVisible() {
  if (!document.hidden) refresh();
}

addEventListener("hashchange", navigate);
document.querySelector(".skip").addEventListener("click", (event) => {
  // Following the link would replace the hash, which names the page.
  event.preventDefault();
  main.focus();
});
document.addEventListener("visibilitychange", refreshIfVisible);
foldOnPhones(document.querySelector(".menu"));
startTheme(document.getElementById("theme"), () => current.page.redraw());
startZone(document.getElementById("zone"), refresh);
startInterval(document.getElementById("interval"), refresh);
navigate();
