"""The wire's ways to page: by number, by token, by marker."""

import base64
import binascii
from typing import Annotated

from admit.core.errors import InvalidNextToken
from admit.rpc.shape import between, like

PageNumber = Annotated[int, like(1, "The page to show, counted from 1.", ge=1, le=1_000_000_000)]


def page(number: int | None, size: int | None, default: int) -> tuple[int, int]:
    """``(offset, limit)`` of a numbered page. A size of 0, as Terraform sends it, is the default."""
    limit = size or default
    return ((number or 1) - 1) * limit, limit


def token(offset: int, limit: int, total: int) -> str | None:
    """What asks for the page after this one; None when it was the last."""
    after = offset + limit
    if after >= total:
        return None
    return "NT" + base64.urlsafe_b64encode(f"o{after}".encode()).decode().rstrip("=")


def offset_of(next_token: str | None) -> int:
    """Where the page begins that a token asks for; an absent or empty one asks for the first.

    Raises:
        InvalidNextToken: it was not given out here.
    """
    if not next_token:
        return 0
    try:
        if not next_token.startswith("NT"):
            raise ValueError(next_token)
        padded = next_token[2:] + "=" * (-len(next_token[2:]) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        if not (text.startswith("o") and text[1:].isdigit() and len(text) <= 16):
            raise ValueError(text)
        return int(text[1:])
    except (ValueError, binascii.Error):
        raise InvalidNextToken from None


__all__ = ["PageNumber", "between", "offset_of", "page", "token"]
