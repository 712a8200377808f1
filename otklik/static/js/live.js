// The news of the desk for one page. It asks once what came since the page was made, then hears from the stream that
// all tabs of the browser share. A page that is not looked at gathers and hears it when it is.
import { request } from "./net.js";
import { link } from "./live/links.js";

const FIRST = 300;
const SPREAD = 150; // browsers that hear the same news do not all ask at the same moment
const SLOWEST = 30000;

// while much comes in, a page is read anew every ten seconds at most, and not by all browsers at once
function calm() {
  const last = Number(sessionStorage.getItem("refreshed") ?? 0);
  return Math.max(0, last + 10000 - Date.now()) + Math.random() * 1000;
}

export class Live {
  constructor(url, since, rights, { onChange, onState }) {
    Object.assign(this, { url, since, rights, onChange, onState, wait: 1500, begun: false });
    this.kept = { tickets: new Set(), refresh: false };
    this.link = link(url, (message) => this.heard(message));
    document.addEventListener("visibilitychange", () => this.looked());
    window.addEventListener("online", () => this.again());
    window.addEventListener("offline", () => this.onState(false));
    window.addEventListener("pageshow", (event) => event.persisted && this.again());
  }

  start(delay = FIRST) {
    if (this.begun) return void this.link.nudge();
    clearTimeout(this.timer);
    if (!document.hidden) this.timer = setTimeout(() => this.ask(), delay + Math.random() * 100);
  }

  again() {
    this.begun = false;
    this.start(0);
  }

  looked() {
    this.link.nudge();
    if (!this.begun) this.start(0);
    else if (!document.hidden) this.tell();
  }

  async ask() {
    if (this.busy) return;
    this.busy = true;
    try {
      const answer = await (await request(`${this.url}?since=${this.since}`, { headers: { Accept: "application/json" } })).json();
      Object.assign(this, { since: answer.since, begun: true, wait: 1500 });
      this.onState(true);
      this.gather(answer);
      this.link.begin(answer.since);
    } catch (error) {
      // a session that ended sends us to the sign-in page; anything else is tried again, slower each time
      if (error.status === 401) return void location.reload();
      this.wait = Math.min(this.wait * 2, SLOWEST);
      if (this.wait > 3000) this.onState(false);
      this.timer = setTimeout(() => this.ask(), this.wait);
    } finally {
      this.busy = false;
    }
  }

  heard({ news, state, again }) {
    if (again) this.again();
    else if (state === "out") location.reload();
    else if (state) this.onState(state === "on");
    else if (news) this.gather(news);
  }

  gather({ tickets = [], counters, presence, refresh = false, moved = false, rights = this.rights }) {
    for (const ticket of tickets) this.kept.tickets.add(ticket);
    this.kept.refresh ||= refresh;
    this.kept.moved ||= moved || rights !== this.rights; // what is shown was seen with the former ones
    this.rights = rights;
    if (counters) this.kept.counters = counters;
    if (presence) this.kept.presence = presence;
    if (document.hidden) return;
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.tell(), this.kept.refresh ? calm() : Math.random() * SPREAD);
  }

  tell() {
    const { tickets, ...news } = this.kept;
    this.kept = { tickets: new Set(), refresh: false };
    if (news.refresh) sessionStorage.setItem("refreshed", Date.now());
    if (tickets.size || news.refresh || news.moved || news.counters || news.presence) this.onChange({ tickets: [...tickets], ...news });
  }
}
