"""The interviews and the joint display: coded segments as they arrived, propositions judged beside them.

Belongs here: the assets. Does not belong here: landing and counting segments (raw/, outcomes/display.py), judging
(synthesis/).
"""

import dagster as dg

from dagster_project.defs.outcomes import RESULT_KEYS
from dagster_project.defs.steps import check_result, fails_in_one_line
from dagster_project.outcomes.display import display_checks, display_study, segments_check
from dagster_project.raw.segments import (
    codings_by_code,
    read_coded_files,
    segment_check,
    segment_rows,
    write_segments,
)
from dagster_project.study_run import StudyRun
from dagster_project.synthesis import display_markdown

_SEGMENTS = dg.AssetKey(["raw", "segments"])
_DISPLAY = dg.AssetKey(["results", "joint_display"])


@dg.asset(
    key=_SEGMENTS,
    deps=["codebook"],
    group_name="synthesis",
    kinds={"python", "duckdb", "xml"},
    owners=["team:synthesis"],
    description="Coded interview segments, of REFI-QDA projects and tables, with the person and wave of each.",
    check_specs=[
        dg.AssetCheckSpec(
            "codings_conserved",
            asset=_SEGMENTS,
            blocking=True,
            description="Codings in the files, counted apart, = codings kept + set aside, each with its reason.",
        ),
    ],
)
def segments(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
    with fails_in_one_line():
        study = study_run.study()
        files = read_coded_files(study_run.settings, study)
        rows = segment_rows(files, study, study_run.settings.key())
        write_segments(study_run.warehouse, files, rows, study, study_run.run_id)
        n_set_aside = sum(row.set_aside_reason is not None for row in rows)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(" ".join(file.sha256[:12] for file in files) or "none declared"),
            metadata={
                "codings kept": len(rows) - n_set_aside,
                "codings set aside": n_set_aside,
                "codes": dg.MetadataValue.md(codings_by_code(rows)),
                **{file.name: "; ".join([file.content.origin, *file.content.notes]) for file in files},
            },
            check_results=[check_result(segment_check(files, rows))],
        )


@dg.asset(
    key=_DISPLAY,
    deps=[
        dg.AssetKey("codebook"),
        _SEGMENTS,
        *(dg.AssetKey(["marts", mart]) for mart in ("participants", "exclusions")),
        *RESULT_KEYS,
    ],
    group_name="synthesis",
    kinds={"python", "duckdb", "yaml"},
    owners=["team:synthesis"],
    description="Propositions: what the numbers say of each claim, what the interviews say, and what people judged.",
    check_specs=[
        dg.AssetCheckSpec(
            "people_known", asset=_DISPLAY, description="Every segment is of somebody on the roster, at a wave of the study."
        ),
        dg.AssetCheckSpec("claims_hold", asset=_DISPLAY, description="Every claim that can be tested is supported."),
        dg.AssetCheckSpec(
            "judgements_current", asset=_DISPLAY, description="Judgements were made of the evidence as it is."
        ),
    ],
)
def joint_display(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
    with fails_in_one_line():
        display = display_study(study_run.warehouse, study_run.study(), study_run.run_id)
        words = display_markdown(display) if display else "The study declares no propositions."
        return dg.MaterializeResult(
            metadata={
                "joint display": dg.MetadataValue.md(words),
                "propositions": len(display),
                "claims": sum(len(row.claims) for row in display),
            },
            check_results=[check_result(check) for check in (segments_check(study_run.warehouse), *display_checks(display))],
        )


INTERVIEW_ASSETS = [segments, joint_display]
