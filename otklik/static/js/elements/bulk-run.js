// <ok-bulk-run>: the strip of a run over a whole folder. It is asked for when the page begins only if one was begun in this
// browser or the page names one, and when one is begun here.
import { fetchPart } from "../net.js";
import { adopt, wake } from "../merge.js";

const KEY = "bulk-run";

class BulkRun extends HTMLElement {
  connectedCallback() {
    this.onBegun = (event) => this.begin(event.detail.run);
    document.addEventListener("bulk-run", this.onBegun);
    this.addEventListener("htmx:afterSettle", () => this.settled());
    this.addEventListener("click", (event) => event.target.closest("[data-run-close]") && this.close());
    const kept = this.dataset.run || sessionStorage.getItem(KEY);
    if (kept) this.begin(kept);
  }

  disconnectedCallback() { document.removeEventListener("bulk-run", this.onBegun); }

  async begin(run) {
    sessionStorage.setItem(KEY, run);
    const part = await fetchPart(`${this.dataset.url}${run}/`).catch(() => null);
    const strip = part?.querySelector(".run-strip");
    if (!strip) return void sessionStorage.removeItem(KEY);
    this.replaceChildren(adopt(strip));
    wake(this.firstElementChild);
    this.going = "going" in this.firstElementChild.dataset;
  }

  // when it ends the rows are told by the live stream; a folder that emptied is drawn anew by the list
  settled() {
    const strip = this.querySelector(".run-strip");
    if (strip && !("going" in strip.dataset)) document.dispatchEvent(new CustomEvent("ticket-changed", { detail: {} }));
  }

  close() {
    sessionStorage.removeItem(KEY);
    this.replaceChildren();
  }
}

customElements.define("ok-bulk-run", BulkRun);
