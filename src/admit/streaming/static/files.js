// The home folder: what lies in it, and putting files there.
export function files(page, texts) {
  const dialog = document.getElementById("files");
  const base = `/stream/${page.dataset.session}/files`;

  function size(bytes) {
    const units = ["B", "KB", "MB", "GB"];
    let unit = 0;
    while (bytes >= 1000 && unit < units.length - 1) {
      bytes /= 1000;
      unit += 1;
    }
    return `${unit && bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)} ${units[unit]}`;
  }

  async function list() {
    const listing = document.getElementById("listing");
    if (!listing) return;
    const answer = await fetch(base, { cache: "no-store" });
    if (!answer.ok) return;
    const row = document.getElementById("file").content;
    listing.replaceChildren(
      ...(await answer.json()).files.map((file) => {
        const copy = row.cloneNode(true);
        copy.querySelector(".s-file").textContent = file.path;
        copy.querySelector(".s-size").textContent = size(file.size);
        copy.querySelector("a").href = `${base}/${file.path.split("/").map(encodeURIComponent).join("/")}`;
        return copy;
      }),
    );
  }

  async function send(chosen) {
    const said = document.getElementById("uploading");
    for (const file of chosen) {
      said.textContent = `${file.name}…`;
      const answer = await fetch(`${base}?name=${encodeURIComponent(file.name)}`, {
        method: "POST",
        headers: { "x-csrf-token": page.dataset.csrf, "content-type": "application/octet-stream" },
        body: file,
      }).catch(() => null);
      const told = await answer?.json().catch(() => null);
      const unsent = told?.refused ? texts.refused.replace("##", told.refused) : texts.unsent;
      said.textContent = told?.name ? texts.sent.replace("#", told.name) : unsent.replace("#", file.name);
      said.dataset.done = told?.name ? "yes" : "no";
    }
    await list();
  }

  const drop = document.getElementById("drop");
  if (drop) {
    document.getElementById("upload").addEventListener("change", (event) => send([...event.target.files]));
    for (const kind of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", kind === "dragover");
        if (kind === "drop") send([...event.dataTransfer.files]);
      });
    }
  }
  return {
    open() {
      dialog.showModal();
      list();
    },
  };
}
