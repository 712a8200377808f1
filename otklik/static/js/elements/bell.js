// <ok-bell>: the panel of the bell, a popover that is filled when it opens. While a ticket is open and looked at, what
// was told of it is marked as read; arrows walk the lines; what is read in one tab goes out in all by the counters.
import { onKey } from "../keys.js";
import { fetchPart, request } from "../net.js";

const LOOKED_AT = 700; // milliseconds: a ticket that one only flies over is not read

class Bell extends HTMLElement {
  connectedCallback() {
    this.panel = this.querySelector("[popover]");
    this.panel.addEventListener("beforetoggle", (event) => event.newState === "open" && this.place());
    this.panel.addEventListener("toggle", (event) => event.newState === "open" && this.fill());
    onKey("KeyB", () => this.panel.togglePopover());
    onKey("Shift+KeyB", () => document.querySelector("[data-bell-read]")?.requestSubmit() ?? false);
    document.addEventListener("submit", (event) => event.target.matches("[data-bell-read]") && this.readAll(event));
    document.addEventListener("bell-changed", () => this.changed());
    document.addEventListener("ok:counters", ({ detail }) => this.counted(detail.bell ?? ""));
    document.addEventListener("visibilitychange", () => this.readOpen());
    document.addEventListener("keydown", (event) => this.walk(event));
    this.readOpen();
  }

  get number() { return document.querySelector("[data-count=bell]")?.textContent ?? ""; }

  // below the bell; on a phone at the bottom, as the style says
  place() {
    const bell = document.querySelector("[popovertarget=bell-panel]")?.getBoundingClientRect();
    this.panel.style.setProperty("--bell-end", `${Math.round(bell?.bottom ?? 46) + 8}px`);
  }

  counted(number) {
    this.number_ = number;
    this.readOpen();
    if (this.panel.matches(":popover-open") && !this.filling) this.fill();
  }

  async fill() {
    this.filling = true;
    try {
      const held = document.activeElement?.closest?.("[data-notice]")?.getAttribute("href");
      const part = await fetchPart(this.dataset.url);
      this.panel.replaceChildren(...part.childNodes);
      const lines = [...this.panel.querySelectorAll("[data-notice]")];
      (lines.find((line) => line.getAttribute("href") === held) ?? lines[0])?.focus({ preventScroll: !held });
    } catch {
      this.panel.hidePopover();
    }
    this.filling = false;
  }

  walk(event) {
    const list = event.target.closest?.(".bell-list");
    const step = { ArrowDown: 1, KeyJ: 1, ArrowUp: -1, KeyK: -1 }[event.code];
    if (!list || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const lines = [...list.querySelectorAll("[data-notice]")];
    lines.at((lines.indexOf(event.target.closest("[data-notice]")) + step) % lines.length)?.focus();
  }

  // an open ticket that somebody looks at
  readOpen() {
    clearTimeout(this.timer);
    const card = document.querySelector("ok-card");
    if (!card || document.hidden || !(this.number_ ?? this.number)) return;
    this.timer = setTimeout(() => this.post({ ticket: card.dataset.number }), LOOKED_AT);
  }

  async readAll(event) {
    event.preventDefault();
    const response = await this.post({ until: event.target.elements.until.value });
    for (const [name, detail] of Object.entries(JSON.parse(response?.headers.get("HX-Trigger") ?? "{}"))) {
      document.dispatchEvent(new CustomEvent(name, { detail }));
    }
  }

  changed() {
    if (this.panel.matches(":popover-open")) this.fill();
    else if (document.querySelector(".bell-page")) location.reload();
  }

  post(fields) {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    return request(this.dataset.readUrl, { method: "POST", body }).catch(() => null);
  }
}

customElements.define("ok-bell", Bell);
