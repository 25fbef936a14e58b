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
