// Text from an input method: a field over the screen, whose text goes to the program sign by sign.
export const keysyms = { Control: 0xffe3, Alt: 0xffe9, Tab: 0xff09 };
const KEYS = {
  Enter: 0xff0d, Backspace: 0xff08, Tab: 0xff09, Escape: 0xff1b, Delete: 0xffff, Home: 0xff50, End: 0xff57,
  ArrowLeft: 0xff51, ArrowUp: 0xff52, ArrowRight: 0xff53, ArrowDown: 0xff54, PageUp: 0xff55, PageDown: 0xff56,
};

// Latin-1 has the numbers of its signs; all else those of Unicode, marked as such (X11 protocol, appendix A).
export function keysym(sign) {
  const point = sign.codePointAt(0);
  return point >= 0x20 && point <= 0xff ? point : 0x01000000 | point;
}

// For a sign that no key has, the screen lends it one; a program that looks up too late finds the next sign there.
const PAUSE_MS = 20;

export function typing(field, button, screen) {
  let sent = Promise.resolve();
  function send(text) {
    for (const sign of text) {
      sent = sent.then(() => {
        screen()?.sendKey(sign === "\n" ? KEYS.Enter : keysym(sign), null);
        return sign > "~" ? new Promise((resolve) => setTimeout(resolve, PAUSE_MS)) : undefined;
      });
    }
  }
  field.addEventListener("input", (event) => {
    if (event.isComposing) return;
    send(field.value);
    field.value = "";
  });
  field.addEventListener("compositionend", () => {
    send(field.value);
    field.value = "";
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || event.key === "Process" || !KEYS[event.key]) return;
    event.preventDefault();
    sent = sent.then(() => screen()?.sendKey(KEYS[event.key], event.code));
  });
  function toggle() {
    const shown = field.classList.toggle("shown");
    button.setAttribute("aria-pressed", String(shown));
    if (shown) field.focus();
    // What is typed on the screen next must not overtake what is still on its way there.
    else sent.then(() => field.classList.contains("shown") || screen()?.focus());
  }
  button.setAttribute("aria-pressed", "false");
  return { toggle };
}
