"""From bytes to accepted rows: after any damage there is an ExportError of one line, or every row is accounted for."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.exports import ExportError, apply_contract, read_export
from dagster_project.study import Export, Study

COLUMNS = ["Code", "When", "Q_1", "Q_2", "Q_3", "S_1", "Kind", "Comment"]
_CELL = st.text(st.sampled_from(list('aé1 ,;"\n\t|')), max_size=4)
_DAMAGE = st.sampled_from([b'"', b"\n", b",", b"\x00", b"\xff", b"\xc3", b"", b'""', b"\r", b";"])


@pytest.mark.slow
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rows_are_conserved_or_the_file_is_refused(
    tmp_path: Path, study: Study, export_of: Callable[[str], Export], data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.lists(_CELL, min_size=8, max_size=8), max_size=6))
    delimiter = data.draw(st.sampled_from([",", ";", "\t", "|"]))
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=data.draw(st.sampled_from(["\n", "\r\n"])))
    writer.writerows([COLUMNS, *rows])
    content = text.getvalue().encode()
    damages = data.draw(st.lists(st.tuples(st.integers(0, len(content)), _DAMAGE, st.integers(0, 3)), max_size=3))
    for position, new, removed_count in damages:
        content = content[:position] + new + content[position + removed_count :]
    path = tmp_path / "export"
    path.write_bytes(content)
    try:
        table = read_export(path, export_of("t1"), name="t1.csv")
        result = apply_contract(table, study, export_of("t1"), "ab" * 32, "t1.csv")
    except ExportError as refusal:
        assert damages
        assert str(refusal).startswith("t1.csv: ") and str(refusal).isprintable()
        return
    accepted, set_aside = result.accepted, result.set_aside
    assert table.row_count == result.rows_in_file == accepted.num_rows + set_aside.num_rows
    row_numbers = [*accepted.column("source_row").to_pylist(), *set_aside.column("source_row").to_pylist()]
    assert len(set(row_numbers)) == len(row_numbers)
    if not damages:
        assert [list(row.values()) for row in table.cells.to_pylist()] == rows
        assert table.delimiter == delimiter
