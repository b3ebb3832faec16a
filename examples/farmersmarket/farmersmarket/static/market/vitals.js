// Measures how this page felt (LCP, INP, CLS, FCP, TTFB; https://web.dev/articles/vitals) and says so once, when it is left.
(() => {
  const { route, release } = document.documentElement.dataset;
  if (!route || !navigator.sendBeacon || !window.PerformanceObserver) return;
  const measured = {};
  const watch = (type, each, more) => {
    try {
      const observer = new PerformanceObserver((list) => list.getEntries().forEach(each));
      observer.observe({ type, buffered: true, ...more });
      return () => observer.takeRecords().forEach(each);
    } catch { return () => {}; }  // this browser does not know the type
  };
  // A page that was rendered ahead of its being asked for counts from when it was shown.
  const navigation = performance.getEntriesByType("navigation")[0];
  const begun = navigation?.activationStart ?? 0;
  if (navigation) measured.TTFB = Math.max(0, navigation.responseStart - begun);

  const hiddenFirst = document.visibilityState === "hidden";
  const settle = [
    watch("paint", (entry) => { if (entry.name === "first-contentful-paint" && !hiddenFirst) measured.FCP = Math.max(0, entry.startTime - begun); }),
    watch("largest-contentful-paint", (entry) => { if (!hiddenFirst) measured.LCP = Math.max(0, entry.startTime - begun); }),
  ];

  // CLS: the worst burst of shifts, at most 1 s apart and 5 s long.
  let burst = 0, first = 0, last = 0;
  settle.push(watch("layout-shift", (entry) => {
    if (entry.hadRecentInput) return;
    const goesOn = burst && entry.startTime - last < 1000 && entry.startTime - first < 5000;
    if (!goesOn) { burst = 0; first = entry.startTime; }
    burst += entry.value;
    last = entry.startTime;
    measured.CLS = Math.max(measured.CLS ?? 0, burst);
  }));
  if (PerformanceObserver.supportedEntryTypes?.includes("layout-shift")) measured.CLS ??= 0;

  // INP: the slowest interaction, leaving out one in fifty.
  const interactions = new Map();
  const acted = (entry) => {
    if (entry.interactionId) interactions.set(entry.interactionId, Math.max(entry.duration, interactions.get(entry.interactionId) ?? 0));
  };
  settle.push(watch("event", acted, { durationThreshold: 16 }), watch("first-input", acted));

  let told = false;
  const tell = () => {
    if (told || document.visibilityState !== "hidden") return;
    settle.forEach((read) => read());
    const slowest = [...interactions.values()].sort((a, b) => b - a);
    if (slowest.length) measured.INP = slowest[Math.min(slowest.length - 1, Math.floor(slowest.length / 50))];
    const vitals = Object.entries(measured).map(([name, value]) => ({ name, value: Math.round(value * 10000) / 10000 }));
    if (!vitals.length) return;
    told = true;
    const device = innerWidth < 640 ? "phone" : innerWidth < 1024 ? "tablet" : "desktop";
    const body = JSON.stringify({ page: route, device, release, vitals });
    navigator.sendBeacon("/api/metrics", new Blob([body], { type: "application/json" }));
  };
  addEventListener("visibilitychange", tell, { capture: true });
  addEventListener("pagehide", () => { if (document.visibilityState !== "hidden") setTimeout(tell); }, { capture: true });
})();
