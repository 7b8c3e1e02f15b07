"""The asset of the public release: what may be shown to everybody, made when the team's release is there.

Belongs here: the asset. Does not belong here: what is public (disclosure/), the folder (release/public.py).
"""

import dagster as dg

from dagster_project.checks import Check
from dagster_project.defs.steps import check_result, fails_in_one_line
from dagster_project.release.public import REPORT, publish_public
from dagster_project.study_run import StudyRun


@dg.asset(
    deps=[dg.AssetKey("release")],
    group_name="release",
    kinds={"csv", "html"},
    owners=["team:data-management"],
    description="What everybody may read, in the folder public: no person, small counts hidden, counts rounded.",
    check_specs=[
        dg.AssetCheckSpec(
            "follows_the_release", asset="public_release", description="It is of the release, not of one before."
        )
    ],
)
def public_release(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
    with fails_in_one_line():
        published = publish_public(study_run.settings, study_run.study(), study_run.warehouse, study_run.source)
        message = published.reason or "It is of the release, or the study declares that there is none."
        follows = check_result(Check("follows_the_release", not published.reason, message, is_warning=True))
        if published.folder is None:
            words = published.reason or "The study declares that there is none (disclosure: none)."
            return dg.MaterializeResult(metadata={"what it holds": words}, check_results=[follows])
        return dg.MaterializeResult(
            metadata={
                "folder": dg.MetadataValue.path(str(published.folder)),
                "page": dg.MetadataValue.path(str(published.folder / "index.html")),
                "report": dg.MetadataValue.path(str(study_run.settings.study_folder / REPORT / "disclosure_report.md")),
                "is new": published.is_new,
                "why it is as it was": published.reason,
                "numbers": published.numbers,
                "hidden": published.hidden,
            },
            check_results=[follows],
        )
