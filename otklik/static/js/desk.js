// Entry of every desk page: the elements wake up by themselves, also in parts swapped in later.
import "./own-keys.js";
import "./elements/shell.js";
import "./elements/toasts.js";
import "./elements/menu.js";
import "./elements/bell.js";
import "./elements/density.js";
import "./elements/bulk-run.js";
import "./elements/columns.js";
import "./elements/palette.js";
import "./elements/list.js";
import "./elements/clash.js";
import "./elements/eyes.js";
import "./elements/search.js";
import "./elements/suggest.js";
import { toast } from "./elements/toasts.js";
import { csrfToken } from "./net.js";

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
});

const shell = () => document.querySelector("ok-shell");

document.addEventListener("htmx:sendError", () => toast(shell().dataset.offline, { bad: true }));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.getResponseHeader("HX-Trigger")) return; // the answer says itself what is wrong
  const denied = [403, 404].includes(event.detail.xhr.status);
  toast(denied ? shell().dataset.denied : shell().dataset.failed, { bad: true });
});
document.addEventListener("page-old", () => document.querySelector("[data-reload-when-old]") && location.reload());
document.addEventListener("toast", ({ detail }) => {
  const { value = detail.text, undo, seconds, bad } = detail; // htmx adds its element, which no JSON can hold
  if (detail.carry) sessionStorage.setItem("toast", JSON.stringify({ value, undo, seconds, bad })); // for the next page
  else toast(value, { undo, seconds, bad });
});
