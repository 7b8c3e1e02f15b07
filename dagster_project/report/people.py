"""What the page knows person by person, in a study small enough to list: values, scores, answers and where they stand.

Belongs here: putting that together, each run of values once. Does not belong here: who counts in a number (a rule of
results/, which the page applies), layout.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dagster_project.results import ResultRow, statistic_of
from dagster_project.study import Study

#: With more people on the roster nobody is drawn or listed.
MOST_PEOPLE = 150

Rows = Sequence[Mapping[str, Any]]

#: Each gives one row a measure and wave, its lists in the order of the people. What the names mean: Listed.
LISTED = {
    "people": "select participant_id from marts.participants order by participant_id",
    "scores": """
        select
            scale as measure, wave, list(score order by participant_id) as found,
            list(missing_reason order by participant_id) as reasons, list(items_answered order by participant_id) as answered
        from marts.scale_scores
        group by all
        order by all
    """,
    "services": """
        select
            service as measure, wave, list(is_used::int order by participant_id) as found,
            list(missing_reason order by participant_id) as reasons
        from marts.service_use
        group by all
        order by all
    """,
    "items": """
        with sheets as (
            select participant_id, wave, item, answer, null as missing_reason, source_file, source_row from marts.answers
            union all
            select participant_id, wave, item, null, missing_reason, source_file, source_row from marts.missing_answers
        )

        select
            sheets.item as measure, sheets.wave, list(sheets.answer order by sheets.participant_id) as found,
            list(sheets.missing_reason order by sheets.participant_id) as reasons,
            list(sheets.source_file order by sheets.participant_id) as files,
            list(sheets.source_row order by sheets.participant_id) as source_rows,
            any_value(places.export_column) as export_column
        from sheets
        left join codebook.wave_items as places on sheets.wave = places.wave and sheets.item = places.item
        group by all
        order by all
    """,
    "facts": """
        select
            facts.variable as measure, null as wave,
            list(facts.number order by facts.participant_id) as found,
            list(facts.category order by facts.participant_id) as texts,
            list(facts.missing_reason order by facts.participant_id) as reasons,
            list(facts.source_file order by facts.participant_id) as files,
            list(facts.source_row order by facts.participant_id) as source_rows,
            any_value(variables.export_column) as export_column
        from marts.participant_values as facts
        inner join codebook.participant_variables as variables on facts.variable = variables.variable
        group by all
        order by all
    """,
    "counted": """
        with counted as (
            select participant_id, people, measure, moment, is_counted, case when people = 'both' then value end as change
            from marts.counted_people
            union all
            -- An item by itself: whoever answered it; services are there already.
            select sheets.participant_id, 'value', sheets.item, sheets.wave, sheets.is_counted, null
            from (
                select participant_id, wave, item, true as is_counted from marts.answers
                union all
                select participant_id, wave, item, false from marts.missing_answers
            ) as sheets
            inner join codebook.items as items on sheets.item = items.item and not items.is_service
        )

        select
            people, measure, moment, list(is_counted order by participant_id) as found,
            list(change order by participant_id) as changes
        from counted
        group by all
        order by all
    """,
    "returned": """
        select wave, list(is_returned order by participant_id) as found from marts.answer_sheets group by all order by all
    """,
    "scale_items": "select scale, item from codebook.scale_items order by scale, item_order",
    "scale_parts": "select scale, part from codebook.scale_parts order by scale, part_order",
    "scales": "select scale, items_total, rule from codebook.scales order by scale",
    "turned": "select item, turned_from from codebook.items where turned_from is not null order by item",
    "exports": "select source_file, file_name, version from marts.exports order by export, file_name",
}


@dataclass(frozen=True)
class Scope:
    """Whose answers a number is made of: the rule of who counts (results.PEOPLE), what is counted, at which moment (a wave,
    a contrast, or '' for all waves and for the roster), in which waves, with which sign a change is taken (1 for baseline
    minus follow-up), and the waves by whose return people are told apart. Rule, measure and moment name the rows of
    marts.counted_people that say who counts."""

    people: str
    measure: str
    moment: str
    waves: tuple[str, ...]
    sign: int
    returns: tuple[str, ...]


def scope_of(row: ResultRow, study: Study) -> Scope | None:
    """The scope of a result; None where nobody of the roster is in it, or people beyond it are."""
    people = statistic_of(row.analysis, row.statistic).people
    if people in ("nobody", "listed"):
        return None
    every = tuple(wave.wave for wave in study.protocol.waves)
    contrast = next((one for one in study.protocol.contrasts if one.contrast == row.contrast), None)
    own = (contrast.baseline, contrast.followup) if contrast else (row.wave,) if row.wave else ()
    waves = every if people == "any" else every[:1] if people == "first" else own
    sign = 1 if contrast is None else contrast.baseline_sign
    if row.analysis == "missingness":
        waves = every  # a pattern is about all waves
    moment = "" if people == "any" else row.contrast or row.wave or ""
    return Scope(people, row.outcome, moment, waves, sign, own if people in ("first", "roster") else ())


def page_people(listed: Mapping[str, Rows]) -> dict[str, Any]:
    """The content of the page's list of people.

    listed: the rows of each query of LISTED. Returns: `people`, pseudonyms; `reasons`, `files` ([name, SHA-256, version])
    and `runs` (where a file's rows stand: [file, row] or null a person), each once; `scores` (by scale and wave: values,
    items answered), `services`, `items` and `facts` (by code and wave: values, run, column), a value that is missing being
    the place of its reason in a list; `counted`, by rule, measure and moment: who counts, as the place in `who` of a text
    of zeros and ones, and of a contrast everybody's change; `returned` by wave; `scales` (items in all, rule),
    `scale_items`, `scale_parts`, and `turned`, what a reversed item's answer is taken from.
    """
    reasons: dict[str, int] = {}
    runs: dict[tuple[tuple[int, int] | None, ...], int] = {}
    files = {row["source_file"]: place for place, row in enumerate(listed["exports"])}

    def values(row: Mapping[str, Any]) -> list[Any]:
        texts = row.get("texts", [None] * len(row["found"]))
        known = [value if text is None else text for value, text in zip(row["found"], texts, strict=True)]
        both = zip(known, row["reasons"], strict=True)
        return [[reasons.setdefault(why or "", len(reasons))] if value is None else value for value, why in both]

    def cells(row: Mapping[str, Any]) -> list[Any]:
        stand = tuple(
            None if at is None or file not in files else (files[file], at)
            for file, at in zip(row["files"], row["source_rows"], strict=True)
        )
        return [values(row), runs.setdefault(stand, len(runs)), row["export_column"]]

    # Who counts is the same in many numbers: each row of zeros and ones is there once.
    who: dict[str, int] = {}
    counted: dict[str, list[Any]] = {}
    for row in listed["counted"]:
        flags = "".join("1" if flag else "0" for flag in row["found"])
        changes = [row["changes"]] if row["people"] == "both" else []
        counted[f"{row['people']}/{row['measure']}/{row['moment']}"] = [who.setdefault(flags, len(who)), *changes]
    found: dict[str, Any] = {
        "people": [row["participant_id"] for row in listed["people"]],
        "scores": _by(listed["scores"], lambda row: [values(row), row["answered"]]),
        "services": _by(listed["services"], lambda row: [values(row)]),
        "items": _by(listed["items"], cells),
        "facts": _by(listed["facts"], cells),
        "returned": {row["wave"]: [int(one) for one in row["found"]] for row in listed["returned"]},
        "scales": {row["scale"]: [row["items_total"], row["rule"]] for row in listed["scales"]},
        "scale_items": _lists(listed["scale_items"], "item"),
        "scale_parts": _lists(listed["scale_parts"], "part"),
        "turned": {row["item"]: row["turned_from"] for row in listed["turned"]},
        "files": [[row["file_name"], row["source_file"], row["version"]] for row in listed["exports"]],
    }
    return found | {"counted": counted, "who": list(who), "reasons": list(reasons), "runs": list(runs)}


def _by(rows: Rows, of: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(row["measure"], {})[row["wave"] or ""] = of(row)
    return found


def _lists(rows: Rows, name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["scale"], []).append(row[name])
    return found


def scopes_of(rows: Iterable[ResultRow], study: Study) -> tuple[list[Scope], dict[str, int]]:
    """The scopes of results, each once, and the place among them of each result's id."""
    scopes: dict[Scope, int] = {}
    places = {}
    for row in rows:
        scope = scope_of(row, study)
        if scope is not None:
            places[row.result_id] = scopes.setdefault(scope, len(scopes))
    return list(scopes), places
