// "@" in a note: the colleagues whom it may call. Their names are fetched once, when the first "@" is typed.
import { request } from "./net.js";
import { SignMenu, insertAt } from "./sign-menu.js";

export function useMentions(composer) {
  const words = composer.dataset;
  let people = null;
  const find = async (typed) => {
    people ??= request(words.peopleUrl).then((answer) => answer.json()).then(({ items }) => items);
    const wanted = typed.trim().toLocaleLowerCase();
    const found = (await people.catch(() => [])).filter(({ name }) => {
      const lower = name.toLocaleLowerCase();
      return lower.startsWith(wanted) || lower.split(" ").some((part) => part.startsWith(wanted));
    });
    return found.map((person) => ({ ...person, title: person.name }));
  };
  const pick = ({ name }, over) => insertAt(composer, {
    text: `@${name} `, over,
    html: [{ type: "text", text: `@${name}`, marks: [{ type: "bold" }] }, { type: "text", text: " " }],
  });
  return new SignMenu(composer, { sign: "@", label: words.colleagues, none: words.nobody, find, pick, isOn: () => composer.mode === "note" });
}
