{% load static %}// Keeps the tracking pages of orders for the time without a network. Written by release {{ release|escapejs }}.
// Kept are this release's own files and, at most ten, the pages of orders that the server marks as the visitor's.
// Writes, other pages and streams pass by untouched; logging in and out forgets them.
"use strict";
const RELEASE = "{{ release|escapejs }}";
const SHELL = `market-shell-${RELEASE}`;
const ORDERS = `market-orders-${RELEASE}`;
const FILES = ["/offline", "{% static 'market/market.css' %}", "{% static 'market/front.js' %}", "{% static 'market/vitals.js' %}", "{% static 'market/track.js' %}", "{% static 'market/offline.js' %}", "{% static 'market/art/carrot.svg' %}"];
const ORDER = /^\/orders\/[a-z2-7]{26}\/track$/;
const MOST = 10;

self.addEventListener("install", (event) => {
  // As nobody in particular: what is kept of the shell has no name and no cart in it.
  const fetched = FILES.map((address) => new Request(address, { credentials: "omit", cache: "reload" }));
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(fetched)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method !== "GET") {
    // Somebody else may come, or has come without the last one logging out.
    if (["/logout", "/login", "/account/delete"].includes(pathname)) event.waitUntil(forget((name) => name.startsWith("market-orders-")));
  } else if (ORDER.test(pathname)) event.respondWith(order(request, pathname, event));
  else if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => shell("/offline")));
  else if (FILES.includes(pathname)) event.respondWith(fetch(request).catch(() => shell(pathname)));
});

async function order(request, pathname, event) {
  let answer;
  try {
    answer = await fetch(request);
  } catch {
    return (await kept(pathname)) ?? shell("/offline");
  }
  if (answer.ok && !answer.redirected && answer.headers.get("x-keep-offline") === "yes") event.waitUntil(keep(pathname, answer.clone()));
  else if (answer.status === 404 || answer.ok) event.waitUntil(drop(pathname));
  return answer;
}

async function keep(pathname, answer) {
  const cache = await caches.open(ORDERS);
  await cache.delete(pathname, { ignoreVary: true });
  await cache.put(pathname, answer);
  const all = await cache.keys();
  await Promise.all(all.slice(0, Math.max(0, all.length - MOST)).map((old) => cache.delete(old)));
}

async function drop(pathname) {
  for (const name of await caches.keys()) if (name.startsWith("market-orders-")) await (await caches.open(name)).delete(pathname, { ignoreVary: true });
}

// The page as it was last seen, marked so that it can say so.
async function kept(pathname) {
  for (const name of [ORDERS, ...(await caches.keys()).filter((key) => key.startsWith("market-orders-"))]) {
    const found = await (await caches.open(name)).match(pathname, { ignoreVary: true });
    if (found) {
      const text = (await found.text()).replace("<html ", '<html data-kept="yes" ');
      return new Response(text, { status: 200, headers: found.headers });
    }
  }
  return undefined;
}

async function shell(address) {
  for (const name of [SHELL, ...(await caches.keys()).filter((key) => key.startsWith("market-shell-"))]) {
    const found = await (await caches.open(name)).match(address, { ignoreVary: true });
    if (found) return found;
  }
  return Response.error();
}

// The orders of an earlier release are fetched again in this one's clothes; what cannot be fetched stays as it is.
async function takeOver() {
  await self.clients.claim();
  let missing = false;
  for (const name of (await caches.keys()).filter((key) => key.startsWith("market-orders-") && key !== ORDERS)) {
    for (const request of await (await caches.open(name)).keys()) {
      const { pathname } = new URL(request.url);
      const answer = await fetch(pathname, { credentials: "same-origin" }).catch(() => undefined);
      if (!answer || answer.status >= 500) missing = true;
      else if (answer.ok && answer.headers.get("x-keep-offline") === "yes") await keep(pathname, answer);
    }
  }
  if (!missing) await forget((name) => name !== SHELL && name !== ORDERS);
}

async function forget(which) {
  const names = (await caches.keys()).filter((name) => name.startsWith("market-") && which(name));
  await Promise.all(names.map((name) => caches.delete(name)));
}
