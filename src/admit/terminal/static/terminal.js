// The terminal of a page: draws what the host shows, sends what is typed, and says why it is over.
import { Terminal } from "./vendor/xterm.js";
import { FitAddon } from "./vendor/xterm-addon-fit.js";

const PIECE = 16 * 1024; // bytes of one message of what is typed or pasted
const SAY_DRAWN = 64 * 1024; // how often to say what was drawn, in bytes
const SOON = 15 * 60 * 1000;

const find = (id) => document.getElementById(id);
const words = find("words").dataset;
const screen = find("screen");

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const palette = () => {
  const dark = document.documentElement.dataset.bsTheme === "dark";
  const ansi = dark
    ? ["#2b3850", "#ff8a80", "#6cd3a0", "#f0c36a", "#7db1f7", "#d3a4f5", "#66d1d9", "#d5dcea",
       "#7a889f", "#ffa79f", "#8be3b7", "#f7d58c", "#a5c9fa", "#e2c2fb", "#8fe2e8", "#ffffff"]
    : ["#1b2436", "#b42318", "#136c46", "#8a5300", "#1d5fbf", "#7a3fb0", "#0b6b78", "#566074",
       "#3c475a", "#c9362b", "#1a7f54", "#9a6200", "#2a6fd1", "#8d50c4", "#0e7d8c", "#131b2b"];
  const names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
  const named = Object.fromEntries(ansi.map((each, at) => {
    const name = names[at % 8];
    return [at < 8 ? name : `bright${name[0].toUpperCase()}${name.slice(1)}`, each];
  }));
  return {
    background: colour("--a-surface"), foreground: colour("--a-text"), cursor: colour("--a-accent"),
    cursorAccent: colour("--a-surface"), selectionBackground: dark ? "#2b4a72" : "#bcd7fb", ...named,
  };
};

const terminal = new Terminal({
  fontFamily: colour("--a-mono"), fontSize: 14, lineHeight: 1.15, cursorBlink: true, scrollback: 10_000,
  theme: palette(), minimumContrastRatio: 4.5, macOptionIsMeta: true,
});
const fit = new FitAddon();
terminal.loadAddon(fit);

new MutationObserver(() => { terminal.options.theme = palette(); })
  .observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });

let until = null;
const tellLeft = () => {
  const left = find("left");
  left.hidden = until === null;
  if (until === null) return;
  const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] >= 24 ? `${Math.floor(parts[0] / 24)} d ${parts[0] % 24} h`
    : parts.map((each) => String(each).padStart(2, "0")).join(":");
  left.textContent = words.left.replace("{span}", shown);
  left.toggleAttribute("data-soon", until - Date.now() < SOON);
};
setInterval(tellLeft, 1000);

const over = (code, text, refused) => {
  find("state").textContent = words.over;
  find("state").dataset.is = "over";
  until = null;
  tellLeft();
  terminal.options.cursorBlink = false;
  terminal.options.disableStdin = true;
  find("warning").hidden = true;
  const known = [4403, 4410, 4000].includes(code) ? code : 4000;
  document.querySelectorAll(".t-over-sign").forEach((each) => each.classList.toggle("is", each.dataset.of === String(known)));
  find("over-title").textContent = refused ? words.refused : words[code] ?? words.lost;
  find("over-text").textContent = text;
  if (code === 4401) find("home").href = `/sign-in?next=${encodeURIComponent(location.pathname)}`;
  find("over").showModal();
  find("home").focus();
};

const start = () => {
  const address = new URL(location.pathname, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  const say = (note) => { if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(note)); };
  const encoder = new TextEncoder();
  let ended = null;
  let drawn = 0;
  let shown = false;
  socket.onopen = () => {
    fit.fit();
    say({ type: "size", columns: terminal.cols, rows: terminal.rows });
  };
  socket.onmessage = ({ data }) => {
    if (typeof data !== "string") {
      if (!shown) {
        shown = true;
        find("state").textContent = words.open;
        find("state").dataset.is = "open";
      }
      terminal.write(new Uint8Array(data), () => {
        drawn += data.byteLength;
        if (drawn >= SAY_DRAWN) {
          say({ type: "drawn", many: drawn });
          drawn = 0;
        }
      });
      return;
    }
    const note = JSON.parse(data);
    if ("until" in note) {
      until = note.until;
      tellLeft();
    } else if (note.warn) {
      find("warning").querySelector("p").textContent = note.warn;
      find("warning").hidden = false;
    } else if (note.ended) {
      ended = note;
    }
  };
  socket.onclose = () => {
    if (ended) over(ended.code, ended.ended, !shown && ended.code === 4403);
    else over(0, words.lostText, false);
  };
  const send = (octets) => {
    for (let at = 0; at < octets.length; at += PIECE) {
      if (socket.readyState === WebSocket.OPEN) socket.send(octets.subarray(at, at + PIECE));
    }
  };
  terminal.onData((text) => send(encoder.encode(text)));
  terminal.onBinary((text) => send(Uint8Array.from(text, (each) => each.charCodeAt(0))));
  terminal.onResize(({ cols, rows }) => say({ type: "size", columns: cols, rows }));
};

// The width of a letter is measured when the terminal opens: the font must be there by then.
await Promise.allSettled([document.fonts.load("14px 'JetBrains Mono'"), document.fonts.load("bold 14px 'JetBrains Mono'")]);
terminal.open(screen);
terminal.textarea.setAttribute("aria-label", screen.dataset.name);
fit.fit();
terminal.focus();
new ResizeObserver(() => fit.fit()).observe(screen);
window.terminal = terminal;
start();

find("understood").addEventListener("click", () => { find("warning").hidden = true; terminal.focus(); });
find("again").addEventListener("click", () => location.reload());
find("look").addEventListener("click", () => find("over").close());
find("full").addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
  terminal.focus();
});
