// On every page: keeps orders for the time without a network, and rings the bell. Pages are complete without it.
(() => {
  const { worker } = document.documentElement.dataset;
  if ("serviceWorker" in navigator) {
    if (worker) navigator.serviceWorker.register(worker, { scope: "/" }).catch(() => {});
    else navigator.serviceWorker.getRegistrations().then((all) => all.forEach((one) => one.update().catch(() => one.unregister())));
  }

  const bell = document.getElementById("bell");
  if (!bell) return;
  let source = null;
  // Only the page that is looked at listens: browsers open six connections to a shop, for all its tabs.
  function listen() {
    const looking = document.visibilityState === "visible";
    if (looking && !source) {
      source = new EventSource(bell.dataset.events);
      source.addEventListener("unread", (message) => {
        const count = Number(message.data);
        bell.hidden = !count;
        if (bell.textContent !== String(count)) bell.textContent = count;
      });
      // A refusal ends a source for good; an answer that never came is tried again by the browser itself.
      source.onerror = () => {
        if (source?.readyState !== EventSource.CLOSED) return;
        source = null;
        setTimeout(listen, 5000);
      };
    } else if (!looking && source) {
      source.close();
      source = null;
    }
  }
  document.addEventListener("visibilitychange", listen);
  listen();
})();
