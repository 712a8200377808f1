// How a tab reaches the source that it shares with the other tabs: by a shared worker, else by the tab that holds the
// lock, else it has one of its own.
import { Source } from "./source.js";

const NAME = "otklik-live";

const PATIENCE = 4000; // a worker that has not answered by then will not: its script was not to be had, or it hangs

class WorkerLink {
  constructor(url, onMessage) {
    Object.assign(this, { url, onMessage });
    this.worker = new SharedWorker(new URL("./worker.js", import.meta.url), { type: "module", name: NAME });
    this.worker.addEventListener("error", () => this.goWithout());
    this.port = this.worker.port;
    this.port.addEventListener("message", ({ data }) => this.heard(data));
    this.port.start();
    window.addEventListener("pagehide", () => this.port.postMessage({ bye: true }));
  }

  heard(message) {
    clearTimeout(this.waiting);
    this.answered = true;
    if (!message.hello && !this.other) this.onMessage(message);
  }

  begin(place) {
    if (this.other) return void this.other.begin(place);
    this.port.postMessage({ url: this.url, place, visible: !document.hidden });
    if (!this.answered) this.waiting ??= setTimeout(() => this.goWithout(), PATIENCE);
  }

  goWithout() {
    if (this.answered || this.other) return;
    this.port.postMessage({ bye: true });
    this.other = withoutWorker(this.url, this.onMessage);
    this.onMessage({ again: true }); // the other tabs may have been told meanwhile what this one has not heard
  }

  nudge() {
    if (this.other) this.other.nudge();
    else this.port.postMessage({ visible: !document.hidden });
  }
}

// Without shared workers (some phones): the tab that gets the lock has the source and tells the others; when it closes,
// the next one goes on at the place it heard of last.
class LeaderLink {
  constructor(url, onMessage) {
    Object.assign(this, { url, onMessage, channel: new BroadcastChannel(NAME) });
    this.channel.addEventListener("message", ({ data }) => this.heard(data));
  }

  heard(message) {
    if (message.begun) return void (this.source && this.channel.postMessage({ news: { presence: this.source.presence } }));
    if (message.nudge) return void this.source?.nudge();
    if (message.place) this.place = message.place;
    this.onMessage(message);
  }

  begin(place) {
    this.place ??= place;
    this.channel.postMessage({ begun: true });
    this.lock ??= navigator.locks.request(NAME, () => this.lead());
  }

  lead() {
    const tell = (message) => {
      const placed = { ...message, place: this.source?.place ?? this.place };
      this.channel.postMessage(placed);
      this.onMessage(placed);
    };
    return new Promise((gone) => {
      const onState = (state) => (tell({ state }), state === "out" && gone());
      this.source = new Source(this.url, this.place, { onNews: (news) => tell({ news }), onState });
    });
  }

  nudge() {
    if (this.source) this.source.nudge();
    else if (!document.hidden) this.channel.postMessage({ nudge: true });
  }
}

class OwnLink {
  constructor(url, onMessage) {
    Object.assign(this, { url, onMessage });
  }

  begin(place) {
    const { onMessage } = this;
    this.source = new Source(this.url, place, { onNews: (news) => onMessage({ news }), onState: (state) => onMessage({ state }) });
  }

  nudge() {
    this.source?.nudge(!document.hidden);
  }
}

function withoutWorker(url, onMessage) {
  const shared = typeof BroadcastChannel !== "undefined" && navigator.locks;
  return shared ? new LeaderLink(url, onMessage) : new OwnLink(url, onMessage);
}

export function link(url, onMessage) {
  try {
    if (typeof SharedWorker !== "undefined") return new WorkerLink(url, onMessage);
  } catch { /* forbidden here: the next way */ }
  return withoutWorker(url, onMessage);
}
