// What every page can do besides what its forms do: search by "/", close what opened, choose a theme at once.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
  const copied = event.target.closest("[data-copies]");
  if (copied) {
    navigator.clipboard.writeText(document.getElementById(copied.dataset.copies).textContent.trim()).then(() => {
      copied.dataset.done = "";
      copied.querySelector("[data-said]")?.replaceChildren(copied.dataset.doneText ?? "");
    });
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-sends]")) event.target.form.requestSubmit();
});
