// Plays a recording: what a page was sent is sent to the screen again, when it was.
import RFB from "./vendor/novnc/novnc.js";

const PAUSE_MS = 1500;
const page = document.getElementById("replay");
const texts = document.getElementById("texts").dataset;
const element = (id) => document.getElementById(id);
const events = [];
let played = null;
let next = 0;
let at = 0;
let before = 0;
let playing = true;
let whole = false;

// Looks like a WebSocket to noVNC. What it would send goes nowhere.
class Played {
  binaryType = "arraybuffer";
  protocol = "";
  readyState = WebSocket.OPEN;
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;
  send() {}
  close() {
    this.readyState = WebSocket.CLOSED;
  }
  show(bytes) {
    this.onmessage?.({ data: bytes.buffer });
  }
}

function fail(why) {
  page.dataset.state = "failed";
  element("wait").hidden = true;
  element("why").textContent = why;
  element("over").hidden = false;
}

function begin() {
  element("screen").replaceChildren();
  played = new Played();
  const rfb = new RFB(element("screen"), played, { shared: true });
  rfb.viewOnly = true;
  rfb.scaleViewport = true;
  rfb.background = "#0b111c";
  rfb.addEventListener("connect", () => {
    element("wait").hidden = true;
    page.dataset.state = "playing";
  });
  next = 0;
}

function clock(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

// -- reading

function header(line, told) {
  const said = JSON.parse(line);
  const form = said.env?.ADMIT_SCREEN;
  if (!form) return texts.terminal;
  const version = form.split(" ")[1];
  if (version !== page.dataset.novnc) return texts.other.replace("#", version);
  element("what").textContent = told.Resource;
  element("who").textContent = `${told.Person} · ${new Date(told.StartedAt).toLocaleString()}`;
  return "";
}

function take(lines) {
  for (const line of lines) {
    const [seconds, code, text] = JSON.parse(line);
    if (code !== "b") continue;
    events.push({ at: seconds * 1000, bytes: Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)) });
  }
  element("length").textContent = clock(events.at(-1)?.at ?? 0);
}

async function load() {
  const base = `/stream/recordings/${encodeURIComponent(page.dataset.recording)}/part`;
  let token = null;
  let first = true;
  do {
    const answer = await fetch(token ? `${base}?token=${encodeURIComponent(token)}` : base).catch(() => null);
    const told = await answer?.json().catch(() => null);
    if (!answer?.ok) return fail(told?.Message ?? texts.failed);
    const lines = told.Content.split("\n").filter(Boolean);
    if (first) {
      const why = header(lines.shift(), told.Recording);
      if (why) return fail(why);
      begin();
      requestAnimationFrame(step);
      first = false;
    }
    take(lines);
    token = told.NextToken;
  } while (token);
  whole = true;
}

// -- playing

function feed(until) {
  while (next < events.length && events[next].at <= until) played.show(events[next++].bytes.slice());
}

function step(now) {
  const gone = before ? (now - before) * Number(element("speed").value) : 0;
  before = now;
  if (playing && events.length) {
    at += gone;
    if (element("skip").checked && next < events.length && events[next].at - at > PAUSE_MS) at = events[next].at - PAUSE_MS / 3;
    at = Math.min(at, events.at(-1).at);
    feed(at);
    if (whole && next >= events.length) pause();
  }
  show();
  requestAnimationFrame(step);
}

function show() {
  const length = events.at(-1)?.at ?? 0;
  element("at").textContent = clock(at);
  if (document.activeElement !== element("place")) element("place").value = length ? Math.round((at / length) * 1000) : 0;
}

function pause() {
  playing = false;
  page.dataset.state = whole && next >= events.length ? "ended" : "paused";
}

function seek(target) {
  if (target < at) begin();
  at = target;
  feed(at);
}

element("play").addEventListener("click", () => {
  if (playing) return pause();
  if (next >= events.length) seek(0);
  playing = true;
  page.dataset.state = "playing";
});
element("place").addEventListener("input", (event) => seek((Number(event.target.value) / 1000) * (events.at(-1)?.at ?? 0)));
element("place").addEventListener("change", (event) => event.target.blur());
load();
