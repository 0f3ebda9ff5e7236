// Hands the text named by data-share to the system's own share sheet; the button is there only where one exists.
if (navigator.share) {
  for (const button of document.querySelectorAll("[data-share]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.share).textContent.trim();
      try { await navigator.share({ text }); } catch (closed) { if (closed.name !== "AbortError") throw closed; }
    });
  }
}
