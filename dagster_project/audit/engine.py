"""The engine: every rule over every cell of a results table, a paper's or our own.

Belongs here: a table asked as rounded and as cut off, and which of the two is its habit. Does not belong here: which cells
are asked together (table.py), a rule, reading files (read.py).
"""

from collections.abc import Iterable, Mapping, Sequence

from dagster_project.audit.assumptions import Assumptions, Facts
from dagster_project.audit.designs import Design
from dagster_project.audit.effects import DEFINITIONS
from dagster_project.audit.examined import Examined
from dagster_project.audit.findings import IMPOSSIBLE, INCONSISTENT, NOTE, Finding, TableCell
from dagster_project.audit.intervals import Interval
from dagster_project.audit.layout import Contrasts
from dagster_project.audit.notes import NOTES
from dagster_project.audit.related_tables import related_tables
from dagster_project.audit.table import Table
from dagster_project.results.published import PublishedValue

#: Numbers of people, and degrees of freedom where they are printed whole: never rounded.
_UNROUNDED = ("n", "count", "df", "df1", "df2")
#: Notes that no misfit makes.
_NOTE_RULES = frozenset(rule.name for rule in NOTES) | {DEFINITIONS.name}
#: How many numbers must fit only when cut off for the table to be cut off, of a declared design and of none; for each that
#: fits only when rounded, so many more.
_MIN_CUT, _MIN_CUT_UNDECLARED, _CUT_PER_ROUNDED = 3, 2, 4
_CUT_WORDS = "it would fit if digits were cut off instead of rounded"
_UNDECIDED_WORDS = f"{_CUT_WORDS}, and too few of the table's numbers say which they are"


def audit_table(
    values: Sequence[PublishedValue],
    facts: Facts | None = None,
    contrasts: Contrasts | None = None,
    *,
    effect_size: str | None = None,
    design: str | None = None,
    level: int | None = None,
    practices: Iterable[str] = (),
    by_line: Mapping[int, Design] | None = None,
    may_be_cut: bool = False,
    excuses: bool = True,
) -> list[Finding]:
    """All findings on a printed table, in its order. A correct table of a declared design gives none above `note`, and
    neither does one of an undeclared design: what another practice explains is a note.

    facts: from instruments, where available. contrasts: as declared; else derived from the table's moments, and their
    signs from its changes. design, level, practices, by_line: see Assumptions and designs.py. may_be_cut: as the practice
    cut. excuses: off, no practice makes an impossible number milder.
    """
    assumptions = Assumptions(Design(design, level, frozenset(practices)), by_line or {}, effect_size, may_be_cut, excuses)
    return examine_table(values, facts, contrasts, assumptions).findings


def examine_table(
    values: Sequence[PublishedValue],
    facts: Facts | None = None,
    contrasts: Contrasts | None = None,
    assumptions: Assumptions | None = None,
) -> Examined:
    """The findings, and by which rules each number was checked. Tables that do not belong together have habits of their
    own; where the contrasts are declared, all do.

    Where nobody says that numbers are cut off, they are so if several fit only then, and next to none only when rounded:
    the excuse is granted to the table's habit. A single number of a rounded table that would fit when cut off is
    inconsistent; of a table whose other numbers fit both ways, a note says what it is either way.
    """
    settings = assumptions or Assumptions()
    groups = related_tables(values) if contrasts is None or not values else [list(values)]

    def examined(*, may_be_cut: bool = False, is_cut: bool = False) -> Examined:
        result = Examined()
        for group in groups:
            cells = [
                TableCell(value, _interval_of(value, may_be_cut=may_be_cut or settings.is_cut(value.line), is_cut=is_cut))
                for value in group
            ]
            result.merge(Table(cells, facts or {}, contrasts, settings, with_notes=True).examined(), group[0].table)
        return result.in_order()

    rounded = examined()
    is_declared = settings.design.name is not None or any(
        row_design.name is not None for row_design in settings.by_line.values()
    )
    is_cut = all(settings.is_cut(value.line) for value in values)
    if not settings.excuses or is_cut or all(finding.rule in _NOTE_RULES for finding in rounded):
        return rounded
    cut_off, lenient = examined(is_cut=True), examined(may_be_cut=True)
    n_cut, n_rounded = cut_off.only_fits(rounded), rounded.only_fits(cut_off)
    min_cut = _MIN_CUT if is_declared else _MIN_CUT_UNDECLARED
    if n_cut >= max(min_cut, _CUT_PER_ROUNDED * n_rounded):
        note = Finding(
            values[0], "cut_off",
            f"{n_cut} of the table's numbers follow from the others only when digits are cut off instead of rounded, and"
            f" {n_rounded} only when rounded: taken for cut off; if so, declare it with --practice cut", NOTE,
        )  # fmt: skip
        lenient.add([note])
        return lenient.in_order()
    remaining = {(finding.value, finding.rule) for finding in lenient if finding.severity != NOTE}
    vanishing = [
        finding for finding in rounded if finding.severity != NOTE and (finding.value, finding.rule) not in remaining
    ]
    if not is_declared and n_cut == 1 and n_rounded == 0:
        # Which of the two the table does is open: it is judged by what holds either way.
        lenient.add(finding.softened(NOTE, f"{finding.severity} if rounded; {_UNDECIDED_WORDS}") for finding in vanishing)
        return lenient.in_order()
    rounded.findings = [
        finding.softened(INCONSISTENT, _CUT_WORDS) if finding in vanishing and finding.severity == IMPOSSIBLE else finding
        for finding in rounded
    ]
    return rounded.in_order()


def _interval_of(value: PublishedValue, *, may_be_cut: bool, is_cut: bool = False) -> Interval:
    if (
        value.statistic in _UNROUNDED
        and value.value == int(value.value)
        and not value.printed.strip().startswith(("<", ">", "≤", "≥"))
    ):
        return Interval(value.value, value.value)
    return Interval.from_text(value.printed, may_be_cut=may_be_cut, is_cut=is_cut, is_p=value.statistic == "p")


def audit_cells(
    cells: Iterable[TableCell],
    facts: Facts | None = None,
    contrasts: Contrasts | None = None,
    assumptions: Assumptions | None = None,
    *,
    with_notes: bool = True,
) -> list[Finding]:
    """All findings on cells whose intervals are known, by line and severity. Notes are about the table as printed."""
    return Table(cells, facts or {}, contrasts, assumptions or Assumptions(), with_notes=with_notes).examined().findings
