// "/" in a reply, note or letter, or Ctrl+/ and the button: saved replies, found while one types, put in with their
// placeholders filled for this ticket, or for whom the letter greets.
import { request } from "./net.js";
import { SignMenu, insertAt } from "./sign-menu.js";

export function useSavedReplies(composer, { facts = () => "", isOn } = {}) {
  const words = composer.dataset;
  if (!words.savedUrl) return;
  let last = { typed: null, items: [] };
  const find = async (typed) => {
    if (last.typed === typed) return last.items;
    const answer = await request(`/saved-replies/offered/?q=${encodeURIComponent(typed)}`).catch(() => null);
    if (!answer) return [];
    last = { typed, items: (await answer.json()).items };
    return last.items;
  };
  const pick = async ({ id }, over) => {
    const answer = await request(`${words.savedUrl}${id}/${facts()}`).catch(() => null);
    if (!answer) return void composer.mark(words.failed, { bad: true });
    const { html, text } = await answer.json();
    insertAt(composer, { html, text, over });
  };
  const menu = new SignMenu(composer, { sign: "/", label: words.savedLabel, none: words.savedNone, find, pick, isOn });
  composer.querySelector("[data-saved-replies]")?.addEventListener("click", () => menu.open());
  document.addEventListener("saved-reply", ({ detail }) => pick(detail, 0)); // chosen in the palette
  composer.form.addEventListener("keydown", (event) => {
    if (event.code !== "Slash" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    menu.open();
  });
}
