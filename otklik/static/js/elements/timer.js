// <ok-timer>: how long one works on a reply or note. It runs while the composer holds the focus and the page is seen and
// stops after a minute without a key. The minutes can be typed or left out. What it counted stays in this browser, by
// ticket, until the text is sent; what came back with a draft is taken over.
import { ownKey } from "../own-keys.js";

const IDLE = 60_000;
const LONGEST = 24 * 3600;

class Timer extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.field = this.querySelector("[name=spent]");
    this.face = this.querySelector("[data-face]");
    this.minutes = this.querySelector("[data-minutes]");
    this.counted = this.querySelector("[data-counted]");
    this.key = ownKey("timer", this.closest("[data-ticket]").dataset.ticket);
    this.load();
    this.form.addEventListener("input", (event) => !this.contains(event.target) && this.work());
    this.form.addEventListener("focusin", () => this.work());
    this.minutes.addEventListener("input", () => this.typed());
    this.minutes.addEventListener("keydown", (event) => event.key === "Enter" && this.close(event));
    this.counted.addEventListener("change", () => this.keep({ off: !this.counted.checked }));
    this.querySelector("details").addEventListener("toggle", () => (this.minutes.value = this.whole()));
    this.tick = setInterval(() => this.count(), 1000);
    this.onSent = () => this.keep({ spent: 0, off: false, own: false });
    this.onBack = ({ detail }) => this.spent < detail.spent && !this.own && this.keep({ spent: detail.spent });
    document.addEventListener("draft-sent", this.onSent);
    document.addEventListener("draft-spent", this.onBack);
  }

  disconnectedCallback() {
    clearInterval(this.tick);
    document.removeEventListener("draft-sent", this.onSent);
    document.removeEventListener("draft-spent", this.onBack);
  }

  load() {
    let held = {};
    try {
      held = JSON.parse(localStorage.getItem(this.key) ?? "{}");
    } catch { /* nothing that we wrote */ }
    this.keep({ spent: Number(held.spent) || 0, off: held.off === true, own: held.own === true });
  }

  work() {
    this.last = Date.now();
  }

  // own: typed by hand, so that the clock does not go on from there
  count() {
    const idle = document.hidden || !this.form.contains(document.activeElement) || Date.now() - (this.last ?? 0) > IDLE;
    if (!this.off && !this.own && !idle && this.spent < LONGEST) this.keep({ spent: this.spent + 1 });
  }

  typed() {
    const minutes = Math.min(Math.max(0, Math.round(Number(this.minutes.value) || 0)), LONGEST / 60);
    this.keep({ spent: minutes * 60, own: this.minutes.value !== "", off: false });
  }

  close(event) {
    event.preventDefault();
    event.stopPropagation();
    this.querySelector("details").removeAttribute("open");
    this.querySelector("summary").focus();
  }

  keep(change) {
    Object.assign(this, change);
    if (this.spent || this.off || this.own) localStorage.setItem(this.key, JSON.stringify({ spent: this.spent, off: this.off, own: this.own }));
    else localStorage.removeItem(this.key);
    this.show();
  }

  whole() {
    return this.spent ? Math.max(1, Math.round(this.spent / 60)) : "";
  }

  show() {
    this.field.value = this.off || !this.spent ? "" : this.spent;
    this.face.textContent = `${Math.floor(this.spent / 60)}:${String(this.spent % 60).padStart(2, "0")}`;
    this.counted.checked = !this.off;
    this.hidden = this.spent < 5 && !this.off && !this.own;
    this.classList.toggle("timer--off", this.off);
  }
}

customElements.define("ok-timer", Timer);
