"""Two files beside one another: what is counted, what is listed, what a history keeps, and files that are unlike or too old."""

from dataclasses import asdict
from pathlib import Path

import duckdb
import pytest

from dagster_project.release.diff import diff_of_files, list_changes, remember_diff
from dagster_project.results import RULE_TABLES, SINGLE_RULES, DiffRow, diff_markdown
from dagster_project.study import codebook_tables, read_study
from dagster_project.warehouse import Warehouse, WarehouseError

#: Answers as (person, wave, a, b); a code below 1 is a reason. Scores as (person, wave, whole, reason).
Answers = list[tuple[str, str, int, int]]
OLD: Answers = [("p1", "T1", 1, 2), ("p2", "T1", 3, -1), ("p3", "T1", 2, 2), ("p1", "T2", 4, 4)]


def _file(
    path: Path, answers: Answers, *, codes: bool, items: tuple[str, ...] = ("a", "b"), means: dict[str, float]
) -> Path:
    """A release in little: as it is stored (codes, scores) with views for people, or as older ones were, in tables."""
    people = sorted({row[0] for row in answers})
    with duckdb.connect(str(path)) as connection:
        run = connection.execute
        run("create schema marts; create schema codebook; create schema results")
        run("create table codebook.items (item varchar, low integer, high integer, item_order integer)")
        connection.executemany("insert into codebook.items values (?, 1, 5, 1)", [[item] for item in items])
        run("create table codebook.scales as select 'whole' as scale, 1 as scale_order")
        run("create table marts.participants as select unnest(?) as participant_id", [people])
        run("create table results.results (result_id varchar, statistic varchar, value double, printed varchar)")
        for result in means.items():
            run("insert into results.results values (?, 'p', ?, '?')", list(result))
        run("create table marts.sheets (participant_id varchar, wave varchar, a smallint, b smallint)")
        connection.executemany("insert into marts.sheets values (?, ?, ?, ?)", answers)
        item_list = ", ".join(items)
        words = ", ".join(
            f"case when {i} >= 1 then {i} end as {i}, case when {i} < 1 then 'blank' end as {i}__missing" for i in items
        )
        score = "case when a >= 1 and b >= 1 then (a + b) / 2 end"
        kinds = ("view", "view") if codes else ("table", "table")
        if codes:
            run(f"create table marts.answer_codes as select participant_id, wave, {item_list} from marts.sheets")
            run(
                f"create table marts.scores as select participant_id, wave, {score} as whole,"
                f" case when {score} is null then 1 end as whole__reason from marts.sheets"
            )
        run(
            f"create {kinds[0]} marts.answer_sheets as select participant_id, wave, true as is_returned, {words} from marts.sheets"
        )
        run(
            f"create {kinds[1]} marts.scale_scores as select participant_id, wave, 'whole' as scale, {score} as score,"
            f" case when {score} is null then 'too few' end as missing_reason from marts.sheets"
        )
    return path


def _counts(rows: list[DiffRow]) -> set[tuple[str, str | None, str, int, int | None]]:
    return {(row.kind, row.wave, row.what, row.n, row.people) for row in rows}


NEW: Answers = [("p1", "T1", 1, 3), ("p2", "T1", 3, 4), ("p1", "T2", 4, 4), ("p4", "T1", 5, -1), ("p2", "T2", 2, 2)]
EXPECTED = {
    ("person", None, "joined", 1, 2), ("person", None, "left", 1, 2),
    # b of p1 and p2 changed; p3 went with two answers; p4 came with one. In T2 p2 came.
    ("answer", "T1", "a", 2, 4), ("answer", "T1", "b", 3, 4), ("answer", "T2", "a", 1, 1), ("answer", "T2", "b", 1, 1),
    # p1 1.5 to 2, p2 none to 3.5, p3 gone; p4 has no score to come with.
    ("score", "T1", "whole", 3, 3), ("score", "T2", "whole", 1, 1),
    ("result", None, "change/x/p", 1, None), ("significance", None, "change/x/p", 1, None),
}  # fmt: skip


@pytest.mark.parametrize("old_codes", [True, False])
@pytest.mark.parametrize("new_codes", [True, False])
def test_files_stored_alike_or_not_give_the_same_counts_and_nothing_of_a_person(
    tmp_path: Path, old_codes: bool, new_codes: bool
) -> None:
    old = _file(tmp_path / "old.duckdb", OLD, codes=old_codes, means={"change/x/p": 0.04})
    new = _file(tmp_path / "new.duckdb", NEW, codes=new_codes, means={"change/x/p": 0.06})
    rows = diff_of_files(old, new)
    assert _counts(rows) == EXPECTED
    assert not {"p1", "p2", "p3", "p4"} & {str(value) for row in rows for value in vars(row).values()}
    changes = set(list_changes(old, new))
    assert changes == {
        ("person", "p3", None, "participant", "on the roster", None),
        ("person", "p4", None, "participant", None, "on the roster"),
        ("answer", "p1", "T1", "b", "2", "3"), ("answer", "p2", "T1", "b", "blank", "4"),
        ("answer", "p3", "T1", "a", "2", None), ("answer", "p3", "T1", "b", "2", None),
        ("answer", "p4", "T1", "a", None, "5"),
        ("answer", "p2", "T2", "a", None, "2"), ("answer", "p2", "T2", "b", None, "2"),
        ("score", "p1", "T1", "whole", "1.5", "2.0"), ("score", "p2", "T1", "whole", "too few", "3.5"),
        ("score", "p3", "T1", "whole", "2.0", None), ("score", "p2", "T2", "whole", None, "2.0"),
    }  # fmt: skip
    assert diff_of_files(old, _file(tmp_path / "same.duckdb", OLD, codes=new_codes, means={"change/x/p": 0.04})) == []


def test_an_item_that_only_one_file_has_changed_for_everybody_who_answered_it(tmp_path: Path) -> None:
    old = _file(tmp_path / "old.duckdb", OLD, codes=True, items=("a",), means={})
    new = _file(tmp_path / "new.duckdb", OLD, codes=True, means={})
    answers = {row for row in _counts(diff_of_files(old, new)) if row[0] == "answer"}
    assert answers == {("answer", "T1", "b", 3, 3), ("answer", "T2", "b", 1, 1)}


def test_a_file_that_is_too_old_or_the_same_is_refused(tmp_path: Path) -> None:
    new = _file(tmp_path / "new.duckdb", OLD, codes=True, means={})
    old = tmp_path / "old.duckdb"
    with duckdb.connect(str(old)) as connection:
        connection.execute("create schema codebook; create table codebook.items as select 'a' as item")
    with pytest.raises(
        WarehouseError,
        match=r"old.duckdb: too old to be compared, it has no codebook.scales; compare releases that were made since$",
    ):
        diff_of_files(old, new)
    with pytest.raises(WarehouseError, match=r"new.duckdb: both names are the same release; name two different ones$"):
        diff_of_files(new, new)
    with pytest.raises(WarehouseError, match=r"gone.duckdb: there is no such file to compare; check the release's name$"):
        diff_of_files(tmp_path / "gone.duckdb", new)


def test_a_run_goes_on_after_a_release_that_cannot_be_compared(tmp_path: Path) -> None:
    old_file = _file(tmp_path / "old.duckdb", OLD, codes=True, means={})
    with duckdb.connect(str(old_file)) as connection:
        connection.execute("drop table codebook.scales")
    working = Warehouse(_file(tmp_path / "working.duckdb", NEW, codes=True, means={}))
    (row,) = remember_diff(working, old_file, ("r1", "r2"), [])
    assert (row.kind, row.what, row.from_release, row.to_release) == ("rule", "the whole release", "r1", "r2")
    assert (row.before, row.after) == ("by a version of Wavehouse that cannot be compared", "by this version")
    assert working.rows("select what from results.release_diff") == [{"what": "the whole release"}]


def test_a_history_keeps_what_it_may_of_older_releases(tmp_path: Path) -> None:
    """Erased people stayed in the diffs of later releases: what older ones told of people is left behind."""
    old_file = _file(tmp_path / "old.duckdb", OLD, codes=False, means={})
    with duckdb.connect(str(old_file)) as connection:
        connection.execute(
            "create table results.release_diff as select * from (values"
            " ('r0', 'r1', 'answer', 'p5', 'T1', 'a', '1', '2', 1::double, 2::double),"
            " ('r0', 'r1', 'result', null, null, 'change/x/n', '4', '5', 4.0, 5.0),"
            " ('q', 'r0', 'result', null, null, 'change/x/n', '3', '4', 3.0, 4.0))"
            " as t(from_release, to_release, kind, participant_id, wave, what, before, after, before_value, after_value)"
        )
    working = Warehouse(_file(tmp_path / "working.duckdb", NEW, codes=True, means={}))
    rows = remember_diff(working, old_file, ("r1", "r2"), ["r1"])
    assert {(row.from_release, row.to_release) for row in rows} == {("r1", "r2")}
    diff_rows = working.rows("select * from results.release_diff")
    assert diff_rows[1:] == [asdict(row) for row in rows]
    assert {name: value for name, value in diff_rows[0].items() if value is not None} == {
        "from_release": "r0", "to_release": "r1", "kind": "result", "what": "change/x/n", "before": "4", "after": "5",
        "before_value": 4.0, "after_value": 5.0, "n": 1,
    }  # fmt: skip
    assert not {"p1", "p2", "p3", "p4", "p5"} & {str(value) for row in diff_rows for value in row.values()}


def test_a_changed_rule_is_named_before_what_follows_from_it(tmp_path: Path) -> None:
    """Two releases of one state, in the second of which the score asks for fewer items, one is turned and an error rate moved."""
    old, new = (
        _file(tmp_path / f"{name}.duckdb", OLD, codes=True, means={"change/whole/T1-T2/p": p})
        for name, p in (("old", 0.04), ("new", 0.2))
    )
    for file, rule, turned_from, alpha in (
        (old, "sum of 2 items, all answered", None, 0.05),
        (new, "mean of 2 items", 6, 0.01),
    ):
        with duckdb.connect(str(file)) as connection:
            connection.execute(
                "alter table codebook.scales add column rule varchar; alter table codebook.scales add column label varchar"
            )
            connection.execute("update codebook.scales set rule = $1, label = $1", [rule])
            connection.execute(
                "create table codebook.scale_items as select * from (values ('whole', 'a', 1, null::int), ('whole', 'b', 2, null::int)) as t(scale, item, item_order, turned_from)"
            )
            connection.execute("update codebook.scale_items set turned_from = ? where item = 'b'", [turned_from])
            connection.execute("create table codebook.plan as select ?::double as alpha, 1 as seed", [alpha])
            connection.execute(
                "create table codebook.planned_for as select 'T2' as wave, null::varchar as block, 'arm' as variable, 'x' as category"
            )
            if file == new:
                connection.execute("alter table codebook.plan add column margin double; update codebook.plan set margin = 1")
                connection.execute("insert into codebook.planned_for values ('T3', null, 'arm', 'x')")
                connection.execute("create table codebook.variants as select 'a' as variant, 'arm' as subject")
    rows = diff_of_files(old, new)
    assert [(row.what, row.before, row.after) for row in rows if row.kind == "rule"] == [
        ("scale whole", "sum of 2 items, all answered", "mean of 2 items"),
        ("item of a scale whole, b", "turned from none", "turned from 6"),
        ("for whom it is planned T3, arm, x", None, "there"),
        ("plan, alpha", "0.05", "0.01"),
    ]
    markdown = diff_markdown(rows)
    assert markdown.startswith("Changed: 4 rules, 1 result, 1 p that crossed .05.\n\n| rule | before | after |")
    tables = [
        line
        for line in markdown.splitlines()
        if line.startswith(("| rule", "| of", "| whole", "| significance", "| result"))
    ]
    assert tables == [
        "| rule | before | after |", "| of | scores | results | p that crossed .05 |", "| whole | 0 | 1 | 1 |",
        "| significance | before | after |", "| result | before | after |",
    ]  # fmt: skip


#: Tables of the codebook of which no row is a rule: names and sources, what other tables say in full, and marks of a state.
_NO_RULES = {
    "assumptions", "definition_files", "definitions", "estimands", "instruments", "missing_reasons", "services", "study",
    "variant_people", "variant_scale_items", "variant_scales", "wave_definitions", "wave_exports",
}  # fmt: skip


def test_what_a_table_of_the_codebook_declares_is_a_rule() -> None:
    """A declaration that gets a table of its own is compared: otherwise its edit would change numbers without a word."""
    study = read_study(Path(__file__).parents[1] / "small_study")
    tables = codebook_tables(study)
    of_rows = {rules.table: rules for rules in RULE_TABLES}
    assert {*tables} - _NO_RULES <= {*of_rows, *SINGLE_RULES}
    assert not _NO_RULES & {*of_rows, *SINGLE_RULES}
    for name, rules in of_rows.items():
        assert {*rules.key, *rules.no_rules} <= {*tables[name].column_names}, name
    for name, columns in SINGLE_RULES.items():
        assert {*columns} <= {*tables[name].column_names}, name


def test_changed_rules_of_growth_windows_scenarios_and_norms_are_named(tmp_path: Path) -> None:
    old, new = (_file(tmp_path / f"{name}.duckdb", OLD, codes=True, means={}) for name in ("old", "new"))
    for file, df, last, delta, mean in ((old, "satterthwaite", 110, 0.5, 3), (new, "kenward_roger", 115, 0.7, 4)):
        with duckdb.connect(str(file)) as connection:
            connection.execute("create table codebook.growth as select 'planned' as time, ? as df", [df])
            connection.execute(
                "create table codebook.visit_windows as select 'T2' as wave, 70 as earliest_day, ? as latest_day", [last]
            )
            connection.execute("create table codebook.scenarios as select 'worse' as scenario, ?::double as delta", [delta])
            connection.execute("create table codebook.ordinal_scales as select 'whole' as scale, 1 as scale_order")
            if file == new:
                connection.execute("delete from codebook.ordinal_scales")
            connection.execute(
                "create table codebook.norms as select * from (values ('whole', 'general', 10::double), ('whole', 'clinic', ?::double))"
                " as t(scale, sample, mean)",
                [mean],
            )
    rows = diff_of_files(old, new)
    assert [(row.what, row.before, row.after) for row in rows if row.kind == "rule"] == [
        ("scenario worse", "delta 0.5", "delta 0.7"),
        ("visit window T2", "latest day 110", "latest day 115"),
        ("reliability of ordered answers whole", "there", None),
        ("norm whole, clinic", "mean 3", "mean 4"),
        ("growth, df", "satterthwaite", "kenward_roger"),
    ]
