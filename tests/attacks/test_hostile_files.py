"""Files that were made to do harm, or are damaged so: each ends in one line with a cure, soon, and in little memory.

One case a kind; the wording of limits is of `readable_files`. What needs a whole run stands in test_hostile_places.py.
"""

import io
import os
import re
import resource
import shutil
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from dagster_project import readable_files
from dagster_project.exports import ExportError, read_table
from dagster_project.manuscript import ManuscriptError, PrintedResult
from dagster_project.manuscript_process import fill_in_apart
from dagster_project.readable_files import LIMITS, ReadableFileError, allow
from dagster_project.study import Layout, StudyError, read_study
from dagster_project.synthesis import SynthesisError, read_interviews
from dagster_project.synthesis.segments import Interviews

SMALL = Path(__file__).parents[1] / "small_study"
PAGE = Path(__file__).parents[2] / "docs/explanation/attacks-and-faults.md"
Edit = Callable[[Path], object]
_SECONDS, _KILOBYTES = 20, 400_000


@pytest.fixture(autouse=True)
def costs_little() -> object:
    """No case takes long, or a memory that grows with what the file claims."""
    memory, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    yield
    assert time.process_time() - start < _SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < _KILOBYTES


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "study"))


def _swap(old: str, new: str, file: str = "study.yaml") -> Edit:
    def edit(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def _add(text: str) -> Edit:
    return lambda folder: (folder / "study.yaml").open("a", encoding="utf-8").write(text)


def _put(file: str, make: Callable[[Path], object]) -> Edit:
    def edit(folder: Path) -> None:
        (folder / file).unlink(missing_ok=True)
        make(folder / file)

    return edit


_LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
_MERGED = "a: &a {b: 1}\nc: {<<: *a}\n"
_MONTH = "month: 3"
_OUTSIDE = "'{path}' leads out of the study's folder, to {path}; put it below the study's folder, or allow its folder: WAVEHOUSE_ROOTS={root}"
_PIPE = "this is a pipe or a device, not a file; put the file there"
_TEMPLATE = "may only hold {{position}}, or {{position:02}} for at least two digits; give the columns, block by block"

DEFINITIONS: dict[str, tuple[Edit, str]] = {
    "aliases that multiply": (
        _add(_LAUGHS),
        "study.yaml: line 73: the file holds more than 200,000 values; if that is right, raise the limit:"
        " WAVEHOUSE_LIMITS=definition_values=NUMBER",
    ),
    "an alias of itself": (
        _swap("instruments: [mood, drive]", "instruments: &i [mood, *i]"),
        "study.yaml: line 11: the alias *i stands in what it is an alias of; correct the YAML there",
    ),
    "lists in lists": (
        _add("x: " + "[" * 60 + "]" * 60 + "\n"),
        "study.yaml: line 67: the file nests more than 50 levels of keys and lists; if that is right, raise the limit:"
        " WAVEHOUSE_LIMITS=definition_depth=NUMBER",
    ),
    "lists in lists beyond the parser's own bound": (
        _add("x: " + "[" * 100_000 + "\n"),
        "study.yaml: line 67: the file nests more than 50 levels of keys and lists; if that is right, raise the limit:"
        " WAVEHOUSE_LIMITS=definition_depth=NUMBER",
    ),
    "merge key": (_add(_MERGED), "study.yaml: line 68: the merge key << is not read; write the keys out"),
    "tag": (
        _add("x: !!python/object/apply:os.system [exit]\n"),
        "study.yaml: line 67: a tag (!) that is not read; write the value without it",
    ),
    "number of 5,000 digits": (
        _swap(_MONTH, "month: " + "9" * 5000),
        "study.yaml: line 8: a number of 5000 digits; if it is a text, put it in quotes",
    ),
    "infinity": (
        _swap(_MONTH, "month: .inf"),
        "study.yaml: line 8: waves[1].month: inf: input should be a finite number; give the planned month, a number, e.g. 4",
    ),
    "date that is none": (
        _swap(_MONTH, "month: 2020-99-99"),
        "study.yaml: line 8: '2020-99-99' cannot be read (month must be in 1..12); if it is a text, put it in quotes",
    ),
    "list as a key": (
        _add("? [a]\n: b\n"),
        "study.yaml: line 67: a list or a mapping stands where a key belongs; correct the YAML there",
    ),
    "control character": (
        _swap("title: A made-up study", 'title: "A\\0b"'),
        "study.yaml: line 3: a text holds the character U+0000, which no document can hold; correct the YAML there",
    ),
    "file of many bytes": (
        _add("#" * 10_000_001),
        "study.yaml: the file holds more than 10,000,000 bytes; if that is right, raise the limit:"
        " WAVEHOUSE_LIMITS=definition_bytes=NUMBER",
    ),
    "width in a template": (
        _swap("M{position}", "M{position:>9999999999}"),
        "study.yaml: line 47: exports[1].blocks[0]: block mood: template 'M{{position:>9999999999}}' " + _TEMPLATE,
    ),
    "attribute in a template": (
        _swap("M{position}", "M{position.__class__}"),
        "study.yaml: line 47: exports[1].blocks[0]: block mood: template 'M{{position.__class__}}' " + _TEMPLATE,
    ),
    "pipe as protocol": (_put("study.yaml", os.mkfifo), "study.yaml: " + _PIPE),
    "pipe as instrument": (_put("instruments/mood.yaml", os.mkfifo), "instruments/mood.yaml: " + _PIPE),
    "pipe as norms": (_put("norms.yaml", os.mkfifo), "norms.yaml: " + _PIPE),
    "pipe as propositions": (_put("propositions.yaml", os.mkfifo), "propositions.yaml: " + _PIPE),
    "pipe as published table": (_put("published/small.csv", os.mkfifo), "published/small.csv: " + _PIPE),
    "device as protocol": (_put("study.yaml", lambda file: file.symlink_to("/dev/zero")), "study.yaml: " + _PIPE),
    "device as instrument": (
        _put("instruments/mood.yaml", lambda file: file.symlink_to("/dev/zero")),
        "study.yaml: 'instruments/mood.yaml' leads out of the study's folder, to /dev/zero; put it below the study's folder,"
        " or allow its folder: WAVEHOUSE_ROOTS=/dev",
    ),
    "published table elsewhere": (
        _swap("published/small.csv", "/etc/passwd"),
        "study.yaml: " + _OUTSIDE.replace("{path}", "/etc/passwd").replace("{root}", "/etc"),
    ),
    "folder elsewhere": (
        _swap("folder: raw/T1", "folder: /etc"),
        "study.yaml: exports[1].folder: " + _OUTSIDE.replace("{path}", "/etc").replace("{root}", "/etc"),
    ),
    "folder of the system's processes": (
        _swap("folder: raw/T1", "folder: raw/../../../../../../../../../../../proc"),
        "study.yaml: exports[1].folder: 'raw/../../../../../../../../../../../proc' leads out of the study's folder, to"
        " /proc; put it below the study's folder, or allow its folder: WAVEHOUSE_ROOTS=/proc",
    ),
}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders")
@pytest.mark.parametrize(("edit", "message"), DEFINITIONS.values(), ids=DEFINITIONS)
def test_hostile_definitions_end_in_one_line(edit: Edit, message: str, study: Path) -> None:
    edit(study)
    with pytest.raises(StudyError) as refusal:
        read_study(study)
    assert str(refusal.value) == f"{study}/{message.replace('{{', '{').replace('}}', '}')}"


def test_a_root_is_allowed_by_who_runs_the_study_alone(study: Path, tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    shutil.move(study / "raw/T1", drive)
    (study / "raw/T1").symlink_to(drive, target_is_directory=True)
    with pytest.raises(StudyError, match=rf"WAVEHOUSE_ROOTS={drive}$"):
        read_study(study)
    try:
        allow({"WAVEHOUSE_ROOTS": str(drive)})
        assert read_study(study).protocol.exports[1].folder == "raw/T1"
    finally:
        allow({})
    with pytest.raises(
        ReadableFileError, match=r"^WAVEHOUSE_ROOTS: 'drive' is not a whole path; begin it with /, or a drive$"
    ):
        allow({"WAVEHOUSE_ROOTS": "drive"})


@pytest.mark.parametrize("text", ["table_bytes", "table=3", "table_bytes=0", "table_bytes=-1", "table_bytes=1e9", "=3"])
def test_a_limit_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ReadableFileError) as refusal:
        allow({"WAVEHOUSE_LIMITS": text})
    assert str(refusal.value).startswith(
        f"WAVEHOUSE_LIMITS: '{text}' is not a limit and a number from 1, such as table_bytes="
    )


def test_a_limit_is_raised_and_falls_back(study: Path) -> None:
    _add("x: " + "[" * 60 + "]" * 60 + "\n")(study)
    try:
        allow({"WAVEHOUSE_LIMITS": "definition_depth=70 table_bytes=300_000_000"})
        assert readable_files.most_of("table_bytes") == 300_000_000
        with pytest.raises(StudyError, match=r"x: there is no such key"):
            read_study(study)
    finally:
        allow({})
    assert readable_files.most_of("definition_depth") == 50


# Exports.
_HEAD, _ROW = ["id", "m1"], ["A", 3]


def _workbook(file: Path, edit: Callable[[dict[str, bytes]], object] = lambda parts: None) -> None:
    book = openpyxl.Workbook()
    for row in (_HEAD, _ROW):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    with zipfile.ZipFile(content) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    edit(parts)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


def _lies_about_its_size(file: Path) -> None:
    _workbook(file, lambda parts: parts.update({"xl/worksheets/sheet2.xml": b" " * 300_000_000}))
    file.write_bytes(file.read_bytes().replace(struct.pack("<I", 300_000_000), struct.pack("<I", 9_000_000)))


def _entities(parts: dict[str, bytes]) -> None:
    entities = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    sheet = next(name for name in parts if name.endswith("sheet1.xml"))
    parts[sheet] = (
        parts[sheet]
        .replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a0 "x">' + entities + b"]><worksheet", 1)
        .replace(b"<v>3</v>", b"<v>&a9;</v>")
    )


def _many_rows(file: Path) -> None:
    """A group of a million rows, which the end of the file names sixty times."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int32()), pa.array(["A"]))
    pq.write_table(pa.table(dict.fromkeys((f"c{n}" for n in range(40)), column)), file)
    metadata, group = pq.read_metadata(file), pq.read_metadata(file)
    for _ in range(59):
        metadata.append_row_groups(group)
    end = io.BytesIO()
    metadata.write_metadata_file(end)
    file.write_bytes(file.read_bytes() + end.getvalue().removeprefix(b"PAR1"))


def _sav_of_more_cases(file: Path) -> None:
    pyreadstat.write_sav(pd.DataFrame({"id": ["A"], "m1": [3.0]}), str(file))
    content = bytearray(file.read_bytes())
    struct.pack_into("<i", content, 80, 2_000_000_000)
    file.write_bytes(content)


def _zsav_of_more_cases(file: Path) -> None:
    pyreadstat.write_sav(pd.DataFrame({"id": ["A"], "m1": [3.0]}), str(file), compress=True)
    content = bytearray(file.read_bytes())
    struct.pack_into("<i", content, 80, 2_000_000_000)
    file.write_bytes(content)


def _zsav(file: Path) -> None:
    pyreadstat.write_sav(pd.DataFrame({"m1": [3.0] * 60_000, "m2": [3.0] * 60_000}), str(file), compress=True)


EXPORTS: dict[str, tuple[str, Callable[[Path], object], str, dict[str, int]]] = {
    "workbook that lies about its size": (
        "excel",
        _lies_about_its_size,
        "x: xl/worksheets/sheet2.xml unpacks to more than the 9,000,000 bytes that the workbook says; export it again",
        {},
    ),
    "workbook of too many bytes": (
        "excel",
        _workbook,
        "x: the workbook unpacks to more than 1,000 bytes; if that is right, raise the limit:"
        " WAVEHOUSE_LIMITS=workbook_bytes=NUMBER; or save the sheet as CSV",
        {"workbook_bytes": 1000},
    ),
    "workbook of many parts": (
        "excel",
        lambda file: _workbook(file, lambda parts: parts.update({f"xl/worksheets/s{n}.xml": b"" for n in range(50)})),
        "x: the workbook holds more than 40 parts; if that is right, raise the limit:"
        " WAVEHOUSE_LIMITS=workbook_parts=NUMBER",
        {"workbook_parts": 40},
    ),
    "workbook of entities": (
        "excel",
        lambda file: _workbook(file, _entities),
        "x: xl/worksheets/sheet1.xml has a document type, which workbooks have not; export it again",
        {},
    ),
    "text of too many bytes": (
        "delimited",
        lambda file: file.write_text("id,m1\nA,3\n", encoding="utf-8"),
        "x: the file holds more than 5 bytes; if that is right, raise the limit: WAVEHOUSE_LIMITS=text_bytes=NUMBER",
        {"text_bytes": 5},
    ),
    "text in memory of too many bytes": (
        "delimited",
        lambda file: file.write_text("id,m1\nA,3\n", encoding="utf-16"),
        "x: the file holds more than 5 bytes; if that is right, raise the limit: WAVEHOUSE_LIMITS=memory_text_bytes=NUMBER",
        {"memory_text_bytes": 5},
    ),
    "Parquet of many rows of one value": (
        "parquet",
        _many_rows,
        "x: the file holds more than 2,000,000,000 cells; if that is right, raise the limit:"
        " WAVEHOUSE_LIMITS=parquet_cells=NUMBER; or export fewer columns or rows",
        {},
    ),
    "Parquet of many columns": (
        "parquet",
        lambda file: pq.write_table(pa.table({f"c{n}": [1] for n in range(20)}), file),
        "x: the file holds more than 10 columns; if that is right, raise the limit:"
        " WAVEHOUSE_LIMITS=parquet_columns=NUMBER; or export fewer columns",
        {"parquet_columns": 10},
    ),
    "Parquet that unpacks to much": (
        "parquet",
        lambda file: pq.write_table(pa.table({"a": ["x" * 100_000]}), file, compression="zstd"),
        "x: the file unpacks to more than 50,000 bytes; if that is right, raise the limit:"
        " WAVEHOUSE_LIMITS=parquet_bytes=NUMBER; or export fewer columns or rows",
        {"parquet_bytes": 50_000},
    ),
    "SPSS file that declares more cases": (
        "spss",
        _sav_of_more_cases,
        "x: the SPSS file declares 2000000000 cases, but holds 1; export it again",
        {},
    ),
    "compressed SPSS file that declares more cases": (
        "spss",
        _zsav_of_more_cases,
        "x: the SPSS file declares 2000000000 cases, but holds 1; export it again",
        {},
    ),
    "SPSS file of many cells": (
        "spss",
        _zsav,
        "x: the SPSS file holds more than 100,000 cells; if that is right, raise the limit:"
        " WAVEHOUSE_LIMITS=statistics_cells=NUMBER; or export fewer columns or rows",
        {"statistics_cells": 100_000},
    ),
    "SPSS file of many bytes": (
        "spss",
        _zsav,
        "x: the file holds more than 100 bytes; if that is right, raise the limit: WAVEHOUSE_LIMITS=statistics_bytes=NUMBER",
        {"statistics_bytes": 100},
    ),
}  # fmt: skip


#: Those that take seconds to make.
_LARGE = {"Parquet of many rows of one value"}


@pytest.mark.parametrize(
    ("reader", "make", "message", "limits"),
    [pytest.param(*case, marks=[pytest.mark.slow] if name in _LARGE else [], id=name) for name, case in EXPORTS.items()],
)
def test_hostile_exports_end_in_one_line(
    reader: str,
    make: Callable[[Path], object],
    message: str,
    limits: dict[str, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make(tmp_path / "x")
    for name, bound in limits.items():
        monkeypatch.setitem(readable_files._bounds, name, bound)
    with pytest.raises(ExportError) as refusal:
        read_table(tmp_path / "x", reader, "x", Layout())
    assert str(refusal.value).startswith(message)
    assert str(refusal.value).isprintable()


# Interviews.
_PROJECT = '<Project xmlns="urn:QDA-XML:project:1.0"><CodeBook><Codes>{}</Codes></CodeBook></Project>'


@pytest.mark.parametrize(
    ("project", "message"),
    [
        (
            _PROJECT.format('<Code guid="a" name="a"/>' * 300),
            "x: project.qde: the XML holds more than 100 elements of XML; if that is right, raise the limit:"
            " WAVEHOUSE_LIMITS=interview_elements=NUMBER",
        ),
        (_PROJECT.format("<a>" * 90 + "</a>" * 90), ""),
    ],
)
def test_a_project_of_many_elements_is_refused_before_a_tree_is_built(
    project: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(readable_files._bounds, "interview_elements", 100)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("project.qde", project)
    if not message:
        assert read_interviews(archive.getvalue(), "x", Interviews(file="x")).codings == ()
        return
    with pytest.raises(SynthesisError) as refusal:
        read_interviews(archive.getvalue(), "x", Interviews(file="x"))
    assert str(refusal.value) == message


@pytest.mark.slow
def test_a_pattern_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python takes 2 to the power of the text's length steps for this one."""
    monkeypatch.setitem(readable_files._bounds, "file_seconds", 1)
    table = "code,person,wave,segment,source\nA,p,T1,x,{}\n"
    pattern = "^(?P<person>(a+)+)$"
    declaration = Interviews(file="x", source_name=pattern)
    with pytest.raises(SynthesisError) as refusal:
        read_interviews(table.format("a" * 40 + "!").encode(), "x", declaration)
    assert str(refusal.value) == (
        f"source_name: '{pattern}' is not done with the name '{'a' * 40}' after 1 seconds; write it without repeats of"
        " repeats, such as (\\w+)+"
    )
    assert read_interviews(table.format("aaa").encode(), "x", declaration).codings[0].source == "aaa"


# Manuscripts.
@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ ''.__class__.__mro__ }}", "access to attribute '__class__' of 'str' object is unsafe."),
        ("{{ cycler.__init__.__globals__ }}", "access to attribute '__init__' of 'type' object is unsafe."),
        (
            "{% for i in range(10**9) %}{% endfor %}",
            "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).",
        ),
        ("{% include '/etc/passwd' %}", "no loader for this environment specified"),
    ],
)
@pytest.mark.slow
def test_a_manuscript_reaches_nothing_but_results(template: str, message: str) -> None:
    with pytest.raises(ManuscriptError) as refusal:
        fill_in_apart(template, "paper.md", {"a": PrintedResult("a", 1.0, "1.00", None)}, "20240131", "en")
    assert str(refusal.value) == f"paper.md: line 1: {message}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("template", "limit"),
    [
        ("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "manuscript_seconds"),
        pytest.param(
            "{{ '{:>9999999999}'.format(1) }}",
            "manuscript_memory",
            marks=pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of memory"),
        ),
    ],
)
def test_a_manuscript_without_end_is_ended(template: str, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(readable_files._bounds, "manuscript_seconds", 8)
    with pytest.raises(ManuscriptError) as refusal:
        fill_in_apart(template, "paper.md", {}, "20240131", "en")
    assert str(refusal.value) == f"paper.md: filling it in takes {readable_files.beyond(limit)}; or look for a loop"


# Names of files.
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("t1_jane.doe@example.org.csv", "an e-mail address"),
        ("t1 (PW-0012).csv", "an identifier of its people"),
        ("pw-0012.csv", "an identifier of its people"),
        ("T1_PW-00125.csv", None),
        ("T1 2024.csv", None),
    ],
)
def test_a_name_that_says_who_is_in_the_file_is_refused(name: str, words: str | None, study: Path) -> None:
    from dagster_project.exports import contract_of_file, find_files

    export = read_study(study).protocol.exports[1]
    file = (study / "raw/T1/t1.csv").rename(study / "raw/T1" / name)
    file.write_text(
        file.read_text(encoding="utf-8").replace("\nA,", "\nPW-0012,").replace("\nB,", "\n2024,"), encoding="utf-8"
    )
    message = f'raw/T1: the name "{name}" holds {words}, and names of files are released; rename the file'
    if words is None:
        assert contract_of_file(find_files(study, export)[0], name, read_study(study), export).rows_in_file
        return
    with pytest.raises(ExportError) as refusal:
        contract_of_file(find_files(study, export)[0], name, read_study(study), export)
    assert str(refusal.value) == message


def test_the_page_states_every_limit() -> None:
    """The table of the documentation has a row for each limit, with its bound, and no other."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([0-9,]+) ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(limit.limit, limit.files, f"{limit.bound:,}", limit.unit) for limit in LIMITS]
