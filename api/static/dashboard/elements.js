// Functions that create and update elements. Text is only ever set as text, never as HTML.

/** Return a new element. A property that starts with "on" adds a listener, others set attributes. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
}

/** Keep a <details> open on wide screens, where its summary is hidden, and folded on phones. */
export function foldOnPhones(details) {
  const wide = matchMedia("(min-width: 761px)");
  const apply = () => {
    details.open = wide.matches;
  };
  apply();
  wide.addEventListener("change", apply);
  return details;
}

/** Set a text if it differs: an equal text would flicker, and screen readers would repeat it. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set an attribute if it differs. null removes it. */
export function setAttribute(node, name, value) {
  if (value == null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/**
 * Make the children of `parent` match `items`, in their order. The element of a key is reused.
 * `create(item)` returns a new element, `update(node, item)` fills it.
 */
export function updateChildren(parent, items, keyOf, create, update) {
  const known = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const kept = new Set();
  let at = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let node = known.get(key);
    known.delete(key);
    if (!node) {
      node = create(item);
      node.dataset.key = key;
    }
    if (node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
    update(node, item);
    kept.add(node);
  }
  for (const node of [...parent.children]) if (!kept.has(node)) node.remove();
}
