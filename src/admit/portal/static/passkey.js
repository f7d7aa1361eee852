// Passkeys: the browser is asked for one, and its answer goes back as the server wants it.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const send = async (address, token, body) => {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token ? { "x-csrf-token": token } : {}) },
    body: JSON.stringify(body ?? {}),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.fault ?? response.statusText);
  return answer;
};

const shown = ({ id, rawId, type, response, authenticatorAttachment }) => ({
  id, type, authenticatorAttachment, rawId: text(rawId), clientExtensionResults: {},
  response: Object.fromEntries(
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]
      .filter((each) => response[each]).map((each) => [each, text(response[each])])),
});

const proof = async (options) => {
  options.challenge = bytes(options.challenge);
  for (const each of options.allowCredentials ?? []) each.id = bytes(each.id);
  return shown(await navigator.credentials.get({ publicKey: options }));
};

const made = async (options) => {
  options.challenge = bytes(options.challenge);
  options.user.id = bytes(options.user.id);
  for (const each of options.excludeCredentials ?? []) each.id = bytes(each.id);
  return shown(await navigator.credentials.create({ publicKey: options }));
};

const usable = window.PublicKeyCredential !== undefined && window.isSecureContext;

for (const button of document.querySelectorAll("[data-passkey]")) {
  button.hidden = !usable;
  const { passkey, options, token } = button.dataset;
  button.addEventListener("click", async () => {
    const fault = document.getElementById(button.dataset.fault);
    fault.hidden = true;
    button.disabled = true;
    try {
      const asked = await send(options, token);
      const adding = button.dataset.makes !== undefined;
      const credential = await (adding ? made : proof)(asked.options);
      const name = adding ? document.getElementById(button.dataset.makes).value : "";
      const answer = await send(passkey, token, { credential, state: asked.state, name });
      location.assign(answer.next);
    } catch (error) {
      // Who closes the browser's question has changed their mind: that is no fault.
      if (error.name !== "NotAllowedError") {
        fault.querySelector("p").textContent = error.message;
        fault.hidden = false;
      }
      button.disabled = false;
    }
  });
}
for (const each of document.querySelectorAll("[data-without-passkey]")) each.hidden = usable;
