"""The same answers in every format are the same table of text, and each format's refusals are one line.

A .sas7bdat file cannot be written by free tools; SAS's transport format stands for it here.
"""

import csv
import datetime
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from dagster_project.exports import ExportError, TextTable, apply_contract, read_export
from dagster_project.study import Export, Study

ExportOf = Callable[[str], Export]
COLUMNS = ["pid", "q01", "q02", "q03", "note"]
PEOPLE: list[list[Any]] = [
    ["PW-1", 1, 2.5, -9, "a, b"],
    ["Pé-2", 5, None, 3, ""],
    ["PW-3", None, 4, 0.1, 'say "x"'],
]
TEXTS = [["" if cell is None else cell if isinstance(cell, str) else f"{cell:g}" for cell in row] for row in PEOPLE]


def _csv(rows: list[list[str]], delimiter: str = ",", line_end: str = "\r\n") -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return stream.getvalue()


def _frame() -> pd.DataFrame:
    columns = {name: [row[index] for row in PEOPLE] for index, name in enumerate(COLUMNS)}
    return pd.DataFrame(
        {name: pd.Series(cells, dtype="str" if name in ("pid", "note") else "float64") for name, cells in columns.items()}
    )


def _plain_frame() -> pd.DataFrame:
    """For formats whose free writers know ASCII only; the identifier is given back its accent by the test."""
    return _frame().assign(pid=["PW-1", "Pe-2", "PW-3"])


def _workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(COLUMNS)
    for row in PEOPLE:
        book.active.append(row)
    book.save(path)


def _qualtrics(path: Path) -> None:
    imports = [json.dumps({"ImportId": name}) for name in COLUMNS]
    path.write_text(_csv([COLUMNS, [f"label of {name}" for name in COLUMNS], imports, *TEXTS]), encoding="utf-8-sig")


WRITERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "utf-8": ("delimited", lambda path: path.write_text(_csv([COLUMNS, *TEXTS]), encoding="utf-8")),
    "cp1252": ("delimited", lambda path: path.write_text(_csv([COLUMNS, *TEXTS], ";"), encoding="cp1252")),
    "utf-16": ("delimited", lambda path: path.write_text(_csv([COLUMNS, *TEXTS], "\t"), encoding="utf-16")),
    "qualtrics": ("qualtrics", _qualtrics),
    "redcap": ("redcap", lambda path: path.write_text(_csv([COLUMNS, *TEXTS]), encoding="utf-8")),
    "limesurvey": (
        "limesurvey",
        lambda path: path.write_text(
            _csv([[f"{name}. What is {name}?" for name in COLUMNS], *TEXTS], ";"), encoding="utf-8-sig"
        ),
    ),
    "xlsx": ("excel", _workbook),
    "sav": ("spss", lambda path: pyreadstat.write_sav(_frame(), path)),
    "row-compressed sav": ("spss", lambda path: pyreadstat.write_sav(_frame(), path, row_compress=True)),
    "zsav": ("spss", lambda path: pyreadstat.write_sav(_frame(), path, compress=True)),
    "por": ("spss", lambda path: pyreadstat.write_por(_plain_frame().rename(columns=str.upper), path)),
    "dta": ("stata", lambda path: pyreadstat.write_dta(_frame(), path)),
    "xpt": ("sas", lambda path: pyreadstat.write_xport(_plain_frame(), path)),
    "parquet": ("parquet", lambda path: _frame().to_parquet(path)),
}


def _export(export_of: ExportOf, reader: str) -> Export:
    return export_of("t3").model_copy(update={"reader": reader, "ignored": ("note",)})


@pytest.mark.parametrize("form", sorted(WRITERS))
def test_the_same_answers_are_the_same_rows_in_every_format(
    tmp_path: Path, study: Study, export_of: ExportOf, form: str
) -> None:
    reader, write = WRITERS[form]
    path = tmp_path / "export"
    write(path)
    export = _export(export_of, reader)
    table = read_export(path, export)
    result = apply_contract(table, study, export, "ab" * 32, "export") if form != "por" else None
    # Portable files have upper-case names, which the protocol would have to declare; their cells are compared.
    cells = [list(row.values()) for row in table.cells.to_pylist()]
    if form in ("por", "xpt"):
        cells[1][0] = cells[1][0].replace("Pe", "Pé")
    assert cells == TEXTS
    if result is not None:
        assert result.problems == []
        assert (result.accepted.num_rows, result.set_aside.num_rows) == (3, 0)
        assert result.accepted.column("mood_03").to_pylist() == ["-9", "3", "0.1"]
    first = (
        4
        if form == "qualtrics"
        else 1
        if form in ("sav", "row-compressed sav", "zsav", "por", "dta", "xpt", "parquet")
        else 2
    )
    assert table.source_rows.to_pylist() == [first, first + 1, first + 2]


def _read(export_of: ExportOf, path: Path, reader: str) -> TextTable:
    return read_export(path, _export(export_of, reader), name="t3.file")


def _refusal(export_of: ExportOf, path: Path, reader: str) -> str:
    with pytest.raises(ExportError) as refusal:
        _read(export_of, path, reader)
    return str(refusal.value)


def test_a_workbook_keeps_dates_truth_and_row_numbers(tmp_path: Path, export_of: ExportOf) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([])
    sheet.append(["pid", "day", "moment", "is", "time", "big", None])
    sheet.append([])
    sheet.append(["A", datetime.date(2020, 1, 31), datetime.datetime(2020, 1, 31, 9, 5), True, datetime.time(9, 5, 1), 1e16])
    book.create_sheet("notes")
    book.save(tmp_path / "book.xlsx")
    table = _read(export_of, tmp_path / "book.xlsx", "excel")
    assert table.columns == ("pid", "day", "moment", "is", "time", "big")
    assert table.cells.to_pylist() == [
        dict(zip("012345", ["A", "2020-01-31", "2020-01-31T09:05:00", "TRUE", "09:05:01", "10000000000000000"], strict=True))
    ]
    assert (table.source_rows.to_pylist(), table.blank_lines) == ([4], 2)


def _book(path: Path, *sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    for number, rows in enumerate(sheets):
        sheet = book.active if number == 0 else book.create_sheet(f"Sheet {number + 1}")
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("sheets", "message"),
    [
        (
            [[["a"], [1]], [["b"]]],
            't3.file: 2 sheets are filled: "Sheet", "Sheet 2"; say under sheet of the export which one',
        ),
        ([[]], "t3.file: the workbook is empty; export it again"),
        (
            [[["a"], [1, 2]]],
            "t3.file: row 2: a cell is outside the header's columns; give its column a header, or say under title_rows of the"
            " export how many rows stand above the header",
        ),
    ],
)
def test_workbooks_that_would_lose_something_are_refused(
    tmp_path: Path, export_of: ExportOf, sheets: list[list[list[Any]]], message: str
) -> None:
    assert _refusal(export_of, _book(tmp_path / "book.xlsx", *sheets), "excel") == message


@pytest.mark.parametrize(
    ("reader", "content", "message"),
    [
        ("excel", b"", "t3.file: the file is empty; export it again"),
        ("stata", b"", "t3.file: the file is empty; export it again"),
        ("sas", b"", "t3.file: the file is empty; export it again"),
        ("parquet", b"", "t3.file: the file is empty; export it again"),
        (
            "redcap",
            b"Variable / Field Name,Form Name\nq,f\n",
            "t3.file: this is REDCap's data dictionary, not an export of records; export the records",
        ),
    ],
)
def test_files_of_another_kind_are_refused(
    tmp_path: Path, export_of: ExportOf, reader: str, content: bytes, message: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert _refusal(export_of, path, reader) == message


@pytest.mark.parametrize(
    ("reader", "what"), [("excel", "workbook"), ("stata", "Stata file"), ("sas", "SAS file"), ("parquet", "Parquet file")]
)
@pytest.mark.parametrize(
    "content", [b"a,b\n1,2\n", b"PK\x03\x04" + b"x" * 500, b"PAR1" + b"\0" * 600, b"<stata_dta>" + b"\0" * 400]
)
def test_files_that_cannot_be_read_are_one_line(
    tmp_path: Path, export_of: ExportOf, reader: str, what: str, content: bytes
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    message = _refusal(export_of, path, reader)
    assert message.startswith(f"t3.file: the {what} ")
    assert message.endswith("; export it again")
    assert message.isprintable()


def test_stata_keeps_its_missing_values_and_labels(tmp_path: Path, export_of: ExportOf) -> None:
    frame = pd.DataFrame({"pid": ["A", "B", "C"], "q01": [1.0, "a", None]})
    pyreadstat.write_dta(
        frame,
        tmp_path / "x.dta",
        column_labels=["", "First"],
        variable_value_labels={"q01": {1: "low"}},
        missing_user_values={"q01": ["a"]},
    )
    table = _read(export_of, tmp_path / "x.dta", "stata")
    assert table.cells.column(1).to_pylist() == ["1", ".a", ""]
    assert (table.column_labels, table.value_labels, table.special_codes) == (
        {"q01": "First"},
        {"q01": {"1": "low"}},
        {"q01": (".a",)},
    )


def test_nested_parquet_is_refused_by_name(tmp_path: Path, export_of: ExportOf) -> None:
    pq.write_table(pa.table({"pid": ["A"], "q": [[1, 2]]}), tmp_path / "x.parquet")
    assert _refusal(export_of, tmp_path / "x.parquet", "parquet").startswith('t3.file: column "q" holds list<')
    pq.write_table(
        pa.table({"pid": pa.array(["A", None]).dictionary_encode(), "d": [datetime.date(2020, 1, 1), None]}),
        tmp_path / "x.parquet",
    )
    assert _read(export_of, tmp_path / "x.parquet", "parquet").cells.to_pylist() == [
        {"0": "A", "1": "2020-01-01"},
        {"0": "", "1": ""},
    ]


EVENTS = "pid,redcap_event_name,redcap_repeat_instrument,q01,q02,q03\nA,t1_arm_1,,1,2,3\nA,t2_arm_1,,4,5,1\nB,t1_arm_1,,2,2,2\nA,t1_arm_1,visit,,,\nB,t9_arm_1,,1,1,1\n"


def test_one_file_with_all_waves_gives_each_wave_its_rows(tmp_path: Path, study: Study, export_of: ExportOf) -> None:
    """REDCap's long form: each wave's export takes its event, and an event that no wave declares is said."""
    path = tmp_path / "records.csv"
    path.write_text(EVENTS, encoding="utf-8")
    base = export_of("t3").model_dump(exclude_unset=True) | {
        "reader": "redcap", "ignored": [], "set_aside": [{"column": "redcap_repeat_instrument", "equals": ["visit"], "reason": "repeated_instrument"}],
    }  # fmt: skip
    waves = {
        wave: Export.model_validate(
            base
            | {
                "export": wave.lower(),
                "wave": wave,
                "rows": {"column": "redcap_event_name", "equals": [f"{wave.lower()}_arm_1"]},
            }
        )
        for wave in ("T1", "T2")
    }
    protocol = study.protocol.model_copy(update={"exports": tuple(waves.values())})
    redcap = type(study)(folder=study.folder, protocol=protocol, instruments=study.instruments, norms=study.norms)
    table = read_export(path, waves["T1"])
    assert table.notes[-2:] == (
        "Events: t1_arm_1 (3 rows), t2_arm_1 (1 rows), t9_arm_1 (1 rows).",
        "1 rows belong to repeated instruments: visit.",
    )
    accepted = {}
    for wave, export in waves.items():
        result = apply_contract(table, redcap, export, "ab" * 32, "records.csv")
        assert result.problems == []
        assert result.warnings == [
            '1 rows whose column "redcap_event_name" is "t9_arm_1" belong to a wave that the protocol does not declare; declare an export for them'
        ]
        assert result.rows_in_file == result.accepted.num_rows + result.set_aside.num_rows == 5
        accepted[wave] = list(
            zip(
                result.accepted.column("respondent").to_pylist(),
                result.accepted.column("mood_01").to_pylist(),
                strict=True,
            )
        )
        reasons = result.set_aside.column("reason").to_pylist()
        assert sorted(reasons) == (
            ["other_wave", "other_wave", "repeated_instrument"] if wave == "T1" else ["other_wave"] * 4
        )
    assert accepted == {"T1": [("A", "1"), ("B", "2")], "T2": [("A", "4")]}
