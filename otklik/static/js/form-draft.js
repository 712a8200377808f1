// The draft of a form: the text of a letter or note with the files and whatever else was filled in. Fields that stand as
// the page brought them are not kept.
import { showClash } from "./draft-view.js";
import { Drafts } from "./drafts.js";
import { request } from "./net.js";

const OWN = new Set(["csrfmiddlewaretoken", "format", "attachments", "file", "send_at", "send_at_own"]);

function fieldsOf(form, text) {
  const found = {};
  for (const field of form.elements) {
    if (!field.name || OWN.has(field.name) || field === text || field.type === "submit" || field.tagName === "BUTTON") continue;
    if (field.type === "radio") {
      if (field.checked) found[field.name] = field.value;
    } else if (field.type === "checkbox") {
      found[field.name] ??= [];
      if (field.checked) found[field.name].push(field.value);
    } else found[field.name] = field.value;
  }
  return found;
}

function fill(form, values) {
  for (const field of form.elements) {
    const value = values[field.name];
    if (value === undefined) continue;
    if (field.type === "radio" || field.type === "checkbox") field.checked = [value].flat().includes(field.value);
    else field.value = value;
  }
}

export function useFormDraft(letter) {
  const { form, dataset: words } = letter;
  const mode = words.draftMode;
  const changes = "draftOfChange" in words; // something that stands as it is without a draft
  // what an address of the page filled in (?to=, ?way=) counts as filled in by the writer
  const page = fieldsOf(form, letter.text());
  const start = { text: letter.text().value, fields: { ...page, ...JSON.parse(words.draftBlank ?? "{}") } };
  const arrived = performance.getEntriesByType("navigation")[0]?.type === "navigate"; // not a reload
  // who comes by the arrow of a message wants that one along, whatever he had begun; a reload brings back nothing unticked
  const adds = "draftAdds" in words && arrived;
  const changed = () => {
    const found = Object.entries(fieldsOf(form, letter.text())).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(start.fields[name]));
    return found.some(([name]) => name !== "way") || letter.text().value ? Object.fromEntries(found) : {};
  };
  const drafts = new Drafts(words.draftKey, {
    url: words.draftUrl, modes: [mode],
    parts: () => ({ text: letter.text().value, files: letter.uploads?.ids ?? [], fields: changed() }),
    onState: (kind, time) => letter.mark((kind === "saved" ? words.saved : words.kept).replace("{time}", time)),
    onClash: (_mode, draft) => clash(draft),
  });
  const put = (draft) => {
    const empty = !draft.text && !draft.files?.length && !Object.keys(draft.fields ?? {}).length;
    // whoever asked for a letter gets the form of a letter, also where a call was begun
    const asked = arrived && page.way && page.way !== start.fields.way ? { way: page.way } : {};
    const told = empty ? { ...page } : { ...start.fields, ...asked, ...draft.fields };
    if (adds) for (const name of ["forward", "files"]) told[name] = [...(told[name] ?? []), ...(start.fields[name] ?? [])];
    fill(form, told);
    letter.uploads?.restore(draft.files ?? []);
    letter.put(draft.text || (changes ? start.text : ""));
    if (!empty) letter.mark(words.restored);
  };
  const clash = (draft) => showClash(letter, drafts, mode, draft, put);
  const keep = (event) => !event.target.closest("[data-menu-filter], .sign-menu") && drafts.changed(mode);
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  const adopt = async () => {
    // a page that was opened for somebody (?to=) does not give way to another letter by itself
    const given = "draftFresh" in words && arrived && !drafts.local(mode).dirty;
    const fresh = (await drafts.load())[mode];
    if (fresh && given && fresh.version) drafts.clash(mode, fresh);
    else if (fresh) put(fresh);
  };
  // the writer leaves it: nothing of it stays
  drafts.drop = async () => {
    drafts.closed = true;
    await drafts.hold(mode);
    const body = new FormData();
    for (const [name, value] of Object.entries({ mode, text: "", fields: "{}", version: drafts.local(mode).version })) body.append(name, value);
    drafts.forget(mode);
    await request(words.draftUrl, { method: "POST", body }).catch(() => null);
  };
  const held = drafts.local(mode);
  if (held.dirty) put({ ...held, files: [] });
  adopt();
  return drafts;
}
