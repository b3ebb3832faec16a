// What the browser adds to pages that already work without it. No inline code, no styles but by CSSOM.
import { charts } from "./charts.js";
import { keys } from "./keys.js";
import { live } from "./live.js";
import { palette } from "./palette.js";
import { parts } from "./parts.js";
import { theme } from "./theme.js";

theme();
parts(document);
charts(document);
palette();
keys();
live();

// htmx puts in new parts of a page: they get the same life
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt === document.body) return;
  parts(event.detail.elt);
  charts(event.detail.elt);
});
