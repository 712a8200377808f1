// Marks in the lists: how many others have a ticket open, and that somebody is writing. The news say whom it is about.

let here = {};

function mark(row) {
  const others = here[row.id.slice(2)] ?? [];
  let eye = row.querySelector(".ticket-row__eyes");
  if (!others.length) return void eye?.remove();
  const { looking, writing } = document.querySelector("ok-shell").dataset;
  if (!eye) {
    eye = Object.assign(document.createElement("span"), { className: "ticket-row__eyes" });
    row.querySelector(".ticket-row__number").after(eye);
  }
  const busy = others.some(([, writes]) => writes);
  const count = String(others.length);
  if (eye.textContent !== count) eye.textContent = count;
  eye.classList.toggle("ticket-row__eyes--writing", busy);
  eye.title = (busy ? writing : looking).replace("{count}", count);
}

function markAll(root) {
  for (const row of root.querySelectorAll(".ticket-row")) mark(row);
}

document.addEventListener("ok:presence", (event) => {
  here = event.detail;
  markAll(document);
});

// rows that arrive later are marked when they do, alone or with a whole list
const shown = (change) => [...change.addedNodes].filter((node) => node instanceof Element);
const main = document.getElementById("main");
if (main && !main.querySelector("ok-card")) {
  new MutationObserver((changes) => {
    for (const node of changes.flatMap(shown)) node.matches(".ticket-row") ? mark(node) : markAll(node);
  }).observe(main, { childList: true, subtree: true });
}
