// The theme (light, dark or the system's), and theme colours for canvases.

const KEY = "theme";
const NEXT = { auto: "light", light: "dark", dark: "auto" };

/** Apply the stored theme and let `button` change it. `onChange` is called after each change. */
export function startTheme(button, onChange) {
  const show = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  let theme = localStorage.getItem(KEY) in NEXT ? localStorage.getItem(KEY) : "auto";
  show(theme);
  button.addEventListener("click", () => {
    theme = NEXT[theme];
    localStorage.setItem(KEY, theme);
    show(theme);
    onChange();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
  // Paper is light: charts are redrawn in its colours.
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.theme = "light";
    onChange();
  });
  addEventListener("afterprint", () => {
    show(theme);
    onChange();
  });
}

/** Return the present colour of a custom property such as "--ink", with an opacity of `alpha`. */
export function colour(name, alpha = 1) {
  const probe = document.createElement("span");
  probe.style.color = `color-mix(in srgb, var(${name}) ${alpha * 100}%, transparent)`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
