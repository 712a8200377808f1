// <ok-requester>: name, phone and address of who asks. Typing in any of them lists known people; choosing one fills all
// three; changing a field afterwards makes it another person again.
import { request } from "../net.js";

class Requester extends HTMLElement {
  connectedCallback() {
    this.fields = Object.fromEntries(["name", "phone", "email"].map((key) => [key, this.querySelector(`[name=requester_${key}]`)]));
    this.known = this.querySelector("[name=requester_id]");
    this.list = Object.assign(document.createElement("div"), { className: "popover requester__list", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.dataset.label);
    this.append(this.list);
    this.addEventListener("input", (event) => this.typed(event.target));
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("focusout", () => setTimeout(() => this.contains(document.activeElement) || this.close(), 150));
  }

  typed(field) {
    this.known.value = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(field), 150);
  }

  async ask(field) {
    const words = field.value.trim();
    if (words.length < 2) return this.close();
    const answer = await request(`${this.dataset.url}?q=${encodeURIComponent(words)}`).catch(() => null);
    if (!answer || field.value.trim() !== words) return;
    const { items } = await answer.json();
    this.items = items;
    this.at = 0;
    this.list.hidden = !items.length;
    this.list.replaceChildren(...items.map((person, index) => this.row(person, index)));
    this.mark();
  }

  row(person, index) {
    const row = Object.assign(document.createElement("button"), { type: "button", className: "menu__item" });
    row.setAttribute("role", "option");
    row.append(
      Object.assign(document.createElement("span"), { className: "truncate", textContent: [person.name, person.hint].filter(Boolean).join(" · ") }),
      Object.assign(document.createElement("small"), { textContent: person.email || person.phone }),
    );
    row.addEventListener("mousedown", (event) => event.preventDefault());
    row.addEventListener("click", () => this.choose(index));
    return row;
  }

  mark() {
    [...this.list.children].forEach((row, index) => {
      row.setAttribute("aria-selected", index === this.at);
      row.classList.toggle("menu__item--at", index === this.at);
    });
  }

  key(event) {
    if (this.list.hidden) return;
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter") this.choose(this.at);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.items.length) % this.items.length;
      this.mark();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(index) {
    const person = this.items[index];
    this.known.value = person.id;
    for (const [key, field] of Object.entries(this.fields)) field.value = person[key];
    this.close();
    const form = this.closest("form");
    (form.elements.subject ?? form.querySelector("button:not([type=button])")).focus();
  }

  close() {
    this.list.hidden = true;
  }
}

customElements.define("ok-requester", Requester);
