// <ok-lightbox>: photos of the conversation over the whole window. Without script a photo opens in a tab of its own.
const MOST = 8;
const STEP = 1.25;

const middle = ([one, other]) => ({ clientX: (one.clientX + other.clientX) / 2, clientY: (one.clientY + other.clientY) / 2 });
const apart = ([one, other]) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);

class Lightbox extends HTMLElement {
  connectedCallback() {
    this.fingers = new Map();
    this.dialog = this.closest("dialog");
    this.stage = this.querySelector(".lightbox__stage");
    this.picture = this.querySelector("img");
    document.addEventListener("click", (event) => this.call(event));
    this.addEventListener("click", (event) => this.press(event));
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    this.dialog.addEventListener("close", () => (this.picture.removeAttribute("src"), this.fingers.clear()));
    this.stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.stage.addEventListener("dblclick", (event) => this.zoom(this.scale > 1 ? 1 / this.scale : 2.5, event));
    this.stage.addEventListener("pointerdown", (event) => this.hold(event));
    this.stage.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) this.stage.addEventListener(end, (event) => this.release(event));
  }

  call(event) {
    const thumb = event.target.closest?.(".thumb");
    if (!thumb || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.thumbs = [...document.querySelectorAll(".thread .thumb")];
    if (!this.thumbs.includes(thumb)) this.thumbs = [thumb];
    this.show(this.thumbs.indexOf(thumb));
    this.dialog.showModal();
  }

  show(place) {
    this.place = (place + this.thumbs.length) % this.thumbs.length;
    const thumb = this.thumbs[this.place];
    const image = thumb.querySelector("img");
    this.picture.src = thumb.href;
    this.picture.alt = image.alt;
    this.querySelector(".lightbox__name").textContent = image.alt;
    this.querySelector(".lightbox__place").textContent = this.thumbs.length > 1 ? `${this.place + 1} / ${this.thumbs.length}` : "";
    this.querySelector("[data-open]").href = thumb.href;
    for (const step of this.querySelectorAll("[data-step]")) step.hidden = this.thumbs.length < 2;
    this.fit();
  }

  fit() {
    this.scale = 1;
    this.left = this.top = 0;
    this.draw();
  }

  draw() {
    this.picture.style.transform = `translate(${this.left}px, ${this.top}px) scale(${this.scale})`;
    this.stage.toggleAttribute("data-zoomed", this.scale > 1);
  }

  // the point under the pointer stays where it is
  zoom(factor, at) {
    const scale = Math.min(MOST, Math.max(1, this.scale * factor));
    if (scale === 1) return this.fit();
    const box = this.stage.getBoundingClientRect();
    const across = at ? at.clientX - box.left - box.width / 2 : 0;
    const down = at ? at.clientY - box.top - box.height / 2 : 0;
    const change = scale / this.scale;
    this.left = across - (across - this.left) * change;
    this.top = down - (down - this.top) * change;
    this.scale = scale;
    this.draw();
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(event.deltaY < 0 ? STEP : 1 / STEP, event);
  }

  hold(event) {
    if (event.button) return;
    this.fingers.set(event.pointerId, event);
    if (this.fingers.size === 1) this.moved = false;
    if (this.fingers.size === 2) this.pinch();
    else if (this.scale > 1) this.grip(event);
  }

  grip(event) {
    this.held = { x: event.clientX - this.left, y: event.clientY - this.top };
    this.stage.setPointerCapture(event.pointerId);
    this.stage.toggleAttribute("data-held", true);
  }

  pinch() {
    const two = [...this.fingers.values()];
    this.held = null;
    this.pinched = { apart: apart(two), ...middle(two) };
  }

  drag(event) {
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, event);
    if (this.fingers.size === 2) return this.spread();
    if (!this.held) return;
    this.left = event.clientX - this.held.x;
    this.top = event.clientY - this.held.y;
    this.moved = true;
    this.draw();
  }

  // two fingers: the photo grows with their distance and goes with them
  spread() {
    const { apart: before, clientX, clientY } = this.pinched;
    const two = [...this.fingers.values()];
    const at = middle(two);
    this.left += at.clientX - clientX;
    this.top += at.clientY - clientY;
    this.moved = true;
    this.pinch();
    this.zoom(apart(two) / Math.max(1, before), at);
  }

  release(event) {
    this.fingers.delete(event.pointerId);
    this.held = null;
    this.stage.toggleAttribute("data-held", false);
    const [left] = this.fingers.values();
    if (left && this.scale > 1) this.grip(left);
  }

  press(event) {
    const step = event.target.closest("[data-step]");
    if (step) return this.show(this.place + Number(step.dataset.step));
    const zoom = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (zoom) return zoom === "fit" ? this.fit() : this.zoom(zoom === "in" ? STEP : 1 / STEP);
    const beside = event.target === this.stage && this.scale === 1 && !this.moved;
    if (event.target.closest("[data-close]") || beside) this.dialog.close();
    this.moved = false;
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.code];
    if (step) this.show(this.place + step);
    else if (["Equal", "NumpadAdd"].includes(event.code)) this.zoom(STEP);
    else if (["Minus", "NumpadSubtract"].includes(event.code)) this.zoom(1 / STEP);
    else if (["Digit0", "Numpad0"].includes(event.code)) this.fit();
    else return;
    event.preventDefault();
  }
}

customElements.define("ok-lightbox", Lightbox);
