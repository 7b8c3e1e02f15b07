"""The formats that an export may have. One entry a reader: its name in study.yaml, its function, its badge in the graph.

Belongs here: that list. Does not belong here: reading (exports/, which finds the function by this entry).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Reader:
    """function: `module:function` below exports/. It takes the path and the name for messages, and returns a TextTable."""

    function: str
    badge: str = "csv"


READERS: Mapping[str, Reader] = {
    "delimited": Reader("delimited:read_delimited"),
    "qualtrics": Reader("qualtrics:read_qualtrics"),
    "redcap": Reader("redcap:read_redcap"),
    "limesurvey": Reader("limesurvey:read_limesurvey"),
    "excel": Reader("excel:read_excel", badge="excel"),
    "spss": Reader("spss:read_spss", badge="sav"),
    "stata": Reader("stata:read_stata", badge="stata"),
    "sas": Reader("sas:read_sas", badge="sas"),
    "parquet": Reader("parquet:read_parquet", badge="parquet"),
}
#: In words, for messages and descriptions.
READERS_IN_WORDS = ", ".join(list(READERS)[:-1]) + f" or {list(READERS)[-1]}"
