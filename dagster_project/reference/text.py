"""Text in Markdown that means nothing but itself. Nothing else belongs here."""

import html

_SIGNS = str.maketrans({sign: f"&#{ord(sign)};" for sign in "*_[]`~\\{}|#"})


def plain(text: str) -> str:
    """A text as it is, in a line or in a cell of a table: none of its signs is markup."""
    return html.escape(" ".join(text.split()), quote=False).translate(_SIGNS)


def code(text: str) -> str:
    """The same as code."""
    return f"<code>{plain(text)}</code>"


def sentence(text: str) -> str:
    """A description as a sentence: with a capital letter, unless it begins with a name, and a full stop."""
    first = text.split(" ")[0].rstrip(",:;")
    text = text if not first.isalpha() else text[:1].upper() + text[1:]
    return text if text.endswith((".", "?")) else f"{text}."


def anchor(name: str) -> str:
    """The part of an address that leads to a name."""
    return "".join(sign if sign.isalnum() else "-" for sign in name.lower()).strip("-")


def heading(level: int, title: str, name: str) -> str:
    """A heading that links lead to by name."""
    return f"{'#' * level} {title} {{ #{anchor(name)} }}"
