// The subject in the head of a card, changed in place: E or a press opens it, Enter saves, Esc leaves it as it was. The
// head stays as it is meanwhile (merge.js) and is fetched anew when this is over.

const boxOf = (target) => target.closest?.("details.subject-edit");
const fieldOf = (box) => box.querySelector("[name=subject]");

function close(box, { refocus = true } = {}) {
  box.removeAttribute("open");
  fieldOf(box).value = fieldOf(box).defaultValue;
  if (refocus) box.querySelector("summary").focus();
}

// opened at once: a toggle is told later, and what is typed until then would go astray
document.addEventListener("click", (event) => {
  const box = event.target.closest?.("summary") && boxOf(event.target);
  if (!box || box.open) return;
  event.preventDefault();
  box.open = true;
  fieldOf(box).focus();
  fieldOf(box).select();
});

document.addEventListener("toggle", (event) => {
  const box = event.target;
  if (!(box instanceof Element) || !box.matches("details.subject-edit") || box.open) return;
  document.dispatchEvent(new CustomEvent("ticket-changed", { detail: {} }));
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
