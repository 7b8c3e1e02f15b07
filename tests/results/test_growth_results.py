"""What growth and days of answers say in words: groups by name, singular fits, waves that nobody returned, no declaration."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from measures_study import GROWTH, WINDOWS, write_measures_study

from dagster_project.results import ResultRow, answer_days_results, growth_results, supplementary_tables
from dagster_project.study import Study, read_study

Moments = list[dict[str, Any]]


def _study(folder: Path, *changes: tuple[str, str]) -> Study:
    file = write_measures_study(folder / "measures_study", size=2) / "study.yaml"
    text = file.read_text(encoding="utf-8")
    for words, others in changes:
        assert words in text
        text = text.replace(words, others)
    file.write_text(text, encoding="utf-8")
    return read_study(file.parent)


def _moments(scores: dict[str, list[list[float]]], days: dict[str, list[float]]) -> Moments:
    """Rows as of marts.growth_moments: scores of people by group, all at their group's days; centre 0."""
    rows = []
    for group, people in scores.items():
        for y in np.array(people):
            t = np.array(days[group])
            rows.append(
                {
                    "scale": "depression", "people_group": group, "scores": len(t), "days": t.sum(), "squared_days": t @ t,
                    "n": 1, "centre": 0.0, "score_sum": y.sum(), "product_sum": t @ y, "square_sum": y @ y,
                    "score_score": y.sum() ** 2, "score_product": y.sum() * (t @ y), "product_product": (t @ y) ** 2,
                }
            )  # fmt: skip
    return rows


def _by_id(rows: list[ResultRow]) -> dict[str, ResultRow]:
    return {row.result_id: row for row in rows}


LINES = [[20, 19, 16], [31, 27, 28], [12, 14, 9], [25, 20, 21]]


def test_a_slope_is_per_declared_unit_whatever_the_unit(tmp_path: Path) -> None:
    moments = _moments({"town": LINES}, {"town": [0, 182, 365]})
    slopes = {}
    for unit, days in (("days", 1), ("weeks", 7), ("months", 365.25 / 12), ("years", 365.25)):
        study = _study(tmp_path / unit, ("unit: months", f"unit: {unit}"))
        row = _by_id(growth_results(moments, study))["growth/depression/slope"]
        assert (row.unit, row.value is not None) == (f"points per {unit[:-1]}", True)
        slopes[unit] = (row.value or 0) / days
    assert slopes == pytest.approx(dict.fromkeys(slopes, slopes["days"]), rel=1e-9)


def test_a_group_without_a_slope_is_named(tmp_path: Path) -> None:
    moments = _moments({"town": LINES, "country": [[20], [14]]}, {"town": [0, 182, 365], "country": [0]})
    rows = _by_id(growth_results(moments, _study(tmp_path)))
    row = rows["growth_difference/depression/country/difference"]
    assert (row.value, row.note) == (None, "all scores of group country are at one time")
    assert rows["growth/depression/slope"].value is not None


def test_a_group_without_scores_has_no_line_and_the_other_has(tmp_path: Path) -> None:
    rows = _by_id(growth_results(_moments({"town": LINES}, {"town": [0, 182, 365]}), _study(tmp_path)))
    slope, difference = (
        rows[f"growth_{name}"] for name in ("by_group/depression/country/slope", "difference/depression/country/p")
    )
    assert (slope.value, slope.note) == (None, "nobody of the group has a score at a known time")
    assert (difference.value, difference.note) == (None, "nobody of one of the groups has a score at a known time")
    assert rows["growth_by_group/depression/town/slope"].value == rows["growth/depression/slope"].value
    assert rows["growth/weight/slope"].note == "nobody has a score at a known time"


def test_a_singular_fit_is_said_in_results_and_table(tmp_path: Path) -> None:
    alike = [[20, 19, 16], [18, 21, 17], [21, 18, 18], [19, 20, 15]]
    study = _study(tmp_path)
    rows = growth_results(_moments({"town": alike}, {"town": [0, 182, 365]}), study)
    words = "singular: people do not differ beyond chance in level or slope"
    by_id = _by_id(rows)
    assert by_id["growth/depression/slope"].value is not None
    assert (by_id["growth/depression/sd_slope"].value, by_id["growth/depression/sd_slope"].note) == (0, words)
    assert by_id["growth/depression/correlation"].note == (
        "people do not differ in level or in slope, so that the two have no correlation"
    )
    table = next(table for table in supplementary_tables(study, rows) if table.name == "growth")
    assert any(cell.text == words for row in table.rows for cell in row.cells)


def test_a_wave_that_nobody_returned_has_no_days(tmp_path: Path) -> None:
    rows = _by_id(answer_days_results([], _study(tmp_path)))
    assert rows["answer_days/returns/T2/n_late"].value == 0
    mean = rows["answer_days/returns/T2/mean"]
    assert (mean.value, mean.note) == (None, "nobody returned this wave with a known day")
    assert "answer_days/returns/T1/n_late" not in rows


def test_without_a_declaration_nothing_is_computed(tmp_path: Path) -> None:
    moments = _moments({"town": LINES}, {"town": [0, 182, 365]})
    study = _study(tmp_path, (GROWTH, ""))
    assert growth_results(moments, study) == []
    assert answer_days_results([], study) != []
    plain = _study(tmp_path / "plain", (GROWTH, ""), (WINDOWS[0], ""), (WINDOWS[1], ""))
    assert answer_days_results([], plain) == []
