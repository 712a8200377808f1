// <ok-toasts>: short messages at the bottom; they leave by themselves, later while the pointer rests on them.

const SHOWN_FOR = 5000;

function leaveLater(element) {
  let timer = setTimeout(() => element.remove(), SHOWN_FOR);
  element.addEventListener("pointerenter", () => clearTimeout(timer));
  element.addEventListener("pointerleave", () => (timer = setTimeout(() => element.remove(), SHOWN_FOR)));
}

class Toasts extends HTMLElement {
  connectedCallback() {
    for (const element of this.querySelectorAll(".toast")) leaveLater(element);
  }

  show(text, { bad = false } = {}) {
    const element = document.createElement("p");
    element.className = bad ? "toast toast--bad" : "toast";
    element.setAttribute("role", bad ? "alert" : "status");
    element.append(text);
    while (this.children.length > 2) this.firstElementChild.remove();
    this.append(element);
    leaveLater(element);
  }
}

customElements.define("ok-toasts", Toasts);

export function toast(text, options) {
  if (text) document.querySelector("ok-toasts")?.show(text, options);
}
