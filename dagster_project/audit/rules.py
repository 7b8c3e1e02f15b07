"""All rules of the auditor, by subject and name.

Belongs here: the list. Does not belong here: the rules themselves, each in the module of its subject; their page
(reference/auditor.py).
"""

from collections.abc import Mapping

from dagster_project.audit import (
    anova,
    block_sums,
    blocks,
    change_intervals,
    change_means,
    change_tests,
    correlations,
    decimal_points,
    effect_intervals,
    effects,
    grids,
    mean_errors,
    moments,
    notes,
    own_results,
    probabilities,
    scores,
    totals,
)  # fmt: skip
from dagster_project.audit.rule import Rule


def _by_name(*rules: Rule) -> dict[str, Rule]:
    return {rule.name: rule for rule in rules}


#: By subject, then by the rule's name.
RULES: Mapping[str, dict[str, Rule]] = {
    "Counts and percentages": _by_name(
        blocks.PERCENT_OF_COUNT,
        blocks.COUNTS_WITHIN,
        blocks.ONE_DENOMINATOR,
        block_sums.BLOCK_SUM,
        blocks.PERCENT_OF_PEOPLE,
        block_sums.PERCENT_SUM,
        block_sums.PERCENTS_OF_ONE_NUMBER,
    ),
    "Scores at one moment": _by_name(
        scores.IN_BOUNDS,
        scores.IN_RANGE,
        scores.IN_ORDER,
        scores.MEAN_OF_RANGE,
        scores.SPREAD_OF_RANGE,
        scores.OF_ONE,
        scores.MEAN_AND_MEDIAN,
        scores.MEAN_OF_QUARTILES,
        mean_errors.ERROR_OF_MEAN,
        mean_errors.INTERVAL_OF_MEAN,
    ),
    "Whole answers": _by_name(grids.GRIM, grids.GRIMMER, grids.DEBIT, grids.WHOLE_ENDS),
    "Moments, groups and totals": _by_name(
        totals.TOTAL_OF_GROUPS,
        totals.SD_OF_TOTAL,
        probabilities.F_OF_GROUPS,
        probabilities.DF_OF_GROUPS,
        moments.UNLIKE_MOMENTS,
        decimal_points.LOST_POINT,
        moments.NUMBER_OF_PAIRS,
    ),
    "Changes, differences and estimates": _by_name(
        change_means.PAIRS_IN_WAVES,
        change_means.CHANGE_OF_MEANS,
        change_means.CHANGE_IN_RANGE,
        change_means.PERCENT_OF_CHANGE,
        change_intervals.INTERVAL_ENDS,
        change_intervals.ESTIMATE_IN_INTERVAL,
        change_intervals.INTERVAL_AROUND_CHANGE,
        change_intervals.P_BESIDE_INTERVAL,
        change_intervals.SD_OF_CHANGES,
        change_intervals.ERROR_OF_GROUPS,
    ),
    "Tests": _by_name(
        change_tests.P_OF_INTERVAL,
        change_tests.ERROR_OF_CHANGE,
        change_tests.NAMED_STATISTICS,
        change_tests.TWO_MOMENTS,
        change_tests.SIGN_OF_T,
        change_tests.P_IN_BOUNDS,
        probabilities.P_OF_STATISTIC,
        correlations.CORRELATIONS_TOGETHER,
    ),
    "Tables of variance": _by_name(anova.MEAN_SQUARE, anova.F_OF_SQUARES, anova.P_OF_EFFECT, anova.SHARE_OF_VARIANCE),
    "Effect sizes": _by_name(effects.EFFECT_SIZE, effect_intervals.INTERVAL_OF_EFFECT),
    "Notes": _by_name(effects.DEFINITIONS, *notes.NOTES),
    "Our own results": _by_name(own_results.PRINTED_AS_ROUNDED),
}
