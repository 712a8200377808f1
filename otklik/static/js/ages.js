// How old a row is: minutes and hours go on while the page stands; days are told by the server.
export function showAges(list) {
  const units = document.documentElement.lang === "ru" ? ["мин", "ч"] : ["min", "h"];
  for (const row of list.querySelectorAll(".ticket-row")) {
    const minutes = Math.floor((Date.now() - Number((row.dataset.at ?? row.dataset.sort).slice(0, 20)) / 1000) / 60000);
    if (minutes < 1 || minutes >= 12 * 60) continue;
    const [count, unit] = minutes < 60 ? [minutes, units[0]] : [Math.floor(minutes / 60), units[1]];
    const age = row.querySelector(".ticket-row__age");
    if (age) age.textContent = `${count}\u00a0${unit}`;
  }
}
