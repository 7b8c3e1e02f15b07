"""The engine: every rule over every cell of a results table, a paper's or our own.

Belongs here: which cells are checked together, and what cutting digits off would excuse. Does not belong here: a rule
(counts.py, scores.py, grids.py, pairs.py, effects.py, notes.py), the order of rules for one row (row_rules.py), changes of
an undeclared design (undeclared.py), which cells are about one score (layout.py), reading files (read.py).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from dagster_project.audit import counts, effects, notes, pairs, scores
from dagster_project.audit.assumptions import UNKNOWN_SCALE, Assumptions, Facts, ScaleFacts
from dagster_project.audit.designs import GROUPS, OTHER_DESIGN, PAIRED, Design
from dagster_project.audit.findings import INCONSISTENT, NOT_REPRODUCIBLE, NOTE, SEVERITIES, Finding, RowCells, TableCell
from dagster_project.audit.intervals import Interval
from dagster_project.audit.layout import Contrasts, TableLayout
from dagster_project.audit.row_rules import bounded_cells, change_findings, summary_findings
from dagster_project.audit.undeclared import judge_undeclared
from dagster_project.results.published import PublishedValue

#: Numbers of people, and degrees of freedom where they are printed whole: never rounded.
_UNROUNDED = ("n", "count", "df")
#: The moment of norms.
NORM = "norm"
#: From this many numbers on that fit only when cut off, the table gets a note.
_MIN_CUT_OFF = 5
_PERCENT_RANGE = Interval(0.0, 100.0)


def audit_table(
    values: Sequence[PublishedValue],
    facts: Facts | None = None,
    contrasts: Contrasts | None = None,
    *,
    effect_size: str | None = None,
    design: str | None = None,
    level: int | None = None,
    by_line: Mapping[int, Design] | None = None,
    may_be_cut: bool = False,
    excuses: bool = True,
) -> list[Finding]:
    """All findings on a printed table, in its order. A correct table of a declared design gives none above `note`, and one
    of an undeclared design nothing impossible.

    A number that fits when cut off but not when rounded is inconsistent at most, unless `excuses` is off. facts: from
    instruments, where available. contrasts: as declared; else derived from the table's moments, and their signs from its
    changes. design, level, by_line: see Assumptions and designs.py. may_be_cut: as `wavehouse audit --cut`.
    """
    assumptions = Assumptions(Design(design, level), by_line or {}, effect_size, may_be_cut, excuses)

    def findings_of(*, is_cut: bool) -> list[Finding]:
        cells = [TableCell(value, _interval_of(value, may_be_cut=is_cut)) for value in values]
        return audit_cells(cells, facts, contrasts, replace(assumptions, may_be_cut=is_cut))

    findings = findings_of(is_cut=may_be_cut)
    if may_be_cut or not excuses or all(finding.severity == NOTE for finding in findings):
        return findings
    severities_if_cut = {
        (finding.value, finding.rule): finding.severity for finding in findings_of(is_cut=True) if finding.severity != NOTE
    }
    cut_off = [
        finding
        for finding in findings
        if finding.severity != NOTE and (finding.value, finding.rule) not in severities_if_cut
    ]
    result = [
        finding.softened(
            NOT_REPRODUCIBLE if finding.severity == NOT_REPRODUCIBLE else INCONSISTENT,
            "it would fit if digits were cut off instead of rounded",
        )
        if finding in cut_off
        else finding
        for finding in findings
    ]
    if len(cut_off) >= _MIN_CUT_OFF:
        note = Finding(
            cut_off[0].value,
            "cut_off",
            f"{len(cut_off)} numbers of the table fit only when digits are cut off instead of rounded; if all are"
            " cut off, use --cut",
            NOTE,
        )
        result = _in_order([*result, note])
    return result


def _interval_of(value: PublishedValue, *, may_be_cut: bool) -> Interval:
    if (
        value.statistic in _UNROUNDED
        and value.value == int(value.value)
        and not value.printed.strip().startswith(("<", ">", "≤", "≥"))
    ):
        return Interval(value.value, value.value)
    return Interval.from_text(value.printed, may_be_cut=may_be_cut, is_p=value.statistic == "p")


def audit_cells(
    cells: Iterable[TableCell],
    facts: Facts | None = None,
    contrasts: Contrasts | None = None,
    assumptions: Assumptions | None = None,
    *,
    with_notes: bool = True,
) -> list[Finding]:
    """All findings on cells whose intervals are known, by line and severity. Notes are about the table as printed."""
    table = _Table(cells, facts or {}, contrasts, assumptions or Assumptions(), with_notes=with_notes)
    return _in_order([*table.blocks(), *table.rows(), *table.changes(), *(table.notes() if with_notes else ())])


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.value.line, SEVERITIES.index(finding.severity)))


class _Table:
    """A table's cells, and the rules applied to them."""

    def __init__(
        self,
        cells: Iterable[TableCell],
        facts: Facts,
        contrasts: Contrasts | None,
        assumptions: Assumptions,
        *,
        with_notes: bool,
    ) -> None:
        self._layout = TableLayout(cells, contrasts)
        self._facts = {
            (section.casefold(), label.casefold()): scale_facts for (section, label), scale_facts in facts.items()
        }
        self._assumptions = assumptions
        self._with_notes = with_notes

    def _facts_of(self, section: str, label: str) -> ScaleFacts:
        return self._facts.get((section.casefold(), label.casefold()), UNKNOWN_SCALE)

    def _design(self, cells: RowCells) -> Design:
        for cell in cells.values() if self._assumptions.by_line else ():
            if cell.value.line in self._assumptions.by_line:
                row_design = self._assumptions.by_line[cell.value.line]
                return Design(
                    row_design.name or self._assumptions.design.name, row_design.level or self._assumptions.design.level
                )
        return self._assumptions.design

    def blocks(self) -> Iterator[Finding]:
        """Findings on counts and percentages."""
        # Percentages of a model or a weighted sample need not be of whole numbers of people.
        may_be_weighted = self._assumptions.excuses and self._assumptions.design.name in (None, OTHER_DESIGN)
        for rows in self._layout.blocks:
            latest_n: TableCell | None = None
            counted_rows: list[tuple[RowCells, TableCell | None]] = []
            denominators: list[counts.Denominator] = []
            for label, all_cells in rows:
                row = _people_cells(all_cells)
                is_counted = "count" in row or "percent" in row
                if is_counted:
                    latest_n = row.get("n", latest_n)
                    counted_rows.append((row, latest_n))
                if "n" in row:
                    denominators.append(counts.Denominator(row["n"].number, f"the n of {label!r}"))
                if "count" in row:
                    denominators.append(counts.Denominator(row["count"].number, f"the count of {label!r}"))
            for cells, block_n in counted_rows:
                if block_n is None:
                    continue
                excuse = counts.Excuse(self._assumptions.excuses and "n" not in cells, may_be_weighted)
                other_denominators = [
                    denominator
                    for denominator in denominators
                    if denominator.size != block_n.number
                    and not ("count" in cells and denominator.size == cells["count"].number)
                ]
                if "count" in cells:
                    yield from counts.counts_within(cells["count"], block_n, other_denominators, excuse)
                if "percent" in cells:
                    if "count" in cells:
                        yield from counts.percent_of_count(
                            cells["percent"], cells["count"], block_n, other_denominators, excuse
                        )
                    else:
                        yield from counts.percent_of_people(cells["percent"], block_n, excuse)
            block_ns = {block_n for _, block_n in counted_rows}
            if len(block_ns) == 1:
                block_rows = [cells for cells, _ in counted_rows]
                yield from counts.one_denominator(block_rows, counted_rows[0][1])
                yield from counts.block_sum(block_rows, counted_rows[0][1])

    def rows(self) -> Iterator[Finding]:
        """Findings on one score at one moment."""
        for row in self._layout:
            facts = self._facts_of(row.section, row.label)
            for moment, cells in row.moments.items():
                yield from scores.in_bounds(cells)
                if moment != NORM and not self._layout.is_change(moment, cells):
                    design = self._design(cells)
                    yield from pairs.interval_ends(cells)
                    yield from summary_findings(
                        cells, facts, design.levels[0] if design.name == PAIRED or design.level else None
                    )

    def changes(self) -> Iterator[Finding]:
        """Findings on changes between two moments of one score."""
        signs = {contrast: sign or pairs.directions(list(self._contrast_rows(contrast)))
                 for contrast, (_, _, sign) in self._layout.contrasts.items()}  # fmt: skip
        change_rows: list[effects.ChangeRow] = []
        undeclared: list[Sequence[pairs.RuleOutcome]] = []
        for row in self._layout:
            facts = self._facts_of(row.section, row.label)
            for moment, cells in row.moments.items():
                if not self._layout.is_change(moment, cells):
                    continue
                baseline, followup = map(bounded_cells, self._layout.waves(row, moment))
                design = self._design(cells)
                findings, outcomes, change_row = change_findings(
                    bounded_cells(cells), baseline, followup, facts.score_range, signs.get(moment, 0), design
                )
                yield from findings
                change_rows.append(change_row)
                if design.name is None:
                    undeclared.append(outcomes)
                else:
                    yield from (finding for outcome in outcomes for finding in outcome.findings)
        yield from judge_undeclared(undeclared, with_notes=self._with_notes)
        yield from effects.effect_sizes(change_rows, self._assumptions.effect_size)

    def _contrast_rows(self, contrast: str) -> Iterator[tuple[RowCells, RowCells, RowCells, Interval, bool]]:
        for row in self._layout:
            if contrast in row.moments:
                cells = row.moments[contrast]
                waves = [bounded_cells(wave) for wave in self._layout.waves(row, contrast)]
                score_range = self._facts_of(row.section, row.label).score_range
                design = self._design(cells)
                sizes = [wave["n"].number for wave in waves if "n" in wave]
                is_groups = design.name == GROUPS or (
                    design.name is None and len(sizes) == 2 and "n" in cells and cells["n"].number == sum(sizes)
                )
                yield bounded_cells(cells), waves[0], waves[1], score_range, is_groups

    def notes(self) -> Iterator[Finding]:
        """Notes on the whole table."""
        norms: dict[str, list[tuple[str, RowCells]]] = {}
        has_n: set[str] = set()
        for row in self._layout:
            if NORM in row.moments:
                norm = row.moments[NORM]
                if {"norm_mean", "norm_sd"} & set(norm):
                    norms.setdefault(row.section, []).append((row.label, norm))
                if "n" in norm:
                    has_n.add(row.section)
            for cells in row.moments.values():
                if "p" in cells:
                    yield from notes.p_of_zero(cells["p"])
        for section, rows in norms.items():
            yield from notes.shared_norms(rows)
            yield from notes.norm_without_n(rows, section in has_n)
        for column in self._layout.columns.values():
            yield from notes.decimals(column)
        moments = dict.fromkeys(moment for row in self._layout for moment in row.moments)
        for moment in moments:
            yield from notes.copied_rows([(row.label, row.moments[moment]) for row in self._layout if moment in row.moments])
        yield from self._layout.notes()


def _people_cells(cells: RowCells) -> RowCells:
    """Without unbounded numbers of people, and with percentages cut to 0 to 100; in_bounds blames those outside."""
    people_cells = {name: cell for name, cell in cells.items() if name not in ("n", "count") or cell.interval.is_bounded}
    if "percent" in people_cells:
        share = people_cells["percent"].interval.intersection(_PERCENT_RANGE)
        if share.is_empty:
            del people_cells["percent"]
        else:
            people_cells["percent"] = replace(people_cells["percent"], interval=share)
    return people_cells
