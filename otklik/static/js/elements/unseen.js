// <ok-unseen>: messages that came while a reply or a letter was being written. The form carries the newest message its author has
// seen; that place moves by itself only while nothing is written. The server compares and shows what is more first.

const wordsOf = (text) => text.replace(/<p>|<br>|<\/p>/g, "").trim(); // an empty editor writes its tags all the same

class Unseen extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.onThread = (event) => this.threadChanged(event.detail.newest);
    this.onRefused = ({ detail }) => detail?.html && this.show(detail);
    this.closest("ok-card")?.addEventListener("ok:thread", this.onThread);
    document.addEventListener("ticket-changed", this.onRefused);
    this.form.addEventListener("submit", (event) => (this.button = event.submitter ?? this.button));
    this.addEventListener("click", (event) => this.pressed(event));
  }

  disconnectedCallback() {
    document.removeEventListener("ticket-changed", this.onRefused);
  }

  threadChanged(newest) {
    const { reply_text: reply, body } = this.form.elements;
    if (wordsOf((reply ?? body).value)) return;
    this.form.elements.seen.value = newest;
    this.replaceChildren();
  }

  show({ html, seen }) {
    this.asked = seen;
    this.innerHTML = html;
    this.querySelector("[data-dismiss]").focus({ preventScroll: true }); // a second Ctrl+Enter must not send it unread
  }

  pressed(event) {
    const anyway = event.target.closest("[data-send-anyway]");
    if (!anyway && !event.target.closest("[data-dismiss]")) return;
    this.form.elements.seen.value = this.asked; // shown by now, whatever is done next
    this.replaceChildren();
    if (anyway) this.form.requestSubmit(this.button?.isConnected ? this.button : this.form.querySelector("[data-main]"));
  }
}

customElements.define("ok-unseen", Unseen);
