"""A wave's rows that are another wave's: nobody changed, and every result said so."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.exports import ExportError, contract_of_file, find_wave_changes
from dagster_project.study import Export, RowFilter, Study

ExportOf = Callable[[str], Export]
ANSWERS = ["12345", "23451", "34512", "45123", "51234", "11223", "44551"]
TEXT = "Code,When,Q_1,Q_2,Q_3,S_1,Kind,Comment\nPW-1,2020-01-01,1,2,3,Yes,real,\n"


def _study_at(study: Study, folder: Path) -> Study:
    for wave in ("T1", "T2"):
        (folder / "raw" / wave).mkdir(parents=True)
        (folder / "raw" / wave / f"{wave}.csv").write_text(TEXT, encoding="utf-8")
    return replace(study, folder=folder)


def _with_exports(study: Study, exports: tuple[Export, ...]) -> Study:
    return replace(study, protocol=study.protocol.model_copy(update={"exports": exports}))


def test_the_file_of_another_wave_is_refused(study: Study, export_of: ExportOf, tmp_path: Path) -> None:
    """The file of the wave before was put into a wave's folder: every change was 0."""
    first = export_of("t1").model_copy(update={"folder": "raw/T1", "dates": None})
    second = first.model_copy(update={"export": "t2", "wave": "T2", "folder": "raw/T2"})
    study = _with_exports(_study_at(study, tmp_path), (export_of("roster"), first, second))
    file = tmp_path / "raw/T2/T2.csv"
    problem = (
        'T2: the file is that of T1, too ("raw/T1/T1.csv"), and its answers would count in both waves; put the export of each'
        " wave into its folder, or say under rows which rows are whose"
    )
    assert contract_of_file(file, "T2.csv", study, second).problems == [problem]
    with pytest.raises(ExportError, match="the file is that of T1, too"):
        contract_of_file(file, "T2.csv", study, second).raise_if_broken()
    assert contract_of_file(tmp_path / "raw/T1/T1.csv", "T1.csv", study, first).problems == []
    # Rows of each wave of its own, or other columns of one wide file, are no slip.
    rows = second.model_copy(update={"rows": (RowFilter(column="Kind", equals=("real",)),)})
    assert contract_of_file(file, "T2.csv", _with_exports(study, (first, rows)), rows).problems == []
    columns = {"mood_01": "Q_3", "mood_02": "Q_2", "mood_03": "Q_1"}
    blocks = [block.model_copy(update={"template": None, "columns": columns}) for block in second.blocks[:1]]
    elsewhere = first.model_copy(update={"blocks": first.blocks[1:]})
    wide = second.model_copy(update={"blocks": tuple(blocks)})
    assert contract_of_file(file, "T2.csv", _with_exports(study, (elsewhere, wide)), wide).problems == []
    file.write_text(TEXT.replace("1,2,3", "1,2,4"), encoding="utf-8")
    assert contract_of_file(file, "T2.csv", study, second).problems == []


def _rows(answers: list[str], people: list[str] | None = None) -> pa.Table:
    names = people or [f"P{number}" for number in range(len(answers))]
    return pa.table({"respondent": names} | {f"mood_0{item}": [row[item - 1] for row in answers] for item in (1, 2, 3)})


def test_people_who_all_answer_as_before_are_named(study: Study, export_of: ExportOf) -> None:
    export, earlier = export_of("t1"), _rows(ANSWERS)
    message = "T1: 7 of the 7 people who returned T0, too, gave the very same answers in both; is this the export of T0?"
    assert find_wave_changes(study, export, _rows(ANSWERS), earlier, "T0") == [message]
    again = _rows(ANSWERS[::-1], [f"P{number}" for number in range(7)][::-1])
    assert find_wave_changes(study, export, again, earlier, "T0") == [message]


@pytest.mark.parametrize(
    "answers",
    [ANSWERS[1:] + ANSWERS[:1], ["15345", *ANSWERS[1:]], ANSWERS[:4], ["   "] * 7],
    ids=["others", "one changed", "few people", "blank"],
)
def test_other_answers_and_few_are_not(study: Study, export_of: ExportOf, answers: list[str]) -> None:
    assert find_wave_changes(study, export_of("t1"), _rows(answers), _rows(ANSWERS), "T0") == []
