"""What a made export is: its cells and what each counts as, its declaration, and the study that it belongs to.

Belongs here: the types, the people, the items and their codes. Does not belong here: drawing a file (made_files.py), writing
one (file_shapes.py).
"""

import datetime
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

#: The answers of each item: few, below zero, many, with gaps; and a service.
ANSWERS: Mapping[str, Sequence[int]] = {
    **{f"mood_0{position}": range(5) for position in range(1, 5)},
    **{f"temper_0{position}": range(-2, 3) for position in (1, 2)},
    "slide_01": range(101),
    "steps_01": (0, 2, 5, 10),
    "gp": (0, 1),
}
BLOCKS = ("mood", "temper", "slide", "steps", "services")
#: The reason of each special code, by block.
SPECIAL_CODES = {
    "mood": {"-9": "refused", "99": "not_asked", "k.A.": "blank"},
    "temper": {"-9": "refused", "9": "not_asked"},
    "slide": {"999": "refused", "-9": "not_asked"},
    "steps": {"-1": "refused"},
    "services": {"-9": "not_asked"},
}
SERVICE_TEXTS = {1: ("Yes", "x"), 0: ("No", "no, thanks")}
#: Words that stand for the answers 0 to 4, by the letters that an encoding has.
#: The reason of each of Stata's missing values.
LETTERS = {"a": "refused", "z": "not_asked"}
#: Words that stand for the answers 0 to 4, by the letters that an encoding has.
WORDS = {
    "ascii": ("alpha", 'be"ta', "gam, ma; de/lta", "eps ilon", "0 (zeta)"),
    "latin": ("größte", "épaisse", "piñón", "naïve, ça", "Ähre"),
    "central": ("čáp", "žába", "šíp; řeka", "Ähre", "0 (úl)"),
    "any": ("größte", "žába", "3 × 2", "два\nслова", "日本"),
}
#: What nobody sees around a text, by the same.
INVISIBLE = {
    "ascii": (" ",),
    "latin": (" ", "\xa0"),
    "central": (" ", "\xa0"),
    "any": (" ", "\t", "\xa0", "\u200b", "\ufeff", "\u2009", "\u3000", "\xad", "\n"),
}
PEOPLE = (
    *(f"P{number:02d}" for number in range(1, 11)),
    "1001",
    "1002",
    "1003",
    "1004",
    "Zoé-7",
    "Müller",
    'O"Hara, B',
    "007",
)
NUMERIC_PEOPLE = PEOPLE[10:14]
#: What a workbook's cell with an error is made of.
ERROR = object()
#: What the roster says of ages, with a comma for the mark, and what it counts as: a number, or why there is none.
AGES: Sequence[tuple[str, float | str]] = (
    ("30", 30), ("30,5", 30.5), ("030", 30), ("+30", 30), ("30.5", "invalid"), ("30,", 30), (",5", 0.5), ("130", "invalid"),
    ("120,0", 120), ("-1", "invalid"), ("", "blank"), (" \u200b", "blank"), ("\ufeff41\u00a0", 41), ("1e1", "invalid"),
    ("3 0", "invalid"), ("forty", "invalid"), ("0", 0), ("1.000", "invalid"),
)  # fmt: skip
STRANGER = "X99"


@dataclass(frozen=True)
class Cell:
    """text: what a reader must find in the file. value: what is stored, of a format with types. meaning: an answer's code, the
    reason for none, "invalid" for a text that is neither; of a date the day or None; None of a column that is not read."""

    text: str
    value: Any = None
    meaning: int | str | datetime.date | None = None


@dataclass(frozen=True)
class Grid:
    """A file before it is written: columns as headed, their kinds (text, number, date, mixed), the rows."""

    columns: list[str]
    kinds: list[str]
    rows: list[list[Cell]]


@dataclass(frozen=True)
class Written:
    """What a writer did. columns: as the project must name them. source_rows: of each row. cells: as another reader finds
    them. other_names: by which the protocol may call the columns."""

    columns: list[str]
    source_rows: list[int]
    cells: list[list[str]]
    other_names: list[str] | None = None


@dataclass(frozen=True)
class Shape:
    """How a file is written. palette: whether cells are text, of one type a column, or any of a workbook's. charset: the
    letters that it may have. names: which names its columns may have. declaration: what study.yaml says of its layout.
    day_name: what the tool calls the column of dates. has_letters: whether missing values may be letters. has_errors: whether
    a cell may hold an error."""

    name: str
    reader: str
    suffix: str
    write: Callable[[Path, Grid, random.Random], Written]
    palette: str = "text"
    charset: str = "any"
    names: str = "free"
    declaration: dict[str, Any] = field(default_factory=dict)
    day_name: str | None = None
    has_letters: bool = False
    has_errors: bool = False


@dataclass(frozen=True)
class MadeFile:
    """A file, its declaration, and all that is true of it.

    codes: the code of each column, None for one that is not read; respondent and answered_on are such codes. reasons: why
    each row is set aside, None for one that is accepted. problem: a part of the line that must refuse it. strangers: people who are not on
    the roster, as written. unread_dates: texts of the date column. unknown: columns that nobody declares.
    """

    shape: Shape
    declaration: dict[str, Any]
    path: Path
    grid: Grid
    written: Written
    codes: list[str | None]
    reasons: list[str | None]
    problem: str | None = None
    strangers: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def block_of(code: str) -> str:
    return "services" if code == "gp" else code[:-3]


def write_study(folder: Path, files: Sequence[MadeFile]) -> None:
    """A study that has a wave for each file, and a roster with all people."""
    instruments = {
        "mood": {"anchors": {"low": 0, "high": 4}, "item_count": 4},
        "temper": {"anchors": {"low": -2, "high": 2}, "item_count": 2},
        "slide": {"anchors": {"low": 0, "high": 100}, "item_count": 1},
        "steps": {"anchors": {"low": 0, "high": 10, "codes": [0, 2, 5, 10]}, "item_count": 1},
    }
    (folder / "instruments").mkdir(parents=True, exist_ok=True)
    for name, content in instruments.items():
        items = [f"1-{content['item_count']}"] if content["item_count"] != 1 else [1]
        scale = {"scale": f"{name}_total", "label": name, "items": items, "aggregate": "sum", "better": "high"}
        head = {"instrument": name, "name": f"Made up: {name}", "source": "none", "licence": "none"}
        text = yaml.safe_dump({**head, **content, "scales": [scale]}, sort_keys=False)
        (folder / "instruments" / f"{name}.yaml").write_text(text, encoding="utf-8")
    waves = [file.declaration["wave"] for file in files]
    service = {"service": "gp", "label": "GP"}
    roster_block = {"block": "participants", "columns": {"age": "age"}}
    roster = {"export": "roster", "folder": "raw/roster", "reader": "delimited", "respondent": "pid", "decimal": ","}
    age = {"variable": "age", "section": "Age", "label": "Age", "kind": "number", "minimum": 0, "maximum": 120}
    protocol = {
        "study": "made",
        "title": "A made-up study",
        "source": "none",
        "licence": "none",
        "rejected_share": 1,
        "waves": [{"wave": wave, "label": wave, "month": month} for month, wave in enumerate(waves)],
        "instruments": [*instruments],
        "outcomes": ["mood_total"],
        "service_use": {
            "waves": waves,
            "used": [*SERVICE_TEXTS[1], "1"],
            "not_used": [*SERVICE_TEXTS[0], "0"],
            "services": [service],
        },
        "participant_variables": [age],
        "exports": [roster | {"blocks": [roster_block]}, *(file.declaration for file in files)],
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(protocol, sort_keys=False, allow_unicode=True), encoding="utf-8")
    (folder / "raw/roster").mkdir(parents=True, exist_ok=True)
    lines = ['"' + person.replace('"', '""') + f'";"{text}"' for person, (text, _) in zip(PEOPLE, AGES, strict=True)]
    (folder / "raw/roster/roster.csv").write_text("\n".join(["pid;age", *lines, ""]), encoding="utf-8")
