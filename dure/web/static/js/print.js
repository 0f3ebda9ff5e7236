// Opens the browser's print dialogue.
document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) print(); });
