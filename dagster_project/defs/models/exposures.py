"""dbt's exposures as the ends of the lineage. Belongs here: that. Does not belong here: which there are (dbt)."""

import json
from pathlib import Path

import dagster as dg


def exposure_specs(manifest: Path) -> list[dg.AssetSpec]:
    """An asset for each exposure, behind the asset that makes it. It is never materialised: it is what people open."""
    exposures = json.loads(manifest.read_text(encoding="utf-8"))["exposures"].values()
    return [
        dg.AssetSpec(
            key=dg.AssetKey(["exposures", one["name"]]),
            deps=[dg.AssetKey(one["meta"]["asset"].split("/"))],
            description=f"{one['label']}. {one['description']}",
            group_name="exposures",
            kinds={one["type"]},
            owners=[f"team:{one['owner']['name']}"],
            metadata={"marts behind it": ", ".join(node.rsplit(".", 1)[-1] for node in one["depends_on"]["nodes"])},
        )
        for one in exposures
    ]
