// Where news come from: the stream, and where it does not pass (an old proxy, too many streams) the same address asked
// every 1.5 s. Knows the place up to which it has told, so that a new connection goes on there.

const EVENTS = ["news", "reset", "beat", "end"];
const SILENT = 40000; // the server gives a sign of life every 15 s
const FIRST = 8000; // the first frame comes at once; a proxy that keeps it back is no stream
const EVERY = 1500;
const SLOWEST = 30000;
const STREAM_AGAIN = 2000; // a refused stream is tried anew after so long, doubled each time up to a minute
const MINUTE = 60000;
const jitter = (delay) => delay * (0.7 + Math.random() * 0.6);

export class Source {
  // onNews({tickets, counters, presence, refresh, moved}), onState("on" | "off" | "out")
  constructor(url, place, { onNews, onState }) {
    Object.assign(this, { url, place, onNews, onState, watched: true, asking: false, wait: EVERY, noStreamUntil: 0, refused: 0 });
    this.open();
  }

  open() {
    this.close();
    if (Date.now() < this.noStreamUntil || typeof EventSource === "undefined") return void this.ask();
    this.fresh = true;
    this.stream = new EventSource(`${this.url}?since=${this.place}`);
    for (const name of EVENTS) this.stream.addEventListener(name, (event) => this.heard(name, event));
    this.stream.addEventListener("error", () => this.failed());
    this.watch(FIRST);
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.dog);
    this.stream?.close();
    this.stream = null;
  }

  heard(name, event) {
    this.watch(SILENT);
    Object.assign(this, { wait: EVERY, refused: 0 });
    if (event.lastEventId) this.place = event.lastEventId;
    this.say("on");
    // what is shown was seen with rights that are others now
    if (name === "end" && JSON.parse(event.data) === "rights") this.onNews({ moved: true });
    if (name !== "news" && name !== "reset") return;
    const news = JSON.parse(event.data);
    if (this.fresh && this.presence) news.presence ??= {}; // a stream begins without a word of it where nobody is
    this.fresh = false;
    this.presence = news.presence ?? this.presence; // for tabs that join later: it is told only when it changes
    this.onNews(name === "reset" ? { ...news, refresh: true } : news);
  }

  // the browser itself comes back to a stream that broke; a refused one it gives up, and a silent one it does not see
  failed() {
    if (this.stream?.readyState === EventSource.CLOSED) this.giveUp();
    else this.watch(FIRST);
  }

  watch(patience) {
    clearTimeout(this.dog);
    this.dog = setTimeout(() => this.giveUp(), patience);
  }

  giveUp() {
    this.noStreamUntil = Date.now() + jitter(Math.min(MINUTE, STREAM_AGAIN * 2 ** this.refused++));
    this.ask();
  }

  say(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state);
  }

  async ask() {
    this.close();
    if (this.asking || !this.watched) return;
    this.asking = true;
    const status = await this.fetch();
    this.asking = false;
    if (status === 401) return void this.say("out");
    if (status === 200) this.say("on");
    else {
      this.wait = Math.min(this.wait * 2, SLOWEST);
      if (this.wait > EVERY * 2) this.say("off");
    }
    this.timer = setTimeout(() => this.open(), jitter(this.wait));
  }

  async fetch() {
    try {
      const options = { credentials: "same-origin", headers: { "HX-Request": "true", Accept: "application/json" } };
      const response = await fetch(`${this.url}?since=${this.place}&here=1`, options);
      if (!response.ok) return response.status;
      const answer = await response.json();
      this.place = answer.since;
      this.wait = EVERY;
      if (JSON.stringify(answer.presence) === JSON.stringify(this.presence)) delete answer.presence;
      this.presence = answer.presence ?? this.presence;
      this.onNews(answer);
      return 200;
    } catch {
      return 0;
    }
  }

  // somebody looks again, or changed something himself: where news are asked for, ask now
  nudge(watched = true) {
    this.watched = watched;
    if (watched && !this.stream) this.ask();
  }
}
