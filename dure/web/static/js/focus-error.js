// After a refused form, the first field with an error has the focus, and its error is not hidden behind a bar.
const wrong = document.querySelector('[aria-invalid="true"]');
if (wrong) {
  wrong.focus();
  (wrong.closest(".field") ?? wrong).scrollIntoView({ block: "nearest" });
}
