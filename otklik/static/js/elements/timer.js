// <ok-timer>: how long one works on a reply or note. It runs while the composer holds the focus and the page is seen,
// stops after a minute without a key, and is set to nothing or stopped by a press.

const IDLE = 60_000;

class Timer extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.field = this.querySelector("input");
    this.face = this.querySelector("[data-face]");
    this.spent = 0;
    this.off = false;
    this.form.addEventListener("input", () => this.work());
    this.form.addEventListener("focusin", () => this.work());
    this.querySelector("button").addEventListener("click", () => this.press());
    this.tick = setInterval(() => this.count(), 1000);
    document.addEventListener("draft-sent", () => this.reset());
  }

  disconnectedCallback() {
    clearInterval(this.tick);
  }

  work() {
    this.last = Date.now();
  }

  count() {
    if (this.off || document.hidden || !this.form.contains(document.activeElement) || Date.now() - (this.last ?? 0) > IDLE) return;
    this.spent += 1;
    this.show();
  }

  show() {
    this.field.value = this.off ? "" : this.spent;
    this.face.textContent = `${Math.floor(this.spent / 60)}:${String(this.spent % 60).padStart(2, "0")}`;
    this.hidden = this.spent < 5 && !this.off;
    this.classList.toggle("timer--off", this.off);
  }

  press() {
    this.off = !this.off;
    this.querySelector("button").setAttribute("aria-pressed", String(!this.off));
    this.show();
  }

  reset() {
    this.spent = 0;
    this.off = false;
    this.show();
  }
}

customElements.define("ok-timer", Timer);
