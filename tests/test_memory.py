"""How much memory DuckDB takes: WAVEHOUSE_MEMORY, for all connections and for dbt, and what is said where it does not suffice."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from dagster_project.cli import main
from dagster_project.memory import DEFAULT_MEMORY, MemorySettingError, limit_memory, memory_limit, read_memory
from dagster_project.warehouse import Warehouse, WarehouseError

#: More than fits: one value cannot be written to the disk in parts.
_TOO_MUCH = "select len(list(number)) from range(100000000) as numbers(number)"


@pytest.fixture(autouse=True)
def _default_again() -> Iterator[None]:
    yield
    limit_memory({})


@pytest.mark.parametrize("text", ["4GB", "4 gb", "2.5GB", "900MiB", " 1TB "])
def test_an_amount_is_a_number_and_a_unit(text: str) -> None:
    assert read_memory({"WAVEHOUSE_MEMORY": text}) == text.replace(" ", "")


def test_without_the_setting_the_default_holds() -> None:
    assert read_memory({}) == read_memory({"WAVEHOUSE_MEMORY": " "}) == DEFAULT_MEMORY


@pytest.mark.parametrize("text", ["four", "80%", "-1GB", "4", "1000000000", "4 GB please", "4kB"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(MemorySettingError) as refusal:
        read_memory({"WAVEHOUSE_MEMORY": text})
    assert str(refusal.value) == (
        f"WAVEHOUSE_MEMORY: {text!r} is no amount of memory; write a number and MB, GB or TB, such as 4GB"
    )


def test_too_little_for_any_study_is_refused_before_anything_is_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVEHOUSE_MEMORY", "100MB")
    assert main(["trace", "summary/mood/T1/n"]) == 2
    assert capsys.readouterr().err == (
        "wavehouse: WAVEHOUSE_MEMORY: 100MB is too little for any study; give at least 250MB\n"
    )


def test_connections_have_the_limit(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    warehouse.replace_tables("s", {"t": pa.table({"a": [1]})})
    limits = [_limit_of(warehouse)]
    limit_memory({"WAVEHOUSE_MEMORY": "500MiB"})
    limits.append(_limit_of(warehouse))
    assert limits == ["1.6 GiB", "500.0 MiB"]


def _limit_of(warehouse: Warehouse) -> Any:
    return warehouse.rows("select current_setting('memory_limit') as value")[0]["value"]


def test_dbt_has_the_same_default() -> None:
    """DuckDB shares a file that is open with connections of the same settings alone."""
    profile = yaml.safe_load((Path(__file__).parents[1] / "dbt" / "profiles.yml").read_text(encoding="utf-8"))
    for target in ("working_file", "lake"):
        settings = profile["wavehouse"]["outputs"][target]["config_options"]
        assert settings["memory_limit"] == f"{{{{ var('memory_limit', '{DEFAULT_MEMORY}') }}}}"


def test_what_does_not_fit_is_said_with_the_cure(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    warehouse.replace_tables("s", {"t": pa.table({"a": [1]})})
    limit_memory({"WAVEHOUSE_MEMORY": "250MB"})
    assert memory_limit() == "250MB"
    with pytest.raises(WarehouseError) as refusal:
        warehouse.rows(_TOO_MUCH)
    assert str(refusal.value) == (
        f"{warehouse.path}: 250MB of memory are too little for this study; give more by WAVEHOUSE_MEMORY, such as 4GB"
    )


def test_a_run_keeps_to_it_with_dbt(small_copy: tuple[Any, Callable[[], Any]]) -> None:
    """DuckDB refuses to share the file that the run has open with a connection of another limit: dbt's has the same."""
    _, run_again = small_copy
    limit_memory({"WAVEHOUSE_MEMORY": "300MB"})
    run = run_again()
    assert run.success, run.failures
