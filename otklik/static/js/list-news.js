// What changed in a list of tickets while it is open: only the rows in question are fetched, and put where they belong by
// data-sort (newest first). The page is never loaded anew where a part will do: choice, focus and messages stay.
import { reload } from "./elements/toasts.js";
import { adopt, replaceChanged, wake } from "./merge.js";
import { fetchPart } from "./net.js";

const MOST = 50; // rows asked for at once
const rowsIn = (part) => [...part.querySelectorAll(".ticket-row")];

export class ListNews {
  constructor(list) {
    this.list = list;
  }

  // something may have left the reader's sight: look again at what is shown, a page of rows at a time
  async lookAgain(known = new Set()) {
    const shown = [...this.list.querySelectorAll(".ticket-row")].map((row) => row.id).filter((id) => !known.has(id));
    for (let at = 0; at < shown.length; at += MOST) await this.ask(shown.slice(at, at + MOST));
  }

  // more changed than can be named: the first page is read anew, then what is shown below it
  async readAnew() {
    const page = await fetchPart(this.list.dataset.url).catch(() => null);
    if (!page) return;
    const rows = rowsIn(page);
    await this.take(rows.map((row) => row.id), rows);
    await this.lookAgain(new Set(rows.map((row) => row.id)));
  }

  async heard({ tickets, refresh, moved }) {
    if (refresh || tickets.size > MOST) return void this.readAnew();
    if (moved) this.lookAgain();
    if (tickets.size) await this.ask([...tickets].map((number) => `t-${number}`));
  }

  async ask(ids) {
    const separator = this.list.dataset.url.includes("?") ? "&" : "?";
    const numbers = ids.map((id) => id.slice(2)).join(",");
    const fresh = await fetchPart(`${this.list.dataset.url}${separator}ids=${numbers}`).catch(() => null);
    if (fresh) await this.take(ids, rowsIn(fresh));
  }

  async take(ids, rows) {
    const hadRows = Boolean(this.list.querySelector(".ticket-row"));
    const arrived = new Map(rows.map((row) => [row.id, row]));
    for (const id of ids) this.place(id, arrived.get(id));
    if (hadRows !== Boolean(this.list.querySelector(".ticket-row"))) await this.drawAround();
    this.list.countSelected({ byNews: true });
  }

  // the last row went or the first one came: what stands around the rows is another then
  async drawAround() {
    if (!this.list.querySelector(".page-head")) return void reload();
    const page = await fetchPart(this.list.dataset.url).catch(() => null);
    const head = page?.querySelector(".page-head");
    if (!head) return;
    const copy = adopt(head);
    this.list.querySelector(".page-head").replaceWith(copy);
    wake(copy);
    this.list.querySelector(".ticket-list__empty")?.remove();
    const empty = page.querySelector(".ticket-list__empty");
    if (empty && !this.list.querySelector(".ticket-row")) this.list.rows.after(adopt(empty));
  }

  place(id, row) {
    const shown = this.list.querySelector(`#${id}`);
    if (!row) return void shown?.remove();
    if (shown && shown.dataset.sort === row.dataset.sort) return void replaceChanged(shown, row);
    const copy = adopt(row);
    const checked = shown?.querySelector(".ticket-row__select").checked;
    const focused = shown?.contains(document.activeElement);
    if (shown?.classList.contains("ticket-row--focus")) copy.classList.add("ticket-row--focus");
    if (checked || this.list.whole) copy.querySelector(".ticket-row__select").checked = true;
    shown?.remove();
    const below = [...this.list.querySelectorAll(".ticket-row")].find((other) => other.dataset.sort < row.dataset.sort);
    if (below) below.before(copy);
    else if (!this.list.querySelector("[data-more]")) this.list.rows.append(copy);
    copy.classList.add("ticket-row--fresh");
    wake(copy);
    if (focused) copy.querySelector(".ticket-row__open").focus({ preventScroll: true });
  }
}
