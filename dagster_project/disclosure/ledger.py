"""What earlier public releases printed, kept on this machine, so that a later one gives nobody away by differing from them.

Belongs here: the ledger's content, reading and writing it. Does not belong here: what follows from it (counts.py,
values.py).

It holds exact counts and means, and therefore lies in the home of the study beside the key, never in a release.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path


class DisclosureError(ValueError):
    """There can be no public release. The message is one line with the cure."""


@dataclass(frozen=True)
class CountEntry:
    """A count as it was when it was last decided on. count: as printed, None where it was hidden, by which rule. low,
    high: what was public of it."""

    value: int
    count: int | None
    low: float
    high: float | None
    rule: str | None = None


@dataclass(frozen=True)
class ValueEntry:
    """A mean with its SD as they were when they were last decided on. printed_mean, printed_sd: None where they were hidden,
    by which rule. is_replacement: whether other numbers of it were printed before.
    """

    n: int
    mean: float | None
    sd: float | None
    printed_mean: str | None
    printed_sd: str | None
    rule: str | None = None
    is_replacement: bool = False


@dataclass(frozen=True)
class Ledger:
    """By name: what the public releases of an edition printed. releases: their names, oldest first."""

    edition: int
    releases: tuple[str, ...] = ()
    counts: Mapping[str, CountEntry] = field(default_factory=dict)
    values: Mapping[str, ValueEntry] = field(default_factory=dict)


def read_ledger(file: Path, edition: int, *, has_release: bool) -> Ledger:
    """The ledger; an empty one where nothing was published, or only in another edition.

    Raises DisclosureError where it is gone or damaged, and a public release is there.
    """
    if not file.exists():
        if has_release:
            raise DisclosureError(
                f"{file}: gone; without it nobody can tell what the public release gives away together with a new one. Put"
                " it back, or move the folder public of the study away to start anew"
            )
        return Ledger(edition)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        ledger = Ledger(
            int(content["edition"]),
            tuple(content["releases"]),
            {name: CountEntry(**entry) for name, entry in content["counts"].items()},
            {name: ValueEntry(**entry) for name, entry in content["values"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise DisclosureError(
            f"{file}: damaged; without it nobody can tell what the public release gives away together with a new one. Put a"
            " copy back, or move it and the folder public of the study away to start anew"
        ) from None
    return ledger if ledger.edition == edition else Ledger(edition)


def write_ledger(file: Path, ledger: Ledger) -> None:
    """Write the ledger, in one step."""
    partial = file.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(asdict(ledger), indent=1) + "\n", encoding="utf-8")
    partial.replace(file)
