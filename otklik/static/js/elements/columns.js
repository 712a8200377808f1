// The menu of columns: a column goes up or down in the list, and the subject cannot be taken away.

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-columns] [data-move]");
  if (button) {
    const item = button.closest("li");
    const other = button.dataset.move === "1" ? item.nextElementSibling : item.previousElementSibling;
    if (!other) return;
    if (button.dataset.move === "1") other.after(item);
    else other.before(item);
    button.focus();
  }
  if (event.target.matches?.("[data-columns] [data-fixed]")) event.preventDefault();
});
