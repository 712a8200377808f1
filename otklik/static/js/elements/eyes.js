// Marks in the list: how many others have a ticket open, and that somebody is writing. The news say whom it is about.

let here = {};

function mark(row) {
  const others = here[row.id.slice(2)] ?? [];
  let eye = row.querySelector(".ticket-row__eyes");
  if (!others.length) return void eye?.remove();
  const { looking, writing } = row.closest("ok-list").dataset;
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

// rows that arrive later are marked when they do
const list = document.querySelector(".ticket-list");
if (list) {
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) node.matches?.(".ticket-row") && mark(node);
  }).observe(list, { childList: true });
}
