// Plays a recording in the page, follows one that is still made, and goes where a search has found something.
// From a chosen moment on it is played in its own time: only then does the player find that moment.
const place = document.getElementById("player");
addEventListener("DOMContentLoaded", () => {
  const exact = "begin" in place.dataset;
  const pace = exact ? { startAt: Number(place.dataset.begin) } : { idleTimeLimit: Number(place.dataset.idle) };
  const look = { fit: "width", theme: "asciinema" };
  const player = place.dataset.live
    ? window.AsciinemaPlayer.create({ driver: "eventsource", url: place.dataset.live, bufferTime: 0 }, place, { ...look, autoPlay: true })
    : window.AsciinemaPlayer.create(place.dataset.cast, place, { ...look, ...pace, preload: true, poster: exact ? `npt:${place.dataset.begin}` : null });
  const hits = document.getElementById("hits");
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-hits]");
    if (!form) return;
    event.preventDefault();
    const asked = new URLSearchParams(new FormData(form));
    const answer = await fetch(`${form.action}?${asked}`, { headers: { "X-Drawer": "1" }, credentials: "same-origin" });
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    hits.replaceChildren(...found.body.childNodes);
  });
  hits.addEventListener("click", async (event) => {
    const hit = event.target.closest("[data-seek]");
    if (!hit) return;
    await player.seek(Number(exact ? hit.dataset.at : hit.dataset.seek));
    player.play();
  });
});
