// Choosing in a list: the box in its head takes the whole page, and the bar says how many are chosen; of
// everybody too, where it was told their number.
const boxesOf = (form) => [...form.querySelectorAll(`[name="${form.dataset.selecting || "member"}"]`)];
const told = (form) => {
  const boxes = boxesOf(form);
  const chosen = boxes.filter((box) => box.checked).length;
  const everybody = form.elements.everybody?.checked;
  const all = form.querySelector("[data-all]");
  all.checked = chosen > 0 && chosen === boxes.length;
  all.indeterminate = chosen > 0 && chosen < boxes.length;
  const words = form.querySelector("[data-count]");
  words.dataset.plain ??= words.textContent;
  const number = everybody ? words.dataset.number : chosen;
  words.textContent = number ? words.dataset.count.replace("{n}", number) : words.dataset.plain;
  form.toggleAttribute("data-everybody", Boolean(everybody));
};
const begin = (root) => {
  for (const form of root.querySelectorAll("form[data-selecting]")) {
    form.querySelector("[data-all]").closest("label").hidden = false;
    told(form);
  }
};
document.addEventListener("change", ({ target }) => {
  const form = target.closest("form[data-selecting]");
  if (!form) return;
  if ("all" in target.dataset) for (const box of boxesOf(form)) box.checked = target.checked;
  told(form);
});
document.addEventListener("reset", ({ target }) => { if (target.matches("form[data-selecting]")) setTimeout(told, 0, target); });
document.addEventListener("htmx:afterSettle", () => begin(document));
addEventListener("pageshow", () => begin(document));
begin(document);
