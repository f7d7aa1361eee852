"""Style sheets, scripts, fonts and icons: from files of ours, under names that change with them."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

YEAR_S = 365 * 24 * 3600
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
"""What is served; nothing else that stands in the folders is."""


@dataclass(frozen=True, slots=True)
class Assets:
    """The files below ``static/`` of some rooms, served at ``/static/<digest>/<room>/<path>``."""

    files: dict[str, Path]
    """By room and path: ``pages/admit.css``."""
    digest: str
    """Of all of them: with any change every address is another, and old copies are asked for no more."""

    @classmethod
    @cache
    def of(cls, rooms: tuple[str, ...]) -> "Assets":
        """What is served of these rooms; read once in a process, since the files come with the program."""
        found: dict[str, Path] = {}
        for room in rooms:
            folder = Path(str(resources.files(f"admit.{room}"))) / "static"
            for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
                if path.suffix in KINDS:
                    found[f"{room}/{path.relative_to(folder).as_posix()}"] = path
        digest = hashlib.sha256()
        for name, path in found.items():
            digest.update(name.encode() + b"\0" + path.read_bytes())
        return cls(found, digest.hexdigest()[:12])

    def url(self, name: str) -> str:
        """The address of a file.

        Raises:
            KeyError: there is none of this name.
        """
        if name not in self.files:
            raise KeyError(name)
        return f"/static/{self.digest}/{name}"

    def route(self) -> Route:
        """Where they are served."""
        return Route("/static/{digest}/{name:path}", self._file)

    async def _file(self, request: Request) -> Response:
        path = self.files.get(request.path_params["name"])
        if path is None:
            return PlainTextResponse("There is no such file.\n", 404)
        fresh = request.path_params["digest"] == self.digest
        kept = f"public, max-age={YEAR_S}, immutable" if fresh else "no-cache"
        headers = {"cache-control": kept, "x-content-type-options": "nosniff"}
        return FileResponse(path, media_type=KINDS[path.suffix], headers=headers)


@cache
def icon(name: str, label: str = "") -> Markup:
    """An icon, to stand in a page; without a label it says nothing to those who hear the page.

    Raises:
        FileNotFoundError: there is none of this name.
    """
    file = resources.files("admit.pages") / "static" / "vendor" / "icons" / f"{name}.svg"
    lines = file.read_text("utf-8").partition("<svg")[2].partition(">")[2]
    shapes = " ".join(lines.partition("</svg>")[0].split())
    said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup(
        '<svg class="a-icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>'
    ).format(said, Markup(shapes))  # noqa: S704 - from a file of ours
