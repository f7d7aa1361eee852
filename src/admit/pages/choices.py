"""How somebody likes their pages: language and theme, kept in the browser."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admit.pages.cookies import COOKIES, is_secure
from admit.pages.places import inside
from admit.pages.site import Site
from admit.pages.words import LANGUAGES

YEAR_S = 365 * 24 * 3600
THEMES = ("light", "dark", "auto")


async def choose(site: Site, request: Request) -> Response:
    """Keep what was chosen, and go back to the page it was chosen on."""
    fields = await site.form(request, None)
    response = RedirectResponse(inside(str(fields.get("back", ""))), 303)
    chosen = ((COOKIES.language, "language", tuple(LANGUAGES)), (COOKIES.theme, "theme", THEMES))
    for cookie, field, known in chosen:
        value = str(fields.get(field, ""))
        if value in known:
            response.set_cookie(
                cookie, value, max_age=YEAR_S, secure=is_secure(request), samesite="lax", path="/"
            )
    return response
