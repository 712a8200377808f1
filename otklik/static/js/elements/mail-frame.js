// <ok-mail-frame>: gives the sandboxed frame of an HTML mail the height of what it holds. No script runs inside it.

class MailFrame extends HTMLElement {
  connectedCallback() {
    this.frame = this.querySelector("iframe");
    this.frame?.addEventListener("load", () => this.watch());
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(this);
  }

  disconnectedCallback() {
    this.resize?.disconnect();
    this.inside?.disconnect();
  }

  // a fold that is opened or a picture that comes late changes the height of the letter
  watch() {
    this.inside?.disconnect();
    const root = this.frame.contentDocument?.documentElement;
    if (!root) return;
    this.inside = new ResizeObserver(() => this.fit());
    this.inside.observe(root);
    this.fit();
  }

  fit() {
    const root = this.frame.contentDocument?.documentElement;
    if (!root || !root.scrollHeight) return;
    const height = Math.min(Math.max(root.getBoundingClientRect().height, 24), 4000);
    this.frame.height = Math.ceil(height);
  }
}

customElements.define("ok-mail-frame", MailFrame);
