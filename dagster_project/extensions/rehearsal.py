"""What a run would refuse of what a study adds of its own, said before it: as far as the files' names and texts tell.

Belongs here: asking that. Does not belong here: what needs dbt, the database or running an analysis (models.py,
analyses.py).
"""

from dagster_project.extensions.python_files import faults_of_files, static_analyses
from dagster_project.extensions.sql_files import checked_models
from dagster_project.models.project import DbtProject
from dagster_project.study import Study


def static_faults(study: Study, project: DbtProject) -> dict[str, str]:
    """What is wrong with a study's own models and analyses, by file."""
    faults = checked_models(study, project).faults | faults_of_files(study)
    for analysis in static_analyses(study).values():
        try:
            compile((study.folder / analysis.file).read_bytes(), analysis.file, "exec")
        except SyntaxError as error:
            faults[analysis.file] = f"line {error.lineno}: {error.msg}; correct the Python there"
        except ValueError as error:
            faults[analysis.file] = f"is no Python: {error}"
    return faults
