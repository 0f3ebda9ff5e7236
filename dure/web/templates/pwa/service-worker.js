// Keeps one page and what it is made of, for when there is no network. Nothing of anybody is kept: pages of people,
// forms, photos and files go through untouched, and a form that is sent is never touched at all.
const FILES = {{ files|safe }};
const OFFLINE = {{ offline|safe }};
const KEPT = "dure-{{ version }}";

addEventListener("install", (event) => {
  const fresh = FILES.map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll([OFFLINE, ...fresh])).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("dure-") && name !== KEPT;
  const forget = (names) => Promise.all(names.filter(old).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(forget).then(() => clients.claim()));
});

const kept = (address) => caches.match(address, { ignoreVary: true });

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(async () => (await kept(OFFLINE)) ?? Response.error()));
  } else if (FILES.includes(pathname)) {
    event.respondWith(fetch(request).catch(async () => (await kept(pathname)) ?? Response.error()));
  }
});
