// What the same keys write in the other keyboard layout, Russian or English: whoever forgot to switch is understood too.
const RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбю.ё";
const LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,./`";

export const switched = (text) => [...text].map((sign) => {
  const place = LATIN.indexOf(sign);
  return place < 0 ? (LATIN[RUSSIAN.indexOf(sign)] ?? sign) : RUSSIAN[place];
}).join("");

// the items that fit the words, or where none does, the same keys in the other layout
export function thoseThatFit(items, words, fits) {
  const found = items.filter((item) => fits(item, words));
  return found.length ? found : items.filter((item) => fits(item, switched(words)));
}
