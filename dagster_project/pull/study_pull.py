"""Pulling all exports of a study that declare a source, one after the other.

Belongs here: the order of the steps, and what became of each export. Does not belong here: the steps themselves.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dagster_project.exports import ExportError
from dagster_project.pull.acceptance import accepted_rows
from dagster_project.pull.errors import NoAnswersError, PullError
from dagster_project.pull.placing import is_same, put_in_place, target_of, temporary_file
from dagster_project.pull.secret import Secret, read_secret
from dagster_project.pull.services import download_function, with_extra
from dagster_project.settings import Settings
from dagster_project.study import Export, ServiceSource, Study

if TYPE_CHECKING:
    from dagster_project.pull.http import Limits

Report = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What became of one export. message: one line."""

    export: str
    state: Literal["arrived", "unchanged", "no answers", "refused"]
    message: str


def has_sources(study: Study) -> bool:
    """Whether there is anything to pull."""
    return any(export.source is not None for export in study.protocol.exports)


def pull_study(
    settings: Settings,
    study: Study,
    environment: Mapping[str, str],
    *,
    only: Collection[str] = (),
    report: Report | None = None,
    limits: "Limits | None" = None,
) -> list[Outcome]:
    """Pull each export that declares a source, or those named in `only`. One that is refused does not stop the others, and
    its file stays as it was.

    environment: the variables that hold tokens and passwords. report: is told when a run of the study is waited for.
    Raises PullError when there is nothing to pull, and for a name in `only` that is none.
    """
    exports = [export for export in study.protocol.exports if export.source is not None]
    names = [export.export for export in exports]
    if not exports:
        raise PullError(
            f"{study.folder / 'study.yaml'}: no export declares a source; docs/how-to/pull.md says how one is declared"
        )
    if unknown := [name for name in only if name not in names]:
        raise PullError(f"no export {unknown[0]!r} declares a source; those that do are {', '.join(names)}")
    return [
        _outcome(settings, study, export, environment, report, limits)
        for export in exports
        if not only or export.export in only
    ]


def _outcome(
    settings: Settings,
    study: Study,
    export: Export,
    environment: Mapping[str, str],
    report: Report | None,
    limits: "Limits | None",
) -> Outcome:
    secret: Secret | None = None
    name = f"{export.folder}/{export.pulled_name}"
    try:
        if export.source is not None:
            secret = read_secret(export.source.service, environment)
        with with_extra():
            state, words = _pull(settings, study, export, secret, report, limits)
        return Outcome(export.export, state, f"{name}: {words}")
    except NoAnswersError as error:
        return Outcome(export.export, "no answers", _public(secret, f"{error}; {name} is not there yet"))
    except (PullError, ExportError) as error:
        return Outcome(export.export, "refused", _public(secret, str(error)))
    except OSError as error:
        return Outcome(
            export.export,
            "refused",
            f"{name}: cannot be written ({error.strerror or type(error).__name__}); check the folder and the disk",
        )


def _public(secret: Secret | None, text: str) -> str:
    return text if secret is None else secret.without_it(text)


def _pull(
    settings: Settings,
    study: Study,
    export: Export,
    secret: Secret | None,
    report: Report | None,
    limits: "Limits | None",
) -> tuple[Literal["arrived", "unchanged"], str]:
    """Bring one export down. Returns whether its content is new, and its rows in words."""
    assert export.source is not None
    service, target = export.source.service.resolved(study.folder), target_of(settings, export)
    download = download_function(export.source.name)
    if limits is None:
        from dagster_project.pull.http import Limits

        limits = Limits()
    with temporary_file(target) as temporary:
        try:
            download(service, secret, limits, temporary)
            rows = accepted_rows(temporary, study, export, service)
        except NoAnswersError as error:
            if target.exists():
                raise PullError(f"{error}, but {export.folder}/{target.name} has answers; it stays as it is") from None
            raise
        words = f"{rows} rows" if rows != 1 else "1 row"
        if is_same(temporary, target):
            return "unchanged", f"{words}, as before"
        rows_before = _rows_before(target, study, export, service)
        put_in_place(temporary, target, settings, export, report)
        return "arrived", f"{words}, new" if rows_before is None else f"{words}, changed ({rows_before} before)"


def _rows_before(target: Path, study: Study, export: Export, service: ServiceSource) -> int | None:
    """How many rows the file has that is replaced; None if there is none that can be read."""
    try:
        return accepted_rows(target, study, export, service) if target.is_file() else None
    except (PullError, ExportError):
        return None
