"""Norms by strata and percentiles as norms.yaml declares them: whom they cover, what scores are looked up in, what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from norm_study import PROTOCOL, STRATA, norms, write_study

from dagster_project.study import Study, StudyError, codebook_tables, read_study
from dagster_project.study.percentiles import Percentiles
from dagster_project.study.strata import NumberRange
from tests.refusal_lines import without_line

Norms = dict[str, Any]


def _read(folder: Path, change: Callable[[Norms], object], protocol: str = PROTOCOL) -> Study:
    content = yaml.safe_load(norms())
    change(content)
    text = yaml.safe_dump(content, sort_keys=False)
    return read_study(write_study(folder / "norm_study", [], text, protocol))


def test_everybody_is_compared_with_the_norm_of_their_stratum(tmp_path: Path) -> None:
    study = _read(tmp_path, lambda content: None)
    by_age, by_sex = study.norms.of_people("mood_total")
    assert [stratum.stratum for stratum in by_age.strata] == list(STRATA)
    assert [(by_age.has_means, by_age.has_percentiles), (by_sex.has_means, by_sex.has_percentiles)] == [
        (True, False), (False, True),
    ]  # fmt: skip
    assert (by_age.category, by_sex.category, by_sex.category_of("women")) == (None, "sexes", "sexes-women")
    # A norm by strata is compared with person by person, and with no mean of everybody.
    assert study.norms.of_scale("mood_total") == ()
    assert [entry.norm.sample for entry in study.norms.of_scale("sleep_total")] == ["sleepers"]
    rows = codebook_tables(study)["norm_strata"].to_pylist()
    ages = [(row["low"], row["ends_before"]) for row in rows if row["variable"] == "age"]
    assert ages == [(low, high) for _, low, high, _, _ in STRATA.values()]


def test_a_norm_of_all_people_stands_for_strata_without_their_own(tmp_path: Path) -> None:
    def change(content: Norms) -> None:
        content["percentiles"].append({"scale": "mood_total", "sample": "survey", "meaning": "below", "table": {"0-5": 30}})
        content["percentiles"][-1]["table"][6] = 80

    study = _read(tmp_path, change)
    table = codebook_tables(study)["norm_percentiles"].to_pylist()
    of_survey = [row for row in table if row["sample"] == "survey"]
    assert {row["stratum"] for row in of_survey} == set(STRATA)
    assert {(row["low"], row["high"], row["percentile_low"]) for row in of_survey} == {(0, 5, 30), (6, 6, 80)}


def _stratum(content: Norms, index: int) -> Norms:
    return content["samples"][0]["strata"][index]


REFUSALS: list[tuple[Callable[[Norms], object], str]] = [
    (
        lambda content: _stratum(content, 1)["where"].update(age="24-44"),
        "samples[0].strata: women_16_24 and women_25_44 both hold for sex f, age 24 to below 25; change a range or a category",
    ),
    (
        lambda content: (_stratum(content, 1)["where"].update(age="27-44"), content["samples"][0].pop("uncovered")),
        "samples[0].strata: no stratum holds for sex f, age 25 to below 27; sex other, age 16 to below 25; sex other, age 25 to"
        " below 27 and 2 more; add a stratum, or write uncovered: count, where the source has none: these people are then counted"
        " and have no norm",
    ),
    (
        lambda content: content["samples"][1].pop("uncovered"),
        "samples[1].strata: no stratum holds for sex other; add a stratum, or write uncovered: count, where the source has none:"
        " these people are then counted and have no norm",
    ),
    (
        lambda content: content["samples"][0].pop("number_at"),
        "samples[0].number_at: which age decides in later waves? Write number_at: {age: as_listed} for the roster's number in all"
        " waves, {age: answered_on} to add the time between a person's own answers, or {age: month} to add the planned months",
    ),
    (
        lambda content: content["samples"][0]["number_at"].update(sex="as_listed"),
        "samples[0].number_at: 'sex' is no number among the strata; take it out",
    ),
    (
        lambda content: content["samples"][2].update(uncovered="count"),
        "samples[2].strata: there are none, so take number_at and uncovered out",
    ),
    (
        lambda content: _stratum(content, 0)["where"].update(site="a"),
        "samples[0].strata[0].where.site: 'site' is no variable of the roster; they are sex, age",
    ),
    (
        lambda content: _stratum(content, 0)["where"].update(sex="female"),
        "samples[0].strata[0].where.sex: 'female' is no category of sex; they are f, m, other",
    ),
    (
        lambda content: _stratum(content, 0)["where"].update(sex={"from": 1}),
        "samples[0].strata[0].where.sex: sex has categories and no numbers; name some of f, m, other",
    ),
    (
        lambda content: _stratum(content, 0)["where"].update(age="16.5-24"),
        "samples[0].strata[0].where.age: '16.5-24' is no range of whole numbers such as 16-24 or 75+; write it with its ends, e.g."
        " {from: 8.5, below: 9}",
    ),
    (
        lambda content: _stratum(content, 0)["where"].pop("age"),
        "samples[0].strata[1].where: women_25_44 is by sex, age, women_16_24 by sex; all strata of a sample are by the same"
        " variables",
    ),
    (
        lambda content: _stratum(content, 1).update(stratum="women_16_24"),
        "samples[0].strata[1].stratum: 'women_16_24' stands twice; keep one, or give it another code",
    ),
    (
        lambda content: content["norms"].pop(0),
        "norms: mood_total has an entry of some strata of sample survey and none of women_16_24; add it, or list the strata that"
        " lack it under another sample",
    ),
    (
        lambda content: content["norms"][0].update(stratum="women"),
        "norms[0].stratum: 'women' is no stratum of sample survey; its strata are women_16_24, women_25_44, women_45, men_16_24,"
        " men_25_44, men_45",
    ),
    (
        lambda content: content["norms"][6].update(stratum="women"),
        "norms[6].stratum: 'women' is no stratum of sample sleepers; it has none; list them under strata of the sample",
    ),
    (
        lambda content: content["norms"].append(content["norms"][0]),
        "norms: scale 'mood_total' has two norms of sample 'survey', stratum 'women_16_24'; keep one",
    ),
    (
        lambda content: content["percentiles"].append(content["percentiles"][2]),
        "percentiles: scale 'sleep_total' has two tables of percentiles of sample 'sleepers'; keep one",
    ),
    (
        lambda content: content["percentiles"][0].pop("meaning"),
        "percentiles[0]: percentiles of mood_total: what is a percentile the share of? Write meaning: at_or_below, below or"
        " midpoint, as the source says",
    ),
    (
        lambda content: content["percentiles"][3].update(normal=True),
        "percentiles[3]: percentiles of sleep_total need one of table, frequencies and normal: true",
    ),
    (
        lambda content: content["percentiles"][3]["table"].update({4: 20}),
        "percentiles[3]: percentiles of sleep_total: the score 4 has the percentile 20, lower than 30 of a lower score; correct"
        " the table",
    ),
    (
        lambda content: content["percentiles"][3]["table"].update({"1-2": 20}),
        "percentiles[3]: percentiles of sleep_total: the score 2 stands twice; give one percentile a score",
    ),
    (
        lambda content: content["percentiles"][3]["table"].update({"six": 99}),
        "percentiles[3]: percentiles of sleep_total: 'six' is neither a score nor scores such as 0-2",
    ),
    (
        lambda content: content["percentiles"][3]["table"].update({6: 101}),
        "percentiles[3]: percentiles of sleep_total: 101 is no percentile; give 0 to 100",
    ),
    (
        lambda content: content["norms"].pop(6),
        "percentiles[2].normal: sleep_total has no mean and SD of sample sleepers; give them under norms, or a table",
    ),
    (
        lambda content: content["percentiles"][3]["table"].update({7: 99}),
        "percentiles[3]: 7 is no score of sleep_total, which goes from 0 to 6; correct the table, or the scale that it is of",
    ),
    (
        lambda content: content["percentiles"][3]["table"].update({"9-8": 99}),
        "percentiles[3]: percentiles of sleep_total: scores from 9 to 8 run down",
    ),
    (
        lambda content: content["percentiles"][2].update(between="linear"),
        "percentiles[2]: percentiles of sleep_total: normal: true needs neither meaning nor between",
    ),
    (
        lambda content: content["percentiles"][0]["frequencies"].update({3: -1}),
        "percentiles[0]: percentiles of mood_total: a frequency is below 0, or there is none; give counts of people",
    ),
    (
        lambda content: content["percentiles"][0].update(frequencies={0: 0}),
        "percentiles[0]: percentiles of mood_total: the frequencies add up to nobody; give counts of people",
    ),
    (
        lambda content: content.pop("percentiles"),
        "limits[1]: no scale has a norm with percentiles; give them, or take the limit out",
    ),
    (
        lambda content: (
            content["limits"][1].update(metric="t_score", scales=["sleep_total"])
            or (content["norms"].pop(6) and content["percentiles"].pop(2))
        ),
        "limits[1]: sleep_total has no norm with a mean and an SD; give them, or take the limit out",
    ),
    (
        lambda content: content["limits"][0].update(scales=["sleep"]),
        "limits[0].scales: 'sleep' is not a scale of any instrument",
    ),
    (
        lambda content: content["limits"].append(content["limits"][0] | {"scales": []}),
        "limits: t_score_at_least_60 stands twice; keep one, and list its scales",
    ),
]


@pytest.mark.parametrize(("change", "message"), REFUSALS)
def test_what_cannot_be_a_norm_of_strata_is_one_line(
    tmp_path: Path, change: Callable[[Norms], object], message: str
) -> None:
    with pytest.raises(StudyError) as refusal:
        _read(tmp_path, change)
    assert without_line(refusal.value) == f"{tmp_path}/norm_study/norms.yaml: {message}"


def test_time_is_added_to_years_and_months_alone(tmp_path: Path) -> None:
    with pytest.raises(StudyError) as refusal:
        _read(tmp_path, lambda content: None, PROTOCOL.replace("kind: number, unit: years", "kind: number"))
    assert str(refusal.value).endswith(
        "samples[0].number_at.age: answered_on: time is added to a number of years or months, and the unit of age is not said;"
        " write its unit in study.yaml, or as_listed"
    )


def test_the_persons_own_days_need_exports_with_days(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "norm_study", [])
    file = folder / "study.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("    answered_on: Date\n", "", 2), encoding="utf-8")
    with pytest.raises(StudyError) as refusal:
        read_study(folder)
    assert str(refusal.value).endswith(
        "samples[0].number_at.age: answered_on: export t1 does not say on which day people answered; declare answered_on there, or"
        " write month or as_listed"
    )


def test_concealed_groups_are_no_strata(tmp_path: Path) -> None:
    groups = "groups: {variable: sex, reference: f, design: randomised, concealed: true, concealment_seed: 734512}"
    with pytest.raises(StudyError) as refusal:
        _read(tmp_path, lambda content: None, PROTOCOL.replace("groups: none", groups))
    assert str(refusal.value).endswith(
        "samples[0].strata: sex is concealed until the trial is unblinded; take it out of the strata"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "a range needs from, to or below"),
        (
            {"to": 4, "below": 5},
            "a range has to (the last whole number in it) or below (the number it ends before), not both",
        ),
        ({"from": 5, "below": 5}, "the range from 5 ends before 5; give the lower number first"),
    ],
)
def test_a_range_has_two_ends_at_most(content: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match="range") as refusal:
        NumberRange.model_validate(content)
    assert message in str(refusal.value)


@given(frequencies=st.dictionaries(st.integers(0, 30), st.integers(0, 50), min_size=1), scale=st.integers(2, 5))
def test_percentiles_of_frequencies_rise_and_do_not_depend_on_how_many_there_are(
    frequencies: dict[int, int], scale: int
) -> None:
    if not sum(frequencies.values()):
        return
    steps = {}
    for meaning in ("below", "midpoint", "at_or_below"):
        content = {"scale": "mood", "sample": "general", "meaning": meaning, "frequencies": frequencies}
        table = Percentiles.model_validate(content)
        more = Percentiles.model_validate(content | {"frequencies": {score: n * scale for score, n in frequencies.items()}})
        steps[meaning] = [step.percentile_low for step in table.steps]
        assert steps[meaning] == sorted(steps[meaning])
        assert [step.percentile_low for step in more.steps] == pytest.approx(steps[meaning])
    for below, midpoint, at_or_below in zip(*steps.values(), strict=True):
        assert 0 <= below <= midpoint <= at_or_below <= 100 + 1e-9
