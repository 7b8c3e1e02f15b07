"""The lists that a team works with while a study is in the field, brought up to date by every run.

Belongs here: the asset, whose metadata name nobody. Does not belong here: who and what is on the lists (fieldwork/).
"""

from datetime import UTC, datetime

import dagster as dg

from dagster_project.defs.steps import fails_in_one_line
from dagster_project.fieldwork import REMINDER_STATES, STATES, counts_of_kinds, write_lists
from dagster_project.markdown import markdown_table
from dagster_project.study_run import StudyRun

_MARTS = ("answer_codes", "answer_days", "exclusions", "gate_contradictions", "returns", "unplanned_answers")


@dg.asset(
    key=dg.AssetKey("lists"),
    deps=[
        dg.AssetKey("codebook"),
        dg.AssetKey(["staging", "rejected_answers"]),
        *(dg.AssetKey(["marts", mart]) for mart in _MARTS),
    ],
    group_name="fieldwork",
    kinds={"csv", "html"},
    owners=["team:data-management"],
    description="Who is due to answer which wave, and what is to be asked about answers: for the team, never released.",
)
def lists(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
    with fails_in_one_line():
        protocol = study_run.study().protocol
        field_lists = write_lists(study_run.warehouse, protocol, study_run.settings.study_home, datetime.now(UTC))
        reminders = [(wave, *(counts[state] for state in REMINDER_STATES)) for wave, counts in field_lists.reminder_counts]
        queries = [(kind.replace("_", " "), *counts) for kind, counts in counts_of_kinds(field_lists.queries)]
        states = [state.replace("_", " ") for state in REMINDER_STATES]
        return dg.MaterializeResult(
            metadata={
                "not answered": dg.MetadataValue.md(
                    markdown_table(("wave", *states), reminders) if reminders else "Nobody."
                ),
                "data queries": dg.MetadataValue.md(markdown_table(("kind", *STATES), queries) if queries else "None."),
                "folder": dg.MetadataValue.path(str(field_lists.folder)),
            }
        )
