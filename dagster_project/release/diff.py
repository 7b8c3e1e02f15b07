"""The diff of two released files, and where it is kept.

Belongs here: which tables are compared by which key, and the table `results.release_diff`. Does not belong here: comparing
(warehouse/), what a difference means (results/).

A history of releases holds counts of what people changed, and which two releases to look at; `list_changes` lists them from
the files themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dagster_project.results import (
    COUNTED_KINDS,
    RELEASE_DIFF_TABLE,
    RULE_TABLES,
    SINGLE_RULES,
    DiffRow,
    ReleaseChange,
    ReleasedNumber,
    claim_changes,
    count_rows,
    result_changes,
    rule_change,
    single_change,
)
from dagster_project.warehouse import (
    Cell,
    FilePair,
    IncomparableError,
    RowValues,
    Warehouse,
    WideTable,
    identifier,
    literal,
    open_file_pair,
    replace_table,
)

#: The columns of a list of changes, one a person, or an answer or score of one.
LIST_COLUMNS = ("kind", "participant_id", "wave", "what", "before", "after")
_BY_WAVE = ("participant_id", "wave")
_LONG = (*_BY_WAVE, "scale", "score", "missing_reason")
_MISSING = "__missing"
_NEEDED = (
    ("codebook", "items"), ("codebook", "scales"), ("marts", "participants"), ("marts", "answer_sheets"),
    ("marts", "scale_scores"), ("results", "results"),
)  # fmt: skip


def diff_of_files(old: Path, new: Path, *, is_joinable: bool = True) -> list[DiffRow]:
    """What changed from one released (or working) file to another, from the people down to the results. is_joinable: whether
    their pseudonyms are of one key; else no person of one is anybody of the other, and people, answers and scores are not
    compared."""
    with open_file_pair(old, new) as files:
        _refuse_too_old(files, old, new)
        rows = [*_rules(files)] if is_joinable else [_OTHER_KEY, *_rules(files)]
        if is_joinable:
            rows += _counts(files)
        return [
            *rows,
            *claim_changes(
                (row.key["claim_id"], _verdict(row.old_values), _verdict(row.new_values))
                for row in files.changed_rows("results", "claims", ["claim_id"])
            ),
            *result_changes(
                (row.key["result_id"], _number(row.old_values), _number(row.new_values))
                for row in files.changed_rows("results", "results", ["result_id"], ["run_id", "computed_at"])
            ),
        ]


def _counts(files: FilePair) -> list[DiffRow]:
    """How many people joined and left, and how many answers and scores changed."""
    n_left, n_joined = files.count_one_sided("marts", "participants", "participant_id")
    rows = count_rows("person", None, n_left + n_joined, {"joined": n_joined, "left": n_left})
    for kind, wide in (("answer", _answers(files)), ("score", _scores(files))):
        for counts in files.count_cells(wide):
            rows += count_rows(kind, counts.group, counts.rows, counts.cells)
    return rows


def list_changes(old: Path, new: Path) -> Iterator[tuple[Any, ...]]:
    """Each person who joined or left, each answer and each score that changed, as LIST_COLUMNS, one after the other."""
    with open_file_pair(old, new) as files:
        _refuse_too_old(files, old, new)
        for person, is_new in files.list_one_sided("marts", "participants", "participant_id"):
            roster = "on the roster"
            yield ("person", person, None, "participant", None if is_new else roster, roster if is_new else None)
        sheets, pivoted = _answer_sheets(files), _long_scores(files)
        words = {
            "answer": {item: f"coalesce(row.{identifier(item)}::varchar, {_missing(item)})" for item in sheets.cells},
            "score": {scale: f"coalesce(row.{identifier(scale)}::varchar, {_missing(scale)})" for scale in pivoted.cells},
        }
        for kind, wide, words_of in (("answer", _answers(files), sheets), ("score", _scores(files), pivoted)):
            for row in files.list_cells(wide, words_of, words[kind]):
                yield (kind, *row)


def _rules(files: FilePair) -> Iterator[DiffRow]:
    """The definitions that differ. What only one version of the codebook says is not compared: nobody changed it."""
    for rules in RULE_TABLES:
        old, new = (files.columns(side, "codebook", rules.table) for side in ("old", "new"))
        if not {*rules.key} <= old.keys() & new.keys():
            continue
        ignored_columns = (*rules.ignored_columns, *(old.keys() ^ new.keys()))
        for row in files.changed_rows("codebook", rules.table, rules.key, ignored_columns):
            yield rule_change(rules, row.key, row.old_values, row.new_values)
    for table, names in SINGLE_RULES.items():
        columns = [files.columns(side, "codebook", table) for side in ("old", "new")]
        for name in names:
            if all(name in side_columns for side_columns in columns):
                old_value, new_value = (_single_value(files, side, table, name) for side in ("old", "new"))
                if old_value != new_value:
                    yield single_change(table, name, old_value, new_value)


def _single_value(files: FilePair, side: str, table: str, column: str) -> object:
    """The value of the only row; None where there is no row."""
    rows = files.rows(side, f"select {column} from {{0}}.codebook.{table}")
    return rows[0][0] if rows else None


def _missing(name: str) -> str:
    return f"row.{identifier(name + _MISSING)}"


def _refuse_too_old(files: FilePair, old: Path, new: Path) -> None:
    for side, path in (("old", old), ("new", new)):
        for schema, table in _NEEDED:
            if not files.columns(side, schema, table):
                raise IncomparableError(
                    f"{path}: too old to be compared, it has no {schema}.{table}; compare releases that were made since"
                )


def _answers(files: FilePair) -> WideTable:
    """Answers as stored, one code an item, where both files have them so; else as written for people."""
    if not _both_have(files, "answer_codes"):
        return _answer_sheets(files)
    cells = {
        item: Cell((item,), f"row.{identifier(item)} between {low} and {high}")
        for item, (low, high) in _items(files).items()
    }
    return replace(_wide(files, "answer_codes", cells), stamps=_stamps(files))


def _answer_sheets(files: FilePair) -> WideTable:
    cells = {item: Cell((item, item + _MISSING), f"row.{identifier(item)} is not null") for item in _items(files)}
    return _wide(files, "answer_sheets", cells, "is_returned")


def _scores(files: FilePair) -> WideTable:
    """Scores as stored, one column a scale, where both files have them so; else of the long table."""
    if not _both_have(files, "scores"):
        return _long_scores(files)
    cells = {scale: Cell((scale, f"{scale}__reason"), f"row.{identifier(scale)} is not null") for scale in _scales(files)}
    return replace(_wide(files, "scores", cells), stamps=_stamps(files))


def _long_scores(files: FilePair) -> WideTable:
    cells = {scale: Cell((scale, scale + _MISSING), f"row.{identifier(scale)} is not null") for scale in _scales(files)}
    columns = "".join(
        f", any_value({value}) filter (where scale = {literal(scale)}) as {identifier(scale + suffix)}"
        for scale in cells
        for value, suffix in (("score", ""), ("missing_reason", _MISSING))
    )
    long = {side: files.select(side, "marts", "scale_scores", _LONG) for side in ("old", "new")}
    sources = {side: f"select participant_id, wave{columns} from ({sql}) group by 1, 2" for side, sql in long.items()}
    return WideTable(_BY_WAVE, cells, sources["old"], sources["new"])


def _wide(files: FilePair, table: str, cells: Mapping[str, Cell], condition: str = "true") -> WideTable:
    columns = [*_BY_WAVE, *dict.fromkeys(column for cell in cells.values() for column in cell.columns)]
    sources = {side: files.select(side, "marts", table, columns, condition) for side in ("old", "new")}
    return WideTable(_BY_WAVE, cells, sources["old"], sources["new"])


def _stamps(files: FilePair) -> tuple[str, str] | None:
    """The waves with what their rows were made from: exports, and the definitions and the code that touch them."""
    columns = ("wave", "content_stamp")
    if not all({*columns} <= files.columns(side, "marts", "wave_stamps").keys() for side in ("old", "new")):
        return None
    old, new = (files.select(side, "marts", "wave_stamps", columns) for side in ("old", "new"))
    return old, new


def _both_have(files: FilePair, table: str) -> bool:
    return all(files.columns(side, "marts", table) for side in ("old", "new"))


def _items(files: FilePair) -> dict[str, tuple[int, int]]:
    """The items of either file with their ends. Of two codebooks the earlier one's ends stand."""
    ends: dict[str, tuple[int, int]] = {}
    for side in ("old", "new"):
        # Answers are stored as whole numbers of their last decimal. Earlier releases know of no decimals.
        units = "power(10, decimals)" if "decimals" in files.columns(side, "codebook", "items") else "1"
        ends_query = f"round(low * {units})::bigint, round(high * {units})::bigint"
        for item, low, high in files.rows(side, f"select item, {ends_query} from {{0}}.codebook.items order by item_order"):
            ends.setdefault(item, (low, high))
    return ends


def _scales(files: FilePair) -> list[str]:
    names = (files.rows(side, "select scale from {0}.codebook.scales order by scale_order") for side in ("old", "new"))
    return list(dict.fromkeys(scale for side in names for (scale,) in side))


def _verdict(values: RowValues | None) -> str | None:
    return None if values is None else values["verdict"]


def _number(values: RowValues | None) -> ReleasedNumber | None:
    return None if values is None else ReleasedNumber(values["value"], values["printed"], values.get("statistic"))


#: What is said in the place of changes since a release of a version whose tables are too unlike these.
_INCOMPARABLE = DiffRow(
    kind="rule", wave=None, what="the whole release", before="by a version of Wavehouse that cannot be compared",
    after="by this version", before_value=None, after_value=None, n=1, people=None,
)  # fmt: skip

#: What is said in the place of changed people, answers and scores where the key of the pseudonyms was changed between.
_OTHER_KEY = DiffRow(
    kind="rule", wave=None, what="the key of the pseudonyms", before="a former key",
    after="a new key: people, answers and scores are not compared", before_value=None, after_value=None, n=1, people=None,
)  # fmt: skip


def remember_diff(
    working: Warehouse,
    released_file: Path | None,
    names: tuple[str | None, str],
    kept_releases: Sequence[str],
    *,
    is_joinable: bool = True,
) -> list[ReleaseChange]:
    """Write `results.release_diff`: what the release to come changes, behind what the kept ones did. Returns the new rows.

    A release that another version wrote, and that cannot be compared, is one change of a rule.

    released_file: the current release's file, None before the first. names: the releases compared. kept_releases:
    whose rows to keep. is_joinable: as in diff_of_files.
    """
    new: list[ReleaseChange] = []
    history: list[ReleaseChange] = []
    if released_file is not None:
        from_release, to_release = names
        try:
            diff_rows = diff_of_files(released_file, working.path, is_joinable=is_joinable)
        except IncomparableError:
            diff_rows = [_INCOMPARABLE]
        new = [ReleaseChange(**vars(row), from_release=from_release, to_release=to_release) for row in diff_rows]
        history = [row for row in _history(Warehouse(released_file)) if row.to_release in kept_releases]
    with working.transaction() as connection:
        connection.execute("create schema if not exists results")
        replace_table(connection, "results", "release_diff", RELEASE_DIFF_TABLE.to_arrow([*history, *new]))
    return new


def recall_diff(working: Warehouse, released_file: Path | None) -> None:
    """Take `results.release_diff` over from the current release, where the working file has lost it. released_file: None
    where that cannot be read, so that the history is lost."""
    if not working.rows(_HAS_HISTORY):
        history = RELEASE_DIFF_TABLE.to_arrow(_history(Warehouse(released_file)) if released_file is not None else [])
        working.replace_tables("results", {RELEASE_DIFF_TABLE.name: history})


_HAS_HISTORY = "select 1 from duckdb_tables() where schema_name = 'results' and table_name = 'release_diff'"


def _history(release_file: Warehouse) -> list[ReleaseChange]:
    columns = [
        row["column_name"]
        for row in release_file.rows(
            "select column_name from duckdb_columns() where schema_name = 'results' and table_name = 'release_diff'"
        )
    ]
    # An older release told people's answers one by one: what is said of people there is left behind.
    of_counts = ", ".join(f"'{kind}'" for kind in COUNTED_KINDS)
    condition = f"where kind not in ({of_counts})" if "participant_id" in columns else ""
    if not columns:
        return []
    # Its table may lack a column, or have one that there is no longer.
    column_list = ", ".join(
        identifier(name) if name in columns else f"{1 if name == 'n' else 'null'} as {identifier(name)}"
        for name in RELEASE_DIFF_TABLE.column_names
    )
    return release_file.rows_as(ReleaseChange, f"select {column_list} from results.release_diff {condition} order by rowid")
