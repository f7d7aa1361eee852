// The page follows what is granted: it hears when something has changed, and shows it in place.
const said = document.getElementById("said");
const words = said.dataset;

const named = () => new Map([...document.querySelectorAll(".h-tile")].map((each) => [each.dataset.key, each.dataset.name]));

const now = () => Number(document.getElementById("now").dataset.many);

const load = async () => {
  const before = named();
  const many = now();
  await htmx.ajax("GET", `/home/now${location.search}`, { target: "#now", swap: "outerMorph" });
  const after = named();
  // Of many only some are shown: what makes room, or fills it, is neither new nor gone.
  const cut = document.querySelector(".a-part");
  const news = [
    ...(cut && now() <= many ? [] : [...after].filter(([key]) => !before.has(key)).map(([, name]) => words.new.replace("{name}", name))),
    ...(cut && now() >= many ? [] : [...before].filter(([key]) => !after.has(key)).map(([, name]) => words.gone.replace("{name}", name))),
  ];
  if (news.length) said.textContent = news.slice(0, 5).join(" ");
  count();
};

const span = (milliseconds) => {
  const minutes = Math.floor(milliseconds / 60000);
  if (minutes < 1) return words.less;
  const parts = [[Math.floor(minutes / 1440), words.d], [Math.floor(minutes / 60) % 24, words.h], [minutes % 60, words.m]];
  const first = parts.findIndex(([many]) => many > 0);
  return parts.slice(first, first + 2).filter(([many]) => many > 0).map(([many, word]) => word.replace("{n}", many)).join(" ");
};

const count = () => {
  for (const each of document.querySelectorAll("[data-until]")) {
    const left = Number(each.dataset.until) - Date.now();
    each.querySelector("span").textContent = left > 0 ? words.left.replace("{span}", span(left)) : words.ended;
    each.classList.toggle("now", left < 15 * 60000);
  }
};
setInterval(count, 10000);

// What the page shows goes along: it may have changed since it was made.
const events = new EventSource(`/home/events?seen=${document.getElementById("now").dataset.seen}`);
events.addEventListener("changed", load);
events.addEventListener("signed-out", () => { events.close(); location.assign("/sign-in?next=/home"); });
addEventListener("pagehide", () => events.close());

let wait;
document.getElementById("q").addEventListener("input", (event) => {
  clearTimeout(wait);
  wait = setTimeout(() => {
    // What is found begins with its first page.
    const place = new URL(location.pathname, location.href);
    if (event.target.value.trim()) place.searchParams.set("q", event.target.value);
    history.replaceState(null, "", place);
    load();
  }, 120);
});
