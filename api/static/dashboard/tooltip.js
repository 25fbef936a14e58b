// The values at the pointer, beside it: the largest first, and the rest as a number.

import { h, setText, updateChildren } from "./elements.js";

const MOST_ROWS = 8;
const GAP_PIXELS = 14;

/** Return {node, show, hide} of a box for a chart that fills the same parent. */
export function makeTooltip() {
  const title = h("p", {});
  const list = h("ul", {});
  const node = h("div", { class: "tooltip", "aria-hidden": "true", hidden: true }, title, list);
  return {
    node,
    /** Show [{key, name, colour, value, text}] at `left` pixels of a chart `width` pixels wide. */
    show(when, rows, left, width) {
      const known = rows.filter(({ value }) => value != null).sort((a, b) => b.value - a.value);
      node.hidden = !known.length;
      if (!known.length) return;
      setText(title, when);
      const more = known.length - MOST_ROWS;
      const shown = more > 0 ? [...known.slice(0, MOST_ROWS), { key: "more", name: `and ${more} more`, colour: "transparent", text: "" }] : known;
      updateChildren(list, shown, ({ key }) => key, () => h("li", {}, h("span", { class: "swatch" }), h("span", {}), h("span", {})), (item, row) => {
        const [swatch, name, value] = item.children;
        swatch.style.background = row.colour;
        setText(name, row.name);
        setText(value, row.text);
      });
      const isRight = left > width / 2;
      node.style.left = isRight ? "auto" : `${left + GAP_PIXELS}px`;
      node.style.right = isRight ? `${width - left + GAP_PIXELS}px` : "auto";
    },
    hide() {
      node.hidden = true;
    },
  };
}
