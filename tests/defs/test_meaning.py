"""What scores mean, through the whole graph, beside plain Python on the answers that were written: PHQ-9, GAD-7, WHO-5 and BRS of
the library, three waves, two contrasts of opposite directions."""

import itertools
import math
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from meaning_study import (
    DURATIONS,
    ITEMS,
    LABELS,
    NORM_MEAN,
    NORM_SD,
    OTHER_MEAN,
    OTHER_N,
    OTHER_SD,
    REVERSED,
    UNREADABLE_TIMES,
    WAVES,
    MadePerson,
    careless_sheets,
    made_people,
    write_study,
)
from recompute import recompute
from released_tables import released_tables
from scipy.stats import ttest_ind_from_stats

from dagster_project.models.rejected import no_rejected_answers
from dagster_project.results import statistic_of
from dagster_project.statistics import ordinal_reliability, wilson
from dagster_project.study import read_study
from dagster_project.warehouse import Connection, Warehouse

pytestmark = pytest.mark.slow
#: Contrast to its baseline and follow-up.
CONTRASTS = {"T1-T2": ("T1", "T2"), "T1-T3": ("T1", "T3")}
BANDS = {"phq9_total": (0, 5, 10, 15, 20), "gad7_total": (0, 5, 10, 15), "brs_mean": (1, 3, 4.31)}
#: Scale to its cut-off: code, and whether a score is beyond it.
CUT_OFFS = {"phq9_total": ("at_least_10", 10), "gad7_total": ("at_least_10", 10), "who5_index": ("at_most_50", 50)}
HIGH_IS_GOOD = {"who5_index", "brs_mean"}
IMPORTANT = {"phq9_total": 5, "gad7_total": 4, "who5_index": 10}
RANGES = {"phq9_total": (0, 27), "gad7_total": (0, 21), "who5_index": (0, 100), "brs_mean": (1, 5), "pss4_total": (0, 16)}
Scores = Mapping[str, Mapping[str, Mapping[str, Fraction]]]


def _score(scale: str, instrument: str, answers: list[int | None]) -> Fraction | None:
    """By the sources: sums of all items, four times that for the WHO-5, the mean of those answered for the BRS."""
    _, low, high = ITEMS[instrument]
    keyed = [
        low + high - answer if position in REVERSED.get(instrument, ()) else answer
        for position, answer in enumerate(answers, start=1)
        if answer is not None
    ]
    if scale == "brs_mean":
        return Fraction(sum(keyed), len(keyed))
    factor = 4 if scale == "who5_index" else 1
    return Fraction(factor * sum(keyed)) if len(keyed) == len(answers) else None


@pytest.fixture(scope="module")
def meaning_run(tmp_path_factory: pytest.TempPathFactory, workspace_at: Any) -> tuple[Any, list[MadePerson]]:
    from conftest import run_all

    folder, people = tmp_path_factory.mktemp("meaning"), made_people()
    workspace = workspace_at(folder, write_study(folder / "made" / "meaning_study", people))
    run = run_all(workspace)
    assert run.success, (run.failures, run.checks)
    return workspace, people


@pytest.fixture(scope="module")
def tables(meaning_run: tuple[Any, list[MadePerson]]) -> Connection:
    return released_tables(meaning_run[0].release / "warehouse.duckdb")


@pytest.fixture(scope="module")
def results(meaning_run: tuple[Any, list[MadePerson]]) -> dict[str, dict[str, Any]]:
    rows = meaning_run[0].released("select * from results.results")
    return {row["result_id"]: row for row in rows}


@pytest.fixture(scope="module")
def scores(meaning_run: tuple[Any, list[MadePerson]]) -> Scores:
    """Scale to person to wave to score."""
    scales = dict(zip(RANGES, ITEMS, strict=False))
    found: dict[str, dict[str, dict[str, Fraction]]] = {scale: {} for scale in scales}
    for scale, instrument in scales.items():
        for person in meaning_run[1]:
            waves = {wave: _score(scale, instrument, answers[instrument]) for wave, answers in person.answers.items()}
            found[scale][person.code] = {wave: score for wave, score in waves.items() if score is not None}
    return found


def _in_wave(scores: Scores, scale: str, wave: str) -> list[Fraction]:
    return [of[wave] for of in scores[scale].values() if wave in of]


def _pairs(scores: Scores, scale: str, contrast: str) -> list[tuple[Fraction, Fraction]]:
    first, second = CONTRASTS[contrast]
    return [(of[first], of[second]) for of in scores[scale].values() if first in of and second in of]


def _expect(results: Mapping[str, Mapping[str, Any]], result_id: str, value: float, n: int) -> None:
    row = results[result_id]
    assert (row["value"], row["n"]) == (pytest.approx(value, rel=1e-9), n), result_id


def _band(scale: str, score: Fraction) -> int:
    return sum(score >= Fraction(str(start)) for start in BANDS[scale])


def test_cut_offs_and_ranges_by_wave(results: dict[str, dict[str, Any]], scores: Scores) -> None:
    halves = {score for score in _in_wave(scores, "brs_mean", "T1") if score.denominator > 1}
    assert halves, "a mean that is not whole"
    for scale, (category, cut_off) in CUT_OFFS.items():
        for wave in WAVES:
            values = _in_wave(scores, scale, wave)
            n, count = len(values), sum(score <= cut_off if "most" in category else score >= cut_off for score in values)
            assert cut_off in values or wave != "T1" or scale == "who5_index"
            low, high = wilson(count, n)
            prefix = f"caseness/{scale}/{category}/{wave}"
            for name, value in (
                ("n", n), ("count", count), ("percent", 100 * count / n), ("ci95_low", 100 * low[0]), ("ci95_high", 100 * high[0]),
            ):  # fmt: skip
                _expect(results, f"{prefix}/{name}", value, n)
    for scale, starts in BANDS.items():
        for wave in WAVES:
            values = _in_wave(scores, scale, wave)
            people = Counter(_band(scale, score) for score in values)
            _expect(results, f"bands/{scale}/{wave}/n", len(values), len(values))
            for order in range(1, len(starts) + 1):
                _expect(results, f"bands/{scale}/band_{order}/{wave}/count", people[order], len(values))
                percent = 100 * people[order] / len(values)
                _expect(results, f"bands/{scale}/band_{order}/{wave}/percent", percent, len(values))
    assert len([name for name in results if name.startswith("caseness/")]) == 3 * 3 * 5
    assert len([name for name in results if name.startswith("bands/")]) == 3 * (12 * 2 + 3)


def test_moves_between_ranges(results: dict[str, dict[str, Any]], scores: Scores) -> None:
    for scale, starts in BANDS.items():
        for contrast in CONTRASTS:
            pairs = _pairs(scores, scale, contrast)
            moves = Counter((_band(scale, first), _band(scale, second)) for first, second in pairs)
            _expect(results, f"band_change/{scale}/{contrast}/n", len(pairs), len(pairs))
            orders = range(1, len(starts) + 1)
            for first in orders:
                for second in orders:
                    name = f"band_change/{scale}/band_{first}_to_band_{second}/{contrast}/count"
                    _expect(results, name, moves[first, second], len(pairs))


def _alpha(people: list[MadePerson], instrument: str, wave: str) -> float:
    rows = [
        [answer for answer in person.answers[wave][instrument] if answer is not None]
        for person in people
        if wave in person.answers
    ]
    count = ITEMS[instrument][0]
    rows = [row for row in rows if len(row) == count]
    item_variances = sum(statistics.variance(column) for column in zip(*rows, strict=True))
    return count / (count - 1) * (1 - item_variances / statistics.variance(map(sum, rows)))


def _class(first: Fraction, second: Fraction, cut_off: float, threshold: float, *, is_high_good: bool) -> Iterator[str]:
    """What becomes of somebody whose score at the cut-off counts as unwell."""
    sign = 1 if is_high_good else -1
    was_well, is_well = (float(score) * sign > cut_off * sign for score in (first, second))
    gain = float(second - first) * sign
    if not was_well:
        yield "unwell"
    if gain > threshold:
        yield "recovered" if is_well and not was_well else "improved"
    else:
        yield "deteriorated" if gain < -threshold else "unchanged"


def test_clinically_significant_change(
    results: dict[str, dict[str, Any]], scores: Scores, meaning_run: tuple[Any, list[MadePerson]]
) -> None:
    everybody = [float(score) for score in _in_wave(scores, "phq9_total", "T1")]
    mean, sd = statistics.mean(everybody), statistics.stdev(everybody)
    midpoint = (NORM_SD * mean + sd * NORM_MEAN) / (NORM_SD + sd)
    _expect(results, "clinical_change/phq9_total/norm/T1/midpoint", midpoint, len(everybody))
    anxious = [float(score) for score in _in_wave(scores, "gad7_total", "T1")]
    other = (OTHER_SD * statistics.mean(anxious) + statistics.stdev(anxious) * OTHER_MEAN) / (
        OTHER_SD + statistics.stdev(anxious)
    )
    _expect(results, "clinical_change/gad7_total/norm-general_gad7/T1/midpoint", other, len(anxious))
    criteria = [(scale, *cut_off) for scale, cut_off in CUT_OFFS.items()]
    criteria += [("phq9_total", "norm", midpoint), ("gad7_total", "norm-general_gad7", other)]
    for scale, category, cut_off in criteria:
        for contrast in CONTRASTS:
            pairs = _pairs(scores, scale, contrast)
            alpha = _alpha(meaning_run[1], scale.split("_")[0], "T1")
            threshold = 1.96 * statistics.stdev(float(first) for first, _ in pairs) * math.sqrt(2 * (1 - alpha))
            _expect(results, f"reliable_change/{scale}/{contrast}/threshold", threshold, len(pairs))
            people = Counter(
                word
                for first, second in pairs
                for word in _class(first, second, cut_off, threshold, is_high_good=scale in HIGH_IS_GOOD)
            )
            assert people["recovered"] > 0 and people["improved"] > 0 and people["unchanged"] > 0
            prefix = f"clinical_change/{scale}/{category}/{contrast}"
            for name in ("unwell", "recovered", "improved", "unchanged", "deteriorated"):
                _expect(results, f"{prefix}/count_{name}", people[name], len(pairs))
                _expect(results, f"{prefix}/percent_{name}", 100 * people[name] / len(pairs), len(pairs))
            reliable = results[f"reliable_change/{scale}/{contrast}/count_improved"]["value"]
            assert people["recovered"] + people["improved"] == reliable
    note = results["clinical_change/gad7_total/norm/T1/midpoint"]["note"]
    assert note.startswith("norms.yaml does not say whether sample patients stands for people without the problem")
    assert not any(name.startswith("clinical_change/gad7_total/norm/T1-") for name in results)
    assert results["clinical_change/brs_mean/norm/T1-T2/count_recovered"]["note"] == (
        "the people are on average as well as the norm at baseline, or better"
    )


def test_important_change_and_common_metrics(results: dict[str, dict[str, Any]], scores: Scores) -> None:
    for scale, least in IMPORTANT.items():
        sign = 1 if scale in HIGH_IS_GOOD else -1
        for contrast in CONTRASTS:
            pairs = _pairs(scores, scale, contrast)
            count = sum((second - first) * sign >= least for first, second in pairs)
            low, high = wilson(count, len(pairs))
            prefix = f"reliable_change/{scale}/{contrast}/percent_important_improved"
            for name, value in (("", 100 * count / len(pairs)), ("_ci95_low", 100 * low[0]), ("_ci95_high", 100 * high[0])):
                _expect(results, prefix + name, value, len(pairs))
    for scale, (low_end, high_end) in RANGES.items():
        for wave in WAVES:
            values = _in_wave(scores, scale, wave)
            mean = float(sum(values) / len(values))
            percent = 100 * (mean - low_end) / (high_end - low_end)
            _expect(results, f"common_metric/{scale}/{wave}/percent_of_maximum", percent, len(values))
            if scale == "gad7_total":
                other = ttest_ind_from_stats(
                    mean, statistics.stdev(map(float, values)), len(values), OTHER_MEAN, OTHER_SD, OTHER_N, equal_var=False
                )
                _expect(results, f"norm_difference/{scale}/general_gad7/{wave}/t", other.statistic, len(values))
                _expect(results, f"norm_difference/{scale}/general_gad7/{wave}/p", other.pvalue, len(values))
                distance = (mean - OTHER_MEAN) / OTHER_SD
                _expect(results, f"summary/{scale}/general_gad7/{wave}/norm_distance", distance, len(values))
                t_score = 50 + 10 * distance
                _expect(results, f"common_metric/{scale}/general_gad7/{wave}/t_score", t_score, len(values))
                _expect(results, f"norm_difference/{scale}/{wave}/difference", mean - 12, len(values))
            if scale == "phq9_total":
                _expect(
                    results, f"common_metric/{scale}/{wave}/t_score", 50 + 10 * (mean - NORM_MEAN) / NORM_SD, len(values)
                )


def test_a_trace_counts_the_same_people_and_names_what_the_number_is_made_of(
    results: dict[str, dict[str, Any]], meaning_run: tuple[Any, list[MadePerson]], tables: Connection
) -> None:
    workspace, people = meaning_run
    analyses = ("caseness", "bands", "band_change", "clinical_change", "common_metric")
    chosen = {}
    for row in results.values():
        if row["analysis"] in analyses:
            chosen.setdefault((row["analysis"], row["statistic"]), row)
    assert len(chosen) == 25
    for row in chosen.values():
        traced = tables.execute("select is_counted from trace(?) where part = 'person'", [row["result_id"]]).fetchall()
        assert len(traced) == len(people)
        assert sum(is_counted for (is_counted,) in traced) == row["n"], row["result_id"]

    def made_of(result_id: str) -> set[str]:
        rows = workspace.released(f"select result_id from trace('{result_id}') where part = 'made of'")
        return {row["result_id"] for row in rows}

    threshold = "reliable_change/phq9_total/T1-T3/threshold"
    prefix = "clinical_change/phq9_total"
    assert made_of(f"{prefix}/at_least_10/T1-T3/count_recovered") == {threshold, f"{prefix}/at_least_10/T1-T3/cut_off"}
    assert made_of(f"{prefix}/norm/T1-T3/percent_recovered") == {threshold, f"{prefix}/norm/T1/midpoint"}
    assert made_of(f"{prefix}/norm/T1-T3/count_unwell") == {f"{prefix}/norm/T1/midpoint"}
    assert made_of(f"{prefix}/norm/T1/midpoint") == made_of("common_metric/phq9_total/T1/t_score") == {
        "norm/phq9_total/norm_mean", "norm/phq9_total/norm_sd", "norm/phq9/n",
    }  # fmt: skip
    # Of several norms each is traced to its own.
    other = {"norm/gad7_total/general_gad7/norm_mean", "norm/gad7_total/general_gad7/norm_sd", "norm/gad7/general_gad7/n"}
    assert made_of("norm_difference/gad7_total/general_gad7/T1/t") == other
    assert made_of("clinical_change/gad7_total/norm-general_gad7/T1/midpoint") == other
    assert made_of("norm_difference/gad7_total/T1/t") == made_of("clinical_change/gad7_total/norm/T1/midpoint") == {
        "norm/gad7_total/norm_mean", "norm/gad7_total/norm_sd", "norm/gad7/n",
    }  # fmt: skip
    assert made_of("clinical_change/gad7_total/norm-general_gad7/T1-T2/count_unwell") == {
        "clinical_change/gad7_total/norm-general_gad7/T1/midpoint"
    }
    # The people of a trace and their values are enough to count again.
    counted = workspace.released(
        "select value from trace('caseness/phq9_total/at_least_10/T1/count') where part = 'person' and is_counted"
    )
    assert sum(row["value"] >= 10 for row in counted) == results["caseness/phq9_total/at_least_10/T1/count"]["value"]
    for row in results.values():
        assert statistic_of(row["analysis"], row["statistic"]).formula, row["result_id"]


def test_the_release_has_the_tables_and_the_codebook_their_categories(
    results: dict[str, dict[str, Any]], meaning_run: tuple[Any, list[MadePerson]]
) -> None:
    workspace, _ = meaning_run
    files = {file.name.split("_", 2)[2] for file in (workspace.release / "tables").glob("table_S*_meaning_*.csv")}
    assert files == {
        "meaning_cut_offs.csv", "meaning_bands.csv", "meaning_band_changes.csv", "meaning_clinical_change_T1-T2.csv",
        "meaning_clinical_change_T1-T3.csv", "meaning_responders.csv", "meaning_common_metrics.csv",
    }  # fmt: skip
    joined = workspace.released(
        "select distinct cut_offs.meaning from results.results as results inner join codebook.scale_cut_offs as cut_offs"
        " on results.outcome = cut_offs.scale and results.category = cut_offs.category where results.analysis = 'caseness'"
    )
    assert {row["meaning"] for row in joined} == {
        "major depression is likely", "generalized anxiety disorder is likely", "screens positive for depression",
    }  # fmt: skip
    labels = workspace.released(
        "select bands.label from results.results as results inner join codebook.scale_bands as bands"
        " on results.outcome = bands.scale and results.category = bands.band"
        " where results.result_id = 'bands/phq9_total/band_4/T1/count'"
    )
    assert [row["label"] for row in labels] == ["moderately severe"]
    norms = workspace.released("select scale, is_healthy, is_main from codebook.norms order by scale, is_main desc")
    assert [(row["scale"], row["is_healthy"], row["is_main"]) for row in norms] == [
        ("brs_mean", True, True), ("gad7_total", None, True), ("gad7_total", True, False), ("phq9_total", True, True),
    ]  # fmt: skip
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    assert "Clinically significant change, T2 minus T1" in page
    assert "generalized anxiety disorder is likely" in page
    assert "from Adults in general" in page and "Midpoint between people and norm: Adults in general" in page


def test_items_of_the_study_itself_are_shown_by_label_and_nobody_else_s_are(
    results: dict[str, dict[str, Any]], meaning_run: tuple[Any, list[MadePerson]]
) -> None:
    workspace, _ = meaning_run
    labels = workspace.released("select item, label from codebook.items where label is not null order by item")
    assert {row["item"]: row["label"] for row in labels} == {f"habits_{at:02d}": label for at, label in LABELS.items()}
    traced = workspace.released("from trace('items/habits_01/T1/n') where part = 'answer'")
    assert {row["item_label"] for row in traced} == {LABELS[1]} and len(traced) == 60
    of_owner = workspace.released("from trace('items/phq9_01/T1/n') where part = 'answer'")
    assert {row["item_label"] for row in of_owner} == {None}
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    assert "habits_01: &lt;b&gt;Sleeps&lt;/b&gt; &amp; eats" in page
    assert "<b>Sleeps" not in page
    (file,) = (workspace.release / "tables").glob("table_F*_items_habits.csv")
    table = file.read_text(encoding="utf-8")
    assert "habits_03: =SUM(A1)" in table and "habits_04," in table
    (drawing,) = (workspace.release / "figures").glob("*_items_habits.svg")
    assert "Items appear by code alone" not in page.split("Answers to each item: Habits of the week")[1]
    assert drawing.stat().st_size > 1000
    codebook = (workspace.release / "codebook.html").read_text(encoding="utf-8")
    assert "Says &#34;no&#34; \\ often" in codebook


def _longest_run(answers: list[int | None]) -> int:
    return max(len(list(run)) for answer, run in itertools.groupby(answers) if answer is not None)


#: Of each block: how many identical answers mark a sheet, half of the items. WHO-5 and PSS-4 have too few of them.
LEAST_RUN = {"phq9": 5, "gad7": 4, "brs": 3, "habits": 5}


def test_sheets_with_signs_of_careless_answers_are_counted_and_nobody_is_excluded(
    results: dict[str, dict[str, Any]], meaning_run: tuple[Any, list[MadePerson]], tables: Connection
) -> None:
    workspace, people = meaning_run
    sheets = careless_sheets()
    # R's rle() and sd(), person by person.
    for sign, of_r in (("long_string", "longest_run"), ("low_variation", "sd")):
        rows = workspace.released(
            "select signs.value, signs.is_judged from marts.careless_signs as signs inner join marts.participants as people"
            " on signs.participant_id = people.participant_id where signs.block = 'habits' and signs.wave = 'T1'"
            f" and signs.sign = '{sign}' order by people.source_row"
        )
        assert len(rows) == len(people)
        for row, sheet in zip(rows[: len(sheets)], sheets, strict=True):
            assert row["is_judged"] == (sheet.n_answers >= 6)
            assert row["value"] == pytest.approx(getattr(sheet, of_r), rel=1e-9)
    # Every block and wave, by plain Python.
    for wave in WAVES:
        marks: dict[str, Counter[str]] = {}
        for person in people:
            for block, run in LEAST_RUN.items():
                answers = person.answers.get(wave, {}).get(block, [])
                given = [answer for answer in answers if answer is not None]
                if len(given) < 6:
                    continue
                signs = marks.setdefault(person.code, Counter())
                for sign, is_marked in (
                    ("long_string", _longest_run(answers) >= run), ("low_variation", statistics.stdev(given) <= 0.5),
                ):  # fmt: skip
                    signs[f"{block}/{sign}/n"] += 1
                    signs[f"{block}/{sign}/count"] += is_marked
                    signs[f"any_block/{sign}/count"] |= is_marked
                    signs["any_block/any_sign/count"] |= is_marked
        n_judged = len(marks)
        for person in people:
            answered = _answered(person, wave)
            if answered and (seconds := person.seconds(wave)) is not None:
                marks.setdefault(person.code, Counter())["any_block/any_sign/count"] |= seconds / answered < 2.5
        totals = Counter[str]()
        for signs in marks.values():
            totals.update(signs)
        for block, sign in (
            *itertools.product((*LEAST_RUN, "any_block"), ("long_string", "low_variation")),
            ("any_block", "any_sign"),
        ):
            n = len(marks) if sign == "any_sign" else n_judged if block == "any_block" else totals[f"{block}/{sign}/n"]
            count = totals[f"{block}/{sign}/count"]
            low, high = wilson(count, n)
            for name, value in (
                ("n", n), ("count", count), ("percent", 100 * count / n), ("ci95_low", 100 * low[0]), ("ci95_high", 100 * high[0]),
            ):  # fmt: skip
                _expect(results, f"careless/{block}/{sign}/{wave}/{name}", value, n)
            traced = tables.execute(
                "select text from trace(?) where part = 'person' and is_counted", [f"careless/{block}/{sign}/{wave}/count"]
            ).fetchall()
            assert (len(traced), sum("marked" in (text or "") for (text,) in traced)) == (n, count)
        assert len(marks) > totals["habits/low_variation/count"] > 0 and len(marks) > totals["habits/long_string/count"] > 0
    assert len([name for name in results if name.startswith("careless/")]) == 3 * 5 * (4 * 2 + 3) + 2 * 7
    # Whoever is marked counts everywhere all the same.
    assert results["summary/habits_total/T1/n"]["value"] > sum(sheet.longest_run < 5 for sheet in sheets)
    cells = workspace.released("from trace('careless/habits/long_string/T1/count') where part = 'answer'")
    assert len(cells) == 10 * len(people) and {cell["source_column"] for cell in cells} == {
        f"habits_{at}" for at in range(1, 11)
    }
    assert not workspace.released("from trace('careless/habits/long_string/T1/count') where part in ('scale', 'score')")
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    assert "A run of at least 5 identical answers to its 10 items" in page
    assert "An SD of at most 0.5 within its answers, none of them reversed" in page
    assert "identical answers to its 10 items or by an SD of at most 0.5 within its answers" in page
    assert "nobody was excluded because of them" in page
    assert "(marked)" in page


def _answered(person: MadePerson, wave: str) -> int:
    return sum(answer is not None for answers in person.answers.get(wave, {}).values() for answer in answers)


def test_sheets_that_took_little_time_are_counted_where_the_time_is_known(
    results: dict[str, dict[str, Any]], meaning_run: tuple[Any, list[MadePerson]], tables: Connection
) -> None:
    workspace, people = meaning_run
    for wave in DURATIONS:
        returned = [person for person in people if _answered(person, wave)]
        rates = [seconds / _answered(person, wave) for person in returned if (seconds := person.seconds(wave)) is not None]
        prefix, n, count = f"careless/whole_sheet/short_time/{wave}", len(rates), sum(rate < 2.5 for rate in rates)
        assert 0 < count < n < len(returned)
        low, high = wilson(count, n)
        for name, value in (
            ("n", n), ("count", count), ("percent", 100 * count / n), ("ci95_low", 100 * low[0]), ("ci95_high", 100 * high[0]),
            ("median", statistics.median(rates)), ("n_no_duration", len(returned) - n),
        ):  # fmt: skip
            _expect(results, f"{prefix}/{name}", value, n)
        traced = tables.execute(
            "select is_counted, text from trace(?) where part = 'person'", [f"{prefix}/count"]
        ).fetchall()
        assert len(traced) == len(people) and sum(is_counted for is_counted, _ in traced) == n
        assert sum("(marked)" in (text or "") for _, text in traced) == count
        reasons = workspace.released(
            f"select reason, count(*) as n from marts.careless_signs where sign = 'short_time' and wave = '{wave}' group by all"
        )
        assert {row["reason"]: row["n"] for row in reasons}["no_duration"] == len(returned) - n
    # A wave whose export does not say it has no such numbers.
    assert not [name for name in results if name.startswith("careless/whole_sheet") and "/T3/" in name]
    cells = workspace.released("from trace('careless/whole_sheet/short_time/T1/count') where part = 'answer'")
    assert len(cells) == sum(count for count, _, _ in ITEMS.values()) * len(people)
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    assert "Less than 2.5 seconds per answered item, of the whole sheet" in page
    assert "Median of seconds per answered item" in page and "Returned sheets without a known time, not judged" in page
    assert "Sheets whose time the exports tell (T1, T2) were marked by less than 2.5 seconds per answered item" in page


def test_a_time_that_cannot_be_read_is_rejected_by_its_cell(meaning_run: tuple[Any, list[MadePerson]]) -> None:
    workspace, people = meaning_run
    rejected = workspace.working("select wave, source_row, item, answer_text from staging.rejected_answers order by 1, 2")
    rows = {
        (wave, number): 2 + [person.code for person in people if wave in person.answers].index(f"P{number:02d}")
        for wave, number in UNREADABLE_TIMES
        if wave in people[number].answers
    }
    assert [(row["wave"], row["source_row"], row["item"], row["answer_text"]) for row in rejected] == [
        (wave, row, "duration", UNREADABLE_TIMES[wave, number]) for (wave, number), row in rows.items()
    ]
    check = no_rejected_answers(Warehouse(workspace.settings.warehouse_file), read_study(workspace.study_folder))
    assert not check.passed and check.is_warning
    assert check.message.startswith(
        f"t1.csv row {rows['T1', 4]}, column interviewtime (duration): '-31' is no length of time in seconds, 0 or more; correct"
        " the cell, or unit under duration of the export"
    )
    assert (
        f"t2.csv row {rows['T2', 5]}, column Time taken (duration): '0:61:00' is no length of time written"
        " hours:minutes:seconds; correct the cell, or unit under duration of the export"
    ) in check.message


def test_ordinal_reliability_is_of_the_keyed_answers_of_whoever_answered_all_items(
    results: dict[str, dict[str, Any]], meaning_run: tuple[Any, list[MadePerson]]
) -> None:
    workspace, people = meaning_run
    for instrument in ("pss4", "habits"):
        count, low, high = ITEMS[instrument]
        for wave in WAVES:
            rows = [
                [
                    low + high - answer if position in REVERSED[instrument] else answer
                    for position, answer in enumerate(row, 1)
                ]
                for person in people
                for row in ([tick for tick in person.answers.get(wave, {}).get(instrument, []) if tick is not None],)
                if len(row) == count
            ]
            tables = [[np.zeros((high + 1, high + 1)) for _ in range(first + 1, count)] for first in range(count - 1)]
            for row in rows:
                for first, second in itertools.combinations(range(count), 2):
                    tables[first][second - first - 1][row[first], row[second]] += 1
            expected = ordinal_reliability(tables, len(rows))
            prefix = f"measurement/{instrument}_total/{wave}"
            for name, value, reason in (
                ("ordinal_alpha", expected.alpha, expected.alpha_reason), ("ordinal_omega", expected.omega, expected.omega_reason),
            ):  # fmt: skip
                result = results[f"{prefix}/{name}"]
                assert result["n"] == len(rows) == results[f"{prefix}/n"]["n"]
                if reason:
                    assert (result["value"], result["note"]) == (None, reason)
                else:
                    assert result["value"] == pytest.approx(value, rel=1e-9)
    assert results["measurement/pss4_total/T1/ordinal_alpha"]["value"] > 0.5
    assert len([name for name in results if "/ordinal_" in name]) == 2 * 2 * 3
    traced = workspace.released("from trace('measurement/pss4_total/T1/ordinal_alpha') where part = 'person' and is_counted")
    assert len(traced) == results["measurement/pss4_total/T1/n"]["value"]
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    assert "Of Perceived stress (PSS-4) and Habits both are also given of polychoric correlations" in page
    assert "ordinal alpha" in page


def test_the_release_recomputes_from_its_answers(meaning_run: tuple[Any, list[MadePerson]]) -> None:
    report = recompute(meaning_run[0].release / "warehouse.duckdb")
    assert [str(difference) for difference in report.differences] == []
    assert not any(name.startswith(("careless", "norm_difference", "summary")) for name in report.uncovered)
