// Rich text over a textarea: loaded when the composer is first used. Without it the textarea stays a textarea.

const EMPTY = /^(<p>(<br[^>]*>)?<\/p>)*$/;

export async function mountEditor(textarea, { moduleUrl, onFiles, onSubmit, linkLabel }) {
  const kit = await import(moduleUrl);
  const start = textarea.value;
  const place = document.createElement("div");
  place.className = textarea.className;
  textarea.before(place);
  textarea.hidden = true;
  const keys = kit.Extension.create({
    name: "deskKeys",
    addKeyboardShortcuts: () => ({ "Mod-Enter": () => (onSubmit(), true) }),
  });
  const editor = new kit.Editor({
    element: place,
    injectCSS: false,
    extensions: [
      kit.Document, kit.Paragraph, kit.Text, kit.HardBreak, kit.Bold, kit.Italic, kit.Strike, kit.BulletList,
      kit.OrderedList, kit.ListItem, kit.Blockquote, kit.History, kit.Gapcursor, keys,
      kit.Link.configure({ openOnClick: false, enableTarget: false }),
      kit.Placeholder.configure({ placeholder: textarea.placeholder }),
    ],
    content: start.trim().startsWith("<") ? start : toHtml(start),
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
  return { editor, linkLabel };
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

export const commands = {
  bold: (editor) => editor.chain().focus().toggleBold().run(),
  italic: (editor) => editor.chain().focus().toggleItalic().run(),
  list: (editor) => editor.chain().focus().toggleBulletList().run(),
  quote: (editor) => editor.chain().focus().toggleBlockquote().run(),
};

export function setLink(editor, address) {
  const chain = editor.chain().focus().extendMarkRange("link");
  if (!address) return chain.unsetLink().run();
  const href = /^(https?:|mailto:|tel:)/i.test(address) ? address : `https://${address}`;
  if (editor.state.selection.empty && !editor.isActive("link")) {
    return editor.chain().focus().insertContent({ type: "text", text: address, marks: [{ type: "link", attrs: { href } }] }).run();
  }
  return chain.setLink({ href }).run();
}
