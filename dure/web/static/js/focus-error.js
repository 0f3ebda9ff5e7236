// After a refused form, the first field with an error has the focus, and its error is not hidden behind a bar. Loading
// the page again or coming back to it asks for the form anew, instead of sending what was refused once more.
const wrong = document.querySelector('[aria-invalid="true"]');
if (wrong) {
  wrong.focus();
  (wrong.closest(".field") ?? wrong).scrollIntoView({ block: "nearest" });
}
if (wrong || document.querySelector("[data-refused]")) history.replaceState(history.state, "", location.href);
