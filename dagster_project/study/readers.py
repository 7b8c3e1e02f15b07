"""The formats that an export may have. One entry a reader: its name in study.yaml, its function, its badge in the graph.

Belongs here: that list, and what a protocol may say of a file's layout. Does not belong here: reading (exports/, which finds
the function by this entry).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """How a file is laid out, as far as its export declares it.

    sheet: the workbook's sheet that holds the answers; None for the only filled one. encoding: of text; None to find it.
    title_rows: rows above the header that are not read. header_rows: the rows that make up the header. label_rows: rows
    between the header and the first record that describe the columns.
    """

    sheet: str | None = None
    encoding: str | None = None
    title_rows: int = 0
    header_rows: int = 1
    label_rows: int = 0


@dataclass(frozen=True)
class Reader:
    """function: `module:function` below exports/. It takes the path, the name for messages and the layout, and returns a
    TextTable. layout: the parts of the layout that may be declared for it."""

    function: str
    badge: str = "csv"
    layout: tuple[str, ...] = ()


_ROWS = ("title_rows", "header_rows", "label_rows")
READERS: Mapping[str, Reader] = {
    "delimited": Reader("delimited:read_delimited", layout=("encoding", *_ROWS)),
    "qualtrics": Reader("qualtrics:read_qualtrics", layout=("sheet", "encoding")),
    "surveymonkey": Reader("surveymonkey:read_surveymonkey", layout=("sheet", "encoding")),
    "redcap": Reader("redcap:read_redcap", layout=("encoding",)),
    "limesurvey": Reader("limesurvey:read_limesurvey", layout=("encoding",)),
    "excel": Reader("excel:read_excel", badge="excel", layout=("sheet", *_ROWS)),
    "spss": Reader("spss:read_spss", badge="sav", layout=("encoding",)),
    "stata": Reader("stata:read_stata", badge="stata", layout=("encoding",)),
    "sas": Reader("sas:read_sas", badge="sas", layout=("encoding",)),
    "parquet": Reader("parquet:read_parquet", badge="parquet"),
}
#: In words, for messages and descriptions.
READERS_IN_WORDS = ", ".join(list(READERS)[:-1]) + f" or {list(READERS)[-1]}"
