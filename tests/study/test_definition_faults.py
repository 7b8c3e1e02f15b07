"""What is wrong with a definition file is said with line, key and value, and with a cure that works."""

import shutil
from pathlib import Path

import pytest

from dagster_project.study import StudyError, read_study

SMALL = Path(__file__).parents[1] / "small_study"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "study.yaml",
            "    respondent:",
            "    respondant:",
            "line 35: exports[0].respondant: there is no such key; do you mean respondent or respondents? (and 1 more)",
        ),
        (
            "study.yaml",
            "  - {wave: T2",
            "\t- {wave: T2",
            "line 8: found character '\\t' that cannot start any token; a tab stands there; indent with blanks",
        ),
        (
            "study.yaml",
            "title: ",
            "title: Mood: ",
            "line 3: mapping values are not allowed here; put a text with a colon in quotes, or correct the indentation",
        ),
        (
            "norms.yaml",
            "mean: 9,",
            "mean: 9,2,",
            "line 4: norms[0]: a number stands where a key belongs; write numbers with a point, not a comma, and texts with"
            " commas in quotes",
        ),
        (
            "norms.yaml",
            "mean: 9,",
            'mean: "11,5",',
            "line 4: norms[0].mean: '11,5': a number belongs here, write it with a decimal point and no comma; give the"
            " sample's mean, a number",
        ),
        (
            "instruments/mood.yaml",
            "anchors: {low: 1, high: 5}",
            "anchors: 5",
            "line 7: anchors: 5: keys belong here, as {key: value}; give low and high answer code",
        ),
    ],
)
def test_a_slip_is_named_with_its_line_and_a_cure_that_works(
    file: str, old: str, new: str, message: str, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(SMALL, tmp_path / "small_study"))
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(StudyError) as refusal:
        read_study(folder)
    assert str(refusal.value) == f"{folder / file}: {message}"
    (folder / file).write_text(text, encoding="utf-8")
    read_study(folder)
