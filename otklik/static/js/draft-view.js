// How drafts show in the composer: what came from the server is put in place, a clash offers both texts.
import { Drafts } from "./drafts.js";
import { toHtml } from "./editor.js";

const MODES = ["incoming", "note", "reply"]; // what is shown first of several is the last

// the text that waits is shown: a reply before a note, a note before the customer's words
function showWaiting(composer) {
  const waiting = MODES.filter((mode) => composer.text(mode)?.value).at(-1);
  if (waiting) composer.choose(waiting);
}

export function useDrafts(composer) {
  const words = composer.dataset;
  const drafts = new Drafts(words.ticket, {
    url: words.draftUrl,
    parts: (mode) => ({
      text: composer.text(mode).value, files: mode === composer.mode ? composer.uploads.ids : [],
      ...(mode === "reply" && { fields: composer.recipient?.choice ?? {} }),
      ...(mode === "incoming" && { fields: composer.said?.choice ?? {} }),
    }),
    onState: (kind, time) => composer.mark((kind === "saved" ? words.saved : words.kept).replace("{time}", time)),
    onClash: (mode, draft) => showClash(composer, drafts, mode, draft),
    modes: MODES.filter((mode) => composer.text(mode)),
  });
  document.addEventListener("draft-changed", () => adopt(composer, drafts));
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !composer.contains(document.activeElement)) adopt(composer, drafts);
  });
  return drafts;
}

// when the card opens: at once what this browser holds, then what the server holds
export function restore(composer) {
  const { drafts } = composer;
  for (const mode of drafts.modes) {
    const { text } = drafts.local(mode);
    if (!text) continue;
    put(composer, mode, { text });
    showWaiting(composer);
    composer.mark(composer.dataset.restored);
  }
  adopt(composer, drafts);
}

async function adopt(composer, drafts) {
  const fresh = await drafts.load();
  for (const [mode, draft] of Object.entries(fresh)) {
    put(composer, mode, draft);
    facts(composer, mode, draft);
    if (draft.text || draft.files.length) composer.mark(composer.dataset.restored);
    const spent = Number(draft.fields?.spent) || 0; // taken back, or called off, with the time it had
    if (spent) document.dispatchEvent(new CustomEvent("draft-spent", { detail: { spent } }));
  }
  if (fresh.note?.text || fresh.incoming?.text) showWaiting(composer);
}

// what stands beside the text of a draft
function facts(composer, mode, { fields }) {
  if (mode === "reply") composer.recipient.draftCame(fields);
  if (mode === "incoming") composer.said.put(fields);
}

function put(composer, mode, draft) {
  composer.uploads.restore(draft.files ?? []);
  if (composer.text(mode).value === draft.text) return;
  const editor = composer.editors[mode];
  const html = draft.text.trim().startsWith("<") ? draft.text : toHtml(draft.text);
  composer.text(mode).value = draft.text;
  if (editor) editor.commands.setContent(html, { emitUpdate: false });
  else {
    composer.form.elements[`${mode}_format`].value = draft.text.trim().startsWith("<") ? "html" : "text";
    if (draft.text) composer.enrich(mode);
  }
}

function takeTheirs(composer, mode, theirs) {
  put(composer, mode, theirs);
  facts(composer, mode, theirs);
}

export function showClash(composer, drafts, mode, draft, take = (theirs) => takeTheirs(composer, mode, theirs)) {
  composer.querySelector(".draft-clash")?.remove();
  if (!draft) return void drafts.settle(mode, 0); // sent or emptied elsewhere: this text begins anew
  const line = Object.assign(document.createElement("div"), { className: "draft-clash" });
  line.setAttribute("role", "alert");
  const said = Object.assign(document.createElement("span"), { textContent: composer.dataset.clash.replace("{time}", draft.saved) });
  const button = (words, act) => {
    const element = Object.assign(document.createElement("button"), { type: "button", className: "button button--s", textContent: words });
    element.addEventListener("click", () => (line.remove(), act()));
    return element;
  };
  line.append(
    said,
    button(composer.dataset.mine, () => drafts.settle(mode, draft.version)),
    button(composer.dataset.theirs, () => (drafts.take(mode, draft), take(draft), composer.mark(composer.dataset.restored))),
  );
  const top = composer.form.querySelector(".composer__top");
  if (top) top.after(line);
  else composer.form.prepend(line);
}
