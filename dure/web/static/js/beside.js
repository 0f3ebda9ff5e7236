// One person opens beside the list without loading it again: its scroll, search and ticks stay. On a phone, with a
// modifier key or without scripts the link is a link.
const wide = matchMedia("(width >= 1024px)");
const place = document.getElementById("person");

const mark = (address) => {
  place.closest(".frame").toggleAttribute("data-open", place.childElementCount > 0);
  for (const row of document.querySelectorAll("#member-list :is(tbody tr, .rows > li)")) {
    const link = row.querySelector("a");
    if (address && link.pathname === address) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
};

document.addEventListener("click", (event) => {
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  const row = event.target.closest("#member-list :is(tbody, .rows) a");
  const close = event.target.closest("[data-closes-person]");
  if (!place || !plain || !wide.matches || (!row && !close)) return;
  event.preventDefault();
  if (close) {
    place.replaceChildren();
    history.pushState({}, "", close.href);
    const before = document.querySelector("#member-list [aria-current] a");
    mark("");
    before?.focus();
    return;
  }
  const { href, pathname } = row;
  htmx.ajax("GET", href, { target: "#person", swap: "innerHTML" }).then(() => {
    history.pushState({}, "", href);
    mark(pathname);
    place.querySelector("h2")?.focus();
  });
});
// The states above the list are links of the page as it came; a search typed since goes along with them.
document.getElementById("q")?.addEventListener("input", ({ target }) => {
  for (const chip of document.querySelectorAll(".chips a.chip")) {
    const address = new URL(chip.href);
    if (target.value) address.searchParams.set("q", target.value);
    else address.searchParams.delete("q");
    chip.href = address;
  }
});
addEventListener("popstate", () => { if (place) location.reload(); });
