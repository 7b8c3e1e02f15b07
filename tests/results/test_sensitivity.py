"""What is said of groups compared with missing scores imputed: names, methods, scenarios, directions, tables and sentences."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from covariate_moments import ARMS, SCALE, adjusted_study

from dagster_project.report.sensitivity_methods import sensitivity_methods
from dagster_project.results import Numbers, ResultRow, Table, further_group_tables, sensitivity_results
from dagster_project.results.change import seed_of
from dagster_project.statistics import Comparison, GroupImputation, patterns_of, pooled_difference, pooled_sd
from dagster_project.study import Sensitivity, Study

pytestmark = pytest.mark.filterwarnings("error")
EVERYTHING = Sensitivity(
    reference_based=("jump_to_reference", "copy_increments"), deltas=(0.5,), delta_unit="points", tipping_point=True
)


def _study(sensitivity: Sensitivity | None = EVERYTHING, better: str | None = None) -> Study:
    study = adjusted_study([])
    groups = study.protocol.groups.model_copy(update={"sensitivity": sensitivity})  # type: ignore[union-attr]
    instruments = study.instruments
    if better is not None:
        instruments = tuple(
            instrument.model_copy(
                update={"scales": tuple(scale.model_copy(update={"better": better}) for scale in instrument.scales)}
            )
            for instrument in instruments
        )
    return replace(study, protocol=study.protocol.model_copy(update={"groups": groups}), instruments=instruments)


def _people(change: float = 3.0, n: int = 30) -> dict[str, np.ndarray[Any, Any]]:
    """Scores at T1 and T2 of each arm: change rises with the arm, a fifth has no T2, one person in ten no T1."""
    generator = np.random.default_rng(8)
    people = {}
    for order, arm in enumerate(ARMS):
        first = generator.normal(8, 2, n)
        scores = np.column_stack([first, first + change * order + generator.normal(0, 1.5, n)])
        scores[::5, 1], scores[3::10, 0] = np.nan, np.nan
        people[arm] = scores
    return people


def _moments(people: dict[str, np.ndarray[Any, Any]]) -> list[dict[str, Any]]:
    """The rows of marts.group_pattern_moments."""
    names = ("T1", "T2")
    return [
        {
            "people_group": arm, "scale": SCALE, "pattern": "+".join(names[wave] for wave in pattern.waves),
            "planned": "T1+T2", "wave": names[wave], "other_wave": names[later], "n": pattern.n,
            "mean": pattern.mean[row], "other_mean": pattern.mean[column],
            "cross_products": pattern.cross_products[row, column],
        }
        for arm, scores in people.items()
        for pattern in patterns_of(scores)
        for row, wave in enumerate(pattern.waves)
        for column, later in enumerate(pattern.waves)
        if later >= wave
    ]  # fmt: skip


def _rows(study: Study, people: dict[str, np.ndarray[Any, Any]] | None = None) -> dict[str, ResultRow]:
    rows = sensitivity_results(_moments(_people() if people is None else people), study)
    assert all(row.value is not None or row.note for row in rows)
    return {row.result_id: row for row in rows if row.outcome == SCALE}


def test_a_scenario_stands_in_the_name_and_its_numbers_are_of_the_same_data_sets() -> None:
    study, rows = _study(), _rows(_study())
    row = rows[f"mi_group_difference/{SCALE}/jump_to_reference/c/up/difference"]
    assert (row.category, row.people_group, row.compared_with, row.n, row.role) == (
        "jump_to_reference", "c", "a", 60, "exploratory",
    )  # fmt: skip
    seed = seed_of(study, "mi_group_difference", SCALE)
    assert row.method == (
        "change (T2 minus T1), group minus reference, means compared without taking variances to be equal (Welch); Jump to"
        f" reference; 50 imputations within groups (multivariate normal), seed {seed}, Rubin's rules, Barnard-Rubin df"
    )
    imputation = GroupImputation([patterns_of(scores) for scores in _people().values()], imputations=50, seed=seed)
    for analysis, is_adjusted in (("mi_group_difference", False), ("mi_group_adjusted", True)):
        for scenario in ("missing_at_random", "jump_to_reference", "copy_increments"):
            comparison = Comparison(imputation.pairs(0, 1, scenario), 2, -1, is_adjusted)  # type: ignore[arg-type]
            expected = pooled_difference(comparison)
            address = f"{analysis}/{SCALE}/{scenario}/c/up"
            values = {
                "difference": expected.pooled.estimate, "se": expected.pooled.se, "df": expected.pooled.df,
                "t": expected.pooled.t, "p": expected.pooled.p, "ci95_low": expected.pooled.ci_low, "fmi": expected.pooled.fmi,
                "monte_carlo_error": expected.error, "p_monte_carlo_error": expected.p_error, "imputations": 50,
                "n": expected.n, "n_imputed": expected.n_imputed,
            }  # fmt: skip
            for name, value in values.items():
                assert rows[f"{address}/{name}"].value == value, (address, name)
    # The other direction is the same comparison with the other sign.
    down = rows[f"mi_group_difference/{SCALE}/jump_to_reference/c/down/difference"]
    assert down.value == pytest.approx(-(row.value or 0.0))


def test_worse_is_down_where_high_is_good_and_up_where_low_is() -> None:
    for better, sign in (("high", -1), ("low", 1)):
        rows = _rows(_study(better=better), _people(0.9))
        address = f"mi_group_difference/{SCALE}/{{}}/c/up"
        assert rows[f"{address.format('worse_0_5')}/delta"].value == 0.5 * sign
        plain, shifted = (
            rows[f"{address.format(scenario)}/difference"].value for scenario in ("missing_at_random", "worse_0_5")
        )
        # A fifth of the group has an imputed follow-up.
        assert (shifted or 0) - (plain or 0) == pytest.approx(0.5 * sign / 5)
        point = rows[f"{address.format('worse')}/tipping_point"]
        if better == "high":
            assert point.value is not None
            assert point.value < 0
            sd = pooled_sd([patterns_of(scores) for scores in _people(0.9).values()], 0)
            assert rows[f"{address.format('worse')}/tipping_point_sd"].value == pytest.approx(point.value / sd)
        else:
            # The group rises more than the reference, for the worse already.
            assert (point.value, point.note) == (None, "p stays below 0.05 up to a shift by 9.68 (5 SDs at baseline)")


def test_without_a_good_end_deltas_and_tipping_points_go_both_ways() -> None:
    rows = _rows(_study(better="neither"), _people(0.9))
    deltas = {row.category: row.value for row in rows.values() if row.statistic == "delta"}
    assert deltas == {"higher_0_5": 0.5, "lower_0_5": -0.5}
    points = {row.category: row.value for row in rows.values() if row.result_id.endswith("/c/up/tipping_point")}
    assert points.keys() == {"higher", "lower"}
    assert points["higher"] is None
    assert (points["lower"] or 0) < 0


def test_a_delta_in_sds_and_of_all_groups() -> None:
    people = _people()
    sensitivity = Sensitivity(deltas=(1,), delta_unit="baseline_sd", delta_groups="all")
    rows = _rows(_study(sensitivity, better="low"), people)
    sd = pooled_sd([patterns_of(scores) for scores in people.values()], 0)
    assert rows[f"mi_group_adjusted/{SCALE}/worse_1/b/up/delta"].value == pytest.approx(sd)
    # All groups miss alike, so that their difference stays.
    plain, shifted = (
        rows[f"mi_group_difference/{SCALE}/{scenario}/b/up/difference"].value
        for scenario in ("missing_at_random", "worse_1")
    )
    assert shifted == pytest.approx(plain)
    assert not [result_id for result_id in rows if "tipping" in result_id or "reference/" in result_id]


def test_an_sd_that_is_not_there_shifts_nothing() -> None:
    people = {arm: np.column_stack([np.full(len(scores), 8.0), scores[:, 1]]) for arm, scores in _people().items()}
    people["c"][::4, 1] = 9.0
    rows = _rows(_study(Sensitivity(deltas=(1,), delta_unit="baseline_sd", tipping_point=True)), people)
    address = f"mi_group_difference/{SCALE}/worse_1/c/up"
    assert {rows[f"{address}/{name}"].note for name in ("delta", "difference", "se", "p", "monte_carlo_error")} == {
        "no variation at baseline"
    }
    full = {arm: np.where(np.isnan(scores), 9.0, scores) for arm, scores in people.items()}
    rows = _rows(_study(Sensitivity(deltas=(1,), delta_unit="baseline_sd", tipping_point=True)), full)
    assert rows[f"{address}/p"].note == "no variation at baseline"
    assert rows[f"mi_group_difference/{SCALE}/missing_at_random/c/up/p"].value is not None


def test_where_little_is_known_more_data_sets_are_drawn() -> None:
    people = {arm: scores.copy() for arm, scores in _people().items()}
    for scores in people.values():
        scores[:22, 1] = np.nan
    numbers = {row.value for row in _rows(_study(), people).values() if row.statistic == "imputations"}
    assert len(numbers) == 1
    assert 100 < (numbers.pop() or 0) <= 201


def test_groups_that_cannot_be_completed_have_reasons_with_their_names() -> None:
    people = _people()
    people["b"] = people["b"][:3]
    rows = _rows(_study(), people)
    assert rows[f"mi_group_difference/{SCALE}/missing_at_random/b/up/p"].note == "group b: too few people"
    assert rows[f"mi_group_adjusted/{SCALE}/missing_at_random/c/up/p"].note == "group b: too few people"
    assert rows[f"mi_group_difference/{SCALE}/missing_at_random/c/up/p"].value is not None
    assert rows[f"mi_group_difference/{SCALE}/worse/b/up/tipping_point"].note == "group b: too few people"
    nobody = {row.note for row in sensitivity_results([], _study()) if row.statistic == "p"}
    assert nobody == {"nobody in the group"}


def test_without_a_declaration_there_is_nothing() -> None:
    study = _study(None)
    assert sensitivity_results(_moments(_people()), study) == []
    assert list(sensitivity_methods(study)) == []
    assert not [table for table in _tables(study) if table.name.startswith("sensitivity")]


def _tables(study: Study) -> list[Table]:
    return further_group_tables(study, Numbers(sensitivity_results(_moments(_people()), study)))


def test_tables_have_a_row_for_each_group_and_scenario() -> None:
    tables = {table.name: table for table in _tables(_study())}
    scenarios, points = tables["sensitivity_up"], tables["sensitivity_tipping_up"]
    assert scenarios.title == "Groups compared with missing scores imputed, up (sensitivity analyses)"
    assert [row.label for row in scenarios.rows[1:6]] == [
        "B, people with both scores", "B, missing at random within groups", "B, jump to reference",
        "B, copy increments in reference", "B, 0.5 points worse",
    ]  # fmt: skip
    assert [cell.text for cell in scenarios.rows[2].cells[:2]] == ["60", "18"]
    assert scenarios.rows[2].cells[-1].text == "50"
    assert points.title == "Tipping points of the differences between groups, up"
    assert [row.label for row in points.rows[1:3]] == ["B, worse", "C, worse"]
    (note,) = points.notes
    assert note == (
        "The smallest shift of imputed scores at follow-up of all groups but the reference, in points and in SDs within groups"
        " at baseline, at which p of the difference reaches 0.05; it was looked for up to 5 of these SDs."
    )


def test_the_methods_say_what_is_declared_and_nothing_else() -> None:
    sentences = list(sensitivity_methods(_study()))
    assert sentences[2:] == [
        "Scores of people of the other groups after their last one were also imputed from A: by jump to reference, in which they"
        " go on like the reference group from then on and by copy increments in reference, in which they change like it from"
        " their last score on (Carpenter, Roger and Kenward 2013); what is missing before the last score is missing at random.",
        "Imputed scores at follow-up of all groups but the reference were made worse by 0.5 points.",
        "The tipping point is how much worse imputed scores at follow-up of all groups but the reference must be at least for p"
        " of a difference to reach 0.05.",
    ]
    assert sentences[1] == (
        "Of each scale at least 50 data sets were imputed, and more where von Hippel's two-stage rule asks for more, so that"
        " standard errors vary by 5 % over data sets drawn anew; the tables give the number of data sets and the Monte Carlo"
        " error of each difference. The seed is 1."
    )
    assert len(list(sensitivity_methods(_study(Sensitivity())))) == 2
    groups = _study().protocol.groups.model_copy(update={"covariates": ("age",)})  # type: ignore[union-attr]
    adjusted = replace(_study(), protocol=_study().protocol.model_copy(update={"groups": groups}))
    assert list(sensitivity_methods(adjusted))[2] == (
        "These analyses are adjusted for the score at baseline alone, not for covariates."
    )
    open_ended = list(sensitivity_methods(_study(better="neither")))
    assert open_ended[3] == (
        "Imputed scores at follow-up of all groups but the reference were made worse (higher, and lower, where a scale has no"
        " good end) by 0.5 points."
    )
