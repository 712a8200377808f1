// "@" in a note, or Ctrl+Shift+2 and the button: the colleagues whom it may call. Their names are fetched once, when they
// are asked for first. The sign is in the English layout only, so that a Russian name is often typed with that layout on:
// it is found all the same. The key is taken by its place, so that no layout has to be switched.
import { thoseThatFit } from "./layout.js";
import { request } from "./net.js";
import { SignMenu, insertAt } from "./sign-menu.js";

export function useMentions(composer) {
  const words = composer.dataset;
  let people = null;
  const find = async (typed) => {
    people ??= request(words.peopleUrl).then((answer) => answer.json()).then(({ items }) => items);
    const found = thoseThatFit(await people.catch(() => []), typed.trim().toLocaleLowerCase(), ({ name }, wanted) => {
      const lower = name.toLocaleLowerCase();
      return lower.startsWith(wanted) || lower.split(" ").some((part) => part.startsWith(wanted));
    });
    return found.map((person) => ({ ...person, title: person.name }));
  };
  const pick = ({ name }, over) => {
    const gap = !over && /[^\s(]$/.test(menu.before()) ? " " : ""; // a name that hangs on a word calls nobody
    const plain = (text) => (text ? [{ type: "text", text }] : []);
    insertAt(composer, {
      text: `${gap}@${name} `, over,
      html: [...plain(gap), { type: "text", text: `@${name}`, marks: [{ type: "bold" }] }, ...plain(" ")],
    });
  };
  const isOn = () => composer.mode === "note";
  const menu = new SignMenu(composer, { sign: "@", label: words.colleagues, none: words.nobody, find, pick, isOn });
  composer.querySelector("[data-mention]")?.addEventListener("click", () => menu.open());
  composer.form.addEventListener("keydown", (event) => {
    if (event.code !== "Digit2" || !event.shiftKey || event.altKey || !(event.ctrlKey || event.metaKey) || !isOn()) return;
    event.preventDefault();
    menu.open();
  });
}
