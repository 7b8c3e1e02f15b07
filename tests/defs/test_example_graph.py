"""The whole graph on the published study: R as the witness, the paper's numbers, lineage back to the raw columns."""

import csv
import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
StudyCopy = tuple[Any, Callable[[], Any]]


def _witness() -> dict[str, float]:
    lines = (ROOT / "tests" / "witness" / "peer_workers.csv").read_text(encoding="utf-8").splitlines()
    return {
        row["result_id"]: float(row["value"]) for row in csv.DictReader(line for line in lines if not line.startswith("#"))
    }


def test_every_result_is_what_r_makes_of_the_raw_exports(example_run: Any) -> None:
    workspace, run = example_run
    assert run.success, run.failures
    ours, theirs = workspace.values(), _witness()
    assert len(theirs) > 1000
    assert theirs.keys() <= ours.keys()
    # From the raw files R makes the statistics of the published tables; the others have witnesses in tests/statistics.
    published = {(one.split("/")[0], one.rsplit("/", 1)[1]) for one in theirs}
    assert {one for one in ours if (one.split("/")[0], one.rsplit("/", 1)[1]) in published} == theirs.keys()
    far = {one: (ours[one], theirs[one]) for one in theirs if not math.isclose(ours[one], theirs[one], rel_tol=1e-9)}
    assert far == {}


def test_the_papers_numbers(example_run: Any) -> None:
    workspace, run = example_run
    counts = {
        row["verdict"]: row["n"]
        for row in workspace.released("select verdict, count(*) as n from results.reproduction group by verdict")
    }
    assert sum(counts.values()) == 717
    assert counts == {"reproduced": 696, "impossible": 21}
    others = workspace.released(
        "select printed, computed_printed, verdict, reason from results.reproduction where verdict <> 'reproduced'"
    )
    assert all(row["reason"] for row in others)
    passed, said = run.checks["results/reproduction", "nothing_differs"]
    assert said == "696 of 717 printed values reproduced, 21 impossible, 0 differ"
    assert passed


def test_rows_of_every_export_are_conserved(example_run: Any) -> None:
    workspace, _ = example_run
    rows = workspace.working("select export, rows_in_file, rows_accepted, rows_set_aside from raw.exports order by export")
    assert [tuple(row.values()) for row in rows] == [
        ("roster", 32, 32, 0),
        ("t1", 32, 32, 0),
        ("t2", 22, 20, 2),
        ("t3", 21, 21, 0),
    ]
    aside = workspace.working("select reason, source_row from raw.set_aside_rows order by source_row")
    assert [row["reason"] for row in aside] == ["preview", "unfinished"]
    assert workspace.working("select * from staging.rejected_answers") == []


def test_the_release_answers_in_sql_while_the_working_file_is_written(example_run: Any) -> None:
    workspace, _ = example_run
    wanted = "select * from results.results where result_id = 'change/wellbeing/T1-T2/p'"
    held = duckdb.connect(str(workspace.settings.warehouse_file))
    try:
        held.execute("begin; create schema if not exists scratch; create or replace table scratch.t as select 1 as a")
        with duckdb.connect(str(workspace.release / "warehouse.duckdb"), read_only=True) as person:
            found = person.execute(wanted).fetchall()
        held.execute("rollback")
    finally:
        held.close()
    assert len(found) == 1
    assert pytest.approx(_witness()["change/wellbeing/T1-T2/p"], rel=1e-9, abs=0) in found[0]


def test_column_lineage_reaches_from_scores_to_raw_items(example_run: Any) -> None:
    """Followed step by step, as the Dagster UI shows it, every score's column ends in the items of raw/t1."""
    _, run = example_run
    lineage = {
        key: made["dagster/column_lineage"].value.deps_by_column
        for key, made in run.metadata.items()
        if "dagster/column_lineage" in made
    }

    def sources(key: str, column: str, seen: set[tuple[str, str]]) -> set[tuple[str, str]]:
        if (key, column) in seen:
            return set()
        seen.add((key, column))
        deps = lineage.get(key, {}).get(column)
        if not deps:
            return {(key, column)}
        return set().union(*(sources(dep.asset_key.to_user_string(), dep.column_name, seen) for dep in deps))

    ends = {column for key, column in sources("marts/scale_scores", "score", set()) if key == "raw/t1"}
    items = {
        f"{name}_{position:02d}"
        for name, count in (("wemwbs", 14), ("mjs", 43), ("itpps", 52), ("mbi_hss", 22))
        for position in range(1, count + 1)
    }
    assert items <= ends
    wide = sources("marts/scores", "pay", set())
    assert {column for key, column in wide if key == "raw/t1"} == {f"mjs_{position:02d}" for position in range(28, 32)}


def test_every_asset_says_what_it_is(example_run: Any) -> None:
    workspace, run = example_run
    for key in ("raw/t1", "raw/t2", "raw/t3", "raw/roster"):
        made = run.metadata[key]
        assert re.fullmatch("[0-9a-f]{64}", made["sha256"].value)
        assert made["rows accepted"].value + made["rows set aside"].value == made["rows in the file"].value
    for key in ("characteristics", "service_use", "summary", "change"):
        assert run.metadata[f"results/{key}"]["table"].value.count("\n") > 10
    described = run.metadata["marts/answer_sheets"]["dagster/column_schema"].schema.columns
    assert [column.name for column in described if not column.description] == []
    undescribed = workspace.released(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and comment is null"
        " and table_name not in (select view_name from duckdb_views())"
    )
    assert undescribed == []
    tables = workspace.released(
        "select table_name as name, comment from duckdb_tables() where schema_name = 'marts'"
        " union all select view_name, comment from duckdb_views() where schema_name = 'marts'"
    )
    assert len(tables) > 30
    assert [table["name"] for table in tables if "Grain: one row" not in (table["comment"] or "")] == []


def test_corrected_answers_change_what_depends_on_them_and_nothing_else(corrected_example: Any) -> None:
    """Answers to a wellbeing and a burnout item at T2: only what is made of these in T2 and in T1-T2 may move."""
    before_run, workspace = corrected_example.first, corrected_example.workspace
    verdicts = before_run.released("select line, verdict from results.reproduction order by line")
    everything = "select * exclude (run_id, computed_at) from results.results"
    before = {row["result_id"]: row for row in before_run.released(everything)}
    after = {row["result_id"]: row for row in workspace.released(everything)}
    changed = {one for one in before if before[one] != after[one]}
    assert {"summary/wellbeing/T2/mean", "change/wellbeing/T1-T2/p"} <= changed
    # What is made of the answers of T2 alone, or of T1 and T2, moves with them; so does what is made of all waves at once,
    # and the adjustment of the other tests of the family.
    of_t2 = {
        "items": "T2",
        "summary": "T2",
        "norm_difference": "T2",
        "measurement": "T2",
        "change": "T1-T2",
        "reliable_change": "T1-T2",
        "clinical_change": "T1-T2",
        "common_metric": "T2",
    }
    of_all_waves = {"mixed", "imputation", "missingness", "stability"}
    for one in changed - {one for one in changed if one.endswith(("/p_holm", "/p_bh"))}:
        analysis, scale, *rest = one.split("/")
        items = ("wemwbs_04", "mbi_hss_06") if analysis == "items" else ()
        assert scale in ("wellbeing", "emotional_exhaustion", *items), one
        assert analysis in of_all_waves or of_t2[analysis] in rest, one
    moved = [
        (a["line"])
        for a, b in zip(
            verdicts, workspace.released("select line, verdict from results.reproduction order by line"), strict=True
        )
        if a != b
    ]
    assert moved
    stamps = workspace.released(
        "select distinct run_id = (select run_id from results.results where result_id = 'change/wellbeing/T1-T2/p') as is_new, count(*) as n from results.results group by all"
    )
    assert {row["is_new"]: row["n"] for row in stamps}[True] == len(changed)


@pytest.mark.parametrize(
    ("model", "table"),
    [
        ("scale_moments", "marts.counted_profiles"),
        ("change_moments", "marts.counted_profiles"),
        ("pattern_moments", "marts.score_profiles"),
        ("leaver_moments", "marts.counted_profiles"),
        ("number_moments", "marts.participant_values"),
        ("item_moments", "marts.answer_codes"),
    ],
)
def test_moments_do_not_depend_on_the_order_of_rows(example_run: Any, model: str, table: str) -> None:
    """On a busy machine the rows of a table came in another order, and the last digits of sums changed with it."""
    workspace, _ = example_run
    (compiled,) = (workspace.settings.dbt_target / "compiled").rglob(f"{model}.sql")
    schema, name = table.split(".")
    original = f'"warehouse"."{schema}"."{name}"'
    query = compiled.read_text(encoding="utf-8")
    assert original in query
    with duckdb.connect(config={"threads": "4"}) as connection:
        connection.execute(f"attach '{workspace.settings.warehouse_file}' as warehouse (read_only)")
        found = set()
        for seed in range(12):
            connection.execute(
                f"create or replace temporary table shuffled as select * from {original} as t order by hash(({seed}, t))"
            )
            found.add(
                str(connection.execute(f"select * from ({query.replace(original, 'shuffled')}) order by all").fetchall())
            )
    assert len(found) == 1


def test_sums_are_exact_to_the_last_digit(example_run: Any) -> None:
    """Whatever the values are: the mean is the one that fractions give, rounded once for the sum and once for the division."""
    workspace, _ = example_run
    (compiled,) = (workspace.settings.dbt_target / "compiled").rglob("scale_moments.sql")
    query = compiled.read_text(encoding="utf-8")
    rng = np.random.default_rng(5)
    values = [
        *rng.normal(0, 40, 300),
        *(rng.integers(1, 60, 300) / rng.integers(1, 9, 300)),
        1 / 3,
        -1 / 3,
        0.1,
        1e6 + 1 / 7,
    ]
    weights = [int(weight) for weight in rng.integers(1, 100_000, len(values))]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{workspace.settings.warehouse_file}' as warehouse (read_only)")
        connection.execute(
            "create temporary table given as select 'wellbeing' as measure, 'scale' as kind, 'score' as people, 'T1' as moment,"
            " true as is_counted, unnest(?::double[]) as value, unnest(?::bigint[]) as n",
            [values, weights],
        )
        wanted = '"warehouse"."marts"."counted_profiles"'
        assert wanted in query
        (row,) = connection.execute(
            f"select n, mean from ({query.replace(wanted, 'given')}) where scale = 'wellbeing' and wave = 'T1'"
        ).fetchall()
    # Below 2^-53 a value's rest is rounded once: here that loses nothing that a double can hold.
    total = sum((Fraction(value) * weight for value, weight in zip(values, weights, strict=True)), Fraction(0))
    assert row[0] == sum(weights)
    assert row[1] == pytest.approx(float(total / sum(weights)), rel=4e-16)


@pytest.mark.parametrize("name", ["characteristics", "service_use", "summary", "change", "reproduction"])
def test_tables_are_released_as_csv(example_run: Any, name: str) -> None:
    workspace, _ = example_run
    files = (workspace.release / "tables").iterdir()
    (file,) = [file for file in files if re.fullmatch(rf"(table_\d_)?{name}\.csv", file.name)]
    rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) > 10
    assert len({len(row) for row in rows}) == 1
