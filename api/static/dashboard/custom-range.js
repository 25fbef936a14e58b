// A range of the chart that people write: from when until when, in the time zone in use.

import { h, setText } from "./elements.js";
import { formatLocal, parseLocal } from "./zone.js";

/** Return {node, set} of a folded form. `change({from, to})` is called with milliseconds. */
export function makeCustomRange(change) {
  const from = h("input", { type: "datetime-local", id: "from", required: true, step: "60" });
  const to = h("input", { type: "datetime-local", id: "to", required: true, step: "60" });
  const problem = h("p", { class: "problem", role: "alert" });
  const form = h("form", {}, h("label", {}, "From ", from), h("label", {}, "to ", to), h("button", { type: "submit" }, "Show"), problem);
  const node = h("details", { class: "custom" }, h("summary", {}, "Custom"), form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [start, end] = [parseLocal(from.value), parseLocal(to.value)];
    const isOrdered = start < end;
    setText(problem, isOrdered ? "" : "The first time must be before the second.");
    if (!isOrdered) return;
    node.open = false;
    change({ from: start, to: end });
  });
  return {
    node,
    /** Fill in a range in milliseconds, unless somebody is writing one. */
    set(start, end, isChosen) {
      node.toggleAttribute("data-set", isChosen);
      if (node.open) return;
      from.value = formatLocal(start);
      to.value = formatLocal(end);
      setText(problem, "");
    },
  };
}
