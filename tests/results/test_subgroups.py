"""What is said of subgroups: names, methods, roles, counts, and reasons where there is nothing to compare."""

from typing import Any

import pytest
from covariate_moments import ARMS, REGIONS, SCALE, adjusted_study

from dagster_project.results import Numbers, ResultRow, Table, further_group_tables, subgroup_id, subgroup_results
from dagster_project.study import Study

pytestmark = pytest.mark.filterwarnings("error")


def _study() -> Study:
    study = adjusted_study([])
    groups = study.protocol.groups.model_copy(update={"subgroups": ("region",)})  # type: ignore[union-attr]
    return Study(**{**vars(study), "protocol": study.protocol.model_copy(update={"groups": groups})})


def _moments(sizes: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    """Moments in both contrasts; the difference grows with arm and region."""
    return [
        {
            "people_group": arm, "variable": "region", "category": region, "contrast": contrast, "scale": SCALE, "n": n,
            "mean_baseline": 9.0 + order, "sd_baseline": 2.0, "mean_followup": 9.0 + order + sign * order * step,
            "sd_followup": 2.5, "covariance": 3.0, "mean_change": float(order * step), "sd_change": 2.0,
        }
        for contrast, sign in (("up", 1), ("down", -1))
        for order, arm in enumerate(ARMS)
        for step, region in enumerate(REGIONS)
        if (n := sizes.get((arm, region), 8))
    ]  # fmt: skip


def _rows(sizes: dict[tuple[str, str], int] | None = None) -> dict[str, ResultRow]:
    rows = subgroup_results(_moments(sizes or {}), _study())
    return {row.result_id: row for row in rows if row.outcome == SCALE}


def test_a_subgroup_has_its_variable_and_category_in_its_name() -> None:
    assert subgroup_id("sex", "female") == "sex-female"
    rows = _rows()
    row = rows[f"change_subgroup/{SCALE}/region-west/c/up/difference"]
    assert (row.category, row.people_group, row.compared_with, row.n) == ("region-west", "c", "a", 72)
    assert row.method == (
        "change (T2 minus T1) adjusted for the score at baseline, group minus reference, Region: West; analysis of covariance"
    )
    assert rows[f"change_subgroup/{SCALE}/region-west/c/up/n_in_category"].value == 16
    assert rows[f"change_interaction/{SCALE}/region-west/c/up/difference"].method == (
        "change (T2 minus T1) adjusted for the score at baseline, group minus reference, Region: West, less the same of North;"
        " analysis of covariance"
    )
    assert f"change_interaction/{SCALE}/region-north/c/up/difference" not in rows
    overall = rows[f"change_interaction/{SCALE}/region/up/p_overall"]
    assert overall.method == (
        "F test with 4 and 62 df that groups differ alike in all categories of Region, adjusted for the score at baseline"
    )
    assert {row.role for row in rows.values()} == {"exploratory"}
    assert all(row.value is not None or row.note for row in rows.values())


def test_a_difference_is_within_its_category_and_an_interaction_between_two() -> None:
    rows = _rows()
    difference = {
        region: rows[f"change_subgroup/{SCALE}/region-{region}/c/up/difference"].value or 0.0 for region in REGIONS
    }
    assert rows[f"change_interaction/{SCALE}/region-south/c/up/difference"].value == pytest.approx(
        difference["south"] - difference["north"]
    )
    assert difference["west"] - difference["south"] == pytest.approx(2.0)


def test_where_nobody_is_compared_there_is_a_reason() -> None:
    rows = _rows({("a", "north"): 0, ("b", "west"): 0})
    notes = {
        name: rows[f"change_{name}/b/up/p"].note
        for name in (f"subgroup/{SCALE}/region-north", f"subgroup/{SCALE}/region-west", f"interaction/{SCALE}/region-south")
    }
    assert list(notes.values()) == [
        "nobody of the reference group in the category", "nobody of the group in the category",
        "nobody to compare with in the first category",
    ]  # fmt: skip
    assert rows[f"change_subgroup/{SCALE}/region-south/b/up/p"].value is not None
    assert rows[f"change_interaction/{SCALE}/region/up/p_overall"].value is not None
    empty = {row.note for row in subgroup_results([], _study()) if row.statistic == "p_overall"}
    assert empty == {"no residual degrees of freedom"}


def test_without_subgroups_there_are_no_rows_and_no_tables() -> None:
    assert subgroup_results(_moments({}), adjusted_study([])) == []
    names = [table.name for table in _tables(adjusted_study([]))]
    assert not [name for name in names if "within" in name]
    (table,) = [table for table in _tables(_study()) if table.name == "change_by_group_within_region_up"]
    assert table.title == "Change by group within Region, up (exploratory)"
    assert [row.label for row in table.rows[1:4]] == ["B, North", "B, South", "B, West"]
    assert table.rows[1].cells[0].text == "16"


def _tables(study: Study) -> list[Table]:
    return further_group_tables(study, Numbers(subgroup_results(_moments({}), study)))
