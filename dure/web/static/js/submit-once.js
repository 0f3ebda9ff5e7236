// A form is sent once; coming back to the page makes it usable again. A download leaves the page as it is.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method === "get" || "download" in event.target.dataset) return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
