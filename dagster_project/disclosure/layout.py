"""The tables of a public release, laid out from its results.

Belongs here: which tables there are, their notes, the study flow as a table. Does not belong here: which numbers are public
(public_results.py), figures (figures.py), HTML.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dagster_project.disclosure.brackets import MARK
from dagster_project.disclosure.items import ITEMS
from dagster_project.languages import gettext, gettext_noop, in_series, number_text, with_label
from dagster_project.results import (
    Cell,
    Column,
    ResultRow,
    Row,
    Table,
    direction_words,
    existing_tables,
    group_tables,
    main_norm_notes,
    numbered,
    result_id,
    supplementary_tables,
    table_categories,
    table_change,
    table_characteristics,
    table_results,
    table_service_use,
    table_summary,
)
from dagster_project.study import Disclosure, MeasuresInstrument, Study

#: How the names of tables of items begin.
ITEM_TABLES = "items_"
#: What becomes of people in a wave: heading, statistic.
_STATES = (
    (gettext_noop("returned"), "n"), (gettext_noop("returned blank"), "n_returned_blank"),
    (gettext_noop("not returned"), "n_not_returned"), (gettext_noop("withdrawn"), "n_withdrawn"),
    (gettext_noop("not planned"), "n_not_planned"),
)  # fmt: skip


def public_tables(study: Study, rows: Mapping[str, ResultRow]) -> list[Table]:
    """The tables, numbered. A number that is hidden is a mark."""
    in_tables = table_results(study, rows.values())
    layouts = (table_characteristics, table_service_use, table_categories, table_summary, table_change)
    tables = [_flow_table(study, rows), *(lay_out(study, in_tables) for lay_out in layouts)]
    tables += _further_tables(study, in_tables)
    tables += [*group_tables(study, in_tables), *_item_tables(study, rows)]
    marked_tables = [replace(_marked(table, rows), notes=_notes(study, table)) for table in existing_tables(tables)]
    return numbered(marked_tables)


def _further_tables(study: Study, rows: Sequence[ResultRow]) -> list[Table]:
    """The distances from norms, and reliability, which the team has among its supplementary tables."""
    analyses = ("norm", "norm_difference", "measurement")
    return [
        table
        for table in supplementary_tables(study, [row for row in rows if row.analysis in analyses])
        if table.name in analyses
    ]


def _item_tables(study: Study, rows: Mapping[str, ResultRow]) -> Iterator[Table]:
    """How the items of each instrument were answered, with the answers that are taken together."""
    waves = [wave.wave for wave in study.protocol.waves]
    categories: dict[str, dict[str, None]] = {}
    for row in rows.values():
        if row.analysis == ITEMS and row.category is not None:
            categories.setdefault(row.outcome, {})[row.category] = None

    def cells(item: str, statistic: str, category: str | None = None) -> tuple[Cell, ...]:
        ids = [result_id(ITEMS, item, statistic, category=category, timepoint=wave) for wave in waves]
        return tuple(Cell(number_text(rows[id_].printed), (id_,)) if id_ in rows else Cell("") for id_ in ids)

    for instrument in study.instruments:
        table_rows: list[Row] = []
        for item in () if isinstance(instrument, MeasuresInstrument) else instrument.item_codes:
            if item in categories:
                label = study.item_labels.get(item, item)
                table_rows.append(Row(gettext("{item}: people who answered", item=label), cells(item, "n")))
                table_rows += [
                    Row(f"– {_answers(category)}", cells(item, "count", category)) for category in categories[item]
                ]
        title = gettext("Answers to the items of {instrument}", instrument=instrument.name)
        columns = tuple(Column(wave) for wave in waves)
        yield Table("", f"{ITEM_TABLES}{instrument.instrument}", title, columns, tuple(table_rows))


def _answers(category: str) -> str:
    """An answer, or from which to which several are taken together."""
    low, separator, high = category.partition("_to_")
    return gettext("{low} to {high}", low=low, high=high) if separator else category


def _flow_table(study: Study, rows: Mapping[str, ResultRow]) -> Table:
    """Who is on the roster, and who returned each wave."""

    def cell(identifier: str) -> Cell:
        return Cell(number_text(rows[identifier].printed), (identifier,)) if identifier in rows else Cell("")

    blank = Cell("")
    roster = Row(gettext("On the roster"), (cell(result_id("flow", "roster", "n")), *(blank for _ in _STATES)))
    waves = [
        Row(
            with_label(wave.wave, wave.label),
            (blank, *(cell(result_id("flow", "returns", name, timepoint=wave.wave)) for _, name in _STATES)),
        )
        for wave in study.protocol.waves
    ]
    columns = (Column(gettext("people")), *(Column(gettext(heading)) for heading, _ in _STATES))
    return Table("", "flow", gettext("Study flow"), columns, (roster, *waves))


def _marked(table: Table, rows: Mapping[str, ResultRow]) -> Table:
    """The table with a mark where a cell shows a number that is hidden."""

    def marked(cell: Cell) -> Cell:
        is_hidden = any(rows[identifier].printed == MARK for identifier in cell.result_ids if identifier in rows)
        return Cell(MARK, cell.result_ids) if is_hidden else cell

    return replace(table, rows=tuple(Row(row.label, tuple(map(marked, row.cells))) for row in table.rows))


def _notes(study: Study, table: Table) -> tuple[str, ...]:
    """Notes of our own: those of the team's tables speak of numbers that are not public."""
    rule = study.protocol.disclosure
    assert isinstance(rule, Disclosure)
    hidden = gettext(
        "{mark} is a number that is hidden: it is of fewer than {minimum} people, or would tell of them.",
        mark=MARK, minimum=rule.minimum,
    )  # fmt: skip
    if rule.round_to > 1:
        rounding = gettext("Counts are rounded to multiples of {multiple}, one by one.", multiple=rule.round_to)
        hidden = f"{hidden} {rounding}"
    return (hidden, *_notes_on(study, table))


def _notes_on(study: Study, table: Table) -> tuple[str, ...]:
    sd_note = gettext("SD has denominator n − 1.")
    if table.name in ("characteristics", "characteristics_by_group"):
        people = gettext("Percentages are of the people whose category is known. SD has denominator n − 1.")
        differences = gettext(
            "Standardised differences are from the reference, computed from the numbers as they are printed."
        )
        return (people, differences) if table.name == "characteristics_by_group" else (people,)
    if table.name in ("summary", "summary_by_group"):
        return (sd_note, *(main_norm_notes(study) if table.name == "summary" else ()))
    if table.name.startswith(ITEM_TABLES):
        words = gettext(
            "People who gave each answer, as answered. Neighbouring answers are taken together until each count is of enough"
            " people, in all waves alike where that is possible; of an item of which it is not, nothing is shown."
        )
        return (words,)
    if table.name == "norm_difference":
        words = gettext(
            "Difference from the norm in the norm's SDs, computed from n, mean and SD as they are printed; p says on which"
            " side of .001, .01 and .05 it lies, and — that the rounded numbers do not tell."
        )
        return (words, *main_norm_notes(study))
    if table.name == "measurement":
        words = gettext(
            "People who answered all items of the scale. Alpha with Feldt's interval, computed from n and alpha as they are"
            " printed; omega of one factor."
        )
        return (words,)
    if table.name.startswith("change"):
        return _notes_on_change(study, table)
    if table.name.startswith(("service", "categories", "answers")):
        return (gettext("People who gave the answer, or used the service, of those who answered."),)
    return ()


def _notes_on_change(study: Study, table: Table) -> tuple[str, ...]:
    directions = in_series(direction_words(study, contrast.contrast) for contrast in study.protocol.contrasts)
    words = gettext(
        "Direction of change: {directions}. Intervals are computed from n, mean and SD as they are printed; p says on which"
        " side of .001, .01 and .05 it lies, and — that the rounded numbers do not tell.",
        directions=directions,
    )
    if "by_group" not in table.name:
        return (words,)
    differences = gettext(
        "Differences are the group minus the reference, by Welch's test of the numbers as they are printed."
    )
    return (words, differences)
