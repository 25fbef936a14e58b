// Numbers and times as the dashboard shows them. The mails show the same values in the same words:
// webhook/mail/formatting.py follows these rules too, and tests/formatting_cases.json tests both.
//
// Sizes: at most four significant digits, no trailing zeros, rounded to the nearest (a half to the
// even digit). Units are decimal, kB to PB. If a limit is round in binary units only, such as
// 10 GiB, it and the sizes beside it are binary. If the unit of quotas.yaml is known, it decides:
// 600 KiB and 1500 GB stay as they are, and no size beside them has a larger unit: 3628 MB of
// 4600 MB. A size below its limit never reads like the limit.
// Exact sizes are whole bytes: "450,200,000,000 bytes", "1 byte".
//
// Percentages: rounded down to one decimal, without ".0", so that 99.99 % never reads as 100 %.
// Anything between 0 and 0.1 % is "< 0.1 %". Numbers count as the decimals they are written as:
// 0.58 is 58 %, although its binary float is a little less.
//
// Durations: the two largest units that matter, rounded down: "6 d 4 h". A unit that is zero is
// left out, and so are seconds from ten minutes on. Zero is "0 s".
//
// Times: day, month, year and a 24-hour clock. Mails name the time zone. The dashboard uses the one
// that is chosen (zone.js), names it once a card, and leaves out what is clear without it.
//
// A value that is not known is an en dash.

import { zone } from "./zone.js";

const SPACE = "\u00a0";
export const UNKNOWN = "–";

const DECIMAL_UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];
const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const RATE_UNITS = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];
const SIGNIFICANT_DIGITS = 4;
const TEN_MINUTES_SECONDS = 600;

/** Return a size such as "9.133 kB". Sizes beside a limit need formatAmount. */
export function formatSize(sizeBytes, { binary = false, roundDown = false, largest = "" } = {}) {
  return formatIn(binary ? BINARY_UNITS : DECIMAL_UNITS, binary ? 1024n : 1000n, sizeBytes, { roundDown, largest });
}

/** Return bits a second such as "12.5 Mbit/s". */
export const formatRate = (bitsPerSecond) => formatIn(RATE_UNITS, 1000n, bitsPerSecond);

function formatIn(units, base, number, { roundDown = false, largest = "" } = {}) {
  if (number == null) return UNKNOWN;
  const [numerator, denominator] = toFraction(number);
  let divisor = denominator;
  for (const unit of units) {
    const digits = Math.max(0, SIGNIFICANT_DIGITS - String(numerator / divisor).length);
    const scale = 10n ** BigInt(digits);
    const rounded = divide(numerator * scale, divisor, roundDown);
    // A number that rounds up to the next unit is written in that unit: 999,960 bytes are 1 MB.
    if (rounded < base * scale || unit === units.at(-1) || unit === largest) return `${toDecimal(rounded, digits)}${SPACE}${unit}`;
    divisor *= base;
  }
}

/**
 * Return a size in the units of its limit. Below the limit it never reads like the limit.
 * `limitUnit` is the unit in which quotas.yaml gives the limit; "" or null if it is not known.
 */
export function formatAmount(sizeBytes, limitBytes, limitUnit = "") {
  if (sizeBytes == null) return UNKNOWN;
  if (limitBytes == null) return formatSize(sizeBytes);
  if (sizeBytes === limitBytes && limitUnit) return formatInUnit(limitBytes, limitUnit);
  const binary = isBinary(limitBytes, limitUnit);
  const text = formatSize(sizeBytes, { binary, largest: limitUnit });
  const limit = formatSize(limitBytes, { binary, largest: limitUnit });
  if (sizeBytes >= limitBytes || text !== limit) return text;
  // The limit may itself be rounded down: stay below what it reads as.
  const [numerator, denominator] = parseSize(limit);
  const below = Number((numerator - 1n) / denominator);
  return formatSize(Math.min(sizeBytes, below), { binary, roundDown: true, largest: limitUnit });
}

/** Return "1500 GB", or the usual form if that needs more than three decimals. */
function formatInUnit(limitBytes, unit) {
  const [numerator, denominator] = toFraction(limitBytes);
  const binary = BINARY_UNITS.indexOf(unit);
  const size = denominator * (binary > 0 ? 1024n ** BigInt(binary) : 1000n ** BigInt(DECIMAL_UNITS.indexOf(unit)));
  if ((numerator * 1000n) % size) return formatSize(limitBytes, { binary: binary > 0 });
  return `${toDecimal((numerator * 1000n) / size, 3)}${SPACE}${unit}`;
}

/** Return whether a limit is given in binary units: by its unit, or if it is round only in them. */
export function isBinary(limitBytes, limitUnit = "") {
  if (limitUnit) return BINARY_UNITS.indexOf(limitUnit) > 0;
  const [limit, limitDenominator] = toFraction(limitBytes);
  const isRound = (binary) => {
    const [numerator, denominator] = parseSize(formatSize(limitBytes, { binary }));
    return numerator * limitDenominator === limit * denominator;
  };
  return isRound(true) && !isRound(false);
}

/** Return every byte: "450,200,000,000 bytes". */
export function formatBytes(sizeBytes) {
  if (sizeBytes == null) return UNKNOWN;
  const whole = BigInt(Math.round(sizeBytes));
  return `${group(whole)}${SPACE}byte${whole === 1n ? "" : "s"}`;
}

/** Return the share of `part` in `whole`, such as "90.4 %". A ratio is a part of 1. */
export function formatPercent(part, whole = 1) {
  if (part == null || !whole) return UNKNOWN;
  const [numerator, denominator] = toFraction(part);
  const [wholeNumerator, wholeDenominator] = toFraction(whole);
  const tenths = (numerator * wholeDenominator * 1000n) / (denominator * wholeNumerator);
  if (part > 0 && tenths === 0n) return `<${SPACE}0.1${SPACE}%`;
  const decimal = tenths % 10n ? `.${tenths % 10n}` : "";
  return `${group(tenths / 10n)}${decimal}${SPACE}%`;
}

/** Return seconds as "6 d 4 h". */
export function formatDuration(seconds) {
  if (seconds == null) return UNKNOWN;
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  let rest = Math.max(0, Math.floor(seconds));
  if (rest >= TEN_MINUTES_SECONDS) rest -= rest % 60;
  const first = Math.max(0, units.findIndex(([, size]) => rest >= size));
  const parts = [];
  for (const [name, size] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    if (count) parts.push(`${count}${SPACE}${name}`);
    rest %= size;
  }
  return parts.join(" ") || `0${SPACE}s`;
}

const formatters = new Map();

/** Return a function that formats milliseconds in the time zone in use. */
function inZone(options) {
  const key = JSON.stringify(options);
  return (ms) => {
    const name = `${zone()} ${key}`;
    if (!formatters.has(name)) formatters.set(name, new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone() }));
    return formatters.get(name).format(ms);
  };
}

/** Milliseconds -> "14:05". */
export const formatClock = inZone({ hour: "2-digit", minute: "2-digit" });
/** Milliseconds -> "14:05:09". */
export const formatClockSeconds = inZone({ timeStyle: "medium" });
/** Milliseconds -> "24 Nov". */
export const formatDay = inZone({ day: "numeric", month: "short" });
const formatWeekday = inZone({ weekday: "short" });

/** Milliseconds -> "Tue 24 Nov, 14:05". With steps of a day or more: "Tue 24 Nov". */
export function formatTime(ms, stepSeconds = 60) {
  const date = `${formatWeekday(ms)} ${formatDay(ms)}`;
  if (stepSeconds == null || stepSeconds >= 86400) return date;
  return `${date}, ${stepSeconds < 60 ? formatClockSeconds(ms) : formatClock(ms)}`;
}

/** Return a number as [numerator, denominator] of the decimals it is written as. */
function toFraction(number) {
  const [digits, exponent = "0"] = String(number).split("e");
  const [whole, decimals = ""] = digits.split(".");
  const power = Number(exponent) - decimals.length;
  const numerator = BigInt(whole + decimals);
  return power < 0 ? [numerator, 10n ** BigInt(-power)] : [numerator * 10n ** BigInt(power), 1n];
}

/** Return the bytes that a formatted size reads as, as [numerator, denominator]. */
function parseSize(text) {
  const [number, unit] = text.split(SPACE);
  const [numerator, denominator] = toFraction(number);
  const binary = BINARY_UNITS.indexOf(unit);
  const factor = binary < 0 ? 1000n ** BigInt(DECIMAL_UNITS.indexOf(unit)) : 1024n ** BigInt(binary);
  return [numerator * factor, denominator];
}

/** Divide and round: down, or to the nearest with halves to the even number. */
function divide(numerator, denominator, roundDown) {
  const quotient = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  const isUp = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return !roundDown && isUp ? quotient + 1n : quotient;
}

/** Return a number of `digits` decimals without trailing zeros: (1500n, 3) -> "1.5". */
function toDecimal(scaled, digits) {
  const scale = 10n ** BigInt(digits);
  const decimals = String(scaled % scale).padStart(digits, "0").replace(/0+$/, "");
  return `${scaled / scale}${digits && decimals ? `.${decimals}` : ""}`;
}

/** Return a whole number with commas: 1,234,567. */
function group(whole) {
  return whole.toLocaleString("en");
}
