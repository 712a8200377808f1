// <ok-list>: the list of tickets. Keys walk the rows; what changes them comes by list-news.js.
import { showAges } from "../ages.js";
import { onKey } from "../keys.js";
import { useDrag } from "../drag.js";
import { ListNews } from "../list-news.js";
import { nameSelected, useSelection } from "../selection.js";

class List extends HTMLElement {
  connectedCallback() {
    this.rows = this.querySelector(".ticket-list");
    this.off = [
      onKey("KeyJ", () => this.walk(1)), onKey("ArrowDown", () => this.walk(1)),
      onKey("KeyK", () => this.walk(-1)), onKey("ArrowUp", () => this.walk(-1)),
      onKey("Enter", () => this.open()),
    ];
    const news = new ListNews(this);
    this.onChanged = (event) => "static" in this.dataset || news.heard(event.detail);
    document.addEventListener("ok:changed", this.onChanged);
    this.rows?.addEventListener("change", () => this.countSelected());
    this.off.push(...useSelection(this));
    useDrag(this);
    this.querySelector("[data-clear-selection]")?.addEventListener("click", () => this.clear());
    this.off.push(onKey("Escape", () => (this.selected.length ? this.clear() : false)));
    document.addEventListener("bulk-done", () => this.clear());
    this.addEventListener("htmx:configRequest", (event) => {
      if (event.detail.elt.querySelector("[data-selected-ids]")) nameSelected(this, event.detail.parameters);
    });
    this.ages = setInterval(() => document.hidden || showAges(this), 30000);
    this.restore();
  }

  disconnectedCallback() {
    clearInterval(this.ages);
    this.off.forEach((off) => off());
    document.removeEventListener("ok:changed", this.onChanged);
  }

  get current() { return this.querySelector(".ticket-row--focus"); }

  get selected() { return [...this.querySelectorAll(".ticket-row__select:checked")]; }

  walk(step) {
    const rows = [...this.querySelectorAll(".ticket-row")];
    const at = rows.indexOf(this.current);
    const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step];
    if (!next) return;
    this.focusRow(next);
    if (next === rows.at(-1)) this.querySelector("[data-more]")?.click();
  }

  focusRow(row) {
    this.current?.classList.remove("ticket-row--focus");
    row.classList.add("ticket-row--focus");
    row.querySelector(".ticket-row__open").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  open() {
    if (document.activeElement?.closest("button, a, summary") && !document.activeElement.matches(".ticket-row__open")) return false;
    const link = this.current?.querySelector(".ticket-row__open");
    if (!link) return false;
    link.click();
  }

  clear() {
    for (const box of this.selected) box.checked = false;
    this.countSelected();
  }

  countSelected({ byNews = false } = {}) {
    for (const box of this.querySelectorAll(".ticket-row__select")) {
      box.closest(".ticket-row").classList.toggle("ticket-row--selected", box.checked);
    }
    const count = this.selected.length;
    this.rows.classList.toggle("ticket-list--selecting", count > 0);
    const bar = this.querySelector(".bulk-bar");
    if (!bar) return;
    bar.hidden = count === 0;
    bar.querySelector("[data-selected-count]").textContent = count;
    this.dispatchEvent(new CustomEvent("ok:selected", { detail: { byNews } }));
  }

  // coming back from a card: the row that was open has the focus again
  restore() {
    const last = sessionStorage.getItem("last-ticket");
    const row = last && this.querySelector(`#t-${CSS.escape(last)}`);
    if (row) this.focusRow(row);
  }
}

customElements.define("ok-list", List);
