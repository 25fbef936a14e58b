// What the page says of itself: when it was brought up to date, and what stands in the way.

import { h, setAttribute, setText } from "./dom.js";
import { NONE, moment, timeToSecond } from "./format.js";
import { getToken, setToken } from "./ask.js";

const box = document.getElementById("notices");
const pulse = document.getElementById("pulse");
const pulseText = document.getElementById("pulse-text");
const shown = new Map();
let updatedAt = null;

/** All that is shown has just been answered. */
export function tellFresh() {
  updatedAt = Date.now();
  hide("failure");
  tell("live", `Updated ${timeToSecond(updatedAt)}`);
}

/** Something was not answered; what is shown is as old as it was. */
export function tellFailure(error, retry) {
  tell("stale", updatedAt ? `Stale since ${timeToSecond(updatedAt)}` : "No data");
  if (error.status === 401) {
    show("failure", "token", () => tokenForm(retry));
    return;
  }
  const age = updatedAt
    ? ` What is shown is as it was at ${timeToSecond(updatedAt)}.`
    : " There is nothing to show yet.";
  show("failure", `${reason(error)}${age} It is tried again every few seconds.`);
}

/** No gateway was observed of late: since when, in milliseconds; null where all is well. */
export function tellUnobserved(since) {
  if (since == null) hide("unobserved");
  else {
    show(
      "unobserved",
      `No gateway has been observed since ${since ? moment(since) : "long ago"}. ` +
        "What they move meanwhile is not in these numbers yet. Look whether they run, and at Prometheus’s page of targets.",
    );
  }
}

function reason(error) {
  if (error.status === 0) return "The API cannot be reached.";
  if (error.status === 503) return "Prometheus cannot be reached, so nothing new is known.";
  if (error.status === 504) return "Prometheus is too slow to answer.";
  if (error.status === 502) return "Prometheus refused to answer.";
  return `The API answered ${error.status || NONE}: ${error.message}.`.replace("..", ".");
}

function tell(state, text) {
  setAttribute(pulse, "data-state", state);
  setText(pulseText, text);
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
  // What a header can carry.
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
