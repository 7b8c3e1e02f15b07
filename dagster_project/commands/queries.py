"""`wavehouse queries`: what is to be asked about answers, and what became of each question."""

import argparse
import getpass
from typing import TYPE_CHECKING

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say
from dagster_project.trail import check_trail, record

if TYPE_CHECKING:
    from dagster_project.fieldwork import DataQuery, Event


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    queries = add_command(commands, "queries", "list data queries, answer them, close them", execute)
    queries.add_argument(
        "--state", default="open", choices=("open", "answered", "closed", "all"), help="which are listed (default open)"
    )
    action = queries.add_mutually_exclusive_group()
    action.add_argument(
        "--answer", metavar="QUERY", help="note what was found out (with --text); it stays listed until the exports say so"
    )
    action.add_argument("--close", metavar="QUERY", help="close it: the cell stays as it is (with --because)")
    action.add_argument("--reopen", metavar="QUERY", help="open it again (with --because)")
    queries.add_argument("--text", "--because", dest="text", default="", help="what was found out, or why")


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.fieldwork import STATES, counts_of_kinds, current_lists, note_query
    from dagster_project.study import read_study

    protocol = read_study(settings.study_folder).protocol
    actions: dict[Event, str | None] = {"answered": options.answer, "closed": options.close, "reopened": options.reopen}
    for event, name in actions.items():
        if name is not None:
            check_trail(settings.study_folder)
            query = note_query(settings, name, event, getpass.getuser(), options.text)
            record(settings, "query", {"query": query.query, "state": query.state, "event": event})
            say(f"{query.query} is {query.state}: {query.note}")
            current_lists(settings, protocol)
            return 0
    lists = current_lists(settings, protocol)
    for query in lists.queries:
        if options.state in ("all", query.state):
            say(query_line(query))
    for kind, counts in counts_of_kinds(lists.queries):
        numbers = ", ".join(f"{n} {state}" for n, state in zip(counts, STATES, strict=True))
        say(f"{kind.replace('_', ' ')}: {numbers}")
    if not lists.queries:
        say("there is nothing to ask about")
    say(f"as a table and as a page: {lists.folder} (for the team alone)")
    return 0


def query_line(query: "DataQuery") -> str:
    """A query in a line, by pseudonym: a terminal's history is no place for names. What is said of a duplicate row names its
    person as the export does, and stands in the list alone."""
    column = f", column {query.export_column or query.item}" if query.item else ""
    value = f": {query.value!r}" if query.value is not None else ""
    note = f"; {query.note}" if query.note else ""
    person = f" ({query.participant_id})" if query.participant_id else ""
    cell = f"{query.file_name} row {query.source_row}{column}{value}"
    detail = f" ({query.detail})" if query.detail and query.kind != "duplicate" else ""
    return f"{query.query} {query.state}: {cell}: {query.kind.replace('_', ' ')}{detail}{person}{note}"
