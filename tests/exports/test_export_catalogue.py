"""SAS's catalogues of formats: recognised wherever they lie, and used for labels where they are declared."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from dagster_project.exports import (
    ExportData,
    ExportError,
    apply_contract,
    contract_of_file,
    description_of,
    find_files,
    propose_labels,
    read_cells,
    read_export,
)
from dagster_project.study import ColumnBlock, Export, Protocol, Study, hash_definitions

ExportOf = Callable[[str], Export]
_PAGE_BYTES = 4096
_WORDS = {1: "Növer", 2: "Seldom", 5: "Always", ".A": "Refused"}


def _value_entry(code: float | str, position: int) -> bytes:
    """A code of a format: of texts its 16 letters; a number has its bits turned, a special missing value its letter's place."""
    if isinstance(code, str) and not code.startswith("."):
        value = code.encode().ljust(16)
    elif isinstance(code, str):
        value = (ord(code[1]) - ord("A") + 2 << 40 | (1 << 40) - 1).to_bytes(8, "big")
    else:
        value = struct.pack(">d", -code)
    return bytes(2) + struct.pack("<H", 16 + len(value)) + bytes(6) + struct.pack("<I", position) + bytes(8) + value


def _block(name: str, labels: Mapping[float | str, str]) -> bytes:
    """A format by its layout as ReadStat's authors describe it."""
    head = bytes(8) + name.encode().ljust(8) + bytes(22) + struct.pack("<II", len(labels), len(labels))
    entries = b"".join(_value_entry(code, position) for position, code in enumerate(labels))
    texts = [label.encode("cp1252") for label in labels.values()]
    block = (
        head.ljust(106, b"\0") + entries + b"".join(bytes(8) + struct.pack("<H", len(text)) + text + b"\0" for text in texts)
    )
    return struct.pack("<IHH", 0, 0, len(block)).ljust(16, b"\0") + block


def _catalogue(path: Path, formats: Mapping[str, Mapping[float | str, str]]) -> Path:
    """A catalogue as SAS for Windows writes it: a header, an index on its second page, the formats on its fourth."""
    magic = bytes(12) + bytes.fromhex("c2ea8163b31411cfbd92080009c7318c181f1011")
    start = (
        magic
        + bytes.fromhex("22000022000100")
        + b"2"
        + bytes(30)
        + bytes([62])
        + bytes(13)
        + b"SAS FILE"
        + b"FORMATS".ljust(32)
    )
    sizes = struct.pack("<III", _PAGE_BYTES, _PAGE_BYTES, 4)
    header = (start.ljust(164, b"\0") + bytes(32) + sizes + bytes(8) + b"9.0401M6").ljust(_PAGE_BYTES, b"\0")
    index, content = b"", bytes(16)
    for name, labels in formats.items():
        entry = b"XLSR" + struct.pack("<IH", 4, len(content))
        index += entry.ljust(50, b"\0") + b"O".ljust(162, b"\0")
        content += _block(name, labels)
    pages = (b"", bytes(856) + index, b"", content)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + b"".join(page.ljust(_PAGE_BYTES, b"\0") for page in pages))
    return path


@pytest.fixture
def data_set(study: Study) -> Path:
    """A transport file whose columns have formats."""
    frame = pd.DataFrame(
        {"PID": ["A", "B"], "Q1": ["Növer".replace("ö", "e"), "Always"], "Q2": [1.0, 5.0], "SEX": ["m", "f"]}
    )
    path = study.folder / "raw/T3/t3.xpt"
    path.parent.mkdir(parents=True)
    pyreadstat.write_xport(frame, path, variable_format={"Q1": "$FREQ.", "Q2": "FREQ.", "SEX": "$SEX."})
    return path


def _export(export_of: ExportOf, **update: object) -> Export:
    block = ColumnBlock(block="mood", columns={"mood_01": "Q1", "mood_02": "Q2"}, absent=("mood_03",))
    changes = {"reader": "sas", "pattern": "*", "respondent": "PID", "blocks": (block,), "ignored": ("SEX",)}
    return export_of("t3").model_copy(update=changes | {"catalogue": "formats.sas7bcat"} | update)


def test_a_catalogue_says_what_the_codes_of_a_data_set_stand_for(study: Study, export_of: ExportOf, data_set: Path) -> None:
    words = {"1": "Never", "2": "Seldom", "5": "Always"}
    _catalogue(study.folder / "formats.sas7bcat", {"$SEX": {"f": "Female", "m": "Male"}, "FREQ": _WORDS, "$FREQ": words})
    export = _export(export_of)
    table = read_export(data_set, export, None, description_of(study, export))
    assert table.value_labels == {
        "SEX": {"f": "Female", "m": "Male"},
        "Q2": {"1": "Növer", "2": "Seldom", "5": "Always", ".A": "Refused"},
        "Q1": words,
    }
    result = apply_contract(table, study, export, "ab" * 32, "t3.xpt")
    assert result.problems == []
    (proposal,) = propose_labels(ExportData(export, table, result), study, read_cells(result, study, export))
    assert {"Never": 1, "Always": 5}.items() <= proposal.labels.items()


@pytest.mark.parametrize(
    ("formats", "message"),
    [
        ({"OTHER": _WORDS}, "formats.sas7bcat: no column of the data set has one of the catalogue's formats (OTHER); correct catalogue of the export, or remove it"),
        (None, "formats.sas7bcat: the file is no SAS catalogue of formats (.sas7bcat); correct catalogue of the export"),
        ("", "formats.sas7bcat: the catalogue cannot be opened (No such file or directory); check catalogue"),
    ],
)  # fmt: skip
def test_a_catalogue_that_is_none_or_of_another_data_set_is_refused(
    study: Study, export_of: ExportOf, data_set: Path, formats: dict[str, dict[float | str, str]] | str | None, message: str
) -> None:
    path = study.folder / "formats.sas7bcat"
    if formats is None:
        path.write_bytes(data_set.read_bytes())
    elif isinstance(formats, dict):
        _catalogue(path, formats)
    with pytest.raises(ExportError) as refusal:
        contract_of_file(data_set, data_set.name, study, _export(export_of))
    assert str(refusal.value) == message


def test_a_catalogue_beside_its_data_set_is_no_second_export(study: Study, export_of: ExportOf, data_set: Path) -> None:
    catalogue = _catalogue(data_set.with_name("formats.sas7bcat"), {"FREQ": _WORDS})
    assert find_files(study.folder, _export(export_of, catalogue="raw/T3/formats.sas7bcat")) == [data_set]
    export = _export(export_of, catalogue=None, files="versions")
    assert sorted(find_files(study.folder, export)) == [catalogue, data_set]
    with pytest.raises(ExportError) as refusal:
        read_export(catalogue, export)
    assert str(refusal.value) == (
        "formats.sas7bcat: this is a SAS catalogue of formats, not a data set; move it out of the export's folder, or narrow its"
        " pattern to *.sas7bdat, and name it under catalogue of the export"
    )


def test_only_sas_knows_catalogues(study: Study) -> None:
    export = study.protocol.exports[1].model_copy(update={"catalogue": "formats.sas7bcat"})
    content = study.protocol.model_dump(exclude_none=True) | {
        "exports": [study.protocol.exports[0], export, *study.protocol.exports[2:]]
    }
    with pytest.raises(ValueError, match="export t1 declares a catalogue; only the sas reader knows one"):
        Protocol.model_validate(content)


def test_a_changed_catalogue_is_a_changed_definition(study: Study, export_of: ExportOf) -> None:
    catalogue = _catalogue(study.folder / "formats.sas7bcat", {"FREQ": _WORDS})
    exports = (*study.protocol.exports[:-1], _export(export_of))
    declared = replace(study, protocol=study.protocol.model_copy(update={"exports": exports}))
    before = hash_definitions(declared)["formats.sas7bcat"]
    _catalogue(catalogue, {"FREQ": {1: "Always"}})
    assert hash_definitions(declared)["formats.sas7bcat"] != before
