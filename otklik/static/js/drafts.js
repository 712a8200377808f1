// Drafts of replies and notes, kept in this browser until they are sent. Each ticket and mode has its own.

export class Drafts {
  constructor(ticket) {
    this.ticket = ticket;
    this.timer = 0;
  }

  key(mode) {
    return `draft:${this.ticket}:${mode}`;
  }

  read(mode) {
    return localStorage.getItem(this.key(mode)) ?? "";
  }

  // texts: {reply: "…", note: "…"}; written a moment after the last key
  keep(texts, onKept) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      for (const [mode, text] of Object.entries(texts())) {
        if (text) localStorage.setItem(this.key(mode), text);
        else localStorage.removeItem(this.key(mode));
      }
      onKept(new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }));
    }, 400);
  }

  forget(mode) {
    clearTimeout(this.timer);
    localStorage.removeItem(this.key(mode));
  }
}
