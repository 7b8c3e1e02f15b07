"""Tables that do not fit across are laid out long: every cell is still there, once, and says of which wave it is."""

from dagster_project.results import Cell, Column, Row, Table, column_lengths, fitting_across

NAMES = ("n", "mean (SD)", "range")


def table_of(waves: int, rows: int = 3) -> Table:
    """Scales by waves, a column of everybody before them and a norm behind; the last scale was not asked in the first wave."""
    columns = [Column("roster")]
    columns += [Column(name, f"T{wave}") for wave in range(1, waves + 1) for name in NAMES]
    columns.append(Column("mean", "Norm"))
    laid_out = [Row("A questionnaire")]
    for row in range(rows):
        cells = [Cell("30", (f"roster/{row}",))]
        for wave in range(1, waves + 1):
            is_asked = (row, wave) != (rows - 1, 1)
            cells += [Cell("12.5 (3.25)", (f"{name}/{row}/{wave}",)) if is_asked else Cell("") for name in NAMES]
        laid_out.append(Row(f"Scale {row}", (*cells, Cell("11", (f"norm/{row}",)))))
    return Table("3", "summary", "Outcomes", tuple(columns), tuple(laid_out), ("A note.",))


def ids_of(table: Table) -> list[str]:
    return sorted(id_ for row in table.rows for cell in row.cells for id_ in cell.result_ids)


def test_a_table_that_fits_across_stays_as_it_is() -> None:
    assert fitting_across(table_of(2)) == table_of(2)


def test_a_table_of_many_waves_has_a_row_a_wave_and_loses_nothing() -> None:
    wide = table_of(10)
    long = fitting_across(wide)
    assert sum(column_lengths(long)) < 80 < 300 < sum(column_lengths(wide))
    assert [column.full_name for column in long.columns] == ["roster", "Norm mean", *NAMES]
    assert ids_of(long) == ids_of(wide)
    assert (long.number, long.title, long.notes) == (wide.number, wide.title, wide.notes)
    labels = [row.label for row in long.rows]
    assert labels[:4] == ["A questionnaire", "Scale 0", "– T1", "– T2"]
    # Not asked of in the first wave: no row for it.
    assert labels[labels.index("Scale 2") :][:2] == ["Scale 2", "– T2"]
    assert [cell.text for cell in long.rows[1].cells] == ["30", "11", "", "", ""]
    assert [cell.result_ids for cell in long.rows[3].cells] == [(), (), ("n/0/2",), ("mean (SD)/0/2",), ("range/0/2",)]


def test_columns_that_do_not_come_back_are_left_side_by_side() -> None:
    columns = tuple(Column("estimate", f"A method with a long name {number}", has_words=True) for number in range(9))
    columns = (*columns[:3], *(Column(f"value {number}", f"Method {number}", has_words=True) for number in range(6)))
    table = Table("", "methods", "Methods", columns, (Row("Scale", tuple(Cell("words " * 8) for _ in columns)),))
    assert sum(column_lengths(table)) > 300
    assert fitting_across(table) == table
