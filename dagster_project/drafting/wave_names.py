"""Words and signs by which names of folders, files, sheets, events and columns say which wave they belong to.

Belongs here: reading a wave out of one name. Does not belong here: which tables are waves (waves.py).
"""

import re
from dataclasses import dataclass

from dagster_project.study import RESERVED_NAMES

#: How many months the units of time have that names count in.
_MONTHS = {"m": 1.0, "w": 12 / 52, "y": 12.0}
_UNIT = r"(?P<unit>months?|mo|m|weeks?|wks?|years?|yrs?|y)"
_COUNTED_WORD = (
    r"(?P<word>timepoint|time|tp|t|wave|welle|w|visit|v|session|sess|ses|round|phase|occasion|assessment|measurement)"
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_PATTERNS = (
    re.compile(
        rf"(?P<ordinal>{'|'.join(_ORDINALS)})[\s_.-]*(?P<word>wave|visit|session|round|phase|assessment|measurement|survey)"
    ),
    re.compile(rf"{_COUNTED_WORD}[\s_.-]*0*(?P<number>\d{{1,2}})"),
    re.compile(rf"{_UNIT}[\s_.-]*0*(?P<number>\d{{1,3}})"),
    re.compile(rf"0*(?P<number>\d{{1,3}})[\s_.-]*{_UNIT}"),
    re.compile(r"(?P<word>follow[\s_.-]?up|fup|fu|fup)[\s_.-]*0*(?P<number>\d{0,3})"),
    re.compile(
        r"(?P<word>screening|baseline|base|bl|pre[\s_.-]?test|pre|intake|entry|start|mid[\s_.-]?term|mid|midpoint"
        r"|post[\s_.-]?test|post|discharge|exit|end|final)"
    ),
)
#: Where the words without a number stand among the waves, before and after those that are counted.
_RANKS = {"screening": 0, "baseline": 1, "pre": 1, "start": 1, "counted": 2, "mid": 3, "end": 4, "followup": 5}
_KINDS = {
    "screening": "screening", "baseline": "baseline", "base": "baseline", "bl": "baseline", "pretest": "pre", "pre": "pre",
    "intake": "baseline", "entry": "baseline", "start": "start", "midterm": "mid", "mid": "mid", "midpoint": "mid",
    "posttest": "end", "post": "end", "discharge": "end", "exit": "end", "end": "end", "final": "end",
}  # fmt: skip


@dataclass(frozen=True)
class WaveName:
    """A wave as a name says it. wave: its id. rank: its place among others. month: of its number, if that counts time."""

    wave: str
    rank: tuple[int, float]
    month: float | None = None


def wave_of_name(text: str) -> WaveName | None:
    """The wave that a name tells: "T1", "wave_2", "baseline_arm_1", "month 3", "data-pre"; None if it tells none, or two."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", without_arm(text.strip())).lower()
    waves: dict[str, WaveName] = {}
    spans: list[tuple[int, int]] = []
    for pattern in _PATTERNS:
        for match in re.finditer(rf"(?<![a-z0-9]){pattern.pattern}(?![a-z0-9])", name):
            if any(match.start() < end and start < match.end() for start, end in spans):
                continue
            spans.append(match.span())
            wave = _wave(match)
            waves.setdefault(wave.wave, wave)
    if len(waves) > 1:  # "6 month follow-up", "T2 final" and "T1 pre" are one wave: the number says which
        waves = {wave.wave: wave for wave in waves.values() if any(map(str.isdigit, wave.wave))}
    return next(iter(waves.values())) if len(waves) == 1 else None


def without_arm(event: str) -> str:
    """REDCap's name of an event without the arm that follows it."""
    return re.sub(r"_arm_\d+$", "", event)


def _wave(match: re.Match[str]) -> WaveName:
    groups = match.groupdict()
    number = groups.get("number")
    if unit := groups.get("unit"):
        months = float(number or 0) * _MONTHS[unit[0]]
        name = {"m": "month", "w": "week", "y": "year"}[unit[0]]
        return WaveName(f"{name}{number}", (_RANKS["counted"], months), round(months, 1))
    word = re.sub(r"[\s_.-]", "", groups["word"])
    if ordinal := groups.get("ordinal"):
        position = _ORDINALS.index(ordinal) + 1
        return WaveName(f"{word}{position}", (_RANKS["counted"], float(position)))
    if word in ("followup", "fup", "fu"):
        return WaveName(f"followup{number or ''}", (_RANKS["followup"], float(number or 0)))
    if number is None:
        kind = _KINDS[word]
        is_first = _RANKS[kind] == _RANKS["baseline"]
        return WaveName(word, (_RANKS[kind], 0.0), 0.0 if is_first else None)
    wave = f"{word[0].upper()}{number}" if len(word) < 4 and word != "ses" else f"{word}{number}"
    return WaveName(wave, (_RANKS["counted"], float(number)))


def wave_id(text: str, position: int) -> str:
    """An id for a wave whose name is any text, such as the value of a column. position: its place, from 1."""
    if (name := wave_of_name(text)) is not None:
        return name.wave
    if text.strip().lower() in RESERVED_NAMES:
        return f"wave_{text.strip()}"
    letters = re.sub(r"[^A-Za-z0-9]+", "_", without_arm(text)).strip("_")[:30]
    return letters if letters[:1].isalpha() else f"T{letters}" if letters.isdigit() else f"T{position}"


_COUNTED_MARK = r"t|w|wave|time|tp|v|visit|session|ses"
_WORD = r"pre|post|mid|screening|base|baseline|bl|intake|fu\d?|fup\d?|followup\d?"
_MONTHS_IN_WORDS = r"(?:mo|month|wk|week|yr|year)\d{1,2}|\d{1,2}(?:m|mo|mos|month|months|w|wk|wks|weeks|y|yr|years)"
#: A wave at the beginning or the end of a column's name: t1_phq1, phq1_t1, T1phq1, phq1.pre, bdi.2m.
_AT_START = re.compile(
    rf"(?P<mark>(?:(?:{_COUNTED_MARK})\d{{1,2}}|{_WORD}|{_MONTHS_IN_WORDS})[_.]|[TW]\d(?=[A-Za-z]))(?P<stem>.+)",
    re.IGNORECASE,
)
_AT_END = re.compile(
    rf"(?P<stem>.+)(?P<mark>[_.](?:(?:{_COUNTED_MARK})_?\d{{1,2}}|{_WORD}|m\d{{1,2}}|{_MONTHS_IN_WORDS}))", re.IGNORECASE
)


def name_without_wave(column: str) -> list[tuple[str, str, str]]:
    """The ways in which a column's name can be split into a wave and the rest: (where, mark, stem)."""
    splits = []
    for side, pattern in (("start", _AT_START), ("end", _AT_END)):
        if (match := pattern.fullmatch(column)) and re.search(r"[^\W\d_]", match["stem"]):
            splits.append((side, match["mark"], match["stem"]))
    return splits
