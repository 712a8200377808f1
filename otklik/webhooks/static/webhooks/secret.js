// <ok-secret>: a value that is shown once, with a button that copies it. Without script the field is copied by hand.
import { copyText } from "../js/copy.js";

class Secret extends HTMLElement {
  connectedCallback() {
    const field = this.querySelector("input");
    const button = this.querySelector("button");
    field.addEventListener("focus", () => field.select());
    button.hidden = false;
    button.addEventListener("click", async () => {
      if (await copyText(field.value)) button.querySelector("span").textContent = this.dataset.copied;
      else field.focus();
    });
  }
}

customElements.define("ok-secret", Secret);
