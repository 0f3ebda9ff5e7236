// A form with data-passkey asks the browser for a passkey (WebAuthn) and sends its answer. It stays hidden where the
// browser has no WebAuthn, and under any address but the one that passkeys belong to.
const here = (form) => "PublicKeyCredential" in window && form.dataset.origin === location.origin;
const forms = [...document.querySelectorAll("form[data-passkey]")].filter(here);
const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const named = (keys) => keys?.map((key) => ({ ...key, id: bytes(key.id) }));
let asking = new AbortController();

const ask = async (form, mediation) => {
  asking.abort();
  const { signal } = asking = new AbortController();
  const given = await fetch(form.dataset.question, { redirect: "manual", signal });
  if (!given.ok) { if (!mediation) location.reload(); return; }
  const { ticket, publicKey } = await given.json();
  publicKey.challenge = bytes(publicKey.challenge);
  if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
  publicKey.allowCredentials = named(publicKey.allowCredentials);
  publicKey.excludeCredentials = named(publicKey.excludeCredentials);
  const key = await navigator.credentials[form.dataset.passkey]({ publicKey, signal, mediation });
  const response = { transports: key.response.getTransports?.() ?? [] };
  for (const part of PARTS) if (key.response[part]) response[part] = text(key.response[part]);
  form.elements.ticket.value = ticket;
  form.elements.answer.value = JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response });
  form.submit();
};

// The browser offers passkeys in the list under the ID field; a question is good for five minutes.
const offer = async () => {
  const form = forms.find((one) => "offered" in one.dataset);
  if (!form || !await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
  try { await ask(form, "conditional"); } catch { /* nobody chose one */ }
};

for (const form of forms) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const troubles = [...form.querySelectorAll("[data-trouble]")];
    for (const told of troubles) told.hidden = true;
    try { await ask(form); } catch (trouble) {
      if (trouble.name === "AbortError") return;
      const known = troubles.find((told) => told.dataset.trouble === trouble.name);
      (known ?? troubles.at(-1)).hidden = false;
      offer();
    }
  });
}
if (forms.length) for (const note of document.querySelectorAll("[data-without-passkey]")) note.hidden = true;
offer();
setInterval(offer, 240_000);
