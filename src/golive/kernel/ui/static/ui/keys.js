// Keyboard: Ctrl/Cmd-K palette, g and a letter for a room, j/k along rows, . acts on the row, / searches, ? shows the keys.
import { ROWS, isField } from "./dom.js";
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
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (isField(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    press(event);
  });
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
  if (key === "/") { event.preventDefault(); search(); }
}

function rows() {
  return [...document.getElementById("main").querySelectorAll(ROWS)];
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(picked(all));
  all.forEach((row) => row.removeAttribute("data-picked"));
  const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
  next.setAttribute("data-picked", "");
  const inside = next.querySelector("a, button");
  if (inside) inside.focus({ preventScroll: true });
  else document.activeElement?.blur();
  next.scrollIntoView({ block: "nearest" });
}

// the row that has the focus, else the one that was chosen last
function picked(all) {
  return all.find((row) => row.contains(document.activeElement)) ?? all.find((row) => row.hasAttribute("data-picked"));
}

function act() {
  const row = picked(rows());
  (row?.querySelector(".btn") ?? row?.querySelector("a, button"))?.click();
}

function search() {
  const field = document.querySelector("main input[type=search]");
  if (field) field.select();
  else openPalette();
}
