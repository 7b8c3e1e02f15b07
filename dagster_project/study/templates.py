"""Templates of column names: {position} for the item's number.

Belongs here: what a template may hold. Does not belong here: which columns a block has (export.py).
"""

import re
from string import Formatter

#: How a number may be written: with at least so many digits. A great width would fill the memory.
_DIGITS = re.compile(r"(0?[1-9])?d?")


def template_fault(template: str) -> str | None:
    """What is wrong with a template, None if nothing is."""
    try:
        fields = [(name, form, conversion) for _, name, form, conversion in Formatter().parse(template) if name is not None]
    except ValueError:
        fields = [("", "", None)]
    if any(name != "position" or conversion or _DIGITS.fullmatch(form or "") is None for name, form, conversion in fields):
        return "may only hold {position}, or {position:02} for at least two digits"
    return None if fields else "lacks {position}"
