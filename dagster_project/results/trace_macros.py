"""The SQL that a released file is given, by which a result is traced to its data.

Belongs here: the macros' text, and what of a study is written into them. Does not belong here: asking them (trace.py),
opening a file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from dagster_project.results.statistic import Inputs
from dagster_project.results.statistics_registry import STATISTICS
from dagster_project.variant_marts import ANSWER_DEPENDS, SCORE_DIFFERENCES, UNCHANGED_REASON

#: The columns of a trace.
TRACE_COLUMNS = {
    "part": "result, made of (another result), scale, person, return, score or answer.",
    "participant_id": "Pseudonym of the person.",
    "wave": "The wave; of a result its wave or contrast.",
    "measure": "The scale, service, variable or item that the row is about.",
    "item": "The item's code; of a result its category.",
    "item_label": "What the item is called, where its wording is the study's own or free.",
    "value": "The number: a result, a person's value or change, a score, an answer as given.",
    "keyed": "What the answer, or a skip, counts as: turned, where the item is reversed, by its table, where it is recoded.",
    "text": "The result as printed, a person's category, or what a return says.",
    "how": "Method, scoring rule, how many items were answered, how an item is turned or why not asked, a person's returns.",
    "is_counted": "Whether the person counts in the number.",
    "missing_reason": "Why there is no value, or a note on the result.",
    "export": "The export in which the answer stands.",
    "file_name": "The file's name when it arrived, and the sheet of a workbook where one is declared.",
    "version": "Which of the export's files it is, in the order in which they arrived, from 1.",
    "source_file": "SHA-256 of the file.",
    "source_row": "The row in it: the line that a person sees, headings counted; in SPSS, Stata and SAS files the case.",
    "source_column": "The column in it.",
    "result_id": "The result's id, in rows of results.",
    "formula": "The result's formula, in plain text.",
    "people": "Who counts in the result, in words.",
}
#: Each file names macros of those before it.
_TRACE_SQL = "\n".join(
    files("dagster_project.results").joinpath(f"{name}.sql").read_text(encoding="utf-8")
    for name in ("trace_parts", "trace_people", "trace")
)


@dataclass(frozen=True)
class ScalePart:
    """A scale that a composite is made of, as in codebook.scale_parts."""

    scale: str
    part: str


@dataclass(frozen=True)
class ScaleItem:
    """An item of a scale, as in codebook.scale_items."""

    scale: str
    item: str


@dataclass(frozen=True)
class GatedItem:
    """An item that is asked only after certain answers to another, its gate, as in codebook.item_gates."""

    item: str
    gate: str


@dataclass(frozen=True)
class ItemSource:
    """In which further part of a wave an item stands, as in codebook.wave_items; most stand in the first."""

    item: str
    wave: str
    part: int


def trace_sql(
    parts: Iterable[ScalePart],
    items: Iterable[ScaleItem],
    gates: Iterable[GatedItem] = (),
    blocks: Iterable[ScaleItem] = (),
    sources: Iterable[ItemSource] = (),
) -> str:
    """Creates the table macro `trace(result_id)` in a file with the schemas results, codebook and marts.

    Parts, items and gates are written into separate macros as constants, so that the parts of an outcome are known before
    any table is read. blocks: instruments that are judged for careless answers, each with its items. sources: the items that
    stand in further parts of their waves.
    """
    parts_of: dict[str, list[str]] = {}
    items_of: dict[str, list[str]] = {}
    for row in parts:
        parts_of.setdefault(row.scale, []).append(row.part)
    for item_row in items:
        items_of.setdefault(item_row.scale, []).append(item_row.item)
    for scale, scale_parts in parts_of.items():
        items_of[scale] = list(dict.fromkeys(item for part in scale_parts for item in items_of.get(part, [])))
    for block in blocks:
        items_of.setdefault(f"careless/{block.scale}", []).append(block.item)
    gates_of: dict[str, list[str]] = {}
    for gate_row in gates:
        gates_of.setdefault(gate_row.item, []).append(gate_row.gate)
    for scale, scale_items in items_of.items():
        if scale_gates := list(dict.fromkeys(gate for item in scale_items for gate in gates_of.get(item, []))):
            gates_of[scale] = scale_gates
    scales_of = {scale: [scale, *scale_parts] for scale, scale_parts in parts_of.items()}
    samples = _sample_items(dict.fromkeys(item for members in items_of.values() for item in members), sources)
    samples_of = {outcome: list(dict.fromkeys(samples[item] for item in members)) for outcome, members in items_of.items()}
    column_comments = " ".join(f"{name}: {comment}" for name, comment in TRACE_COLUMNS.items())
    comment = f"From a result back to people, scores, answers and cells of exports. {column_comments}"
    return (
        _lookup_macro("scales_of", scales_of, "Scales whose scores make up an outcome.")
        + _lookup_macro("items_of", items_of, "Items whose answers make up an outcome.")
        + _lookup_macro("gates_of", gates_of, "Items whose answers decide which answers of an outcome were asked.", "[null]")
        + _input_macros()
        + _OUTCOME_MACRO
        + _alike_macro(samples)
        + _lookup_macro(
            "samples_of", samples_of, "Of the items of an outcome one of each file of a wave.", "[alike_of(outcome)]"
        )
        + _variant_macros()
        + f"{_TRACE_SQL}\ncomment on macro table trace is {_text(comment)};"
        + "comment on macro table traced_rows is 'The rows of trace in no order, each with the SHA-256 of its file.';"
        + "comment on macro table trace_of is 'The rows of trace that are about one person.';"
        + "comment on macro table traced_people is 'The people of a trace alone, by what traced_rule says of the result.';"
        + "comment on macro table traced_cells is 'How many cells of everybody are behind a result, by file.';"
    )


#: An instrument may have the code of one of its scales: its items stand under a name of their own.
_OUTCOME_MACRO = """\
create or replace macro traced_outcome(traced_id) as
    if(starts_with(traced_id, 'careless/'), 'careless/', '') || split_part(traced_id, '/', 2);
comment on macro traced_outcome is 'The name under which items_of and gates_of have the outcome of a result.';
"""


def _lookup_macro(macro: str, names: Mapping[str, Sequence[str]], comment: str, fallback: str = "[outcome]") -> str:
    """fallback: what it gives of an outcome that has no names."""
    cases = " ".join(f"when {_text(outcome)} then [{', '.join(map(_text, members))}]" for outcome, members in names.items())
    body = f"case outcome {cases} else {fallback} end" if cases else fallback
    return f"create or replace macro {macro}(outcome) as {body};\ncomment on macro {macro} is {_text(comment)};\n"


def _sample_items(items: Iterable[str], sources: Iterable[ItemSource]) -> dict[str, str]:
    """Of each item the first one that stands in the same part of every wave: their cells come from the same files."""
    parts_of: dict[str, list[tuple[str, int]]] = {}
    for row in sources:
        parts_of.setdefault(row.item, []).append((row.wave, row.part))
    first_of: dict[tuple[tuple[str, int], ...], str] = {}
    return {item: first_of.setdefault(tuple(sorted(parts_of.get(item, []))), item) for item in items}


def _alike_macro(samples: Mapping[str, str]) -> str:
    items_like: dict[str, list[str]] = {}
    for item, first in samples.items():
        if item != first:
            items_like.setdefault(first, []).append(item)
    cases = " ".join(
        f"when item in ({', '.join(map(_text, members))}) then {_text(first)}" for first, members in items_like.items()
    )
    return (
        f"create or replace macro alike_of(item) as {f'case {cases} else item end' if cases else 'item'};\n"
        "comment on macro alike_of is 'The first item that stands in the same files as an item, for counting cells.';\n"
    )


def _input_macros() -> str:
    """What each statistic, as analysis/statistic, is made of: which others, and of which outcomes and contrasts."""
    statistics_of: dict[Inputs, list[str]] = {}
    for statistic in STATISTICS:
        if statistic.made_of is not None:
            statistics_of.setdefault(statistic.made_of, []).append(f"{statistic.analysis}/{statistic.name}")
    conditions = {inputs: f"when statistic in ({', '.join(map(_text, names))})" for inputs, names in statistics_of.items()}
    inputs_of = " ".join(
        f"{condition} then [{', '.join(map(_text, inputs.statistics))}]" for inputs, condition in conditions.items()
    )
    relation_of = " ".join(f"{condition} then {_text(inputs.relation)}" for inputs, condition in conditions.items())
    return (
        f"create or replace macro inputs_of(statistic) as case {inputs_of} else [] end;\n"
        "comment on macro inputs_of is 'Statistics that a statistic is made of, as analysis/statistic.';\n"
        f"create or replace macro relation_of(statistic) as case {relation_of} end;\n"
        "comment on macro relation_of is 'Of which outcome and contrast: comparison, cut_off, norm, family,"
        " group_family, each_scale.';\n"
    )


def _variant_macros() -> str:
    """The words for what a variant changes, and which answers depend on it."""
    cases = " ".join(f"when {_text(code)} then {_text(words)}" for code, words in SCORE_DIFFERENCES.items())
    return (
        f"create or replace macro difference_words(difference) as case difference {cases} end;\n"
        "comment on macro difference_words is 'How a score differs between a variant and the main analysis.';\n"
        f"create or replace macro unchanged_reason(of_variant, is_of_all_scales, difference) as {UNCHANGED_REASON};\n"
        "comment on macro unchanged_reason is 'Why a person is not among those whose scores differ in one way.';\n"
        "create or replace macro answer_depends(is_in_main, is_in_variant, is_turned_otherwise, main_score, variant_score)"
        f" as {ANSWER_DEPENDS};\n"
        "comment on macro answer_depends is 'Whether an answer depends on a variant.';\n"
    )


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
