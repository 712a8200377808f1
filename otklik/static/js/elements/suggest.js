// <ok-suggest>: a field with a list of people fetched while one types. Without script it is a plain address field.
import { request } from "../net.js";

class Suggest extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("input");
    this.list = this.querySelector("datalist");
    if (!this.field || !this.list) return;
    this.field.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), 150);
    });
  }

  async ask() {
    const typed = this.field.value;
    // a field for several addresses: only the last one is looked for, the others stand before it
    const before = "many" in this.dataset ? typed.slice(0, typed.lastIndexOf(",") + 1) : "";
    const words = typed.slice(before.length).trim();
    if (words.length < 2) return;
    const answer = await request(`${this.dataset.url}?q=${encodeURIComponent(words)}`).catch(() => null);
    if (!answer || this.field.value !== typed) return;
    const { items } = await answer.json();
    this.list.replaceChildren(...items.map(({ value, label }) => Object.assign(document.createElement("option"), { value: before ? `${before} ${value}` : value, label })));
  }
}

customElements.define("ok-suggest", Suggest);
