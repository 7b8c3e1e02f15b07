"""Whole drafts of studies in the shapes of real tools, word for word; and what they ask, guess and copy."""

import filecmp
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tool_exports

from dagster_project.cli import main
from dagster_project.drafting import new_study_from
from dagster_project.study import StudyError, read_study

DRAFTS = Path(__file__).parent / "drafts"


def _draft(tmp_path: Path, write_exports: Callable[[Path], Path]) -> Path:
    folder = tmp_path / "my_study"
    new_study_from(folder, [write_exports(tmp_path / "exports")])
    return folder


def _protocol(tmp_path: Path, write_exports: Callable[[Path], Path]) -> str:
    return (_draft(tmp_path, write_exports) / "study.yaml").read_text(encoding="utf-8")


def _question(folder: Path) -> str:
    with pytest.raises(StudyError) as error:
        read_study(folder)
    return str(error.value).removeprefix(f"{folder}/")


@pytest.mark.parametrize("shape", ["spss_in_waves", "redcap_long", "surveymonkey_in_waves", "sliders_in_waves"])
def test_whole_drafts(tmp_path: Path, shape: str) -> None:
    folder = _draft(tmp_path, getattr(tool_exports, shape))
    expected = {file.name: file.read_text(encoding="utf-8") for file in (DRAFTS / shape).iterdir()}
    files = [folder / "study.yaml", *(folder / "instruments").iterdir()]
    assert {file.name: file.read_text(encoding="utf-8") for file in files} == expected


def test_exports_are_copied_and_never_changed(tmp_path: Path) -> None:
    exports = tool_exports.spss_in_waves(tmp_path / "exports")
    contents = {file: file.read_bytes() for file in exports.rglob("*.sav")}
    draft = new_study_from(tmp_path / "my_study", [exports])
    assert [file.relative_to(tmp_path / "my_study").as_posix() for file in draft.copies] == [
        "raw/T1/study_T1_baseline.sav",
        "raw/T2/study_T2_followup.sav",
    ]
    assert {file: file.read_bytes() for file in exports.rglob("*.sav")} == contents
    assert all(filecmp.cmp(copy, file, shallow=False) for copy, file in zip(draft.copies, sorted(contents), strict=True))


def test_what_is_asked_is_refused_one_line_at_a_time_until_it_is_answered(tmp_path: Path) -> None:
    folder = _draft(tmp_path, tool_exports.google_forms)
    answer = "write the answer in place of !ask and what follows it"
    order = "the planned month, a number; nothing in the files says the order of the waves, so move this line, too"
    answers = (
        (
            f"line 9: waves[0].month is not answered yet: {order}; {answer} (3 more in this file)",
            "month: !ask",
            "month: 0} #",
        ),
        (
            f"line 10: waves[1].month is not answered yet: {order}; {answer} (2 more in this file)",
            "month: !ask",
            "month: 4} #",
        ),
        (
            "line 37: exports[0].dates is not answered yet: dmy or mdy (3/4/2024 12:00:00 could be day first or month first);"
            f" {answer} (1 more in this file)",
            'dates: &dates !ask "dmy or mdy (3/4/2024 12:00:00 could be day first or month first)"',
            "dates: &dates dmy",
        ),
        (
            "line 43: exports[0].labels[0].labels is a proposal that somebody must look at; correct it where it is wrong, then"
            " take !ask away",
            "!ask {",
            "{",
        ),
    )
    for question, text, replacement in answers:
        assert _question(folder) == f"study.yaml: {question}"
        content = (folder / "study.yaml").read_text(encoding="utf-8")
        (folder / "study.yaml").write_text(content.replace(text, replacement, 1), encoding="utf-8")
    assert _question(folder) == (
        "instruments/questions.yaml: line 15: scales[0].better is not answered yet: high or low, the end of the scale that is"
        f" good; {answer}"
    )
    instrument = folder / "instruments/questions.yaml"
    content = instrument.read_text(encoding="utf-8")
    question = '!ask "high or low, the end of the scale that is good"'
    instrument.write_text(content.replace(question, "high"), encoding="utf-8")
    study = read_study(folder)
    assert [wave.month for wave in study.protocol.waves] == [0, 4]
    assert [export.dates for export in study.protocol.wave_exports] == ["dmy", "dmy"]


def test_the_command_says_what_it_wrote_and_what_is_left(tmp_path: Path, capsys: Any) -> None:
    exports = tool_exports.unordered_duplicates(tmp_path / "exports")
    folder = tmp_path / "a folder" / "my_study"
    assert main(["new", str(folder), "--from", str(exports)]) == 0
    month, files, duplicates = (
        'month: !ask "the planned month, a number (wave1 is month 0)"}',
        '!ask "versions (the newest is used) or parts (all are used): export corrected.csv, export.csv have the same columns,'
        ' and people in common"',
        '!ask "first, latest_complete or refuse (1 person of wave2 has several rows)"',
    )
    assert capsys.readouterr().out.splitlines() == [
        *(
            f"{folder}/{name}"
            for name in (
                "study.yaml", "instruments/sat.yaml", "norms.yaml", "propositions.yaml", "raw/wave1/export corrected.csv",
                "raw/wave1/export.csv", "raw/wave2/export.csv", "raw/roster/people.csv",
            )
        ),
        f"left out: {exports}/readme.md: it is no table of a known format",
        "4 lines to answer, 10 marked as guessed",
        f"  {folder}/study.yaml:10: - {{wave: wave2, label: wave 2, {month}",
        f"  {folder}/study.yaml:32: files: {files}",
        f"  {folder}/study.yaml:44: duplicates: {duplicates}",
        f'  {folder}/instruments/sat.yaml:15: better: !ask "high or low, the end of the scale that is good"',
        "next: answer the lines with !ask, look at those marked guessed, then",
        f'  wavehouse check --study "{folder}"',
        f'  wavehouse run --study "{folder}"',
    ]  # fmt: skip
    assert main(["new", str(folder), "--from", str(exports)]) == 2
    assert (
        capsys.readouterr().err
        == f"wavehouse: {folder}: the folder already exists; choose another name, or edit what is in it\n"
    )
    assert main(["new", str(tmp_path / "other"), "--from", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err == (
        f"wavehouse: {tmp_path}/nowhere: there is no such file or folder; correct the path after --from\n"
    )
    assert main(["new", str(tmp_path / "other"), "--from", str(exports / "readme.md")]) == 2
    assert capsys.readouterr().err == (
        f"wavehouse: {exports}/readme.md: there is no export that can be read (readme.md: it is no table of a known"
        " format); name its folder or its files\n"
    )
    assert not (tmp_path / "other").exists()


def test_waves_in_the_names_of_columns(tmp_path: Path) -> None:
    lines = _protocol(tmp_path, tool_exports.wide_with_missing_codes).splitlines()
    ground = "# guessed: because 6 columns from mood1 to mood6 are answered alike"
    for wave in ("t1", "t2"):
        assert f'      - {{block: mood, template: "mood{{position}}_{wave}"}}  {ground}' in lines
    assert '          "99": blank  # guessed: because it is far off the answers, and 5 cells hold it' in lines
    reason = "programs write it for a cell without a value, and 30 cells hold it"
    assert f"          NA: blank  # guessed: because {reason}" in lines
    assert "    special_codes: *special_codes" in lines
    assert not [line for line in lines if line.strip().startswith("rows:")]


def test_people_who_come_later_are_on_a_roster_that_is_written(tmp_path: Path) -> None:
    folder = _draft(tmp_path, tool_exports.limesurvey_with_later_people)
    lines = (folder / "study.yaml").read_text(encoding="utf-8").splitlines()
    ground = "people of other files are not in the first one (5 of post), and no file lists everybody"
    assert f"  - export: roster  # guessed: because {ground}" in lines
    people = (folder / "raw/roster/people.csv").read_text(encoding="utf-8").splitlines()
    assert people == ["participant", *(f"tok{number}" for number in range(5, 50))]
    # The tool's own number of a response is in both waves, and finds other people there.
    assert "    respondent: token  # its 40 texts tell rows apart, and 35 of them are in the first wave" in lines
    assert (
        '    # set_aside: [{column: submitdate, equals: [""], reason: unfinished}]  # 4 rows; should they be left out?'
        in lines
    )


def test_sheets_title_rows_and_rows_of_labels(tmp_path: Path) -> None:
    folder = _draft(tmp_path, tool_exports.workbook_of_waves)
    for path in (folder / "study.yaml", folder / "instruments/vas.yaml"):
        text = path.read_text(encoding="utf-8")
        text = text.replace('!ask "the planned month, a number (baseline is month 0)"', "12")
        text = text.replace('!ask "high or low, the end of the scale that is good"', "high")
        question = "the groups to compare: {variable: arm, reference: one of a, b, design: randomised or natural}, or none"
        text = text.replace("measures: !ask", "measures:")
        path.write_text(text.replace(f'!ask "{question}"', "none"), encoding="utf-8")
    exports = read_study(folder).protocol.wave_exports
    assert [(export.sheet, export.title_rows, export.label_rows) for export in exports] == [
        ("Baseline", 1, 1),
        ("Follow-up 12", 1, 1),
    ]
