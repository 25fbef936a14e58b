// Starts Swagger UI, in the theme of the dashboard.
const theme = localStorage.getItem("theme");
const system = matchMedia("(prefers-color-scheme: dark)");
const show = () => {
  const isDark = theme === "dark" || (theme !== "light" && system.matches);
  document.documentElement.classList.toggle("dark-mode", isDark);
};
show();
system.addEventListener("change", show);
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
