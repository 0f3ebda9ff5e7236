// After a refused form, the first field with an error has the focus.
const wrong = document.querySelector('[aria-invalid="true"]');
if (wrong) wrong.focus();
