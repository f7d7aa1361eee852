// What the console does besides its forms: a drawer beside the page, filters that answer while one types,
// names that are suggested, a slider through time, and paths that light up. All of it works without, too.
const part = async (address) => {
  const answer = await fetch(address, { headers: { "X-Drawer": "1" }, credentials: "same-origin" });
  if (answer.redirected || answer.status === 401) location.reload();
  return answer.text();
};

// -- the drawer ----------------------------------------------------------------------------------------
const drawer = document.getElementById("drawer");
const show = (text) => {
  const inside = new DOMParser().parseFromString(text, "text/html");
  const shown = inside.querySelector("main") ?? inside.body;
  document.getElementById("drawer-part").replaceChildren(...shown.childNodes);
  if (!drawer.open) drawer.showModal();
  drawer.scrollTop = 0;
};
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-drawer]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  show(await part(link.href));
});
drawer?.addEventListener("click", (event) => {
  if (event.target === drawer) drawer.close();
  const cancels = event.target.closest("[data-cancels]");
  if (cancels && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    drawer.close();
  }
});
// A form in the drawer is answered there: what it would do is shown beside the page it is about.
drawer?.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const fields = new FormData(form, event.submitter);
  const body = form.enctype === "multipart/form-data" ? fields : new URLSearchParams(fields);
  const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Drawer": "1" }, credentials: "same-origin" });
  if (answer.redirected) return location.assign(answer.url);
  show(await answer.text());
});

// -- a draft -------------------------------------------------------------------------------------------
// Whoever must show again who they are when a document is sent comes back to it as it was written.
const kept = JSON.parse(sessionStorage.getItem("draft") ?? "null");
const drafted = document.querySelector("form[data-draft]");
if (kept?.path === location.pathname) {
  for (const [name, value] of Object.entries(kept.fields)) {
    const field = drafted?.elements.namedItem(name);
    if (field && field.type !== "hidden") field.value = value;
  }
} else sessionStorage.removeItem("draft");
drafted?.addEventListener("submit", () => {
  const fields = Object.fromEntries([...new FormData(drafted)].filter(([name]) => name !== "csrf"));
  sessionStorage.setItem("draft", JSON.stringify({ path: location.pathname, fields }));
});

// -- the menu of a phone -------------------------------------------------------------------------------
const menu = document.getElementById("menu");
document.addEventListener("click", (event) => {
  if (event.target.closest(".c-menu")) {
    event.preventDefault();
    menu.classList.toggle("open");
  } else if (menu?.classList.contains("open") && !event.target.closest("#menu")) {
    menu.classList.remove("open");
  }
});

// -- filters that answer while one types ---------------------------------------------------------------
for (const each of document.querySelectorAll("[data-scriptless]")) each.hidden = true;
let waiting;
let newest = 0;
const refresh = async (form) => {
  const address = new URL(form.action || location.href);
  address.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value)).toString();
  const mine = ++newest;
  const answer = await fetch(address, { credentials: "same-origin" });
  if (answer.redirected) location.reload();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(form.dataset.live);
  if (mine !== newest || !fresh) return;
  const list = document.querySelector(form.dataset.live);
  // The form stays as it is: whoever types in it keeps the cursor.
  for (const old of [...list.children]) if (old !== form) old.remove();
  for (const next of [...fresh.children]) if (!next.matches("[data-live]")) list.append(next);
  history.replaceState(null, "", address);
};
const later = (form, delay) => {
  clearTimeout(waiting);
  waiting = setTimeout(() => refresh(form), delay);
};
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-live]");
  if (form) later(form, event.target.matches("select") ? 0 : 200);
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-live]");
  if (form) {
    event.preventDefault();
    later(form, 0);
  }
});

// -- names that are suggested --------------------------------------------------------------------------
document.addEventListener("input", async (event) => {
  const field = event.target.closest("[data-suggests]");
  if (!field || field.value.length < 1) return;
  const asked = new URLSearchParams({ for: field.dataset.suggests, q: field.value.replace(/^[a-z-]+:/, "").split("@")[0] });
  const found = new DOMParser().parseFromString(`<datalist>${await part(`/console/suggest?${asked}`)}</datalist>`, "text/html");
  field.list?.replaceChildren(...found.querySelectorAll("option"));
});

// -- the slider through time ---------------------------------------------------------------------------
const written = (moment) => {
  const two = (number) => String(number).padStart(2, "0");
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${day}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
};
// A browser shows a date in its own form: beside the field it is said in the language of the page.
const sayInFull = (field) => {
  const beside = field.closest(".a-field, .c-as-of")?.querySelector("[data-written]");
  if (!beside || !field.value) return;
  const moment = new Date(field.value);
  const [year, day] = [moment.getFullYear(), moment.getDate()];
  const english = `${day} ${moment.toLocaleDateString("en-US", { month: "short" })} ${year}`;
  const date = document.documentElement.lang.startsWith("zh") ? `${year}年${moment.getMonth() + 1}月${day}日` : english;
  const [ahead, minutes] = [moment.getTimezoneOffset() <= 0, Math.abs(moment.getTimezoneOffset())];
  const clock = [Math.floor(minutes / 60), minutes % 60].map((number) => String(number).padStart(2, "0")).join(":");
  beside.textContent = `${date} ${field.value.slice(11, 16)} UTC${minutes ? (ahead ? "+" : "-") + clock : ""}`;
};
document.addEventListener("input", (event) => {
  if (event.target.matches("input[type=datetime-local]")) sayInFull(event.target);
});
document.addEventListener("input", (event) => {
  const slider = event.target.closest("[data-slider]");
  if (!slider) return;
  const at = new Date(Number(slider.dataset.slider) - (720 - Number(slider.value)) * 3600_000);
  slider.form.elements.at.value = written(at);
  sayInFull(slider.form.elements.at);
});
document.addEventListener("change", (event) => {
  const slider = event.target.closest("[data-slider]");
  if (!slider) return;
  if (slider.value === "720") slider.form.elements.at.disabled = true;
  slider.form.requestSubmit();
});

// -- paths that light up -------------------------------------------------------------------------------
for (const graph of document.querySelectorAll("[data-graph]")) {
  const edges = [...graph.querySelectorAll("[data-from]")];
  const nodes = new Map([...graph.querySelectorAll("[data-node]")].map((node) => [node.dataset.node, node]));
  const follow = (begin, from, to) => {
    const seen = new Set([begin]);
    const lit = [];
    for (const here of seen) {
      for (const edge of edges) {
        if (edge.dataset[from] !== here) continue;
        lit.push(edge);
        seen.add(edge.dataset[to]);
      }
    }
    return [seen, lit];
  };
  const light = (node) => {
    const [after, onward] = follow(node.dataset.node, "from", "to");
    const [before, back] = follow(node.dataset.node, "to", "from");
    for (const [name, each] of nodes) each.classList.toggle("lit", after.has(name) || before.has(name));
    for (const edge of edges) edge.classList.toggle("lit", onward.includes(edge) || back.includes(edge));
    graph.classList.add("lighting");
  };
  const dim = () => graph.classList.remove("lighting");
  for (const node of nodes.values()) {
    node.addEventListener("pointerenter", () => light(node));
    node.addEventListener("focus", () => light(node));
    node.addEventListener("pointerleave", dim);
    node.addEventListener("blur", dim);
  }
}

// On a phone the picture is wider than the screen: the list under it is open from the start.
if (matchMedia("(max-width: 46rem)").matches) {
  for (const list of document.querySelectorAll(".c-aslist")) list.open = true;
}
