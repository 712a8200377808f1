// <ok-rich>: a textarea that becomes the editor of the composer. Without script it stays a textarea for plain text.
import { mountEditor } from "../editor.js";

class Rich extends HTMLElement {
  async connectedCallback() {
    const field = this.querySelector("textarea");
    if (field.matches(":disabled")) return;
    const format = this.querySelector("[name=format]");
    try {
      await mountEditor(field, {
        moduleUrl: this.dataset.editorUrl, onFiles: () => {}, onSubmit: () => field.form.requestSubmit(),
      });
      field.required = false; // a hidden field cannot be pointed at; the server says what is missing
      format.value = "html";
      if (field.value && !field.value.trim().startsWith("<")) field.value = this.querySelector(".ProseMirror").innerHTML;
    } catch { /* no editor: the textarea works as it is */ }
  }
}

customElements.define("ok-rich", Rich);
