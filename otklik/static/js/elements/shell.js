// <ok-shell>: the frame of a desk page. Keys of the whole desk, counters, and the news from the server, which it hands
// on as "ok:changed" events with the ids of tickets that changed.
import { onKey } from "../keys.js";
import { Live } from "../live.js";

class Shell extends HTMLElement {
  connectedCallback() {
    onKey("Slash", () => this.focusSearch());
    onKey("Shift+Slash", () => this.showKeys());
    if (!this.dataset.liveUrl) return;
    this.live = new Live(this.dataset.liveUrl, this.dataset.liveSince, this.dataset.liveRights, {
      onChange: (answer) => this.changed(answer),
      onState: (online) => this.showState(online),
    });
    this.live.start("liveNow" in this.dataset ? 0 : undefined);
    document.addEventListener("ticket-changed", () => this.live.start(50));
  }

  focusSearch() {
    const field = [...document.querySelectorAll("[data-search-focus]")].find((place) => place.checkVisibility());
    if (!field) return false;
    field.focus();
    field.select();
  }

  showKeys() {
    const sheet = document.getElementById("cheatsheet");
    if (sheet && !sheet.open) sheet.showModal();
  }

  changed({ tickets = [], counters = null, presence = null, refresh = false, moved = false }) {
    if (presence) this.dispatchEvent(new CustomEvent("ok:presence", { bubbles: true, detail: presence }));
    if (counters) this.showCounters(counters);
    if (tickets.length || refresh || moved) {
      this.dispatchEvent(new CustomEvent("ok:changed", { bubbles: true, detail: { tickets: new Set(tickets), refresh, moved } }));
    }
  }

  showCounters(counters) {
    for (const element of this.querySelectorAll("[data-count]")) {
      const value = counters[element.dataset.count] ?? "";
      if (element.textContent !== value) element.textContent = value;
    }
    this.dispatchEvent(new CustomEvent("ok:counters", { bubbles: true, detail: counters }));
  }

  showState(online) {
    const line = this.querySelector(".net-line");
    if (online) line?.remove();
    else if (!line) {
      const element = Object.assign(document.createElement("p"), { className: "net-line", role: "status" });
      element.append(this.dataset.offline);
      this.querySelector(".app__main")?.prepend(element);
    }
  }
}

customElements.define("ok-shell", Shell);
