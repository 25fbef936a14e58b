// A collapsed table with the numbers of a chart, for those who cannot see it or want the numbers.

import { h } from "./elements.js";

/**
 * Return {node, set}: a closed <details> with a table. `set(head, rows)` takes texts of cells.
 * `rows` is a function, called only while the table is open.
 */
export function makeCollapsedTable(title, caption) {
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
