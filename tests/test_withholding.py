"""What stands in the record for a person, a cell and an error; elsewhere messages show them."""

import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.exports.dates import read_dates
from dagster_project.exports.decoding import encoded_twice
from dagster_project.exports.identifiers import did_you_mean, rounded_identifiers
from dagster_project.exports.kept_digits import rounded_numbers
from dagster_project.pull.answers import describe_answer
from dagster_project.withholding import (
    error_summary,
    for_the_record,
    is_for_the_record,
    of_cell,
    of_cells,
    of_error,
    of_person,
    with_hint,
    without_place,
)

#: A message about planted values as it is shown, and as it is recorded.
_MESSAGES: dict[str, tuple[Callable[[], str | None], str, str]] = {
    "dates that prove both orders": (
        lambda: read_dates(["31/01/2020", "01/31/2020"]).problem,
        "31/01/2020 can only be day first and 01/31/2020 only month first; correct the cells, or say under dates which order is"
        " meant (the others then count as unread)",
        "[withheld] can only be day first and [withheld] only month first; correct the cells, or say under dates which order is"
        " meant (the others then count as unread)",
    ),
    "dates of two readings": (
        lambda: read_dates(["01/02/2020"]).problem,
        "01/02/2020 could be day first or month first; say which under dates of the export (dmy or mdy)",
        "[withheld] could be day first or month first; say which under dates of the export (dmy or mdy)",
    ),
    "an identifier that a spreadsheet rounded": (
        lambda: rounded_identifiers(pa.chunked_array([["1.23E+15", "4.56E+15"]])),
        "a spreadsheet rounded the identifier 1.23E+15, 4.56E+15; export the file again without opening it in one, or make the"
        " column text there first",
        "a spreadsheet rounded the identifier [2 texts withheld]; export the file again without opening it in one, or make the"
        " column text there first",
    ),
    "an identifier that is alike": (
        lambda: did_you_mean("b 1", ["B1"]),
        " (did you mean 'B1'?)",
        " (did you mean P-of-B1?)",
    ),
    "a number that lost digits": (
        lambda: next(rounded_numbers([2.0**60], "Number", 0)).message,
        'row 1: column "Number" holds the number 1.15292150460685E+18, and the file keeps 15 digits of it; export the column'
        " as text",
        'row 1: column "Number" holds the number [withheld], and the file keeps 15 digits of it; export the column as text',
    ),
    "a text that was encoded twice": (
        lambda: encoded_twice("Ort\nMÃ¼nchen\n".encode()),
        'the text was encoded twice, as spreadsheets do that open UTF-8 as another encoding: "MÃ¼nchen" was "München"; export'
        " the file again, and do not open it before",
        "the text was encoded twice, as spreadsheets do that open UTF-8 as another encoding: [withheld] was [withheld]; export"
        " the file again, and do not open it before",
    ),
    "an answer of a service that is no export": (
        lambda: describe_answer(b"A,3,my phone is"),
        "A,3,my phone is",
        "[withheld]",
    ),
}


@pytest.mark.parametrize("name", _MESSAGES)
def test_a_message_shows_values_only_where_it_is_not_recorded(name: str, tmp_path: Path) -> None:
    message, shown, recorded = _MESSAGES[name]
    assert message() == shown
    with for_the_record(lambda identifier: f"P-of-{identifier}", tmp_path):
        assert message() == recorded
    assert message() == shown


def test_the_record_names_the_commands_that_show_what_it_withholds(tmp_path: Path) -> None:
    assert with_hint("t1.csv: [withheld]") == "t1.csv: [withheld]"
    with for_the_record(str, tmp_path):
        assert with_hint(f"t1.csv: {of_cell('7')}") == (
            "t1.csv: [withheld] (`wavehouse check`, `contract` and `queries` show what is withheld)"
        )
        assert with_hint(of_cells("7, 8", ["7", "8"])).startswith("[2 texts withheld] (")
        assert of_cells("7", ["7"]) == "[withheld]"
        assert with_hint("t1.csv: the file is empty") == "t1.csv: the file is empty"
        with for_the_record(str, tmp_path, "`wavehouse pull` shows"):
            assert with_hint(of_cell("7")) == "[withheld] (`wavehouse pull` shows what is withheld)"
    assert not is_for_the_record()


def test_the_record_ends_with_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^7$"), for_the_record(str, tmp_path):
        raise ValueError("7")
    assert (is_for_the_record(), of_cell("7"), of_person("A", "'A'"), of_error("7", "kind")) == (False, "7", "'A'", "7")


def test_a_whole_text_is_written_once_for_its_owner(tmp_path: Path) -> None:
    folder, mask = tmp_path / "home" / "errors", os.umask(0o022)
    try:
        with for_the_record(str, folder):
            line, line_again = (of_error("cannot read 'seven'", "Conversion Error") for _ in range(2))
    finally:
        os.umask(mask)
    (file,) = folder.iterdir()
    assert line == line_again == f"Conversion Error; its text may quote answers and is in {file}, for its owner alone"
    assert without_place(f"{line} (and 2 more)") == (
        "Conversion Error; its text may quote answers and is not released (and 2 more)"
    )
    assert file.read_text(encoding="utf-8") == "cannot read 'seven'"
    if os.name != "nt":
        assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


def test_an_error_whose_text_cannot_be_written_is_still_named(tmp_path: Path) -> None:
    blocked = tmp_path / "errors"
    blocked.write_text("a file")
    with for_the_record(str, blocked):
        try:
            int("seven")
        except ValueError as error:
            assert error_summary(error).startswith("ValueError in tests/test_withholding.py, line ")
            assert error_summary(error).endswith(f"; its text may quote answers, and could not be written to {blocked}")
            assert without_place(error_summary(error)).endswith("; its text may quote answers and is not released")
