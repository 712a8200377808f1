// What this browser keeps of unfinished work stands under the person's id: on a shared machine nobody meets another's text
// or time. What is somebody else's, or nobody's, goes as soon as a page of the desk is opened; at sign-out what the server
// has goes too, and only words that it has not got yet wait for their author.
const OURS = /^(?:draft|timer):/;

export const person = () => document.querySelector("ok-shell")?.dataset.person ?? "";
const own = (kind) => `${kind}:u${person()}:`;

export const ownKey = (kind, ...parts) => own(kind) + parts.join(":");

function isUnsaved(key) {
  try {
    return JSON.parse(localStorage.getItem(key)).dirty === true;
  } catch {
    return false;
  }
}

const isOwn = (key) => key.startsWith(own("draft")) || key.startsWith(own("timer"));

function forget(goes) {
  for (const key of Object.keys(localStorage)) if (OURS.test(key) && goes(key)) localStorage.removeItem(key);
}

if (person()) forget((key) => !isOwn(key));

document.addEventListener("submit", ({ target }) => {
  if (target.matches("[data-signs-out]")) forget((key) => !isOwn(key) || (key.startsWith("draft:") && !isUnsaved(key)));
});
