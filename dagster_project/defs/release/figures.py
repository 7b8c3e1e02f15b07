"""The figures asset: what the page shows, drawn once from the results of this run. Belongs here: the edge of that. Does not
belong here: drawing (report/figures/)."""

import base64
from collections.abc import Sequence

import dagster as dg
import pyarrow as pa

from dagster_project.defs.outcomes.assets import OUTCOMES, read_results
from dagster_project.defs.stamps import MARTS, stamp
from dagster_project.defs.study_run import StudyRun
from dagster_project.report import FIGURES_COLUMNS, Figure
from dagster_project.settings import Settings, read_settings
from dagster_project.warehouse import Warehouse, replace_table


@dg.definitions
def defs() -> dg.Definitions:
    return build(read_settings())


def build(settings: Settings) -> dg.Definitions:
    """The figures of one study."""

    @dg.asset(
        key=dg.AssetKey(["results", "figures"]),
        deps=[
            dg.AssetKey("codebook"),
            *(dg.AssetKey(["marts", mart]) for mart in ("scale_scores", "participants")),
            *(dg.AssetKey(["results", name]) for name in OUTCOMES),
        ],
        group_name="release",
        kinds={"python", "duckdb"},
        owners=["team:data-management"],
        description="Scores over time, effect sizes, returns and reasons, answers to each item, as SVG with alt text.",
    )
    def figures(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
        # The plotting library takes two seconds to come; whoever only loads the definitions does not wait for it.
        from dagster_project.report.figures import PEOPLE_SCORES, draw_figures

        warehouse = Warehouse(settings.warehouse_file)
        study = study_run.study()
        people = warehouse.rows(PEOPLE_SCORES) if study.protocol.shows_people else []
        drawn = draw_figures(study, read_results(warehouse), people)
        rows = [
            {
                "position": place,
                "name": one.name,
                "title": one.title,
                "alt": one.alt,
                "notes": "\n".join(one.notes),
                "svg": one.svg,
            }
            for place, one in enumerate(drawn, start=1)
        ]
        schema = pa.schema([(name, pa.int64() if name == "position" else pa.string()) for name in FIGURES_COLUMNS])
        with warehouse.transaction() as connection:
            stamp(connection, "figures", (MARTS, *OUTCOMES), study, study_run.run_id)
            replace_table(connection, "results", "figures", pa.Table.from_pylist(rows, schema=schema))
        return dg.MaterializeResult(metadata={"figures": dg.MetadataValue.md(_markdown(drawn)), "drawn": len(drawn)})

    return dg.Definitions(assets=[figures])


def _markdown(drawn: Sequence[Figure]) -> str:
    if not drawn:
        return "Nobody has answered anything that could be drawn."
    return "\n\n".join(
        f"**{one.title}.** {one.alt}\n\n![{one.title}](data:image/png;base64,{base64.b64encode(one.png).decode()})"
        for one in drawn
    )
