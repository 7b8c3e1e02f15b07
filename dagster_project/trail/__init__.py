"""The audit trail: who did what when to a study, a line an entry, each with the hash of the one before.

Belongs here: entries, the chain of hashes, adding and verifying them, the copies in releases. Does not belong here: what
changed in a study's numbers (results/release_diff.py), why a number is what it is (results/trace.py), Dagster's history.

No entry names a participant, by identifier or by pseudonym, a file of an export or a cell: erasing a person changes none.
Every command may import this: nothing but the standard library is imported before an entry is written.
"""

from dagster_project.trail.chain import Entry, Fact, Facts, TrailError, broken_lines, chain_faults, head_of, read_lines
from dagster_project.trail.record import KINDS, TRAIL_FILE, Kind, Source, check_writable, record, trail_file
from dagster_project.trail.releases import (
    ReleasedTrail,
    check_trail,
    refuse_other_trail,
    release_faults,
    released_trails,
    snapshot,
)

__all__ = [
    "KINDS",
    "TRAIL_FILE",
    "Entry",
    "Fact",
    "Facts",
    "Kind",
    "ReleasedTrail",
    "Source",
    "TrailError",
    "broken_lines",
    "chain_faults",
    "check_trail",
    "check_writable",
    "head_of",
    "read_lines",
    "record",
    "refuse_other_trail",
    "release_faults",
    "released_trails",
    "snapshot",
    "trail_file",
]
