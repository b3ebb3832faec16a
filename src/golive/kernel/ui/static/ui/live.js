// Life by server-sent events. An element with data-live-on="rel_… inc_…" (subjects, first words of kinds, or * for all) is asked
// for again when one of them has news, at the page's address or at its data-live-from; data-live-every="1" asks every so many
// seconds. What cannot be shown at once, because the window is hidden or a person is in the middle of something, stays stale and is
// shown later. A hidden window holds no connection: a browser has six of them for all its windows. When the connection is lost the
// page says so; when it is back it catches up.
import { ROWS, isField } from "./dom.js";
import { ago, countdown } from "./words.js";

const PATIENCE = [1, 2, 5, 10, 20, 30];
const GATHER_MS = 150;
const SILENCE_MS = 40_000; // the server says something every 15 s
const stale = new Set();
let source = null;
let seen = "";
let tries = 0;
let heard = Date.now();
let retryAt = 0;
let asking = false;

export function live() {
  setInterval(tick, 1000);
  setInterval(relativeTimes, 10_000);
  seen = document.body.dataset.seen || "";
  connect();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return rest();
    connect();
    relativeTimes();
    show();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (turnedAway(event.detail)) { event.detail.shouldSwap = false; leave(); } else if (busy(event.detail.target)) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => { if (busy(event.detail.target)) event.detail.shouldSwap = false; });
}

function connect() {
  const address = document.body.dataset.live;
  if (!address || source || document.hidden || document.body.dataset.connection === "out") return;
  heard = Date.now();
  source = new EventSource(seen ? `${address}?after=${seen}` : address);
  source.addEventListener("open", () => {
    const wasLost = document.body.dataset.connection === "lost";
    found();
    if (!wasLost) return;
    for (const element of document.querySelectorAll("[data-live-on], [data-live-every]")) stale.add(element.id);
    show();
  });
  source.addEventListener("golive", (event) => {
    found();
    seen = event.lastEventId || seen;
    const { kind, subject } = JSON.parse(event.data);
    note(subject, kind.split(".")[0]);
  });
  source.addEventListener("beat", found);
  source.addEventListener("error", lose);
}

// a session that has ended is not a lost connection: then only a login helps
async function knock() {
  try {
    const answer = await fetch("/api/v1/me", { cache: "no-store" });
    if (answer.status === 401) return leave();
  } catch { /* nobody answers: connecting again says so */ }
  connect();
}

let gathering = 0;
function note(subject, kind) {
  for (const element of document.querySelectorAll("[data-live-on]")) {
    const on = element.dataset.liveOn.split(" ");
    if (on.includes("*") || on.includes(subject) || on.includes(kind)) stale.add(element.id);
  }
  gathering ||= setTimeout(() => { gathering = 0; show(); }, GATHER_MS);
}

// asks once at each address for all that is stale there
async function show() {
  if (asking || document.hidden || document.body.dataset.connection) return;
  asking = true;
  const due = [...stale].map((id) => document.getElementById(id)).filter((element) => element && !busy(element));
  const addresses = new Set(due.map(from));
  for (const address of addresses) await ask(address, due.filter((element) => from(element) === address));
  asking = false;
}

function from(element) {
  return element.dataset.liveFrom || location.pathname + location.search;
}

// the dialogs of a page come along, since new buttons need theirs
async function ask(address, due) {
  const [first, ...others] = due;
  const along = [...others, first.dataset.liveFrom ? null : document.getElementById("dialogs")].filter(Boolean);
  const places = due.map(remember);
  for (const element of due) stale.delete(element.id);
  const one = `#${first.id}`;
  try {
    await window.htmx?.ajax("GET", address, {
      source: first, target: one, select: one, swap: "outerHTML", selectOOB: along.map((element) => `#${element.id}`).join(","),
    });
  } catch { /* seen below: nothing was replaced */ }
  for (const element of due) if (element.isConnected) stale.add(element.id);
  for (const place of places) place();
}

// the keyboard, the chosen row and what was opened stay as they were when a part of the page is replaced
function remember(element) {
  const { id } = element;
  const at = focusable(element).indexOf(document.activeElement);
  const row = [...element.querySelectorAll(ROWS)].findIndex((one) => one.hasAttribute("data-picked"));
  const open = [...element.querySelectorAll("details")].map((one) => one.open);
  const scrolled = [...element.querySelectorAll(SCROLLED)].map((one) => (one.scrollLeft === one.revealed ? null : [one.scrollLeft, one.scrollTop]));
  return () => {
    const fresh = document.getElementById(id);
    if (!fresh || fresh === element) return;
    if (at >= 0 && document.activeElement === document.body) focusable(fresh)[at]?.focus({ preventScroll: true });
    if (row >= 0) fresh.querySelectorAll(ROWS)[row]?.setAttribute("data-picked", "");
    fresh.querySelectorAll("details").forEach((one, index) => { if (open[index]) one.open = true; });
    fresh.querySelectorAll(SCROLLED).forEach((one, index) => { if (scrolled[index]) [one.scrollLeft, one.scrollTop] = scrolled[index]; });
  };
}
const SCROLLED = ".rail, .scroll, .code, .tabs";

function focusable(element) {
  return [...element.querySelectorAll("a, button, [tabindex]")];
}

// what a person has in hand is not replaced under it: a drag, a question, a field, a selection
function busy(element) {
  if (!element?.querySelector) return false;
  if (element.querySelector(".brush, dialog[open]")) return true;
  const focus = document.activeElement;
  if (element.contains(focus) && isField(focus)) return true;
  const selection = getSelection();
  return Boolean(selection && !selection.isCollapsed && element.contains(selection.anchorNode));
}

function turnedAway({ xhr, pathInfo }) {
  return new URL(xhr.responseURL, location.href).pathname !== new URL(pathInfo.requestPath, location.href).pathname;
}

function rest() {
  source?.close();
  source = null;
}

function leave() {
  rest();
  document.body.dataset.connection = "out";
}

function lose() {
  rest();
  const wait = PATIENCE[Math.min(tries++, PATIENCE.length - 1)] * 1000;
  retryAt = Date.now() + wait;
  setTimeout(knock, wait);
  if (document.body.dataset.connection) return;
  document.body.dataset.connection = "lost";
  for (const element of document.querySelectorAll("[data-since]")) element.textContent = new Date(heard).toLocaleTimeString("en-GB");
}

function found() {
  heard = Date.now();
  tries = 0;
  if (document.body.dataset.connection === "lost") delete document.body.dataset.connection;
}

let beats = 0;
function tick() {
  beats += 1;
  for (const element of document.querySelectorAll("[data-countdown]")) {
    const left = Math.max(0, Number(element.dataset.countdown) - 1);
    element.dataset.countdown = left;
    element.textContent = countdown(left);
  }
  if (document.body.dataset.connection) {
    const wait = Math.max(0, Math.round((retryAt - Date.now()) / 1000));
    for (const element of document.querySelectorAll("[data-retry]")) element.textContent = wait ? `in ${wait} s` : "now";
    return;
  }
  if (source && Date.now() - heard > SILENCE_MS) lose();
  for (const element of document.querySelectorAll("[data-live-every]")) if (beats % Number(element.dataset.liveEvery) === 0) stale.add(element.id);
  show();
}

function relativeTimes() {
  for (const element of document.querySelectorAll("time[data-ago]")) element.textContent = ago(Date.parse(element.dateTime));
}
