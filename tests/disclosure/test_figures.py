"""Figures and their alternative texts: drawn from results.csv alone, somebody gets the same ones."""

import csv
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from disclosure.made_people import SCALES, made_results, made_study
from disclosure.published_study import PublishedStudy

from dagster_project.disclosure.figures import public_figures
from dagster_project.results import ResultRow

Publish = Callable[..., PublishedStudy]


def rows_of_csv(folder: Path) -> dict[str, ResultRow]:
    """The results as the public file has them."""
    names = {field.name for field in fields(ResultRow)}
    rows = []
    with (folder / "results.csv").open(encoding="utf-8-sig", newline="") as stream:
        for record in csv.DictReader(stream):
            texts = {name: text or None for name, text in record.items() if name in names}
            value, n = record["value"], record["n"]
            numbers = {"value": float(value) if value else None, "n": int(n) if n else None}
            rows.append(ResultRow(**(texts | numbers | {"unit": record["unit"]})))
    return {row.result_id: row for row in rows}


def drawings(folder: Path) -> dict[str, str]:
    return {path.name.split("_", 2)[2]: path.read_text(encoding="utf-8") for path in (folder / "figures").glob("*.svg")}


@pytest.mark.parametrize("count", [32, 200, 5000])
@pytest.mark.slow
def test_figures_are_drawn_from_the_public_file(count: int, published_study: Publish) -> None:
    study = published_study(count, 3, has_files=True)
    figures = public_figures(study.study, rows_of_csv(study.folder))
    assert {f"{figure.name}.svg": figure.svg + "\n" for figure in figures} == drawings(study.folder)
    page = (study.folder / "index.html").read_text(encoding="utf-8")
    assert "trajectories" in {figure.name for figure in figures}
    assert all(figure.alt.replace("'", "&#39;") in page for figure in figures)


def test_a_figure_of_the_teams_numbers_would_be_noticed(published_study: Publish) -> None:
    study = published_study(200, 3, has_files=True)
    team_figures = public_figures(study.study, made_results(study.study, study.people))
    published = drawings(study.folder)
    assert published.keys() <= {f"{figure.name}.svg" for figure in team_figures}
    assert all(figure.svg + "\n" != published.get(f"{figure.name}.svg") for figure in team_figures)


@pytest.mark.slow
def test_nobody_is_drawn_and_no_end_of_a_range(published_study: Publish) -> None:
    """As many points as printed means, at most, in each panel."""
    study = published_study(200, 3, has_files=True)
    svg = drawings(study.folder)["trajectories.svg"]
    assert not re.search("quartile|people|person", svg, re.IGNORECASE)
    mean_count = sum(
        row.printed != "*"
        for row in study.published.values()
        if re.fullmatch(f"summary/({'|'.join(SCALES)})/T./mean", row.result_id)
    )
    markers = [found for found in re.findall(r"<use [^>]*y=\"([0-9.]+)\"[^>]*fill: #0072b2", svg)]
    assert 0 < mean_count < 6
    assert len(markers) == mean_count


def test_of_nothing_nothing_is_drawn(tmp_path: Path) -> None:
    assert public_figures(made_study(tmp_path), {}) == []
