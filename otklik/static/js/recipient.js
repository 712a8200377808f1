// Where the reply goes when somebody chose so: the address, the mailbox, the linked tickets that get it too. The choice
// stands in hidden fields of the composer, where no live change of the ticket reaches it; the chips show what will be
// sent. It is a part of the draft, here and on the server, and ends with the reply; one taken back has it again.

export class Recipient {
  constructor(composer) {
    this.composer = composer;
    this.fields = composer.form.elements;
    const card = composer.closest("ok-card") ?? composer;
    composer.addEventListener("input", (event) => event.target.closest("[data-choice]") && this.chosen(event.target));
    composer.addEventListener("htmx:afterSwap", () => this.mark());
    card.addEventListener("ok:replaced", () => this.show());
    card.addEventListener("change", (event) => event.target.name === "also" && (this.show(), this.keep()));
    composer.querySelector("#recipient-form").addEventListener("submit", (event) => this.close(event));
    const { text, fields } = composer.drafts.local("reply");
    this.put((text && fields) || {}); // a choice without a draft that it was made for is none
  }

  put({ to = "", box = "", name = "", also = [] }) {
    Object.assign(this, { name });
    this.fields.to.value = to;
    this.fields.from_channel.value = box;
    for (const field of this.also) field.checked = also.includes(field.value);
    this.show();
  }

  // what the draft holds of it: only what was chosen
  get choice() {
    const { to, from_channel: box } = this.fields;
    const also = this.also.filter((field) => field.checked).map((field) => field.value);
    return {
      ...(to.value && { to: to.value }), ...(box.value && { box: box.value, name: this.name }), ...(also.length && { also }),
    };
  }

  keep() {
    if (this.composer.text("reply").value) this.composer.drafts.changed("reply");
  }

  chosen(field) {
    if (field.type === "email") field.closest("label").querySelector("[type=radio]").checked = true;
    const choices = [...this.composer.querySelectorAll("[data-choice] [type=radio]:checked")];
    const of = (name) => choices.find((radio) => radio.name === name && !("usual" in radio.dataset));
    const [to, box] = [of("choose_to"), of("choose_box")];
    const address = to?.value || to?.closest("label").querySelector("[type=email]").value.trim();
    this.put({ ...this.choice, to: address, box: box?.value, name: box?.dataset.name });
    this.keep();
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
  forget() {
    for (const radio of this.composer.querySelectorAll("[data-choice] [data-usual]")) radio.checked = true;
    this.put({});
  }

  // a draft came from the server: of another computer, or that of a reply that was taken back
  draftCame(fields) {
    this.put(fields ?? {});
    this.mark();
  }
}
