// What is pressed before the scripts of a page are there is done as soon as they are: on a slow line no press is lost.
// The only script that the page waits for; it ends when htmx has woken up the page.
(() => {
  const ASKS = "[hx-get], [hx-post], [hx-put], [hx-patch], [hx-delete]";
  const presses = [];
  const keep = (event, again) => {
    event.preventDefault();
    event.stopPropagation();
    presses.push(again);
  };
  const submitted = (event) => {
    const { target: form, submitter } = event;
    if (form.matches(ASKS)) keep(event, () => form.isConnected && form.requestSubmit(submitter));
  };
  const clicked = (event) => {
    // buttons wait for an element's script, a menu for htmx, which fills it when it opens; plain links need nobody
    const element = event.target.closest?.("button, summary, a");
    if (element?.matches(`button, summary, ${ASKS}`)) keep(event, () => element.isConnected && element.click());
  };
  addEventListener("submit", submitted, true);
  addEventListener("click", clicked, true);
  addEventListener("DOMContentLoaded", () => setTimeout(() => {
    removeEventListener("submit", submitted, true);
    removeEventListener("click", clicked, true);
    for (const again of presses) again();
  }));
})();
