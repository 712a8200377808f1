// <ok-list>: the list of tickets. Keys walk the rows; news fetch only the rows they are about, and put them where they
// belong by data-sort (newest first).
import { showAges } from "../ages.js";
import { onKey } from "../keys.js";
import { useDrag } from "../drag.js";
import { adopt, replaceChanged, wake } from "../merge.js";
import { fetchPart } from "../net.js";
import { nameSelected, useSelection } from "../selection.js";
import { reload } from "./toasts.js";

class List extends HTMLElement {
  connectedCallback() {
    this.rows = this.querySelector(".ticket-list");
    this.off = [
      onKey("KeyJ", () => this.walk(1)), onKey("ArrowDown", () => this.walk(1)),
      onKey("KeyK", () => this.walk(-1)), onKey("ArrowUp", () => this.walk(-1)),
      onKey("Enter", () => this.open()),
    ];
    this.onChanged = (event) => this.refresh(event.detail);
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

  // something may have left the reader's sight: look again at what is shown, a page of rows at a time
  async lookAgain() {
    const shown = [...this.querySelectorAll(".ticket-row")].map((row) => Number(row.id.slice(2)));
    for (let at = 0; at < shown.length; at += 50) await this.refresh({ tickets: new Set(shown.slice(at, at + 50)) });
  }

  async refresh({ tickets, refresh, moved }) {
    if (this.dataset.static) return;
    if (refresh || tickets.size > 50) return void reload();
    if (moved) this.lookAgain();
    if (!tickets.size) return;
    const ids = [...tickets].join(",");
    const separator = this.dataset.url.includes("?") ? "&" : "?";
    const fresh = await fetchPart(`${this.dataset.url}${separator}ids=${ids}`).catch(() => null);
    if (!fresh) return;
    const arrived = new Map([...fresh.querySelectorAll(".ticket-row")].map((row) => [row.id, row]));
    const hadRows = Boolean(this.querySelector(".ticket-row"));
    for (const id of tickets) this.place(`t-${id}`, arrived.get(`t-${id}`));
    if (hadRows !== Boolean(this.querySelector(".ticket-row"))) await this.drawAround();
    this.countSelected({ byNews: true });
  }

  // the last row went or the first one came: what stands around the rows is another then
  async drawAround() {
    if (!this.querySelector(".page-head")) return void reload();
    const page = await fetchPart(this.dataset.url).catch(() => null);
    const head = page?.querySelector(".page-head");
    if (!head) return;
    const copy = adopt(head);
    this.querySelector(".page-head").replaceWith(copy);
    wake(copy);
    this.querySelector(".ticket-list__empty")?.remove();
    const empty = page.querySelector(".ticket-list__empty");
    if (empty && !this.querySelector(".ticket-row")) this.rows.after(adopt(empty));
  }

  place(id, row) {
    const shown = this.querySelector(`#${id}`);
    if (!row) return void shown?.remove();
    if (shown && shown.dataset.sort === row.dataset.sort) return void replaceChanged(shown, row);
    const copy = adopt(row);
    const checked = shown?.querySelector(".ticket-row__select").checked;
    if (shown?.classList.contains("ticket-row--focus")) copy.classList.add("ticket-row--focus");
    if (checked || this.whole) copy.querySelector(".ticket-row__select").checked = true;
    shown?.remove();
    const below = [...this.querySelectorAll(".ticket-row")].find((other) => other.dataset.sort < row.dataset.sort);
    if (below) below.before(copy);
    else if (!this.querySelector("[data-more]")) this.rows.append(copy);
    copy.classList.add("ticket-row--fresh");
    wake(copy);
  }
}

customElements.define("ok-list", List);
