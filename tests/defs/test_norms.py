"""Norms by age and sex, and percentiles, through the whole graph, beside plain Python on the answers that were written."""

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
import pytest
from norm_study import FREQUENCIES, SLEEP_MEAN, SLEEP_SD, SLEEP_TABLE, STRATA, WAVES, MadePerson, made_people, write_study
from recompute import recompute
from scipy import stats

from dagster_project.statistics import wilson

pytestmark = pytest.mark.slow
SEXES = {"woman": "f", "man": "m", "another": "other"}
ANALYSES = ("norm_strata", "norm_scores", "norm_limits", "percentiles", "percentile_limits")
#: A person's score and what it is compared with in a wave: stratum, or why there is none.
Compared = dict[str, tuple[int, str | None, str | None]]


@pytest.fixture(scope="module")
def norm_run(tmp_path_factory: pytest.TempPathFactory, workspace_at: Any) -> tuple[Any, list[MadePerson]]:
    from conftest import run_all

    folder, people = tmp_path_factory.mktemp("norms"), made_people()
    workspace = workspace_at(folder, write_study(folder / "made" / "norm_study", people))
    run = run_all(workspace)
    assert run.success, (run.failures, run.checks)
    return workspace, people


@pytest.fixture(scope="module")
def results(norm_run: tuple[Any, list[MadePerson]]) -> dict[str, dict[str, Any]]:
    rows = norm_run[0].released("select * from results.results")
    return {row["result_id"]: row for row in rows}


def _score(person: MadePerson, wave: str, scale: str) -> int | None:
    if wave not in person.sheets:
        return None
    answers = person.sheets[wave][1][:4] if scale == "mood_total" else person.sheets[wave][1][4:]
    return None if "" in answers else sum(map(int, answers))


def _age(person: MadePerson, wave: str) -> float | None:
    """The listed age and the years since the person's own first answer."""
    days = [person.sheets[of_wave][0] for of_wave in ("T1", wave) if of_wave in person.sheets]
    if not person.age or len(days) < 2 or not all(days):
        return None
    passed = (date.fromisoformat(days[1]) - date.fromisoformat(days[0])).days
    return float(person.age) + passed / 365.25


def _by_age_and_sex(people: list[MadePerson], wave: str) -> Compared:
    compared: Compared = {}
    for person in people:
        score = _score(person, wave, "mood_total")
        if score is None:
            continue
        sex, age = SEXES.get(person.sex), _age(person, wave)
        if sex is None or age is None:
            compared[person.code] = score, None, "unknown"
            continue
        strata = [
            code
            for code, (of_sex, low, high, _, _) in STRATA.items()
            if of_sex == sex and low <= age and (high is None or age < high)
        ]
        compared[person.code] = score, strata[0] if strata else None, None if strata else "uncovered"
    return compared


def _expect(results: Mapping[str, Mapping[str, Any]], result_id: str, value: float, n: int) -> None:
    row = results[result_id]
    assert (row["value"], row["n"]) == (pytest.approx(value, rel=1e-9, abs=1e-9), n), result_id


def _expect_share(results: Mapping[str, Mapping[str, Any]], prefix: str, count: int, n: int) -> None:
    low, high = wilson(count, n)
    ends = (("ci95_low", 100 * low[0]), ("ci95_high", 100 * high[0]))
    for name, value in (("n", n), ("count", count), ("percent", 100 * count / n), *ends):
        _expect(results, f"{prefix}/{name}", value, n)


def _t_scores(compared: Compared) -> list[float]:
    return [
        50 + 10 * (score - STRATA[code][3]) / STRATA[code][4] for score, code, _ in compared.values() if code is not None
    ]


@pytest.mark.parametrize("wave", WAVES)
def test_t_scores_are_those_of_the_persons_own_stratum(
    results: dict[str, dict[str, Any]], norm_run: tuple[Any, list[MadePerson]], wave: str
) -> None:
    compared = _by_age_and_sex(norm_run[1], wave)
    values, prefix = _t_scores(compared), f"norm_scores/mood_total/{wave}"
    n, mean, sd = len(values), statistics.mean(values), statistics.stdev(values)
    low, high = stats.t.interval(0.95, n - 1, mean, sd / math.sqrt(n))
    for name, value in (
        ("n", n), ("t_score", mean), ("ci95_low", low), ("ci95_high", high), ("t_sd", sd), ("z", (mean - 50) / 10),
        ("z_ci95_low", (low - 50) / 10), ("z_ci95_high", (high - 50) / 10),
    ):  # fmt: skip
        _expect(results, f"{prefix}/{name}", value, n)
    reasons = Counter(reason for _, _, reason in compared.values() if reason is not None)
    assert reasons["unknown"] > 0 and reasons["uncovered"] > 0
    for reason in ("unknown", "uncovered"):
        _expect(results, f"{prefix}/count_{reason}", reasons[reason], len(compared))
    assert n + reasons.total() == len(compared) == results[f"summary/mood_total/{wave}/n"]["value"]
    beyond = sum(value >= 60 - 1e-11 for value in values)
    _expect_share(results, f"norm_limits/mood_total/t_score_at_least_60/{wave}", beyond, n)
    for code, (_, low_age, _, norm_mean, norm_sd) in STRATA.items():
        members = sum(stratum == code for _, stratum, _ in compared.values())
        _expect(results, f"norm_strata/mood_total/{code}/{wave}/n", members, members)
        published = (("norm_n", 100 + low_age), ("norm_mean", norm_mean), ("norm_sd", norm_sd))
        for name, value in published:
            _expect(results, f"norm_strata/mood_total/{code}/{name}", value, 100 + low_age)


def test_who_has_a_birthday_on_the_way_is_compared_with_older_people(norm_run: tuple[Any, list[MadePerson]]) -> None:
    first, last = (_by_age_and_sex(norm_run[1], wave) for wave in ("T1", "T3"))
    moved = [code for code in first.keys() & last.keys() if first[code][1] != last[code][1] and last[code][1] is not None]
    assert moved
    rows = norm_run[0].released("select wave, sample, stratum, count(*) as n from marts.person_strata group by all")
    counted = {(row["wave"], row["stratum"]): row["n"] for row in rows if row["sample"] == "survey"}
    assert counted["T1", "women_16_24"] > counted["T3", "women_16_24"]


def _midpoint(sex: str, score: int) -> float | None:
    frequencies = FREQUENCIES[sex]
    if score not in frequencies:
        return None
    lower = sum(people for other, people in frequencies.items() if other < score)
    return 100 * (lower + frequencies[score] / 2) / sum(frequencies.values())


def _percentiles(people: list[MadePerson], wave: str, scale: str, sample: str) -> Iterator[float | None]:
    for person in people:
        score = _score(person, wave, scale)
        if score is None or (sample == "sexes" and SEXES.get(person.sex) not in FREQUENCIES):
            continue
        if sample == "sexes":
            yield _midpoint(SEXES[person.sex], score)
        elif sample == "clinic":
            yield float(np.interp(score, list(SLEEP_TABLE), list(SLEEP_TABLE.values())))
        else:
            yield float(100 * stats.norm.cdf((score - SLEEP_MEAN) / SLEEP_SD))


@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize(("scale", "sample"), [("mood_total", "sexes"), ("sleep_total", "clinic"), ("sleep_total", "")])
def test_percentiles_are_looked_up_or_computed_as_declared(
    results: dict[str, dict[str, Any]], norm_run: tuple[Any, list[MadePerson]], scale: str, sample: str, wave: str
) -> None:
    everybody = list(_percentiles(norm_run[1], wave, scale, sample))
    values = [value for value in everybody if value is not None]
    path = f"{scale}/{sample}/{wave}" if sample else f"{scale}/{wave}"
    for name, share in (("median", 50), ("q1", 25), ("q3", 75)):
        _expect(results, f"percentiles/{path}/{name}", float(np.percentile(values, share)), len(values))
    _expect(results, f"percentiles/{path}/n", len(values), len(values))
    _expect(results, f"percentiles/{path}/count_not_in_table", len(everybody) - len(values), len(everybody))
    category = f"{sample}-percentile_at_least_90" if sample else "percentile_at_least_90"
    count = sum(value >= 90 - 1e-9 for value in values)
    _expect_share(results, f"percentile_limits/{scale}/{category}/{wave}", count, len(values))


def test_scores_that_a_table_lacks_are_counted(results: dict[str, dict[str, Any]]) -> None:
    assert sum(results[f"percentiles/mood_total/sexes/{wave}/count_not_in_table"]["value"] for wave in WAVES) > 0


def test_a_trace_counts_the_same_people_and_says_with_whom_they_are_compared(
    results: dict[str, dict[str, Any]], norm_run: tuple[Any, list[MadePerson]]
) -> None:
    workspace, people = norm_run
    chosen = [row for row in results.values() if row["analysis"] in ANALYSES and row["wave"] in ("T1", "T2")]
    for row in chosen:
        traced = workspace.released(
            f"select is_counted, missing_reason from trace('{row['result_id']}') where part = 'person'"
        )
        assert len(traced) == len(people)
        assert sum(person["is_counted"] for person in traced) == row["n"], row["result_id"]
        assert all(person["is_counted"] or person["missing_reason"] for person in traced), row["result_id"]
    traced = workspace.released(
        "select value, text, missing_reason, is_counted from trace('norm_scores/mood_total/T2/t_score') where part = 'person'"
    )
    values = [row["value"] for row in traced if row["is_counted"]]
    assert statistics.mean(values) == pytest.approx(results["norm_scores/mood_total/T2/t_score"]["value"], rel=1e-9)
    assert any(row["text"] == f"{row['value']:.1f} (women_25_44)" for row in traced if row["is_counted"])
    reasons = {row["missing_reason"] for row in traced if not row["is_counted"]}
    assert {"T2: no stratum", "T2: sex: refused", "T2: sex: blank", "T2: wave_not_returned"} <= reasons
    of_women = workspace.released(
        "select missing_reason from trace('norm_strata/mood_total/women_45/T2/n') where part = 'person'"
    )
    assert {"T2: in stratum men_45", "T2: no stratum", None} <= {row["missing_reason"] for row in of_women}
    of_table = workspace.released(
        "select missing_reason from trace('percentiles/mood_total/sexes/T1/median') where part = 'person'"
    )
    assert "T1: not in the table" in {row["missing_reason"] for row in of_table}
    facts = workspace.released(
        "select distinct measure from trace('norm_scores/mood_total/T2/t_score') where part = 'answer' and source_column in ('Sex', 'Age')"
    )
    assert {row["measure"] for row in facts} == {"sex", "age"}


def test_everybodys_norm_score_is_in_the_release(norm_run: tuple[Any, list[MadePerson]]) -> None:
    workspace, people = norm_run
    rows = workspace.released(
        "select * from marts.norm_scores where scale = 'sleep_total' and sample = 'sleepers' and wave = 'T1'"
    )
    assert len(rows) == len(people)
    for row in rows:
        if row["score"] is None:
            assert row["missing_reason"] and row["t_score"] is None
            continue
        z = (row["score"] - SLEEP_MEAN) / SLEEP_SD
        assert row["t_score"] == pytest.approx(50 + 10 * z, rel=1e-12)
        assert row["percentile"] == pytest.approx(100 * stats.norm.cdf(z), rel=1e-12)


def test_page_and_word_show_norms_by_stratum(norm_run: tuple[Any, list[MadePerson]]) -> None:
    page = (norm_run[0].release / "index.html").read_text(encoding="utf-8")
    for words in (
        "T scores by norms of people like them", "Percentiles in norms of people like them",
        "People beyond limits of T scores and percentiles", "Norms by stratum, and how many people with a score are in each",
        "Each person&#39;s score was compared with the norm of their stratum: adults by age and sex, 6 strata by Sex, and Age at"
        " the person&#39;s own answer to the wave and adults by sex, 2 strata by Sex.",
    ):  # fmt: skip
        assert words in page, words


def test_the_release_recomputes(norm_run: tuple[Any, list[MadePerson]]) -> None:
    report = recompute(norm_run[0].release / "warehouse.duckdb")
    assert [str(difference) for difference in report.differences] == []
