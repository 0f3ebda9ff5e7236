// Whoever changes the language in the middle of a form finds what they typed again; no password, and only in this tab.
const KEY = "typed";
const fields = () => document.querySelectorAll("main form :is(input:not([type]), input[type=text], input[type=email], textarea)");

for (const form of document.querySelectorAll(".languages form")) {
  form.addEventListener("submit", () => {
    const typed = Object.fromEntries([...fields()].filter((one) => one.name && one.value).map((one) => [one.name, one.value]));
    sessionStorage.setItem(KEY, JSON.stringify({ path: location.pathname, typed }));
  });
}
const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
sessionStorage.removeItem(KEY);
if (kept.path === location.pathname) {
  for (const one of fields()) one.value ||= kept.typed[one.name] ?? "";
}
