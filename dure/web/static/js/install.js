// The page for when there is no network is kept, in the language that is read now.
const OFFLINE = "/offline/";
const { lang } = document.documentElement;

const keepInThisLanguage = async () => {
  if (localStorage.getItem("dure-offline") === lang) return;
  for (const name of await caches.keys()) {
    if (name.startsWith("dure-")) await (await caches.open(name)).add(OFFLINE);
  }
  localStorage.setItem("dure-offline", lang);
};

addEventListener("load", async () => {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("/service-worker.js");
    await navigator.serviceWorker.ready;
    await keepInThisLanguage();
  } catch { /* without it everything works but the page for when there is no network */ }
});
