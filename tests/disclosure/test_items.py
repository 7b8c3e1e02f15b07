"""Answers of items taken together until each count is of enough people, alike in all waves and in later releases."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from disclosure.attacker import Attacker, read_published
from disclosure.made_people import ANSWERS, WAVES, made_patterns, made_results, made_study
from disclosure.published_study import PublishedStudy
from disclosure.test_attack import assert_protected

from dagster_project.disclosure import left_out_analyses
from dagster_project.disclosure.items import with_merged_items
from dagster_project.results import ResultRow
from dagster_project.results.result_collector import Rows
from dagster_project.study import Disclosure, Study


def item_rows(study: Study, counts_of_waves: Sequence[Sequence[int]]) -> dict[str, ResultRow]:
    rows = Rows("items", study)
    for wave, counts in zip(WAVES, counts_of_waves, strict=True):
        rows.add("worry", "n", sum(counts), sum(counts), wave=wave)
        for answer, count in enumerate(counts):
            rows.add("worry", "count", count, sum(counts), category=str(answer), wave=wave)
    return {row.result_id: row for row in rows.rows}


@pytest.mark.parametrize(
    ("counts_of_waves", "categories"),
    [
        ([[20, 30, 40], [15, 15, 15], [10, 10, 10]], ["0", "1", "2"]),
        ([[2, 9, 30, 40], [5, 5, 20, 20], [5, 6, 20, 20]], ["0_to_2", "3"]),
        ([[20, 30, 1], [20, 20, 0], [20, 20, 9]], ["0", "1_to_2"]),
        ([[1, 9, 8, 2, 11], [10, 0, 0, 10, 10], [3, 3, 9, 9, 9]], ["0_to_2", "3_to_4"]),
        ([[15, 15, 2], [9, 2, 1], [4, 4, 4]], ["0", "1_to_2"]),  # by the wave of the most people alone
        ([[15, 3, 2], [9, 2, 1], [4, 4, 4]], []),
        ([[0, 0, 0], [0, 0, 0], [0, 0, 0]], []),
    ],
)
@pytest.mark.slow
def test_as_many_neighbours_are_taken_together_as_it_takes(
    counts_of_waves: list[list[int]], categories: list[str], tmp_path: Path
) -> None:
    study = made_study(tmp_path)
    merged_rows = with_merged_items(study, item_rows(study, counts_of_waves), Disclosure(), ())
    for wave, counts in zip(WAVES, counts_of_waves, strict=True):
        rows = [row for row in merged_rows.values() if row.wave == wave and row.statistic == "count"]
        assert [row.category for row in rows] == categories
        assert sum(int(row.printed) for row in rows) == (sum(counts) if categories else 0)
    assert ("items/worry/T1/n" in merged_rows) == bool(categories)


def test_answers_stay_together_as_in_the_earlier_release(tmp_path: Path) -> None:
    """0 to 1 of one release and 0 of the next would together tell of 1."""
    study = made_study(tmp_path)
    first = with_merged_items(study, item_rows(study, [[4, 9, 30]] * 3), Disclosure(), ())
    later = item_rows(study, [[20, 25, 60]] * 3)
    assert [row.category for row in with_merged_items(study, later, Disclosure(), first).values()] == [
        None, None, None, *["0_to_1", "2"] * 3,
    ]  # fmt: skip
    assert len(with_merged_items(study, later, Disclosure(), ())) == 12
    other_answers = item_rows(study, [[20, 25, 60, 30]] * 3)
    assert not with_merged_items(study, other_answers, Disclosure(), first)  # answers that the earlier one did not have


@pytest.mark.slow
def test_unrounded_counts_of_answers_stay_out(tmp_path: Path) -> None:
    study = made_study(tmp_path)
    rows = item_rows(study, [[20, 30, 40]] * 3)
    assert not with_merged_items(study, rows, Disclosure(round_to=1), ())
    assert left_out_analyses(rows, Disclosure(round_to=1)) == ["items"]
    assert left_out_analyses(rows, Disclosure()) == []


@pytest.mark.parametrize("count", [200, 5000])
@pytest.mark.slow
def test_item_counts_are_public_and_tell_of_no_few(count: int, published_study: Callable[..., PublishedStudy]) -> None:
    study = published_study(count, 17)
    published = study.published
    rows = [row for row in published.values() if row.result_id.startswith("items/") and row.result_id.endswith("/count")]
    assert {row.result_id.split("/")[1] for row in rows} == set(ANSWERS)
    assert sum(row.printed != "*" for row in rows) >= 0.6 * len(rows) > 9
    assert assert_protected(study.people, published, 5) > 5


def test_counts_of_single_answers_beside_the_others_would_tell(published_study: Callable[..., PublishedStudy]) -> None:
    """The same attack on exact counts of every answer, the small ones hidden, finds out the small ones."""
    study = published_study(200, 17)
    published, people = study.published, study.people
    template = next(row for row in published.values() if row.result_id.startswith("items/"))
    exact = {
        row.result_id: type(template)(row.result_id, row.printed if (row.value or 0) >= 10 else "*", "hidden")
        for row in made_results(study.study, people).values()
        if row.analysis == "items"
    }
    assert any(row.printed == "*" for row in exact.values())
    with pytest.raises(AssertionError, match="narrowed down to"):
        assert_protected(people, exact, 1)
    assert Attacker().expression_of("items/worry/0_to_1/T1/count")
    assert made_patterns(people) and read_published(study.folder) == published
