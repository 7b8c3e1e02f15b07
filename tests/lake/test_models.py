"""The dbt project built in the working file and in a lake: every table and view equal, in both directions."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Run, Workspace

from dagster_project.lake_address import read_lake_address
from dagster_project.models.lake_build import build_in_lake
from dagster_project.warehouse import LakeError, identifier, literal


def test_models_are_the_same_in_the_file_and_in_the_lake(
    small_run: tuple[Workspace, Run],
    copy_of: Callable[[Workspace, Path], Workspace],
    lake_variables: dict[str, str],
    tmp_path: Path,
) -> None:
    study = copy_of(small_run[0], tmp_path / "study")
    settings = replace(study.settings, lake=read_lake_address(lake_variables))
    tables = build_in_lake(settings)
    assert tables.lake.name == "work_small_study"
    differing, types = (
        [],
        "select schema_name, table_name, column_name, data_type from duckdb_columns() where database_name = {}",
    )
    with tables.lake.connect() as connection:
        # Views of the working file name their tables with the file's own name.
        connection.execute(f"attach {literal(str(settings.warehouse_file))} as warehouse (read_only)")
        relations = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'warehouse' union"
            " select schema_name, view_name from duckdb_views() where database_name = 'warehouse'"
        ).fetchall()
        models = [(schema, name) for schema, name in relations if schema in ("staging", "marts")]
        for schema, name in models:
            for first, second in (("lake", "warehouse"), ("warehouse", "lake")):
                rows = f"from {first}.{schema}.{identifier(name)} except all from {second}.{schema}.{identifier(name)}"
                if connection.execute(f"select 1 from ({rows}) limit 1").fetchall():
                    differing.append((first, schema, name))
        other_types = connection.execute(
            f"select * from ({types.format(literal('warehouse'))} and schema_name in ('staging', 'marts') except all"
            f" {types.format(literal('lake'))})"
        ).fetchall()
    assert (differing, other_types) == ([], [])
    assert len(models) == tables.models > 60
    assert tables.tests > 50
    with tables.lake.connect() as connection:
        assert len(connection.execute("from lake.snapshots()").fetchall()) == 1


def test_working_tables_need_a_catalogue_for_two_programs(
    small_run: tuple[Workspace, Run], file_lake_variables: dict[str, str]
) -> None:
    settings = replace(small_run[0].settings, lake=read_lake_address(file_lake_variables))
    with pytest.raises(LakeError) as refusal:
        build_in_lake(settings)
    folder = file_lake_variables["WAVEHOUSE_LAKE_CATALOG"]
    assert str(refusal.value) == (
        f"work_small_study in folder {folder}, data in {folder}/data: working tables need a catalogue in PostgreSQL; a file"
        " serves one program at a time"
    )
