"""What study.yaml says once for all scales, items and waves, and what is refused when it is said twice or of nothing."""

import shutil
from pathlib import Path

import pytest

from dagster_project.study import StudyError, read_study
from tests.refusal_lines import without_line

SMALL = Path(__file__).parents[1] / "small_study"
#: What the small study says in its files, and what takes its place.
_ENDS = (("mood", ", better: high"), ("drive", ", better: high"), ("drive", ", better: low"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small study, which leaves ends, reversed items and months open."""
    folder = tmp_path / "small_study"
    shutil.copytree(SMALL, folder)
    for instrument, text in _ENDS:
        _edit(folder / f"instruments/{instrument}.yaml", text, "")
    _edit(folder / "instruments/mood.yaml", "reversed: [3]\n", "")
    _edit(folder / "study.yaml", ", month: 0}", "}")
    _edit(folder / "study.yaml", ", month: 3}", "}")
    return folder


def _edit(file: Path, text: str, replacement: str) -> None:
    content = file.read_text(encoding="utf-8")
    assert text in content
    file.write_text(content.replace(text, replacement), encoding="utf-8")


def _declare(folder: Path, lines: str) -> None:
    _edit(folder / "study.yaml", "outcomes:", f"{lines}\noutcomes:")


def _message(folder: Path) -> str:
    with pytest.raises(StudyError) as error:
        read_study(folder)
    return without_line(error.value).removeprefix(f"{folder}/")


def test_what_is_said_once_is_what_the_files_would_say(folder: Path) -> None:
    _declare(folder, "better: {pull: low, others: high}\nreversed: {mood: [3]}\nmonths: {T2: 3, T1: 0}")
    study, original = read_study(folder), read_study(SMALL)
    assert study.instruments == original.instruments
    assert study.protocol.waves == original.protocol.waves


def test_one_end_for_all_scales(folder: Path) -> None:
    _declare(folder, "better: low\nmonths: {T1: 0, T2: 3}")
    study = read_study(folder)
    assert {scale.better for _, scale in study.scales.values()} == {"low"}
    assert study.instrument("mood").reversed == ()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            "months: {T1: 0}",
            "study.yaml: months lacks T2; add its planned month, e.g. T2: 3",
        ),
        (
            "months: {T1: 0, T2: 3, T9: 4}",
            "study.yaml: months names 'T9', which is no wave; the waves are T1, T2",
        ),
        (
            "months: [0, 3]",
            "study.yaml: months: write the planned month of each wave by its name, e.g. months: {T1: 0, T2: 3}",
        ),
        (
            "months: {T1: 0, T2: 3}",
            "instruments/mood.yaml: scales[0].better: the key is missing; give high or low: which end of the scale is good;"
            " neither where none is (and 1"
            " more)",
        ),
        (
            "months: {T1: 0, T2: 3}\nbetter: {mood_total: high, push: high}",
            "instruments/drive.yaml: scale pull says nothing of better, nor does study.yaml; add pull under better there",
        ),
        (
            "months: {T1: 0, T2: 3}\nbetter: {moods: low, others: high}",
            "study.yaml: better: 'moods' is no scale whose instrument leaves it open; correct the name, or say it in one place"
            " only",
        ),
        (
            "months: {T1: 0, T2: 3}\nbetter: high\nreversed: {moods: [3]}",
            "study.yaml: reversed: 'moods' is no instrument of the study that has a file of its own; correct the name, or take"
            " it out",
        ),
        (
            "months: {T1: 0, T2: 3}\nbetter: high\nreversed: {mood: [4]}",
            "instruments/mood.yaml: reversed names item 4, but the instrument has items 1 to 3",
        ),
    ],
)
def test_what_is_left_open_or_said_of_nothing_is_refused(folder: Path, lines: str, message: str) -> None:
    _declare(folder, lines)
    assert _message(folder) == message


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("better: high", "study.yaml: better: the instruments' files say it of every scale; take it out here"),
        (
            "reversed: {mood: [3]}",
            "instruments/mood.yaml: reversed stands here and in study.yaml, under reversed; keep one of the two",
        ),
        ("months: {T1: 0}", "study.yaml: the month of T1 stands under waves and under months; keep one of the two"),
    ],
)
def test_what_is_said_twice_is_refused(tmp_path: Path, lines: str, message: str) -> None:
    folder = tmp_path / "small_study"
    shutil.copytree(SMALL, folder)
    _declare(folder, lines)
    assert _message(folder) == message
