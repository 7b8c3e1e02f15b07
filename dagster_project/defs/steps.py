"""What all steps of the graph do alike: failing in one line, and showing checks.

Belongs here: Dagster's forms of a failure and of a check. Does not belong here: what is checked.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg

from dagster_project.checks import Check, Fact
from dagster_project.disclosure import DisclosureError
from dagster_project.exports import ExportError
from dagster_project.keys import SettingsError
from dagster_project.models.build import ModelsError
from dagster_project.pull import PullError
from dagster_project.readable_files import ReadableFileError
from dagster_project.results import ResultsError
from dagster_project.study import StudyError
from dagster_project.study_run import ChangedDefinitionsError
from dagster_project.synthesis import SynthesisError
from dagster_project.terminal import error_line
from dagster_project.trail import TrailError
from dagster_project.warehouse import WarehouseError
from dagster_project.withholding import error_summary, is_for_the_record, with_hint

_ONE_LINE = (
    ChangedDefinitionsError, DisclosureError, ExportError, ModelsError, PullError, ReadableFileError, ResultsError,
    SettingsError, StudyError, SynthesisError, TrailError, WarehouseError,
)  # fmt: skip


@contextmanager
def fails_in_one_line() -> Iterator[None]:
    """For the whole body of a step: an error that is one line for a person becomes a failure of that line, not
    retried.

    Of any other error Dagster would keep text and traceback, which may quote cells: while words are for the record, it gets
    the error's kind and place, and where the whole text lies.
    """
    try:
        yield
    except dg.Failure:
        raise
    except _ONE_LINE as error:
        raise step_failure(str(error)) from None
    except OSError as error:
        if not is_for_the_record() or error.errno is None:
            raise
        raise step_failure(error_line(str(error))) from None
    except Exception as error:
        if not is_for_the_record():
            raise
        raise step_failure(error_summary(error)) from None


def step_failure(line: str) -> dg.Failure:
    """A step's end in one line, which names the commands that show what it withholds."""
    return dg.Failure(with_hint(line), allow_retries=False)


def check_result(check: Check, **keys: Any) -> dg.AssetCheckResult:
    """A check as Dagster shows it. keys: asset_key, where the step has several assets."""
    severity = dg.AssetCheckSeverity.WARN if check.is_warning else dg.AssetCheckSeverity.ERROR
    facts = {label: _metadata_value(fact) for label, fact in check.facts.items()}
    message = with_hint(check.message)
    return dg.AssetCheckResult(
        check_name=check.name, passed=check.passed, severity=severity, description=message, metadata=facts, **keys
    )


def _metadata_value(fact: Fact) -> Any:
    """Text of several lines is Markdown; the rest is shown as it is."""
    if isinstance(fact, str):
        return dg.MetadataValue.md(fact) if "\n" in fact else fact
    return list(fact) if isinstance(fact, Sequence) else fact


def run_failure_message(event: dg.DagsterEvent) -> str:
    """What a run that failed outside of its steps says of why, in one line: what lies deepest caused the rest."""
    error = event.job_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return error_line(error.message if error is not None else event.message or "")


def failure_message(event: dg.DagsterEvent) -> str:
    """What a failed step says of why, in one line."""
    failure = event.step_failure_data
    if failure.user_failure_data is not None and failure.user_failure_data.description:
        return error_line(failure.user_failure_data.description)
    cause = failure.error.cause.message if failure.error and failure.error.cause else failure.error_display_string
    return error_line(cause)
