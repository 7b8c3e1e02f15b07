"""`wavehouse trace`: from a result of the release back to people, scores, answers and cells."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say
from dagster_project.trail import Facts, record

if TYPE_CHECKING:
    from dagster_project.warehouse import Connection


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    trace = add_command(commands, "trace", "trace a released result back to people, scores, answers and cells", execute)
    trace.add_argument("result_id", help="e.g. change/wellbeing/T1-T2/p")
    trace.add_argument("--person", help="list the answers of one person, by pseudonym (or by identifier, with --names)")
    trace.add_argument("--names", action="store_true", help="name people as in the exports, from the working file")
    trace.add_argument("--csv", action="store_true", help="write every row as CSV instead")
    trace.add_argument(
        "--lake",
        nargs="?",
        const="",
        metavar="RELEASE",
        help="trace in the lake where `wavehouse publish` puts releases: the current one, or a kept one by its name",
    )


def execute(options: argparse.Namespace, settings: Settings) -> int:
    import csv
    from functools import partial

    from dagster_project.results import TRACE_COLUMNS, person_lines, trace_lines, unknown_id_message
    from dagster_project.warehouse import Warehouse, rows, rows_as

    names: dict[str, str] = {}
    if options.names:
        roster = Warehouse(settings.warehouse_file).rows("select participant_id, respondent from raw.roster")
        names = {row["participant_id"]: row["respondent"] for row in roster}
    person = next((pseudonym for pseudonym, name in names.items() if name == options.person), options.person)
    with _open_release(options.lake, settings) as connection:
        if not rows(connection, "from results.results where result_id = ?", [options.result_id]):
            ids = [row["result_id"] for row in rows(connection, "from results.results")]
            raise ValueError(unknown_id_message(options.result_id, ids))
        if options.names:
            facts: Facts = {"command": "trace", "result": options.result_id, "is_of_one": bool(options.person)}
            record(settings, "names_shown", facts)
        if options.csv:
            sql, of_person = ("from trace(?)", []) if person is None else ("from trace_of(?, ?)", [person])
            cursor = connection.execute(sql, [options.result_id, *of_person])
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(TRACE_COLUMNS)
            index = list(TRACE_COLUMNS).index("participant_id")
            while batch := cursor.fetchmany(10_000):
                writer.writerows((*row[:index], names.get(row[index], row[index]), *row[index + 1 :]) for row in batch)
            return 0
        ask = partial(rows_as, connection)
        say(*trace_lines(ask, options.result_id, names))
        if person is not None:
            lines = person_lines(ask, options.result_id, person)
            if not lines:
                raise ValueError(
                    f"{options.person}: no answer of this person is behind {options.result_id}; --csv lists everybody"
                )
            say("", f"{options.person}:", *lines)
    return 0


@contextmanager
def _open_release(lake_release: str | None, settings: Settings) -> "Iterator[Connection]":
    """The current release, for reading. lake_release: its name in the lake, blank for the current one there; None for the
    study's own file."""
    from dagster_project.warehouse import Warehouse, rows

    if lake_release is not None:
        from dagster_project.release.lake import lake_of, opened_in_lake

        with opened_in_lake(lake_of(settings), lake_release) as connection:
            yield connection
        return
    file = settings.study_folder / "release" / "warehouse.duckdb"
    if not file.exists():
        raise ValueError(f"{settings.study_folder}: there is no release yet; `wavehouse run` makes one")
    with Warehouse(file).connect(read_only=True) as connection:
        if not rows(connection, "from duckdb_functions() where function_name = 'trace_of'"):
            raise ValueError(f"{file}: an earlier version of Wavehouse made this release; `wavehouse run` rebuilds it")
        yield connection
