"""One code location for many studies: a repository for each, whose assets, jobs and pool carry the study's name.

Belongs here: assembling, and what stands for a study whose graph cannot be made. Does not belong here: a graph
(definitions.py), which studies there are (studies.py). Dagster loads this module in the place of definitions.py where
WAVEHOUSE_STUDIES names studies: `wavehouse ui` sees to it, and deployments name it.

A repository apart for each, and not one for all: a run, its resources and its names are then of one study, whatever
somebody selects in the UI, and what is wrong with one study's graph stays there.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress

import dagster as dg

from dagster_project.definitions import build_defs
from dagster_project.defs.automation import automation
from dagster_project.defs.names import of_study
from dagster_project.defs.resources import pseudonyms_of_study
from dagster_project.defs.steps import fails_in_one_line, step_failure
from dagster_project.file_modes import keep_files_private
from dagster_project.memory import limit_memory
from dagster_project.readable_files import allow
from dagster_project.settings import Settings
from dagster_project.studies import has_studies, read_studies
from dagster_project.study import Study, StudyError, read_study
from dagster_project.terminal import error_line
from dagster_project.withholding import error_summary, for_the_record


def build_defs_of_studies(studies: Iterable[Settings]) -> Mapping[str, dg.RepositoryDefinition]:
    """A repository for each study, by its name."""
    return {settings.prefix: _repository(settings) for settings in studies}


def _repository(settings: Settings) -> dg.RepositoryDefinition:
    """The repository of a study, or one that says in one line why there is no graph: the others are not its concern."""
    try:
        return _repository_of(settings, build_defs(settings))
    except Exception as error:
        line = _line_of(settings, error)
        dg.get_dagster_logger().error("%s: the graph is left out: %s", settings.prefix, line)
        return _repository_of(settings, _graph_of_fault(settings, line))


def _line_of(settings: Settings, error: Exception) -> str:
    """What an error says in the history: its line, if it is one for a person; else its kind and place, as of a step's."""
    if isinstance(error, (ValueError, OSError)):
        return error_line(str(error))
    with for_the_record(pseudonyms_of_study(settings), settings.error_folder):
        return error_summary(error)


def _repository_of(settings: Settings, definitions: dg.Definitions) -> dg.RepositoryDefinition:
    return dg.create_repository_using_definitions_args(
        settings.prefix,
        assets=definitions.assets,
        schedules=definitions.schedules,
        sensors=definitions.sensors,
        jobs=definitions.jobs,
        resources=definitions.resources,
        executor=definitions.executor,
        loggers=definitions.loggers,
        asset_checks=definitions.asset_checks,
    )


def _graph_of_fault(settings: Settings, line: str) -> dg.Definitions:
    @dg.asset(name="codebook", group_name="codebook", owners=["team:data-management"], description=line)
    def codebook() -> None:
        with fails_in_one_line():
            raise step_failure(line)

    fault = dg.Definitions(assets=[of_study(settings, codebook)], executor=dg.in_process_executor)
    study: Study | None = None
    with suppress(StudyError, OSError):  # where that is what is wrong, the codebook says it
        study = read_study(settings.study_folder)
    return dg.Definitions.merge(fault, automation(settings, study))


def __dir__() -> list[str]:
    """With a name for each study's repository: Dagster takes them from the names of a module."""
    return [*globals(), *_STUDIES]


def __getattr__(name: str) -> dg.RepositoryDefinition:
    """A study's repository, made when it is first asked for: the process of a run asks for that of its study alone."""
    if name not in _STUDIES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = repository = _repository(_STUDIES[name])
    return repository


_STUDIES: dict[str, Settings] = {}
if has_studies(os.environ):
    keep_files_private(os.environ)
    allow(os.environ)
    limit_memory(os.environ)
    _STUDIES = {f"repository_{settings.prefix}": settings for settings in read_studies(os.environ)}
