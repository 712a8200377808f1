// The subject in the head of a card, changed in place: E or a press opens it, Enter saves, Esc leaves it as it was. The
// head stays as it is meanwhile (merge.js) and is fetched anew when this is over.

const boxOf = (target) => target.closest?.("details.subject-edit");
const fieldOf = (box) => box.querySelector("[name=subject]");

function close(box, { refocus = true } = {}) {
  box.removeAttribute("open");
  fieldOf(box).value = fieldOf(box).defaultValue;
  if (refocus) box.querySelector("summary").focus();
}

document.addEventListener("toggle", (event) => {
  const box = event.target;
  if (!(box instanceof Element) || !box.matches("details.subject-edit")) return;
  if (box.open) fieldOf(box).select();
  else document.dispatchEvent(new CustomEvent("ticket-changed", { detail: {} }));
}, true);

document.addEventListener("keydown", (event) => {
  const box = event.key === "Escape" && boxOf(event.target);
  if (!box?.open) return;
  event.preventDefault();
  close(box);
}, true);

document.addEventListener("focusout", (event) => {
  const box = boxOf(event.target);
  if (!box?.open || box.contains(event.relatedTarget) || !document.hasFocus()) return;
  if (fieldOf(box).value === fieldOf(box).defaultValue) close(box, { refocus: false });
});

// saved, or a colleague was faster: the notice of that holds the text
document.addEventListener("htmx:afterRequest", (event) => {
  const box = boxOf(event.target);
  if (box?.open && (event.detail.successful || event.detail.xhr.status === 409)) close(box);
});
