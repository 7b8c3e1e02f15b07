"""Variants beside the main analysis: change and differences of change under other definitions, what depends on these, and
where a verdict differs.

Belongs here: which numbers a variant has. Does not belong here: computing change (change.py, group_differences.py,
covariate_adjustment.py: a variant is computed by the same functions), scores and people of a variant (models/variants.py).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dagster_project.results.change import planned_change_results
from dagster_project.results.covariate_adjustment import covariate_adjusted_results
from dagster_project.results.group_differences import adjusted_change_results, change_difference_results
from dagster_project.results.result_collector import MartRow, Rows
from dagster_project.results.result_row import ResultRow, result_id
from dagster_project.results.variant_statistics import OF_EACH_VARIANT, variant_analysis
from dagster_project.study import Composite, Study, Variant, variant_study

#: The counts of variants.score_differences, and the results that they are.
_COUNTS = {
    "n_left_out": "n_scores_left_out", "n_lost": "n_scores_lost", "n_gained": "n_scores_gained",
    "n_changed": "n_scores_changed", "n_answers": "n_answers",
}  # fmt: skip
#: The outcomes under which the counts of a variant's people and of all of its scores stand.
ROSTER, ALL_SCALES = "roster", "all_scales"
#: Why there is no verdict to compare.
NO_P_IN_EITHER = "there is no p in either"
_NO_P_IN_MAIN_ANALYSIS, _NO_P_IN_VARIANT = "there is no p in the main analysis", "there is no p in the variant"


@dataclass(frozen=True)
class VariantMarts:
    """The rows of schema variants, each with its variant. people: variant, is_counted, n of the roster."""

    people: Sequence[MartRow]
    score_differences: Sequence[MartRow]
    change_moments: Sequence[MartRow]
    group_change_moments: Sequence[MartRow]
    group_covariate_moments: Sequence[MartRow]


def variant_results(marts: VariantMarts, main: Mapping[str, ResultRow], study: Study) -> list[ResultRow]:
    """The results of every variant of a study. main: the results of the main analysis, by id."""
    rows = []
    for variant in study.protocol.variants:
        rows += _dependence(marts, study, variant)
        for row in _changes(_rows_of(marts, variant), variant_study(study, variant)):
            if row.statistic in OF_EACH_VARIANT[row.analysis]:
                rows.append(_as_of_variant(row, variant))
        rows += _verdicts({row.result_id: row for row in rows}, main, study, variant)
    return rows


def _rows_of(marts: VariantMarts, variant: Variant) -> VariantMarts:
    """The rows of one variant."""
    return VariantMarts(
        **{name: [row for row in rows if row["variant"] == variant.variant] for name, rows in vars(marts).items()}
    )


def _changes(marts: VariantMarts, study: Study) -> Iterator[ResultRow]:
    """The analyses of change under the study's definitions, as they are computed of a study by itself."""
    yield from planned_change_results(marts.change_moments, study)
    yield from change_difference_results(marts.group_change_moments, study)
    yield from adjusted_change_results(marts.group_change_moments, study)
    yield from covariate_adjusted_results(marts.group_covariate_moments, marts.group_change_moments, study)


def _as_of_variant(row: ResultRow, variant: Variant) -> ResultRow:
    """A result under the variant's name. What is planned is the main analysis: a variant is exploratory."""
    analysis = variant_analysis(row.analysis)
    return replace(
        row, result_id=_id(analysis, row, variant, row.statistic), analysis=analysis, category=variant.variant,
        role="exploratory", family=None,
    )  # fmt: skip


def _id(analysis: str, row: ResultRow, variant: Variant | None, statistic: str) -> str:
    return result_id(
        analysis, row.outcome, statistic, category=variant.variant if variant is not None else None,
        people_group=row.people_group, timepoint=row.contrast,
    )  # fmt: skip


def _dependence(marts: VariantMarts, study: Study, variant: Variant) -> list[ResultRow]:
    """How many people are left out, and how many scores and answers depend on the variant."""
    rows, own_marts = Rows("variants", study), _rows_of(marts, variant)
    people: Counter[bool] = Counter()
    for row in own_marts.people:
        people[row["is_counted"]] += int(row["n"])
    n = people[True] + people[False]
    rows.add(
        ROSTER, "n", people[True], people[True], "people on the roster whom the variant keeps", category=variant.variant
    )
    rows.add(
        ROSTER, "n_left_out", people[False], n, "people on the roster whom the variant leaves out", category=variant.variant
    )
    differences = {(row["scale"], row["wave"]): row for row in own_marts.score_differences}
    for name, statistic in _COUNTS.items():
        total = sum(int(row[name] or 0) for row in differences.values())
        rows.add(ALL_SCALES, statistic, total, None, "of all scales in all waves", category=variant.variant)
        for code in study.scales:
            for wave in study.protocol.waves:
                has_no_answers = name == "n_answers" and isinstance(study.scales[code][1], Composite)
                row = differences.get((code, wave.wave), {name: None if has_no_answers else 0})  # no row without a person
                count = row[name]
                rows.add(
                    code, statistic, count, None, "compared with the main analysis", category=variant.variant,
                    wave=wave.wave,
                    note="made of scales, which have the answers",
                )  # fmt: skip
    return rows.rows


def _verdicts(
    results: Mapping[str, ResultRow], main: Mapping[str, ResultRow], study: Study, variant: Variant
) -> Iterator[ResultRow]:
    """Of each test whether it lies below the plan's error rate in one of the main analysis and the variant alone."""
    alpha = study.protocol.plan.alpha
    no_p = {
        (True, True): NO_P_IN_EITHER, (True, False): _NO_P_IN_MAIN_ANALYSIS, (False, True): _NO_P_IN_VARIANT,
        (False, False): None,
    }  # fmt: skip
    tests = [
        row
        for row in results.values()
        if row.category == variant.variant and row.statistic == "p" and row.analysis != "variants"
    ]
    for analysis, in_analysis in _by_analysis(tests).items():
        rows = Rows(analysis, study)
        main_analysis = analysis.removeprefix(variant_analysis(""))
        for row in in_analysis:
            name = "p_holm" if _id(main_analysis, row, None, "p_holm") in main else "p"
            main_p = main.get(_id(main_analysis, row, None, name))
            variant_p = results.get(_id(analysis, row, variant, name))
            p = [None if number is None else number.value for number in (main_p, variant_p)]
            is_below = [None if value is None else value < alpha for value in p]
            words = "after Holm " if name == "p_holm" else ""
            rows.add(
                row.outcome, "verdict_differs",
                None if None in is_below else float(is_below[0] != is_below[1]), row.n,
                f"p {words}below {alpha:g} in one of both alone", category=variant.variant, contrast=row.contrast,
                people_group=row.people_group, compared_with=row.compared_with, role="exploratory",
                note=no_p[is_below[0] is None, is_below[1] is None],
                remark="" if is_below[0] == is_below[1] else f"below in the {'main analysis' if is_below[0] else 'variant'}",
            )  # fmt: skip
        yield from rows.rows


def _by_analysis(tests: Iterable[ResultRow]) -> dict[str, list[ResultRow]]:
    """Tests by analysis, in order."""
    by_analysis: dict[str, list[ResultRow]] = {}
    for row in tests:
        by_analysis.setdefault(row.analysis, []).append(row)
    return by_analysis
