// <ok-card>: one ticket. When it changed, here or elsewhere, its parts are fetched once and only what differs is
// replaced: the thread message by message, head and panels as wholes.
import { copyText } from "../copy.js";
import { onKey } from "../keys.js";
import { mergeChildren, replaceChanged } from "../merge.js";
import { fetchPart } from "../net.js";

const newestIn = (card) => Math.max(0, ...[...card.querySelectorAll("#thread-items > [id^=m]")].map((item) => Number(item.id.slice(1))));

class Card extends HTMLElement {
  connectedCallback() {
    sessionStorage.setItem("last-ticket", this.dataset.number);
    this.onNews = (event) => {
      if (event.detail.refresh || event.detail.moved || event.detail.tickets.has(Number(this.dataset.number))) this.refresh();
    };
    this.onOwn = () => this.refresh();
    document.addEventListener("ok:changed", this.onNews);
    document.addEventListener("ticket-changed", this.onOwn);
    const keys = { KeyY: "number", KeyT: "title", KeyL: "link" };
    this.off = [
      onKey("Escape", () => this.querySelector("[data-back]")?.click()),
      ...Object.entries(keys).map(([code, what]) => onKey(code, () => void this.copy(this.querySelector(`[data-copy=${what}]`)))),
    ];
    this.addEventListener("click", (event) => this.pressed(event));
    if (/^#m\d+$/.test(location.hash)) this.querySelector(location.hash)?.scrollIntoView({ block: "center" });
  }

  disconnectedCallback() {
    document.removeEventListener("ok:changed", this.onNews);
    document.removeEventListener("ticket-changed", this.onOwn);
    this.off.forEach((off) => off());
  }

  async refresh() {
    if (this.fetching) return void (this.again = true);
    this.fetching = true;
    try {
      this.adopt(await fetchPart(this.dataset.partsUrl));
    } catch (error) {
      if (error.status === 404) location.reload();
    }
    this.fetching = false;
    if (this.again) {
      this.again = false;
      this.refresh();
    }
  }

  adopt(fresh) {
    const thread = this.querySelector(".thread");
    const atEnd = Math.abs(thread.scrollTop) < 40;
    const added = mergeChildren(this.querySelector("#thread-items"), fresh.querySelector("#thread-items"));
    for (const item of added) item.classList.add("is-fresh");
    if (added.length && !atEnd) this.offerNew();
    this.dispatchEvent(new CustomEvent("ok:thread", { detail: { newest: newestIn(this) } }));
    for (const part of fresh.querySelectorAll("[data-part]")) replaceChanged(this.querySelector(`#${part.id}`), part);
  }

  offerNew() {
    const button = this.querySelector("[data-jump]");
    if (!button) return;
    button.hidden = false;
    button.onclick = () => {
      this.querySelector(".thread").scrollTo({ top: 0, behavior: "smooth" });
      button.hidden = true;
    };
  }

  // head and panels are replaced by fresh copies, so their buttons are heard here
  pressed(event) {
    const press = (selector) => event.target.closest(selector);
    if (press("[data-copy]")) this.copy(press("[data-copy]"));
    else if (press(".aside-toggle")) this.toggleAside(press(".aside-toggle"));
    else if (press("[data-pictures]")) this.showPictures(press("[data-pictures]"));
    else if (press("[data-note-cancel]")) this.leaveNote(press("[data-note-cancel]"));
  }

  // the form of a note gives way to the note as it stands
  leaveNote(button) {
    button.closest(".note").dataset.v = "left";
    document.activeElement?.blur();
    this.refresh();
  }

  async copy(button) {
    const { number } = this.dataset;
    const texts = { number, title: this.querySelector("h1").title, link: `${location.origin}/tickets/${number}/` };
    button.closest("details")?.removeAttribute("open");
    const done = await copyText(texts[button.dataset.copy]);
    const { copied } = button.dataset;
    document.dispatchEvent(new CustomEvent("toast", { detail: done ? { text: copied } : { text: texts[button.dataset.copy], bad: true } }));
  }

  toggleAside(button) {
    button.setAttribute("aria-expanded", this.classList.toggle("ticket-card--aside"));
  }

  // "Show pictures" in a mail: the frame is loaded again, with them
  showPictures(button) {
    button.closest("ok-mail-frame").querySelector("iframe").src = button.dataset.pictures;
    button.remove();
  }
}

customElements.define("ok-card", Card);
