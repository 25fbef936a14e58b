// The legend of the bandwidth chart: each series with its total, or its value at the pointer. A click
// shows one series alone, a click with Ctrl or Cmd hides or shows one.

import { h, setAttribute, setText, updateChildren } from "./elements.js";
import { formatBytes, formatPercent, formatTime } from "./format.js";

/** Return {node, draw, isShown}. `change` is called when a click shows other series. */
export function makeLegend(change) {
  const at = h("th", { scope: "col" }, "Total");
  const body = h("tbody", {});
  const node = h("table", { class: "legend" }, h("caption", { class: "sr" }, "Series, with their totals"), h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Series"), at, h("th", { scope: "col" }, "Share"))), body);
  const hidden = new Set();
  let keys = [];

  function choose(key, isAdded) {
    const isAlone = keys.every((other) => hidden.has(other) !== (other === key));
    if (isAdded) hidden.has(key) ? hidden.delete(key) : hidden.add(key);
    else {
      hidden.clear();
      // A second click shows all again.
      if (!isAlone) for (const other of keys) if (other !== key) hidden.add(other);
    }
    if (keys.every((other) => hidden.has(other))) hidden.clear();
    change();
  }

  function makeRow(key) {
    const button = h("button", { type: "button", title: "Show alone. With Ctrl: hide or show", onclick: (event) => choose(key, event.ctrlKey || event.metaKey) }, h("span", { class: "swatch", "aria-hidden": "true" }), h("span", { class: "label" }));
    return h("tr", {}, h("th", { scope: "row" }, button), h("td", {}), h("td", {}));
  }

  return {
    node,
    isShown: (key) => !hidden.has(key),
    /** Show the values at an index, or totals if it is null. `format` writes a value of the columns. */
    draw(data, index, colours, format) {
      keys = data.keys;
      setText(at, index == null || !data.times.length ? "Total" : formatTime(data.times[index] * 1000, data.step));
      const rows = data.names.map((name, number) => ({ name, number, key: data.keys[number] }));
      updateChildren(body, rows, ({ key }) => key, ({ key }) => makeRow(key), (row, { name, number, key }) => {
        const value = index == null ? data.totals[number] : data.columns[number][index];
        const sum = index == null ? data.total : data.columns.reduce((all, column) => all + (column[index] ?? 0), 0);
        const button = row.cells[0].firstChild;
        setAttribute(button, "aria-pressed", !hidden.has(key));
        button.firstChild.style.background = `var(${colours.get(key)})`;
        setText(button.lastChild, name);
        setText(row.cells[1], value == null ? "no data" : format(value, index));
        setAttribute(row.cells[1], "title", value == null ? null : formatBytes(value));
        setText(row.cells[2], value == null || !sum ? "" : formatPercent(value, sum));
      });
    },
  };
}
