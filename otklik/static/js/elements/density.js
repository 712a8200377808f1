// [data-density-switch]: rows of two lines or of one. The choice belongs to the browser, not to the person: a cookie, so
// that the server sends the page right from the start.
const COOKIE = "otklik_density";
const YEAR = 31536000;

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-density-switch]");
  if (!button) return;
  const dense = document.documentElement.dataset.density !== "compact";
  if (dense) document.documentElement.dataset.density = "compact";
  else delete document.documentElement.dataset.density;
  button.setAttribute("aria-pressed", dense);
  document.cookie = `${COOKIE}=${dense ? "compact" : "roomy"}; path=/; max-age=${YEAR}; samesite=lax`;
});
