// Selecting rows of the list: one by one, a range with Shift, all of the page; by mouse and by keys.
import { onKey } from "./keys.js";
import { request } from "./net.js";

// rows as a request names them: their numbers, and what each showed of its ticket
export const namedRows = (rows) => ({
  ids: rows.map((row) => row.id.slice(2)).join(","),
  seen: rows.map((row) => row.dataset.seen).join(","),
});

// what a form of the bar is about: the chosen rows, or everything the folder holds
export function nameSelected(list, parameters) {
  if (list.whole) {
    delete parameters.ids;
    parameters.folder = list.whole;
  } else Object.assign(parameters, namedRows(list.selected.map((box) => box.closest(".ticket-row"))));
}

// once the whole page is chosen and there is more, the bar offers the whole folder with its number; a row that comes
// meanwhile takes neither the offer nor the choice away
function useFolder(list) {
  const button = list.querySelector("[data-select-folder]");
  if (!button) return () => {};
  let count = null;
  let held = "";
  const showWhole = () => void (list.querySelector("[data-selected-count]").textContent = held);
  const isEvery = () => list.querySelector("[data-more]") && !list.querySelector(".ticket-row__select:not(:checked)");
  const offer = async ({ detail: { byNews } }) => {
    if (byNews && list.selected.length && (list.whole || !button.hidden)) return void (list.whole && showWhole());
    list.whole = "";
    button.hidden = true;
    if (!isEvery()) return;
    const what = encodeURIComponent(button.dataset.selectFolder);
    count ??= request(`/tickets/bulk/?count=${what}`).then((answer) => answer.json());
    const { count: shown, capped } = (await count.catch(() => (count = null))) ?? {};
    if (!shown || !isEvery()) return;
    held = shown.toLocaleString(document.documentElement.lang);
    button.textContent = button.dataset[capped ? "wordsCapped" : "words"].replace("{count}", held);
    button.hidden = false;
  };
  button.addEventListener("click", () => {
    list.whole = button.dataset.selectFolder;
    showWhole();
    button.hidden = true;
  });
  return offer;
}

export function useSelection(list) {
  const offer = useFolder(list);
  list.addEventListener("ok:selected", offer);
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
