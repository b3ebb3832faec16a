// Light or dark: the system decides until a person does. The choice is a cookie, so the server draws the right one at once.
const root = document.documentElement;

export function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function switchTheme() {
  root.dataset.theme = isDark() ? "light" : "dark";
  document.cookie = `golive_theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax`;
}

export function theme() {
  for (const button of document.querySelectorAll("[data-theme-switch]")) button.addEventListener("click", switchTheme);
}
