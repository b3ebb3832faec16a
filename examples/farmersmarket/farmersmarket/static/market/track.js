// Follows an order by server-sent events; the page is complete without it.
const box = document.getElementById("track");
if (box?.dataset.events) {
  const source = new EventSource(box.dataset.events);
  source.addEventListener("status", (message) => {
    const { status, at } = JSON.parse(message.data);
    const step = box.querySelector(`[data-status="${status}"]`);
    if (!step) { location.reload(); return; }
    document.getElementById("status").textContent = status[0] + status.slice(1).toLowerCase();
    for (const other of box.querySelectorAll(".now")) { other.classList.remove("now"); other.removeAttribute("aria-current"); }
    step.classList.add("done", "now");
    step.setAttribute("aria-current", "step");
    step.querySelector("time").textContent = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    if (status === "COLLECTED") source.close();
  });
}
