// Lists the orders that this browser keeps.
(async () => {
  const list = document.getElementById("kept");
  const seen = new Set();
  for (const name of (await caches.keys()).filter((key) => key.startsWith("market-orders-")).reverse()) {
    for (const request of await (await caches.open(name)).keys()) {
      const { pathname } = new URL(request.url);
      if (seen.has(pathname)) continue;
      seen.add(pathname);
      const item = document.createElement("li");
      const link = item.appendChild(document.createElement("a"));
      link.href = pathname;
      link.textContent = `Order FM-${pathname.split("/")[2].slice(0, 6).toUpperCase()}`;
      list.append(item);
    }
  }
  document.getElementById("orders").hidden = !seen.size;
  addEventListener("online", () => location.reload());
})();
