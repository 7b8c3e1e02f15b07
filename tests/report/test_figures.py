"""Figures: what is drawn stands in results, says itself in words, is the same every time, and names nobody."""

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from dagster_project.outcomes.store import read_results
from dagster_project.report import MOST_PEOPLE
from dagster_project.report.figure import Figure, PersonScore
from dagster_project.report.figures import PEOPLE_SCORES_QUERY, draw_figures, figure_tables, trajectories
from dagster_project.report.figures.drawing import style
from dagster_project.results import ResultRow
from dagster_project.study import Study, read_study
from dagster_project.warehouse import Warehouse

SVG = "{http://www.w3.org/2000/svg}"


def _made(workspace: Any) -> tuple[Study, dict[str, ResultRow], list[dict[str, Any]]]:
    warehouse = Warehouse(workspace.release / "warehouse.duckdb")
    return read_study(workspace.study_folder), read_results(warehouse), warehouse.rows_as(PersonScore, PEOPLE_SCORES_QUERY)


@pytest.fixture(scope="module")
def example(example_run: Any) -> tuple[Study, dict[str, ResultRow], list[dict[str, Any]]]:
    return _made(example_run[0])


@pytest.fixture(scope="module")
def drawn(example: Any) -> dict[str, Figure]:
    return {figure.name: figure for figure in draw_figures(*example)}


def _path_of(svg: str, colour: str) -> list[tuple[float, float]]:
    """The corners of every path that is stroked in a colour."""
    points = []
    for path in ElementTree.fromstring(svg).iter(f"{SVG}path"):
        if f"stroke: {colour}" in path.get("style", ""):
            points += [(float(x), float(y)) for x, y in re.findall(r"[ML] (-?[\d.]+) (-?[\d.]+)", path.get("d", ""))]
    return points


def test_every_number_of_a_figure_is_a_result(example: Any, drawn: dict[str, Figure]) -> None:
    _, results, _ = example
    assert list(drawn) == ["trajectories", "forest", "returns", "items_wemwbs", "items_mjs", "items_itpps", "items_mbi_hss"]
    for figure in drawn.values():
        cells = [cell for row in figure.table.rows for cell in row.cells if cell.text]
        assert cells
        for cell in cells:
            if cell.text != "—":
                assert cell.result_ids, (figure.name, cell)
                assert all(results[result_id].printed in cell.text for result_id in cell.result_ids), (figure.name, cell)
        assert figure.table == figure_tables(*example[:2])[figure.name]


def test_effect_sizes_stand_where_their_values_say(example: Any, drawn: dict[str, Figure]) -> None:
    """Read back from the drawing: the squares of both panels lie on one line with their values."""
    study, results, _ = example
    name = study.protocol.plan.headline
    for panel, contrast in enumerate(entry.contrast for entry in study.protocol.contrasts):
        values = [results[f"change/{code}/{contrast}/{name}"].value for code in study.protocol.outcomes]
        root = ElementTree.fromstring(drawn["forest"].svg)
        group = next(element for element in root.iter(f"{SVG}g") if element.get("id") == f"forest-axes_{panel + 1}")
        squares = [
            float(use.get("x", "nan"))
            for use in group.iter(f"{SVG}use")
            if re.search(r"stroke: #(d55e00|0072b2)", use.get("style", ""))
        ]
        assert len(squares) == len(values)
        low, high = values.index(min(values)), values.index(max(values))
        scale = (squares[high] - squares[low]) / (values[high] - values[low])
        assert scale > 0
        for value, x in zip(values, squares, strict=True):
            assert math.isclose(x, squares[low] + scale * (value - values[low]), abs_tol=0.05)


def test_a_figure_says_itself_in_words(example: Any, drawn: dict[str, Figure]) -> None:
    study, results, _ = example
    sizes = {code: results[f"change/{code}/T1-T3/d_baseline"] for code in study.protocol.outcomes}
    largest = max(sizes, key=lambda code: abs(sizes[code].value or 0))
    assert f"the largest is {study.scales[largest][1].label}, {sizes[largest].printed}" in drawn["forest"].alt
    assert "32 people on the roster, 32 returned T1, 20 returned T2, 21 returned T3" in drawn["returns"].alt
    distances = [row for row in results.values() if row.statistic == "norm_distance" and row.value is not None]
    assert max(distances, key=lambda row: abs(row.value or 0)).printed in drawn["trajectories"].alt
    assert len({figure.alt for figure in drawn.values()}) == len(drawn)


def test_drawings_stand_in_a_page_by_themselves(example: Any, drawn: dict[str, Figure]) -> None:
    _, _, people = example
    seen_ids: set[str] = set()
    for figure in drawn.values():
        root = ElementTree.fromstring(figure.svg)
        assert root.get("role") == "img"
        assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
        assert root[1].text == figure.alt
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(set(ids)) == len(ids)
        assert not seen_ids & set(ids)
        seen_ids |= set(ids)
        referenced_ids = {
            reference.split("#")[1].rstrip(")") for reference in re.findall(r'href="#[^"]+|url\(#[^)]+\)', figure.svg)
        }
        assert referenced_ids <= set(ids)
        assert "<script" not in figure.svg
        assert not re.search(r'(?:href|src)="(?!#)', figure.svg)
        assert not [row for row in people if row.participant_id in figure.svg]
        assert figure.png.startswith(b"\x89PNG")
    assert sum(len(figure.svg) for figure in drawn.values()) < 1_000_000


def test_the_same_numbers_give_the_same_bytes(small_run: Any) -> None:
    """The asset drew them once; this is the second time."""
    workspace, _ = small_run
    redrawn = {figure.name: figure.svg for figure in draw_figures(*_made(workspace))}
    assert redrawn == {row["name"]: row["svg"] for row in workspace.released("from results.figures")}
    assert len(redrawn) > 3


def test_many_people_are_drawn_as_quartiles(example: Any, drawn: dict[str, Figure], example_copy: Any) -> None:
    """No person is read, and none is drawn, once the roster is longer than MOST_PEOPLE."""
    study, results, people = example
    faint = "#9aa2ad"
    assert len({row.participant_id for row in people}) == 32
    assert _path_of(drawn["trajectories"].svg, faint)
    assert "Faint lines: people; faint dots: people with a score in one wave only." in drawn["trajectories"].notes[0]
    name, _, draw = trajectories.plan(study, results)
    with style():
        crowd = draw([])
    assert name == crowd.name == "trajectories"
    assert not _path_of(crowd.svg, faint)
    assert "quartile" in crowd.notes[0]
    workspace, _ = example_copy
    file = Warehouse(workspace.release / "warehouse.duckdb")
    with file.transaction() as connection:
        connection.execute(
            f"insert into marts.participants select p.* replace (p.participant_id || i as participant_id)"
            f" from marts.participants p, range({MOST_PEOPLE}) r(i)"
        )
    assert file.rows(PEOPLE_SCORES_QUERY) == []


def test_hostile_and_poor_studies_are_drawn(small_run: Any) -> None:
    """Labels with signs that drawings or pages might take for their own; no contrast; no norm; nobody."""
    study, results, people = _made(small_run[0])
    figures = draw_figures(study, results, people)
    assert {"trajectories", "returns"} <= {entry.name for entry in figures}
    assert draw_figures(study, {}, []) == []
    alone = replace(
        study,
        protocol=study.protocol.model_copy(update={"contrasts": ()}),
        norms=study.norms.model_copy(update={"norms": ()}),
    )
    assert "forest" not in {entry.name for entry in draw_figures(alone, results, people)}
    words = {"label": "$a_b$ <i>&x " + "long " * 12}
    renamed = tuple(
        entry.model_copy(update={"scales": tuple(scale.model_copy(update=words) for scale in entry.scales)})
        for entry in study.instruments
    )
    for figure in draw_figures(replace(study, instruments=renamed), results, people):
        ElementTree.fromstring(figure.svg)
        assert "<i>" not in figure.svg


def test_the_asset_and_the_release_have_the_figures(example_run: Any, drawn: dict[str, Figure]) -> None:
    workspace, run = example_run
    rows = workspace.released("from results.figures order by position")
    assert {row["name"]: row["svg"] for row in rows} == {name: figure.svg for name, figure in drawn.items()}
    preview = run.metadata["results/figures"]["figures"].value
    assert preview.count("data:image/png;base64,") == len(rows)
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    for position, row in enumerate(rows, start=1):
        file: Path = workspace.release / "figures" / f"figure_{position}_{row['name']}.svg"
        assert file.read_text(encoding="utf-8").strip() == row["svg"]
        assert row["svg"] in page
        assert (workspace.release / "tables" / f"table_F{position}_{row['name']}.csv").is_file()
