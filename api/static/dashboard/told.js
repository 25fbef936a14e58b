// Who was told of a quota: when, of what, and what became of it; by period, the newest first.

import { ask } from "./ask.js";
import { h, keep, setAttribute, setText } from "./dom.js";
import { gravity, moment, plain, stateWords } from "./format.js";

const MOST = 100;
// What became of it, in words that recipients follow, and how grave that is.
const FATES = {
  sent: ["Sent to", 0],
  waiting: ["Waiting to be sent to", 1],
  failed: ["Could not be sent to", 3],
  expired: ["Given up, too old, to", 3],
};

/** Return {notifications} or {error}: that it is not known who was told must not hide the rest. */
export async function askTold(path, selector, signal) {
  try {
    return await ask(`${path}/notifications`, { ...selector, limit: MOST }, signal);
  } catch (error) {
    return { error };
  }
}

/** Return {node, set, hide}; `set` draws what askTold returned, of an entry. */
export function makeTold() {
  const note = h("p", { class: "lead", "aria-live": "polite" });
  const periods = h("div", { class: "told" });
  const node = h(
    "section",
    { class: "card", hidden: true, "aria-labelledby": "told-title" },
    h("div", { class: "head" }, h("h2", { id: "told-title" }, "Who was told")),
    note,
    periods,
  );

  function draw(notifications, entry) {
    const groups = byPeriod(notifications, entry);
    keep(periods, groups, ({ key }) => key, makePeriod, (section, { title, tellings }) => {
      const [heading, list] = section.children;
      setText(heading, title);
      heading.hidden = !title;
      keep(list, tellings, ({ key }) => key, makeTelling, updateTelling);
    });
  }

  return {
    node,
    hide() {
      node.hidden = true;
    },
    set({ notifications = null, error = null }, entry) {
      node.hidden = !error && notifications == null;
      draw(notifications ?? [], entry);
      const isFull = notifications?.length >= MOST;
      if (error) setText(note, `It is not known now who was told. ${error.message}.`.replace("..", "."));
      else if (!notifications?.length) setText(note, "Nobody had to be told yet.");
      else setText(note, isFull ? `The newest ${MOST} are shown.` : "");
      note.hidden = !note.textContent;
    },
  };
}

/** Return [{key, title, tellings}], recipients of the same telling together. */
function byPeriod(notifications, entry) {
  const groups = new Map();
  for (const one of notifications) {
    const key = one.period ? `${one.period.id} ${one.period.start}` : "none";
    if (!groups.has(key)) groups.set(key, { key, title: titleOf(one.period, entry), tellings: new Map() });
    const { tellings } = groups.get(key);
    const same = `${one.queued_at} ${one.kind} ${one.threshold}`;
    if (!tellings.has(same)) tellings.set(same, { key: same, ...one, recipients: [] });
    tellings.get(same).recipients.push(one);
  }
  return [...groups.values()].map((group) => ({ ...group, tellings: [...group.tellings.values()] }));
}

function titleOf(period, entry) {
  if (!period) return entry.period ? "Without a period" : "";
  return period.id === entry.period?.id ? `${period.title}, so far` : period.title;
}

function makePeriod() {
  return h("section", {}, h("h3", {}), h("ol", {}));
}

function makeTelling() {
  return h("li", {}, h("time", {}), h("strong", { class: "state" }), h("ul", { class: "fates" }));
}

function updateTelling(item, { queued_at: at, kind, threshold, recipients }) {
  const [time, what, list] = item.children;
  setAttribute(time, "datetime", at);
  setText(time, moment(Date.parse(at)));
  setText(what, words(kind, threshold));
  setAttribute(what, "data-gravity", kind === "usage" ? gravity(String(threshold)) : kind === "forecast" ? 1 : 0);
  const fates = Object.keys(FATES).filter((fate) => recipients.some((one) => fateOf(one) === fate));
  keep(list, fates, (fate) => fate, () => h("li", { class: "fate" }), (line, fate) => {
    const whom = recipients.filter((one) => fateOf(one) === fate).map(nameOf);
    setText(line, `${FATES[fate][0]} ${whom.join(", ")}`);
    setAttribute(line, "data-gravity", FATES[fate][1]);
  });
}

function words(kind, threshold) {
  if (kind === "forecast") return "expected to pass the limit";
  return kind === "over" ? `below ${threshold}\u00a0% again` : stateWords(String(threshold));
}

function fateOf({ state }) {
  return state in FATES ? state : "waiting";
}

function nameOf({ recipient: address, state, attempts }) {
  const recipient = plain(address);
  return state !== "sent" && attempts ? `${recipient} (tried ${attempts} times)`.replace("(tried 1 times)", "(tried once)") : recipient;
}
