"""What the auditor says of one printed number. Nothing else belongs here."""

from dataclasses import dataclass

from dagster_project.results.published import PublishedValue


@dataclass(frozen=True)
class Finding:
    """A printed number that cannot be true beside the others. `arithmetic` can be followed by hand."""

    value: PublishedValue
    rule: str
    arithmetic: str
