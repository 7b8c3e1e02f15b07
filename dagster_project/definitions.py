"""The whole graph, assembled in one place: assets, checks, resources, the job that runs everything, sensor and schedule.

Belongs here: assembling. Does not belong here: an asset, a path. Dagster calls `defs`; the command line and the tests call
`build_defs` with settings of their own.
"""

import os

import dagster as dg

from dagster_project.dagster_home.progress import progress_logger
from dagster_project.defs.automation import automation
from dagster_project.defs.codebook import codebook
from dagster_project.defs.extensions import extension_assets
from dagster_project.defs.fieldwork import lists
from dagster_project.defs.interviews import INTERVIEW_ASSETS
from dagster_project.defs.lake_release import lake_assets
from dagster_project.defs.models import MODEL_CHECKS, exposure_specs, model_assets
from dagster_project.defs.names import name_of, of_study, spec_of_study
from dagster_project.defs.outcomes import OUTCOME_ASSETS
from dagster_project.defs.public_release import public_release
from dagster_project.defs.pull import pull_definitions
from dagster_project.defs.raw import raw_assets
from dagster_project.defs.release import release
from dagster_project.defs.resources import resources_of
from dagster_project.defs.variants import variant_marts
from dagster_project.file_modes import keep_files_private
from dagster_project.fingerprint import code_version
from dagster_project.keys import SettingsError
from dagster_project.memory import limit_memory
from dagster_project.models.manifest import prepared_manifest
from dagster_project.readable_files import allow
from dagster_project.settings import Settings, read_settings
from dagster_project.studies import STUDIES_VARIABLE, has_studies
from dagster_project.study import Study, StudyError, read_study

#: The whole graph as a job. `wavehouse run` and the UI run this same job.
EVERYTHING_JOB = "everything"


@dg.definitions
def defs() -> dg.Definitions:
    """The whole graph of the study that the environment names. Loads on a machine with no data, too."""
    keep_files_private(os.environ)
    allow(os.environ)
    limit_memory(os.environ)
    if has_studies(os.environ) and not os.environ.get("WAVEHOUSE_STUDY"):
        raise SettingsError(
            f"{STUDIES_VARIABLE}: this module is of one study; load dagster_project.many_studies, or name one in"
            " WAVEHOUSE_STUDY"
        )
    return build_defs(read_settings())


def build_defs(settings: Settings) -> dg.Definitions:
    """The whole graph of one study. Without a valid study it has no raw assets; the codebook asset says what is wrong."""
    manifest = prepared_manifest(settings)
    raw: list[dg.AssetsDefinition] = []
    study: Study | None = None
    try:
        study = read_study(settings.study_folder)
        raw = raw_assets(study)
    except StudyError as error:
        dg.get_dagster_logger().warning("the raw assets are left out: %s", error)
    # By it Dagster sees what is stale: any module may matter to a number. dbt's models have the version of their own SQL.
    version = code_version(settings)[:16]
    own_assets = dg.map_asset_specs(
        lambda spec: spec.replace_attributes(code_version=version),
        [
            *(codebook, *raw, variant_marts, *OUTCOME_ASSETS, *INTERVIEW_ASSETS, *extension_assets(study)),
            *(lists, release, public_release, *lake_assets(settings)),
        ],
    )
    job_name = name_of(settings, EVERYTHING_JOB)
    graph = dg.Definitions(
        assets=[
            *(of_study(settings, asset) for asset in (*own_assets, *model_assets(manifest))),
            *(spec_of_study(settings, spec) for spec in exposure_specs(manifest)),
        ],
        asset_checks=[of_study(settings, check) for check in MODEL_CHECKS],
        jobs=[dg.define_asset_job(job_name, description="Exports to release: everything, in order.")],
        # One process: DuckDB has one writer, and starting a process for each step costs more than the step.
        executor=dg.in_process_executor,
        loggers={"progress": progress_logger},
        resources=resources_of(settings),
    )
    return dg.Definitions.merge(graph, automation(settings, study), pull_definitions(settings, study))
