// How often the page is refreshed, as people choose it in the header.

import { h } from "./elements.js";

const KEY = "refresh";
const CHOICES = { 10: "every 10 s", 30: "every 30 s", 60: "every minute", 300: "every 5 minutes", 0: "never" };
const DEFAULT = "10";
const NOW = "now";

let seconds = DEFAULT;

/** Return the milliseconds between two refreshes; Infinity for never. */
export const intervalMs = () => (seconds === "0" ? Infinity : 1000 * Number(seconds));

/** Offer the choices in `select`. `refresh` is called for "now" and after a change. */
export function startInterval(select, refresh) {
  const stored = localStorage.getItem(KEY);
  if (stored in CHOICES) seconds = stored;
  select.append(...Object.entries({ [NOW]: "now", ...CHOICES }).map(([value, text]) => h("option", { value }, text)));
  select.value = seconds;
  select.addEventListener("change", () => {
    if (select.value === NOW) select.value = seconds;
    else {
      seconds = select.value;
      localStorage.setItem(KEY, seconds);
    }
    refresh();
  });
}
