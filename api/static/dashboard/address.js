// What is shown is in the address, so that a view can be shared: #/?by=service&range=7d and
// #/quotas/NAME?consumer=acme. What is as by default is left out.

export const RANGES = ["1h", "6h", "1d", "7d", "30d", "90d"];
const CHOICES = {
  range: RANGES,
  by: ["service", "route", "consumer", "type"],
  type: ["both", "egress", "ingress"],
  style: ["stacked", "lines"],
};
export const DEFAULTS = { range: "7d", by: "service", type: "both", style: "stacked" };
const TEXTS = ["service", "route", "consumer", "state", "q"];
export const SELECTORS = ["service", "route", "consumer", "workspace", "type"];

/** Return {page, name, selector, settings} of an address; what is wrong in it is as by default. */
export function parseAddress(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?", 2);
  const given = new URLSearchParams(query);
  const parts = path.split("/").filter(Boolean);
  if (parts[0] === "quotas" && parts.length === 2) {
    const selector = {};
    for (const label of SELECTORS) if (given.has(label)) selector[label] = given.get(label);
    return { page: "quota", name: decode(parts[1]), selector, settings: { ...DEFAULTS } };
  }
  const settings = { ...DEFAULTS };
  for (const [name, choices] of Object.entries(CHOICES)) {
    if (choices.includes(given.get(name))) settings[name] = given.get(name);
  }
  for (const name of TEXTS) if (given.has(name)) settings[name] = given.get(name);
  return { page: "overview", name: "", selector: {}, settings };
}

/** Return the address of the overview with these settings. */
export function overviewAddress(settings) {
  const query = new URLSearchParams();
  for (const name of [...Object.keys(CHOICES), ...TEXTS]) {
    const value = settings[name];
    if (value != null && value !== DEFAULTS[name]) query.set(name, value);
  }
  return query.size ? `#/?${query}` : "#/";
}

/** Return the address of a quota's page; `selector` tells which, where it holds for each. */
export function quotaAddress(name, selector) {
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
