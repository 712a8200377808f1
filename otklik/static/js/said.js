// How the customer's words came, who said them and when: fields of the composer, and a part of the draft of those words.
const NAMES = ["incoming_channel", "incoming_author", "incoming_at"];

export class Said {
  constructor(composer) {
    this.fields = NAMES.map((name) => composer.form.elements[name]).filter(Boolean);
    for (const field of this.fields) {
      field.addEventListener("change", () => composer.text("incoming").value && composer.drafts.changed("incoming"));
    }
    this.put(composer.drafts.local("incoming").fields);
  }

  // what differs from how the form comes
  get choice() {
    return Object.fromEntries(this.fields.filter((field) => field.value !== usual(field)).map((field) => [field.name, field.value]));
  }

  put(fields = {}) {
    for (const field of this.fields) {
      field.value = fields?.[field.name] ?? usual(field);
      if (field.selectedIndex === -1) field.value = usual(field); // who does not take part any more
    }
  }
}

const usual = (field) => field.options?.[0].value ?? "";
