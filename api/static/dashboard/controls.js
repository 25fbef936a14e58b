// Choices: a row of radio buttons that looks like one control, and a list to pick from.

import { h, setAttribute, setText } from "./dom.js";
import { plain } from "./format.js";

/** Return {node, set} of one choice among few; `options` are [value, text] pairs. */
export function makeChoice(name, legend, options, onChoose) {
  const inputs = new Map();
  const node = h("fieldset", { class: "choice" }, h("legend", { class: "sr" }, legend));
  for (const [value, text] of options) {
    const input = h("input", { type: "radio", name, value, id: `${name}-${value}`, onchange: () => onChoose(value) });
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

/** Return {node, set} of a list to pick from; `set(value, values)` shows these values. */
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
        const texts = list.map((one) => h("option", { value: one }, one === "" ? `(no ${name})` : plain(one)));
        select.replaceChildren(h("option", {}, all), ...texts);
      }
      select.selectedIndex = value == null ? 0 : list.indexOf(value) + 1;
      setAttribute(node, "data-set", value == null ? null : "");
    },
  };
}

/** Return {node, set} of a number with what it is. */
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
