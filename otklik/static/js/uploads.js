// Files of a message being written: each is sent at once and stands as a chip with its progress until the message goes.
// A picture put into the text has no chip to see; it goes along only while the text still holds it.
import { csrfToken } from "./net.js";

export class Uploads {
  constructor(list, { url, words, onChange }) {
    Object.assign(this, { list, url, words, onChange, waiting: 0 });
    list.addEventListener("click", (event) => {
      if (!event.target.closest("[data-remove]")) return;
      event.target.closest("li").remove();
      onChange();
    });
  }

  get busy() {
    return this.waiting > 0;
  }

  clear() {
    this.list.replaceChildren();
  }

  get ids() {
    return [...this.list.querySelectorAll("[name=attachments]")].map((field) => field.value);
  }

  // files of a draft that was begun elsewhere
  restore(files) {
    for (const file of files) {
      if (this.ids.includes(String(file.id))) continue;
      const chip = this.chip(file.name);
      this.done(chip, file);
    }
  }

  done(chip, file) {
    chip.querySelector("progress")?.remove();
    chip.querySelector("button").before(Object.assign(document.createElement("small"), { textContent: file.size }));
    chip.append(Object.assign(document.createElement("input"), { type: "hidden", name: "attachments", value: file.id }));
  }

  add(files, onPicture) {
    for (const file of files) this.send(file, file.type.startsWith("image/") ? onPicture : undefined);
  }

  // before sending: pictures that were taken out of the text again do not go
  settle(html) {
    for (const chip of this.list.querySelectorAll("[data-inline]")) if (!html.includes(chip.dataset.inline)) chip.remove();
  }

  send(file, onPicture) {
    const chip = this.chip(file.name || this.words.picture);
    const request = new XMLHttpRequest();
    request.open("POST", this.url);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => {
      chip.querySelector("progress").value = event.loaded / event.total;
    });
    request.addEventListener("loadend", () => this.finish(chip, request, onPicture));
    const form = new FormData();
    form.append("file", file, file.name || `${this.words.picture}.png`);
    this.waiting += 1;
    request.send(form);
  }

  chip(name) {
    const chip = document.createElement("li");
    chip.className = "upload";
    const label = Object.assign(document.createElement("span"), { className: "upload__name", textContent: name, title: name });
    const remove = document.createElement("button");
    Object.assign(remove, { type: "button", className: "upload__remove", textContent: "×", title: this.words.remove });
    remove.setAttribute("aria-label", `${this.words.remove}: ${name}`);
    remove.dataset.remove = "";
    chip.append(label, Object.assign(document.createElement("progress"), { max: 1, value: 0 }), remove);
    this.list.append(chip);
    return chip;
  }

  finish(chip, request, onPicture) {
    this.waiting -= 1;
    chip.querySelector("progress")?.remove();
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      // an answer that is no JSON is a failure, told below
    }
    const note = (text) => chip.querySelector("button").before(Object.assign(document.createElement("small"), { textContent: text }));
    if (request.status === 201) {
      this.done(chip, answer);
      if (onPicture && answer.picture) {
        chip.dataset.inline = answer.url;
        onPicture(answer);
      }
    } else {
      chip.classList.add("upload--bad");
      note(answer.message ?? this.words.failed);
    }
    this.onChange();
  }

  // files dropped anywhere on `place` or pasted into the form outside the editor
  catchFrom(place, form, mark) {
    place.addEventListener("dragover", (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      mark(true);
    });
    place.addEventListener("dragleave", () => mark(false));
    place.addEventListener("drop", (event) => {
      mark(false);
      if (event.defaultPrevented || !event.dataTransfer.files.length) return;
      event.preventDefault();
      this.add(event.dataTransfer.files);
    });
    form.addEventListener("paste", (event) => {
      if (event.defaultPrevented || !event.clipboardData.files.length) return;
      event.preventDefault();
      this.add(event.clipboardData.files);
    });
  }
}
