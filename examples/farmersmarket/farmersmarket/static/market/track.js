// Follows an order by server-sent events, and says when what is shown may be old. The page is complete without it.
(() => {
  const box = document.getElementById("track");
  if (!box) return;
  const root = document.documentElement;
  const notice = document.getElementById("offline");
  const { events, order, at, zone } = box.dataset;
  // By the market's clock, like every time on the page: whoever is abroad has to be there at that hour.
  const clock = { hour: "2-digit", minute: "2-digit", timeZone: zone };
  const moment = (iso) => new Date(iso).toLocaleString([], { weekday: "short", ...clock });
  const kept = "kept" in root.dataset;
  let asOf = at, source = null, away = kept;

  const seen = (status, live) => {
    if (box.dataset.staff || kept) return;
    const body = new Blob([JSON.stringify({ status, live })], { type: "application/json" });
    navigator.sendBeacon?.(`/api/orders/${order}/seen`, body);
  };
  // The worker keeps every answer to this address, so that what it shows offline is what was last seen here.
  const keep = () => fetch(location.pathname, { headers: { accept: "text/html" } }).then(async (answer) => {
    if (!answer.ok) return;
    asOf = new Date().toISOString();
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("payment");
    if (fresh) document.getElementById("payment").replaceChildren(...fresh.childNodes);
  }).catch(() => {});

  function offline() {
    if (away && notice.classList.contains("shown")) return;
    away = true;
    document.getElementById("as-of").textContent = moment(asOf);
    notice.classList.add("shown");
  }
  function online() {
    if (!away) return;
    if (kept) { location.reload(); return; }
    away = false;
    notice.classList.remove("shown");
    keep();
  }

  const word = (status) => status[0] + status.slice(1).toLowerCase();
  const steps = [...box.querySelectorAll("[data-status]")].map((step) => step.dataset.status);
  // A stall's part is as far as its farmer said, and never behind the whole order.
  function showPart(row, status) {
    if (steps.indexOf(row.dataset.part) >= steps.indexOf(status)) return;
    row.dataset.part = status;
    const badge = row.querySelector(".badge");
    badge.className = `badge ${status.toLowerCase()}`;
    badge.textContent = word(status);
  }

  function show({ status, at: changed, stall, part }) {
    const step = box.querySelector(`[data-status="${status}"]`);
    if (!step) { location.reload(); return; }
    for (const row of box.querySelectorAll("[data-part]")) showPart(row, row.dataset.stall === `${stall}` ? part : status);
    const fixed = document.getElementById("cancel");
    if (fixed && !["PENDING", "CONFIRMED"].includes(part || status)) fixed.remove();
    if (step.classList.contains("now")) { keep(); return; }
    document.getElementById("status").textContent = word(status);
    for (const other of box.querySelectorAll(".now")) { other.classList.remove("now"); other.removeAttribute("aria-current"); }
    step.classList.add("done", "now");
    step.setAttribute("aria-current", "step");
    step.querySelector("time").textContent = new Date(changed).toLocaleTimeString([], clock);
    asOf = new Date().toISOString();
    seen(status, true);
    keep();
    if (status === "COLLECTED") source.close();
  }

  function follow() {
    if (!events) return;
    source = new EventSource(events);
    source.onopen = online;
    source.onerror = () => {
      if (!navigator.onLine) offline();
      // A refusal ends a source for good; an answer that never came is tried again by the browser itself.
      if (source.readyState === EventSource.CLOSED) setTimeout(follow, 5000);
    };
    source.addEventListener("status", (message) => show(JSON.parse(message.data)));
  }

  addEventListener("offline", offline);
  addEventListener("online", () => { if (kept || !events) online(); else if (source?.readyState === EventSource.CLOSED) follow(); });
  if (kept || !navigator.onLine) offline();
  seen(box.dataset.now, false);
  follow();
})();
