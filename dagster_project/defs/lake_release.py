"""The asset of the lake: the release, published where other machines read it. Only with WAVEHOUSE_TARGET=lake.

Belongs here: the asset. Does not belong here: whether the release may be published, and how (release/lake.py).
"""

import dagster as dg

from dagster_project.defs.steps import fails_in_one_line
from dagster_project.release.lake import lake_of, publish_current_release
from dagster_project.settings import Settings
from dagster_project.study_run import StudyRun


@dg.asset(
    deps=[dg.AssetKey("release")],
    group_name="release",
    kinds={"duckdb", "parquet"},
    owners=["team:data-management"],
    description="The release in the lake, as one transaction: readers see the one before or this one, each whole.",
)
def lake_release(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
    with fails_in_one_line():
        publication = publish_current_release(study_run.settings, source=study_run.source)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(publication.release.content),
            metadata={
                "lake": str(lake_of(study_run.settings)),
                "release": publication.release.release,
                "snapshot": publication.release.snapshot,
                "is new": publication.is_new,
                "no longer there": ", ".join(publication.expired),
            },
        )


def lake_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The asset, where the target is a lake."""
    return [lake_release] if settings.target == "lake" else []
