// Keys are bound by their place on the keyboard (event.code), so they work in any layout.
// Anything with data-key="KeyN" answers to that key: links and buttons are pressed, fields are focused, menus opened.

const handlers = new Map();
// these signs lie elsewhere in the Russian layout, so the sign counts before the place
const SIGNS = { "?": "Shift+Slash", "/": "Slash" };

export function onKey(code, handler) {
  const list = handlers.get(code) ?? [];
  list.unshift(handler);
  handlers.set(code, list);
  return () => list.splice(list.indexOf(handler), 1);
}

export function isTyping(target) {
  if (!(target instanceof Element)) return false;
  if (target.closest("textarea, select, [contenteditable=true], [role=textbox]")) return true;
  return target.matches("input:not([type=checkbox]):not([type=radio])");
}

// does what a key stands for; a menu is opened from its own place, so that the focus goes on into it
export function press(element) {
  if (element.matches("textarea, input:not([type=radio]):not([type=checkbox])")) return element.focus();
  if (element.matches("select")) return element.showPicker?.();
  if (element.matches("summary")) element.focus();
  element.click();
}

function declared(code) {
  const marked = document.querySelectorAll(`[data-key~="${code}"]`);
  return [...marked].find((element) => element.checkVisibility() || element.matches("input"));
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const code = SIGNS[event.key] ?? (event.shiftKey ? `Shift+${event.code}` : event.code);
  // an open menu has the arrows, Enter and Esc to itself: what lies under it rests; another menu may take its place
  const menu = document.querySelector("details.popover-host[open]");
  for (const handler of (!menu && handlers.get(code)) || []) {
    if (handler(event) !== false) {
      event.preventDefault();
      return;
    }
  }
  const element = event.repeat ? null : declared(code);
  if (element) {
    event.preventDefault();
    press(element);
  }
});
