// What the page shows is in the URL's hash, so that people can share a view:
// #/?by=service&range=7d and #/quotas/NAME?consumer=acme. Defaults are left out.

export const RANGES = ["1h", "6h", "1d", "7d", "30d", "90d"];
const CHOICES = {
  range: RANGES,
  by: ["service", "route", "consumer", "type"],
  type: ["both", "egress", "ingress"],
  style: ["stacked", "lines"],
  unit: ["bytes", "rate"],
  before: ["no", "yes"],
  top: ["8", "20", "50"],
};
// Without a range, as much is shown as there is data.
const DEFAULTS = { range: null, by: "service", type: "both", style: "stacked", unit: "bytes", before: "no", top: "8" };
const TEXTS = ["service", "route", "consumer", "state", "q", "open"];
const STATE = /^(ok|no_data|\d{1,4}(\.\d{1,2})?)$/;
const SELECTOR_LABELS = ["service", "route", "consumer", "workspace", "type"];

/** Return {page, name, selector, settings} of a hash. A wrong value counts as the default. */
export function parseHash(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?", 2);
  const given = new URLSearchParams(query);
  const parts = path.split("/").filter(Boolean);
  if (parts[0] === "quotas" && parts.length === 2) {
    const selector = {};
    for (const label of SELECTOR_LABELS) if (given.has(label)) selector[label] = given.get(label);
    return { page: "quota", name: decode(parts[1]), selector, settings: { ...DEFAULTS } };
  }
  const settings = { ...DEFAULTS };
  for (const [name, choices] of Object.entries(CHOICES)) {
    if (choices.includes(given.get(name))) settings[name] = given.get(name);
  }
  for (const name of TEXTS) if (given.has(name)) settings[name] = given.get(name);
  if (!STATE.test(settings.state)) settings.state = null;
  readTimes(given, settings);
  return { page: "overview", name: "", selector: {}, settings };
}

/**
 * Read a range that was chosen by its two times, in milliseconds. If the address has others,
 * `problem` says so, and the usual range is shown.
 */
function readTimes(given, settings) {
  if (!given.has("from") && !given.has("to")) return;
  const [from, to] = [Date.parse(given.get("from")), Date.parse(given.get("to"))];
  if (from < to) Object.assign(settings, { from, to, range: null });
  else settings.problem = "This address has no valid times: “from” must be before “to”, both such as 2026-11-27T14:05Z.";
}

/** Return the hash of the overview with these settings. */
export function overviewUrl(settings) {
  const query = new URLSearchParams();
  for (const name of ["from", "to"]) if (settings[name] != null) query.set(name, `${new Date(settings[name]).toISOString().slice(0, 16)}Z`);
  for (const name of [...Object.keys(CHOICES), ...TEXTS]) {
    const value = settings[name];
    if (value != null && value !== DEFAULTS[name]) query.set(name, value);
  }
  return query.size ? `#/?${query}` : "#/";
}

/** Return the hash of the overview with the traffic that a selector counts. */
export function trafficUrl(selector) {
  const known = Object.entries(selector).filter(([name]) => ["type", "service", "route", "consumer"].includes(name));
  return overviewUrl(Object.fromEntries(known));
}

/** Return the hash of a quota's page. `selector` picks one entry of a quota with several. */
export function quotaUrl(name, selector) {
  const query = new URLSearchParams(selector);
  return `#/quotas/${encodeURIComponent(name)}${query.size ? `?${query}` : ""}`;
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
