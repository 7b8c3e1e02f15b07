"""dbt's own unit tests; every model, source and generic test is described; every source is written and read."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dagster_project.models.manifest import parsed_project
from dagster_project.models.project import DbtProject
from dagster_project.models.run_dbt import read_manifest, run_dbt
from dagster_project.settings import Settings
from dagster_project.study import MISSING_REASONS, codebook_tables, read_study
from dagster_project.warehouse import Warehouse

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


@pytest.mark.slow
def test_every_scoring_rule_holds(tested: tuple[dict, list[dict]]) -> None:
    _, results = tested
    assert {
        result["unique_id"].rsplit(".", 1)[1]: result["status"]
        for result in results
        if result["unique_id"].startswith("unit_test.")
    } == dict.fromkeys(
        (
            "an_answer_is_typed_against_its_anchors",
            "sums_over_times_and_covariates_are_summed_up_together",
            "a_covariate_that_is_not_known_may_be_its_mean",
            "who_counts_over_time_and_with_covariates",
            "who_counts_where_a_wave_is_planned_for_some",
            "an_item_may_allow_some_numbers_only",
            "a_duration_is_read_in_its_unit",
            "items_have_their_own_anchors_and_tables",
            "labels_and_special_codes_hold_in_their_wave_only",
            "declared_numbers_hold_however_they_are_spelled",
            "special_codes_of_the_roster_are_reasons",
            "absence_has_one_reason",
            "columns_of_numbers_are_typed_by_the_same_rules",
            "categories_and_numbers_are_typed_by_their_declaration",
            "a_return_without_an_answer_is_no_return",
            "a_skip_counts_as_it_is_declared",
            "who_is_not_planned_for_a_wave_is_no_drop_out",
            "reversal_is_against_the_declared_anchors",
            "sums_and_means_are_prorated_above_the_minimum",
            "a_composite_is_the_mean_of_its_subscales",
            "a_conversion_table_turns_a_complete_sum_into_a_score",
            "who_counts_in_a_number",
            "who_counts_over_time",
            "who_counts_where_change_needs_facts_of_the_roster",
            "who_counts_where_no_change_is_declared",
            "pairs_and_covariates_are_summed_up_together",
            "scores_over_the_waves_and_covariates_are_summed_up_together",
            "equal_changes_by_different_ways_are_one",
            "people_with_the_same_waves_are_summed_up_together",
            "people_with_the_same_answers_are_counted_together",
            "equal_scores_by_different_ways_are_one",
            "pairs_of_scales_whose_scores_mean_something",
            "only_people_who_answered_in_both_waves_are_paired",
            "only_people_who_answered_in_both_waves_are_in_pairs_of_categories",
            "days_are_counted_from_the_own_baseline",
            "people_with_the_same_times_are_summed_up",
            "planned_times_are_those_of_the_waves",
            "study_flow_adds_up",
            "answers_and_reasons_are_counted_item_by_item",
            "a_run_ends_where_an_answer_differs_or_is_missing",
            "a_sheet_is_marked_by_its_seconds_per_answered_item",
            "people_who_answered_all_items_are_counted_by_pairs_of_answers",
            "who_is_in_which_stratum_of_a_norm",
            "scores_are_compared_with_people_of_the_same_stratum",
            "people_of_a_stratum_with_the_same_score_are_counted",
        ),
        "pass",
    )


@pytest.mark.slow
def test_every_model_has_a_grain_and_describes_its_columns(tested: tuple[dict, list[dict]]) -> None:
    manifest, _ = tested
    models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    assert len(models) == len(list((DBT / "models").rglob("*.sql")))
    for name, model in models.items():
        assert "Grain: one row" in model["description"], name
        assert model["columns"], name
        assert all(column["description"] for column in model["columns"].values()), name
    # Marts of a fixed shape have a contract that holds it; the others have columns for items, scales, variables or waves.
    free = {
        name for name, model in models.items() if model["schema"] == "marts" and not model["config"]["contract"]["enforced"]
    }
    of_items = {"participants", "answers", "answer_sheets", "answer_codes", "scores"}
    assert free == of_items | {
        *("return_states", "planned_waves", "person_profiles", "score_profiles", "counted_profiles"),
    }
    tested_models = {
        node["attached_node"].rsplit(".", 1)[1]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["test_metadata"]["name"] == "grain" and node["attached_node"]
    }
    # A view's grain is that of the tables below it.
    views = {name for name, model in models.items() if model["config"]["materialized"] == "view"}
    assert set(models) - tested_models == views | {"score_profiles", "rejected_counts"}


@pytest.mark.slow
def test_every_source_is_described_read_and_written(tested: tuple[dict, list[dict]]) -> None:
    manifest, _ = tested
    assert all(source["description"] for source in manifest["sources"].values())
    dependencies = {
        dependency
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        for dependency in node["depends_on"]["nodes"]
    }
    assert manifest["sources"].keys() <= dependencies
    names = {source["name"] for source in manifest["sources"].values() if source["source_name"] == "codebook"}
    written = codebook_tables(read_study(DBT.parent / "tests" / "small_study")).keys() | {"wave_definitions"}
    assert names <= written
    # No table of the codebook, of the exports or of the models is named in SQL past its source or model.
    pattern = re.compile(r"\b(?:from|join)\s+(?:codebook|raw|staging|marts)\.\w+", re.IGNORECASE)
    for file in [*(DBT / "models").rglob("*.sql"), *(DBT / "macros").glob("*.sql"), *(DBT / "tests").rglob("*.sql")]:
        assert not pattern.findall(file.read_text(encoding="utf-8")), file


@pytest.mark.slow
def test_every_generic_test_is_described_and_used(tested: tuple[dict, list[dict]]) -> None:
    manifest, _ = tested
    names = {file.stem for file in (DBT / "tests" / "generic").glob("*.sql")}
    assert all(manifest["macros"][f"macro.wavehouse.test_{name}"]["description"] for name in names)
    used = {node["test_metadata"]["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"}
    assert names <= used
    assert used - names <= {"unique", "not_null", "accepted_values", "relationships"}


def test_what_only_duckdb_understands_stands_in_dispatched_macros() -> None:
    only_duckdb = re.compile(
        r"::|\b(?:unnest|string_agg|try_cast|try_strptime|hash|hugeint|nfc_normalize|regexp_full_match)\b|group by all|//"
    )
    for file in [*(DBT / "models").rglob("*.sql"), *(DBT / "macros").glob("*.sql"), *(DBT / "tests").rglob("*.sql")]:
        text = re.sub(r"{#.*?#}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        portable = re.sub(r"{% macro duckdb__.*?{%-? endmacro %}", "", text, flags=re.DOTALL)
        assert not only_duckdb.findall(portable), file


@pytest.mark.slow
def test_missing_reasons_have_the_numbers_of_the_codebook(
    tmp_path: Path, small_workspace: Any, share_parsed_models: Callable[[Settings], None]
) -> None:
    """Another list in the codebook makes another SQL: no macro has a list of its own."""
    file = tmp_path / "warehouse.duckdb"
    table = codebook_tables(read_study(DBT.parent / "tests" / "small_study"))["missing_reasons"]
    rows = [*table.to_pylist(), {"missing_reason": "asleep", "number": -12}]
    Warehouse(file).replace_tables("codebook", {"missing_reasons": pa.Table.from_pylist(rows, schema=table.schema)})
    share_parsed_models(small_workspace.settings)
    result = run_dbt(
        DbtProject(DBT, tmp_path, file),
        ["compile", "--quiet", "--inline", "{{ reason_words('code') }}, {{ reason_number('asleep') }}"],
        manifest=read_manifest(parsed_project(DbtProject.from_settings(small_workspace.settings))),
    )
    (node,) = result.result
    conditions = "".join(f" when {row['number']} then '{row['missing_reason']}'" for row in rows)
    assert (rows[0]["number"], len(rows)) == (-1, len(MISSING_REASONS) + 1)
    assert node.node.compiled_code == f"case code{conditions} end, -12"
