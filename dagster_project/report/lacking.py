"""What a release lacks of the study's own, in sentences. Nothing else belongs here."""

from collections.abc import Iterable

from dagster_project.results import ExtensionRow


def lacking_texts(rows: Iterable[ExtensionRow]) -> list[str]:
    """A sentence for each part that a release lacks."""
    return [
        f"This release lacks {row.part}, which the study adds of its own: {(row.reason or '').rstrip('.')}." for row in rows
    ]
