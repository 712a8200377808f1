// One source for all tabs of a browser: every tab is a port; what comes goes to all of them.
import { Source } from "./source.js";

const tabs = new Map(); // port: is it looked at
let source = null;

function tell(message) {
  for (const port of tabs.keys()) port.postMessage(message);
}

function looked() {
  return [...tabs.values()].some(Boolean);
}

function heard(port, { url, place, visible, bye }) {
  if (bye) tabs.delete(port);
  else if (visible !== undefined) tabs.set(port, visible);
  if (place !== undefined) port.postMessage({ hello: true }); // a tab that hears nothing goes another way
  if (place !== undefined && source) port.postMessage({ news: { presence: source.presence } });
  else if (place !== undefined) source = new Source(url, place, { onNews: (news) => tell({ news }), onState });
  source?.nudge(looked());
  if (tabs.size === 0) {
    source?.close();
    source = null;
  }
}

function onState(state) {
  tell({ state });
  if (state !== "out") return;
  source.close(); // the next tab that signs in begins anew
  source = null;
}

self.addEventListener("connect", ({ ports: [port] }) => {
  tabs.set(port, true);
  port.addEventListener("message", (event) => heard(port, event.data));
  port.start();
});
