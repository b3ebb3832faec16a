// Ctrl-K: go anywhere, do anything. Places come from the sidebar, acts from the buttons of the page, services, releases and
// incidents from the server; a longer search is one line that opens the explore page.
import { switchTheme } from "./theme.js";

const FRESH_MS = 20_000;
let known = [];
let askedAt = -FRESH_MS;

export function openPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog || dialog.open) return;
  dialog.showModal();
  const input = dialog.querySelector("input");
  input.value = "";
  render(dialog, "");
  input.focus();
  ask().then(() => { if (dialog.open) render(dialog, input.value); }, () => {});
}

async function ask() {
  if (performance.now() - askedAt < FRESH_MS) return;
  askedAt = performance.now();
  const answer = await fetch("/palette.json", { headers: { Accept: "application/json" } });
  if (answer.ok) known = (await answer.json()).entries;
}

function fromServer(entry) {
  const copy = entry.copy !== undefined;
  const act = () => (copy ? navigator.clipboard?.writeText(entry.copy) : location.assign(entry.path));
  return { group: entry.group, sign: copy ? "⧉" : entry.group === "Do" ? "↩" : "→", words: entry.words, note: entry.note, act, late: !copy && entry.group !== "Do" && entry.group !== "Services" };
}

export function palette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  document.addEventListener("click", (event) => { if (event.target.closest("[data-palette]")) openPalette(); });
  const input = dialog.querySelector("input");
  input.addEventListener("input", () => render(dialog, input.value));
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); choose(dialog, step); }
    if (event.key === "Enter") { event.preventDefault(); dialog.querySelector("[aria-selected=true]")?.click(); }
  });
}

function entries() {
  const found = [];
  for (const button of document.querySelectorAll("main [data-act]:not([disabled])")) {
    found.push({ group: "Do", sign: "↩", words: firstLine(button), act: () => button.click() });
  }
  for (const link of document.querySelectorAll(".side nav a")) {
    const keys = link.dataset.keys ? `g ${link.dataset.keys}` : "";
    found.push({ group: "Go", sign: "→", words: firstLine(link), keys, act: () => location.assign(link.href) });
  }
  found.push(...known.map(fromServer).filter((entry) => !found.some((other) => other.words === entry.words)));
  const seen = new Set();
  for (const link of document.querySelectorAll("main a[href^='/']")) {
    const words = firstLine(link);
    if (!words || seen.has(link.href) || words.length > 80) continue;
    seen.add(link.href);
    found.push({ group: "On this page", sign: "→", words, act: () => location.assign(link.href), late: true });
  }
  found.push({ group: "Do", sign: "◐", words: "Switch light and dark", act: switchTheme });
  found.push({ group: "Do", sign: "?", words: "Show the keys", act: () => document.getElementById("shortcuts").showModal() });
  return found;
}

function firstLine(element) {
  const clone = element.cloneNode(true);
  for (const small of clone.querySelectorAll("small, .sr, .hint")) small.remove();
  return clone.textContent.replace(/\s+/g, " ").trim();
}

// every typed word must begin or stand within the entry
function fits(words, asked) {
  const low = words.toLowerCase();
  return asked.toLowerCase().split(/\s+/).every((part) => low.includes(part));
}

function render(dialog, asked) {
  const list = dialog.querySelector("[role=listbox]");
  list.replaceChildren();
  const shown = entries().filter((entry) => (asked ? fits(entry.words, asked) : !entry.late)).slice(0, 40);
  if (asked) shown.push({ group: "Search", sign: "⌕", words: `Logs and traces with “${asked}”`, act: () => location.assign(`/explore?q=${encodeURIComponent(asked)}`) });
  let group = "";
  shown.sort((a, b) => ORDER.indexOf(a.group) - ORDER.indexOf(b.group)).forEach((entry, index) => {
    if (entry.group !== group) list.append(heading((group = entry.group)));
    list.append(option(dialog, entry, index));
  });
  mark(dialog);
}
const ORDER = ["Do", "Go", "Services", "Releases", "Incidents", "On this page", "Copy", "Search"];

function heading(words) {
  const made = document.createElement("h3");
  made.textContent = words;
  made.setAttribute("role", "presentation");
  return made;
}

function option(dialog, entry, index) {
  const made = document.createElement("div");
  made.setAttribute("role", "option");
  made.id = `palette-${index}`;
  made.setAttribute("aria-selected", index === 0);
  for (const [tag, words] of [["span", entry.sign], ["span", entry.words], ["small", entry.note], ["kbd", entry.keys]]) {
    if (!words) continue;
    const part = document.createElement(tag);
    part.textContent = words;
    made.append(part);
  }
  made.addEventListener("click", () => { dialog.close(); entry.act(); });
  return made;
}

function choose(dialog, step) {
  const options = [...dialog.querySelectorAll("[role=option]")];
  const at = options.findIndex((o) => o.getAttribute("aria-selected") === "true");
  options.forEach((o, i) => o.setAttribute("aria-selected", i === (at + step + options.length) % options.length));
  mark(dialog);
}

function mark(dialog) {
  const chosen = dialog.querySelector("[aria-selected=true]");
  dialog.querySelector("input").setAttribute("aria-activedescendant", chosen?.id ?? "");
  chosen?.scrollIntoView({ block: "nearest" });
}
