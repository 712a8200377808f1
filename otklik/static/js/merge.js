// Puts a fresh copy of a part in place of the shown one, child by child, touching only what differs. Children are known
// by id and compared by data-v; one that somebody is writing in stays as it is, one with an open menu waits until the menu
// is closed, elsewhere the focus is kept, and so is what somebody ticked or typed and has not sent.

const WRITING = "textarea, select, input:not([type=checkbox]):not([type=radio]), [contenteditable=true]";

function isWrittenIn(element) {
  const active = document.activeElement;
  if (element.querySelector("details[data-editing][open]")) return true;
  return Boolean(active && element.contains(active) && active.matches(WRITING));
}

export function adopt(node) {
  const copy = document.importNode(node, true);
  return copy;
}

export function wake(element) {
  window.htmx?.process(element);
}

// What one chooses from must not change under his hand; the newest copy takes its place when the menu is closed.
const waiting = new WeakMap();

function waitForMenu(shown, menu, fresh) {
  const known = waiting.has(shown);
  waiting.set(shown, fresh);
  if (known) return;
  menu.addEventListener("toggle", () => {
    const newest = waiting.get(shown);
    waiting.delete(shown);
    if (shown.isConnected) replaceChanged(shown, newest);
  }, { once: true });
}

// A form that says what its author saw (`was`) keeps its text to itself: under a newer `was` it would go over a colleague.
const KEPT = "input:not([type=hidden], [type=file]), textarea";
const isBox = (field) => /checkbox|radio/.test(field.type);
const home = (field) => field.getAttribute("form") ?? field.closest("form")?.getAttribute("hx-post");
const isSame = (one, other) => one.name === other.name && home(one) === home(other) && (!isBox(one) || one.value === other.value);

function keepChoices(shown, copy) {
  for (const field of shown.querySelectorAll(KEPT)) {
    const kind = isBox(field) ? ["checked", "defaultChecked"] : ["value", "defaultValue"];
    if (field[kind[0]] === field[kind[1]] || (!isBox(field) && field.form?.elements.was)) continue;
    const fresh = [...copy.querySelectorAll(KEPT)].find((other) => isSame(field, other));
    if (fresh) fresh[kind[0]] = field[kind[0]];
  }
}

// the same element in a fresh copy: by id, or by what it is called and leads to
function twinIn(copy, element) {
  if (element.id) return copy.querySelector(`#${CSS.escape(element.id)}`);
  const said = (one) => ["aria-label", "href", "name", "value"].map((name) => one.getAttribute(name)).join() + one.textContent;
  return [...copy.querySelectorAll(element.localName)].find((other) => said(other) === said(element));
}

export function replaceChanged(shown, fresh) {
  if (!shown || !fresh || shown.dataset.v === fresh.dataset.v) return shown;
  const menu = shown.querySelector("details.popover-host[open]");
  if (menu) waitForMenu(shown, menu, fresh);
  if (menu || isWrittenIn(shown)) return shown;
  const focused = shown.contains(document.activeElement) && document.activeElement;
  const copy = adopt(fresh);
  for (const open of shown.querySelectorAll("details[open][id]:not(.popover-host)")) {
    copy.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
  }
  keepChoices(shown, copy);
  shown.replaceWith(copy);
  wake(copy);
  if (focused) twinIn(copy, focused)?.focus({ preventScroll: true });
  copy.dispatchEvent(new CustomEvent("ok:replaced", { bubbles: true }));
  return copy;
}

export function mergeChildren(shown, fresh) {
  const wanted = [...fresh.children];
  const ids = new Set(wanted.map((child) => child.id));
  for (const child of [...shown.children]) if (!ids.has(child.id)) child.remove();
  let place = shown.firstElementChild;
  const added = [];
  for (const child of wanted) {
    let current = child.id && document.getElementById(child.id);
    if (current && current.parentElement === shown) {
      if (current === place) place = place.nextElementSibling;
      else shown.insertBefore(current, place);
      replaceChanged(current, child);
    } else {
      const copy = adopt(child);
      shown.insertBefore(copy, place);
      wake(copy);
      added.push(copy);
    }
  }
  return added;
}
