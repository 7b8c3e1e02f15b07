"""Scales whose reliability is of polychoric correlations as well: what study.yaml may name."""

import shutil
from pathlib import Path

import pytest

from dagster_project.study import StudyError, codebook_tables, read_study

SMALL = Path(__file__).parents[1] / "small_study"


def _read(folder: Path, codes: str, anchors: str = "{low: 0, high: 6}") -> list[str]:
    """anchors: of the instrument drive."""
    shutil.copytree(SMALL, folder / "small_study")
    drive = folder / "small_study/instruments/drive.yaml"
    drive.write_text(drive.read_text(encoding="utf-8").replace("{low: 0, high: 6}", anchors), encoding="utf-8")
    file = folder / "small_study/study.yaml"
    file.write_text(file.read_text(encoding="utf-8") + f"\nordinal_reliability: {codes}\n", encoding="utf-8")
    tables = codebook_tables(read_study(file.parent))
    return [row["scale"] for row in tables["ordinal_scales"].to_pylist()]


def test_scales_of_items_may_be_named(tmp_path: Path) -> None:
    assert _read(tmp_path, "[push, mood_total]") == ["push", "mood_total"]
    assert codebook_tables(read_study(SMALL))["ordinal_scales"].num_rows == 0


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (
            "[mood]",
            "ordinal_reliability: 'mood' is not a scale of any instrument; the scales are mood_total, push, pull, drive_overall",
        ),
        ("[push, push]", "ordinal_reliability names push twice; keep one"),
        ("[drive_overall]", "ordinal_reliability: drive_overall has no items of its own; take it out"),
    ],
)
def test_what_has_no_such_reliability_is_one_line(tmp_path: Path, codes: str, message: str) -> None:
    with pytest.raises(StudyError) as refusal:
        _read(tmp_path, codes)
    assert str(refusal.value) == f"{tmp_path}/small_study/study.yaml: {message}"


def test_sliders_are_numbers(tmp_path: Path) -> None:
    with pytest.raises(StudyError) as refusal:
        _read(tmp_path, "[push]", "{low: 0, high: 100}")
    assert str(refusal.value) == (
        f"{tmp_path}/small_study/study.yaml: ordinal_reliability: item 1 of push has 101 possible answers, and polychoric"
        " correlations are of 11 at most; take push out"
    )
