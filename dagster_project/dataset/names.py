"""Names of variables in a file: each once, and none that the format does not allow.

Belongs here: what formats allow of names, and changing a name that is not allowed. Does not belong here: labels (labels.py).
Sources: IBM SPSS Statistics, Variable names; Stata User's Guide, 11.3 Naming conventions; R Language Definition, 10.3.3
Reserved words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class NameRule:
    """What a format allows of a name beyond letters of ASCII, digits and underscores, of which codes of a study are made.

    longest: how many characters it may have. reserved: matches what it must not be.
    """

    longest: int
    reserved: re.Pattern[str]


#: Names that differ in the case of letters alone are one to SPSS.
SPSS_NAMES = NameRule(64, re.compile("all|and|by|eq|ge|gt|le|lt|ne|not|or|to|with", re.IGNORECASE))
STATA_NAMES = NameRule(32, re.compile("byte|double|float|if|in|int|long|str[0-9]*|strl|using|with", re.IGNORECASE))
#: R tells the cases of letters apart, and its other reserved words have capitals, which no code begins with.
R_NAMES = NameRule(10_000, re.compile("if|else|repeat|while|function|for|next|break|in"))
#: Where a name may be any text.
ANY_NAMES = NameRule(10_000, re.compile("(?!)"))


def unique_names(stems: Sequence[tuple[str, str]], rule: NameRule) -> list[str]:
    """A name for each stem and suffix: the two together, or what is allowed and comes nearest to it.

    A name that is too long loses the end of its stem. What is reserved, or is another's name already, gets a number.
    Names that need no change are given first, so that no other takes theirs.
    """
    names: dict[int, str] = {}
    owners: set[str] = set()
    for index, (stem, suffix) in enumerate(stems):
        name = stem + suffix
        if len(name) <= rule.longest and not rule.reserved.fullmatch(name) and name.casefold() not in owners:
            names[index] = name
            owners.add(name.casefold())
    for index, (stem, suffix) in enumerate(stems):
        if index in names:
            continue
        number, name = 1, stem[: rule.longest - len(suffix)].rstrip("_") + suffix
        while rule.reserved.fullmatch(name) or name.casefold() in owners:
            number += 1
            ending = f"_{number}{suffix}"
            name = stem[: rule.longest - len(ending)].rstrip("_") + ending
        names[index] = name
        owners.add(name.casefold())
    return [names[index] for index in range(len(stems))]
