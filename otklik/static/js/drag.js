// Dragging rows of the list onto a person, a team, a status, a tag or a folder. While something is dragged a tray with
// people and statuses stands at the side, and the folders of the rail say whether they take it. By keys the same is done
// in the bar of the selected.
import { adopt, wake } from "./merge.js";
import { fetchPart, request } from "./net.js";
import { namedRows } from "./selection.js";

const fine = matchMedia("(pointer: fine)"); // on a touch screen a long press belongs to the browser
let tray = null;

async function fetchTray() {
  tray ??= fetchPart("/tickets/bulk/?menu=targets").then((body) => body.querySelector("ok-drop-tray"));
  return tray.catch(() => (tray = null));
}

function tell(headers) {
  for (const [name, detail] of Object.entries(JSON.parse(headers?.get("HX-Trigger") ?? "{}"))) {
    document.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

// where a colleague was faster, that is shown above the rows
async function showClash(answer, list) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const host = list.querySelector(answer.headers.get("HX-Retarget") ?? "#list-clash");
  if (!page.body.firstElementChild || !host) return;
  host.replaceChildren(adopt(page.body.firstElementChild));
  wake(host);
}

async function send(list, rows, act) {
  const body = new URLSearchParams({ ...rows, ...Object.fromEntries(new URLSearchParams(act)) });
  try {
    const answer = await request("/tickets/bulk/", { method: "POST", body });
    tell(answer.headers);
    await showClash(answer, list);
  } catch (error) {
    tell(error.response?.headers);
  }
}

// what lies under the pointer, small: how many there are and the first subject
function badge(list, rows) {
  const element = Object.assign(document.createElement("div"), { className: "drag-badge" });
  const count = Object.assign(document.createElement("b"), { textContent: rows.length });
  element.append(count, rows[0].querySelector(".ticket-row__subject").textContent);
  list.append(element);
  setTimeout(() => element.remove());
  return element;
}

class Drag {
  constructor(list, rows) {
    this.named = namedRows(rows); // as they were when they were taken up
    this.rows = rows;
    this.list = list;
    this.places = [];
    for (const row of rows) row.classList.add("ticket-row--dragged");
    this.stop = new AbortController();
    document.addEventListener("dragend", () => this.end(), { signal: this.stop.signal });
    fetchTray().then((found) => found && !this.over && this.show(found));
  }

  show(found) {
    this.tray = found.cloneNode(true);
    this.offerTags();
    document.body.append(this.tray);
    for (const place of this.tray.querySelectorAll("[data-drop]")) this.offer(place, place.dataset.drop);
    const acts = JSON.parse(this.tray.dataset.rail);
    for (const link of document.querySelectorAll(".rail__link")) {
      const key = link.querySelector("[data-count]")?.dataset.count;
      this.offer(link, link.matches("[aria-current]") ? undefined : acts[key]);
    }
  }

  // the tags of the rows on the page are the ones at hand
  offerTags() {
    const host = this.tray.querySelector("[data-tags]");
    const names = new Set([...this.list.querySelectorAll("a.chip")].map((chip) => chip.textContent));
    for (const name of [...names].slice(0, 12)) {
      const chip = Object.assign(document.createElement("span"), { className: "drop-tray__tag", textContent: name });
      chip.dataset.drop = String(new URLSearchParams({ tags: name }));
      host?.append(chip);
    }
    host?.toggleAttribute("hidden", !names.size);
  }

  offer(place, act) {
    const { signal } = this.stop;
    this.places.push(place);
    place.classList.add(act === undefined ? "drop-no" : "drop-yes");
    if (act === undefined) return;
    const leave = () => place.classList.remove("drop-over");
    place.addEventListener("dragover", (event) => {
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
      place.classList.add("drop-over");
    }, { signal });
    place.addEventListener("dragleave", (event) => place.contains(event.relatedTarget) || leave(), { signal });
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      this.end();
      send(this.list, this.named, act);
    }, { signal });
  }

  end() {
    this.over = true;
    this.stop.abort();
    this.tray?.remove();
    for (const row of this.rows) row.classList.remove("ticket-row--dragged");
    for (const place of this.places) place.classList.remove("drop-no", "drop-yes", "drop-over");
  }
}

export function useDrag(list) {
  list.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.(".ticket-row");
    if (!row || !fine.matches || event.target.closest(".chip")) return;
    const chosen = list.selected.map((box) => box.closest(".ticket-row"));
    const rows = chosen.includes(row) ? chosen : [row];
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", rows.map((one) => one.id.slice(2)).join(", "));
    event.dataTransfer.setDragImage(badge(list, rows), -12, -12);
    setTimeout(() => new Drag(list, rows)); // what is changed at once would end the dragging in Chromium
  });
}
