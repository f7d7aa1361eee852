// A session on the page: the screen, what is told beside it, and the tools of the bar.
import RFB from "./vendor/novnc/novnc.js";
import { keysyms, typing } from "./typing.js";
import { files } from "./files.js";

const OVER = { 4000: "closed", 4001: "away", 4403: "revoked", 4410: "expired" };
const PAUSES = [300, 700, 1500, 3000, 5000, 5000, 5000, 8000, 8000, 8000];
// How long a warning covers a part of the screen; the time that is left stays in the bar.
const NOTICE_MS = 20000;
const page = document.getElementById("stream");
const texts = document.getElementById("texts").dataset;
const wait = document.getElementById("wait");
const may = { copyIn: Boolean(page.dataset.copyIn), copyOut: Boolean(page.dataset.copyOut) };
let rfb = null;
let until = null;
let tries = 0;
let said = "";
let clip = "";
let hiding = 0;

function address() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}/stream/${page.dataset.session}/rfb`;
}

// -- the connection

function connect() {
  const socket = new WebSocket(address());
  socket.binaryType = "arraybuffer";
  // Text is ours, and noVNC does not hear of it; what follows is the screen's own.
  socket.addEventListener("message", (event) => {
    if (typeof event.data === "string") {
      event.stopImmediatePropagation();
      heard(JSON.parse(event.data));
    }
  });
  socket.addEventListener("close", (event) => closed(event.code));
  rfb = new RFB(document.getElementById("screen"), socket, { shared: true });
  rfb.resizeSession = !page.dataset.fixed;
  rfb.scaleViewport = Boolean(page.dataset.fixed);
  rfb.background = "#0b111c";
  rfb.qualityLevel = 7;
  rfb.compressionLevel = 2;
  rfb.addEventListener("connect", () => {
    tries = 0;
    wait.hidden = true;
    page.dataset.state = "connected";
    rfb.focus();
    offerClipboard();
  });
  rfb.addEventListener("clipboard", (event) => copied(event.detail.text));
}

function heard(notice) {
  if (notice.kind === "left") show(notice.ms);
  if (notice.kind === "warning") notify(notice.text);
  if (notice.kind === "over") said = notice.text;
}

async function closed(code) {
  page.dataset.state = "closed";
  if (OVER[code]) return over(OVER[code], said);
  if (tries >= PAUSES.length) return over("closed", texts.gone);
  wait.hidden = false;
  wait.classList.add("again");
  wait.querySelector("p").textContent = texts.lost;
  await new Promise((resolve) => setTimeout(resolve, PAUSES[tries++]));
  // A refused handshake does not say why; the page itself does.
  const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (answer && (answer.status === 404 || answer.redirected)) return over("closed", texts.gone);
  document.getElementById("screen").replaceChildren();
  connect();
}

function over(kind, why) {
  page.dataset.state = kind;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  if (document.fullscreenElement) document.exitFullscreen();
  document.getElementById("typed").classList.remove("shown");
  document.getElementById("notice").hidden = true;
  show(null);
  document.querySelector(".s-tools").hidden = true;
  wait.hidden = true;
  const cover = document.getElementById("over");
  cover.dataset.kind = kind;
  cover.hidden = false;
  document.getElementById("why").textContent = why;
  const again = document.getElementById("again");
  again.hidden = kind !== "away";
  document.getElementById("ask").hidden = kind !== "revoked" && kind !== "expired";
  cover.querySelector(kind === "away" ? "#again" : "a.primary").focus();
}

// -- the time that is left

function show(ms) {
  until = ms === null ? null : Date.now() + ms;
  tick();
}

function tick() {
  const left = document.getElementById("left");
  left.hidden = until === null || page.dataset.state === "closed";
  if (until === null) return;
  const minutes = Math.max(Math.ceil((until - Date.now()) / 60000), 0);
  const hours = Math.floor(minutes / 60);
  let text = texts.minutes.replace("#", minutes);
  if (minutes === 1) text = texts.minute;
  if (hours >= 48) text = texts.days.replace("#", Math.floor(hours / 24));
  else if (hours) text = texts.hours.replace("##", minutes % 60).replace("#", hours);
  left.querySelector("span").textContent = text;
  left.classList.toggle("soon", minutes <= 15);
  left.classList.toggle("last", minutes <= 1);
}
setInterval(tick, 5000);

function notify(text) {
  const notice = document.getElementById("notice");
  notice.querySelector("p").textContent = text;
  notice.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (notice.hidden = true), NOTICE_MS);
}

// -- the clipboard

function copied(text) {
  clip = text;
  page.dataset.copied = text.slice(0, 1000);
  const shown = document.getElementById("copied");
  if (shown) shown.value = text;
  // Where the browser lets a page do so without being asked; else the dialog has it.
  if (document.hasFocus()) navigator.clipboard?.writeText(text).catch(() => {});
}

async function offerClipboard() {
  if (!may.copyIn || !navigator.clipboard?.readText || !rfb) return;
  const state = await navigator.permissions?.query({ name: "clipboard-read" }).catch(() => null);
  if (state?.state !== "granted" || !document.hasFocus()) return;
  const text = await navigator.clipboard.readText().catch(() => "");
  if (text && text !== clip) give(text);
}

function give(text) {
  clip = text;
  rfb.clipboardPasteFrom(text);
}
window.addEventListener("focus", offerClipboard);

// -- tools

function combination(keys) {
  for (const key of keys) rfb.sendKey(key, null, true);
  for (const key of [...keys].reverse()) rfb.sendKey(key, null, false);
}

const TOOLS = {
  next: () => combination([keysyms.Control, keysyms.Alt, keysyms.Tab]),
  keyboard: () => typed.toggle(),
  clipboard: () => document.getElementById("clipboard").showModal(),
  take: () => navigator.clipboard?.writeText(document.getElementById("copied").value),
  give: () => {
    give(document.getElementById("copied").value);
    document.getElementById("clipboard").close();
  },
  files: () => shelf.open(),
  full: () => (document.fullscreenElement ? document.exitFullscreen() : page.requestFullscreen()),
  end: () => document.getElementById("ending").showModal(),
  over: () => fetch(`/stream/${page.dataset.session}/end`, { method: "POST", headers: { "x-csrf-token": page.dataset.csrf } }),
  dismiss: () => (document.getElementById("notice").hidden = true),
};

document.addEventListener("click", (event) => {
  const tool = event.target.closest("[data-tool]")?.dataset.tool;
  if (!tool) return;
  TOOLS[tool]();
  if (["next", "full", "dismiss"].includes(tool)) rfb?.focus();
});
document.addEventListener("close", () => rfb?.focus(), true);
document.getElementById("again").addEventListener("click", () => location.reload());

const typed = typing(document.getElementById("typed"), document.querySelector('[data-tool="keyboard"]'), () => rfb);
const shelf = files(page, texts);
connect();
