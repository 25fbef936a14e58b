// Tables for those who do not see charts, or who want the numbers: filled when they are opened.

import { h } from "./dom.js";

/** Return {node, set}: a closed fold with a table; `set(head, rows)` gives cells as text. */
export function makeFold(title, caption) {
  const table = h("table", { class: "numbers" });
  const scroller = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, table);
  const node = h("details", { class: "fold" }, h("summary", {}, title), scroller);
  let fill = () => {};
  node.addEventListener("toggle", () => node.open && fill());
  return {
    node,
    set(head, rows) {
      fill = () => {
        const heads = head.map((text) => h("th", { scope: "col" }, text));
        const lines = rows().map(([first, ...rest]) =>
          h("tr", {}, h("th", { scope: "row" }, first), ...rest.map((text) => h("td", {}, text))),
        );
        table.replaceChildren(
          h("caption", { class: "sr" }, caption),
          h("thead", {}, h("tr", {}, ...heads)),
          h("tbody", {}, ...lines),
        );
      };
      if (node.open) fill();
    },
  };
}
