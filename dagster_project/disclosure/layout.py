"""The tables of a public release, laid out from its results.

Belongs here: which tables there are, their notes, the study flow as a table. Does not belong here: which numbers are public
(public_results.py), figures (figures.py), HTML.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dagster_project.disclosure.brackets import MARK
from dagster_project.disclosure.items import ITEMS
from dagster_project.results import (
    Cell,
    Column,
    ResultRow,
    Row,
    Table,
    direction_of,
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
    ("returned", "n"), ("returned blank", "n_returned_blank"), ("not returned", "n_not_returned"),
    ("withdrawn", "n_withdrawn"), ("not planned", "n_not_planned"),
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
        return tuple(Cell(rows[id_].printed, (id_,)) if id_ in rows else Cell("") for id_ in ids)

    for instrument in study.instruments:
        table_rows: list[Row] = []
        for item in () if isinstance(instrument, MeasuresInstrument) else instrument.item_codes:
            if item in categories:
                label = study.item_labels.get(item, item)
                table_rows.append(Row(f"{label}: people who answered", cells(item, "n")))
                table_rows += [
                    Row(f"– {category.replace('_to_', ' to ')}", cells(item, "count", category))
                    for category in categories[item]
                ]
        title = f"Answers to the items of {instrument.name}"
        columns = tuple(Column(wave) for wave in waves)
        yield Table("", f"{ITEM_TABLES}{instrument.instrument}", title, columns, tuple(table_rows))


def _flow_table(study: Study, rows: Mapping[str, ResultRow]) -> Table:
    """Who is on the roster, and who returned each wave."""

    def cell(identifier: str) -> Cell:
        return Cell(rows[identifier].printed, (identifier,)) if identifier in rows else Cell("")

    blank = Cell("")
    roster = Row("On the roster", (cell(result_id("flow", "roster", "n")), *(blank for _ in _STATES)))
    waves = [
        Row(
            f"{wave.wave}: {wave.label}",
            (blank, *(cell(result_id("flow", "returns", name, timepoint=wave.wave)) for _, name in _STATES)),
        )
        for wave in study.protocol.waves
    ]
    columns = (Column("people"), *(Column(heading) for heading, _ in _STATES))
    return Table("", "flow", "Study flow", columns, (roster, *waves))


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
    rounded = f" Counts are rounded to multiples of {rule.round_to}, one by one." if rule.round_to > 1 else ""
    notes = [
        f"{MARK} is a number that is hidden: it is of fewer than {rule.minimum} people, or would tell of them.{rounded}"
    ]
    if table.name in ("characteristics", "characteristics_by_group"):
        notes.append("Percentages are of the people whose category is known. SD has denominator n − 1.")
        if table.name == "characteristics_by_group":
            notes.append("Standardised differences are from the reference, computed from the numbers as they are printed.")
    elif table.name in ("summary", "summary_by_group"):
        notes += ["SD has denominator n − 1.", *(main_norm_notes(study) if table.name == "summary" else ())]
    elif table.name.startswith(ITEM_TABLES):
        notes.append(
            "People who gave each answer, as answered. Neighbouring answers are taken together until each count is of enough"
            " people, in all waves alike where that is possible; of an item of which it is not, nothing is shown."
        )
    elif table.name == "norm_difference":
        notes += [
            "Difference from the norm in the norm's SDs, computed from n, mean and SD as they are printed; p says on which"
            " side of .001, .01 and .05 it lies, and — that the rounded numbers do not tell.",
            *main_norm_notes(study),
        ]
    elif table.name == "measurement":
        notes.append(
            "People who answered all items of the scale. Alpha with Feldt's interval, computed from n and alpha as they are"
            " printed; omega of one factor."
        )
    elif table.name.startswith("change"):
        directions = "; ".join(
            f"{contrast.contrast} is {direction_of(study, contrast.contrast)}" for contrast in study.protocol.contrasts
        )
        notes.append(
            f"Direction of change: {directions}. Intervals are computed from n, mean and SD as they are printed; p says"
            " on which"
            " side of .001, .01 and .05 it lies, and — that the rounded numbers do not tell."
        )
        if "by_group" in table.name:
            notes.append(
                "Differences are the group minus the reference, by Welch's test of the numbers as they are printed."
            )
    elif table.name.startswith(("service", "categories", "answers")):
        notes.append("People who gave the answer, or used the service, of those who answered.")
    return tuple(notes)
