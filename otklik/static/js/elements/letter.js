// <ok-letter>: a form that writes a letter or changes a note. Its textarea (data-letter) becomes the editor of the composer,
// with files, saved replies and a draft where the page names their addresses. Without script the form still sends text.
import { mountEditor, toHtml, useTool } from "../editor.js";
import { useFormDraft } from "../form-draft.js";
import { useSavedReplies } from "../saved-replies.js";
import { Uploads } from "../uploads.js";

const readJson = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

export class Letter extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.field = this.querySelector("[data-letter]");
    this.state = this.querySelector(".composer__state");
    this.menuPlace = this.querySelector(".letter__box");
    this.mode = "letter";
    this.editors = {};
    if (this.querySelector("[data-uploads]")) this.useFiles();
    useSavedReplies(this, { facts: () => this.greeted(), isOn: () => this.greets });
    if (this.dataset.draftUrl) this.drafts = useFormDraft(this);
    this.addEventListener("click", (event) => {
      useTool(event, this.editors.letter, this.querySelector("dialog"));
      if (event.target.closest("[data-note-cancel]")) this.drafts?.drop();
    });
    this.addEventListener("keydown", (event) => {
      if (event.code !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
      event.preventDefault();
      this.send();
    });
    this.form.addEventListener("htmx:confirm", (event) => event.target === this.form && this.hold(event));
    this.form.addEventListener("htmx:afterRequest", (event) => event.target === this.form && this.answered(event.detail));
    document.addEventListener("field-refused", ({ detail }) => this.refuse(detail.name));
    this.enrich();
  }

  useFiles() {
    const words = { picture: this.dataset.picture, remove: this.dataset.remove, failed: this.dataset.failed };
    this.uploads = new Uploads(this.querySelector("[data-uploads]"), {
      url: this.dataset.uploadUrl, words, onChange: () => (this.mark(), this.drafts?.changed(this.dataset.draftMode)),
    });
    this.uploads.catchFrom(this, this.form, (over) => this.classList.toggle("composer-dock--drop", over));
    this.querySelector("[data-file]").addEventListener("change", (event) => {
      this.uploads.add(event.target.files);
      event.target.value = "";
    });
  }

  // words of a call that is recorded go to nobody: no saved replies and no pictures inside the text
  get greets() { return this.form.elements.way?.value !== "record"; }

  text() { return this.field; }

  focusText() { this.editors.letter ? this.editors.letter.commands.focus("end") : this.field.focus(); }

  mark(text = "", { bad = false } = {}) {
    if (!this.state) return;
    this.state.textContent = text;
    this.state.classList.toggle("composer__state--bad", bad);
  }

  async enrich() {
    try {
      const editor = await mountEditor(this.field, {
        moduleUrl: this.dataset.editorUrl,
        onFiles: (files) => this.uploads?.add(files, ({ url, name }) => {
          if (this.greets) editor.chain().focus().insertContent({ type: "image", attrs: { src: url, alt: name } }).run();
        }),
        onSubmit: () => this.send(),
      });
      this.editors.letter = editor;
      this.field.required = false; // a hidden field cannot be pointed at; the server says what is missing
      this.form.elements.format.value = "html";
      if (this.field.value && !this.field.value.trim().startsWith("<")) this.field.value = editor.getHTML();
    } catch { /* no editor: the textarea works as it is */ }
  }

  // a text that comes from a draft
  put(text) {
    if (this.field.value === text) return;
    const html = text.trim().startsWith("<") ? text : toHtml(text);
    this.field.value = this.editors.letter ? html : text;
    this.editors.letter?.commands.setContent(html, { emitUpdate: false });
    if (!this.editors.letter) this.form.elements.format.value = text.trim().startsWith("<") ? "html" : "text";
  }

  // whom a saved reply greets: who is written to here, not the customer of the ticket
  greeted() {
    const value = (name) => this.form.elements[name]?.value?.trim() ?? "";
    const to = value("requester_email") || value("to").split(/[,;]/)[0].trim() || this.dataset.to;
    return `?${new URLSearchParams({ to: to ?? "", name: value("requester_name"), subject: value("subject") })}`;
  }

  send() { this.form.requestSubmit(this.querySelector("[data-main]")); }

  // nothing that was being saved may arrive after what is sent
  async hold(event) {
    event.preventDefault();
    if (this.sending) return;
    if (this.uploads?.busy) return void this.mark(this.dataset.uploading, { bad: true });
    this.sending = true;
    this.uploads?.settle(this.field.value);
    await this.drafts?.hold(this.dataset.draftMode);
    event.detail.issueRequest(true);
    this.lock(true); // not before: the button that was pressed goes along
  }

  lock(on) {
    this.sending = on;
    for (const button of this.form.querySelectorAll("[data-main], [name=send_at]")) button.disabled = on;
  }

  // the status counts: htmx calls a refusal that may be swapped (409, 422) successful, and an answer that leads to
  // another page neither that nor failed
  answered({ xhr }) {
    this.lock(false);
    if (xhr.status >= 200 && xhr.status < 300) return void this.done();
    const told = xhr.status === 409 ? readJson(xhr.responseText) : null; // what came while it was being written
    this.mark(told ? "" : this.dataset.failed, { bad: true });
    if (told) document.dispatchEvent(new CustomEvent("ticket-changed", { detail: told }));
  }

  done() {
    document.activeElement?.blur();
    if (!this.drafts) return;
    this.drafts.closed = true; // what is told after this is kept nowhere
    this.drafts.forget(this.dataset.draftMode);
  }

  refuse(name) {
    for (const marked of this.form.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid");
    const field = this.form.elements[name];
    if (field === this.field) return this.focusText();
    if (!(field instanceof HTMLElement)) return;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }
}

customElements.define("ok-letter", Letter);
