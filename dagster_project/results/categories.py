"""Questions of yes or no, and with categories, that are followed over the waves: answers, change, groups.

Belongs here: which numbers they have. Does not belong here: formulas (statistics/); use of services (services.py); facts of
the roster (describe.py). A measure has its rows in every wave that asks it, also if nobody answered.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from dagster_project.results.describe import undefined_reason
from dagster_project.results.group_differences import add_difference_of_shares, comparisons_of
from dagster_project.results.result_collector import MartRow, RowFields, Rows
from dagster_project.results.result_row import ResultRow
from dagster_project.results.services import PairCounts, add_change_of_share
from dagster_project.statistics import bowker, mcnemar_exact
from dagster_project.study import YES, Categorical, Contrast, Study, YesNo

_DENOMINATOR = "people who answered"


def counted_categories(measure: YesNo | Categorical) -> list[str]:
    """The categories whose shares are given: of yes or no the share of yes alone."""
    return [YES] if isinstance(measure, YesNo) else [category.category for category in measure.categories]


def category_results(category_answers: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Shares of each answer in each wave. category_answers: measure, wave, category, n, count."""
    counts = {(row["measure"], row["wave"], row["category"]): row for row in category_answers}
    rows = Rows("categories", study)
    for measure, wave, category in _cells(study):
        row = counts.get((measure.measure, wave, category), {})
        _add_share(rows, measure.measure, row, {"category": category, "wave": wave})
    return rows.rows


def group_category_results(group_category_answers: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """The same in each group. group_category_answers: people_group, and as in category_results."""
    counts = {(row["people_group"], row["measure"], row["wave"], row["category"]): row for row in group_category_answers}
    rows = Rows("categories_by_group", study)
    for measure, wave, category in _cells(study):
        for group in study.protocol.compared_groups:
            row = counts.get((group.category, measure.measure, wave, category), {})
            row_fields: RowFields = {"category": category, "wave": wave, "people_group": group.category}
            _add_share(rows, measure.measure, row, row_fields)
    return rows.rows


def category_difference_results(group_category_answers: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Shares of each answer in each wave, each group against the reference. Rows as in group_category_results."""
    counts = {(row["people_group"], row["measure"], row["wave"], row["category"]): row for row in group_category_answers}
    rows = Rows("category_difference", study)
    for measure, wave, category in _cells(study):
        for group, reference in comparisons_of(study):
            of_group, of_reference = (counts.get((name, measure.measure, wave, category), {}) for name in (group, reference))
            row_fields: RowFields = {
                "category": category, "wave": wave, "people_group": group, "compared_with": reference, "role": "exploratory",
            }  # fmt: skip
            add_difference_of_shares(rows, measure.measure, of_group, of_reference, row_fields)
    return rows.rows


def category_change_results(category_pairs: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Answers in both waves of each contrast that asks in both, of people who answered in both.

    category_pairs: contrast, measure, category_baseline, category_followup, n.
    """
    pairs = {
        (row["contrast"], row["measure"], row["category_baseline"], row["category_followup"]): int(row["n"])
        for row in category_pairs
    }
    rows = Rows("category_change", study)
    for contrast in study.protocol.contrasts:
        for measure in study.categorical_measures:
            if not {contrast.baseline, contrast.followup} <= set(study.waves_of(measure)):
                continue
            categories = [category.category for category in measure.categories]
            counts = {
                (first, second): pairs.get((contrast.contrast, measure.measure, first, second), 0)
                for first in categories
                for second in categories
            }
            if isinstance(measure, YesNo):
                no, yes = categories
                pair_counts = PairCounts(counts[yes, yes], counts[yes, no], counts[no, yes], counts[no, no])
                add_change_of_share(rows, study, contrast, measure.measure, pair_counts, "yes")
            else:
                _add_moves(rows, measure, contrast, counts)
    return rows.rows


def _cells(study: Study) -> Iterator[tuple[YesNo | Categorical, str, str]]:
    """Each measure in each wave that asks it, and each of its categories."""
    for measure in study.categorical_measures:
        for wave in study.waves_of(measure):
            for category in counted_categories(measure):
                yield measure, wave, category


def _add_share(rows: Rows, outcome: str, counts: MartRow, row_fields: RowFields) -> None:
    n, count = int(counts.get("n", 0)), int(counts.get("count", 0))
    share_fields: RowFields = {**row_fields, "note": undefined_reason(n)}
    rows.share(outcome, count, n, _DENOMINATOR, "people who gave this answer", **share_fields)


def _add_moves(rows: Rows, measure: Categorical, contrast: Contrast, counts: Mapping[tuple[str, str], int]) -> None:
    """From which category to which people went; of ordered ones how many went up and down."""
    categories = [category.category for category in measure.categories]
    table = np.array([[counts[first, second] for second in categories] for first in categories])
    n = int(table.sum())
    row_fields: RowFields = {"contrast": contrast.contrast, "role": "descriptive"}
    rows.add(measure.measure, "n", n, n, "people who answered in both waves", **row_fields)
    for (first, second), count in counts.items():
        method = f"people with {first} at {contrast.baseline} and {second} at {contrast.followup}"
        move_fields: RowFields = {**row_fields, "category": f"{first}_to_{second}"}
        rows.add(measure.measure, "count", count, n, method, **move_fields)
    test = bowker(table)
    test_fields: RowFields = {"contrast": contrast.contrast, "note": test.reason}
    for statistic, value in (("chi_square", test.chi_square), ("df", test.df), ("p", test.p)):
        rows.add(measure.measure, statistic, value, n, "Bowker's test of symmetry", **test_fields)
    if not measure.ordered:
        return
    n_higher, n_lower = int(np.triu(table, 1).sum()), int(np.tril(table, -1).sum())
    for statistic, count, words in (
        ("count_higher", n_higher, "in a higher category at {1} than at {0}"),
        ("count_same", n - n_higher - n_lower, "in the same category at {0} and {1}"),
        ("count_lower", n_lower, "in a lower category at {1} than at {0}"),
    ):
        method = f"people {words.format(contrast.baseline, contrast.followup)}"
        rows.add(measure.measure, statistic, count, n, method, **row_fields)
    sign_fields: RowFields = {"contrast": contrast.contrast, "note": undefined_reason(n)}
    p = mcnemar_exact(n_higher, n_lower)[0]
    rows.add(measure.measure, "p_sign", p, n, "sign test of those who changed, two-sided", **sign_fields)
