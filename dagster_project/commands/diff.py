"""`wavehouse diff`: what changed from one release to another."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    diff = add_command(commands, "diff", "say what changed from one release to another", execute)
    diff.add_argument("old", nargs="?", help="a release's name or the beginning of it (default: the one before the newest)")
    diff.add_argument("new", nargs="?", help="a release's name or the beginning of it (default: the newest)")
    diff.add_argument(
        "--list-answers", action="store_true", help="each person, answer and score that changed, as CSV, instead of counts"
    )
    diff.add_argument("--list", action="store_true", help="list the releases that are kept, oldest first")


def execute(options: argparse.Namespace, settings: Settings) -> int:
    import csv

    from dagster_project.release.diff import LIST_COLUMNS, diff_of_files, list_changes
    from dagster_project.results import diff_markdown
    from dagster_project.warehouse import release_names

    releases = release_names(settings.study_folder)
    if options.list:
        say(*(releases or ["there is no release yet; `wavehouse run` makes one"]))
        return 0
    old, new = (_release_name(word, releases, position) for word, position in ((options.old, -2), (options.new, -1)))
    files = [settings.study_folder / "releases" / name / "warehouse.duckdb" for name in (old, new)]
    is_joinable = _is_joinable(settings.study_folder, old, new)
    if options.list_answers and not is_joinable:
        raise ValueError(
            f"{old} and {new} have pseudonyms of different keys, so that nobody of one is known in the other; compare"
            " releases of one key"
        )
    if options.list_answers:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(LIST_COLUMNS)
        writer.writerows(list_changes(*files))
        return 0
    say(f"from {old} to {new}")
    say(*diff_markdown(diff_of_files(*files, is_joinable=is_joinable)).split("\n"))
    return 0


def _is_joinable(study_folder: Path, *names: str) -> bool:
    """Whether the pseudonyms of two releases are of one key, or nobody can tell."""
    import json

    manifests = [(study_folder / "releases" / name / "manifest.json").read_text(encoding="utf-8") for name in names]
    checks = {json.loads(text).get("key_check") for text in manifests} - {None}
    return len(checks) <= 1


def _release_name(prefix: str | None, releases: Sequence[str], position: int) -> str:
    """A kept release by the beginning of its name, or the one at a position from the end."""
    if prefix is None:
        if len(releases) < -position:
            raise ValueError(f"a diff needs two releases, and {len(releases)} is kept; run again when something has changed")
        return releases[position]
    names = [name for name in releases if name.startswith(prefix)]
    if len(names) != 1:
        count = "no release begins" if not names else f"{len(names)} releases begin"
        raise ValueError(f"{count} with {prefix!r}; the kept ones are {', '.join(releases) or 'none'}")
    return names[0]
