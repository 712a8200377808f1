// <ok-walk>: the bar of guided work. An answer, a status that ends the work for now or a snooze brings the next ticket by
// itself; G takes it without, P skips, Esc leaves.
import { onKey } from "../keys.js";

const ENDED = /^\/tickets\/\d+\/(status|snooze)\/$/;
const GOES_ON = new Set(["open", "new"]); // statuses in which one still works on it

class Walk extends HTMLElement {
  connectedCallback() {
    const listen = (name, heard) => {
      document.addEventListener(name, heard);
      this.off.push(() => document.removeEventListener(name, heard));
    };
    this.off = [
      onKey("KeyG", () => this.submit("[data-walk-next]")),
      onKey("Escape", () => this.submit("[data-walk-leave]")),
    ];
    listen("draft-sent", ({ detail }) => detail?.mode === "reply" && setTimeout(() => this.further()));
    listen("htmx:afterRequest", ({ detail }) => this.changed(detail));
    listen("toast", ({ detail }) => (this.said = { detail, at: Date.now() }));
    // Enter among the words goes on to the reasons: it must not choose the first of them
    this.querySelector("[data-walk-words]")?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.querySelector(".walk-bar__reasons .menu__item")?.focus();
    });
  }

  disconnectedCallback() { this.off.forEach((off) => off()); }

  // a clash that is shown, 409, is to be answered first; htmx calls it successful
  changed({ xhr, requestConfig }) {
    const place = xhr.status >= 200 && xhr.status < 300 && ENDED.exec(requestConfig?.path ?? "");
    if (!place) return;
    const { status, until } = Object.fromEntries(requestConfig.formData ?? []);
    if (place[1] === "snooze" ? until : status && !GOES_ON.has(status)) this.further();
  }

  // what was said a moment ago is said on the next page, with its way back
  further() {
    const { detail = null, at = 0 } = this.said ?? {};
    if (detail && Date.now() - at < 2000) {
      const { value, undo, seconds, bad } = detail;
      sessionStorage.setItem("toast", JSON.stringify({ value, undo, seconds, bad }));
    }
    this.submit("[data-walk-next]");
  }

  submit(form) {
    if (this.gone) return;
    this.gone = true;
    this.querySelector(form).requestSubmit();
  }
}

customElements.define("ok-walk", Walk);
