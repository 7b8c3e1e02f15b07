"""Columns with another decimal mark than their export: what is declared of them, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.study import PARTICIPANTS, StudyError, read_study
from dagster_project.study.codebook import codebook_tables, wave_definitions

INSTRUMENT: dict[str, Any] = {
    "instrument": "mood", "name": "Sliders", "source": "none", "licence": "none", "item_count": 3,
    "anchors": {"low": 0, "high": 10, "decimals": 1},
    "scales": [{"scale": "mood_total", "label": "Mood", "items": ["1-3"], "aggregate": "sum", "better": "high"}],
}  # fmt: skip
T1: dict[str, Any] = {
    "export": "t1", "wave": "T1", "folder": "raw/T1", "reader": "delimited", "respondent": "pid",
    "blocks": [{"block": "mood", "template": "Q5[{position}]"}],
}  # fmt: skip
T2 = T1 | {"export": "t2", "wave": "T2", "folder": "raw/T2"}
COLUMNS = {"weight": "Weight", "height": "Height", "sex": "Sex"}
ROSTER = {
    "export": "roster", "folder": "raw/roster", "reader": "delimited", "respondent": "pid",
    "blocks": [{"block": PARTICIPANTS, "columns": COLUMNS}],
}  # fmt: skip
STUDY: dict[str, Any] = {
    "study": "marks", "title": "Marks", "source": "none", "licence": "none",
    "waves": [{"wave": "T1", "label": "one", "month": 0}, {"wave": "T2", "label": "two", "month": 4}],
    "instruments": ["mood"], "outcomes": ["mood_total"],
    "participant_variables": [
        *({"variable": name, "section": name, "label": name, "kind": "number"} for name in ("weight", "height")),
        {"variable": "sex", "section": "sex", "label": "sex", "kind": "category", "categories": [{"category": "f", "label": "f"}]},
    ],
}  # fmt: skip


def _declare(folder: Path, of_roster: dict[str, Any] | None, t1: dict[str, Any] | None = None, **keys: Any) -> Path:
    """Write the study. of_roster, t1: what its exports say besides; None for a roster without an export of its own."""
    exports = [*([ROSTER | of_roster] if of_roster is not None else []), T1 | (t1 or {}), T2]
    (folder / "instruments").mkdir(parents=True, exist_ok=True)
    (folder / "instruments/mood.yaml").write_text(yaml.safe_dump(INSTRUMENT), encoding="utf-8")
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY | {"exports": exports} | keys), encoding="utf-8")
    return folder


def _marks_of_people(folder: Path) -> dict[str, str]:
    rows = codebook_tables(read_study(folder))["participant_variables"].to_pylist()
    return {row["variable"]: row["decimal_mark"] for row in rows}


def test_a_column_has_the_mark_that_is_declared_for_it(tmp_path: Path) -> None:
    """Square brackets stand for themselves, and * for any characters."""
    study = read_study(_declare(tmp_path, {}, {"decimal": ",", "decimal_of_columns": {"Q5[2]": ".", "*[3]": "."}}))
    tables = codebook_tables(study)
    assert tables["decimal_marks"].to_pylist() == [
        {"wave": "T1", "item": "mood_02", "decimal_mark": "."},
        {"wave": "T1", "item": "mood_03", "decimal_mark": "."},
    ]
    assert [row["decimal_mark"] for row in tables["wave_exports"].to_pylist()] == [",", "."]


def test_a_column_s_mark_is_a_definition_of_its_wave(tmp_path: Path) -> None:
    stamps = []
    for marks in ({}, {"Q5[2]": ","}):
        tables = codebook_tables(read_study(_declare(tmp_path, {}, {"decimal_of_columns": marks})))
        stamps.append(dict(zip(*wave_definitions(tables, "code").to_pydict().values(), strict=True)))
    assert stamps[0]["T1"] != stamps[1]["T1"] and stamps[0]["T2"] == stamps[1]["T2"]


def test_variables_of_the_roster_have_the_marks_of_their_columns(tmp_path: Path) -> None:
    folder = _declare(tmp_path, {"decimal_of_columns": {"Weight": ","}})
    assert _marks_of_people(folder) == {"weight": ",", "height": ".", "sex": "."}


def test_a_roster_made_of_a_wave_takes_over_what_is_said_of_its_columns(tmp_path: Path) -> None:
    """Items 1 and 2 are facts about people, too; what the roster says itself of a column goes first."""
    columns = {"weight": "Q5[1]", "height": "Q5[2]", "sex": "Sex"}
    t1 = {"decimal_of_columns": {"Q5[1]": ",", "Q5[3]": ","}}
    folder = _declare(tmp_path, None, t1, roster={"from": "T1", "columns": columns})
    assert _marks_of_people(folder) == {"weight": ",", "height": ".", "sex": "."}
    own = {"Q5[1]": ".", "Q5[2]": ","}
    folder = _declare(tmp_path, None, t1, roster={"from": "T1", "columns": columns, "decimal_of_columns": own})
    assert _marks_of_people(folder) == {"weight": ".", "height": ",", "sex": "."}


@pytest.mark.parametrize(
    ("index", "marks", "message"),
    [
        (0, {"Weigth": ","}, "'Weigth' is no column under blocks of this export; did you mean 'Weight'?"),
        (0, {"pid": ","}, "'pid' is no column under blocks of this export; those with numbers are 'Weight', 'Height'"),
        (0, {"Sex": ","}, "column 'Sex' holds no numbers, but the categories of sex; take it out"),
        (1, {"Q6[*]": ","}, "'Q6[*]' is no column under blocks of this export; did you mean 'Q5[3]'?"),
        (
            1,
            {"Q5*": ",", "Q5[2]": "."},
            "column 'Q5[2]' has the mark ',' by 'Q5*' and '.' by 'Q5[2]'; keep one of them",
        ),
    ],
)
def test_a_name_that_is_no_column_of_numbers_is_refused(
    index: int, marks: dict[str, str], message: str, tmp_path: Path
) -> None:
    changes = {"decimal_of_columns": marks}
    folder = _declare(tmp_path, changes if index == 0 else {}, changes if index == 1 else {})
    with pytest.raises(StudyError) as refusal:
        read_study(folder)
    assert str(refusal.value) == f"{folder / 'study.yaml'}: exports[{index}].decimal_of_columns: {message}"


def test_a_special_code_is_the_number_that_each_column_s_mark_makes_of_it(tmp_path: Path) -> None:
    t1 = {"special_codes": {"4,5": "refused"}}
    assert read_study(_declare(tmp_path, {}, t1))
    folder = _declare(tmp_path, {}, t1 | {"decimal_of_columns": {"Q5[2]": ","}})
    with pytest.raises(
        StudyError, match=r"special_codes: '4,5' lies within mood's anchors 0 to 10 in steps of 0\.1; say for"
    ):
        read_study(folder)
    of_item = {"blocks": ["mood"], "items": [2]}
    codes = [of_item | {"codes": {"4,5": "refused"}}, of_item | {"codes": {"4,50": "blank"}}]
    folder = _declare(tmp_path, {}, {"special_codes": codes, "decimal_of_columns": {"Q5[2]": ","}})
    with pytest.raises(
        StudyError, match="'4,5' and '4,50' are one number, which stands for refused and for blank in mood_02"
    ):
        read_study(folder)
