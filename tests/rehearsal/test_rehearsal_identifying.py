"""`wavehouse check` says what tells who somebody is, with its place and shape and without a value; and who was erased."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dagster_project.disclosure import DisclosureError
from dagster_project.exports.suppression import suppress
from dagster_project.rehearsal.columns import columns_by_wave
from dagster_project.rehearsal.fit import check_study
from dagster_project.release.public import refuse_identifying_labels
from dagster_project.study import read_study

_SMALL = Path(__file__).parents[1] / "small_study"
_CURE = "correct it in the survey or the export; what tells of nobody is listed under not_identifying of the export"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(_SMALL, tmp_path / "small_study")
    return tmp_path / "small_study"


def _edit(file: Path, former: str, text: str) -> None:
    content = file.read_text(encoding="utf-8")
    assert former in content
    file.write_text(content.replace(former, text, 1), encoding="utf-8")


def _lines(folder: Path, home: Path | None = None) -> list[tuple[str, str]]:
    return [(finding.severity, finding.message) for finding in check_study(read_study(folder), home)]


def test_a_kept_cell_is_named_by_its_place_and_shape(folder: Path) -> None:
    file = folder / "raw" / "T1" / "t1.csv"
    _edit(file, "very much", "a.person@example.org")
    warning = f'column "M2" holds an e-mail address in row 2 (x.xxxxxx@xxxxxxx.xxx); {_CURE}'
    messages = [message for severity, message in _lines(folder) if severity == "warning" and "holds" in message]
    assert [message.replace("'", '"') for message in messages] == [warning]
    (wave, *_) = columns_by_wave(read_study(folder))
    assert any("holds an e-mail address" in line for line in wave.oddities)  # type: ignore[union-attr]
    _edit(folder / "study.yaml", "    wave: T1\n", "    wave: T1\n    not_identifying: [M2]\n")
    assert not any("an e-mail address" in message and "holds" in message for _, message in _lines(folder))


def test_what_nobody_declares_is_said_in_one_line_and_is_no_warning(folder: Path) -> None:
    file = folder / "raw" / "T1" / "t1.csv"
    rows = file.read_text(encoding="utf-8").splitlines()
    delimiter = ";" if ";" in rows[0] else ","
    cells = ["E-Mail", *(f"p{number}@example.org" for number in range(1, len(rows)))]
    phones = ["Notes", *("call 020 7946 0123" for _ in rows[1:])]
    file.write_text("\n".join(map(delimiter.join, zip(rows, cells, phones, strict=True))) + "\n", encoding="utf-8")
    said = [(severity, message) for severity, message in _lines(folder) if "not kept" in message]
    assert said == [
        (
            "info",
            'columns that are not kept hold what tells who somebody is: "E-Mail" (an e-mail address), "Notes" (a telephone'
            " number); it stays in the export and its landed copy; have the export made without it",
        )
    ]


def test_names_of_files_and_labels_are_looked_at_and_stop_the_public_release(folder: Path) -> None:
    (folder / "raw" / "T1" / "t1.csv").rename(folder / "raw" / "T1" / "t1 Dr Sample.csv")
    study = folder / "study.yaml"
    _edit(study, "label: before", "label: before (ask 020 7946 0123)")
    warnings = [message for severity, message in _lines(folder) if severity == "warning"]
    assert "the file's name holds a name (xx xxxxxx), and names of files are in a release; rename it" in warnings
    assert (
        "study.yaml: waves[0].label holds a telephone number (999 9999 9999); people read it; correct it, or list the text under"
        " not_identifying" in warnings
    )
    with pytest.raises(DisclosureError) as refusal:
        refuse_identifying_labels(read_study(folder))
    assert str(refusal.value) == (
        "study.yaml: waves[0].label holds a telephone number (999 9999 9999), and the public release prints labels, titles and"
        " sources; correct it, or list the text under not_identifying of study.yaml"
    )
    _edit(study, "label: before (ask 020 7946 0123)", "label: before 2163417478")  # a question stops nothing
    refuse_identifying_labels(read_study(folder))
    _edit(study, "label: before 2163417478", "label: before (ask 020 7946 0123)")
    _edit(study, "title: A made-up study", 'title: A made-up study\nnot_identifying: ["before (ask 020 7946 0123)"]')
    refuse_identifying_labels(read_study(folder))


def test_a_person_who_was_erased_and_is_there_again_is_said_before_a_run(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert not any("erased" in message for _, message in _lines(folder, home))
    suppress(home, ["A"], "2026-03-03")
    said = [message for severity, message in _lines(folder, home) if severity == "error"]
    assert (
        "t1.csv: row 2 is of a person who withdrew and was erased on 2026-03-03; have it deleted where the export comes from,"
        " and take it out here with `wavehouse forget` and the row's identifier" in said
    )
    waves = [line for wave in columns_by_wave(read_study(folder), home) for line in wave.oddities]  # type: ignore[union-attr]
    assert any("erased on 2026-03-03" in line for line in waves)


def test_a_run_says_where_and_not_what(small_workspace: Any, run_of: Callable[[Any], Any]) -> None:
    file = small_workspace.study_folder / "raw" / "T1" / "t1.csv"
    study = small_workspace.study_folder / "study.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("Yes", "020 7946 0123"), encoding="utf-8")
    _edit(study, 'used: ["Yes"]', 'used: ["Yes", "020 7946 0123"]')
    run = run_of(small_workspace)
    passed, message = run.checks["raw/t1", "no_direct_identifiers"]
    assert (passed, message) == (False, "gp holds a telephone number in row 2; `wavehouse check` says more")
    assert run.checks["raw/t2", "no_direct_identifiers"] == (True, "No answer tells who somebody is.")
    # Two labels that people read are telephone numbers, and everybody would read them.
    assert not run.success
    assert any("and the public release prints labels, titles and sources" in failure for failure in run.failures)
    assert (small_workspace.study_folder / "release").exists()
    assert not (small_workspace.study_folder / "public").exists()
