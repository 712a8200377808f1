// <ok-composer>: writes replies and notes. The checked radio decides which of the two; each has its own text, draft and
// editor, so neither can become the other by accident.
import { commands, mountEditor, setLink } from "../editor.js";
import { RequestFailed, request } from "../net.js";
import { Uploads } from "../uploads.js";

class Composer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form.composer");
    if (!this.form) return;
    this.editors = {};
    this.state = this.querySelector(".composer__state");
    this.uploads = new Uploads(this.querySelector("[data-uploads]"), {
      url: this.dataset.uploadUrl, words: this.dataset, onChange: () => this.mark(),
    });
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.form.addEventListener("input", (event) => event.target.matches("textarea") && this.keepDraft());
    this.form.addEventListener("change", (event) => event.target.name === "mode" && this.focusText());
    this.form.addEventListener("focusin", () => this.enrich(this.mode), { once: true });
    this.form.addEventListener("click", (event) => this.tool(event));
    this.form.addEventListener("keydown", (event) => this.hotkey(event));
    this.querySelector("[data-file]").addEventListener("change", (event) => {
      this.uploads.add(event.target.files);
      event.target.value = "";
    });
    this.catchFiles();
    this.restoreDrafts();
    for (const label of this.querySelectorAll(".composer__mode label")) label.addEventListener("click", () => this.focusText());
    document.addEventListener("ok:reply-to-all", () => this.focusText());
    (window.requestIdleCallback ?? setTimeout)(() => this.enrich(this.mode));
  }

  get mode() { return this.form.elements.mode.value; }

  text(mode = this.mode) { return this.form.elements[`${mode}_text`]; }

  key(mode) { return `draft:${this.dataset.ticket}:${mode}`; }

  async enrich(mode) {
    if (this.editors[mode] !== undefined) return;
    this.editors[mode] = null;
    const area = this.text(mode);
    const hadFocus = document.activeElement === area;
    try {
      const mounted = await mountEditor(area, {
        moduleUrl: this.dataset.editorUrl,
        onFiles: (files) => this.uploads.add(files),
        onSubmit: () => this.form.requestSubmit(this.mainButton()),
      });
      this.editors[mode] = mounted.editor;
      this.form.elements[`${mode}_format`].value = "html";
      if (hadFocus) mounted.editor.commands.focus("end");
    } catch {
      // no editor: the textarea works as it is
    }
  }

  async focusText() {
    await this.enrich(this.mode);
    if (this.editors[this.mode]) this.editors[this.mode].commands.focus("end");
    else this.text().focus();
  }

  mainButton() { return this.querySelector(`[data-when="${this.mode}"][data-main], [data-when="${this.mode}"] [data-main]`); }

  hotkey(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.defaultPrevented) {
      event.preventDefault();
      this.form.requestSubmit(this.mainButton());
    } else if (event.key === "Escape" && !event.defaultPrevented && !this.querySelector("details[open]")) {
      event.preventDefault();
      event.stopPropagation();
      document.activeElement.blur();
    }
  }

  tool(event) {
    const button = event.target.closest("[data-command]");
    const editor = this.editors[this.mode];
    if (!button || !editor) return;
    if (button.dataset.command === "link") this.askLink(editor);
    else commands[button.dataset.command]?.(editor);
  }

  askLink(editor) {
    const dialog = this.querySelector("dialog");
    const field = dialog.querySelector("input");
    field.value = editor.getAttributes("link").href ?? "";
    dialog.onclose = () => (dialog.returnValue === "ok" ? setLink(editor, field.value.trim()) : editor.commands.focus());
    dialog.returnValue = "";
    dialog.showModal();
  }

  catchFiles() {
    const card = this.closest("ok-card") ?? this;
    card.addEventListener("dragover", (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      this.classList.add("composer-dock--drop");
    });
    for (const name of ["dragleave", "drop"]) card.addEventListener(name, () => this.classList.remove("composer-dock--drop"));
    card.addEventListener("drop", (event) => {
      if (event.defaultPrevented || !event.dataTransfer.files.length) return;
      event.preventDefault();
      this.uploads.add(event.dataTransfer.files);
    });
    this.form.addEventListener("paste", (event) => {
      if (event.defaultPrevented || !event.clipboardData.files.length) return;
      event.preventDefault();
      this.uploads.add(event.clipboardData.files);
    });
  }

  keepDraft() {
    clearTimeout(this.draftTimer);
    this.draftTimer = setTimeout(() => {
      for (const mode of ["reply", "note"]) {
        if (!this.text(mode)) continue;
        const value = this.text(mode).value;
        if (value) localStorage.setItem(this.key(mode), value);
        else localStorage.removeItem(this.key(mode));
      }
      this.mark(this.text().value ? this.dataset.saved.replace("{time}", new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" })) : "");
    }, 400);
  }

  restoreDrafts() {
    for (const mode of ["note", "reply"]) {
      const draft = this.text(mode) && localStorage.getItem(this.key(mode));
      if (!draft) continue;
      this.text(mode).value = draft;
      this.form.elements[`${mode}_format`].value = draft.trim().startsWith("<") ? "html" : "text";
      if (mode === "note" && !localStorage.getItem(this.key("reply"))) this.form.elements.mode.value = "note";
      this.mark(this.dataset.restored);
      this.enrich(mode);
    }
  }

  mark(text = "", { bad = false } = {}) {
    this.state.textContent = text;
    this.state.classList.toggle("composer__state--bad", bad);
  }

  async submit(event) {
    event.preventDefault();
    if (this.sending) return;
    if (this.uploads.busy) return void this.mark(this.dataset.uploading, { bad: true });
    const mode = this.mode;
    if (!this.text(mode).value.trim() && !this.form.querySelector("[name=attachments]")) {
      this.mark(this.dataset.empty, { bad: true });
      return void this.focusText();
    }
    const body = new FormData(this.form, event.submitter ?? undefined);
    this.lock(true);
    try {
      const response = await request(mode === "note" ? this.dataset.noteUrl : this.form.action, { method: "POST", body });
      this.sent(mode, response.headers.get("HX-Trigger"), response.headers.get("HX-Redirect"));
    } catch (error) {
      await this.failed(error);
    }
    this.lock(false);
  }

  lock(on) {
    this.sending = on;
    for (const button of this.form.querySelectorAll("[data-main], [name=status]")) button.disabled = on;
  }

  sent(mode, trigger, redirect) {
    localStorage.removeItem(this.key(mode));
    clearTimeout(this.draftTimer);
    if (redirect) return void location.assign(redirect);
    this.editors[mode]?.commands.clearContent(true);
    clearTimeout(this.draftTimer);
    this.text(mode).value = "";
    this.uploads.clear();
    this.form.elements.request_key.value = crypto.randomUUID();
    this.mark();
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    this.form.elements.mode.value = "reply";
    this.closest("ok-card")?.querySelector(".thread")?.scrollTo({ top: 0 });
    for (const [name, detail] of Object.entries(JSON.parse(trigger ?? "{}"))) {
      document.dispatchEvent(new CustomEvent(name, { detail }));
    }
  }

  async failed(error) {
    const told = error instanceof RequestFailed ? await error.response.json().catch(() => ({})) : {};
    this.mark(told.message ?? this.dataset.failed, { bad: true });
    if (error.status === 409) document.dispatchEvent(new CustomEvent("ticket-changed"));
  }
}

customElements.define("ok-composer", Composer);
