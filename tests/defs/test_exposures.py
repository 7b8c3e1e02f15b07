"""Exposures: what leaves the house hangs on the asset that makes it, and names the marts that asset reads."""

import json
from collections.abc import Callable
from typing import Any

import dagster as dg

from dagster_project.defs.models.manifest import prepared_manifest


def _marts_behind(graph: Any, key: dg.AssetKey) -> set[str]:
    """The marts that an asset reads, itself or through other results."""
    sources, todo, visited = set(), [key], set()
    while todo:
        name = todo.pop()
        if name in visited:
            continue
        visited.add(name)
        if name.path[0] == "marts":
            sources.add(name.path[-1])
        elif name.path[0] in ("results", "release"):
            todo += graph.get(name).parent_keys
    return sources


def test_exposures_are_the_ends_of_the_lineage(example_run: Any, definitions_of: Callable[[Any], dg.Definitions]) -> None:
    workspace, _ = example_run
    graph = definitions_of(workspace).resolve_asset_graph()
    exposures = json.loads(prepared_manifest(workspace.settings).read_text(encoding="utf-8"))["exposures"].values()
    assert {exposure["name"] for exposure in exposures} == {
        "page", "documents", "deposit", "figures", "audit_findings", "propositions",
    }  # fmt: skip
    for exposure in exposures:
        node = graph.get(dg.AssetKey(["exposures", exposure["name"]]))
        maker = dg.AssetKey(exposure["meta"]["asset"].split("/"))
        assert node.parent_keys == {maker}
        assert node.child_keys == set()
        assert not node.is_materializable
        model_names = {name.rsplit(".", 1)[-1] for name in exposure["depends_on"]["nodes"]}
        assert model_names == _marts_behind(graph, maker), exposure["name"]
