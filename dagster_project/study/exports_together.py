"""Exports of a protocol beside one another: that no two are pulled into one file, what repeats what, which have times.

Belongs here: these rules. Does not belong here: one export (export.py), a wave's parts (protocol.py).
"""

from collections.abc import Sequence

from dagster_project.study.export import Export


def check_sources(exports: Sequence[Export]) -> None:
    """A file that is pulled for an export must not be a second file of another that takes one. Raises ValueError."""
    for export in exports:
        for other_export in exports:
            if (
                export is not other_export
                and other_export.source is not None
                and other_export.pulled_name is not None
                and (export.folder, export.files) == (other_export.folder, "one")
                and export.source is not None
                and export.takes(other_export.pulled_name)
            ):
                raise ValueError(
                    f"exports {other_export.export} and {export.export} are both pulled into {export.folder}; give each"
                    " a folder or a pattern, or leave out the source of one, which then reads the other's file"
                )


def check_repeats(exports: Sequence[Export]) -> None:
    """Rows of a repeat group belong to a wave's export of submissions. Raises ValueError."""
    names = [export.export for export in exports if export.wave is not None and export.repeat_of is None]
    for export in exports:
        if export.repeat_of is None:
            continue
        if export.wave is None:
            raise ValueError(f"export {export.export} is the roster, whose rows are people; take repeat_of out")
        if export.repeat_of not in names:
            raise ValueError(
                f"export {export.export} repeats {export.repeat_of!r}, which is no wave's export of submissions; name"
                f" one of {', '.join(names)}"
            )


def check_durations(exports: Sequence[Export]) -> None:
    """Only a wave's sheet takes time. Raises ValueError."""
    for export in exports:
        if export.wave is None and export.duration is not None:
            raise ValueError(f"export {export.export} declares duration; only a wave's can")
