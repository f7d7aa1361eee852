"""Texts of others, as people are shown them."""


def printable(text: str) -> str:
    """A text without what makes a terminal move, or a line look like another: labels are read by people."""
    return text if text.isprintable() else "".join(each if each.isprintable() else "\ufffd" for each in text)
