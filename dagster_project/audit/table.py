"""A table's cells, and the rules asked of them: blocks, scores at one moment, changes, totals.

Belongs here: which cells are asked together. Does not belong here: a rule, the order of rules (row_rules.py, changes.py),
what a misfit means where nothing is declared (undeclared.py), which cells are about one score (layout.py).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from dagster_project.audit import (
    anova,
    block_sums,
    blocks,
    change_intervals,
    change_means,
    change_tests,
    correlations,
    decimal_points,
    moments,
    notes,
    probabilities,
    scores,
    totals,
)
from dagster_project.audit.assumptions import UNKNOWN_SCALE, Assumptions, Facts, ScaleFacts
from dagster_project.audit.block_roles import Block, block_of
from dagster_project.audit.change_row import ChangeRow, derived_change
from dagster_project.audit.changes import change_cells, designs_of, outcomes_under
from dagster_project.audit.designs import GROUPS, MODEL, OTHER_DESIGN, PAIRED, STANDARD_ERRORS, UNDECLARED, WEIGHTED, Design
from dagster_project.audit.effect_intervals import with_effect_interval, with_usual_intervals
from dagster_project.audit.effects import effect_sizes
from dagster_project.audit.examined import Examined
from dagster_project.audit.findings import Finding, RowCells, TableCell
from dagster_project.audit.layout import Contrasts, TableLayout, TableRow
from dagster_project.audit.mean_errors import CENTRE
from dagster_project.audit.outcome import Outcome
from dagster_project.audit.row_rules import bounded_cells, possible_cells, summary_outcomes
from dagster_project.audit.undeclared import CORRELATIONS, VARIANCES, JudgedRow, comparisons, judge

#: The moment of norms.
NORM = "norm"


class Table:
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
        self._assumptions = assumptions
        self._with_notes = with_notes
        self._layout = TableLayout(cells, contrasts)
        self._facts = {
            (section.casefold(), label.casefold()): scale_facts for (section, label), scale_facts in facts.items()
        }

    def examined(self) -> Examined:
        result = Examined()
        self._blocks(result)
        self._variances(result)
        self._summaries(result)
        self._changes(result)
        result.plain(result.sound(correlations.correlations_together(self._layout)))
        if self._with_notes:
            result.plain(result.sound(decimal_points.lost_points(self._layout)))
            result.add(self._notes())
        return result.in_order()

    def _facts_of(self, row: TableRow, cells: RowCells) -> ScaleFacts:
        facts = self._facts.get((row.section.casefold(), row.label.casefold()), UNKNOWN_SCALE)
        return replace(facts, steps=1) if facts.is_sum_of(cells) and facts.steps else facts

    def _blocks(self, result: Examined) -> None:
        """Counts and percentages."""
        by_table: dict[bool, list[Block]] = {True: [], False: []}
        weighted_blocks: list[Block] = []
        for (table, section, moment), rows in self._layout.blocks.items():
            if moment in self._layout.contrasts or any("change" in cells for _, cells in rows):
                continue
            design = self._assumptions.design_of({"": next(iter(rows[0][1].values()))})
            block = block_of(rows, self._layout.outer_n(table, section, moment))
            if block is not None:
                # Percentages of a model or a weighted sample need not be of whole numbers of people.
                may_be_weighted = design.name in (None, OTHER_DESIGN, MODEL)
                (weighted_blocks if WEIGHTED in design.practices else by_table[may_be_weighted]).append(block)
        for may_be_weighted, table_blocks in by_table.items():
            excuses = self._assumptions.excuses
            result.plain(blocks.block_outcomes(table_blocks, may_be_weighted=may_be_weighted, excuses=excuses))
        # What another rule blames is not used against others.
        every_block = [block for table_blocks in (*by_table.values(), weighted_blocks) for block in table_blocks]
        sums = result.sound((*block_sums.percent_sums(every_block), *block_sums.percents_of_people(every_block)))
        result.note_outcomes(sums)
        judged_rows = [JudgedRow("blocks", {UNDECLARED: [outcome]}) for outcome in sums]
        result.note_fits(comparisons(judged_rows))
        result.add(judge(judged_rows, with_notes=self._with_notes))

    def _variances(self, result: Examined) -> None:
        """Tables of variance: effects with their residuals."""
        judged_rows: list[JudgedRow] = []
        for rows in self._layout.blocks.values():
            cells_by_label = [(label, possible_cells(cells)) for label, cells in rows]
            if not any(anova.is_of_variance(cells) for _, cells in cells_by_label):
                continue
            result.plain(anova.mean_squares(cells for _, cells in cells_by_label))
            for effect in anova.effects_of(cells_by_label):
                outcomes = result.sound(anova.effect_outcomes(effect))
                result.note_outcomes(outcomes)
                judged_rows.append(JudgedRow(VARIANCES, {UNDECLARED: outcomes}))
        result.note_fits(comparisons(judged_rows))
        result.add(judge(judged_rows, with_notes=self._with_notes))

    def _summaries(self, result: Examined) -> None:
        """One score at one moment, and its totals."""
        judged_rows: list[JudgedRow] = []
        for row in self._layout:
            for moment, cells in row.moments.items():
                is_change = self._layout.is_change(moment, cells)
                result.plain(_final("in_bounds", cells, scores.in_bounds(cells, is_change=is_change)))
                if "p" in cells:
                    result.plain(_final("p_in_bounds", cells, change_tests.p_in_bounds(cells["p"])))
                if moment == NORM or is_change:
                    continue
                result.plain(_final("interval_ends", cells, change_intervals.interval_ends(cells), "ci_high"))
                design = self._assumptions.design_of(cells)
                if STANDARD_ERRORS in design.practices:
                    cells = _with_sd(cells)
                outcomes = list(summary_outcomes(cells, self._facts_of(row, cells), design))
                certain = [outcome for outcome in outcomes if outcome.is_certain and "interval_of_mean" not in outcome.habit]
                result.plain(certain)
                open_ones = [outcome for outcome in outcomes if outcome not in certain]
                result.note_outcomes(open_ones)
                is_declared = design.name == PAIRED or design.level is not None
                centres = [outcome for outcome in open_ones if outcome.habit == CENTRE]
                judged_rows.append(
                    JudgedRow(
                        "means", {UNDECLARED: [outcome for outcome in open_ones if outcome not in centres]}, is_declared
                    )
                )
                judged_rows.append(JudgedRow("centres", {UNDECLARED: centres}))
            summaries = [bounded_cells(cells) for cells in self._layout.summaries(row).values()]
            unlike = result.sound(moments.unlike_moments(summaries))
            of_row = [JudgedRow("totals", {UNDECLARED: [*self._totals(row), *unlike]})]
            for outcomes, is_declared in self._tests_of_groups(row):
                of_row.append(JudgedRow("totals", {UNDECLARED: outcomes}, is_declared))
            judged_rows += of_row
            result.note_outcomes([outcome for judged_row in of_row for outcome in judged_row.outcomes[UNDECLARED]])
        result.note_fits(comparisons(judged_rows))
        result.add(judge(judged_rows, with_notes=self._with_notes))

    def _totals(self, row: TableRow) -> Iterator[Outcome]:
        summaries = {moment: bounded_cells(cells) for moment, cells in self._layout.summaries(row).items()}
        total = totals.total_name(summaries)
        if total is not None and WEIGHTED not in self._assumptions.design_of(summaries[total]).practices:
            groups, is_n_of_columns = self._groups_of_total(row, total, summaries)
            yield from totals.total_of_groups(summaries[total], groups, is_n_of_columns=is_n_of_columns)

    def _tests_of_groups(self, row: TableRow) -> Iterator[tuple[list[Outcome], bool]]:
        """F of three groups or more, and whether groups are declared."""
        summaries = {moment: bounded_cells(cells) for moment, cells in self._layout.summaries(row).items()}
        groups = [cells for cells in summaries.values() if {"n", "mean", "sd"} <= set(cells)]
        if totals.total_name(summaries) is not None or len(groups) < len(summaries) or len(groups) < 3:
            return
        for cells in row.moments.values():
            if "f" in cells:
                is_declared = self._assumptions.design_of(cells).name == GROUPS
                yield list(probabilities.f_of_groups(cells, groups)), is_declared

    def _groups_of_total(self, row: TableRow, total: str, summaries: Mapping[str, RowCells]) -> tuple[list[RowCells], bool]:
        """The groups of a total, which are of its table, and whether their n stand only above the columns."""
        tables = {cell.value.table for cell in summaries[total].values()}
        groups = {
            moment: cells
            for moment, cells in summaries.items()
            if moment != total and {cell.value.table for cell in cells.values()} <= tables
        }
        is_of_columns = any(self._layout.is_n_of_column(row.section, moment, cells) for moment, cells in groups.items())
        return list(groups.values()), is_of_columns and self._assumptions.excuses

    def _changes(self, result: Examined) -> None:
        """Changes between two moments of one score, differences of groups, estimates, tests."""
        rows = [
            (row, moment)
            for row in self._layout
            for moment, cells in row.moments.items()
            if self._layout.is_change(moment, cells)
        ]
        changes = with_usual_intervals([self._change_row(row, moment) for row, moment in rows])
        signs = self._signs([moment for _, moment in rows], changes)
        unsigned = self._unsigned([moment for _, moment in rows], changes, result)
        judged_rows: list[JudgedRow] = []
        effect_rows: dict[bool, list[ChangeRow]] = {True: [], False: []}
        for (_, moment), change in zip(rows, changes, strict=True):
            result.plain(
                _final(
                    "change_in_range", change.cells, change_means.change_in_range(change.cells, change.score_range), "change"
                )
            )
            result.plain(_final("interval_ends", change.cells, change_intervals.interval_ends(change.cells), "ci_high"))
            if signs.get(moment, change.sign) != change.sign:
                change = replace(change, sign=signs[moment])
            is_declared = change.design.name in (PAIRED, GROUPS, MODEL)
            outcomes, sound_rows = {}, {}
            for design in designs_of(change.design, change):
                outcomes[design], sound_rows[design] = outcomes_under(design, change, is_tried=not is_declared)
                if unsigned & {(moment, "t"), (moment, "z")}:
                    outcomes[design] = [outcome for outcome in outcomes[design] if not outcome.habit.startswith("sign_of_t")]
                result.note_outcomes(outcomes[design])
            # The cells of a matrix of correlations are of one practice, whatever they are with.
            group = CORRELATIONS if "correlation" in change.cells and not change.has_change else moment
            judged_rows.append(JudgedRow(group, outcomes, is_declared, change.design.name == OTHER_DESIGN))
            pairs = moments.number_of_pairs(change) if change.design.name != GROUPS else None
            judged_rows.append(JudgedRow("number of pairs", {UNDECLARED: [pairs] if pairs else []}))
            effect_rows[(moment, "es") in unsigned].append(_effect_row(change, outcomes, sound_rows))
        result.note_fits(comparisons(judged_rows))
        result.add(judge(judged_rows, with_notes=self._with_notes))
        for has_unsigned, effect_changes in effect_rows.items():
            findings = list(effect_sizes(effect_changes, self._assumptions.effect_size, has_unsigned=has_unsigned))
            result.add(findings if self._with_notes else (finding for finding in findings if finding.severity != "note"))
            result.plain(
                Outcome("effect_size", (row.cells["es"],)) for row in effect_changes if row.includes("es", "change")
            )

    def _change_row(self, row: TableRow, moment: str) -> ChangeRow:
        cells = row.moments[moment]
        design = self._assumptions.design_of(cells)
        baseline, followup = map(possible_cells, self._layout.waves(row, moment))
        if STANDARD_ERRORS in design.practices:
            baseline, followup = _with_sd(baseline), _with_sd(followup)
        is_contrast = bool(baseline or followup)
        named_cells = change_cells(possible_cells(cells), is_contrast=is_contrast)
        difference = None
        if "mean" in baseline and "mean" in followup:
            difference = baseline["mean"].interval.minus(followup["mean"].interval)
        sign = self._layout.contrasts[moment][2] if moment in self._layout.contrasts else 0
        return ChangeRow(
            with_effect_interval(named_cells, difference),
            baseline,
            followup,
            self._facts_of(row, cells).score_range,
            design,
            sign,
            is_of_times=self._layout.is_of_times(moment),
        )

    def _signs(self, names: Sequence[str], changes: Sequence[ChangeRow]) -> dict[str, int]:
        """The sign of each contrast's changes, where nobody says it."""
        by_moment: dict[str, list[ChangeRow]] = {}
        for moment, change in zip(names, changes, strict=True):
            if change.sign == 0:
                sizes = [cell.number for cell in change.summary_cells("n")]
                n = change.cells["n"].number if "n" in change.cells else None
                is_groups = change.design.name == GROUPS or (
                    change.design.name is None and len(sizes) == 2 and (n is None or n == sum(sizes))
                )
                counts = (int(n),) if n is not None and n >= 1 else ()
                design = replace(change.design, name=GROUPS) if is_groups else replace(change.design, name=PAIRED)
                by_moment.setdefault(moment, []).append(replace(change, design=design, pair_counts=counts))
        return {moment: change_means.direction(rows) for moment, rows in by_moment.items()}

    def _unsigned(self, names: Sequence[str], changes: Sequence[ChangeRow], result: Examined) -> set[tuple[str, str]]:
        """Contrasts whose t, or effect sizes, are all printed without sign, beside changes that have one."""
        unsigned = set()
        for moment in dict.fromkeys(names):
            of_moment = [change for name, change in zip(names, changes, strict=True) if name == moment]
            for statistic in ("t", "z", "es"):
                with_it = [change for change in of_moment if statistic in change.cells]
                negative = [change for change in with_it if change.has_change and change.cells["change"].interval.high < 0]
                if negative and not any(change.cells[statistic].interval.high < 0 for change in with_it):
                    unsigned.add((moment, statistic))
                    if self._with_notes:
                        result.add([notes.without_sign(negative[0].cells[statistic], len(with_it))])
        return unsigned

    def _notes(self) -> Iterator[Finding]:
        """Notes on the whole table."""
        yield from notes.table_notes(self._layout)
        for row in self._layout:
            for cells in row.moments.values():
                facts = self._facts.get((row.section.casefold(), row.label.casefold()), UNKNOWN_SCALE)
                if facts.is_sum_of(cells):
                    yield notes.sum_or_mean(cells, facts)


def _final(habit: str, cells: RowCells, findings: Iterable[Finding], *statistics: str) -> list[Outcome]:
    """An outcome whose finding is final, for the numbers that the rule compares; of in_bounds no number is called
    checked."""
    compared = tuple(cells[name] for name in statistics if name in cells)
    return [Outcome(habit, compared, tuple(findings), is_certain=True)]


def _with_sd(cells: RowCells) -> dict[str, TableCell]:
    """Where what is called an SD is a standard error: the SD that it gives."""
    if not {"n", "sd"} <= set(cells):
        return {name: cell for name, cell in cells.items() if name != "sd"}
    root = max(0.0, cells["n"].number) ** 0.5
    return {**cells, "sd": replace(cells["sd"], interval=cells["sd"].interval.times(root))}


def _effect_row(
    change: ChangeRow, outcomes: Mapping[Design, Sequence[Outcome]], sound_rows: Mapping[Design, ChangeRow]
) -> ChangeRow:
    """The row under the design that fits best, with the declared design, for its effect size."""
    best = min(outcomes, key=lambda design: sum(bool(outcome.findings) for outcome in outcomes[design]))
    paired = next((design for design in sound_rows if design.name == PAIRED), best)
    row = sound_rows[best]
    if "es" not in row.cells:
        return row
    blamed_values = {finding.value for outcome in outcomes[best] for finding in outcome.findings}
    if "t" in change.cells and change.cells["t"].value not in blamed_values:
        # A t without sign is not blamed for it.
        row = replace(row, cells={**row.cells, "t": change.cells["t"]})
    if "change" not in row.cells and (derived := derived_change(sound_rows[paired]) or derived_change(row)) is not None:
        row = replace(row, cells={**row.cells, "change": derived})
    has_other = best.name != PAIRED
    return replace(row, design=change.design, pair_counts=sound_rows[paired].pair_counts, has_other_design=has_other)
