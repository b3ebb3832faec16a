// The market keeps nothing in browsers any more: this worker forgets what earlier ones kept, and leaves.
"use strict";
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("market-")) await caches.delete(name);
  await self.registration.unregister();
})()));
