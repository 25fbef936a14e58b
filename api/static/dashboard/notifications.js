// The notifications of a quota: when, about what, to whom, and whether they were delivered.

import { fetchJson } from "./api.js";
import { h, setAttribute, setText, updateChildren } from "./elements.js";
import { formatTime } from "./format.js";
import { describeState, plain, severityOf } from "./wording.js";

const MAX_NOTIFICATIONS = 100;
// For each state of delivery: the words before the recipients, and the severity.
const DELIVERY_STATES = {
  sent: ["Sent to", 0],
  waiting: ["Waiting to be sent to", 1],
  failed: ["Could not be sent to", 3],
  expired: ["Given up, too old, to", 3],
};

/** Return {notifications}, or {error}: this request must not fail the rest of the page. */
export async function fetchNotifications(path, selector, signal) {
  try {
    return await fetchJson(`${path}/notifications`, { ...selector, limit: MAX_NOTIFICATIONS }, signal);
  } catch (error) {
    return { error };
  }
}

/** Return {node, set, hide}. `set` shows the result of fetchNotifications for an entry. */
export function makeNotificationsCard() {
  const note = h("p", { class: "lead", "aria-live": "polite" });
  const periods = h("div", { class: "notifications" });
  const node = h(
    "section",
    { class: "card", hidden: true, "aria-labelledby": "notifications-title" },
    h("div", { class: "head" }, h("h2", { id: "notifications-title" }, "Notifications")),
    note,
    periods,
  );

  function draw(notifications, entry) {
    const groups = groupByPeriod(notifications, entry);
    updateChildren(periods, groups, ({ key }) => key, makePeriod, (section, { title, events }) => {
      const [heading, list] = section.children;
      setText(heading, title);
      heading.hidden = !title;
      updateChildren(list, events, ({ key }) => key, makeEvent, updateEvent);
    });
  }

  return {
    node,
    hide() {
      node.hidden = true;
    },
    set({ notifications = null, error = null }, entry) {
      // null without an error: the API knows no webhook to ask.
      node.hidden = !error && notifications == null;
      draw(notifications ?? [], entry);
      const isFull = notifications?.length >= MAX_NOTIFICATIONS;
      if (error) setText(note, `Notifications are not available now. ${error.message}.`.replace("..", "."));
      else if (!notifications?.length) setText(note, "No notifications yet.");
      else setText(note, isFull ? `The newest ${MAX_NOTIFICATIONS} are shown.` : "");
      note.hidden = !note.textContent;
    },
  };
}

/** Return [{key, title, events}], newest first. The recipients of one event are in one item. */
function groupByPeriod(notifications, entry) {
  const groups = new Map();
  for (const one of notifications) {
    const key = one.period ? `${one.period.id} ${one.period.start}` : "none";
    if (!groups.has(key)) groups.set(key, { key, title: titleOf(one.period, entry), events: new Map() });
    const { events } = groups.get(key);
    const eventKey = `${one.queued_at} ${one.kind} ${one.threshold}`;
    if (!events.has(eventKey)) events.set(eventKey, { key: eventKey, ...one, recipients: [] });
    events.get(eventKey).recipients.push(one);
  }
  return [...groups.values()].map((group) => ({ ...group, events: [...group.events.values()] }));
}

function titleOf(period, entry) {
  if (!period) return entry.period ? "Without a period" : "";
  return period.id === entry.period?.id ? `${period.title}, so far` : period.title;
}

function makePeriod() {
  return h("section", {}, h("h3", {}), h("ol", {}));
}

function makeEvent() {
  return h("li", {}, h("time", {}), h("strong", { class: "state" }), h("ul", { class: "deliveries" }));
}

function updateEvent(item, { queued_at: at, kind, threshold, recipients }) {
  const [time, what, list] = item.children;
  setAttribute(time, "datetime", at);
  setText(time, formatTime(Date.parse(at)));
  setText(what, describeEvent(kind, threshold));
  setAttribute(what, "data-severity", kind === "usage" ? severityOf(String(threshold)) : kind === "forecast" ? 1 : 0);
  const states = Object.keys(DELIVERY_STATES).filter((state) => recipients.some((one) => deliveryStateOf(one) === state));
  updateChildren(list, states, (state) => state, () => h("li", { class: "delivery" }), (line, state) => {
    const [words, severity] = DELIVERY_STATES[state];
    const names = recipients.filter((one) => deliveryStateOf(one) === state).map(describeRecipient);
    setText(line, `${words} ${names.join(", ")}`);
    setAttribute(line, "data-severity", severity);
  });
}

function describeEvent(kind, threshold) {
  if (kind === "forecast") return "expected to pass the limit";
  return kind === "over" ? `below ${threshold}\u00a0% again` : describeState(String(threshold));
}

/** Queued and sending are both "waiting" to a reader. */
function deliveryStateOf({ state }) {
  return state in DELIVERY_STATES ? state : "waiting";
}

function describeRecipient({ recipient, state, attempts }) {
  const name = plain(recipient);
  return state !== "sent" && attempts ? `${name} (tried ${attempts} times)`.replace("(tried 1 times)", "(tried once)") : name;
}
