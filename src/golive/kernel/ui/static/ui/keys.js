// Keyboard: Ctrl/Cmd-K palette, g and a letter for a room, j/k along rows, . acts on the row, ? shows the keys.
import { openPalette } from "./palette.js";

const GO_WITHIN_MS = 1200;
let wentAt = 0;

export function keys() {
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    press(event);
  });
}

function typing(element) {
  return /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) || element.isContentEditable;
}

function press(event) {
  const { key } = event;
  if (wentAt && performance.now() - wentAt < GO_WITHIN_MS) {
    const room = document.querySelector(`.side nav a[data-keys="${CSS.escape(key)}"]`);
    wentAt = 0;
    if (room) { event.preventDefault(); room.click(); }
    return;
  }
  wentAt = key === "g" ? performance.now() : 0;
  if (key === "?") document.getElementById("shortcuts")?.showModal();
  if (key === "j" || key === "k") { event.preventDefault(); step(key === "j" ? 1 : -1); }
  if (key === ".") act();
}

function rows() {
  return [...document.querySelectorAll("main tbody tr, main .needs > li, main .lane:not(.label)")];
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.getAttribute("aria-selected") === "true");
  all.forEach((row) => row.removeAttribute("aria-selected"));
  const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
  if (next.tagName === "TR") next.setAttribute("aria-selected", "true");
  (next.matches("a") ? next : next.querySelector("a, button"))?.focus();
  next.scrollIntoView({ block: "nearest" });
}

function act() {
  const row = rows().find((r) => r.getAttribute("aria-selected") === "true" || r.contains(document.activeElement));
  (row?.matches("a") ? row : row?.querySelector(".btn, a, button"))?.click();
}
