"""Printed numbers of the published tables beside the warehouse's: read, compared and written.

Belongs here: the table `results.reproduction`. Does not belong here: comparing (results/), what is impossible (audit/).
"""

from collections.abc import Sequence

from dagster_project.audit import impossible_numbers
from dagster_project.checks import Check
from dagster_project.outcomes.store import read_results
from dagster_project.results import (
    REPRODUCTION_TABLE,
    PublishedValue,
    Reproduction,
    ResultsError,
    compare,
    read_published,
)
from dagster_project.stamps import stamp
from dagster_project.study import Study
from dagster_project.warehouse import Warehouse, replace_table

REPRODUCTION = REPRODUCTION_TABLE.name
#: The outcomes whose results the published tables print.
PUBLISHED_OUTCOMES = ("characteristics", "service_use", "summary", "change")


def published_values(study: Study) -> tuple[PublishedValue, ...]:
    """The printed numbers of the published table; none where the protocol declares no table.

    Raises ResultsError when the table cannot be read.
    """
    if study.protocol.published is None:
        return ()
    try:
        return read_published(study.folder / study.protocol.published.file)
    except OSError as error:
        raise ResultsError(str(error)) from None


def compare_with_published(warehouse: Warehouse, study: Study, run_id: str) -> list[Reproduction]:
    """Write `results.reproduction`: each printed number beside the warehouse's, with a verdict."""
    published = published_values(study)
    reproductions = compare(published, read_results(warehouse), study, impossible_numbers(published, study))
    table = REPRODUCTION_TABLE.to_arrow(reproductions)
    with warehouse.transaction() as connection:
        connection.execute("create schema if not exists results")
        replace_table(connection, "results", REPRODUCTION, table)
        stamp(connection, REPRODUCTION, PUBLISHED_OUTCOMES, study, run_id)
    return reproductions


def verdict_counts(reproductions: Sequence[Reproduction]) -> dict[str, int]:
    verdicts = ("reproduced", "impossible", "differs")
    return {verdict: sum(entry.verdict == verdict for entry in reproductions) for verdict in verdicts}


def reproduction_check(reproductions: Sequence[Reproduction]) -> Check:
    counts = verdict_counts(reproductions)
    return Check(
        "nothing_differs",
        counts["differs"] == 0,
        f"{counts['reproduced']} of {len(reproductions)} printed values reproduced, {counts['impossible']} impossible,"
        f" {counts['differs']} differ",
        is_warning=True,
    )
