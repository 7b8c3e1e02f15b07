"""Released results recomputed from the released answers, by the oracle beside this file: nothing differs, and it can fail."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from recompute import recompute


def _file(workspace: Any) -> Path:
    return Path(workspace.release) / "warehouse.duckdb"


@pytest.fixture
def small_file(small_run: tuple[Any, Any], tmp_path: Path) -> Path:
    """A copy of the small study's release, to be spoilt."""
    return Path(shutil.copyfile(_file(small_run[0]), tmp_path / "copy.duckdb"))


def _spoil(file: Path, sql: str) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(sql)


def _differing(file: Path) -> set[str]:
    return {difference.result_id for difference in recompute(file).differences}


def test_the_example_recomputes_from_its_answers(example_run: tuple[Any, Any]) -> None:
    report = recompute(_file(example_run[0]))
    assert [str(difference) for difference in report.differences] == []
    assert report.results > 10_000
    assert report.share_checked > 0.75


def test_the_small_study_recomputes_from_its_answers(small_run: tuple[Any, Any]) -> None:
    report = recompute(_file(small_run[0]))
    assert [str(difference) for difference in report.differences] == []
    assert report.share_checked > 0.65
    # What rests on random draws or on iteration is not recomputed here.
    assert {"change/bca_ci95_low", "mixed/estimate", "imputation/estimate", "measurement/omega"} <= set(report.uncovered)
    assert report.checked + sum(report.uncovered.values()) == report.results


def test_a_changed_answer_differs_wherever_it_counts(small_file: Path) -> None:
    _spoil(small_file, "update marts.answer_codes set mood_01 = 5 where wave = 'T1' and mood_01 = 4")
    differences = _differing(small_file)
    assert {"items/mood_01/4/T1/count", "summary/mood_total/T1/mean", "change/mood_total/T1-T2/mean_change"} <= differences
    assert {"norm_difference/mood_total/T1/difference", "leavers/mood_total/T2/mean_returned"} <= differences
    assert not {name for name in differences if name.split("/")[1] in ("push", "pull", "drive_overall", "site")}


def test_a_changed_result_differs_alone(small_file: Path) -> None:
    _spoil(small_file, "update results.results set value = value + 1e-6 where result_id = 'summary/push/T1/mean'")
    assert _differing(small_file) == {"summary/push/T1/mean"}


def test_another_rule_differs(small_file: Path) -> None:
    """An item reversed in the codebook, and not in the scores: the release of a stale codebook."""
    _spoil(
        small_file,
        "update codebook.scale_items set turned_from = case when turned_from is null then 6 end where item = 'mood_03'",
    )
    assert {"summary/mood_total/T1/mean", "change/mood_total/T1-T2/t"} <= _differing(small_file)


def test_another_direction_turns_the_sign(small_file: Path) -> None:
    _spoil(small_file, "update codebook.contrasts set direction = 'followup_minus_baseline'")
    report = recompute(small_file)
    by_id = {difference.result_id: difference for difference in report.differences}
    change = by_id["change/drive_overall/T1-T2/mean_change"]
    assert change.released == pytest.approx(-(change.recomputed or 0.0))
    assert {name.split("/")[0] for name in by_id} == {"change"}


def test_a_result_that_lacks_or_that_nothing_asks_for_differs(small_file: Path) -> None:
    _spoil(
        small_file,
        "update results.results set result_id = 'summary/nothing/T1/mean' where result_id = 'summary/push/T1/mean'",
    )
    differences = [str(difference) for difference in recompute(small_file).differences]
    assert len(differences) == 2
    assert differences[0].startswith("summary/push/T1/mean: released None, recomputed 1.66666")
    assert differences[0].endswith(": the file lacks this result")
    assert differences[1].endswith("recomputed None: nothing asks for this result")


def test_people_who_withdrew_and_counts_of_the_flow_are_checked(small_file: Path) -> None:
    _spoil(small_file, "update marts.participants set is_withdrawn = true where site = 'south'")
    assert _differing(small_file) == set(), "B returned both waves: the flow is the same"
    _spoil(small_file, "update marts.participants set is_withdrawn = true")
    # C returned the first wave alone; everybody else the last.
    assert _differing(small_file) == {"flow/returns/T2/n_withdrawn", "flow/returns/T2/n_not_returned"}
