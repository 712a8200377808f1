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
    const words = this.field.value.trim();
    if (words.length < 2) return;
    const answer = await request(`${this.dataset.url}?q=${encodeURIComponent(words)}`).catch(() => null);
    if (!answer || this.field.value.trim() !== words) return;
    const { items } = await answer.json();
    this.list.replaceChildren(...items.map(({ value, label }) => Object.assign(document.createElement("option"), { value, label })));
  }
}

customElements.define("ok-suggest", Suggest);
