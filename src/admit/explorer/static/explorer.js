// The form grows and shrinks its lists, and the code follows what is typed.
const form = document.getElementById("form");
const code = document.getElementById("code");
let language = localStorage.getItem("admit-language");

const renumber = (list) => {
  const name = list.dataset.list;
  [...list.querySelector(":scope > .x-items").children].forEach((item, place) => {
    const prefix = `${name}.${place + 1}`;
    const was = item.dataset.prefix ?? first(item, name);
    if (was && was !== prefix) rename(item, was, prefix);
    item.dataset.prefix = prefix;
  });
};
const first = (item, name) => {
  const found = [...item.querySelectorAll("[name]")].map((each) => each.name).find((each) => each.startsWith(`${name}.`));
  return found && name + "." + found.slice(name.length + 1).split(".")[0];
};
const rename = (item, was, now) => {
  for (const each of item.querySelectorAll("[name], [id], [for], [data-list], [aria-describedby]")) {
    for (const attribute of ["name", "id", "for", "data-list", "aria-describedby"]) {
      const value = each.getAttribute(attribute);
      if (value?.includes(was)) each.setAttribute(attribute, value.replace(was, now));
    }
  }
};

form.addEventListener("click", (event) => {
  const add = event.target.closest("[data-add]");
  const drop = event.target.closest("[data-drop]");
  const fresh = event.target.closest("[data-fresh]");
  if (add) {
    const list = add.closest("[data-list]");
    const items = list.querySelector(":scope > .x-items");
    if (items.children.length >= Number(list.dataset.most)) return;
    const item = list.querySelector(":scope > template").content.firstElementChild.cloneNode(true);
    item.dataset.prefix = `${list.dataset.list}.__`;
    items.append(item);
    renumber(list);
    item.querySelector("input, select, textarea")?.focus();
  }
  if (drop) {
    const list = drop.closest("[data-list]");
    drop.closest(".x-item").remove();
    renumber(list);
  }
  if (fresh) fresh.parentElement.querySelector("[data-token]").value = crypto.randomUUID?.() ?? String(performance.now());
  if (add || drop || fresh) write();
});

let waiting = 0;
let asked = 0;
const write = () => {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const mine = ++asked;
    const body = new URLSearchParams(new FormData(form));
    if (language) body.set("language", language);
    const answer = await fetch(form.dataset.code, { method: "POST", body });
    if (answer.ok && mine === asked) {
      code.innerHTML = await answer.text();
    }
  }, 150);
};
form.addEventListener("input", write);
// A call used its token up: the next one is another call.
form.addEventListener("htmx:after:request", () => {
  const token = form.querySelector("[data-token]");
  if (token && crypto.randomUUID) token.value = crypto.randomUUID();
});

const choose = (tab) => {
  language = tab.dataset.language;
  localStorage.setItem("admit-language", language);
  for (const each of code.querySelectorAll("[role=tab]")) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", String(chosen));
    each.tabIndex = chosen ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = !chosen;
  }
};
code.addEventListener("click", (event) => {
  const tab = event.target.closest("[role=tab]");
  if (tab) choose(tab);
});
code.addEventListener("keydown", (event) => {
  const tab = event.target.closest("[role=tab]");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return;
  const tabs = [...code.querySelectorAll("[role=tab]")];
  const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
  choose(next);
  next.focus();
});
if (language) {
  const tab = code.querySelector(`[data-language="${CSS.escape(language)}"]`);
  if (tab) choose(tab);
}
