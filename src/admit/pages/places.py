"""Where to go after a form: only to pages of ours, whatever an address in the form says."""

from urllib.parse import urlsplit

HOME = "/home"


def inside(target: str) -> str:
    """The target if it is a path of this server, else the page that people begin on.

    Browsers read a backslash as a slash, and skip control characters: neither is in a path of ours.
    """
    odd = any(ord(each) < 0x21 or each in "\\\x7f" for each in target)
    if odd or not target.startswith("/") or target.startswith("//"):
        return HOME
    parts = urlsplit(target)
    return HOME if parts.scheme or parts.netloc else target
