// <ok-push>: push in this browser, on and off. A browser that was let in with another key is let in anew.
import { request } from "../js/net.js";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

class Push extends HTMLElement {
  async connectedCallback() {
    this.state = this.querySelector("[data-state]");
    this.button = this.querySelector("button");
    this.button.addEventListener("click", () => this.pressed());
    if (!("serviceWorker" in navigator) || !("PushManager" in window)) return void this.show("none");
    const registration = await navigator.serviceWorker.getRegistration("/");
    this.held = await registration?.pushManager.getSubscription();
    if (this.held && text(this.held.options.applicationServerKey) !== this.dataset.key) {
      await this.held.unsubscribe();
      this.held = null;
    }
    this.show(Notification.permission === "denied" ? "denied" : this.held ? "on" : "off");
  }

  show(state) {
    this.state.textContent = this.dataset[state];
    this.button.hidden = state === "none" || state === "denied";
    this.button.textContent = state === "on" ? this.dataset.stop : this.dataset.start;
    this.button.classList.toggle("button--primary", state === "off");
    this.on = state === "on";
  }

  async pressed() {
    this.button.disabled = true;
    try {
      if (this.on) await this.stop();
      else await this.start();
    } catch {
      this.state.textContent = this.dataset.failed;
    }
    this.button.disabled = false;
  }

  async start() {
    if ((await Notification.requestPermission()) !== "granted") return void this.show("denied");
    await navigator.serviceWorker.register(this.dataset.worker, { scope: "/" });
    const { pushManager } = await navigator.serviceWorker.ready;
    this.held = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(this.dataset.key) });
    const body = new FormData();
    body.append("endpoint", this.held.endpoint);
    for (const name of ["p256dh", "auth"]) body.append(name, text(this.held.getKey(name)));
    await request(this.dataset.url, { method: "POST", body });
    location.reload();
  }

  async stop() {
    await this.held?.unsubscribe();
    this.held = null;
    this.show("off");
  }
}

customElements.define("ok-push", Push);
