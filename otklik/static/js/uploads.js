// Files of a message being written: each is sent at once and stands as a chip with its progress until the message goes.
import { csrfToken } from "./net.js";

export class Uploads {
  constructor(list, { url, words, onChange }) {
    Object.assign(this, { list, url, words, onChange, waiting: 0 });
    list.addEventListener("click", (event) => event.target.closest("[data-remove]")?.closest("li").remove());
  }

  get busy() {
    return this.waiting > 0;
  }

  clear() {
    this.list.replaceChildren();
  }

  add(files) {
    for (const file of files) this.send(file);
  }

  send(file) {
    const chip = this.chip(file.name || this.words.picture);
    const request = new XMLHttpRequest();
    request.open("POST", this.url);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => {
      chip.querySelector("progress").value = event.loaded / event.total;
    });
    request.addEventListener("loadend", () => this.finish(chip, request));
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

  finish(chip, request) {
    this.waiting -= 1;
    chip.querySelector("progress")?.remove();
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      // an answer that is no JSON is a failure, told below
    }
    if (request.status === 201) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name: "attachments", value: answer.id });
      const size = Object.assign(document.createElement("small"), { textContent: answer.size });
      chip.querySelector("button").before(size);
      chip.append(field);
    } else {
      chip.classList.add("upload--bad");
      chip.querySelector("button").before(Object.assign(document.createElement("small"), { textContent: answer.message ?? this.words.failed }));
    }
    this.onChange();
  }
}
