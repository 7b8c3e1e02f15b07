"""`wavehouse publish`: the current release into the lake, where other machines read it."""

import argparse
import sys
from typing import TYPE_CHECKING

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say

if TYPE_CHECKING:
    from dagster_project.warehouse import Lake, Publication

_DESCRIPTION = """Publish the study's current release in the lake that WAVEHOUSE_LAKE_CATALOG and WAVEHOUSE_LAKE_DATA name:
one transaction, so that readers see the release before or this one, each whole. Releases that the study keeps stay there as
snapshots, listed in the table `releases`; those that it keeps no longer leave.

The lake holds single people under their pseudonyms, as the release does: whoever may read it may read them.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    publish = add_command(commands, "publish", "publish the current release in a lake that other machines read", execute)
    publish.description, publish.formatter_class = _DESCRIPTION, argparse.RawDescriptionHelpFormatter
    publish.add_argument(
        "--older", action="store_true", help="put the release in front although a newer one of the study is published"
    )
    publish.add_argument(
        "--working-tables",
        action="store_true",
        help="instead of the release put the raw tables and the codebook there, in a catalogue apart, and build the models",
    )
    publish.add_argument("--list", action="store_true", help="list the releases in the lake, the current one last")
    publish.add_argument(
        "--attach",
        action="store_true",
        help="print the SQL by which any DuckDB client reads the study's lake, without a secret",
    )


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.release.lake import lake_of, publish_current_release
    from dagster_project.study_lock import study_lock
    from dagster_project.warehouse import read_lake_releases

    lake = lake_of(settings)
    if options.attach:
        say(*lake.client_sql())
        return 0
    if options.list:
        with lake.connect() as connection:
            published = read_lake_releases(connection)
        for row in published:
            day = f"{row.published_at:%Y-%m-%d %H:%M} UTC"
            say(f"{row.release}  snapshot {row.snapshot}, published {day} by {row.published_by}")
        return 0
    with study_lock(settings.lock_file, "publish", report=lambda line: say(f"wavehouse: {line}", file=sys.stderr)):
        if options.working_tables:
            return _build_in_lake(settings)
        publication = publish_current_release(settings, allows_older=options.older)
    say(*publication_lines(lake, publication))
    return 0


def _build_in_lake(settings: Settings) -> int:
    from dagster_project.models.lake_build import build_in_lake

    if not settings.warehouse_file.exists():
        raise ValueError(f"{settings.warehouse_file}: there is no warehouse yet; run `wavehouse run` first")
    tables = build_in_lake(settings)
    say(f"working tables: {tables.models} models built and {tables.tests} of dbt's tests passed: {tables.lake}")
    return 0


def publication_lines(lake: "Lake", publication: "Publication") -> list[str]:
    """What publishing came to, in words."""
    row = publication.release
    if not publication.is_new:
        day = f"{row.published_at:%Y-%m-%d %H:%M} UTC"
        return [f"release {row.release} is published already, as snapshot {row.snapshot}, since {day}: {lake}"]
    lines = [f"published release {row.release} as snapshot {row.snapshot}: {lake}"]
    if publication.expired:
        lines.append(f"no longer there, as in the study's folder: {', '.join(publication.expired)}")
    return lines
