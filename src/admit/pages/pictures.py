"""Pictures of applications that are streamed."""

from admit.control import programs
from admit.pages.site import Site


def picture(site: Site, program: str | None, name: str) -> str:
    """The address of an application's picture: that of its program, or the usual one where it has none.

    ``program`` is the key in the catalogue that the image names for it, if it names one.
    """
    key = programs.key_of(site.world.programs, program or "", name)
    icon = "app" if key is None else site.world.programs[key].icon
    asset = f"pages/programs/{icon}.svg"
    return site.assets.url(asset if asset in site.assets.files else "pages/programs/app.svg")
