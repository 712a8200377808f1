// Rich text over a textarea: loaded when the composer is first used. Without it the textarea stays a textarea.

const EMPTY = /^(<p>(<br[^>]*>)?<\/p>)*$/;

export async function mountEditor(textarea, { moduleUrl, onFiles, onSubmit }) {
  const kit = await import(moduleUrl);
  // from here on nothing waits: what was typed into the textarea meanwhile is taken over, and the focus with it
  const start = textarea.value;
  const focused = document.activeElement === textarea;
  const place = document.createElement("div");
  place.className = textarea.className;
  textarea.before(place);
  textarea.hidden = true;
  const keys = kit.Extension.create({
    name: "deskKeys",
    addKeyboardShortcuts: () => ({
      "Mod-Enter": () => (onSubmit(), true),
      Escape: () => (editor.view.dom.blur(), true), // the editor keeps this key to itself: nobody else could act on it
    }),
  });
  const editor = new kit.Editor({
    element: place,
    injectCSS: false,
    extensions: [
      kit.Document, kit.Paragraph, kit.Text, kit.HardBreak, kit.Bold, kit.Italic, kit.Strike, kit.BulletList,
      kit.OrderedList, kit.ListItem, kit.Blockquote, kit.History, kit.Gapcursor, kit.Image, keys,
      kit.Link.configure({ openOnClick: false, enableTarget: false }),
      kit.Placeholder.configure({ placeholder: textarea.placeholder }),
    ],
    // who types while the editor comes may just have typed a space: the last one of a line would be dropped
    content: start.trim().startsWith("<") ? start : toHtml(start.replace(/ $/, "\u00a0")),
    editorProps: {
      attributes: { "aria-label": textarea.getAttribute("aria-label"), role: "textbox", "aria-multiline": "true" },
      handlePaste: (view, event) => takeFiles(event.clipboardData, onFiles),
      handleDrop: (view, event) => takeFiles(event.dataTransfer, onFiles, event),
    },
    onUpdate: () => {
      const html = editor.getHTML();
      textarea.value = EMPTY.test(html) ? "" : html;
      textarea.dispatchEvent(new Event("input", { bubbles: true }));
    },
  });
  if (focused) {
    editor.commands.setTextSelection(editor.state.doc.content.size);
    editor.view.focus();
  }
  return editor;
}

function takeFiles(source, onFiles, event) {
  const files = [...(source?.files ?? [])];
  if (!files.length) return false;
  event?.preventDefault();
  onFiles(files);
  return true;
}

export function toHtml(text) {
  const safe = text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]);
  return safe ? safe.split(/\n{2,}/).map((part) => `<p>${part.replaceAll("\n", "<br>")}</p>`).join("") : "";
}

const commands = {
  bold: (editor) => editor.chain().focus().toggleBold().run(),
  italic: (editor) => editor.chain().focus().toggleItalic().run(),
  list: (editor) => editor.chain().focus().toggleBulletList().run(),
  quote: (editor) => editor.chain().focus().toggleBlockquote().run(),
};

// a press on a button of the toolbar; the dialog asks for the address of a link
export function useTool(event, editor, dialog) {
  const name = event.target.closest("[data-command]")?.dataset.command;
  if (!name || !editor) return;
  if (name !== "link") return void commands[name]?.(editor);
  const field = dialog.querySelector("input");
  field.value = editor.getAttributes("link").href ?? "";
  dialog.onclose = () => (dialog.returnValue === "ok" ? setLink(editor, field.value.trim()) : editor.commands.focus());
  dialog.returnValue = "";
  dialog.showModal();
}

function setLink(editor, address) {
  const chain = editor.chain().focus().extendMarkRange("link");
  if (!address) return chain.unsetLink().run();
  const href = /^(https?:|mailto:|tel:)/i.test(address) ? address : `https://${address}`;
  if (editor.state.selection.empty && !editor.isActive("link")) {
    return editor.chain().focus().insertContent({ type: "text", text: address, marks: [{ type: "link", attrs: { href } }] }).run();
  }
  return chain.setLink({ href }).run();
}
