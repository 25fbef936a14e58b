// Form controls and figures: a group of radio buttons, a select box, a number with its label.

import { h, setAttribute, setText } from "./elements.js";
import { plain } from "./wording.js";

/** Return {node, set} of radio buttons that look like one control. `options` are [value, text]. */
export function makeChoice(name, legend, options, onChoose) {
  const inputs = new Map();
  const node = h("fieldset", { class: "choice" }, h("legend", { class: "sr" }, legend));
  for (const [value, text] of options) {
    const input = h("input", { type: "radio", name, value, id: `${name}-${value}`, onclick: () => onChoose(value) });
    inputs.set(value, input);
    node.append(input, h("label", { for: input.id }, text));
  }
  return {
    node,
    set(value) {
      for (const [known, input] of inputs) input.checked = known === value;
    },
  };
}

/**
 * Return {node, set} of a select box. `all` is the text of its first option, which means null.
 * `set(value, values)` offers these values and selects one.
 */
export function makePicker(name, all, onChoose) {
  const select = h("select", { id: `pick-${name}`, onchange: () => onChoose(select.selectedIndex ? select.value : null) });
  const node = h("span", { class: "picker" }, h("label", { class: "sr", for: select.id }, all), select);
  let known = "";
  return {
    node,
    set(value, values) {
      const list = value == null || values.includes(value) ? values : [value, ...values];
      if (known !== JSON.stringify(list)) {
        known = JSON.stringify(list);
        const options = list.map((one) => h("option", { value: one }, one === "" ? `(no ${name})` : plain(one)));
        select.replaceChildren(h("option", {}, all), ...options);
      }
      select.selectedIndex = value == null ? 0 : list.indexOf(value) + 1;
      setAttribute(node, "data-set", value == null ? null : "");
    },
  };
}

/** Return {node, set} of a value with its label, and a detail below it. */
export function makeFigure(label) {
  const value = h("dd", {});
  const more = h("dd", { class: "more" });
  return {
    node: h("div", { class: "figure" }, h("dt", {}, label), value, more),
    set(text, detail = "", title = null) {
      setText(value, text);
      setText(more, detail);
      setAttribute(value, "title", title);
    },
  };
}
