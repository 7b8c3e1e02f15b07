"""The numbers of a study's own analysis as results: named, checked against the study, and against who counts in ours.

Belongs here: what a declaration and a number must keep to. Does not belong here: running an analysis (analyses.py).
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import get_args

from dagster_project.extensions.declaration import DeclaredAnalysis, DeclaredStatistic, Kind, Number, People
from dagster_project.extensions.python_files import PythonAnalysis, full_name
from dagster_project.extensions.sql_files import do_you_mean
from dagster_project.results import ResultRow, ResultsError, print_statistic, result_id
from dagster_project.study import Study
from dagster_project.warehouse import Warehouse

_STATISTIC = re.compile(r"[a-z][a-z0-9_]{0,62}")
#: The rules of who counts that an analysis may declare, and that we count people by, too.
_RULES_OF_OURS = ("score", "both", "any", "value")
_MOST_DECIMALS = 6
#: What of a number is text, those of it that must be there, and what a keyword of `number` is called.
_CODES = ("statistic", "outcome", "wave", "contrast", "category", "people_group", "compared_with", "note")
_REQUIRED_CODES = ("statistic", "outcome")
_KEYWORDS = {"people_group": "group"}


class AnalysisError(ValueError):
    """What is wrong with an analysis of a study's own, in one line."""


@dataclass(frozen=True)
class CountRow:
    """How many people count by one rule in a measure at a moment, of one group."""

    measure: str
    people: str
    moment: str
    people_group: str | None
    n: int


@dataclass(frozen=True)
class CountedPeople:
    """How many people count in ours, by rule, measure, moment and group (None for everybody), and who is on the roster."""

    counts: dict[tuple[str, str, str, str | None], int] = field(default_factory=dict)
    roster: frozenset[str] = frozenset()

    @classmethod
    def from_marts(cls, warehouse: Warehouse) -> "CountedPeople":
        counts: dict[tuple[str, str, str, str | None], int] = {}
        for row in warehouse.rows_as(CountRow, _COUNTS):
            for group in {None, row.people_group}:
                key = (row.people, row.measure, row.moment, group)
                counts[key] = counts.get(key, 0) + row.n
        people = warehouse.rows("select participant_id from marts.participants")
        return cls(counts, frozenset(row["participant_id"] for row in people))


#: Groups without anybody who counts have a row of zero, too.
_COUNTS = """
    select measure, people, moment, people_group, coalesce(sum(n) filter (where is_counted), 0)::bigint as n
    from marts.counted_profiles
    group by measure, people, moment, people_group
    union all
    select
        facts.variable, 'value', '', states.people_group, count(*) filter (where facts.missing_reason is null)
    from marts.participant_values as facts
    inner join marts.return_states as states on facts.participant_id = states.participant_id
    group by facts.variable, states.people_group
"""


def checked_statistics(declaration: DeclaredAnalysis) -> None:
    """Raises AnalysisError for statistics that are not declared as they must be."""
    names = [entry.name for entry in declaration.statistics]
    if not declaration.reads or not names:
        raise AnalysisError("declares nothing that it reads, or no statistic; give reads and statistics")
    for entry in declaration.statistics:
        if problem := _wrong_statistic(entry, names):
            raise AnalysisError(f"statistic {entry.name!r}: {problem}")


def _wrong_statistic(entry: DeclaredStatistic, names: Sequence[str]) -> str | None:
    """What is wrong with a declared statistic, None where nothing is. names: those of all that are declared."""
    if fault := _wrong_text(entry, ("name", "formula", "unit", "source", "limit_of")):
        return fault
    if not _STATISTIC.fullmatch(entry.name):
        return "its name has small letters, digits and underscores, and begins with a letter"
    if names.count(entry.name) > 1:
        return "it is declared twice"
    if not entry.formula.strip():
        return "its formula is missing"
    if entry.people not in get_args(People):
        return f"people is {entry.people!r}; give one of {', '.join(get_args(People))}"
    if entry.kind not in get_args(Kind):
        return f"kind is {entry.kind!r}; give one of {', '.join(get_args(Kind))}"
    if not isinstance(entry.decimals, int) or not 0 <= entry.decimals <= _MOST_DECIMALS:
        return f"decimals is {entry.decimals!r}; give 0 to {_MOST_DECIMALS}"
    if entry.limit_of and entry.limit_of not in names:
        return f"limit_of names {entry.limit_of!r}, which is no statistic of the analysis"
    return None


def result_rows(
    study: Study, analysis: PythonAnalysis, declaration: DeclaredAnalysis, numbers: Iterable[Number], people: CountedPeople
) -> tuple[list[ResultRow], list[tuple[str, str, float | None]]]:
    """The numbers as results, and the people whom they name: (result, pseudonym, value). Raises AnalysisError."""
    statistics = {entry.name: entry for entry in declaration.statistics}
    reads = ", ".join(full_name(name) for name in declaration.reads)
    method = f"{declaration.description.strip().rstrip('.') or analysis.name} ({analysis.file}, from {reads})"
    rows: dict[str, ResultRow] = {}
    named_people: list[tuple[str, str, float | None]] = []
    for number in numbers:
        if fault := _wrong_text(number, _CODES, is_required=False):
            raise AnalysisError(f"gives a number of {number.statistic!r} for {number.outcome!r}: {fault}")
        entry = statistics.get(number.statistic)
        if entry is None:
            hint = do_you_mean(number.statistic, list(statistics))
            raise AnalysisError(f"gives the statistic {number.statistic!r}, which it does not declare{hint}")
        try:
            identifier = result_id(
                analysis.analysis, number.outcome, entry.name, category=number.category, people_group=number.people_group,
                timepoint=number.wave or number.contrast,
            )  # fmt: skip
        except ResultsError as error:
            raise AnalysisError(str(error)) from None
        if identifier in rows:
            raise AnalysisError(
                f"gives {identifier} twice; give it once, or each an outcome, wave, category or group of its own"
            )
        if fault := _unknown_code(study, number):
            raise AnalysisError(f"{identifier}: {fault}")
        if fault := _wrong_number(number) or _wrong_person(number):
            raise AnalysisError(f"{identifier}: {fault}")
        value = _value(identifier, number)
        n = _people_count(identifier, entry, number, people)
        named_people += [
            (identifier, person, person_value) for person, person_value in sorted((number.people or {}).items())
        ]
        rows[identifier] = ResultRow(
            result_id=identifier, analysis=analysis.analysis, outcome=number.outcome, category=number.category,
            wave=number.wave, contrast=number.contrast, statistic=entry.name, value=value, n=n, method=method,
            unit=entry.unit, printed=print_statistic(value, entry.decimals, entry.kind), note=number.note or None,
            df=number.df, level=number.level, role="exploratory" if number.contrast is not None else "descriptive",
            people_group=number.people_group, compared_with=number.compared_with,
        )  # fmt: skip
    return list(rows.values()), named_people


def _wrong_text(entry: DeclaredStatistic | Number, names: Sequence[str], *, is_required: bool = True) -> str | None:
    """The first of these entries that is no text; None where all are. is_required: each of them must be there."""
    for name in names:
        text = getattr(entry, name)
        if not isinstance(text, str) and (text is not None or is_required or name in _REQUIRED_CODES):
            return f"{_KEYWORDS.get(name, name)} is {text!r}, which is no text"
    return None


def _wrong_number(number: Number) -> str | None:
    """What is no number, or no possible one, beside the value."""
    for name, value, is_possible, words in (
        ("n", number.n, _is_count, "a whole number of people"),
        ("df", number.df, lambda df: df > 0, "a number above 0"),
        ("level", number.level, lambda level: 0 < level < 1, "a share between 0 and 1, e.g. 0.95"),
    ):
        is_number = isinstance(value, Real) and math.isfinite(value)
        if value is not None and not (is_number and is_possible(float(value))):
            return f"{name} is {value!r}; give {words}, or leave it out"
    return None


def _is_count(n: float) -> bool:
    return n >= 0 and n.is_integer()


def _wrong_person(number: Number) -> str | None:
    """Who is named by something else than a pseudonym, or with something else than a number."""
    for person, value in (number.people or {}).items():
        if not isinstance(person, str):
            return f"people names {person!r}, which is no text; give pseudonyms"
        if value is not None and not (isinstance(value, Real) and math.isfinite(value)):
            return f"people: the value of somebody is {value!r}; give a number, or None where there is none"
    return None


def _value(identifier: str, number: Number) -> float | None:
    """The value, if it is finite. Without one, the note must say why."""
    try:
        value = None if number.value is None else float(number.value)
    except (TypeError, ValueError):
        raise AnalysisError(f"{identifier}: the value {number.value!r} is no number") from None
    except OverflowError:
        raise AnalysisError(f"{identifier}: the value is too large to be kept; give a smaller unit") from None
    if value is not None and math.isfinite(value):
        return value
    if not number.note:
        words = "no value" if value is None else f"the value {value}"
        raise AnalysisError(f"{identifier}: has {words}, and no note says why; give note=")
    return None


def _unknown_code(study: Study, number: Number) -> str | None:
    """The wave, contrast or group of a number that the study does not have."""
    protocol = study.protocol
    groups = [group.category for group in protocol.compared_groups]
    for noun, code, codes in (
        ("wave", number.wave, [wave.wave for wave in protocol.waves]),
        ("contrast", number.contrast, [contrast.contrast for contrast in protocol.contrasts]),
        ("group", number.people_group, groups),
        ("group", number.compared_with, groups),
    ):
        if code is not None and code not in codes:
            return f"the study has no {noun} {code}{do_you_mean(code, codes)}"
    return "has a wave and a contrast; give one of them" if number.wave and number.contrast else None


def _people_count(identifier: str, entry: DeclaredStatistic, number: Number, people: CountedPeople) -> int | None:
    """How many people are behind a number: by the rule that its statistic declares, whom it names, or as it says."""
    n = None if number.n is None else int(number.n)
    if entry.people == "named":
        if number.people is None:
            raise AnalysisError(f"{identifier}: names nobody, and its statistic says people='named'; give people=")
        # Not who: the reason is released, and it may be a name.
        if strangers := len(set(number.people) - people.roster):
            raise AnalysisError(
                f"{identifier}: names {strangers} who are not on the roster, of {len(number.people)}; give pseudonyms"
            )
        return _agreed(identifier, n, len(number.people), "it names")
    if number.people is not None:
        raise AnalysisError(f"{identifier}: names people, and its statistic says people={entry.people!r}; declare 'named'")
    if entry.people not in _RULES_OF_OURS:
        return n
    moment = "" if entry.people == "any" else number.contrast or number.wave or ""
    key = (entry.people, number.outcome, moment)
    groups: Sequence[str | None] = [number.people_group]
    if number.compared_with is not None:
        groups = [number.people_group, number.compared_with]
    if not any((*key, group) in people.counts for group in (None, *groups)):
        location = f" in {moment}" if moment else ""
        raise AnalysisError(
            f"{identifier}: people={entry.people!r} counts nobody for {number.outcome!r}{location}; give an outcome and"
            " moment of the study that it counts, or declare 'named' and give people="
        )
    return _agreed(identifier, n, sum(people.counts.get((*key, group), 0) for group in groups), f"{entry.people!r} counts")


def _agreed(identifier: str, n: int | None, count: int, words: str) -> int:
    """The count, which is what the number says of it, if it does."""
    if n is not None and n != count:
        raise AnalysisError(f"{identifier}: says n = {n}, and {words} {count}; give all of them, or declare 'named'")
    return count
