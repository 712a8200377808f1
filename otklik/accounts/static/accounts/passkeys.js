// Passkeys: a form marked data-passkey asks the browser for a credential and sends it. Options come as JSON, from the
// page or from an address; without support in the browser the form says so.

const CREATE = "create";

async function options(form) {
  const from = form.dataset.passkeyFrom;
  if (!from) return JSON.parse(document.getElementById(form.dataset.passkeyOptions).textContent).publicKey;
  const answer = await fetch(from, { headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } });
  if (!answer.ok) throw new Error("no options");
  return (await answer.json()).request_options.publicKey;
}

function asked(form, publicKey) {
  if (form.dataset.passkey !== CREATE) return PublicKeyCredential.parseRequestOptionsFromJSON(publicKey);
  const alone = form.elements.passwordless?.checked ?? false;
  const wish = { ...publicKey.authenticatorSelection, residentKey: alone ? "required" : "discouraged", requireResidentKey: alone };
  if (alone) wish.userVerification = "required";
  return PublicKeyCredential.parseCreationOptionsFromJSON({ ...publicKey, authenticatorSelection: wish });
}

async function send(form) {
  const publicKey = asked(form, await options(form));
  const held = await navigator.credentials[form.dataset.passkey === CREATE ? "create" : "get"]({ publicKey });
  form.elements.credential.value = JSON.stringify(held.toJSON());
  form.submit();
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-passkey]");
  if (!form) return;
  event.preventDefault();
  const words = form.querySelector("[role=alert]");
  words.hidden = true;
  send(form).catch(() => {
    words.textContent = form.dataset.failed;
    words.hidden = false;
  });
});
