// Drafts of replies and notes: at once in this browser, a moment later on the server, so that they survive a crash, a
// lost network and another machine. Each ticket and mode has its own; two windows that write are told of each other. A
// form keeps its other fields along.
import { RequestFailed, request } from "./net.js";
import { ownKey, person } from "./own-keys.js";

const SAVE_AFTER = 900;
const AGAIN_AFTER = 8000;
const clock = () => new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

// servers give fields back in an order of their own, and the time that was counted along with them
const plain = (fields) => JSON.stringify(Object.entries(fields ?? {}).filter(([name]) => name !== "spent").sort(([a], [b]) => (a < b ? -1 : 1)));
const alike = (mine, theirs) => mine.text === (theirs?.text ?? "") && (!mine.fields || plain(mine.fields) === plain(theirs?.fields));

export class Drafts {
  // parts(mode) gives {text, files, fields?}; onState(kind, time) is told "saved" or "local"; onClash(mode, draft)
  constructor(ticket, { url, parts, onState, onClash, modes = ["reply", "note"] }) {
    Object.assign(this, { ticket, url, parts, onState, onClash, modes, timers: {}, going: Promise.resolve(), stopped: {} });
    window.addEventListener("online", () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden && this.flush({ keepalive: true }));
  }

  key(mode) {
    return ownKey("draft", this.ticket, mode);
  }

  local(mode) {
    const held = localStorage.getItem(this.key(mode));
    if (!held) return { text: "", version: 0, dirty: false };
    try {
      const read = JSON.parse(held);
      if (typeof read.text === "string") return read;
    } catch { /* written before drafts went to the server */ }
    return { text: held, version: 0, dirty: true };
  }

  // what is kept here: the text, and the fields where there are any
  said(mode) {
    const { text, fields } = this.parts(mode);
    return fields ? { text, fields } : { text };
  }

  write(mode, entry) {
    if (entry.text || entry.version || entry.dirty) localStorage.setItem(this.key(mode), JSON.stringify(entry));
    else localStorage.removeItem(this.key(mode));
  }

  changed(mode) {
    if (this.closed) return;
    this.write(mode, { ...this.local(mode), ...this.said(mode), dirty: true });
    this.plan(mode, SAVE_AFTER);
  }

  plan(mode, delay) {
    clearTimeout(this.timers[mode]);
    this.timers[mode] = setTimeout(() => this.save(mode), delay);
  }

  flush(options) {
    for (const mode of this.modes) if (this.local(mode).dirty && !this.stopped[mode]) this.save(mode, options);
  }

  // one after the other, so that a slow answer never overtakes a newer text
  save(mode, options = {}) {
    clearTimeout(this.timers[mode]);
    this.going = this.going.then(() => this.send(mode, options));
    return this.going;
  }

  async send(mode, { keepalive = false } = {}) {
    const held = this.local(mode);
    if (!held.dirty || this.stopped[mode]) return;
    const { text, files, fields } = this.parts(mode);
    const before = JSON.stringify(this.said(mode));
    const body = new FormData();
    for (const [name, value] of Object.entries({ mode, text, version: held.version, person: person() })) body.append(name, value);
    if (fields) body.append("fields", JSON.stringify(fields));
    for (const id of files) body.append("attachments", id);
    try {
      const answer = await request(this.url, { method: "POST", body, keepalive: keepalive && text.length < 50_000 });
      const { version } = await answer.json();
      const same = JSON.stringify(this.said(mode)) === before;
      this.write(mode, { ...this.said(mode), version, dirty: !same });
      if (same) this.onState("saved", clock());
    } catch (error) {
      if (error instanceof RequestFailed && error.status === 409) {
        const { draft } = await error.response.json();
        this.stopped[mode] = true;
        this.onClash(mode, draft);
      } else if (!(error instanceof RequestFailed) || error.status >= 500) {
        this.onState("local", clock());
        this.plan(mode, AGAIN_AFTER);
      }
    }
  }

  // what the server holds, for modes in which nothing newer was written here; the rest is saved or shown as a clash
  async load() {
    const [only] = this.modes;
    const held = await request(this.modes.length > 1 ? this.url : `${this.url}?mode=${only}`).then((answer) => answer.json()).catch(() => null);
    if (!held) return {};
    const fresh = {};
    for (const mode of this.modes) {
      const [mine, theirs] = [this.local(mode), held[mode]];
      if (mine.dirty && !alike(mine, theirs)) {
        if ((theirs?.version ?? 0) === mine.version) this.save(mode);
        else if (theirs) this.clash(mode, theirs);
        else this.settle(mode, 0);
      } else if (theirs) {
        this.write(mode, { text: theirs.text, fields: theirs.fields, version: theirs.version, dirty: false });
        fresh[mode] = theirs;
      } else if ((mine.text || mine.fields) && !mine.dirty) {
        this.write(mode, { text: "", version: 0, dirty: false }); // sent or emptied elsewhere
        fresh[mode] = { text: "", files: [], fields: {} };
      }
    }
    return fresh;
  }

  clash(mode, theirs) {
    this.stopped[mode] = true;
    this.onClash(mode, theirs);
  }

  // the writer chose his own text: it goes over the other's
  settle(mode, version) {
    this.stopped[mode] = false;
    this.write(mode, { ...this.local(mode), version, dirty: true });
    return this.save(mode);
  }

  // the writer chose the other's text
  take(mode, draft) {
    this.stopped[mode] = false;
    this.write(mode, { text: draft.text, fields: draft.fields, version: draft.version, dirty: false });
  }

  // before sending: nothing that was being saved may arrive after it
  async hold(mode) {
    clearTimeout(this.timers[mode]);
    await this.going;
  }

  forget(mode) {
    clearTimeout(this.timers[mode]);
    localStorage.removeItem(this.key(mode));
  }
}
