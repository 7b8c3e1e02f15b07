"""Made delimited texts and the exports of survey tools, and what pandas finds in them.

Belongs here: a grid of cells as text, as each tool writes it. Does not belong here: workbooks themselves (workbook_shapes.py).
"""

import csv
import io
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from made_grid import Cell, Grid, Shape, Written
from workbook_shapes import header_lines, write_xlsx

_LINE_END = re.compile("\r\n|\r|\n")
_LETTERS = {
    "utf-8": "any", "utf-8-sig": "any", "utf-16": "any", "utf-16-le": "any", "cp1252": "latin", "mac_roman": "latin",
    "cp1250": "central",
}  # fmt: skip


class _Text:
    """A text that is put together record by record; line: the physical line on which the next begins."""

    def __init__(self, delimiter: str, line_end: str, quoting: int) -> None:
        self.parts: list[str] = []
        self.delimiter, self.line_end, self.quoting = delimiter, line_end, quoting
        self.line = 1

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.line += len(_LINE_END.findall(text))

    def record(self, cells: Sequence[str]) -> int:
        line, stream = self.line, io.StringIO(newline="")
        csv.writer(stream, delimiter=self.delimiter, lineterminator=self.line_end, quoting=self.quoting).writerow(cells)
        self.add(stream.getvalue())
        return line


def _read_by_pandas(path: Path, delimiter: str, encoding: str, first_line: int, rows_above: int) -> list[list[str]]:
    """The records below the header rows. first_line: lines above them."""
    text = path.read_bytes().decode(encoding)
    lines = text.lstrip("\ufeff")
    for _ in range(first_line):
        match = _LINE_END.search(lines)
        lines = lines[match.end() :] if match else ""
    frame = pd.read_csv(
        io.BytesIO(lines.encode()), sep=delimiter, dtype=str, keep_default_na=False, na_filter=False, header=None, encoding="utf-8"
    )  # fmt: skip
    return [list(map(str, row)) for row in frame.iloc[rows_above:].itertuples(index=False)]


def delimited(rng: random.Random) -> Shape:
    encoding = rng.choice([*_LETTERS, "utf-8", "utf-8", "utf-8-sig"])
    is_declared = encoding in ("utf-16-le", "cp1250", "mac_roman") or rng.random() < 0.3
    delimiter, line_end = rng.choice(",;\t|^"), rng.choice(("\n", "\r\n", "\r\n", "\r"))
    title_rows, header_rows, label_rows = rng.choice((0, 0, 0, 2)), rng.choice((1, 1, 1, 2)), rng.choice((0, 0, 0, 1, 2))
    has_separator_line, has_blank_column = rng.random() < 0.15, rng.random() < 0.15
    # Python's writer quotes line breaks of the file's own kind only.
    quoting = csv.QUOTE_ALL if line_end == "\r" else rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    has_blank_lines, has_last_end = rng.random() < 0.3, rng.random() < 0.8

    def write(path: Path, grid: Grid, rng: random.Random) -> Written:
        text = _Text(delimiter, line_end, quoting)
        blank = [""] * has_blank_column
        if has_separator_line:
            text.add(f"sep={delimiter}{line_end}")
        for _ in range(title_rows):
            text.add(f"Report, {delimiter}of{line_end}")
        lines_above = text.line - 1
        for row in header_lines(grid.columns, header_rows):
            text.record([*row, *blank])
        for number in range(label_rows):
            text.record([*(f"label {number} of {index}" for index in range(len(grid.columns))), *blank])
        source_rows = []
        for row in grid.rows:
            if has_blank_lines and rng.random() < 0.3:
                text.add(rng.choice(("", "  ")) + line_end)
            source_rows.append(text.record([*(cell.text for cell in row), *blank]))
        content = "".join(text.parts)
        content = content if has_last_end else content.removesuffix(line_end)
        path.write_bytes(content.encode(encoding))
        cells = _read_by_pandas(path, delimiter, encoding, lines_above, header_rows + label_rows)
        return Written([*grid.columns, *blank], source_rows, cells)

    declaration: dict[str, Any] = {"encoding": encoding.removesuffix("-sig")} if is_declared else {}
    declaration |= {key: count for key, count in (("title_rows", title_rows), ("label_rows", label_rows)) if count}
    declaration |= {"header_rows": header_rows} if header_rows > 1 else {}
    names = "joined" if header_rows > 1 else "free"
    name = f"delimited {encoding} {delimiter!r} {line_end!r}"
    return Shape(name, "delimited", ".csv", write, "text", _LETTERS[encoding], names, declaration)


def _simple_text(
    path: Path, rows: Sequence[Sequence[str]], grid: Grid, delimiter: str, encoding: str
) -> tuple[list[int], list[list[str]]]:
    """Header rows and records. Returns the lines of the records, and the cells as pandas reads them."""
    text = _Text(delimiter, "\r\n", csv.QUOTE_MINIMAL)
    for row in rows:
        text.record(row)
    source_rows = [text.record([cell.text for cell in row]) for row in grid.rows]
    path.write_bytes("".join(text.parts).encode(encoding))
    return source_rows, _read_by_pandas(path, delimiter, encoding, 0, len(rows))


def qualtrics(rng: random.Random) -> Shape:
    has_import_ids, is_workbook = rng.random() < 0.7, rng.random() < 0.3
    delimiter, encoding = rng.choice(((",", "utf-8-sig"), (",", "utf-8"), ("\t", "utf-16")))
    quote = rng.choice(('"', "'"))

    def write(path: Path, grid: Grid, rng: random.Random) -> Written:
        labels = ["Start Date" if name == "StartDate" else f"label, of {index}" for index, name in enumerate(grid.columns)]
        rows = [grid.columns, labels]
        if has_import_ids:
            rows.append([json.dumps({"ImportId": f"QID{index}"}).replace('"', quote) for index in range(len(labels))])
        import_ids = [f"QID{index}" for index in range(len(labels))] if has_import_ids else None
        if is_workbook:
            return Written(grid.columns, *write_xlsx(path, rows, grid, rng), import_ids)
        return Written(grid.columns, *_simple_text(path, rows, grid, delimiter, encoding), import_ids)

    palette, suffix = ("workbook", ".xlsx") if is_workbook else ("text", ".csv")
    return Shape(f"qualtrics {suffix}", "qualtrics", suffix, write, palette, "any", "free", day_name="StartDate")


def surveymonkey(rng: random.Random) -> Shape:
    is_workbook = rng.random() < 0.5

    def write(path: Path, grid: Grid, rng: random.Random) -> Written:
        rows = header_lines(grid.columns, 2)
        if is_workbook:
            return Written(grid.columns, *write_xlsx(path, rows, grid, rng))
        return Written(grid.columns, *_simple_text(path, rows, grid, ",", "utf-8"))

    palette, suffix = ("workbook", ".xlsx") if is_workbook else ("text", ".csv")
    return Shape(f"surveymonkey {suffix}", "surveymonkey", suffix, write, palette, "any", "joined")


def limesurvey(rng: random.Random) -> Shape:
    header = rng.choice(("codes", "codes and texts", "texts", "VV"))
    delimiter = "\t" if header == "VV" else rng.choice(",;")

    def write(path: Path, grid: Grid, rng: random.Random) -> Written:
        columns = grid.columns
        rows: list[list[str]] = [columns]
        blank: list[str] = []
        if header == "codes and texts":
            columns = [f"{name}[SQ{index:03d}]" for index, name in enumerate(columns)]
            rows = [[f"{name}. What, of {name}?" for name in columns]]
        elif header == "texts":
            columns = [f"What of {name}, then?" for name in columns]
            rows = [columns]
        elif header == "VV":
            blank = ["id", "submitdate", "startlanguage"]
            rows = [[f"text of {name}" for name in (*columns, *blank)], [*columns, *blank]]
        padded = Grid([*columns, *blank], grid.kinds, [[*row, *(Cell("1") for _ in blank)] for row in grid.rows])
        return Written(padded.columns, *_simple_text(path, rows, padded, delimiter, "utf-8-sig"))

    return Shape(f"limesurvey {header}", "limesurvey", ".csv", write, "text", "any", "plain")


def redcap(rng: random.Random) -> Shape:
    delimiter, is_labelled = rng.choice(",,;\t|^"), rng.random() < 0.5

    def write(path: Path, grid: Grid, rng: random.Random) -> Written:
        if not is_labelled:
            return Written(grid.columns, *_simple_text(path, [grid.columns], grid, delimiter, "utf-8"))
        labels = [f"How is <b>{name}</b>, {index}?" for index, name in enumerate(grid.columns)]
        headings = [label.replace("<b>", "").replace("</b>", "") for label in labels]
        dictionary = path.parents[2] / "dictionaries" / f"{path.parent.name}.csv"
        dictionary.parent.mkdir(exist_ok=True)
        with dictionary.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["field_name", "form_name", "field_type", "field_label", "select_choices_or_calculations"])
            writer.writerows([name, "form", "text", label, ""] for name, label in zip(grid.columns, labels, strict=True))
        return Written(headings, *_simple_text(path, [headings], grid, delimiter, "utf-8"), grid.columns)

    name = f"redcap {delimiter!r}{' with labels' * is_labelled}"
    declaration = {"dictionary": "dictionaries/{}.csv"} if is_labelled else {}
    return Shape(name, "redcap", ".csv", write, "text", "any", "plain", declaration)
