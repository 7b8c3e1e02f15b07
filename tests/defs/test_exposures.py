"""Exposures: what leaves the house hangs on the asset that makes it, and names the marts that asset reads."""

import json
from collections.abc import Callable
from typing import Any

import dagster as dg

from dagster_project.defs.models.manifest import prepared_manifest


def _marts_behind(graph: Any, key: dg.AssetKey) -> set[str]:
    """The marts that an asset reads, itself or through other results."""
    found, todo, seen = set(), [key], set()
    while todo:
        one = todo.pop()
        if one in seen:
            continue
        seen.add(one)
        if one.path[0] == "marts":
            found.add(one.path[-1])
        elif one.path[0] in ("results", "release"):
            todo += graph.get(one).parent_keys
    return found


def test_exposures_are_the_ends_of_the_lineage(example_run: Any, definitions_of: Callable[[Any], dg.Definitions]) -> None:
    workspace, _ = example_run
    graph = definitions_of(workspace).resolve_asset_graph()
    exposures = json.loads(prepared_manifest(workspace.settings).read_text(encoding="utf-8"))["exposures"].values()
    assert {one["name"] for one in exposures} == {
        "page", "documents", "deposit", "figures", "audit_findings", "propositions",
    }  # fmt: skip
    for one in exposures:
        node = graph.get(dg.AssetKey(["exposures", one["name"]]))
        maker = dg.AssetKey(one["meta"]["asset"].split("/"))
        assert node.parent_keys == {maker}
        assert node.child_keys == set()
        assert not node.is_materializable
        named = {name.rsplit(".", 1)[-1] for name in one["depends_on"]["nodes"]}
        assert named == _marts_behind(graph, maker), one["name"]
