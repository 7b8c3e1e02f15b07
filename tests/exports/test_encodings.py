"""Encodings: declared ones are used, in text and in the statistics programs' files; what is only guessed is said."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from pydantic import ValidationError

from dagster_project.exports import ExportError, read_export
from dagster_project.study import Export

TEXT = "pid;Größe\nMüller;über\n"


def _export(reader: str, encoding: str | None = None) -> Export:
    return Export(export="roster", folder="raw", reader=reader, respondent="pid", encoding=encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp1250", "mac_roman", "cp850", "utf-16", "utf-16-le", "latin-1"])
def test_a_declared_encoding_is_used(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode(encoding))
    table = read_export(path, _export("delimited", encoding))
    assert (table.columns, table.cells.to_pylist()) == (("pid", "Größe"), [{"0": "Müller", "1": "über"}])
    assert table.guesses == ()


def test_bytes_that_are_not_of_the_declared_encoding_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode("cp1252"))
    with pytest.raises(ExportError) as refusal:
        read_export(path, _export("delimited", "utf-8"))
    assert str(refusal.value) == "a.csv: line 1: byte 0xf6 is not utf-8; correct encoding of the export"


def test_what_is_taken_for_an_encoding_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode("cp1250"))
    table = read_export(path, _export("delimited"))
    assert table.guesses == ("The encoding is taken to be cp1252: the file is not UTF-8.",)


@pytest.mark.parametrize(
    ("key", "value", "reader", "message"),
    [
        ("encoding", "utf-9", "delimited", "'utf-9' is no encoding of text that is known; write e.g. utf-8, cp1252, cp1250"),
        ("encoding", "zip", "delimited", "'zip' is no encoding of text that is known; write e.g. utf-8, cp1252, cp1250"),
        ("encoding", "cp1252", "parquet", "encoding means nothing to reader parquet; it is for delimited, qualtrics,"),
        ("sheet", "Post", "delimited", "sheet means nothing to reader delimited; it is for qualtrics, surveymonkey, excel"),
        ("label_rows", 1, "qualtrics", "label_rows means nothing to reader qualtrics; it is for delimited, excel"),
    ],
)
def test_a_key_that_means_nothing_to_the_reader_is_refused(key: str, value: str | int, reader: str, message: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Export(export="roster", folder="raw", reader=reader, respondent="pid", **{key: value})
    assert message in str(refusal.value)


def _write_stata(path: Path, frame: pd.DataFrame, labels: dict[str, dict[int, str]]) -> None:
    pyreadstat.write_dta(frame, str(path), version=15, variable_value_labels=labels)


def _write_spss(path: Path, frame: pd.DataFrame, labels: dict[str, dict[int, str]]) -> None:
    pyreadstat.write_sav(frame, str(path), variable_value_labels=labels)


@pytest.mark.parametrize(("reader", "write"), [("stata", _write_stata), ("spss", _write_spss)])
def test_one_label_in_another_encoding_does_not_spoil_the_file(
    tmp_path: Path, reader: str, write: Callable[[Path, pd.DataFrame, dict[str, dict[int, str]]], None]
) -> None:
    """An archive's conversion left it; all other texts are UTF-8."""
    frame = pd.DataFrame({"pid": ["Müller", "P2"], "town": [1.0, 2.0]})
    path = tmp_path / f"a.{reader}"
    write(path, frame, {"town": {1: "Norrkoping", 2: "Malmö"}})
    data = path.read_bytes()
    assert data.count(b"Norrkoping") == 1
    path.write_bytes(data.replace(b"Norrkoping", "Norrköping".encode("cp1252")))
    table = read_export(path, _export(reader))
    assert table.cells.column(0).to_pylist() == ["Müller", "P2"]
    assert table.value_labels["town"] == {"1": "Norrköping", "2": "Malmö"}
    assert table.guesses == ('Texts that are not in the file\'s encoding are taken to be cp1252: "Norrköping".',)


@pytest.mark.parametrize(("reader", "write"), [("stata", _write_stata), ("spss", _write_spss)])
def test_a_file_all_in_another_encoding_is_read_in_the_declared_one(
    tmp_path: Path, reader: str, write: Callable[[Path, pd.DataFrame, dict[str, dict[int, str]]], None]
) -> None:
    path = tmp_path / f"a.{reader}"
    write(path, pd.DataFrame({"pid": ["P1", "P2"], "town": [1.0, 2.0]}), {"town": {1: "Lodz_", 2: "b"}})
    path.write_bytes(path.read_bytes().replace(b"Lodz_", "Łódź ".encode("cp1250")))
    assert read_export(path, _export(reader, "cp1250")).value_labels["town"]["1"].strip() == "Łódź"
    assert read_export(path, _export(reader)).guesses != ()


@pytest.mark.parametrize("is_regular", [True, False])
@pytest.mark.parametrize(
    ("text", "shown", "meant"),
    [("Größe, Ähre", "GrÃ¶ÃŸe", "Größe"), ("Ánna", "Ã\\x81nna", "Ánna"), ("it’s “so”", "itâ€™s â€œsoâ€\\x9d", "it’s “so”"), ("15 €", "15 â‚¬", "15 €")],
)  # fmt: skip
def test_text_that_was_encoded_twice_is_named(tmp_path: Path, text: str, shown: str, meant: str, is_regular: bool) -> None:
    """A spreadsheet opened UTF-8 as another encoding, and saved what it showed as UTF-8."""
    letters = [bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode()]
    path = tmp_path / "saved.csv"
    path.write_text("pid;note\nA;" + "".join(letters) + ("\n" if is_regular else "\r"), encoding="utf-8", newline="")
    assert read_export(path, _export("delimited")).warnings == (
        f'the text was encoded twice, as spreadsheets do that open UTF-8 as another encoding: "{shown}" was "{meant}"; export the'
        " file again, and do not open it before",
    )


def test_text_of_any_language_is_not_taken_to_be_encoded_twice(tmp_path: Path) -> None:
    texts = "MAÇÃ” QUALITÉ\xa0: «À» São Âge â€ ÅÄÖ Ñandú Žáček größer naïve € £5 “é” Ä. Å/ψ Übung—Ü"
    (tmp_path / "any.csv").write_text(f"pid;note\nA;{texts}\n", encoding="utf-8")
    assert read_export(tmp_path / "any.csv", _export("delimited")).warnings == ()
