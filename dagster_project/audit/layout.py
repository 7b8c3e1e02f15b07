"""Which cells of a table belong together: a score's moments, a block of categories, a column.

Belongs here: grouping cells, the two moments of a change, notes on names that prevent grouping. Does not belong here: rules
on numbers (engine.py and the modules it calls).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dagster_project.audit.findings import NOTE, Finding, RowCells, TableCell

#: What stands between the two moments of a contrast.
_SEPARATOR = r"(?:-|‐|‑|–|—|−|－|﹣|→|/|\bto\b|\bvs?\.?(?=\W|$)|\bversus\b)"
_SEPARATOR_PATTERN = re.compile(rf"\s*{_SEPARATOR}\s*", re.IGNORECASE)
#: How moments in time are called.
_TIME = re.compile(
    r"\s*(t ?\d+|pre\b|post\b|baseline|follow.?up|before|after|wave|week|month|year|day|time|visit|\d+ ?(w|m|y|d))",
    re.IGNORECASE,
)
#: Statistics that only a change has.
_CHANGE_STATISTICS = ("change", "estimate", "sd_change", "t", "f", "z", "chi2", "or", "rr", "hr", "irr", "es")

#: The moments and the sign of each contrast: 1 for baseline minus follow-up, -1 for the reverse, 0 for unknown.
Contrasts = Mapping[str, tuple[str, str, int]]


@dataclass
class TableRow:
    """One score, or one category: its cells by moment and statistic."""

    section: str
    label: str
    moments: dict[str, dict[str, TableCell]] = field(default_factory=dict)


class TableLayout:
    """A table's cells, grouped.

    Names that differ only in case are one. Cells of several tables are merged, as a paper prints the waves in one and the
    changes in another; where two tables disagree on a cell, they are about different people and are kept separate. A row
    that is repeated within a table is kept separate, too.
    """

    def __init__(self, cells: Iterable[TableCell], contrasts: Contrasts | None) -> None:
        self._first_spellings: dict[tuple[str, str], str] = {}
        self._spelling_variants: dict[tuple[str, str], TableCell] = {}
        self._repeated_cells: dict[tuple[str, str, str], list[tuple[TableCell, TableCell]]] = {}
        #: Rows of a block in the order of the table, each with its label, by table, section and moment.
        self.blocks: dict[tuple[str, str, str], list[tuple[str, dict[str, TableCell]]]] = {}
        self.columns: dict[tuple[str, str, str], list[TableCell]] = {}
        self._rows: list[TableRow] = []
        self._gather(list(cells))
        self._by_label: dict[str, list[TableRow]] = {}
        for row in self._rows:
            self._by_label.setdefault(row.label, []).append(row)
        moments = list(dict.fromkeys(moment for row in self._rows for moment in row.moments))
        self.contrasts: Contrasts = contrasts if contrasts is not None else self._contrasts_by_name(moments)
        self._waves = [moment for moment in moments if moment not in self.contrasts and moment != "norm"]

    def __iter__(self) -> Iterator[TableRow]:
        return iter(self._rows)

    def is_change(self, moment: str, cells: RowCells) -> bool:
        """Whether a row is about two moments."""
        if moment in self.contrasts or any(name in cells for name in _CHANGE_STATISTICS):
            return True
        return "p" in cells and "mean" not in cells and "count" not in cells

    def waves(self, row: TableRow, contrast: str) -> tuple[RowCells, RowCells]:
        """The two moments of a change: from its own row, else from the only other row with its label that has them."""
        if contrast not in self.contrasts:
            # A column such as `p` beside two groups is about both.
            groups = list(self.summaries(row).values())
            is_test = {"p", "t", "es"} & set(row.moments[contrast]) and len(groups) == 2
            return (groups[0], groups[1]) if is_test and all({"n", "mean"} <= set(cells) for cells in groups) else ({}, {})
        first, second, _ = self.contrasts[contrast]
        if first not in row.moments and second not in row.moments:
            matches = [match for match in self._by_label[row.label] if first in match.moments or second in match.moments]
            if len(matches) == 1:
                row = matches[0]
        return row.moments.get(first, {}), row.moments.get(second, {})

    def is_of_times(self, contrast: str) -> bool:
        """Whether both moments of a contrast are called like times, so that they are of the same people."""
        return contrast in self.contrasts and all(_TIME.match(name) for name in self.contrasts[contrast][:2])

    def summaries(self, row: TableRow) -> dict[str, RowCells]:
        """A row's moments that are about one moment or group."""
        return {
            moment: cells for moment, cells in row.moments.items() if moment != "norm" and not self.is_change(moment, cells)
        }

    def outer_n(self, table: str, section: str, moment: str) -> TableCell | None:
        """The n of a moment that stands on a row of its own, in another section."""
        lone = [
            cells["n"]
            for (block_table, block_section, block_moment), rows in self.blocks.items()
            if (block_table, block_moment) == (table, moment) and block_section != section
            for _, cells in rows
            if set(cells) == {"n"}
        ]
        return lone[0] if len({cell.number for cell in lone}) == 1 else None

    def is_n_of_column(self, section: str, moment: str, cells: RowCells) -> bool:
        """Whether the n beside a number is that of all people of its column, of whom some may have no such number."""
        if "n" not in cells:
            return False
        n = cells["n"]
        outer = self.outer_n(n.value.table, section, moment)
        return outer is not None and outer.number == n.number

    # --- grouping ------------------------------------------------------------------------------------------------------

    def _spelling(self, kind: str, text: str, cell: TableCell) -> str:
        first = self._first_spellings.setdefault((kind, text.strip().casefold()), text)
        if first != text:
            self._spelling_variants.setdefault((kind, text), cell)
        return first

    def _gather(self, cells: list[TableCell]) -> None:
        # Cells by (section, label), then (table, repetition), moment and statistic.
        rows: dict[tuple[str, str], dict[tuple[str, int], dict[str, dict[str, TableCell]]]] = {}
        blocks: dict[tuple[str, str, str], dict[tuple[str, int], dict[str, TableCell]]] = {}
        repetitions: dict[tuple[str, str, str, str], int] = {}
        for cell in cells:
            value = cell.value
            label, moment = self._spelling("label", value.label, cell), self._spelling("moment", value.timepoint, cell)
            rows_by_table = rows.setdefault((value.section, label), {})
            row_key = (value.table, value.section, label, moment)
            row_cells = rows_by_table.setdefault((value.table, repetitions.get(row_key, 0)), {}).setdefault(moment, {})
            if value.statistic in row_cells and value.statistic == "n" and row_cells["n"].text == cell.text:
                continue  # the n of a column stands beside each of its numbers
            if value.statistic in row_cells:
                self._repeated_cells.setdefault((value.table, value.section, label), []).append(
                    (row_cells[value.statistic], cell)
                )
                if row_cells[value.statistic].text == cell.text:
                    continue
                repetitions[row_key] = repetitions.get(row_key, 0) + 1
                row_cells = rows_by_table.setdefault((value.table, repetitions[row_key]), {}).setdefault(moment, {})
            row_cells[value.statistic] = cell
            block = blocks.setdefault((value.table, value.section, moment), {})
            block.setdefault((label, repetitions.get(row_key, 0)), {})[value.statistic] = cell
            self.columns.setdefault((value.table, moment, value.statistic), []).append(cell)
        self.blocks = {key: [(label, row_cells) for (label, _), row_cells in block.items()] for key, block in blocks.items()}
        for (section, label), rows_by_table in rows.items():
            self._rows += _merge_tables(section, label, rows_by_table)

    def _contrasts_by_name(self, moments: list[str]) -> Contrasts:
        """Contrasts derived from their names: two of the table's moments with a separator; else, for a row with a change,
        any two words with a separator."""
        contrasts: dict[str, tuple[str, str, int]] = {}
        for moment in moments:
            parts = contrast_parts(moment, moments)
            if parts is None and any("change" in row.moments[moment] for row in self._rows if moment in row.moments):
                words = _SEPARATOR_PATTERN.split(moment.strip())
                parts = (words[0], words[1]) if len(words) == 2 and all(words) else None
            if parts is not None:
                contrasts[moment] = (*parts, 0)
        return contrasts

    # --- notes ---------------------------------------------------------------------------------------------------------

    def notes(self) -> Iterator[Finding]:
        """Notes on names that differ only in spelling, repeated cells, and changes without waves."""
        for (kind, text), cell in self._spelling_variants.items():
            first = self._first_spellings[kind, text.strip().casefold()]
            kind_text = "labels" if kind == "label" else "moments"
            yield Finding(
                cell.value,
                "unlike_names",
                f"the {kind_text} {first!r} and {text!r} differ only in case or blanks; treated as the same",
                NOTE,
            )
        for cell_pairs in self._repeated_cells.values():
            yield from _repeated_cell(cell_pairs)
        reported: set[str] = set()
        for row in self._rows:
            for moment, cells in row.moments.items():
                if "change" not in cells or moment in reported or not self._waves:
                    continue
                if not any(self.waves(row, moment)):
                    reported.add(moment)
                    first, second, _ = self.contrasts.get(moment, ("", "", 0))
                    moments_text = f"{first!r} and {second!r}" if first else "two moments"
                    yield Finding(
                        cells["change"].value,
                        "change_without_waves",
                        f"{row.label!r} has no row at {moments_text}, so the change {moment!r} is not compared with"
                        f" means; the table's moments are {', '.join(repr(wave) for wave in self._waves[:6])}",
                        NOTE,
                    )


def contrast_parts(moment: str, moments: list[str]) -> tuple[str, str] | None:
    """The two of the moments that a contrast's name is made of; None where it is of none."""
    text = moment.strip().casefold()
    for first in moments:
        start = first.strip().casefold()
        if not start or first == moment or not text.startswith(start):
            continue
        for second in moments:
            end = second.strip().casefold()
            if not end or second in (first, moment) or not text.endswith(end) or len(start) + len(end) >= len(text):
                continue
            if re.fullmatch(_SEPARATOR_PATTERN, text[len(start) : len(text) - len(end)]):
                return first, second
    return None


def _merge_tables(
    section: str, label: str, rows_by_table: dict[tuple[str, int], dict[str, dict[str, TableCell]]]
) -> Iterator[TableRow]:
    """Rows of several tables are merged unless they contradict in a cell; a repeated row, and one that could be merged with
    several, stays separate."""
    table_rows: list[TableRow] = []
    for (_, repetition), moments in rows_by_table.items():
        matches = [row for row in table_rows if not _is_contradictory(row.moments, moments)]
        if repetition or len(matches) != 1:
            table_rows.append(TableRow(section, label, {moment: dict(cells) for moment, cells in moments.items()}))
            continue
        for moment, cells in moments.items():
            for statistic, cell in cells.items():
                matches[0].moments.setdefault(moment, {}).setdefault(statistic, cell)
    yield from table_rows


def _is_contradictory(first: dict[str, dict[str, TableCell]], second: dict[str, dict[str, TableCell]]) -> bool:
    return any(
        statistic in first.get(moment, {}) and first[moment][statistic].number != cell.number
        for moment, cells in second.items()
        for statistic, cell in cells.items()
    )


def _repeated_cell(cell_pairs: list[tuple[TableCell, TableCell]]) -> Iterator[Finding]:
    """A cell that a table prints twice: a note, as both may be under headings that the file omits. Names the second."""
    contradictions = [(first, second) for first, second in cell_pairs if first.text != second.text]
    first, second = (contradictions or cell_pairs)[0]
    cell_text = f"{second.value.statistic} of {second.value.label!r}" + (
        f" at {second.value.timepoint}" if second.value.timepoint else ""
    )
    if not contradictions:
        message = f"the table prints the {cell_text} twice, first in line {first.value.line}"
        yield Finding(second.value, "repeated_cell", message, NOTE)
        return
    yield Finding(
        second.value,
        "repeated_cell",
        f"the {cell_text} is {first.text} in line {first.value.line} and {second.text} here; each is checked by"
        " itself: give the rows a section or a table of their own if they are about different people",
        NOTE,
    )
