// A list that opens while one types: "@" calls a colleague, "/" finds a saved reply. Arrows, Enter or Tab choose, Esc
// closes; the sign and the words after it give way to what was chosen.

export class SignMenu {
  // find(words) resolves to [{title, hint, …}]; pick(item, remove) is told what was chosen; isOn() says whether it works
  constructor(composer, { sign, label, none, find, pick, isOn = () => true }) {
    Object.assign(this, { composer, sign, label, none, find, pick, isOn, at: 0, items: [], asked: 0 });
    composer.form.addEventListener("input", ({ target }) => target.matches("textarea, .ProseMirror, .ProseMirror *") && this.look());
    composer.form.addEventListener("keydown", (event) => this.key(event), true);
    composer.form.addEventListener("focusout", () => setTimeout(() => this.composer.contains(document.activeElement) || this.close(), 150));
  }

  // the words between the sign and the caret, or null when there is no sign before it
  words() {
    const before = this.before();
    const at = before.lastIndexOf(this.sign);
    if (at < 0 || (at > 0 && !/[\s(]/.test(before[at - 1]))) return null;
    const words = before.slice(at + 1);
    return words.length > 40 || /\n/.test(words) || /^\s/.test(words) ? null : words;
  }

  before() {
    const editor = this.composer.editors[this.composer.mode];
    if (editor) {
      const { $from, empty } = editor.state.selection;
      return empty ? $from.parent.textBetween(0, $from.parentOffset, "\n", "\ufffc") : "";
    }
    const field = this.composer.text();
    return field.value.slice(0, field.selectionStart).split("\n").at(-1);
  }

  async look() {
    const words = this.isOn() ? this.words() : null;
    if (words === null) return this.close();
    const asked = ++this.asked;
    const items = await this.find(words);
    if (asked !== this.asked) return;
    if (!items.length && words.length > 12) return this.close();
    this.show(items, words);
  }

  // opened by a button: there is no sign in the text
  async open() {
    this.close();
    this.byHand = true;
    this.show(await this.find(""), "");
    this.filter?.focus();
  }

  show(items, words) {
    this.items = items.slice(0, 30);
    this.at = Math.min(this.at, Math.max(0, this.items.length - 1));
    if (!this.box) this.build();
    this.list.replaceChildren(...this.items.map((item, index) => this.row(item, index)));
    if (!this.items.length) this.list.append(Object.assign(document.createElement("p"), { className: "muted sign-menu__none", textContent: this.none }));
    this.shownFor = words;
    this.mark();
  }

  build() {
    if (this.composer.signMenu !== this) this.composer.signMenu?.close();
    this.composer.signMenu = this; // one list at a time
    this.box = Object.assign(document.createElement("div"), { className: "popover sign-menu" });
    if (this.byHand) {
      this.filter = Object.assign(document.createElement("input"), { className: "input", type: "search", placeholder: this.label });
      this.filter.setAttribute("aria-label", this.label);
      this.filter.addEventListener("input", async (event) => {
        event.stopPropagation();
        this.show(await this.find(this.filter.value), this.filter.value);
      });
      this.box.append(this.filter);
    }
    this.list = Object.assign(document.createElement("div"), { className: "sign-menu__list" });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.label);
    this.box.append(this.list);
    (this.composer.menuPlace ?? this.composer.form).prepend(this.box);
  }

  row(item, index) {
    const row = Object.assign(document.createElement("button"), { type: "button", className: "menu__item" });
    row.setAttribute("role", "option");
    row.append(Object.assign(document.createElement("span"), { className: "truncate", textContent: item.title }));
    if (item.hint) row.append(Object.assign(document.createElement("small"), { textContent: item.hint }));
    row.addEventListener("mousedown", (event) => event.preventDefault());
    row.addEventListener("click", () => this.choose(index));
    return row;
  }

  mark() {
    [...this.list.children].forEach((row, index) => {
      row.setAttribute("aria-selected", index === this.at);
      row.classList.toggle("menu__item--at", index === this.at);
      if (index === this.at) row.scrollIntoView?.({ block: "nearest" });
    });
  }

  key(event) {
    if (!this.box || event.isComposing) return;
    if (event.key === "Escape") this.close({ refocus: true });
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.items.length) % Math.max(1, this.items.length);
      this.mark();
    } else if ((event.key === "Enter" || event.key === "Tab") && this.items.length && !event.ctrlKey && !event.metaKey) this.choose(this.at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(index) {
    const item = this.items[index];
    const length = this.byHand ? 0 : (this.words()?.length ?? -1) + 1;
    this.close();
    if (item) this.pick(item, length);
  }

  close({ refocus = false } = {}) {
    this.asked += 1;
    this.box?.remove();
    Object.assign(this, { box: null, filter: null, at: 0, byHand: false });
    if (refocus) this.composer.focusText();
  }
}

// puts text or HTML at the caret, over the `over` signs before it
export function insertAt(composer, { html, text, over }) {
  const editor = composer.editors[composer.mode];
  if (editor) {
    const { from } = editor.state.selection;
    const chain = editor.chain().focus();
    return void (over ? chain.deleteRange({ from: from - over, to: from }) : chain).insertContent(html).run();
  }
  const field = composer.text();
  const at = field.selectionStart;
  field.setRangeText(text, at - over, at, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
