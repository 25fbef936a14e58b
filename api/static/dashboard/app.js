// Which page is shown, and when it asks again.

import { parseAddress } from "./address.js";
import { tellFailure, tellFresh, tellUnobserved } from "./notices.js";
import { makeOverview } from "./overview.js";
import { makeQuota } from "./quota.js";
import { startTheme } from "./theme.js";

const REFRESH_MS = 10_000;
const RETRY_MS = 5_000;
const MAKE = { overview: makeOverview, quota: makeQuota };
const main = document.getElementById("main");

let shown = { page: "", view: null };
let asking = null;
let timer = 0;

function navigate() {
  const address = parseAddress(location.hash);
  const isNew = address.page !== shown.page;
  if (isNew) {
    shown.view?.destroy();
    shown = { page: address.page, view: MAKE[address.page]() };
    main.replaceChildren(shown.view.node);
    tellUnobserved(null);
  }
  const changed = shown.view.show(address);
  document.title = shown.view.title;
  if (isNew || changed) {
    if (isNew) scrollTo(0, 0);
    refresh();
  }
}

async function refresh() {
  clearTimeout(timer);
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  let wait = REFRESH_MS;
  main.setAttribute("aria-busy", "true");
  try {
    await shown.view.refresh(mine.signal);
    if (!mine.signal.aborted) {
      tellFresh();
      if (!performance.getEntriesByName("drawn").length) performance.mark("drawn");
    }
  } catch (error) {
    if (mine.signal.aborted) return;
    // What is no failure of an answer is one of this page: it belongs into the console.
    if (error.status === undefined) console.error(error);
    tellFailure(error, refresh);
    wait = RETRY_MS;
    if (error.status === 401) return;
  } finally {
    if (asking === mine) main.removeAttribute("aria-busy");
  }
  timer = setTimeout(refreshIfSeen, wait);
}

/** A page that nobody looks at asks nothing. */
function refreshIfSeen() {
  if (!document.hidden) refresh();
}

addEventListener("hashchange", navigate);
document.querySelector(".skip").addEventListener("click", (event) => {
  // The address stays that of the view.
  event.preventDefault();
  main.focus();
});
document.addEventListener("visibilitychange", refreshIfSeen);
startTheme(document.getElementById("theme"), () => shown.view.redraw());
navigate();
