"""Signs of careless answers as study.yaml declares them: which blocks are judged, from which limit on, and what is refused."""

from pathlib import Path

import pytest
from meaning_study import made_people, write_study

from dagster_project.exports import ExportError, contract_of_file
from dagster_project.results import careless_results
from dagster_project.study import Study, StudyError, codebook_tables, judged_blocks, least_run, read_study, timed_waves
from tests.refusal_lines import without_line


def _read(folder: Path, careless: str) -> Study:
    """The made study with another declaration."""
    write_study(folder / "meaning_study", [])
    file = folder / "meaning_study/study.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines = [careless if line.startswith("careless:") else line for line in lines]
    file.write_text("\n".join(lines), encoding="utf-8")
    return read_study(file.parent)


def test_blocks_with_enough_items_are_judged_by_half_of_their_items(tmp_path: Path) -> None:
    study = _read(tmp_path, "careless: {}")
    careless = study.protocol.careless
    assert careless is not None
    blocks = judged_blocks(careless, study.instruments)
    # PHQ-9 has nine items, the habits ten; five are the smallest number that is half of nine.
    assert [(block.instrument, least_run(block, careless)) for block in blocks] == [("phq9", 5), ("habits", 5)]
    rows = codebook_tables(study)["careless"].to_pylist()
    assert [(row["block"], row["least_answers"], row["least_run"], row["most_sd"]) for row in rows] == [
        ("phq9", 8, 5, None), ("habits", 8, 5, None),
    ]  # fmt: skip


def test_without_a_declaration_nothing_is_judged(tmp_path: Path) -> None:
    study = _read(tmp_path, "")
    assert judged_blocks(study.protocol.careless, study.instruments) == ()
    assert codebook_tables(study)["careless"].num_rows == 0


@pytest.mark.parametrize(
    ("careless", "message"),
    [
        (
            "{instruments: [phq8]}",
            "careless: 'phq8' is not an instrument of the study; they are phq9, gad7, who5, brs, pss4, habits",
        ),
        (
            "{instruments: [gad7]}",
            "careless: gad7 has 7 items, and least_items is 8; take it out of careless, or change least_items",
        ),
        (
            "{least_items: 11}",
            "careless: no instrument has 11 items or more that all have the same answers; lower least_items, or take careless"
            " out",
        ),
        (
            "{long_string: 5}",
            "careless.long_string: 5: input should be less than or equal to 1; give the share of an instrument's items from"
            " which on a run of identical answers marks a sheet",
        ),
        (
            "{least_items: 2}",
            "careless.least_items: 2: input should be greater than or equal to 3; give how many items an instrument needs, and"
            " how many answers to it a sheet (default 8)",
        ),
        (
            "{most_sd: -1}",
            "careless.most_sd: -1: input should be greater than or equal to 0; give the SD of a person's answers to an"
            " instrument up to which they mark a sheet, in points of an answer; left out, this sign is not looked for",
        ),
        (
            "{least_seconds_per_item: 0}",
            "careless.least_seconds_per_item: 0: input should be greater than 0; give the seconds per answered item below which a"
            " sheet is marked, of exports that declare duration; left out, this sign is not looked for",
        ),
    ],
)
def test_what_cannot_be_judged_is_one_line(tmp_path: Path, careless: str, message: str) -> None:
    with pytest.raises(StudyError) as refusal:
        _read(tmp_path, f"careless: {careless}")
    assert without_line(refusal.value) == f"{tmp_path}/meaning_study/study.yaml: {message}"


def test_an_instrument_with_different_answers_is_not_judged(tmp_path: Path) -> None:
    write_study(tmp_path / "meaning_study", [])
    file = tmp_path / "meaning_study/instruments/habits.yaml"
    text = file.read_text(encoding="utf-8").replace("reversed:", "item_anchors: [{items: [10], low: 0, high: 3}]\nreversed:")
    file.write_text(text.replace("[2, 5, 8]\n", "[2, 5, 8]\nminimum_answered: 1\n"), encoding="utf-8")
    study = read_study(file.parents[1])
    assert [block.instrument for block in judged_blocks(study.protocol.careless, study.instruments)] == [
        "phq9",
        "gad7",
        "brs",
    ]
    protocol = file.parents[1] / "study.yaml"
    protocol.write_text(
        protocol.read_text(encoding="utf-8").replace("careless: {", "careless: {instruments: [habits], "), encoding="utf-8"
    )
    with pytest.raises(StudyError) as refusal:
        read_study(file.parents[1])
    assert str(refusal.value) == (
        f"{protocol}: careless: habits has items with different answers, so that identical answers are not the same tick; take"
        " it out of careless, or change least_items"
    )


def _edited(folder: Path, *edits: tuple[str, str]) -> Path:
    """The made study's protocol with other texts."""
    write_study(folder / "meaning_study", [])
    file = folder / "meaning_study/study.yaml"
    text = file.read_text(encoding="utf-8")
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")
    return file


T1_TIME = "duration: {column: interviewtime, unit: seconds}"
T2_TIME = "    duration: {column: Time taken, unit: clock}\n"


def test_the_time_of_whole_sheets_is_judged_in_waves_whose_exports_say_it(tmp_path: Path) -> None:
    study = read_study(_edited(tmp_path, (T2_TIME, "")).parent)
    assert timed_waves(study.protocol) == ("T1",)
    tables = codebook_tables(study)
    row = tables["careless"].to_pylist()[-1]
    assert (row["block"], row["least_run"], row["least_seconds_per_item"]) == ("whole_sheet", None, 2.5)
    exports = tables["wave_exports"].to_pylist()
    columns = ("wave", "duration_column", "duration_unit", "duration_mark")
    assert [tuple(export[name] for name in columns) for export in exports] == [
        ("T1", "interviewtime", "seconds", "."), ("T2", None, None, None), ("T3", None, None, None),
    ]  # fmt: skip


def test_time_alone_needs_no_block_of_items(tmp_path: Path) -> None:
    study = read_study(_edited(tmp_path, ("least_items: 6", "least_items: 11")).parent)
    assert [row["block"] for row in codebook_tables(study)["careless"].to_pylist()] == ["whole_sheet"]
    assert {(row.outcome, row.category) for row in careless_results([], study)} == {("whole_sheet", "short_time")}


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        (
            [(T2_TIME, ""), (f"    {T1_TIME}\n", "")],
            "careless.least_seconds_per_item: no export says how long a sheet took; declare duration in the export of a wave,"
            " e.g. duration: {column: interviewtime, unit: seconds}, or take least_seconds_per_item out",
        ),
        (
            [(T1_TIME, "duration: {column: interviewtime}")],
            "exports[1].duration.unit: the key is missing; give what its numbers are in: seconds, milliseconds or minutes; clock"
            " for hours:minutes:seconds",
        ),
        (
            [(T1_TIME, "duration: {column: interviewtime, unit: hours}")],
            "exports[1].duration.unit: 'hours': input should be 'seconds', 'milliseconds', 'minutes' or 'clock'; give what its"
            " numbers are in: seconds, milliseconds or minutes; clock for hours:minutes:seconds",
        ),
        (
            [("reader: delimited, respondent: Person}", "reader: delimited, respondent: Person, duration: {column: a, unit: clock}}")],
            "export roster declares duration; only a wave's can",
        ),
        (
            [
                (
                    "groups: none",
                    "groups: none\nparticipant_variables: [{variable: duration, label: Years ill, section: Illness, kind: number}]",
                ),
                ("reader: delimited, respondent: Person}", "reader: delimited, respondent: Person, blocks: [{block: participants, columns: {duration: Years}}]}"),
            ],
            "'duration' is the code of a participant variable and of a column of each export with a duration; rename one of them",
        ),
    ],
)  # fmt: skip
def test_a_time_that_is_not_there_or_has_no_unit_is_one_line(
    tmp_path: Path, edits: list[tuple[str, str]], message: str
) -> None:
    file = _edited(tmp_path, *edits)
    with pytest.raises(StudyError) as refusal:
        read_study(file.parent)
    assert without_line(refusal.value) == f"{file}: {message}"


def test_a_file_without_the_column_of_its_time_is_refused(tmp_path: Path) -> None:
    study = read_study(write_study(tmp_path / "meaning_study", made_people(2)))
    export = next(export for export in study.protocol.exports if export.wave == "T1")
    file = study.folder / "raw/T1/t1.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("interviewtime", "other"), encoding="utf-8")
    with pytest.raises(ExportError) as refusal:
        contract_of_file(file, "t1.csv", study, export).raise_if_broken()
    assert str(refusal.value) == (
        't1.csv: T1: column "interviewtime" (duration) is missing; correct the export, or duration in the protocol'
    )
