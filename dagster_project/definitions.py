"""The one entry for Dagster: loads defs/, sets the executor and the job that runs everything.

Belongs here: assembling. Does not belong here: an asset, a path, an environment variable.
"""

from pathlib import Path

import dagster as dg

from dagster_project.defs.progress import progress_logger

#: The whole graph. `wavehouse run` and the UI run this same job.
EVERYTHING = "everything"


@dg.definitions
def defs() -> dg.Definitions:
    """The whole graph of the study that the environment names. Loads on a machine with no data, too."""
    return dg.Definitions.merge(
        dg.load_from_defs_folder(path_within_project=Path(__file__).parent),
        dg.Definitions(
            # One process: DuckDB has one writer, and starting a process for each step costs more than the step.
            executor=dg.in_process_executor,
            jobs=[dg.define_asset_job(EVERYTHING, description="Exports to release: everything, in order.")],
            loggers={"progress": progress_logger},
        ),
    )
