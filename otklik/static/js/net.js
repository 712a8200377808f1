// Requests of our own beside htmx: same origin, with the CSRF token, and one exception type for anything not 2xx.

export class RequestFailed extends Error {
  constructor(response) {
    super(`HTTP ${response.status}`);
    this.status = response.status;
    this.response = response;
  }
}

export function csrfToken() {
  return document.cookie.match(/(?:^|; )otklik_csrf=([^;]+)/)?.[1] ?? "";
}

export async function request(url, options = {}) {
  const headers = { "HX-Request": "true", ...options.headers };
  if (options.method && options.method !== "GET") headers["X-CSRFToken"] = csrfToken();
  const response = await fetch(url, { credentials: "same-origin", ...options, headers });
  if (!response.ok) throw new RequestFailed(response);
  return response;
}

export async function fetchPart(url) {
  const response = await request(url, { headers: { Accept: "text/html" } });
  return new DOMParser().parseFromString(await response.text(), "text/html").body;
}
