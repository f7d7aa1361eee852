// Choosing everything on a page of a review at once; without it each is chosen by itself.
const all = document.querySelector("[data-checks-all]");
if (all) {
  const each = [...document.querySelectorAll("input[name=item]")];
  for (const shown of [all, all.parentElement.querySelector("[data-said]")]) shown.hidden = false;
  all.addEventListener("change", () => {
    for (const box of each) box.checked = all.checked;
  });
  document.addEventListener("change", (event) => {
    if (!each.includes(event.target)) return;
    const many = each.filter((box) => box.checked).length;
    all.checked = many === each.length;
    all.indeterminate = many > 0 && many < each.length;
  });
}
