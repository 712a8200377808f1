// "@" in a note: the colleagues whom it may call. Their names are fetched once, when the first "@" is typed. The sign is
// in the English layout only, so that a Russian name is often typed with that layout on: it is found all the same.
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
  const pick = ({ name }, over) => insertAt(composer, {
    text: `@${name} `, over,
    html: [{ type: "text", text: `@${name}`, marks: [{ type: "bold" }] }, { type: "text", text: " " }],
  });
  return new SignMenu(composer, { sign: "@", label: words.colleagues, none: words.nobody, find, pick, isOn: () => composer.mode === "note" });
}
