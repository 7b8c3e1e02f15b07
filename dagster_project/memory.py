"""How much memory DuckDB takes for the working file, releases and lakes, from the environment.

Belongs here: reading that setting and holding it for the process. Does not belong here: connections (warehouse/), what is
read of exports (readable_files.py).
"""

import re
from collections.abc import Mapping

MEMORY_VARIABLE = "WAVEHOUSE_MEMORY"
#: Leaves memory for other programs. Data beyond it go to the disk, beside the file.
DEFAULT_MEMORY = "1800MB"
#: Below this DuckDB cannot hold the blocks that it works on, whatever the study.
_LEAST_MEGABYTES = 250
_AMOUNT = re.compile(r"(?P<number>\d+(?:\.\d+)?) *(?P<unit>[MGT])I?B", re.IGNORECASE)
_MEGABYTES = {"M": 1, "G": 1_000, "T": 1_000_000}

#: Of this process.
_limit = {MEMORY_VARIABLE: DEFAULT_MEMORY}


class MemorySettingError(ValueError):
    """WAVEHOUSE_MEMORY is no amount of memory. The message is one line with the cure."""


def read_memory(environment: Mapping[str, str]) -> str:
    """The amount that WAVEHOUSE_MEMORY names, as DuckDB reads it; the default where it is not set.

    Raises MemorySettingError for what is no amount, and for one that no study can be computed in.
    """
    text = environment.get(MEMORY_VARIABLE, "").strip()
    if not text:
        return DEFAULT_MEMORY
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise MemorySettingError(
            f"{MEMORY_VARIABLE}: {text!r} is no amount of memory; write a number and MB, GB or TB, such as 4GB"
        )
    if float(match["number"]) * _MEGABYTES[match["unit"].upper()] < _LEAST_MEGABYTES:
        raise MemorySettingError(
            f"{MEMORY_VARIABLE}: {text} is too little for any study; give at least {_LEAST_MEGABYTES}MB"
        )
    return text.replace(" ", "")


def limit_memory(environment: Mapping[str, str]) -> None:
    """From here on connections of this process take what the environment says."""
    _limit[MEMORY_VARIABLE] = read_memory(environment)


def memory_limit() -> str:
    """What a connection may take, as DuckDB reads it."""
    return _limit[MEMORY_VARIABLE]
