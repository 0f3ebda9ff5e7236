// An open menu closes on Escape and on a click elsewhere.
const close = (except) => {
  for (const menu of document.querySelectorAll("details.switcher[open]")) if (!menu.contains(except)) menu.open = false;
};
document.addEventListener("click", (event) => close(event.target));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(null); });
