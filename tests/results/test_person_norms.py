"""People's norm scores, from counts that stand here: which rows there are, what they say of nobody, and the tables. Belongs here:
small counts by hand. Does not belong here: the whole graph (tests/defs/test_norms.py)."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from norm_study import norms, write_study

from dagster_project.report.methods import methods
from dagster_project.results import MartRow, ResultRow, person_norm_results, supplementary_tables
from dagster_project.study import Study, read_study

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """With a limit of T scores for a norm without strata, too."""
    content: dict[str, Any] = yaml.safe_load(norms())
    content["limits"][0]["scales"] = []
    folder = tmp_path_factory.mktemp("norms") / "norm_study"
    return read_study(write_study(folder, [], yaml.safe_dump(content, sort_keys=False)))


def _by_id(rows: list[ResultRow]) -> dict[str, ResultRow]:
    results = {row.result_id: row for row in rows}
    assert len(results) == len(rows), "an id occurs twice"
    assert not [row.result_id for row in rows if row.value is None and not row.note]
    return results


def _row(scale: str, sample: str, stratum: str, score: float, n: int, **others: Any) -> MartRow:
    row = {"scale": scale, "sample": sample, "wave": "T1", "stratum": stratum, "score": score, "n": n}
    return row | {"is_compared": True, "percentile": None} | others


def test_nobody_has_norm_scores_for_a_reason(study: Study) -> None:
    results = _by_id(person_norm_results([], study))
    t_score = results["norm_scores/mood_total/T1/t_score"]
    assert (t_score.value, t_score.note) == (None, "nobody has a score and a norm")
    assert results["norm_scores/mood_total/T1/count_unknown"].value == 0
    assert results["percentiles/sleep_total/T2/median"].note == "nobody has a percentile"
    assert results["norm_strata/mood_total/sexes-men/norm_n"].note == (
        "norms.yaml does not say how many people the stratum is of"
    )
    assert results["norm_limits/sleep_total/t_score_at_least_60/T3/percent"].note == "nobody has a score and a norm"


def test_one_person_has_a_t_score_and_no_interval(study: Study) -> None:
    results = _by_id(person_norm_results([_row("mood_total", "survey", "men_45", 5.3, 1)], study))
    t_score, low = (results[f"norm_scores/mood_total/T1/{name}"] for name in ("t_score", "ci95_low"))
    assert (t_score.value, t_score.n) == (pytest.approx(60), 1)
    assert (low.value, low.note) == (None, "one person has no SD")
    assert results["norm_limits/mood_total/t_score_at_least_60/T1/count"].value == 1
    assert results["norm_strata/mood_total/men_45/T1/n"].value == 1


def test_a_limit_of_a_norm_without_strata_counts_people(study: Study) -> None:
    """Mean 3 and SD 1.5: 60 is at 4.5."""
    counts = [
        _row("sleep_total", "sleepers", "all", score, n, percentile=percentile)
        for score, n, percentile in ((2, 3, 25.2), (4, 2, 74.8), (5, 4, 90.9))
    ]
    results = _by_id(person_norm_results(counts, study))
    count, n = (results[f"norm_limits/sleep_total/t_score_at_least_60/T1/{name}"].value for name in ("count", "n"))
    assert (count, n) == (4, 9)
    assert results["norm_scores/sleep_total/T1/t_score"].method == (
        "each person's T score by the norm, the norm taken as known: Adults (A third made-up survey)"
    )
    assert "norm_scores/sleep_total/T1/count_unknown" not in results


def test_people_without_a_norm_are_counted_by_what_is_missing(study: Study) -> None:
    counts = [
        _row("mood_total", "survey", "women_45", 4, 2),
        _row("mood_total", "survey", "sex: refused", 4, 3, is_compared=False),
        _row("mood_total", "survey", "age: blank, sex: blank", 7, 1, is_compared=False),
        _row("mood_total", "survey", "no stratum", 4, 5, is_compared=False),
    ]
    results = _by_id(person_norm_results(counts, study))
    unknown, uncovered, n = (
        results[f"norm_scores/mood_total/T1/{name}"] for name in ("count_unknown", "count_uncovered", "n")
    )
    assert (unknown.value, unknown.n, uncovered.value, uncovered.n, n.value) == (4, 11, 5, 11, 2)
    tables = {table.name: table for table in supplementary_tables(study, list(results.values()))}
    assert {"person_norms", "person_norms_percentiles", "person_norms_limits", "person_norms_strata"} <= set(tables)
    assert tables["person_norms"].notes[-1] == (
        "Everybody is compared with people of the same stratum (Adults by age and sex: Sex, and Age at the person's own answer to"
        " the wave). No norm: people with a score of whom a variable of the strata is not known, and people whom no stratum"
        " covers; they are in no other number here."
    )
    words = dict(methods(study, results))["Norms"]
    assert "Percentiles are % of the norm's people with a lower score, and half of those with this one" in words
    assert "People beyond limits are counted, with Wilson's intervals: T of 60 or more: raised (This study)" in words


def test_a_study_without_such_norms_has_no_rows_and_no_tables(tmp_path: Path) -> None:
    text = "samples: [{sample: adults, instrument: mood, n: 90, population: Adults, source: A survey}]\n"
    text += "norms: [{scale: mood_total, sample: adults, mean: 4, sd: 2}]\n"
    plain = read_study(write_study(tmp_path / "norm_study", [], text))
    assert person_norm_results([], plain) == []
    assert not [table.name for table in supplementary_tables(plain, []) if table.name.startswith("person_norms")]
