"""What scores mean, from counts that stand here: which rows there are, what they say where there is nothing to say, and the
tables. Belongs here: small counts by hand. Does not belong here: the whole graph (tests/defs/test_meaning.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from meaning_study import OTHER_MEAN, OTHER_N, OTHER_SD, write_study
from scipy.stats import ttest_1samp, ttest_ind_from_stats

from dagster_project.audit import audit_results
from dagster_project.report.methods import methods
from dagster_project.results import (
    MartRow,
    ResultRow,
    Table,
    band_change_results,
    band_results,
    caseness_results,
    clinical_change_results,
    common_metric_results,
    norm_results,
    reliable_change_results,
    summary_results,
    supplementary_tables,
    table_summary,
)
from dagster_project.results.result_collector import Rows
from dagster_project.statistics import wilson
from dagster_project.study import Study, read_study
from dagster_project.study.norms import NormFile
from dagster_project.synthesis import Proposition, judge_claims

CASE = "at_least_10"
SMALL = Path(__file__).parents[1] / "small_study"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return read_study(write_study(tmp_path_factory.mktemp("made") / "meaning_study", []))


def _by_id(rows: Sequence[ResultRow]) -> dict[str, ResultRow]:
    results = {row.result_id: row for row in rows}
    assert len(results) == len(rows), "an id occurs twice"
    assert not [row.result_id for row in rows if row.value is None and not row.note]
    return results


def _score_counts(counts: Mapping[float, int], scale: str = "phq9_total", wave: str = "T1") -> list[MartRow]:
    return [{"scale": scale, "wave": wave, "score": score, "n": n} for score, n in counts.items()]


def _pairs(pairs: Sequence[tuple[float, float, int]], scale: str = "phq9_total") -> list[MartRow]:
    return [{"contrast": "T1-T2", "scale": scale, "baseline": p, "followup": q, "n": n} for p, q, n in pairs]


def _threshold(study: Study, value: float | None, note: str = "", scale: str = "phq9_total") -> dict[str, ResultRow]:
    rows = Rows("reliable_change", study)
    rows.add(scale, "threshold", value, 9, "as before", note=note, contrast="T1-T2")
    return _by_id(rows.rows)


def _clinical_change(
    study: Study, pairs: Sequence[tuple[float, float, int]], mean: float | None, sd: float | None, threshold: float | None,
    note: str = "",
) -> dict[str, ResultRow]:  # fmt: skip
    """Of the PHQ-9 in T1-T2. mean, sd: of everybody at T1, three people more than have both scores."""
    n = sum(count for _, _, count in pairs)
    change_moments = [{"contrast": "T1-T2", "scale": "phq9_total", "n": n}]
    scale_moments = [{"scale": "phq9_total", "wave": "T1", "n": n + 3, "mean": mean, "sd": sd}]
    thresholds = _threshold(study, threshold, note)
    return _by_id(clinical_change_results(_pairs(pairs), change_moments, scale_moments, thresholds, study))


def _values(results: Mapping[str, ResultRow], prefix: str) -> dict[str, float | None]:
    return {name.removeprefix(prefix): row.value for name, row in results.items() if name.startswith(prefix)}


def test_a_score_at_the_cut_off_is_a_case_and_half_a_point_less_is_none(study: Study) -> None:
    results = _by_id(caseness_results(_score_counts({9.5: 3, 10: 2, 27: 1}), study))
    low, high = wilson(3, 6)
    assert _values(results, f"caseness/phq9_total/{CASE}/T1/") == {
        "n": 6, "count": 3, "percent": 50, "ci95_low": 100 * low[0], "ci95_high": 100 * high[0],
    }  # fmt: skip
    row = results[f"caseness/phq9_total/{CASE}/T1/count"]
    assert row.method.startswith("people at 10 or more: major depression is likely (Kroenke K, ")
    assert (row.unit, row.n, row.role) == ("people", 6, "descriptive")
    # Of a cut-off from above: 50 itself is beyond it.
    who5 = _by_id(caseness_results(_score_counts({50: 1, 52: 4, 0: 2}, "who5_index"), study))
    assert _values(who5, "caseness/who5_index/at_most_50/T1/")["count"] == 3


def test_nobody_and_one_person(study: Study) -> None:
    results = _by_id(caseness_results(_score_counts({10: 1}), study))
    assert _values(results, f"caseness/phq9_total/{CASE}/T1/")["percent"] == 100
    nobody = results[f"caseness/phq9_total/{CASE}/T2/percent"]
    assert (nobody.value, nobody.note, nobody.printed) == (None, "nobody answered", "—")
    assert _values(results, f"caseness/phq9_total/{CASE}/T2/")["count"] == 0
    bands = _by_id(band_results(_score_counts({10: 1}), study))
    assert _values(bands, "bands/phq9_total/band_3/T1/") == {"count": 1, "percent": 100}
    assert bands["bands/phq9_total/T2/n"].value == 0
    assert bands["bands/phq9_total/band_3/T2/percent"].note == "nobody answered"


def test_every_person_is_in_one_range_and_a_range_ends_where_the_next_one_starts(study: Study) -> None:
    counts = {0: 1, 4.5: 2, 5: 4, 9: 8, 14.5: 16, 15: 32, 19: 64, 20: 128, 27: 256}
    results = _by_id(band_results(_score_counts(counts), study))
    found = [results[f"bands/phq9_total/band_{order}/T1/count"].value for order in range(1, 6)]
    assert found == [3, 12, 16, 96, 384]
    assert results["bands/phq9_total/T1/n"].value == sum(counts.values())
    method = results["bands/phq9_total/band_4/T1/count"].method
    assert method.startswith("people in the range moderately severe, 15 to below 20 (Kroenke K, ")
    # Means of six items, one of them missing: 4.3 is below 4.31, and 4.3333 above.
    halves = _by_id(band_results(_score_counts({2.5: 1, 3.0: 2, 4.3: 4, 13 / 3: 8}, "brs_mean"), study))
    assert [halves[f"bands/brs_mean/band_{order}/T1/count"].value for order in (1, 2, 3)] == [1, 6, 8]


def test_moves_between_ranges(study: Study) -> None:
    results = _by_id(band_change_results(_pairs([(12, 3, 2), (12, 12, 1), (4.5, 20, 5)]), study))
    values = _values(results, "band_change/phq9_total/")
    assert values["T1-T2/n"] == 8
    counts = {name: value for name, value in values.items() if name.endswith("T1-T2/count")}
    assert len(counts) == 25
    assert {name: value for name, value in counts.items() if value} == {
        "band_3_to_band_1/T1-T2/count": 2, "band_3_to_band_3/T1-T2/count": 1, "band_1_to_band_5/T1-T2/count": 5,
    }  # fmt: skip
    assert results["band_change/phq9_total/band_3_to_band_1/T1-T2/count"].method.startswith(
        "people in the range moderate, 10 to below 15 at T1 and minimal, 0 to below 5 at T2 (Kroenke K, "
    )
    assert values["T1-T3/n"] == 0


#: Pairs with a threshold of 5: 4 recovered; 1 better and still a case, 1 better and never one; 2 unchanged, one of them
#: across the cut-off; 8 worse.
_PAIRS = [(16, 9.5, 4), (27, 10, 1), (9, 2, 1), (10, 9.5, 1), (10, 10, 1), (3, 12, 8)]


def test_recovery_by_the_declared_cut_off_and_by_the_midpoint(study: Study) -> None:
    results = _clinical_change(study, _PAIRS, 12.9, 6.5, 5.0)
    declared = _values(results, f"clinical_change/phq9_total/{CASE}/T1-T2/")
    assert declared == {
        "n": 16, "cut_off": 10,
        "count_unwell": 7, "count_recovered": 4, "count_improved": 2, "count_unchanged": 2, "count_deteriorated": 8,
        "percent_unwell": 43.75, "percent_recovered": 25, "percent_improved": 12.5, "percent_unchanged": 12.5,
        "percent_deteriorated": 50,
    }  # fmt: skip
    # Norm 2.9 (3.5), people 12.9 (6.5): a tenth of the way is one point, 3.5 of ten.
    middle = _values(results, "clinical_change/phq9_total/norm/T1-T2/")
    midpoint = results["clinical_change/phq9_total/norm/T1/midpoint"]
    assert (midpoint.value, midpoint.n) == (pytest.approx(6.4), 19)
    assert [middle[f"count_{name}"] for name in ("unwell", "recovered", "improved", "unchanged", "deteriorated")] == [
        8, 1, 5, 2, 8,
    ]  # fmt: skip
    assert results[f"clinical_change/phq9_total/{CASE}/T1-T2/count_recovered"].method.startswith(
        "people who crossed the cut-off to the good side and improved reliably; declared cut-off, 10 or more: major depression"
    )
    assert midpoint.method == (
        "criterion c, the midpoint between everybody at T1 and the norm: Adults of the general population (A survey)"
    )


def _notes(results: Mapping[str, ResultRow], prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): row.note or ""
        for name, row in results.items()
        if name.startswith(prefix) and not row.value
    }


def test_what_lacks_for_recovery_is_said(study: Study) -> None:
    counts = [f"{unit}_{name}" for name in ("unwell", "recovered", "improved", "unchanged", "deteriorated")
              for unit in ("count", "percent")]  # fmt: skip
    results = _clinical_change(study, _PAIRS, 12.9, 6.5, None, "the reliability lies outside 0 to 1")
    prefix = f"clinical_change/phq9_total/{CASE}/T1-T2/"
    assert _notes(results, prefix) == dict.fromkeys(counts, "the reliability lies outside 0 to 1")
    assert results[f"{prefix}cut_off"].value == 10
    # Nobody has both scores.
    assert _notes(results, f"clinical_change/phq9_total/{CASE}/T1-T3/") == {
        "n": "",
        **dict.fromkeys(counts, "nobody has both scores"),
    }
    # People who are as well as the norm have nothing to cross.
    well = _clinical_change(study, _PAIRS, 2.9, 6.5, 5.0)
    words = "the people are on average as well as the norm at baseline, or better"
    assert _notes(well, "clinical_change/phq9_total/norm/T1-T2/") == dict.fromkeys(counts, words)
    assert well["clinical_change/phq9_total/norm/T1/midpoint"].note == words
    # One person has no SD.
    single = _clinical_change(study, [(16, 9, 1)], 16, None, None, "no SD at baseline")
    assert single["clinical_change/phq9_total/norm/T1/midpoint"].note == "no SD at baseline"


def test_whether_a_norm_is_of_healthy_people_is_asked_and_never_guessed(study: Study) -> None:
    def with_healthy(healthy: bool | None) -> dict[str, ResultRow]:
        samples = [sample.model_copy(update={"healthy": healthy}) for sample in study.norms.samples]
        changed = replace(study, norms=study.norms.model_copy(update={"samples": tuple(samples)}))
        results = _clinical_change(changed, _PAIRS, 12.9, 6.5, 5.0)
        return {name: row for name, row in results.items() if "phq9_total/norm" in name}

    assert with_healthy(False) == {}
    ((name, row),) = with_healthy(None).items()
    assert (name, row.value, row.note) == (
        "clinical_change/phq9_total/norm/T1/midpoint", None,
        "norms.yaml does not say whether sample general stands for people without the problem; add healthy: true or healthy:"
        " false to it",
    )  # fmt: skip
    assert len(with_healthy(True)) == 1 + 2 * 11


def test_where_people_beyond_the_cut_off_are_well_whoever_is_at_it_is_well(study: Study) -> None:
    instrument, scale = study.scales["phq9_total"]
    cut_off = scale.cut_offs[0].model_copy(update={"value": 9.0, "direction": "at_most"})
    good = scale.model_copy(update={"cut_offs": (cut_off,)})
    changed = replace(study, instruments=(instrument.model_copy(update={"scales": (good,)}), *study.instruments[1:]))
    results = _clinical_change(changed, [(16, 9, 2), (9, 3, 1)], 13, 4, 5.0)
    values = _values(results, "clinical_change/phq9_total/at_most_9/T1-T2/")
    assert (values["count_unwell"], values["count_recovered"], values["count_improved"]) == (2, 2, 1)


def test_a_composite_has_no_reliability_and_says_so() -> None:
    """The overall drive of the small study is the mean of two scales."""
    small = read_study(SMALL)
    norms = NormFile.model_validate(
        {
            "samples": [{"sample": "adults", "instrument": "drive", "population": "Adults", "source": "S", "healthy": True}],
            "norms": [{"scale": "drive_overall", "sample": "adults", "mean": 4, "sd": 1}],
        }
    )
    change_moments = [{"contrast": "T1-T2", "scale": "drive_overall", "n": 3}]
    scale_moments = [{"scale": "drive_overall", "wave": "T1", "n": 4, "mean": 2, "sd": 1}]
    results = _by_id(clinical_change_results([], change_moments, scale_moments, {}, replace(small, norms=norms)))
    assert results["clinical_change/drive_overall/norm/T1/midpoint"].value == 3
    assert results["clinical_change/drive_overall/norm/T1-T2/count_unwell"].note == (
        "no reliability: the score is made of other scales"
    )
    assert len(results) == 12


def test_means_in_percent_of_the_maximum_and_as_t_scores(study: Study) -> None:
    moments = [
        {"scale": scale, "wave": "T1", "n": 4, "mean": mean} for scale, mean in (("phq9_total", 6.4), ("brs_mean", 4))
    ]
    results = _by_id(common_metric_results(moments, study))
    phq9 = _values(results, "common_metric/phq9_total/T1/")
    assert phq9 == {"percent_of_maximum": pytest.approx(100 * 6.4 / 27), "t_score": pytest.approx(60)}
    assert results["common_metric/phq9_total/T1/percent_of_maximum"].method == (
        "mean on the scale from 0 (0 %) to 27 (100 %); low is good"
    )
    assert _values(results, "common_metric/brs_mean/T1/")["percent_of_maximum"] == 75
    assert results["common_metric/phq9_total/T2/t_score"].note == "nobody answered"
    assert "common_metric/who5_index/T1/t_score" not in results


def test_each_of_several_norms_names_itself_and_the_main_one_keeps_its_ids(study: Study) -> None:
    moments = [{"scale": "gad7_total", "wave": "T1", "n": 25, "mean": 9.0, "sd": 5.0}]
    rows = [*norm_results(moments, study), *summary_results(moments, [], [], study), *common_metric_results(moments, study)]
    results = _by_id(rows)
    main, other = "norm_difference/gad7_total/T1/", "norm_difference/gad7_total/general_gad7/T1/"
    assert _values(results, main).keys() == _values(results, other).keys()
    # Against 3 (3.4) of 5030 people; R: t.test from the moments of both.
    theirs = ttest_ind_from_stats(9, 5, 25, OTHER_MEAN, OTHER_SD, OTHER_N, equal_var=False)
    assert results[f"{other}t"].value == pytest.approx(theirs.statistic, rel=1e-12)
    assert results[f"{other}p"].value == pytest.approx(theirs.pvalue, rel=1e-9)
    assert results[f"{other}difference_sd"].value == pytest.approx(6 / 3.4)
    # Of the patients, 12 (4), nobody knows how many they are: a one-sample t test.
    theirs = ttest_1samp(9 + 5 * _standard(25), 12)
    assert results[f"{main}t"].value == pytest.approx(theirs.statistic, rel=1e-12)
    assert results[f"{main}df"].value == 24
    assert (results[f"{main}p"].method, results[f"{other}p"].method) == (
        "one-sample t test against the norm's mean; norm: People in treatment (A clinic), two-sided",
        "Welch's t test against the norm's mean, SD and n; norm: Adults in general (A third survey), two-sided",
    )
    assert results[f"{other}p"].category == "general_gad7" and results[f"{main}p"].category is None
    assert results["summary/gad7_total/T1/norm_distance"].value == -0.75
    assert results["summary/gad7_total/general_gad7/T1/norm_distance"].value == pytest.approx(6 / 3.4)
    assert results["common_metric/gad7_total/general_gad7/T1/t_score"].value == pytest.approx(50 + 60 / 3.4)
    assert results["norm/gad7_total/general_gad7/norm_mean"].value == OTHER_MEAN
    assert (results["norm/gad7/general_gad7/n"].value, results["norm/gad7/n"].value) == (OTHER_N, None)
    # Where an instrument has one sample, nothing is said that was not said before.
    assert results["norm_difference/phq9_total/T1/p"].method == "Welch's t test against the norm's mean, SD and n, two-sided"
    tables = {table.name: table for table in supplementary_tables(study, rows)}
    rows_of = {row.label: row for row in tables["norm_difference"].rows}
    assert rows_of["Anxiety (GAD-7), from Adults in general"].cells[0].text.startswith("1.76 [")
    note = "Where there are several norms, the main one: people in treatment (Anxiety (GAD-7))."
    assert tables["norm_difference"].notes[-1] == note
    labels = [row.label for row in tables["meaning_common_metrics"].rows]
    assert "Anxiety (GAD-7), T by Adults in general" in labels
    assert table_summary(study, rows).notes[-1] == note
    assert dict(methods(study, results))["Norms"].endswith(
        " Where an instrument has several norms, tables and sentences compare with the main one: Generalized Anxiety Disorder"
        " Scale (GAD-7) with people in treatment."
    )
    assert audit_results(rows, study) == []


def _standard(n: int) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """n numbers with mean 0 and SD 1."""
    values = np.arange(n) - (n - 1) / 2
    return values / values.std(ddof=1)


def test_a_proposition_may_name_the_norm_that_it_is_about(study: Study) -> None:
    moments = [{"scale": "gad7_total", "wave": "T1", "n": 25, "mean": 9.0, "sd": 5.0}]
    results = _by_id(norm_results(moments, study))

    def judged(**comparison: Any) -> list[tuple[str, str]]:
        condition = {"kind": "norm", "scales": ["gad7_total"], "waves": ["T1"], **comparison}
        claim = {"claim": "like_the_norm", "statement": "Like the norm.", "conditions": [condition]}
        proposition = Proposition.model_validate({"proposition": "anxiety", "statement": "Anxious.", "claims": [claim]})
        return [(entry.verdict, entry.cells[0].result_ids[0]) for entry in judge_claims(proposition, results, study)]

    assert judged(below=0.5) == [("supported", "norm_difference/gad7_total/T1/difference_sd")]
    other = "norm_difference/gad7_total/general_gad7/T1/difference_sd"
    assert judged(below=0.5, sample="general_gad7") == [("contradicted", other)]
    assert judged(above=1, sample="general_gad7") == [("supported", other)]
    assert judged(above=1, sample="patients") == [("contradicted", "norm_difference/gad7_total/T1/difference_sd")]


def test_improvement_by_the_least_change_that_matters_has_an_interval(study: Study) -> None:
    counts = [
        {"contrast": "T1-T2", "scale": "phq9_total", "change": change, "n": n} for change, n in ((-5, 3), (-4.5, 5), (5, 2))
    ]
    results = _by_id(reliable_change_results(counts, [], [], study))
    low, high = wilson(3, 10)
    assert _values(results, "reliable_change/phq9_total/T1-T2/percent_important_improved") == {
        "": 30, "_ci95_low": 100 * low[0], "_ci95_high": 100 * high[0],
    }  # fmt: skip


def _tables(study: Study, rows: Sequence[ResultRow]) -> dict[str, Table]:
    return {table.name: table for table in supplementary_tables(study, rows) if table.name.startswith("meaning_")}


def _all_rows(study: Study) -> list[ResultRow]:
    scores = _score_counts({9: 3, 10: 1})
    return [
        *caseness_results(scores, study), *band_results(scores, study), *band_change_results(_pairs(_PAIRS), study),
        *_clinical_change(study, _PAIRS, 12.9, 6.5, 5.0).values(),
        *common_metric_results([{"scale": "phq9_total", "wave": "T1", "n": 4, "mean": 6.4}], study),
    ]  # fmt: skip


def test_tables_show_what_the_instruments_declare(study: Study) -> None:
    tables = _tables(study, _all_rows(study))
    assert list(tables) == [
        "meaning_cut_offs", "meaning_bands", "meaning_band_changes", "meaning_clinical_change_T1-T2",
        "meaning_clinical_change_T1-T3", "meaning_common_metrics",
    ]  # fmt: skip

    def texts(name: str, label: str) -> list[str]:
        row = next(row for row in tables[name].rows if row.label == label)
        assert len(row.cells) == len(tables[name].columns)
        return [cell.text for cell in row.cells]

    assert texts("meaning_cut_offs", "10 or more: major depression is likely")[:4] == [
        "1 of 4",
        "25.0 [4.6, 69.9]",
        "0 of 0",
        "—",
    ]
    assert texts("meaning_bands", "mild, 5 to below 10") == ["3 (75.0 %)", "—", "—"]
    assert texts("meaning_band_changes", "minimal → moderate") == ["8", "0"]
    assert texts("meaning_clinical_change_T1-T2", "10 or more: major depression is likely") == [
        "10.00", "16", "7 (43.8 %)", "4 (25.0 %)", "2 (12.5 %)", "2 (12.5 %)", "8 (50.0 %)",
    ]  # fmt: skip
    assert texts("meaning_common_metrics", "Depression (PHQ-9) (low is good)") == ["23.7", "60.0", "—", "—", "—", "—"]
    for table in tables.values():
        assert not any(row.label.startswith("Perceived stress") for row in table.rows) or "metrics" in table.name


def test_where_nothing_is_declared_there_is_nothing(study: Study) -> None:
    """PSS-4 says nothing of its scores, and has no norm."""
    silent = [instrument for instrument in study.instruments if instrument.instrument == "pss4"]
    protocol = study.protocol.model_copy(update={"outcomes": ("pss4_total",)})
    plain = replace(study, instruments=tuple(silent), norms=NormFile(), protocol=protocol)
    rows = _all_rows(plain)
    assert {row.analysis for row in rows} == {"common_metric"}
    assert {row.statistic for row in rows} == {"percent_of_maximum"}
    (table,) = _tables(plain, rows).values()
    assert [column.full_name for column in table.columns] == [f"{wave} % of maximum" for wave in ("T1", "T2", "T3")]
    text = dict(methods(plain, _by_id(rows)))["Analysis"]
    assert text.endswith("Means are also given in percent of the maximum possible.")
    assert "Jacobson" not in text and "cut-off" not in text


def test_the_methods_section_says_what_was_counted(study: Study) -> None:
    text = dict(methods(study, _by_id(_all_rows(study))))["Analysis"]
    assert (
        "People at or beyond the instruments' cut-offs are counted in each wave, with Wilson's intervals. People are counted in"
        " the named ranges of a score in each wave, and from range to range in each contrast. Clinically significant change"
        " follows Jacobson and Truax: people recovered who improved reliably and crossed the instrument's cut-off or, apart,"
        " criterion c, the midpoint between the people at baseline and the norm, weighted by both SDs. The share of people who"
        " improved by the minimal important change has Wilson's interval. Means are also given in percent of the maximum"
        " possible, and as T scores (norm: mean 50, SD 10)."
    ) in text
