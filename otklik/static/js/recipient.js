// Where the reply goes when somebody chose so: the address, the mailbox, the linked tickets that get it too. The choice
// stands in hidden fields of the composer, where no live change of the ticket reaches it; the chips show what will be
// sent. It is kept with the draft on this computer and ends with the reply; a reply that is taken back has it again.

const read = (key) => JSON.parse(localStorage.getItem(key) ?? "null");
const plain = (text) => text.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();

export class Recipient {
  constructor(composer) {
    this.composer = composer;
    this.key = `recipient:${composer.dataset.ticket}`;
    this.fields = composer.form.elements;
    const card = composer.closest("ok-card") ?? composer;
    composer.addEventListener("input", (event) => event.target.closest("[data-choice]") && this.chosen(event.target));
    composer.addEventListener("htmx:afterSwap", () => this.mark());
    card.addEventListener("ok:replaced", () => this.show());
    card.addEventListener("change", (event) => event.target.name === "also" && this.show());
    composer.querySelector("#recipient-form").addEventListener("submit", (event) => this.close(event));
    this.restore();
  }

  // a choice without a draft that it was made for is none
  restore() {
    this.put((this.composer.drafts.local("reply").text && read(this.key)) || {});
  }

  put({ to = "", box = "", name = "" }) {
    Object.assign(this, { name });
    this.fields.to.value = to;
    this.fields.from_channel.value = box;
    if (to || box) localStorage.setItem(this.key, JSON.stringify({ to, box, name }));
    else localStorage.removeItem(this.key);
    this.show();
  }

  chosen(field) {
    if (field.type === "email") field.closest("label").querySelector("[type=radio]").checked = true;
    const choices = [...this.composer.querySelectorAll("[data-choice] [type=radio]:checked")];
    const of = (name) => choices.find((radio) => radio.name === name && !("usual" in radio.dataset));
    const [to, box] = [of("choose_to"), of("choose_box")];
    const address = to?.value || to?.closest("label").querySelector("[type=email]").value.trim();
    this.put({ to: address, box: box?.value, name: box?.dataset.name });
  }

  // the menu comes with the usual ones checked
  mark() {
    const menu = this.composer.querySelector("[data-choice]");
    if (!menu) return;
    const { to, from_channel: box } = this.fields;
    const radios = (name) => [...menu.querySelectorAll(`[name=${name}]`)];
    const known = radios("choose_to").find((radio) => radio.value === to.value);
    if (to.value && known) known.checked = true;
    else if (to.value) {
      const other = menu.querySelector("[type=email]");
      other.value = to.value;
      other.closest("label").querySelector("[type=radio]").checked = true;
    }
    const sent = radios("choose_box").find((radio) => radio.value === box.value);
    if (sent) sent.checked = true;
  }

  show() {
    const who = this.composer.querySelector("#composer-who");
    const chip = who?.querySelector("#choose-recipient");
    if (!chip) return;
    const to = chip.querySelector("[data-to]");
    const name = this.fields.to.value || to.dataset.usual;
    to.textContent = this.name ? chip.dataset.from.replace("{to}", name).replace("{box}", this.name) : name;
    chip.classList.toggle("chip--accent", Boolean(this.fields.to.value || this.name));
    const also = this.also.filter((field) => field.checked);
    const others = who.querySelector("[data-also]");
    others.hidden = !also.length;
    others.textContent = `+ ${also.map((field) => `№\u00a0${field.value}`).join(", ")}`;
  }

  close(event) {
    event.preventDefault();
    this.composer.querySelector("#choose-recipient").closest("details").removeAttribute("open");
  }

  get also() { return [...this.composer.form.elements].filter((field) => field.name === "also"); }

  // sent: the next reply goes where replies usually go
  forget(text) {
    const { to, from_channel: box } = this.fields;
    const also = this.also.filter((field) => field.checked).map((field) => field.value);
    const sent = { text: plain(text), to: to.value, box: box.value, name: this.name, also };
    if (sent.to || sent.box || also.length) localStorage.setItem(`${this.key}:sent`, JSON.stringify(sent));
    else localStorage.removeItem(`${this.key}:sent`);
    for (const field of this.also) field.checked = false;
    for (const radio of this.composer.querySelectorAll("[data-choice] [data-usual]")) radio.checked = true;
    this.put({});
  }

  // a draft came from the server: the reply that was sent, when it was taken back
  draftCame(text) {
    const sent = read(`${this.key}:sent`);
    if (!sent || sent.text !== plain(text)) return;
    for (const field of this.also) field.checked = sent.also.includes(field.value);
    this.put(sent);
    this.mark();
  }
}
