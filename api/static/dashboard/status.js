// The state of the page itself: when its data was updated, and notices about what is wrong.

import { getToken, setToken } from "./api.js";
import { h, setAttribute, setText } from "./elements.js";
import { UNKNOWN, formatClockSeconds, formatTime } from "./format.js";

const box = document.getElementById("notices");
const status = document.getElementById("status");
const statusText = document.getElementById("status-text");
const shown = new Map();
let updatedAt = null;

/** Show that all data has just been updated. */
export function showUpdated() {
  updatedAt = Date.now();
  hide("failure");
  setStatus("live", `Updated ${formatClockSeconds(updatedAt)}`);
}

/** Show why an update failed, and how old the data is. `retry` is called once a token is entered. */
export function showFailure(error, retry) {
  setStatus("stale", updatedAt ? `Stale since ${formatClockSeconds(updatedAt)}` : "No data");
  if (error.status === 401) {
    show("failure", "token", () => tokenForm(retry));
    return;
  }
  const age = updatedAt
    ? ` What is shown is as it was at ${formatClockSeconds(updatedAt)}.`
    : " There is nothing to show yet.";
  show("failure", `${reasonOf(error)}${age} It is tried again every few seconds.`);
}

/** Show since when no gateway was observed, in milliseconds (0: unknown). null hides the notice. */
export function showUnobserved(since) {
  if (since == null) hide("unobserved");
  else {
    show(
      "unobserved",
      `No gateway has been observed since ${since ? formatTime(since) : "long ago"}. ` +
        "What they move meanwhile is not in these numbers yet. Look whether they run, and at Prometheus’s page of targets.",
    );
  }
}

/** Show what is wrong with the notifications, as [{name, detail}]. An empty array hides the notice. */
export function showDelivery(problems) {
  if (!problems.length) hide("delivery");
  else show("delivery", `Notifications may not arrive. ${problems.map(({ name, detail }) => `${name}: ${detail}.`).join(" ")}`);
}

function reasonOf(error) {
  if (error.status === 0) return "The API cannot be reached.";
  if (error.status === 503) return "Prometheus cannot be reached, so nothing new is known.";
  if (error.status === 504) return "Prometheus is too slow to answer.";
  if (error.status === 502) return "Prometheus refused to answer.";
  return `The API answered ${error.status || UNKNOWN}: ${error.message}.`.replace("..", ".");
}

function setStatus(state, text) {
  setAttribute(status, "data-state", state);
  setText(statusText, text);
}

function show(key, text, make = null) {
  if (shown.get(key)?.text === text) return;
  hide(key);
  const node = make ? make() : h("p", { class: "notice" }, text);
  shown.set(key, { text, node });
  box.append(node);
}

function hide(key) {
  shown.get(key)?.node.remove();
  shown.delete(key);
}

function tokenForm(retry) {
  // The pattern allows what an HTTP header can carry.
  const input = h("input", { type: "password", id: "token", autocomplete: "off", spellcheck: "false", required: true, pattern: "\\s*[!-~]+\\s*", title: "letters, digits and signs of ASCII, without blanks" });
  const send = (event) => {
    event.preventDefault();
    setToken(input.value.trim());
    hide("failure");
    retry();
  };
  return h(
    "form",
    { class: "notice token", onsubmit: send },
    h("label", { for: "token" }, getToken() ? "This token is not known here, or has expired. Another one:" : "This API asks for a token:"),
    input,
    h("button", { type: "submit" }, "Use it until this tab is closed"),
  );
}
