// <ok-toasts>: short messages above the page; they leave by themselves, later while pointer or focus rests on them.
import { onKey } from "../keys.js";
import { request } from "../net.js";

const SHOWN_FOR = 5000;
const UNDO_FOR = 10_000; // whoever wants back what he did has to read first what that was

// a pointer or the focus on it holds a message; it leaves a while after they went
function leaveLater(element, shownFor = SHOWN_FOR) {
  let timer;
  const later = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(() => element.matches(":hover, :focus-within") || element.remove(), delay);
  };
  for (const left of ["pointerleave", "focusout"]) element.addEventListener(left, () => later(SHOWN_FOR));
  later(shownFor);
}

// a toast with a way back: the button asks the server to undo, which tells itself what became of it
function undoButton(words, url, element) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button button--s", textContent: words });
  button.dataset.key = "KeyZ";
  button.setAttribute("aria-keyshortcuts", "Z");
  button.append(Object.assign(document.createElement("span"), { className: "kbd desk-only", textContent: "Z" }));
  button.addEventListener("click", async () => {
    button.disabled = true;
    const answer = await request(url, { method: "POST" }).catch((error) => error.response);
    element.remove();
    for (const [name, detail] of Object.entries(JSON.parse(answer?.headers.get("HX-Trigger") ?? "{}"))) {
      document.dispatchEvent(new CustomEvent(name, { detail }));
    }
    const elsewhere = answer?.headers.get("HX-Redirect"); // what was taken back goes on there
    if (elsewhere) location.assign(elsewhere);
  });
  return button;
}

// Z takes back what was done last
onKey("KeyZ", () => {
  const button = [...document.querySelectorAll("ok-toasts [data-key=KeyZ]:enabled")].at(-1);
  if (!button) return false;
  button.click();
});

class Toasts extends HTMLElement {
  connectedCallback() {
    for (const element of this.querySelectorAll(".toast")) leaveLater(element);
    const carried = sessionStorage.getItem("toast"); // told on a page that was left at once
    sessionStorage.removeItem("toast");
    if (carried) queueMicrotask(() => document.dispatchEvent(new CustomEvent("toast", { detail: JSON.parse(carried) })));
  }

  show(text, { bad = false, undo = "", seconds = 0 } = {}) {
    const element = document.createElement("p");
    element.told = { value: text, bad, undo, seconds };
    element.className = bad ? "toast toast--bad" : "toast";
    element.setAttribute("role", bad ? "alert" : "status");
    element.append(text);
    while (this.children.length > 2) this.firstElementChild.remove();
    if (undo) element.append(undoButton(this.dataset.undo, undo, element));
    this.append(element);
    leaveLater(element, seconds ? seconds * 1000 : undo ? UNDO_FOR : SHOWN_FOR);
  }
}

customElements.define("ok-toasts", Toasts);

export function toast(text, options) {
  if (text) document.querySelector("ok-toasts")?.show(text, options);
}

// loads the page anew once what was sent has been answered; the newest message goes along
export async function reload() {
  while (document.querySelector(".htmx-request")) await new Promise((go) => setTimeout(go, 50));
  const { told } = document.querySelector("ok-toasts")?.lastElementChild ?? {};
  if (told) sessionStorage.setItem("toast", JSON.stringify(told));
  location.reload();
}
