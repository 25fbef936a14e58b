// The time zone of all times on the page: the browser's, UTC, or that of the quota that is shown.

const KEY = "zone";
const BROWSER = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const NAMES = { browser: "this browser", utc: "UTC", quota: "the quota" };

let choice = "browser";
let quotaZone = null;
let select = null;

/** Return the IANA name of the time zone in use. */
export function zone() {
  if (choice === "utc") return "UTC";
  return (choice === "quota" && quotaZone) || BROWSER;
}

/** Apply the stored choice and let `element`, a select box, change it. Then `onChange` is called. */
export function startZone(element, onChange) {
  select = element;
  const stored = localStorage.getItem(KEY);
  if (stored in NAMES) choice = stored;
  draw();
  select.addEventListener("change", () => {
    choice = select.value;
    localStorage.setItem(KEY, choice);
    draw();
    onChange();
  });
}

/** Set the zone of the quota that is shown, from its calendar "month@Europe/Berlin"; null for none. */
export function setQuotaZone(calendar) {
  const found = calendar == null ? null : calendar.split("@")[1] || "UTC";
  if (found === quotaZone) return;
  quotaZone = found;
  draw();
}

function draw() {
  const zones = { browser: BROWSER, utc: "UTC", quota: quotaZone ?? BROWSER };
  const options = Object.entries(NAMES).map(([key, name]) => {
    const option = document.createElement("option");
    option.value = key;
    option.textContent = key === "utc" ? name : `${zones[key]} (${name})`;
    option.disabled = key === "quota" && quotaZone == null;
    return option;
  });
  select.replaceChildren(...options);
  select.value = choice;
}

/** Return milliseconds as a form field writes them, in the zone in use: "2026-11-27T14:05". */
export function formatLocal(ms) {
  return new Date(ms + offsetAt(ms)).toISOString().slice(0, 16);
}

/** Return the milliseconds of what a form field says, in the zone in use. */
export function parseLocal(text) {
  const wall = Date.parse(`${text}Z`);
  // Twice, because the offset may change between the guess and the time.
  const guess = wall - offsetAt(wall);
  return wall - offsetAt(guess);
}

/** Return how many milliseconds the clocks of the zone are ahead of UTC at a time. */
function offsetAt(ms) {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone(), dateStyle: "short", timeStyle: "medium" }).format(ms);
  return Date.parse(`${parts.replace(" ", "T")}Z`) - Math.floor(ms / 1000) * 1000;
}
