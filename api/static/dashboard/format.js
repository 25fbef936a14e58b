// Numbers and times as people read them. Sizes are decimal, as limits are usually written.

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
const SPACE = "\u00a0";
export const NONE = "–";

/** 1234567 -> "1.23 MB": three digits, no more. */
export function bytes(value) {
  if (value == null) return NONE;
  let unit = 0;
  let size = value;
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit === 0 ? 0 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  return `${size.toFixed(digits)}${SPACE}${UNITS[unit]}`;
}

/** As bytes, but without zeros at the end: for axes and limits. */
export function roundBytes(value) {
  return bytes(value).replace(/\.0+(?=\D)|(\.\d*?[1-9])0+(?=\D)/, "$1");
}

export function exactBytes(value) {
  return value == null ? NONE : `${Math.round(value).toLocaleString("en")} bytes`;
}

/** Rounded down, so that nothing is called 100 % before it is. */
export function percent(ratio) {
  if (ratio == null) return NONE;
  const value = ratio * 100;
  if (value >= 100) return `${Math.floor(value).toLocaleString("en")}${SPACE}%`;
  return `${(Math.floor(value * 10) / 10).toFixed(1)}${SPACE}%`;
}

/** A part of a whole, rounded: the parts come to 100 % as near as can be. */
export function share(ratio) {
  return ratio == null ? NONE : `${(ratio * 100).toFixed(1)}${SPACE}%`;
}

/** Seconds as the two largest units that matter: "6 d 4 h". */
export function span(seconds) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return `0${SPACE}s`;
  const [name, size] = units[first];
  const whole = Math.floor(seconds / size);
  const next = units[first + 1];
  const rest = next && whole < 10 ? Math.floor((seconds % size) / next[1]) : 0;
  const text = `${whole}${SPACE}${name}`;
  return rest && name !== "min" ? `${text} ${rest}${SPACE}${next[0]}` : text;
}

/** Seconds of a step: "5 min", "12 h". */
export function stepName(seconds) {
  return seconds == null ? "a month" : span(seconds);
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const clockSeconds = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

export const timeOfDay = (ms) => clock.format(ms);
export const timeToSecond = (ms) => clockSeconds.format(ms);
export const dayOf = (ms) => day.format(ms);

/** A moment: "Tue, 24 Nov, 14:05"; a day alone where the step is one. */
export function moment(ms, stepSeconds = 60) {
  const date = weekday.format(ms);
  if (stepSeconds == null || stepSeconds >= 86400) return date;
  return `${date}, ${stepSeconds < 60 ? clockSeconds.format(ms) : clock.format(ms)}`;
}

/** Without the marks that turn the direction of what follows: with them a text reads as another. */
export function plain(text) {
  return text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}

/** An entry's own labels, and what it counts, in words. */
export function description(entry) {
  return [selection(entry.selector), ...Object.entries(entry.labels).map(([name, value]) => `${name} ${plain(value)}`)].join(" · ");
}

/** What a quota counts, in words. */
function selection(selector) {
  const words = Object.entries(selector).map(([name, value]) => {
    if (name === "type") return value;
    return value === "" ? `no ${name}` : `${name} ${plain(value)}`;
  });
  return words.length ? words.join(" · ") : "all traffic";
}

/** "ok" -> "OK", "80" -> "80 % reached", "100" -> "limit reached". */
export function stateWords(state) {
  if (state === "ok") return "OK";
  if (state === "100") return "limit reached";
  return `${state}${SPACE}% reached`;
}

/** How grave a state is, for its colour: 0 to 3. */
export function gravity(state) {
  if (state === "ok") return 0;
  const threshold = Number(state);
  return threshold >= 100 ? 3 : threshold >= 90 ? 2 : 1;
}
