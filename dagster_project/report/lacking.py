"""What a release lacks of the study's own, in sentences. Nothing else belongs here."""

from collections.abc import Iterable

from dagster_project.languages import gettext
from dagster_project.results import ExtensionRow


def lacking_texts(rows: Iterable[ExtensionRow]) -> list[str]:
    """A sentence for each part that a release lacks."""
    return [
        gettext(
            "This release lacks {part}, which the study adds of its own: {reason}.",
            part=row.part,
            reason=(row.reason or "").rstrip("."),
        )
        for row in rows
    ]
