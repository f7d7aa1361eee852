"""Code and answers with their words told apart by colour."""

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

_FORMAT = HtmlFormatter(nowrap=True, classprefix="h-")


def coloured(text: str, lexer: str) -> Markup:
    """A text as a part of a page; ``lexer`` is what Pygments calls its language."""
    return Markup(highlight(text, get_lexer_by_name(lexer), _FORMAT))  # noqa: S704 - Pygments escapes it
