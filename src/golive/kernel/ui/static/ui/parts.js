// Dialogs, copy buttons, rails, toasts. Dialogs use the invoker attributes (command, commandfor); older browsers get them here.
const INVOKERS = "command" in HTMLButtonElement.prototype;

export function parts(root) {
  if (!INVOKERS) for (const button of root.querySelectorAll("button[commandfor]")) button.addEventListener("click", invoke);
  for (const button of root.querySelectorAll("[data-copy]")) button.addEventListener("click", copy);
  for (const rail of root.querySelectorAll(".rail, .tabs")) reveal(rail);
  for (const form of root.querySelectorAll("form[method=post]")) form.addEventListener("submit", once);
  for (const dialog of root.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => back(dialog));
  }
  for (const message of root.querySelectorAll(".toasts .toast")) setTimeout(() => message.remove(), 8000);
  if (root === document && location.hash.startsWith("#confirm-")) ask(document.getElementById(location.hash.slice(1)));
  for (const select of root.querySelectorAll("select[data-go]")) select.addEventListener("change", () => select.form.requestSubmit());
}

// an address that ends in #confirm-rollback opens that question, once
function ask(dialog) {
  if (!dialog?.showModal) return;
  history.replaceState(null, "", location.pathname + location.search);
  dialog.showModal();
}

// the button that asked may have been replaced while the question was open
function back(dialog) {
  if (document.activeElement === document.body) document.querySelector(`[commandfor="${CSS.escape(dialog.id)}"]`)?.focus();
}

function invoke(event) {
  const button = event.currentTarget;
  const dialog = document.getElementById(button.getAttribute("commandfor"));
  if (button.getAttribute("command") === "close") dialog?.close();
  else dialog?.showModal();
}

async function copy(event) {
  const button = event.currentTarget;
  await navigator.clipboard?.writeText(button.dataset.copy);
  const words = button.textContent;
  button.dataset.done = "";
  button.textContent = "Copied";
  setTimeout(() => { delete button.dataset.done; button.textContent = words; }, 1600);
}

// the station where the release stands is in sight, and the tab that is open
function reveal(rail) {
  const here = rail.querySelector("[aria-current]");
  rail.revealed = 0;
  if (here && rail.scrollWidth > rail.clientWidth) rail.scrollLeft = Math.max(0, here.offsetLeft - rail.clientWidth / 2 + here.offsetWidth / 2);
  rail.revealed = rail.scrollLeft;
}

function once(event) {
  for (const button of event.currentTarget.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-busy", "true");
}
