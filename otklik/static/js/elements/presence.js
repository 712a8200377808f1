// <ok-presence>: says that this tab has the ticket open and whether something is being written, and shows who else does.
// It speaks every 20 s and when writing begins or ends, at most twice in 20 s: never for a key.
import { fetchPart, request } from "../net.js";

const EVERY = 20000;
const PAUSE = 12000; // no key for so long: nothing is being written any more
const LOOK = 2000;

class Presence extends HTMLElement {
  connectedCallback() {
    this.card = this.closest("ok-card");
    this.tab = Math.random().toString(36).slice(2, 14);
    Object.assign(this, { said: null, times: [0, 0], keyAt: 0 });
    this.onKey = (event) => event.target.closest?.(".composer__text") && this.typed();
    this.onOthers = (event) => this.othersChanged(event.detail);
    this.card.addEventListener("input", this.onKey);
    document.addEventListener("ok:presence", this.onOthers);
    window.addEventListener("pagehide", () => this.leave());
    this.looking = setInterval(() => this.look(), LOOK);
    this.first = setTimeout(() => this.look(), 400);
  }

  disconnectedCallback() {
    clearInterval(this.looking);
    clearTimeout(this.first);
    this.card.removeEventListener("input", this.onKey);
    document.removeEventListener("ok:presence", this.onOthers);
    this.leave();
  }

  typed() {
    this.keyAt = Date.now();
    this.look();
  }

  get writing() {
    const form = this.card.querySelector("form.composer");
    const mode = form?.elements.mode.value;
    const writes = mode && Date.now() - this.keyAt < PAUSE && form.elements[`${mode}_text`].value.trim();
    return writes ? mode : "";
  }

  look() {
    if (document.hidden) return;
    const [at, { writing }] = [Date.now(), this];
    if (writing === this.said && at - this.times[1] < EVERY) return;
    if (at - this.times[0] < EVERY) return; // its turn comes at one of the next looks
    this.times = [this.times[1], at];
    this.said = writing;
    this.post({ writing }).then((response) => response.text()).then((html) => this.show(html)).catch(() => {});
  }

  post(fields, options) {
    const body = new FormData();
    for (const [name, value] of Object.entries({ tab: this.tab, ...fields })) body.append(name, value);
    return request(this.dataset.url, { method: "POST", body, ...options });
  }

  leave() {
    if (this.said === null) return;
    this.said = null;
    this.post({ leave: 1 }, { keepalive: true }).catch(() => {});
  }

  othersChanged(tickets) {
    const others = JSON.stringify(tickets[this.card.dataset.number] ?? []);
    if (others === (this.others ?? "[]")) return;
    this.others = others;
    fetchPart(this.dataset.url).then((body) => this.show(body.innerHTML)).catch(() => {});
  }

  show(html) {
    if (this.shown === html.trim()) return;
    this.shown = html.trim();
    this.innerHTML = this.shown; // nobody there: empty to the last space, as the style asks
  }
}

customElements.define("ok-presence", Presence);
