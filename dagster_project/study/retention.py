"""How long is kept what runs leave behind: the declaration under `retention` in study.yaml.

Belongs here: the keys, their defaults. Does not belong here: what is due, and removing it (retention/).
"""

from pydantic import Field

from dagster_project.study.base import Definition

#: How many releases are kept where nothing is declared.
DEFAULT_RELEASES = 5
_MOST_DAYS = 36_500


class Retention(Definition):
    """What is removed at the end of a run. Left out, all stays but the oldest releases. Raw exports are never removed."""

    releases: int = Field(
        default=DEFAULT_RELEASES,
        ge=1,
        le=10_000,
        description="how many releases are kept, the current one among them (default 5)",
    )
    release_days: int | None = Field(
        default=None,
        ge=1,
        le=_MOST_DAYS,
        description="releases older than this are removed, e.g. 730; never the current one; left out, age does not count",
    )
    cited_releases: tuple[str, ...] = Field(
        default=(),
        description="the names of releases that stay whatever their number and age, e.g. the one that a paper cites",
    )
    superseded_days: int | None = Field(
        default=None,
        ge=1,
        le=_MOST_DAYS,
        description="how many days after a newer version came the landed copy of an export's earlier version is removed, and"
        " its rows in the working file, e.g. 365; never what a release that is kept was made from; left out, they stay",
    )
    history_days: int | None = Field(
        default=None,
        ge=1,
        le=_MOST_DAYS,
        description="runs older than this are removed from Dagster's history, with what their steps printed, e.g. 365; never"
        " the last successful one; left out, they stay",
    )
    error_days: int | None = Field(
        default=None,
        ge=1,
        le=_MOST_DAYS,
        description="whole texts of errors, which may quote answers, are removed after so many days, e.g. 30; left out,"
        " they stay",
    )
    damaged_days: int | None = Field(
        default=None,
        ge=1,
        le=_MOST_DAYS,
        description="files that were damaged and moved to another name (working file, landed copies, history) are removed"
        " after so many days, e.g. 30; left out, they stay",
    )
