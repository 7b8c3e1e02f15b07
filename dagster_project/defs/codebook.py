"""The codebook asset: the study folder's definitions, validated once and written as tables. Nothing else belongs here."""

import dagster as dg

from dagster_project.defs.steps import fails_in_one_line
from dagster_project.markdown import markdown_table
from dagster_project.models.project import DbtProject
from dagster_project.outcomes.codebook import write_codebook
from dagster_project.study_run import StudyRun


@dg.asset(
    group_name="codebook",
    kinds={"python", "duckdb", "yaml"},
    owners=["team:data-management"],
    description="The protocol as tables: waves, instruments, items, scales, norms. One truth, validated once.",
)
def codebook(study_run: dg.ResourceParam[StudyRun], dbt: dg.ResourceParam[DbtProject]) -> dg.MaterializeResult:
    with fails_in_one_line():
        study, tables = write_codebook(study_run, dbt.folder)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(study.definitions_hash),
            metadata={
                "study": study.protocol.title,
                "waves": ", ".join(wave.wave for wave in study.protocol.waves),
                "instruments": ", ".join(instrument.name for instrument in study.instruments),
                "assumptions": tables["assumptions"].num_rows,
                "tables": dg.MetadataValue.md(
                    markdown_table(("table", "rows"), [(name, table.num_rows) for name, table in tables.items()])
                ),
            },
        )
