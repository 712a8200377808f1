// Menus are <details class="popover-host">: they open without us. We close them by Esc, by a press outside and after a
// choice, keep one open at a time, and walk their items with the arrows.
import { thoseThatFit } from "../layout.js";

const openMenus = () => document.querySelectorAll("details.popover-host[open]");

function close(menu, { refocus = false } = {}) {
  menu.removeAttribute("open");
  if (refocus) menu.querySelector("summary")?.focus();
}

document.addEventListener("pointerdown", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) close(menu);
});

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !menu.matches("details.popover-host") || !menu.open) return;
  for (const other of openMenus()) if (other !== menu && !other.contains(menu)) close(other);
  requestAnimationFrame(() => focusFirst(menu));
}, true);

document.addEventListener("htmx:afterSwap", (event) => {
  const menu = event.target.closest?.("details.popover-host[open]");
  if (menu) focusFirst(menu);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form");
  const menu = form?.closest("details.popover-host[open]");
  if (menu && event.detail.successful) close(menu, { refocus: true });
});

function focusFirst(menu) {
  const first = menu.querySelector("[data-autofocus], .menu__item[aria-current=true], .menu__item");
  if (!first || !(menu.contains(document.activeElement) || document.activeElement === document.body)) return;
  first.focus();
  if (first.matches("[type=number]")) first.select(); // what is typed is the new number, not digits after the old one
}

document.addEventListener("keydown", (event) => {
  const menu = [...openMenus()].at(-1);
  if (!menu) return;
  if (event.key === "Escape") {
    event.preventDefault();
    close(menu, { refocus: true });
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const items = [...menu.querySelectorAll(".menu__item")].filter((item) => item.checkVisibility());
    if (!items.length) return;
    event.preventDefault();
    const at = items.indexOf(document.activeElement); // none has the focus yet: down to the first, up to the last
    items.at(event.key === "ArrowDown" ? (at + 1) % items.length : Math.max(at, 0) - 1)?.focus();
  } else if (event.key === "Enter" && !event.isComposing && event.target.matches("[data-menu-filter]")) {
    event.preventDefault();
    if (event.target.value.trim()) [...menu.querySelectorAll(".menu__item")].find((item) => item.checkVisibility())?.click();
  }
});

// a filter field in a menu hides the items that do not hold its words; Enter in it takes the first that is left
document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-menu-filter]")) return;
  const words = event.target.value.trim().toLocaleLowerCase();
  const items = [...event.target.closest(".popover").querySelectorAll(".menu__item")];
  const left = new Set(thoseThatFit(items, words, (item, wanted) => item.textContent.toLocaleLowerCase().includes(wanted)));
  for (const item of items) item.closest("form, li")?.toggleAttribute("hidden", !left.has(item));
});
