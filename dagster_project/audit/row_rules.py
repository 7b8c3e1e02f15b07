"""Which rules the cells of one row are checked by, and in which order.

Belongs here: the order of rules, and leaving out a blamed number afterwards. Does not belong here: a rule (scores.py,
grids.py, pairs.py), which rows there are (engine.py).
"""

from collections.abc import Callable, Iterable, Iterator

from dagster_project.audit import effects, grids, pairs, scores
from dagster_project.audit.assumptions import ScaleFacts
from dagster_project.audit.designs import GROUPS, OTHER_DESIGN, Design, t_tests
from dagster_project.audit.findings import Finding, RowCells
from dagster_project.audit.intervals import Interval


def bounded_cells(cells: RowCells) -> RowCells:
    """Without numbers printed as below or above a bound, except a p."""
    return {name: cell for name, cell in cells.items() if cell.interval.is_bounded}


def summary_findings(cells: RowCells, facts: ScaleFacts, level: int | None) -> Iterator[Finding]:
    """One score at one moment. level: of its interval, per cent; None where it is not declared."""
    rules: list[Callable[[RowCells], Iterator[Finding]]] = [
        lambda row_cells: scores.in_range(row_cells, facts.score_range),
        scores.in_order,
    ]
    for rule in rules:
        findings = list(rule(cells))
        yield from findings
        cells = _without_blamed(cells, findings)
    cells = {
        name: cell for name, cell in bounded_cells(cells).items() if name not in ("sd", "se") or cell.interval.high >= 0
    }
    rules = [
        scores.of_one,
        scores.mean_of_range,
        lambda row_cells: scores.mean_of_quartiles(row_cells, facts.score_range),
        lambda row_cells: scores.sd_in_bounds(row_cells, facts.score_range),
        scores.mean_and_median,
        scores.error_of_mean,
        lambda row_cells: scores.interval_of_mean(row_cells, level),
    ]
    if facts.steps is not None:
        steps = facts.steps
        rules += [lambda row_cells: grids.grim(row_cells, steps), lambda row_cells: grids.whole_ends(row_cells, steps)]
        rules.append(grids.debit if facts.is_binary else lambda row_cells: grids.grimmer(row_cells, steps))
    for rule in rules:
        findings = list(rule(cells))
        yield from findings
        cells = _without_blamed(cells, findings)


def change_findings(
    cells: RowCells, baseline: RowCells, followup: RowCells, score_range: Interval, sign: int, design: Design
) -> tuple[list[Finding], list[pairs.RuleOutcome], effects.ChangeRow]:
    """Findings that hold for any design, the outcomes of this design's rules, and the numbers that no rule blames."""
    findings = [*(pairs.p_in_bounds(cells["p"]) if "p" in cells else ()), *pairs.interval_ends(cells)]
    findings += pairs.change_in_range(cells, score_range)
    sound_cells = _without_blamed(cells, findings)
    outcomes: list[pairs.RuleOutcome] = []

    def record(outcome: pairs.RuleOutcome | None) -> bool:
        """Whether the rule applied and found something; blamed cells are dropped."""
        nonlocal sound_cells
        if outcome is None:
            return False
        outcomes.append(outcome)
        sound_cells = _without_blamed(
            sound_cells, [finding for finding in outcome.findings if finding.value.statistic != "n"]
        )
        return bool(outcome.findings)

    has_too_many_pairs = record(pairs.pairs_in_waves(sound_cells, baseline, followup, design))
    is_groups = design.name == GROUPS or (has_too_many_pairs and bool(outcomes[-1].alternative_design))
    pair_counts = pairs.possible_pairs(sound_cells, baseline, followup, is_printed_n_possible=not has_too_many_pairs)
    usual_tests, other_tests = t_tests(
        design, sound_cells, baseline, followup, () if is_groups and design.name is None else pair_counts
    )
    if is_groups and design.name is None and not usual_tests:
        usual_tests = other_tests
    if design.name != OTHER_DESIGN:
        record(pairs.interval_around_change(sound_cells, usual_tests))
        for outcome in pairs.t_test_outcomes(sound_cells, usual_tests, other_tests, design):
            record(outcome)
        if not usual_tests:
            record(pairs.p_beside_interval(sound_cells, design))
        if not has_too_many_pairs or is_groups:
            record(pairs.change_of_means(sound_cells, baseline, followup, score_range, sign, is_groups=is_groups))
        record(pairs.sign_of_t(sound_cells))
        if not is_groups:
            record(pairs.sd_of_changes(sound_cells, baseline, followup, usual_tests, design))
        elif design.name == GROUPS:
            record(pairs.error_of_groups(sound_cells, baseline, followup, design))
    findings += pairs.named_statistics(sound_cells)
    has_other_design = (
        is_groups
        or any(outcome.findings and outcome.alternative_design for outcome in outcomes)
        or (bool(usual_tests) and not usual_tests[0].is_paired)
    )
    return (
        findings,
        outcomes,
        effects.ChangeRow(sound_cells, pair_counts, baseline, followup, score_range, design, has_other_design),
    )


def _without_blamed(cells: RowCells, findings: Iterable[Finding]) -> RowCells:
    """A blamed number must not be used against others."""
    names = {finding.value.statistic for finding in findings}
    return {name: cell for name, cell in cells.items() if name not in names} if names else cells
