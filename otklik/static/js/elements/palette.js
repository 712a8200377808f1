// <ok-palette>: Ctrl+K or ⌘K. What the page itself offers (links of the rail, everything with a key) is found at once
// and in the wrong keyboard layout too; settings, tags, saved replies, tickets and people come from the server.
import { press } from "../keys.js";
import { switched } from "../layout.js";
import { request } from "../net.js";

const MOST = 8;

const plain = (text) => text.toLowerCase().replaceAll("ё", "е").replace(/\s+/g, " ").trim();

function fits(label, words) {
  const text = plain(label);
  if (text.startsWith(words)) return 3;
  if (text.includes(` ${words}`)) return 2;
  return text.includes(words) ? 1 : 0;
}

// everything on the page that can be pressed by a key or stands in the rail, by its words; the first of a name counts
function commands() {
  const found = new Map();
  for (const element of document.querySelectorAll("[data-key], .rail__link, .rail__profile")) {
    if (element.closest("dialog") || (!element.checkVisibility() && !element.matches(".rail *"))) continue;
    const label = words(element);
    const key = element.dataset.key?.replace("Key", "") ?? "";
    if (label && !found.has(label)) found.set(label, { label, key, element });
  }
  return [...found.values()];
}

function words(element) {
  const named = element.getAttribute("aria-label") || element.title;
  if (named) return named.split(" · ")[0];
  const copy = element.cloneNode(true);
  copy.querySelectorAll(".kbd, .rail__count, .avatar, svg").forEach((part) => part.remove());
  return copy.textContent.trim().replace(/\s+/g, " ");
}

class Palette extends HTMLElement {
  connectedCallback() {
    this.dialog = this.closest("dialog");
    this.field = this.querySelector("input");
    this.list = this.querySelector("ul");
    document.addEventListener("keydown", (event) => this.call(event));
    this.field.addEventListener("input", () => this.look());
    this.addEventListener("keydown", (event) => this.walk(event));
    this.list.addEventListener("click", (event) => this.choose(event.target.closest("li"), event));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  call(event) {
    if (event.code !== "KeyK" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (this.dialog.open) return this.dialog.close();
    if (document.querySelector("dialog[open]")) return;
    this.commands = commands();
    this.field.value = "";
    this.dialog.showModal();
    this.look();
  }

  look() {
    const asked = plain(this.field.value);
    clearTimeout(this.timer);
    this.show(this.local(asked));
    if (asked.length > 1) this.timer = setTimeout(() => this.ask(this.field.value.trim()), 120);
  }

  local(asked) {
    if (!asked) return this.commands.slice(0, MOST);
    return this.commands
      .map((command) => ({ command, rank: Math.max(fits(command.label, asked), fits(command.label, switched(asked))) }))
      .filter(({ rank }) => rank)
      .sort((one, other) => other.rank - one.rank)
      .slice(0, MOST)
      .map(({ command }) => command);
  }

  show(found) {
    this.list.replaceChildren(...found.map((command) => this.line(command)));
    this.mark(this.list.firstElementChild);
  }

  line(command) {
    const item = Object.assign(document.createElement("li"), { role: "none" });
    const button = Object.assign(document.createElement("button"), { type: "button", role: "option", className: "palette__line", tabIndex: -1 });
    const icon = command.element.querySelector("svg, .rail__dot")?.cloneNode(true);
    if (icon) button.append(icon);
    button.append(Object.assign(document.createElement("span"), { className: "truncate", textContent: command.label }));
    if (command.key) button.append(Object.assign(document.createElement("span"), { className: "kbd", textContent: command.key }));
    item.append(button);
    item.command = command;
    return item;
  }

  async ask(asked) {
    const writing = document.querySelector("ok-composer:not([data-saved-url=''])") ? "&writing=1" : "";
    const answer = await request(`${this.dataset.url}?q=${encodeURIComponent(asked)}${writing}`).catch(() => null);
    if (!answer || this.field.value.trim() !== asked) return;
    const part = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    for (const line of [...this.list.children]) if (!line.command) line.remove();
    this.list.append(...part.children);
    if (!this.marked?.isConnected) this.mark(this.list.firstElementChild);
    this.querySelector(".palette__none").hidden = this.list.children.length > 0;
  }

  mark(line) {
    this.marked?.firstElementChild.setAttribute("aria-selected", "false");
    this.marked = line;
    this.querySelector(".palette__none").hidden = Boolean(line) || this.field.value.trim().length > 1;
    if (!line) return this.field.removeAttribute("aria-activedescendant");
    const option = line.firstElementChild;
    option.id ||= `palette-${Math.random().toString(36).slice(2)}`;
    option.setAttribute("aria-selected", "true");
    line.scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", option.id);
  }

  walk(event) {
    if (event.isComposing) return;
    const lines = [...this.list.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.code];
    if (step && lines.length) this.mark(lines[(lines.indexOf(this.marked) + step + lines.length) % lines.length]);
    else if (event.code === "Enter" || event.code === "NumpadEnter") this.choose(this.marked, event);
    else return;
    event.preventDefault();
  }

  choose(line, event) {
    if (!line) return;
    const link = line.querySelector("a");
    if (link) {
      if (event.type === "click") return; // the browser follows the link itself
      if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
      else location.assign(link.href);
      return;
    }
    this.dialog.close();
    const { saved } = line.firstElementChild.dataset;
    if (saved) return document.dispatchEvent(new CustomEvent("saved-reply", { detail: { id: saved } }));
    press(line.command.element);
  }
}

customElements.define("ok-palette", Palette);
