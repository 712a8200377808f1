// What goes along with a letter to a third party: the files of a message that is chosen follow it, and can be left out one
// by one.
import "./letter.js";

document.addEventListener("change", ({ target }) => {
  if (target.name !== "forward" || !target.closest(".side-offer") || target.closest(".side-offer__row--note")) return;
  for (const file of target.closest("li").querySelectorAll("[name=files]")) file.checked = target.checked;
});
