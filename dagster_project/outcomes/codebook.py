"""The codebook in the warehouse: the study's definitions as tables, with what the results are and what each wave depends on.

Belongs here: which tables schema codebook has. Does not belong here: a study's own tables (study/), estimands (results/).
"""

import hashlib
from pathlib import Path

import pyarrow as pa

from dagster_project.outcomes.store import read_own_statistics
from dagster_project.results import ESTIMANDS_TABLE, STATISTICS, estimand_rows
from dagster_project.study import Study, codebook_tables, wave_definitions
from dagster_project.study_run import StudyRun


def write_codebook(study_run: StudyRun, dbt_folder: Path) -> tuple[Study, dict[str, pa.Table]]:
    """Read the study and write its codebook. Returns both. Raises StudyError, and SettingsError for a key that is lost: the
    first step says so, before anything is written."""
    study = study_run.read_study()
    study_run.settings.key()
    tables = codebook_tables(study) | study_run.codebook_tables(study)
    # Those of the study's own analyses stay until these are computed anew.
    statistics = (*STATISTICS, *read_own_statistics(study_run.warehouse).values())
    tables[ESTIMANDS_TABLE.name] = ESTIMANDS_TABLE.to_arrow(estimand_rows(study, statistics))
    tables["wave_definitions"] = wave_definitions(tables, _code_stamp(dbt_folder))
    study_run.warehouse.replace_tables("codebook", tables)
    study_run.codebook_is_written(study)
    return study, tables


def _code_stamp(dbt_folder: Path) -> str:
    """Stands for the SQL that types and scores answers."""
    digest = hashlib.sha256()
    for part in ("models", "macros"):
        for file in sorted((dbt_folder / part).rglob("*.sql")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
