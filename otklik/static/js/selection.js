// Selecting rows of the list: one by one, a range with Shift, all of the page; by mouse and by keys.
import { onKey } from "./keys.js";

export function useSelection(list) {
  const boxes = () => [...list.querySelectorAll(".ticket-row__select")];
  let anchor = null;

  // everything between this row and the one chosen before follows this one
  const stretch = (box) => {
    const all = boxes();
    const [from, to] = [all.indexOf(anchor), all.indexOf(box)];
    if (from < 0) return;
    for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = box.checked;
  };
  const chosen = (box, range) => {
    if (range) stretch(box);
    anchor = box;
    list.countSelected();
  };
  const toggle = (range) => {
    const box = list.current?.querySelector(".ticket-row__select");
    if (!box) return false;
    box.checked = range || !box.checked;
    chosen(box, range);
  };
  const all = () => {
    if (!boxes().length) return false;
    for (const box of boxes()) box.checked = true;
    list.countSelected();
  };

  list.rows?.addEventListener("click", (event) => {
    const box = event.target.closest(".ticket-row__select");
    if (box) chosen(box, event.shiftKey);
  });
  list.querySelector("[data-select-all]")?.addEventListener("click", all);
  return [onKey("KeyX", () => toggle(false)), onKey("Shift+KeyX", () => toggle(true)), onKey("Shift+KeyA", all)];
}
