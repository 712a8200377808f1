// <ok-side-letter>: files and keys of a letter to a third party. Without script the form still sends text.
import { Uploads } from "../uploads.js";

class SideLetter extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    const state = this.querySelector(".composer__state");
    const words = { picture: this.dataset.picture, remove: this.dataset.remove, failed: this.dataset.failed };
    const uploads = new Uploads(this.querySelector("[data-uploads]"), { url: this.dataset.uploadUrl, words, onChange: () => {} });
    uploads.catchFrom(this, form, (over) => this.classList.toggle("composer-dock--drop", over));
    this.querySelector("[data-file]").addEventListener("change", (event) => {
      uploads.add(event.target.files);
      event.target.value = "";
    });
    this.addEventListener("keydown", (event) => {
      if (event.code !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
      event.preventDefault();
      form.requestSubmit();
    });
    // what is chosen of a message: its files follow it, and can be left out one by one
    this.addEventListener("change", ({ target }) => {
      if (target.name !== "forward" || target.closest(".side-offer__row--note")) return;
      for (const file of target.closest("li").querySelectorAll("[name=files]")) file.checked = target.checked;
    });
    form.addEventListener("htmx:beforeRequest", (event) => {
      if (!uploads.busy) return void (form.querySelector(".button--primary").disabled = true);
      event.preventDefault();
      state.textContent = this.dataset.uploading;
    });
    form.addEventListener("htmx:afterRequest", () => (form.querySelector(".button--primary").disabled = false));
  }
}

customElements.define("ok-side-letter", SideLetter);
