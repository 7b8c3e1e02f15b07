"""Slopes adjusted for covariates, and in families of the plan: against the model fitted from the people, and in words."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from measures_study import GROWTH, write_measures_study

from dagster_project.report.main_results import main_results
from dagster_project.report.methods import methods
from dagster_project.results import ResultRow, adjusted_growth_results, growth_results, supplementary_tables
from dagster_project.statistics import growth_model, holm, sums_of_people
from dagster_project.study import Study, StudyError, read_study

Moments = list[dict[str, Any]]
FAMILY = ", {family: slopes, role: primary, outcomes: [depression, weight], compares: growth}]"
DAYS = np.array([0.0, 182.0, 365.0])
UNIT = 365.25 / 12


def _study(folder: Path, *changes: tuple[str, str]) -> Study:
    file = write_measures_study(folder / "measures_study", size=2) / "study.yaml"
    text = file.read_text(encoding="utf-8")
    for words, others in changes:
        assert words in text
        text = text.replace(words, others)
    file.write_text(text, encoding="utf-8")
    return read_study(file.parent)


def _people(seed: int) -> list[tuple[str, float, np.ndarray]]:
    """Group, whether male, and scores in the three waves of people."""
    random = np.random.default_rng(seed)
    people = []
    for number in range(24):
        group, sex = ("town", "country")[number % 2], float(number % 3 == 0)
        slope = -0.01 * (number % 2) + random.normal(0, 0.01)
        people.append((group, sex, 20 + 3 * sex + random.normal(0, 4) + slope * DAYS + random.normal(0, 2, 3)))
    return people


def _marts(scale: str, people: list[tuple[str, float, np.ndarray]]) -> tuple[Moments, Moments]:
    """Rows as of marts.growth_moments and marts.group_covariate_growth_moments, all at the same times; centre 20."""
    plain, adjusted = [], []
    times = {"scores": 3, "days": DAYS.sum(), "squared_days": DAYS @ DAYS, "centre": 20.0, "scale": scale}
    terms = ("score_sum", "product_sum", "square_sum", "covariate/sex/male")
    for group in ("town", "country"):
        members = [(sex, scores - 20) for name, sex, scores in people if name == group]
        y = np.array([scores.sum() for _, scores in members])
        ty = np.array([DAYS @ scores for _, scores in members])
        yy = np.array([scores @ scores for _, scores in members])
        plain.append(
            {
                **times, "people_group": group, "n": len(members), "score_sum": y.sum(), "product_sum": ty.sum(),
                "square_sum": yy.sum(), "score_score": y @ y, "score_product": y @ ty, "product_product": ty @ ty,
            }
        )  # fmt: skip
        values = np.column_stack([y, ty, yy, [sex for sex, _ in members]])
        mean = values.mean(axis=0)
        products = (values - mean).T @ (values - mean)
        for first, term in enumerate(terms):
            for second, other_term in enumerate(terms[first:], start=first):
                adjusted.append(
                    {
                        **times, "people_group": group, "term": term, "other_term": other_term, "n": len(members),
                        "mean": mean[first], "other_mean": mean[second], "cross_products": products[first, second],
                    }
                )  # fmt: skip
    return plain, adjusted


def _by_id(rows: list[ResultRow]) -> dict[str, ResultRow]:
    return {row.result_id: row for row in rows}


@pytest.mark.parametrize("df", ["satterthwaite", "kenward_roger"])
@pytest.mark.parametrize("effect", ["level", "level_and_slope"])
def test_the_adjusted_model_is_that_of_the_people(tmp_path: Path, df: Any, effect: str) -> None:
    declared = GROWTH.replace("months}", f"months, df: {df}, covariate_effects: {effect}}}")
    study, people = _study(tmp_path, (GROWTH, declared)), _people(3)
    plain, adjusted = _marts("depression", people)
    rows = _by_id(adjusted_growth_results(adjusted, plain, study))
    groups = []
    for group in ("town", "country"):
        members = [(sex, scores) for name, sex, scores in people if name == group]
        person = np.repeat(np.arange(len(members)), 3)
        sexes = np.repeat([sex for sex, _ in members], 3)
        scores = np.concatenate([scores for _, scores in members])
        groups.append(sums_of_people(person, np.tile(DAYS / UNIT, len(members)), scores, [sexes]))
    model = growth_model(groups, covariates=["Male"], has_covariate_slopes=effect == "level_and_slope", df=df)
    assert model.has_converged
    address = "growth_covariate_adjusted_difference/depression/country"
    for name in ("se", "t", "df", "p", "ci95_low"):
        expected = getattr(model.differences[0], "ci_low" if name == "ci95_low" else name)
        assert rows[f"{address}/{name}"].value == pytest.approx(expected, rel=1e-6), name
    assert rows[f"{address}/difference"].value == pytest.approx(model.differences[0].estimate, rel=1e-6)
    assert rows["growth_covariate_adjusted/depression/town/intercept"].value == pytest.approx(model.intercepts[0].estimate)
    assert rows["growth_covariate_adjusted/depression/sd_slope"].value == pytest.approx(model.sd_slope, rel=1e-6)
    assert rows[f"{address}/n"].value == 24
    of_level = "of level and slope" if effect == "level_and_slope" else "of the level"
    words = f"a line for each group, adjusted for Sex ({of_level}, the same in all groups), time in months"
    assert words in rows[f"{address}/p"].method
    assert rows[f"{address}/p"].method.endswith(
        "Satterthwaite's degrees of freedom" if df == "satterthwaite"
        else "Kenward and Roger's standard errors and degrees of freedom"
    )  # fmt: skip


def test_people_without_a_covariate_are_counted_and_a_covariate_that_does_not_vary_is_named(tmp_path: Path) -> None:
    study, people = _study(tmp_path), _people(4)
    plain, _ = _marts("depression", people)
    _, adjusted = _marts("depression", people[:-3])
    rows = _by_id(adjusted_growth_results(adjusted, plain, study))
    assert rows["growth_covariate_adjusted/depression/n_covariate_unknown"].value == 3
    assert rows["growth_covariate_adjusted/weight/n_covariate_unknown"].value == 0
    assert rows["growth_covariate_adjusted/weight/town/slope"].note == "nobody has a score at a known time"
    _, alike = _marts("depression", [(group, 1.0, scores) for group, _, scores in people])
    rows = _by_id(adjusted_growth_results(alike, plain, study))
    row = rows["growth_covariate_adjusted_difference/depression/country/p"]
    assert (row.value, row.note) == (None, "covariate 'Sex' does not vary within the groups")


def test_people_with_a_mean_in_place_of_a_covariate_are_counted_and_the_method_says_so(tmp_path: Path) -> None:
    study = _study(
        tmp_path, ("design: natural, covariates: [sex]", "design: randomised, covariates: [sex], missing_covariates: mean")
    )
    share = np.mean([sex for _, sex, _ in _people(3)[:-4]])
    people = [(group, share if number >= 20 else sex, scores) for number, (group, sex, scores) in enumerate(_people(3))]
    plain, adjusted = _marts("depression", people)
    for group in ("town", "country"):
        times = next(row for row in adjusted if row["people_group"] == group)
        imputed = {
            "term": "imputed",
            "other_term": "imputed",
            "mean": 2 / 12,
            "other_mean": 2 / 12,
            "cross_products": 10 / 6,
        }
        adjusted.append({**times, **imputed})
    rows = _by_id(adjusted_growth_results(adjusted, plain, study))
    difference = rows["growth_covariate_adjusted_difference/depression/country/difference"]
    assert difference.value is not None
    assert rows["growth_covariate_adjusted/depression/n_covariate_unknown"].value == 4
    assert rows["growth_covariate_adjusted_difference/depression/country/n"].value == 24
    assert "the same in all groups, each its mean over the roster where it is not known)" in difference.method
    note = next(
        table for table in supplementary_tables(study, list(rows.values())) if table.name == "growth_adjusted"
    ).notes[0]
    assert "one of these that is not known being its mean over the roster" in note
    assert "Covariate unknown are those of whom that is so." in note


def test_planned_slopes_are_adjusted_within_their_family(tmp_path: Path) -> None:
    study = _study(tmp_path, ("contrasts: [T1-T2]}]", f"contrasts: [T1-T2]}}{FAMILY}"))
    marts = [_marts("depression", _people(5)), _marts("weight", _people(6))]
    plain, adjusted = ([row for of_scale in marts for row in of_scale[part]] for part in (0, 1))
    rows = [*growth_results(plain, study), *adjusted_growth_results(adjusted, plain, study)]
    by_id = _by_id(rows)
    addresses = [f"growth_covariate_adjusted_difference/{scale}/country" for scale in ("depression", "weight")]
    p = [by_id[f"{address}/p"].value for address in addresses]
    assert [by_id[f"{address}/p_holm"].value for address in addresses] == pytest.approx(list(holm(np.array(p, dtype=float))))
    row = by_id[f"{addresses[0]}/p"]
    assert (row.role, row.family) == ("primary", "slopes")
    # What is not of the planned analysis stays exploratory, and so does what no family has.
    row = by_id["growth_difference/depression/country/p"]
    assert (row.role, row.family) == ("exploratory", None)
    assert "growth_difference/depression/country/p_holm" not in by_id
    assert by_id["growth_covariate_adjusted_difference/drinks/country/p"].role == "exploratory"
    table = next(table for table in supplementary_tables(study, rows) if table.name == "growth_adjusted")
    assert [column.name for column in table.columns] == [
        "n", "covariate unknown", "at time 0", "per month", "difference of slopes", "p", "p (Holm)", "remark",
    ]  # fmt: skip


def test_planned_slopes_without_covariates_and_what_the_page_says_of_them(tmp_path: Path) -> None:
    study = _study(
        tmp_path,
        ("{family: main, role: primary, outcomes: [depression], contrasts: [T1-T2]}]", FAMILY.removeprefix(", ")),
        (", covariates: [sex]", ""),
    )
    plain = [row for scale, seed in (("depression", 5), ("weight", 6)) for row in _marts(scale, _people(seed))[0]]
    rows = growth_results(plain, study)
    by_id = _by_id(rows)
    assert by_id["growth_difference/depression/country/p"].family == "slopes"
    assert adjusted_growth_results([], plain, study) == []
    content = main_results(study, by_id)
    assert [table.title for table in content.tables] == [
        "Difference of slopes between groups, per month (planned as primary, family slopes)"
    ]
    assert [column.name for column in content.tables[0].columns] == [
        "What it means", "n", "difference [95 % CI]", "p", "p (Holm)",
    ]  # fmt: skip
    row = content.tables[0].rows[0]
    assert row.label == "Depression: Country minus Town"
    assert "the interval" in row.cells[0].text
    sentences = " ".join(text for _, text in methods(study, by_id))
    assert "Tests of differences of slopes were adjusted within the planned family slopes (primary)" in sentences


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            [("contrasts: [T1-T2]}]", "contrasts: [T1-T2], compares: growth}]")],
            "plan: family main compares growth, which has no contrasts; take contrasts out of it",
        ),
        (
            [(GROWTH, ""), (", contrasts: [T1-T2]}]", ", compares: growth}]")],
            "plan: family main compares growth, and none is declared; declare growth, or take compares out",
        ),
        (
            [("contrasts: [T1-T2]}]", f"contrasts: [T1-T2]}}{FAMILY[:-1]}{FAMILY.replace('slopes', 'more')}")],
            "plan: the slope of depression is in the families slopes and more; a test has one",
        ),
        ([("unit: months}", "unit: months, df: residual}")], "'satterthwaite' or 'kenward_roger'"),
        ([("unit: months}", "unit: months, covariate_effects: slope}")], "'level' or 'level_and_slope'"),
    ],
)
def test_what_is_refused(tmp_path: Path, changes: list[tuple[str, str]], words: str) -> None:
    with pytest.raises(StudyError) as refusal:
        _study(tmp_path, *changes)
    assert words in str(refusal.value)


def test_what_is_declared_as_it_is_anyway_changes_no_plan(tmp_path: Path) -> None:
    plain = _study(tmp_path / "plain").protocol.plan_hash
    declared = GROWTH.replace("months}", "months, df: satterthwaite, covariate_effects: level}")
    assert _study(tmp_path / "declared", (GROWTH, declared)).protocol.plan_hash == plain
    other = GROWTH.replace("months}", "months, df: kenward_roger}")
    assert _study(tmp_path / "other", (GROWTH, other)).protocol.plan_hash != plain
