// What changed since we last asked: every 1.5 s while the page is looked at, slower while the server does not answer.
import { request } from "./net.js";

const EVERY = 1500;
const SLOWEST = 30000;

export class Live {
  constructor(url, since, { onChange, onState }) {
    Object.assign(this, { url, since, onChange, onState, wait: EVERY, timer: 0, busy: false });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.stop() : this.ask()));
    window.addEventListener("online", () => this.ask());
    window.addEventListener("offline", () => this.onState(false));
  }

  start(delay = EVERY) {
    this.stop();
    if (!document.hidden) this.timer = setTimeout(() => this.ask(), delay + Math.random() * 200);
  }

  stop() {
    clearTimeout(this.timer);
  }

  async ask() {
    if (this.busy) return;
    this.busy = true;
    this.stop();
    try {
      const answer = await (await request(`${this.url}?since=${this.since}`)).json();
      this.wait = EVERY;
      this.since = answer.since;
      this.onState(true);
      this.onChange(answer);
    } catch (error) {
      // a session that ended sends us to the sign-in page; anything else is tried again, slower each time
      if (error.status === 401) return void location.reload();
      this.wait = Math.min(this.wait * 2, SLOWEST);
      if (this.wait > EVERY * 2) this.onState(false);
    } finally {
      this.busy = false;
    }
    this.start(this.wait);
  }
}
