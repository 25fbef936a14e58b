// The server renders every state of the page, so the page works without this script. The script
// fetches the same pages and replaces only what changed, so nothing flickers or scrolls.
"use strict";

const POLL_MILLISECONDS = 1000;
const TIMEOUT_MILLISECONDS = 5000;

const root = document.documentElement;
const at = (selector) => document.querySelector(selector);
const shortTime = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

// Counts page loads, so that a slow response never replaces a newer one.
let visit = 0;

async function ask(address, options = {}) {
  return fetch(address, { ...options, signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) });
}

async function fetchPage(address) {
  const answer = await ask(address);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function localiseTimes(element) {
  for (const time of element.querySelectorAll("time")) {
    const moment = new Date(time.dateTime);
    time.title = fullTime.format(moment);
    const today = moment.toDateString() === new Date().toDateString();
    time.textContent = !("short" in time.dataset)
      ? time.title
      : (today ? shortTime : shortDay).format(moment);
  }
}

/** Update the list without touching the rows that stay. */
function updateList(page) {
  const rows = at("#rows");
  const wanted = [...page.querySelectorAll("#rows > li")];
  const ids = new Set(wanted.map((row) => row.id));
  for (const row of [...rows.children]) if (!ids.has(row.id)) row.remove();
  const known = new Map([...rows.children].map((row) => [row.id, row]));
  let next = rows.firstElementChild;
  for (const row of wanted) {
    if (known.has(row.id)) {
      next = known.get(row.id).nextElementSibling;
      continue;
    }
    row.classList.add("new");
    localiseTimes(row);
    rows.insertBefore(document.adoptNode(row), next);
  }
  at("#count").textContent = page.querySelector("#count").textContent;
  at("#clear").hidden = wanted.length === 0;
  root.dataset.revision = page.documentElement.dataset.revision;
}

/** Show the mail of a fetched page. */
function showMail(page) {
  const pane = document.adoptNode(page.querySelector("#mail"));
  const keepFocus = document.activeElement.closest("#mail .views") !== null;
  localiseTimes(pane);
  at("#mail").replaceWith(pane);
  document.body.dataset.state = page.body.dataset.state;
  document.title = page.title;
  if (keepFocus) pane.querySelector(".views [aria-current]")?.focus();
}

function markCurrent() {
  const current = at("#mail").dataset.id;
  for (const link of document.querySelectorAll("#rows a")) {
    if (link.parentElement.id === `row-${current}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

async function go(address, { remember = true } = {}) {
  const number = ++visit;
  const page = await fetchPage(address);
  if (number !== visit) return;
  if (remember) history.pushState(null, "", address);
  updateList(page);
  showMail(page);
  markCurrent();
  // On a phone the mail replaces the list, so the focus must move to the mail.
  if (at("#list").offsetParent === null) at("#mail").focus({ preventScroll: true });
}

/** Update the list, and keep the mail that is being read. */
async function refresh() {
  const number = visit;
  const page = await fetchPage(location.href);
  if (number !== visit) return;
  updateList(page);
  const reading = at("#mail").dataset.id;
  if (!reading || !document.getElementById(`row-${reading}`)) showMail(page);
  else if (document.body.dataset.state !== "mail") document.title = page.title;
  markCurrent();
}

async function poll() {
  try {
    const { revision } = await (await ask("/api/revision")).json();
    if (revision !== root.dataset.revision) await refresh();
    showStatus("");
  } catch {
    showStatus("The sink does not answer; trying again");
  }
  setTimeout(poll, POLL_MILLISECONDS);
}

function showStatus(text) {
  if (at("#status").textContent !== text) at("#status").textContent = text;
}

function follow(event) {
  const link = event.target.closest("a[data-go]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
    return;
  }
  event.preventDefault();
  go(link.href).catch(() => location.assign(link.href));
}

/** Move through the list with the arrow keys; Enter opens a mail, as for any link. */
function walk(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const row = event.target.closest("#rows > li");
  if (!step || !row) return;
  event.preventDefault();
  row[step]?.querySelector("a").focus();
}

async function clearAll() {
  if (!confirm("Delete all mails?")) return;
  await ask("/api/mails", { method: "DELETE" });
  await go("/");
}

localiseTimes(document);
at("#clear").hidden = at("#rows").childElementCount === 0;
document.addEventListener("click", follow);
document.addEventListener("keydown", walk);
addEventListener("popstate", () => go(location.href, { remember: false }).catch(() => location.reload()));
at("#clear").addEventListener("click", () => clearAll().catch(() => showStatus("Nothing was deleted")));
poll();
