// <ok-composer>: writes replies, notes, and what the customer said. The checked radio decides which of them; each has its
// own text, draft and editor, so none can become another by accident.
import { restore, useDrafts } from "../draft-view.js";
import { mountEditor, useTool } from "../editor.js";
import { useMentions } from "../mentions.js";
import { RequestFailed, request } from "../net.js";
import { Recipient } from "../recipient.js";
import { Said } from "../said.js";
import { useSavedReplies } from "../saved-replies.js";
import { Uploads } from "../uploads.js";

class Composer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form.composer");
    this.editors = {};
    this.state = this.querySelector(".composer__state");
    this.uploads = new Uploads(this.querySelector("[data-uploads]"), {
      url: this.dataset.uploadUrl, words: this.dataset, onChange: () => (this.mark(), this.keepDraft()),
    });
    this.drafts = useDrafts(this);
    this.recipient = new Recipient(this);
    this.said = new Said(this);
    useMentions(this);
    useSavedReplies(this);
    this.uploads.catchFrom(this.closest("ok-card") ?? this, this.form, (on) => this.classList.toggle("composer-dock--drop", on));
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.form.addEventListener("input", (event) => event.target.matches("textarea") && !this.sending && this.keepDraft());
    this.form.addEventListener("change", (event) => event.target.name === "mode" && this.focusText());
    this.form.addEventListener("click", (event) => this.pressed(event));
    this.form.addEventListener("keydown", (event) => this.hotkey(event));
    this.querySelector("[data-file]").addEventListener("change", (event) => {
      this.uploads.add(event.target.files);
      event.target.value = "";
    });
    restore(this);
    (window.requestIdleCallback ?? setTimeout)(() => this.enrich(this.mode));
  }

  pressed(event) {
    if (event.target.closest(".composer__mode")) this.focusText();
    else useTool(event, this.editors[this.mode], this.querySelector("dialog"));
  }

  get mode() { return this.form.elements.mode.value; }
  // the reader's role may write no other
  choose(mode) { for (const radio of this.form.querySelectorAll(`[name=mode][value=${mode}]`)) radio.checked = true; }
  text(mode = this.mode) { return this.form.elements[`${mode}_text`]; }

  async enrich(mode) {
    if (this.editors[mode] !== undefined) return;
    this.editors[mode] = null;
    try {
      const editor = await mountEditor(this.text(mode), {
        moduleUrl: this.dataset.editorUrl,
        onFiles: (files) => this.uploads.add(files, ({ url, name }) => {
          editor.chain().focus().insertContent({ type: "image", attrs: { src: url, alt: name } }).run();
        }),
        onSubmit: () => this.form.requestSubmit(this.mainButton()),
      });
      this.editors[mode] = editor;
      this.form.elements[`${mode}_format`].value = "html";
    } catch { /* no editor: the textarea works as it is */ }
  }

  focusText() {
    if (this.editors[this.mode]) return void this.editors[this.mode].commands.focus("end");
    this.text().focus();
    this.enrich(this.mode);
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

  keepDraft() { this.drafts.changed(this.mode); }

  mark(text = "", { bad = false } = {}) {
    this.state.textContent = text;
    this.state.classList.toggle("composer__state--bad", bad);
  }

  async submit(event) {
    event.preventDefault();
    if (this.sending) return;
    if (this.uploads.busy) return void this.mark(this.dataset.uploading, { bad: true });
    const mode = this.mode;
    this.uploads.settle(this.text(mode).value);
    if (!this.text(mode).value.trim() && !this.form.querySelector("[name=attachments]")) {
      this.mark(this.dataset.empty, { bad: true });
      return void this.focusText();
    }
    const body = new FormData(this.form, event.submitter ?? undefined);
    this.lock(true);
    await this.drafts.hold(mode);
    try {
      const url = this.dataset[`${mode}Url`] ?? this.form.getAttribute("action");
      const { headers } = await request(url, { method: "POST", body });
      this.sent(mode, headers.get("HX-Trigger"), headers.get("HX-Redirect"));
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
    this.drafts.forget(mode);
    if (mode === "reply") this.recipient.forget();
    if (mode === "incoming") this.said.put();
    document.dispatchEvent(new CustomEvent("draft-sent", { detail: { mode } }));
    const news = JSON.parse(trigger ?? "{}");
    if (redirect) {
      if (news.toast) sessionStorage.setItem("toast", JSON.stringify(news.toast));
      return void location.assign(redirect);
    }
    this.editors[mode]?.commands.clearContent(true);
    this.drafts.forget(mode);
    this.text(mode).value = "";
    this.uploads.clear();
    this.mark();
    document.activeElement?.blur();
    this.querySelector("details[open]")?.removeAttribute("open");
    this.choose("reply");
    this.closest("ok-card")?.querySelector(".thread")?.scrollTo({ top: 0 });
    for (const [name, detail] of Object.entries(news)) document.dispatchEvent(new CustomEvent(name, { detail }));
  }

  async failed(error) {
    const told = error instanceof RequestFailed ? await error.response.json().catch(() => ({})) : {};
    const { toast } = JSON.parse(error.response?.headers.get("HX-Trigger") ?? "{}"); // too long for the line of state
    if (toast) document.dispatchEvent(new CustomEvent("toast", { detail: toast }));
    this.mark(toast ? this.dataset.failed : told.message ?? this.dataset.failed, { bad: true });
    if (error.status === 409) document.dispatchEvent(new CustomEvent("ticket-changed", { detail: told }));
  }
}

customElements.define("ok-composer", Composer);
