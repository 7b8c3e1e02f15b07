"""A table's shape: which rows are its head, which columns its rows' names, which rows headings, and which are notes.

Belongs here: where things stand. Does not belong here: what a number is (slots.py), moments and groups (moments.py).
"""

import re
from dataclasses import dataclass, field, replace

from dagster_project.audit.paper.cells import read_cell
from dagster_project.audit.paper.decimal_marks import decimal_mark
from dagster_project.audit.paper.grid import PaperCell, PaperTable
from dagster_project.audit.paper.heads import Head, form_of, head_of
from dagster_project.audit.paper.vocabulary import COMPARISONS, MOMENT_HEADS, NO_NUMBER

_NOTE = re.compile(
    r"\s*(?:notes?\b|abbreviations?\b|source|\^\{|[*†‡§¶#ᵃ-ᶻ]|[a-e]\s[A-Z]|values\b|data\b|p\s*[<=]|\d\s[A-Z])",
    re.IGNORECASE,
)
_DASH = re.compile(r"[-–—−]+")
#: What may stand behind each of several columns and be of it.
_OF_LEFT = (("ci",), ("se",), ("sd",), ("percent",))
#: They compare what stands on their left, and are not parted from it by a heading.
_TESTS = (("p",), ("t",), ("f",), ("z",), ("chi2",), ("df",), ("es",))
_NOTE_LENGTH = 40


@dataclass
class ColumnHead:
    """What stands above a column. path: names from the top, each once."""

    path: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    people: str = ""
    level: str = ""
    text: str = ""


@dataclass
class StubRow:
    """A row of numbers: its names from the left, the headings above it, and its cells by column."""

    index: int
    names: tuple[str, ...]
    section: str
    cells: dict[int, PaperCell]
    form: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    people: str = ""
    level: str = ""
    is_below: bool = False
    stub: tuple[str, ...] = ()


@dataclass
class TableShape:
    """stub_heads: of the columns of names. mark: of decimals, None where the table does not show it."""

    table: PaperTable
    columns: dict[int, ColumnHead]
    stub_heads: tuple[str, ...]
    rows: list[StubRow]
    notes: list[str]
    mark: str | None
    stub_form: tuple[tuple[str, ...], ...] = field(default=())


def shape_of(table: PaperTable, mark: str | None) -> TableShape:
    """A table's shape. mark: of decimals, where somebody says it."""
    _drop_empty_columns(table)
    lines = [line for line in enumerate(table.rows) if any(cell.text for cell in line[1])]
    texts = [cell.text for _, line in lines for cell in line if cell.is_first]
    mark = mark or decimal_mark(texts)
    titles, lines = _without_titles(lines)
    notes, lines = _without_notes(lines)
    head_count = _head_count(lines, mark)
    stub_count = _stub_count([line for _, line in lines[head_count:]], mark)
    heads = _spread_heads([line for _, line in lines[:head_count]], stub_count)
    columns = {column: _column_head(heads, column) for column in range(stub_count, table.width)}
    _with_letters_as_names(columns)
    _of_neighbours(columns)
    _without_name_of_all(columns)
    stub_heads = tuple(_name(heads, column) for column in range(stub_count))
    table.title = " ".join(filter(None, (table.title, *(title for title in titles if title not in table.title))))
    stub = head_of(stub_heads[-1], is_column=False) if stub_heads else Head()
    return TableShape(
        table, columns, stub_heads, _rows(lines[head_count:], stub_count, columns), [*table.notes, *notes], mark,
        tuple(form for form in (stub.form, *stub.alternatives) if form),
    )  # fmt: skip


def _drop_empty_columns(table: PaperTable) -> None:
    """Leaves out columns in which no cell of the table begins with a text: programs place marks of notes there, below a head
    that covers two columns."""
    columns = [
        column for column in range(table.width) if any(line[column].text and line[column].is_first for line in table.rows)
    ]
    if 1 < len(columns) < table.width:
        table.rows = [[line[column] for column in columns] for line in table.rows]


def _only_text(line: list[PaperCell]) -> str:
    """The one text of a line of one cell, or of one that covers all; else ''."""
    texts = [cell.text for cell in line if cell.text and cell.is_first]
    return texts[0] if len(texts) == 1 and line[0].text == texts[0] else ""


def _without_titles(lines: list[tuple[int, list[PaperCell]]]) -> tuple[list[str], list[tuple[int, list[PaperCell]]]]:
    titles = []
    while len(lines) > 2 and _only_text(lines[0][1]):
        titles.append(_only_text(lines[0][1]))
        lines = lines[1:]
    return titles, lines


def _without_notes(lines: list[tuple[int, list[PaperCell]]]) -> tuple[list[str], list[tuple[int, list[PaperCell]]]]:
    notes: list[str] = []
    while len(lines) > 2 and (text := _only_text(lines[-1][1])):
        if not (notes or len(text) > _NOTE_LENGTH or _NOTE.match(text)):
            # A last heading without rows says nothing, unless it points at a note.
            break
        notes.insert(0, text)
        lines = lines[:-1]
    return notes, lines


def _is_number_cell(cell: PaperCell, mark: str | None) -> bool:
    """Whether a cell is one of numbers, and no heading such as 'n = 34' or '2.5 %'."""
    if not cell.text or not any(character.isdigit() for character in cell.text):
        return False
    head = head_of(cell.text, is_column=True)
    if (head.form and not head.name) or head.people:
        return False
    reading = read_cell(cell.text, mark)
    return reading.has_numbers


def _head_count(lines: list[tuple[int, list[PaperCell]]], mark: str | None) -> int:
    """How many rows are the head: those marked as such, else the first, and those below it that only name."""
    marked = 0
    for _, line in lines:
        if not all(cell.is_header for cell in line if cell.text) or not any(cell.text for cell in line):
            break
        marked += 1
    count = marked or (0 if _is_data(lines[0][1], mark) and len(lines) > 1 and not _is_named(lines[0][1]) else 1)
    if marked == len(lines):
        count = 1
    while count < len(lines) - 1 and count < 8:
        line, upper_line = lines[count][1], lines[count - 1][1] if count else []
        text_cells = [cell for cell in line[1:] if cell.text and cell.is_first]
        if not text_cells or any(_is_number_cell(cell, mark) or _DASH.fullmatch(cell.text) for cell in text_cells):
            break
        is_wide = any(cell.columns > 1 for cell in upper_line) or any(
            cell.text and not upper.text for cell, upper in zip(line[1:], upper_line[1:], strict=False)
        )
        is_below_wide = is_wide and not (line[0].text and line[0].is_first and upper_line[0].text)
        heads = [head_of(cell.text, is_column=True) for cell in text_cells]
        if not is_below_wide and not all((head.form and not head.name) or head.people for head in heads):
            break
        count += 1
    return count


def _is_data(line: list[PaperCell], mark: str | None) -> bool:
    text_cells = [cell for cell in line[1:] if cell.text]
    return bool(text_cells) and sum(_is_number_cell(cell, mark) for cell in text_cells) * 2 > len(text_cells)


def _is_named(line: list[PaperCell]) -> bool:
    """Whether a first row of numbers is a head all the same: years, or times; or a statistic stands among them."""
    if any(cell.text and form_of(cell.text) for cell in line[1:]):
        return True
    return all(re.fullmatch(r"(?:19|20)\d\d|T?\d", cell.text) for cell in line[1:] if cell.text)


def _stub_count(lines: list[list[PaperCell]], mark: str | None) -> int:
    """How many columns hold names: from the left, as long as most of their cells are no numbers."""
    width = len(lines[0]) if lines else 1
    for column in range(width):
        text_cells = [line[column] for line in lines if line[column].text and line[column].is_first]
        numbers = sum(_is_number_cell(cell, mark) or read_cell(cell.text, mark).is_blank for cell in text_cells)
        if column and (not text_cells or numbers * 2 >= len(text_cells)):
            return column
        if (
            not column
            and text_cells
            and numbers == len(text_cells)
            and not any(cell.text and not cell.text.isdigit() for cell in text_cells)
        ):
            continue
    return max(1, width - 1)


def _spread_heads(heads: list[list[PaperCell]], stub_count: int) -> list[list[PaperCell]]:
    """Heads of plain text, whose blanks continue the heading on their left where a lower row parts it."""
    spread_heads = []
    for number, line in enumerate(heads):
        cells = list(line)
        for column in range(stub_count + 1, len(cells)):
            is_parted = all(any(lower[part].text for lower in heads[number + 1 :]) for part in (column - 1, column))
            lower_form = next((form_of(lower[column].text) for lower in heads[number + 1 :] if lower[column].text), ())
            is_parted = is_parted and lower_form[:1] not in _TESTS
            if not cells[column].text and cells[column - 1].text and is_parted:
                cells[column] = cells[column - 1]
        spread_heads.append(cells)
    return spread_heads


def _name(heads: list[list[PaperCell]], column: int) -> str:
    return " ".join(dict.fromkeys(line[column].text for line in heads if line[column].text))


def _column_head(heads: list[list[PaperCell]], column: int) -> ColumnHead:
    head = ColumnHead(text=_name(heads, column))
    path: list[str] = []
    parts = [head_of(line[column].text, is_column=True) if line[column].text else Head() for line in heads]
    for number, (line, part) in enumerate(zip(heads, parts, strict=True)):
        letter = line[column].text.strip()[:1]
        if (
            len(part.form) == 1
            and part.people
            and not part.name
            and part.form != ("n",)
            and any(p.form for p in parts[number + 1 :])
        ):
            # A group that is called B, with its number of people, above M (SD).
            part = replace(part, name=letter, form=())
        if part.name and part.name not in path:
            path.append(part.name)
        head.people = part.people or head.people
        head.level = part.level or head.level
        if part.form:
            # 'Lower' below '95% CI', 'd' below 'Effect size': the lowest says it.
            head.form, head.alternatives = part.form, part.alternatives
    head.path = tuple(path)
    return head


def _with_letters_as_names(columns: dict[int, ColumnHead]) -> None:
    """Groups that are called A and B: B is no coefficient there, nor where it has a number of people."""
    has_letters = any(head.path[-1:] in (("A",), ("a",)) for head in columns.values())
    for head in columns.values():
        text = head.text.strip()
        is_letter = len(head.form) == 1 and bool(re.fullmatch(r"[^\W\d]\W*(?:\(?[nN]\s*=.*)?", text))
        if is_letter and ((has_letters and text[0] in "Bb") or (head.people and head.form != ("n",))):
            head.form, head.path = (), (*head.path, text[0])


def _without_name_of_all(columns: dict[int, ColumnHead]) -> None:
    """A name above all columns tells none from another."""
    firsts = {head.path[:1] for head in columns.values()}
    if len(columns) > 2 and len(firsts) == 1 and any(len(head.path) > 1 for head in columns.values()):
        for head in columns.values():
            head.path = head.path[1:]


def _compares(head: ColumnHead) -> bool:
    return bool(head.form) and head.form[0] in COMPARISONS


def _of_neighbours(columns: dict[int, ColumnHead]) -> None:
    """An interval or a standard error that stands behind each of several columns is that column's."""
    nameless = [
        column
        for column, head in columns.items()
        if column - 1 in columns
        and (head.form in _OF_LEFT or (head.form == ("p",) and _compares(columns[column - 1])))
        and len(columns[column - 1].path) > len(head.path) and columns[column - 1].form != head.form
    ]  # fmt: skip
    if len(nameless) > 1:
        for column in nameless:
            columns[column].path = columns[column - 1].path


def _row_head(own_name: str, name: str, *, has_yes: bool, has_correlations: bool) -> Head:
    """What the names of a row say. own_name: that of the last column of names; name: the first that is not empty."""
    if has_yes and own_name == "N":  # beside a row Y an answer, and no number of people
        return Head("N")
    if has_correlations:
        return Head("", form_of(own_name))
    return head_of(own_name or name, is_column=False)


def _rows(
    lines: list[tuple[int, list[PaperCell]]], stub_count: int, columns: dict[int, ColumnHead]
) -> list[StubRow]:  # fmt: skip
    """The rows of numbers, each with the headings above it: by how far names are set in, else the last heading."""
    has_indents = len({line[0].indent for _, line in lines if line[0].text}) > 1
    last_names = [line[stub_count - 1].text for _, line in lines]
    has_yes = "Y" in last_names
    has_correlations = stub_count > 1 and any(form_of(name) == ("correlation",) for name in last_names)
    open_headings: list[_Heading] = []
    rows: list[StubRow] = []
    for number, (index, line) in enumerate(lines):
        stub = [cell.text for cell in line[:stub_count]]
        if stub_count > 1 and not stub[0] and stub[-1] and rows and len(rows[-1].stub) == stub_count:
            # A name stands once for the rows below it.
            stub = [text or upper for text, upper in zip(stub, rows[-1].stub, strict=True)]
        cells = {column: cell for column, cell in enumerate(line) if column >= stub_count and cell.text and cell.is_first}
        name = next((text for text in stub if text), "")
        is_heading = bool(name) and (not cells or (len({*stub, *(cell.text for cell in line)} - {""}) == 1))
        head = _row_head(stub[-1], name, has_yes=has_yes, has_correlations=has_correlations)
        own_columns = _number_columns(line, stub_count)
        below_columns = _number_columns(lines[number + 1][1], stub_count) if number + 1 < len(lines) else frozenset()
        is_parent = not has_indents and bool(name) and _is_parent(own_columns, below_columns, columns)
        heading = _Heading(line[0].indent, head.name or name, head, is_heading, own_columns if is_parent else frozenset())
        if has_indents and name:
            is_deep = _is_set_in(lines, heading.indent)
            open_headings = [
                entry
                for entry in open_headings
                if entry.indent < heading.indent
                or (entry.is_bare and entry.indent == heading.indent and not is_heading and not is_deep)
            ]
        elif (
            is_heading
            or is_parent
            or (name and ((head.form and head.name) or any(entry.own_columns & own_columns for entry in open_headings)))
        ):
            open_headings = []
        if cells and not is_heading:
            rows.append(_stub_row(index, stub, head, cells, open_headings, rows))
        if is_heading or is_parent or (has_indents and name and cells):
            open_headings.append(heading)
    return rows


@dataclass(frozen=True)
class _Heading:
    """A name with rows below it. is_bare: without a cell of its own. own_columns: of the n or p that stand beside it."""

    indent: float
    name: str
    head: Head
    is_bare: bool
    own_columns: frozenset[int]


def _number_columns(line: list[PaperCell], stub_count: int) -> frozenset[int]:
    """The columns in which a line has a number."""
    return frozenset(
        column
        for column, cell in enumerate(line)
        if column >= stub_count and cell.text and cell.is_first and not NO_NUMBER.fullmatch(cell.text)
    )


def _is_parent(own_columns: frozenset[int], below_columns: frozenset[int], columns: dict[int, ColumnHead]) -> bool:
    """Whether a row has only an n or a test, and the row below it only what this lacks: it heads the rows below it."""
    if not own_columns or not below_columns or own_columns & below_columns:
        return False
    is_beside = all(_compares(columns[column]) or columns[column].form == ("n",) for column in own_columns)
    return is_beside or len(own_columns) < len(below_columns)


def _is_set_in(lines: list[tuple[int, list[PaperCell]]], indent: float) -> bool:
    """Whether rows of numbers are set in deeper than headings of this indent."""
    return any(line[0].indent > indent for _, line in lines if line[0].text)


def _stub_row(
    index: int, stub: list[str], head: Head, cells: dict[int, PaperCell], headings: list[_Heading],
    rows: list[StubRow],
) -> StubRow:  # fmt: skip
    names = tuple(head_of(text, is_column=False).name or text for text in stub[:-1] if text)
    if not any(stub) and rows:
        last = rows[-1]
        return StubRow(
            index,
            last.names,
            last.section,
            cells,
            last.form,
            last.alternatives,
            is_below=all(cell.text[0] in "([" for cell in cells.values()),
        )
    inherited = next((entry.head for entry in reversed(headings) if entry.head.form), Head())
    form = head.form or inherited.form
    alternatives = head.alternatives if head.form else inherited.alternatives
    section = ", ".join(dict.fromkeys(entry.name for entry in headings))
    name = head.name or ("" if head.form else stub[-1])
    return StubRow(
        index, (*names, name) if name or not names else names, section, cells, form, alternatives,
        head.people or inherited.people,
        head.level or inherited.level, stub=tuple(stub),
    )  # fmt: skip


def is_moment_head(text: str) -> bool:
    """Whether a column of names is called like times or groups."""
    return text.strip().casefold().rstrip("s:") in MOMENT_HEADS or text.strip().casefold() in MOMENT_HEADS
