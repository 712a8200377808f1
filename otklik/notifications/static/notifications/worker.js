// The service worker of push: shows what comes, and opens the ticket that is pressed. It fetches and keeps nothing.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function show(event) {
  let told = {};
  try {
    told = event.data.json();
  } catch { /* not ours: still something has to be shown */ }
  const windows = await self.clients.matchAll({ type: "window" });
  if (windows.some((client) => client.focused) && told.tag !== "trial") return; // the bell has told it already
  await self.registration.showNotification(told.title ?? "Otklik", {
    body: told.body ?? "", tag: told.tag ?? "otklik", renotify: true, data: { url: told.url ?? "/notifications/" },
  });
}

async function open(url) {
  const target = new URL(url, self.location.origin);
  if (target.origin !== self.location.origin) return;
  const windows = await self.clients.matchAll({ type: "window" });
  const [client] = windows.filter((one) => new URL(one.url).pathname === target.pathname);
  if (client) await client.focus();
  else await self.clients.openWindow(target.href);
}

self.addEventListener("push", (event) => event.waitUntil(show(event)));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});
