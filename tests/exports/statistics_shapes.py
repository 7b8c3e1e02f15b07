"""Made files of statistics programs, and what pandas, DuckDB and pyreadstat find in them.

Belongs here: a grid of cells as .sav, .por, .dta, .xpt and .parquet. Does not belong here: what a cell means (made_files.py).
"""

import datetime
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
from made_grid import Cell, Grid, Shape, Written
from workbook_shapes import value_text


def _frame(grid: Grid) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for index, (name, kind) in enumerate(zip(grid.columns, grid.kinds, strict=True)):
        values = [row[index].value for row in grid.rows]
        has_letters = any(isinstance(value, str) for value in values)
        columns[name] = pd.Series(values, dtype="float64" if kind == "number" and not has_letters else "object")
        if kind == "text":
            columns[name] = pd.Series([value or "" for value in values], dtype="object")
    return pd.DataFrame(columns)


def _case_numbers(grid: Grid) -> list[int]:
    return list(range(1, len(grid.rows) + 1))


def _frame_cells(frame: pd.DataFrame) -> list[list[str]]:
    columns = [[value_text(value) for value in frame[name].astype(object).tolist()] for name in frame.columns]
    return [list(row) for row in zip(*columns, strict=True)]


_LOWEST, _HIGHEST = -1.7976931348623157e308, 1.7976931348623157e308


def _user_missing(cells: Sequence[Cell], rng: random.Random) -> list[Any]:
    """What an SPSS file may declare as missing of a column: its special codes, one by one or as a range."""
    codes = sorted({cell.value for cell in cells if cell.meaning in ("refused", "not_asked")})
    if not codes or rng.random() < 0.3:
        return []
    others = [cell.value for cell in cells if cell.value is not None and cell.value not in codes]
    if all(other > codes[0] for other in others) and rng.random() < 0.7:
        return [{"lo": _LOWEST, "hi": codes[0]}, *({"lo": code, "hi": code} for code in codes[1:2])]
    if all(other < codes[-1] for other in others) and rng.random() < 0.7:
        return [{"lo": codes[-1], "hi": _HIGHEST}]
    return [{"lo": code, "hi": code} for code in codes]


def spss(rng: random.Random) -> Shape:
    suffix = rng.choice((".sav", ".sav", ".zsav", ".por"))

    def write(path: Path, grid: Grid, rng: random.Random) -> Written:
        if suffix == ".por":
            pyreadstat.write_por(_frame(grid), path)
            values, _ = pyreadstat.read_por(path, output_format="dict")
        else:
            numbers = {index: name for index, name in enumerate(grid.columns) if index and grid.kinds[index] == "number"}
            missing = {name: _user_missing([row[index] for row in grid.rows], rng) for index, name in numbers.items()}
            pyreadstat.write_sav(
                _frame(grid), path, compress=suffix == ".zsav", row_compress=suffix == ".sav" and rng.random() < 0.5,
                variable_value_labels={name: {0.0: "zero", 1.0: "öne"} for name in numbers.values()},
                missing_ranges={name: ranges for name, ranges in missing.items() if ranges} or None,
            )  # fmt: skip
            values, _ = pyreadstat.read_sav(path, user_missing=True, output_format="dict")
        cells = [[value_text(value) for value in row] for row in zip(*values.values(), strict=True)]
        return Written(grid.columns, _case_numbers(grid), cells)

    names, charset = ("upper", "ascii") if suffix == ".por" else ("plain", "any")
    return Shape(f"spss {suffix}", "spss", suffix, write, "typed", charset, names)


def _stata_text(text: str, kind: str) -> str:
    """A cell as pandas gives it: a letter with its dot, a lonely dot for no value, days from 1960 on."""
    if kind != "text" and text == ".":
        return ""
    if kind == "date" and text:
        return (datetime.date(1960, 1, 1) + datetime.timedelta(days=int(text))).isoformat()
    return text


def stata(rng: random.Random) -> Shape:
    version = rng.choice((8, 10, 12, 13, 14, 15))

    def write(path: Path, grid: Grid, rng: random.Random) -> Written:
        letters = {
            name: found
            for index, name in enumerate(grid.columns)
            if grid.kinds[index] == "number" and (found := sorted({row[index].value for row in grid.rows} & {"a", "z"}))
        }
        pyreadstat.write_dta(_frame(grid), path, version=version, missing_user_values=letters or None)
        frame = pd.read_stata(
            path, convert_categoricals=False, convert_missing=True, convert_dates=False, preserve_dtypes=False
        )
        cells = [
            [_stata_text(text, kind) for text, kind in zip(row, grid.kinds, strict=True)] for row in _frame_cells(frame)
        ]
        return Written(grid.columns, _case_numbers(grid), cells)

    charset = "any" if version >= 14 else "ascii"
    return Shape(f"stata {version}", "stata", ".dta", write, "typed", charset, "plain", has_letters=True)


def _mended(frame: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """What pandas makes of a transport file, with its zeros (it gives 16**-65) and days put right."""
    for name, kind in zip(grid.columns, grid.kinds, strict=True):
        if kind in ("number", "date"):
            frame[name] = frame[name].where(frame[name].isna() | (frame[name].abs() > 1e-70), 0.0)
        if kind == "date":
            frame[name] = pd.to_datetime(frame[name], unit="D", origin="1960-01-01")
    return frame


def sas(rng: random.Random) -> Shape:
    version = rng.choice((5, 8))

    def write(path: Path, grid: Grid, rng: random.Random) -> Written:
        pyreadstat.write_xport(_frame(grid), path, file_format_version=version)
        if version == 5:  # pandas reads no other
            cells = _frame_cells(_mended(pd.read_sas(path, format="xport", encoding="utf-8"), grid))
        if version != 5 or len(cells) < len(grid.rows):  # pandas takes a last row that ends in 80 blanks for padding
            values, _ = pyreadstat.read_xport(path, output_format="dict")
            cells = [[value_text(value) for value in row] for row in zip(*values.values(), strict=True)]
        return Written(grid.columns, _case_numbers(grid), cells)

    return Shape(f"sas transport {version}", "sas", ".xpt", write, "typed", "ascii", "upper")


def parquet(rng: random.Random) -> Shape:
    def write(path: Path, grid: Grid, rng: random.Random) -> Written:
        arrays = []
        for index, kind in enumerate(grid.kinds):
            values = [row[index].value for row in grid.rows]
            if kind == "number":
                is_whole = all(value is None or value.is_integer() for value in values)
                types = (
                    [pa.int64(), pa.int32(), pa.float64()]
                    if is_whole and all(abs(value or 0) < 1e9 for value in values)
                    else [pa.float64()]
                )
                arrays.append(
                    pa.array(
                        [value if value is None else int(value) if value.is_integer() else value for value in values],
                        rng.choice(types),
                    )
                )
            elif kind == "date":
                arrays.append(
                    pa.array(values, pa.date32()).cast(rng.choice((pa.date32(), pa.timestamp("ms"), pa.timestamp("us"))))
                )
            else:
                array = pa.array(values, rng.choice((pa.string(), pa.large_string())))
                arrays.append(array.dictionary_encode() if rng.random() < 0.3 else array)
        pq.write_table(pa.table(arrays, names=grid.columns), path, row_group_size=rng.choice((2, 1000)))
        with duckdb.connect() as connection:
            rows = connection.execute("select * from read_parquet(?)", [str(path)]).fetchall()
        return Written(grid.columns, _case_numbers(grid), [[value_text(value) for value in row] for row in rows])

    return Shape("parquet", "parquet", ".parquet", write, "typed", "any", "plain")
