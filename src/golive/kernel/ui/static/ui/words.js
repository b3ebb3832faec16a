// The same words for figures as golive.kernel.ui.words, for what changes while a page is open.
const NBSP = "\u00a0";
const STEPS = [[86400, "day"], [3600, "h"], [60, "min"]];

export function ago(then, now = Date.now()) {
  const seconds = (now - then) / 1000;
  if (Math.abs(seconds) < 1) return "now";
  const said = oneUnit(Math.abs(seconds));
  return seconds > 0 ? `${said} ago` : `in ${said}`;
}

function oneUnit(seconds) {
  for (const [unit, word] of STEPS) {
    if (seconds < unit) continue;
    const whole = Math.floor(seconds / unit);
    return `${whole}${NBSP}${word}${word === "day" && whole > 1 ? "s" : ""}`;
  }
  return `${Math.floor(seconds)}${NBSP}s`;
}

export function countdown(seconds) {
  const left = Math.max(0, Math.round(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(left / 3600);
  const minutes = Math.floor(left / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(left % 60)}` : `${minutes}:${two(left % 60)}`;
}

export function clock(seconds, shift) {
  return new Date((seconds + shift) * 1000).toISOString().slice(11, 19);
}

export function figure(value, unit) {
  if (value == null) return "–";
  if (unit === "percent") return `${value < 1 ? value.toFixed(2) : value.toFixed(1)}${NBSP}%`;
  if (unit === "ms") return value < 1000 ? `${Math.round(value)}${NBSP}ms` : `${(value / 1000).toFixed(2)}${NBSP}s`;
  if (unit === "evidence") return value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString("en");
  if (unit === "rate") return `${value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en")}/s`;
  return Math.round(value).toLocaleString("en");
}
