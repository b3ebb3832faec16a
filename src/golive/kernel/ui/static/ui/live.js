// Life by server-sent events. An element with data-live-on="rel_… inc_…" (subjects, first words of kinds, or * for all) is asked
// for again when one of them has news; data-live-every="1" asks every so many seconds. When the connection is lost the page says so and dims itself.
import { ago, countdown } from "./words.js";

const PATIENCE = [1, 2, 5, 10, 20, 30];
let source = null;
let tries = 0;
let heard = Date.now();
let retryAt = 0;
let pending = new Set();

export function live() {
  setInterval(tick, 1000);
  setInterval(relativeTimes, 10_000);
  const address = document.body.dataset.live;
  const wanted = document.querySelector("[data-live-on], [data-live-every]");
  if (address && wanted) {
    connect(address);
    document.addEventListener("visibilitychange", () => { if (!document.hidden && source === null) connect(address); });
  }
  document.addEventListener("htmx:sendError", () => lose());
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) found(); });
  document.addEventListener("htmx:beforeSwap", (event) => { if (busy(event.detail.target)) event.detail.shouldSwap = false; });
}

function connect(address) {
  source?.close();
  source = new EventSource(address);
  source.addEventListener("open", found);
  source.addEventListener("golive", (event) => {
    found();
    const { kind, subject } = JSON.parse(event.data);
    pending.add(subject).add(kind.split(".")[0]);
    schedule();
  });
  source.addEventListener("error", () => {
    source.close();
    source = null;
    lose();
    const wait = PATIENCE[Math.min(tries++, PATIENCE.length - 1)];
    retryAt = Date.now() + wait * 1000;
    setTimeout(() => connect(address), wait * 1000);
  });
}

let scheduled = 0;
function schedule() {
  if (scheduled) return;
  scheduled = setTimeout(() => {
    scheduled = 0;
    const news = pending;
    pending = new Set();
    for (const element of document.querySelectorAll("[data-live-on]")) {
      const on = element.dataset.liveOn.split(" ");
      if (on.includes("*") || on.some((subject) => news.has(subject))) refresh(element);
    }
  }, 150);
}

function refresh(element) {
  if (!element.id || document.hidden || element.dataset.asked) return;
  element.dataset.asked = "1";
  const { id } = element;
  const place = () => focusable(document.getElementById(id)).indexOf(document.activeElement);
  let held = -1;
  element.addEventListener("htmx:beforeSwap", () => { held = place(); }, { once: true });
  const done = () => {
    delete element.dataset.asked;
    if (held >= 0 && document.activeElement === document.body) focusable(document.getElementById(id))[held]?.focus({ preventScroll: true });
  };
  window.htmx?.ajax("GET", location.href, { source: element, target: `#${id}`, select: `#${id}`, swap: "outerHTML" }).then(done, done);
}

// the keyboard stays where it was when a part of the page is replaced
function focusable(element) {
  return element ? [...element.querySelectorAll("a, button, [tabindex]")] : [];
}

// what a person has in hand is not replaced under it
function busy(element) {
  return Boolean(element?.querySelector?.(".brush, dialog[open]") || (element?.contains?.(document.activeElement) && /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)));
}

// any answer, even a bad one, means that the way is open again
function knock() {
  retryAt = Date.now() + PATIENCE[Math.min(tries++, PATIENCE.length - 1)] * 1000;
  fetch("/api/health", { cache: "no-store" }).then(found, () => {});
}

function lose() {
  if (document.body.dataset.connection === "lost") return;
  document.body.dataset.connection = "lost";
  for (const element of document.querySelectorAll("[data-since]")) element.textContent = new Date(heard).toLocaleTimeString("en-GB");
}

function found() {
  heard = Date.now();
  tries = 0;
  delete document.body.dataset.connection;
}

let beats = 0;
function tick() {
  beats += 1;
  for (const element of document.querySelectorAll("[data-countdown]")) {
    const left = Math.max(0, Number(element.dataset.countdown) - 1);
    element.dataset.countdown = left;
    element.textContent = countdown(left);
  }
  if (document.body.dataset.connection === "lost") {
    if (Date.now() >= retryAt) knock();
    const wait = Math.max(0, Math.round((retryAt - Date.now()) / 1000));
    for (const element of document.querySelectorAll("[data-retry]")) element.textContent = wait ? `in ${wait} s` : "now";
    return;
  }
  for (const element of document.querySelectorAll("[data-live-every]")) if (beats % Number(element.dataset.liveEvery) === 0) refresh(element);
}

function relativeTimes() {
  for (const element of document.querySelectorAll("time[data-ago]")) element.textContent = ago(Date.parse(element.dateTime));
}
