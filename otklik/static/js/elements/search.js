// <ok-search>: the search page. From the line the arrow goes down to the rows; Escape leaves the line to the keys.
class Search extends HTMLElement {
  connectedCallback() {
    this.line = this.querySelector("[data-search-focus]");
    this.line.setSelectionRange(this.line.value.length, this.line.value.length);
    this.line.addEventListener("keydown", (event) => this.leave(event));
    this.addEventListener("htmx:afterSwap", () => this.name());
  }

  leave(event) {
    if (event.isComposing || !["ArrowDown", "Escape"].includes(event.code)) return;
    const list = this.querySelector("ok-list");
    const row = event.code === "ArrowDown" && list?.querySelector(".ticket-row");
    if (event.code === "ArrowDown" && !row) return;
    event.preventDefault();
    if (row) list.focusRow(row);
    else this.line.blur();
  }

  // the title follows the line, so that a tab and the history say what was looked for
  name() {
    const [, ...rest] = document.title.split(" · ").slice(-2);
    document.title = [this.line.value.trim(), this.line.getAttribute("aria-label"), ...rest].filter(Boolean).join(" · ");
  }
}

customElements.define("ok-search", Search);
