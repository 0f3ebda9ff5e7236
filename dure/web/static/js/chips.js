// A row of chips that is wider than the screen begins where the current one is seen.
const show = () => {
  for (const chip of document.querySelectorAll(".chips > [aria-current]")) {
    const row = chip.parentElement;
    const [outer, inner] = [row.getBoundingClientRect(), chip.getBoundingClientRect()];
    row.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
  }
};
document.addEventListener("htmx:afterSettle", show);
addEventListener("pageshow", show);
show();
