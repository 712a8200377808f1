// <ok-clash>: says that a colleague was faster. It goes when one leaves it so, or when the wish was done after all.

class Clash extends HTMLElement {
  connectedCallback() {
    for (const menu of document.querySelectorAll("details.popover-host[open]")) menu.removeAttribute("open");
    this.addEventListener("click", (event) => event.target.closest("[data-dismiss]") && this.remove());
    this.addEventListener("htmx:afterRequest", (event) => event.detail.successful && this.remove());
  }
}

customElements.define("ok-clash", Clash);
