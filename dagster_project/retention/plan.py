"""What is due to be removed of a study, what will be next, and what stays although it is old.

Belongs here: looking, by the declaration; nothing is changed. Does not belong here: removing (carry_out.py), how old things
are by a clock that may be wrong (ages.py), which landed copies somebody needs (versions.py).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagster_project.dagster_home.retention import RunHistory
from dagster_project.exports import read_arrivals
from dagster_project.retention.ages import clock_fault, modified_at, moved_at
from dagster_project.retention.records import Removal, read_look, read_removals
from dagster_project.retention.versions import superseded_copies, uses_of_copies
from dagster_project.settings import Settings
from dagster_project.study import Retention, Study
from dagster_project.warehouse import current_release, damaged_files, release_names

RELEASE, VERSION, RUN, ERROR, DAMAGED = "release", "landed version", "run", "error text", "damaged file"


@dataclass(frozen=True)
class RetentionPlan:
    """removals: what is due. stays: what is old and stays, and why. fault: why nothing goes by its age; "" if the clock is
    believed. unknown: cited releases that are not here. next_due: when something is due next by its age."""

    removals: tuple[Removal, ...]
    stays: tuple[str, ...]
    fault: str
    unknown: tuple[str, ...]
    next_due: datetime | None
    looked_at: datetime


@dataclass(frozen=True)
class Aged:
    """Something that bears a moment, and would be due after so many days. needed: why it stays all the same, or ""."""

    kind: str
    name: str
    path: Path | None
    moment: datetime
    days: int
    words: str
    needed: str = ""

    @property
    def due_at(self) -> datetime:
        return self.moment + timedelta(days=self.days)


def plan_retention(
    settings: Settings,
    study: Study,
    history: RunHistory,
    now: datetime,
    *,
    is_clock_right: bool = False,
) -> RetentionPlan:
    """What is due of a study now. history: asked only where the age of runs matters.

    is_clock_right: somebody says so. Raises WarehouseError where the current release's manifest is damaged.
    """
    rule = study.protocol.retention
    names = releases_in_order(settings.study_folder)
    moments = dict(_release_moments(settings.study_folder, names))
    beyond = _beyond_number(rule, names)
    fault = clock_fault(now, _known_moments(settings, moments), _looked_at(settings, is_clock_right=is_clock_right)) or ""
    aged = [*_aged_releases(rule, names, moments), *_aged_files(settings, rule), *_aged_runs(rule, history)]
    due_names = {removal.name for removal in beyond}
    if not fault:
        due_names |= {entry.name for entry in aged if entry.kind == RELEASE and entry.due_at <= now}
    remaining = [name for name in names if name not in due_names]
    aged += _aged_versions(settings, study, rule, remaining)
    due = [entry for entry in aged if entry.due_at <= now and entry.name not in {removal.name for removal in beyond}]
    removals = [*beyond, *(_removal(entry) for entry in due if not entry.needed and not fault)]
    to_come = [entry.due_at for entry in aged if entry.due_at > now and not entry.needed]
    return RetentionPlan(
        removals=tuple(removals),
        stays=tuple(f"{entry.kind} {entry.name}: {entry.words}, and stays: {entry.needed}" for entry in due if entry.needed),
        fault=fault if aged else "",
        unknown=tuple(name for name in rule.cited_releases if name not in names),
        next_due=min(to_come, default=None),
        looked_at=now,
    )


def releases_in_order(study_folder: Path) -> list[str]:
    """The releases, oldest first, as each names the one before it: a clock that was set back does not change that order.
    Those that no other leads to, as after one was deleted by hand, come first, by the time they were written."""
    names = release_names(study_folder)
    chain: list[str] = []
    current = current_release(study_folder)
    name = current.get("release") if current is not None else None
    while name in names and name not in chain:
        chain.append(str(name))
        name = _manifest(study_folder, str(name)).get("previous")
    return [name for name in names if name not in chain] + chain[::-1]


def _manifest(study_folder: Path, name: str) -> dict[str, str]:
    with suppress(OSError, ValueError):
        content = json.loads((study_folder / "releases" / name / "manifest.json").read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return content
    return {}


def _release_moments(study_folder: Path, names: Iterable[str]) -> Iterator[tuple[str, datetime]]:
    for name in names:
        with suppress(KeyError, ValueError, TypeError):
            yield name, _aware(datetime.fromisoformat(_manifest(study_folder, name)["released_at"]))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _beyond_number(rule: Retention, names: Sequence[str]) -> list[Removal]:
    """The releases beyond the number that is kept; cited ones stay and count."""
    words = f"{rule.releases} {'is' if rule.releases == 1 else 'are'} kept"
    return [
        Removal(RELEASE, name, f"releases/{name}", words)
        for name in names[: -rule.releases]
        if name not in rule.cited_releases
    ]


def _aged_releases(rule: Retention, names: Sequence[str], moments: dict[str, datetime]) -> Iterator[Aged]:
    if rule.release_days is None:
        return
    for name in names[:-1]:
        if name in moments and name not in rule.cited_releases:
            words = f"released on {moments[name]:%Y-%m-%d}, older than {rule.release_days} days"
            yield Aged(RELEASE, name, Path("releases") / name, moments[name], rule.release_days, words)


def _aged_versions(settings: Settings, study: Study, rule: Retention, remaining: Sequence[str]) -> list[Aged]:
    if rule.superseded_days is None:
        return []
    copies = superseded_copies(settings.landing)
    uses = uses_of_copies(settings, study, [copy.path for copy in copies], remaining)
    return [
        Aged(
            VERSION, f"landing/{copy.path.name}", copy.path, copy.superseded_at, rule.superseded_days,
            f"a newer version came on {copy.superseded_at:%Y-%m-%d}, more than {rule.superseded_days} days ago",
            uses.get(copy.path.name.split(".")[0], ""),
        )
        for copy in copies
    ]  # fmt: skip


def _aged_files(settings: Settings, rule: Retention) -> Iterator[Aged]:
    """Texts of errors, and files that were damaged and moved aside."""
    if rule.error_days is not None:
        for path in sorted(settings.error_folder.glob("*.txt")):
            moment = modified_at(path)
            words = f"written on {moment:%Y-%m-%d}, older than {rule.error_days} days"
            yield Aged(ERROR, f"errors/{path.name}", path, moment, rule.error_days, words)
    if rule.damaged_days is not None:
        files = [*settings.landing.glob("changed-*"), *damaged_files(settings.warehouse_file)]
        if is_alone(settings):
            files += settings.dagster_home.rglob("*.db*.damaged-*")
        for path in sorted(files):
            moment = moved_at(path)
            words = f"moved aside on {moment:%Y-%m-%d}, more than {rule.damaged_days} days ago"
            yield Aged(DAMAGED, path.name, path, moment, rule.damaged_days, words)


def _aged_runs(rule: Retention, history: RunHistory) -> Iterator[Aged]:
    """The runs of the history but the last successful one, which says what there is."""
    if rule.history_days is None:
        return
    finished_runs = history.finished_runs()
    last_success = next((run.run_id for run in finished_runs if run.is_success), None)
    for run in finished_runs:
        if run.run_id != last_success:
            words = f"ended on {run.ended_at:%Y-%m-%d}, older than {rule.history_days} days"
            yield Aged(RUN, run.run_id, None, run.ended_at, rule.history_days, words)


def is_alone(settings: Settings) -> bool:
    """Whether no other study has its home beside this one's, and so runs in the same history."""
    return not settings.prefix and all(path.parent == settings.study_home for path in settings.home.glob("*/study.path"))


def _known_moments(settings: Settings, releases: dict[str, datetime]) -> Iterator[tuple[str, datetime]]:
    for name, moment in releases.items():
        yield f"release {name}", moment
    for arrival in read_arrivals(settings.landing):
        if arrival.export is not None:  # the time of an unknown file is its own, and of no clock of ours
            yield f"the arrival of {arrival.file_name}", _aware(arrival.first_seen_at)
    for removal in read_removals(settings.study_home):
        with suppress(ValueError):
            yield "what was removed last", _aware(datetime.fromisoformat(removal.removed_at))


def _looked_at(settings: Settings, *, is_clock_right: bool) -> datetime | None:
    look = read_look(settings.study_home)
    return None if look is None or is_clock_right else look.looked_at


def _removal(entry: Aged) -> Removal:
    return Removal(entry.kind, entry.name, "" if entry.path is None else str(entry.path), entry.words)
