"""dbt's own unit tests, and that every model is described."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DBT = Path(__file__).parents[1] / "dbt"


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, list[dict]]:
    folder = tmp_path_factory.mktemp("dbt")
    environment = os.environ | {
        "WAVEHOUSE_FILE": str(folder / "unit.duckdb"),
        "DBT_PROFILES_DIR": str(DBT),
        "DBT_LOG_PATH": str(folder),
    }
    command = [
        str(Path(sys.executable).with_name("dbt")),
        "test",
        "--project-dir",
        str(DBT),
        "--target-path",
        str(folder),
        "--select",
        "test_type:unit",
    ]
    subprocess.run(command, env=environment, capture_output=True, check=False)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return manifest, json.loads((folder / "run_results.json").read_text(encoding="utf-8"))["results"]


def test_every_scoring_rule_holds(tested: tuple[dict, list[dict]]) -> None:
    _, results = tested
    assert {one["unique_id"].rsplit(".", 1)[1]: one["status"] for one in results} == dict.fromkeys(
        (
            "an_answer_is_typed_against_its_anchors",
            "labels_and_special_codes_hold_in_their_wave_only",
            "absence_has_one_reason",
            "categories_and_numbers_are_typed_by_their_declaration",
            "a_wave_not_returned_has_a_row_that_says_so",
            "reversal_is_against_the_declared_anchors",
            "sums_and_means_are_prorated_above_the_minimum",
            "a_composite_is_the_mean_of_its_subscales",
            "a_conversion_table_turns_a_complete_sum_into_a_score",
            "pairs_are_complete_and_change_has_the_declared_direction",
            "equal_changes_by_different_ways_are_one",
            "people_with_the_same_waves_are_summed_up_together",
            "equal_scores_by_different_ways_are_one",
            "only_people_who_answered_in_both_waves_are_paired",
            "study_flow_adds_up",
            "answers_are_counted_item_by_item",
        ),
        "pass",
    )


def test_every_model_has_a_grain_and_describes_its_columns(tested: tuple[dict, list[dict]]) -> None:
    manifest, _ = tested
    models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    assert len(models) == len(list((DBT / "models").rglob("*.sql")))
    for name, model in models.items():
        assert "Grain: one row" in model["description"], name
        assert model["columns"], name
        assert all(column["description"] for column in model["columns"].values()), name
    # Long marts have a fixed shape, which a contract holds. The wide ones follow the codebook.
    free = {
        name for name, model in models.items() if model["schema"] == "marts" and not model["config"]["contract"]["enforced"]
    }
    assert free == {"participants", "answer_sheets"}
    tested_models = {
        node["attached_node"].rsplit(".", 1)[1]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["test_metadata"]["name"] == "grain"
    }
    assert set(models) - tested_models == {"answers", "missing_answers", "participant_values"}  # views over wide marts
