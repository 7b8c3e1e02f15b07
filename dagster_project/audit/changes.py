"""Which rules the numbers of one change are asked by, under each design, and in which order.

Belongs here: the designs that a row allows, what its cells are under one of them, the order of rules. Does not belong
here: a rule, what a misfit means (undeclared.py).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from dagster_project.audit import change_intervals, change_means, change_tests, effect_intervals, probabilities
from dagster_project.audit.change_row import ChangeRow, derived_change
from dagster_project.audit.designs import GROUPS, MODEL, OTHER_DESIGN, PAIRED, Design, group_sizes, t_tests
from dagster_project.audit.findings import INCONSISTENT, RowCells, TableCell
from dagster_project.audit.outcome import Outcome
from dagster_project.audit.ratios import LOG_WORDS, is_ratio, on_log_scale


def change_cells(cells: RowCells, *, is_contrast: bool) -> dict[str, TableCell]:
    """The cells by the rules' names: an estimate is a change, and so is the mean of a change's own row."""
    result = dict(cells)
    for name, meaning in (("estimate", "change"), *((("mean", "change"), ("sd", "sd_change")) if is_contrast else ())):
        if name in result and meaning not in result:
            result[meaning] = result.pop(name)
    return result


def designs_of(design: Design, row: ChangeRow) -> list[Design]:
    """The designs under which a row is asked: the declared one first, then those that a declared or undeclared one leaves
    open."""
    if design.name in (PAIRED, GROUPS):
        return [design]
    if design.name is not None:
        return [design, *(tried for tried in design.hypotheses() if tried.min_df != design.min_df or design.name != MODEL)]
    sizes = group_sizes(row.baseline, row.followup)
    n = row.cells["n"].number if "n" in row.cells else None
    is_paired = "sd_change" in row.cells or ("correlation" in row.cells and all("mean" in moment for moment in row.moments))
    is_groups = sizes is not None and (n == sum(sizes) or (n is None and sizes[0] != sizes[1])) and not is_paired
    is_groups = is_groups and not row.is_of_times
    names = {PAIRED} if is_paired else {GROUPS, MODEL} if is_groups else {PAIRED, GROUPS, MODEL}
    if row.is_of_times:
        names -= {GROUPS}
    if is_ratio(row.cells) or "z" in row.cells:
        names = {MODEL}
    return [tried for tried in design.hypotheses() if tried.name in names]


def outcomes_under(design: Design, row: ChangeRow, *, is_tried: bool) -> tuple[list[Outcome], ChangeRow]:
    """The outcomes of the rules of a design, and the row without the numbers that they blame. is_tried: nobody declared
    it."""
    if is_ratio(row.cells):
        outcomes, sound_row = _outcomes(
            design, replace(row, cells=on_log_scale(row.cells), baseline={}, followup={}), is_tried
        )
        return [outcome.rewritten(LOG_WORDS) for outcome in outcomes], sound_row
    return _outcomes(design, row, is_tried)


def _outcomes(design: Design, row: ChangeRow, is_tried: bool) -> tuple[list[Outcome], ChangeRow]:
    outcomes: list[Outcome] = []
    row = replace(row, design=design)
    pairs_outcome = change_means.pairs_in_waves(row)
    has_too_many = pairs_outcome is not None and bool(pairs_outcome.findings)
    row = _with_tests(row, has_too_many=has_too_many, is_tried=is_tried)
    outcomes += [*([pairs_outcome] if pairs_outcome else ()), *_rules(row)]
    blamed_values = {finding.value for outcome in outcomes for finding in outcome.findings if finding.value.statistic != "n"}
    return outcomes, row.excluding(blamed_values)


def _with_tests(row: ChangeRow, *, has_too_many: bool, is_tried: bool) -> ChangeRow:
    sizes = group_sizes(row.baseline, row.followup)
    pair_counts = change_means.possible_pairs(
        row.cells, row.baseline, row.followup, is_printed_n_possible=not has_too_many or row.design.name == GROUPS
    )
    if is_tried and "n" not in row.cells and sizes is not None and sizes[0] == sizes[1] >= 2 and row.design.name == PAIRED:
        pair_counts = (int(sizes[0]),)
    row = replace(row, pair_counts=pair_counts)
    row = replace(row, tests=t_tests(row.design, row.cells, row.baseline, row.followup, pair_counts))
    derived = derived_change(row) if "change" not in row.cells else None
    return replace(row, cells={**row.cells, "change": derived}) if derived is not None else row


def _rules(row: ChangeRow) -> Iterator[Outcome]:
    """The rules in their order; each sees the numbers that none before it blames."""
    blamed_values: set[object] = set()

    def sound(row: ChangeRow) -> ChangeRow:
        return row.excluding(blamed_values)  # type: ignore[arg-type]

    def noted(*outcomes: Outcome | None) -> Iterator[Outcome]:
        for outcome in outcomes:
            if outcome is not None:
                blamed_values.update(finding.value for finding in outcome.findings)
                yield outcome

    if row.design.name == OTHER_DESIGN:
        outcome = change_intervals.estimate_in_interval(row)
        yield from noted(_softened(outcome) if outcome else None)
        return
    if {"bootstrap"} & row.design.practices:
        yield from noted(change_intervals.estimate_in_interval(row))
    yield from noted(change_intervals.interval_around_change(sound(row)))
    yield from noted(*change_tests.t_test_outcomes(sound(row)))
    if not row.tests:
        yield from noted(change_intervals.p_beside_interval(sound(row)))
    yield from noted(change_means.change_of_means(sound(row)))
    yield from noted(*change_tests.sign_of_t(sound(row)))
    yield from noted(change_intervals.sd_of_changes(sound(row)), change_intervals.error_of_groups(sound(row)))
    yield from noted(*change_means.named_statistics(sound(row)), change_means.percent_of_change(sound(row)))
    yield from noted(*effect_intervals.interval_of_effect(sound(row)))
    has_change = "change" in row.cells or any("mean" in moment for moment in row.moments)
    yield from noted(*probabilities.p_of_statistic(sound(row).cells, row.design.practices, has_change=has_change))


def _softened(outcome: Outcome) -> Outcome:
    findings = tuple(replace(finding, severity=INCONSISTENT) for finding in outcome.findings)
    return replace(outcome, findings=findings)


Outcomes = Mapping[Design, list[Outcome]]
