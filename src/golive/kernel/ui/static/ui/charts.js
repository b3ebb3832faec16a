// Life for the charts that the server drew: one crosshair for all charts of a page, dragging looks closer, a click leads to
// the traces and logs of that minute. The readings stand in data-plot (golive.kernel.ui.plots).
import { clock, figure } from "./words.js";

const plots = new Set();
let reading = null; // the moment that the crosshair shows

export function charts(root) {
  for (const element of plots) if (!element.isConnected) plots.delete(element);
  for (const element of root.querySelectorAll("[data-plot]")) if (!plots.has(element)) enliven(element);
  if (reading !== null) showAll(reading);
}

function enliven(element) {
  plots.add(element);
  element.readings = JSON.parse(element.dataset.plot);
  const moment = (event) => {
    const box = element.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return element.readings.from + share * (element.readings.to - element.readings.from);
  };
  let began = null;
  element.addEventListener("pointermove", (event) => {
    showAll(moment(event));
    if (began !== null) brush(element, began, moment(event));
  });
  element.addEventListener("pointerleave", () => { hideAll(); });
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    began = moment(event);
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointerup", (event) => {
    if (began === null) return;
    const [from, to] = [began, moment(event)].sort((a, b) => a - b);
    began = null;
    element.querySelector(".brush")?.remove();
    const wide = (to - from) / (element.readings.to - element.readings.from);
    if (wide > 0.02 && element.dataset.zoom) visit(element.dataset.zoom, from, to);
    else if (wide <= 0.02 && element.dataset.explore) visit(element.dataset.explore, Math.floor(from / 60) * 60, Math.floor(from / 60) * 60 + 60);
  });
  element.addEventListener("pointercancel", () => { began = null; element.querySelector(".brush")?.remove(); });
  readByKeys(element);
}

function readByKeys(element) {
  let at = null;
  const last = () => Math.max(element.readings.from, ...element.readings.lines.map((line) => line.at.at(-1)?.[0] ?? 0));
  element.addEventListener("focus", () => { if (element.matches(":focus-visible")) showAll(at = last()); });
  element.addEventListener("blur", hideAll);
  element.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") hideAll();
    if (event.key === "Enter" && element.dataset.explore && at !== null) visit(element.dataset.explore, at - 30, at + 30);
    if (!step) return;
    event.preventDefault();
    const { from, to } = element.readings;
    at = Math.min(to, Math.max(from, (at ?? last()) + step * (to - from) / 100));
    showAll(at);
  });
}

function visit(address, from, to) {
  const url = new URL(address, location.href);
  url.searchParams.set("from", from.toFixed(0));
  url.searchParams.set("to", to.toFixed(0));
  location.assign(url);
}

function showAll(moment) {
  reading = moment;
  for (const element of plots) show(element, moment);
}

function hideAll() {
  reading = null;
  for (const element of plots) for (const drawn of element.querySelectorAll(".hair, .tip")) drawn.remove();
}

function child(element, name) {
  let found = element.querySelector(`:scope > .${name}`);
  if (!found) {
    found = document.createElement("div");
    found.className = name;
    element.append(found);
  }
  return found;
}

function show(element, moment) {
  const { from, to, shift, unit, lines } = element.readings;
  if (moment < from || moment > to || !element.isConnected) return;
  const share = (moment - from) / (to - from);
  child(element, "hair").style.left = `${share * 100}%`;
  const tip = child(element, "tip");
  tip.replaceChildren(text("b", clock(moment, shift)));
  for (const line of lines) {
    const reading = nearest(line.at, moment, (to - from) / 40);
    if (reading) tip.append(text("span", `${line.name} ${figure(reading[1], unit)}`));
  }
  const right = share > 0.6;
  tip.style.left = right ? "auto" : `calc(${share * 100}% + 4px)`;
  tip.style.right = right ? `calc(${(1 - share) * 100}% + 4px)` : "auto";
}

function text(tag, words) {
  const made = document.createElement(tag);
  made.textContent = words;
  return made;
}

function nearest(readings, moment, within) {
  let best = null;
  for (const reading of readings) {
    if (reading[1] == null) continue;
    if (!best || Math.abs(reading[0] - moment) < Math.abs(best[0] - moment)) best = reading;
  }
  return best && Math.abs(best[0] - moment) <= within ? best : null;
}

function brush(element, began, now) {
  const { from, to } = element.readings;
  const [a, b] = [began, now].map((moment) => (moment - from) / (to - from)).sort((x, y) => x - y);
  const drawn = child(element, "brush");
  drawn.style.left = `${a * 100}%`;
  drawn.style.width = `${(b - a) * 100}%`;
}
