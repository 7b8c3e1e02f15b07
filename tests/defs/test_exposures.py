"""Exposures: what leaves the house hangs on the asset that makes it, and names the marts that asset reads.

dbt's lists are held against the assets' dependencies, and these against the code that reads.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg

from dagster_project.models.manifest import prepared_manifest
from dagster_project.outcomes.analyses import OUTCOMES
from dagster_project.report.figures import PEOPLE_SCORES_QUERY

PACKAGE = Path(__file__).parents[2] / "dagster_project"


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
        elif one.path[0] != "staging":
            todo += graph.get(one).parent_keys
    return found


def test_exposures_are_the_ends_of_the_lineage(example_run: Any, definitions_of: Callable[[Any], dg.Definitions]) -> None:
    workspace, _ = example_run
    graph = definitions_of(workspace).resolve_asset_graph()
    exposures = json.loads(prepared_manifest(workspace.settings).read_text(encoding="utf-8"))["exposures"].values()
    assert {one["name"] for one in exposures} == {
        "page", "documents", "deposit", "figures", "audit_findings", "propositions", "public",
    }  # fmt: skip
    for one in exposures:
        node = graph.get(dg.AssetKey(["exposures", one["name"]]))
        maker = dg.AssetKey(one["meta"]["asset"].split("/"))
        assert node.parent_keys == {maker}
        assert node.child_keys == set()
        assert not node.is_materializable
        named = {name.rsplit(".", 1)[-1] for name in one["depends_on"]["nodes"]}
        assert named == _marts_behind(graph, maker), one["name"]


def test_every_mart_is_released_and_every_mart_that_is_read_exists(
    example_run: Any, definitions_of: Callable[[Any], dg.Definitions]
) -> None:
    workspace, _ = example_run
    nodes = json.loads(prepared_manifest(workspace.settings).read_text(encoding="utf-8"))["nodes"].values()
    marts = {node["name"] for node in nodes if node["resource_type"] == "model" and node["schema"] == "marts"}
    graph = definitions_of(workspace).resolve_asset_graph()
    parents = graph.get(dg.AssetKey("release")).parent_keys
    assert {key.path[-1] for key in parents if key.path[0] == "marts"} == marts
    sources = [path for ending in ("*.py", "*.sql") for path in PACKAGE.rglob(ending)]
    named = {name for path in sources for name in re.findall(r"\bmarts\.([a-z]\w*)", path.read_text(encoding="utf-8"))}
    assert len(named) > 10
    assert named <= marts


def test_an_asset_of_results_depends_on_the_marts_that_its_code_reads(
    example_run: Any, definitions_of: Callable[[Any], dg.Definitions]
) -> None:
    for outcome in OUTCOMES:
        # The names of marts are the only texts in its code.
        texts = {constant for constant in outcome.compute.__code__.co_consts if isinstance(constant, str)}
        assert texts == set(outcome.reads), outcome.name
        assert ("results" in outcome.compute.__code__.co_names) == bool(outcome.follows), outcome.name
    workspace, _ = example_run
    parents = definitions_of(workspace).resolve_asset_graph().get(dg.AssetKey(["results", "figures"])).parent_keys
    read = set(re.findall(r"\bmarts\.(\w+)", PEOPLE_SCORES_QUERY))
    assert {key.path[-1] for key in parents if key.path[0] == "marts"} == read
