"""A table's cells as rows of long form: label, moment, statistic, number; or the question that a cell asks.

Belongs here: putting a cell's heads and names together. Does not belong here: each of these (heads.py, shape.py,
moments.py),
numbers of a cell (slots.py).
"""

import re
from collections import Counter
from collections.abc import Sequence

from dagster_project.audit.paper.cells import CellReading, read_cell
from dagster_project.audit.paper.correlation_matrix import correlation_matrix, plain_name
from dagster_project.audit.paper.doubts import column_questions, doubtful, name_statistics_of_groups
from dagster_project.audit.paper.forms import form_of_row, is_habit_of_counts
from dagster_project.audit.paper.grid import PaperCell
from dagster_project.audit.paper.heads import forms_in
from dagster_project.audit.paper.moments import ALL_PEOPLE, Moment, Moments, is_contrast, is_group, is_time, is_total
from dagster_project.audit.paper.people import ColumnPeople
from dagster_project.audit.paper.row_groups import is_of_missing, own_sections
from dagster_project.audit.paper.shape import StubRow, TableShape, is_moment_head
from dagster_project.audit.paper.slots import Form, Number, SlotReading, fill, form_by_shape
from dagster_project.audit.paper.vocabulary import COMPARISONS, SUMMARIES

_BRACKETS = re.compile(
    r"\b(standard errors?|SEs?|SEMs?|standard deviations?|SDs?|t[- ]?statistics|t[- ]?values|p[- ]?values|"
    r"percentages?|%)\b[\w ]{0,20}\bin (?:parenthes[ei]s|brackets)",
    re.IGNORECASE,
)  # fmt: skip
_IN_BRACKETS = {
    "standard e": "se",
    "se": "se",
    "ses": "se",
    "sem": "se",
    "sems": "se",
    "standard d": "sd",
    "sd": "sd",
    "sds": "sd",
    "percentage": "percent",
}
_RAISED = re.compile(r"\^\{[^}]*\}")
_NOT_SIGNIFICANT_P = ">.05"
_OF_CHANGE = {"mean": "change", "sd": "sd_change"}


class TableRows:
    """The rows of one table."""

    def __init__(self, shape: TableShape, form: Form) -> None:
        self._shape = shape
        self._form = form
        texts = [shape.table.title, *shape.notes]
        self._noted = [noted for text in texts for noted in forms_in(text)]
        self._in_brackets = _statistic_in_brackets(texts)
        self._readings = {
            (row.index, column): read_cell(cell.text, shape.mark) for row in shape.rows for column, cell in row.cells.items()
        }
        name_statistics_of_groups(shape, self._readings)
        self._matrix = correlation_matrix(shape, self._readings)
        # Statistics in rows, scales in columns.
        self._is_transposed = any(not row.names or not row.names[-1] for row in shape.rows if row.form != ("n",))
        self._is_habit = is_habit_of_counts([
            (reading, shape.columns[column].people) for (_, column), reading in self._readings.items() if reading.has_numbers
        ])  # fmt: skip
        paths = [head.path for head in shape.columns.values()]
        summary_paths = [head.path for column, head in shape.columns.items() if self._is_summary(column)]
        self._moments = Moments(paths, summary_paths)
        self._is_repeated = self._repeats_names()
        self._has_moment_names = self._names_are_moments()
        self._are_groups = self._names_are_groups()
        self._own_sections = own_sections(shape.rows, self._is_only_of_counts)
        self._people = ColumnPeople(shape, self._readings)
        self._column_questions = column_questions(shape.columns, self._readings)
        self._subject = shape.table.title[:80] or f"table {shape.table.name}"

    def long_rows(self) -> list[dict[str, str]]:
        """The rows of long form, in the table's order; the numbers of people in its heads before the rows that they
        are of."""
        rows = self._people_rows()
        for row in self._shape.rows:
            rows += self._of_row(row)
        return rows

    # --- names ---------------------------------------------------------------------------------------------------------

    def _is_summary(self, column: int) -> bool:
        """Whether a column describes people, rather than compares them."""
        head = self._shape.columns[column]
        if not head.form and not any(
            self._form_of(row, column) or form_by_shape(self._readings[row.index, column].pieces)
            for row in self._shape.rows
            if column in row.cells
        ):
            return False
        if head.form == ("ci",) and not head.path and column - 1 in self._shape.columns:
            # An interval behind a mean is the mean's.
            neighbour_head = self._shape.columns[column - 1]
            return neighbour_head.form[:1] in (("mean",), ("median",), ("percent",)) and not neighbour_head.path
        return not head.form or head.form[0] in SUMMARIES

    def _repeats_names(self) -> bool:
        """Whether the rows' names are the same below each heading, so that they are groups or times of what it names."""
        by_section: dict[str, list[str]] = {}
        for row in self._shape.rows:
            if row.section and row.names:
                by_section.setdefault(row.section, []).append(row.names[-1])
        names = [tuple(dict.fromkeys(section_names)) for section_names in by_section.values()]
        if not names or any(self._is_of_counts(row) for row in self._shape.rows if row.section):
            return False
        is_alike = len(names) > 1 and len(set(names)) == 1 and len(names[0]) > 1
        answers = {name.casefold() for name in names[0]} & {"yes", "no"}
        are_times = all(is_time(name) for part in names for name in part)
        are_groups = len(names) > 1 and all(is_time(name) or is_group(name) for part in names for name in part)
        return (is_alike and not answers) or (
            (are_times or are_groups) and len({name for part in names for name in part}) > 1
        )

    def _is_of_counts(self, row: StubRow) -> bool:
        """Whether a row counts people, so that its name is a category."""
        if row.form[:1] in (("count",), ("n",), ("percent",)):
            return True
        return any(
            self._form_of(row, column)[:1] in (("count",), ("percent",))
            or any(piece.is_percent for piece in self._readings[row.index, column].pieces)
            for column in row.cells
        )

    def _is_only_of_counts(self, row: StubRow) -> bool:
        forms = {self._form_of(row, column)[:1] for column in row.cells}
        return (
            not self._matrix.variables
            and self._is_of_counts(row)
            and not forms & {("mean",), ("median",), ("sd",), ("se",), ("change",)}
        )

    def _names_are_moments(self) -> bool:
        """Whether the last column of names is of times or groups, below a column of other names or columns of outcomes."""
        rows = [row for row in self._shape.rows if row.names]
        if not rows:
            return False
        heads = self._shape.stub_heads
        if len(heads) > 1 and all(len(row.names) > 1 for row in rows):
            seconds: dict[str, set[str]] = {}
            for row in rows:
                seconds.setdefault(row.names[0], set()).add(row.names[-1])
            is_alike = len(seconds) > 1 and len(set(map(frozenset, seconds.values()))) == 1
            return is_moment_head(heads[-1]) or is_alike or all(is_time(row.names[-1]) for row in rows)
        names = [row.names[-1] for row in rows]
        has_paths = all(head.path for head in self._shape.columns.values() if head.form and head.form[0] in SUMMARIES)
        has_sections = any(row.section for row in rows)
        are_moments = all(is_time(name) or is_group(name) for name in names)
        has_times = any(is_time(name) for head in self._shape.columns.values() for name in head.path)
        return are_moments and has_paths and not has_sections and not has_times and len(set(names)) == len(names)

    def _names_are_groups(self) -> bool:
        """Whether the rows are the groups or times of one outcome, and all columns statistics."""
        rows = self._shape.rows
        names = [row.names[-1] for row in rows if row.names]
        columns = self._shape.columns.values()
        is_plain = len(self._shape.stub_heads) == 1 and not any(row.section or row.form or row.is_below for row in rows)
        has_statistics = all(head.form and not head.path for head in columns) and any(
            head.form[0] == "mean" for head in columns
        )
        are_moments = all(is_time(name) or is_group(name) for name in names) or is_moment_head(self._shape.stub_heads[0])
        return is_plain and has_statistics and are_moments and len(names) == len(rows) == len(set(names)) > 1

    def _cells_in(self, column: int) -> int:
        return sum(reading.has_numbers for (_, place_column), reading in self._readings.items() if place_column == column)

    def _place_of(self, row: StubRow, column: int) -> tuple[str, str, str]:
        """Section, label and moment of a cell."""
        head = self._shape.columns[column]
        moment = self._moments.of_path(head.path)
        timepoint = self._moments.timepoint_of(moment)
        name = row.names[-1] if row.names else ""
        headings = ", ".join(filter(None, (row.section, *row.names[:-1])))
        if not name:  # the row's name is a statistic
            if row.form == ("n",) and not row.section and not self._is_transposed:
                return f"heads of table {self._shape.table.name}", "N", timepoint or ALL_PEOPLE
            names = head.path or (head.text,)
            are_groups = all(is_time(path_name) or is_group(path_name) for path_name in names)
            if row.section and (are_groups or self._has_group_columns()):
                return "", row.section, timepoint or ALL_PEOPLE
            return "", names[0], " ".join(filter(None, (row.section, *names[1:]))) or ALL_PEOPLE
        if self._are_groups:
            # Groups in rows, statistics in columns: all is of what the table is about.
            group_names = [row.names[-1] for row in self._shape.rows if row.names]
            is_shared = not self._is_summary(column) and self._cells_in(column) == 1
            return "", self._subject, (self._moments.pair(group_names) or ALL_PEOPLE) if is_shared else name
        if self._has_moment_names:
            label = headings or " ".join(head.path)
            return moment.section, label, name if not headings or not timepoint else f"{name} {timepoint}"
        if self._is_repeated and row.section:
            if timepoint:
                return ", ".join(filter(None, (moment.section, name))), row.section, timepoint
            return moment.section, row.section, name
        headings = headings or self._own_sections.get(row.index, "")
        section = ", ".join(dict.fromkeys(filter(None, (moment.section, headings))))
        return section, name, timepoint or self._of_nothing(column)

    def _has_group_columns(self) -> bool:
        """Whether columns that are called neither like groups nor like times are groups all the same: they have numbers of
        people, stand beside a total, or other rows of the table are categories. Below headings that are groups or times
        they are outcomes."""
        sections = {row.section for row in self._shape.rows if row.section}
        if all(is_time(section) or is_group(section) for section in sections):
            return False
        heads = self._shape.columns.values()
        has_people = any(head.people for head in heads) or any(is_total(name) for head in heads for name in head.path)
        return has_people or any(row.names and row.names[-1] for row in self._shape.rows if row.section)

    def _of_nothing(self, column: int) -> str:
        """The moment of a column that names none: beside others it compares them."""
        form = self._shape.columns[column].form
        if form and form[0] in SUMMARIES and not (form == ("n",) and self._moments.are_times):
            return ALL_PEOPLE
        return self._moments.comparison() or ALL_PEOPLE

    # --- forms ---------------------------------------------------------------------------------------------------------

    def _forms_of(self, row: StubRow, column: int) -> list[Form]:
        """The forms that a cell may have, the nearest heading first."""
        head = self._shape.columns[column]
        of_column = [head.form, *head.alternatives] if head.form else []
        of_row = [row.form, *row.alternatives] if row.form else []
        if column in self._matrix.variables and self._matrix.is_stacked:
            return of_row  # r, p and N in rows
        if of_row and not (row.names and row.names[-1]):
            return of_row  # statistics in rows
        if is_of_missing(row) and (not of_column or head.form[:1] == ("change",)):
            return [("count",)]
        if row.is_below:
            return (
                [(self._in_brackets,)]
                if self._in_brackets
                else [("ci",)]
                if head.form[:1] in (("estimate",), ("or",))
                else []
            )
        if of_column and (head.form[0] in COMPARISONS or (len(head.form) == 1 and not head.path)):
            return of_column
        if of_row and not (of_column and len(of_column[0]) > len(of_row[0]) and row.section):
            return [*of_row, *of_column]
        if of_column:
            return of_column
        return (
            list(self._shape.stub_form)
            or self._noted
            or ([self._form] if self._form else [])
            or self._by_brackets(row, column)
        )

    def _by_brackets(self, row: StubRow, column: int) -> list[Form]:
        first = {"sd": "mean", "percent": "count"}.get(self._in_brackets)
        if first:
            return [(first, self._in_brackets)]
        pieces = self._readings[row.index, column].pieces
        return [("count", "percent")] if self._is_habit and pieces and pieces[0].is_whole else []

    def _form_of(self, row: StubRow, column: int) -> Form:
        forms = self._forms_of(row, column)
        if len(forms) > 1:
            row_readings = [
                (self._readings[row.index, neighbour], self._shape.columns[neighbour].people)
                for neighbour in row.cells
                if self._forms_of(row, neighbour) == forms
            ]
            return form_of_row(row_readings, forms) or (forms[0] if row.form == forms[0] else ())
        form = forms[0] if forms else ()
        pieces = [piece for piece in self._readings[row.index, column].pieces if not piece.statistic]
        if len(form) == 1 and len(pieces) == 2 and pieces[1].bracket and self._in_brackets:
            return (*form, self._in_brackets)
        return form

    # --- rows ----------------------------------------------------------------------------------------------------------

    def _people_rows(self) -> list[dict[str, str]]:
        """The numbers of people in the heads, which are of counts below them."""
        rows = []
        people: dict[tuple[str, str], str] = {}
        for head in self._shape.columns.values():
            moment = self._moments.of_path(head.path)
            if head.people:
                people.setdefault((moment.section, moment.name or ALL_PEOPLE), head.people)
        for (section, timepoint), count in people.items():
            section = ", ".join(filter(None, (section, f"heads of table {self._shape.table.name}")))
            rows.append(self._row(section, "N", timepoint, Number("n", count), "", f"table {self._shape.table.name}, head"))
        return rows

    def _of_row(self, row: StubRow) -> list[dict[str, str]]:
        rows: list[dict[str, str]] = []
        key_counts: Counter[tuple[str, str, str, str]] = Counter()
        for column, cell in row.cells.items():
            section, label, timepoint = self._place_of(row, column)
            if column in self._matrix.variables:
                label, timepoint = plain_name(label), f"with {self._matrix.variables[column]}"
            slots = self._slots_of(row, column, cell)
            position = self._position(row, column, cell)
            if slots.question:
                question = {"question": slots.question, "printed": cell.text, "statistic": ""}
                rows.append(self._row(section, label, timepoint, Number("", ""), cell.text, position) | question)
                continue
            numbers = self._of_contrast(slots.numbers, column, timepoint)
            people = self._people_of(row, column, numbers)
            if column in self._matrix.variables:
                people, numbers = self._matrix.cell(row, column, numbers, cell.text)
            keys = [(section, label, timepoint, number.statistic) for number in numbers]
            if any(key_counts[key] for key in keys):
                # Two tests of one row, say: each is called by its column.
                timepoint = self._shape.columns[column].text or f"column {column + 1}"
            key_counts.update(keys)
            rows += [self._row(section, label, timepoint, number, cell.text, position) for number in (*people, *numbers)]
        return _without_repeated_people(rows)

    def _position(self, row: StubRow, column: int, cell: PaperCell) -> str:
        """Where a cell is: its table, row and column with their words, and what a workbook calls it."""
        name, head = next((name for name in reversed(row.names) if name), ""), self._shape.columns[column].text
        name, head = (_RAISED.sub("", text) for text in (name, head))
        row_text = f"row {row.index + 1}" + (f" '{name}'" if name else "")
        column_text = f"column {column + 1}" + (f" '{head}'" if head else "")
        source = f", cell {cell.source}" if cell.source else ""
        return f"table {self._shape.table.name}, {row_text}, {column_text}{source}"

    def _slots_of(self, row: StubRow, column: int, cell: PaperCell) -> SlotReading:
        reading = self._readings[row.index, column]
        if reading.is_blank:
            return SlotReading()
        head = self._shape.columns[column]
        form = self._form_of(row, column)
        if reading.is_not_significant:
            if form[:1] == ("p",):
                return SlotReading((Number("p", _NOT_SIGNIFICANT_P),))
            return SlotReading(question="not significant, by which test?")
        if reading.question:
            return SlotReading(question=reading.question)
        if self._is_doubted(column, form, reading):
            return SlotReading(question=self._column_questions[column][1])
        slots = fill(reading, form, head.level or row.level)
        return doubtful(slots, cell) or slots

    def _is_doubted(self, column: int, form: Form, reading: CellReading) -> bool:
        """Whether a cell is of the kind that its column cannot hold."""
        kind, _ = self._column_questions.get(column, ("", ""))
        return (kind == "p" and form[:1] == ("p",)) or (kind == "/" and any(p.between == "/" for p in reading.pieces))

    def _of_contrast(self, numbers: Sequence[Number], column: int, timepoint: str) -> Sequence[Number]:
        """Means and SDs of a change are the change's."""
        moment: Moment = self._moments.of_path(self._shape.columns[column].path)
        is_of_row = (self._has_moment_names or self._are_groups) and is_contrast(timepoint) and self._is_summary(column)
        if not is_contrast(moment.name) and not is_of_row:
            return numbers
        return [Number(_OF_CHANGE.get(number.statistic, number.statistic), number.text, number.level) for number in numbers]

    def _people_of(self, row: StubRow, column: int, numbers: Sequence[Number]) -> list[Number]:
        """The number of people of a mean, from its column's head or its row's name."""
        names = {number.statistic for number in numbers}
        people = row.people or self._people.people_below(row.section, column)
        is_summary = bool(names & {"mean", "median", "sd", "change"}) or (bool(row.people) and "percent" in names)
        return [Number("n", people)] if people and is_summary and "n" not in names else []

    def _row(self, section: str, label: str, timepoint: str, number: Number, cell: str, position: str) -> dict[str, str]:
        return {
            "table": self._shape.table.name, "section": section, "label": label or "?", "timepoint": timepoint or ALL_PEOPLE,
            "statistic": number.statistic, "printed": number.text, "level": number.level, "question": "", "cell": cell,
            "place": position,
        }  # fmt: skip


def _without_repeated_people(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """A mean and its SD in two columns have one n."""
    unlike: dict[tuple[str, ...], dict[str, str]] = {}
    for number, row in enumerate(rows):
        key = (
            ("n", row["section"], row["label"], row["timepoint"], row["printed"])
            if row["statistic"] == "n"
            else (str(number),)
        )
        unlike.setdefault(key, row)
    return list(unlike.values())


def _statistic_in_brackets(texts: Sequence[str]) -> str:
    """What notes say stands in brackets: 'Standard errors in parentheses'."""
    for text in texts:
        if match := _BRACKETS.search(text):
            word = match[1].casefold()
            if word[0] in "tp" and not word.startswith("percent"):
                return word[0]
            return next(
                (
                    name
                    for start, name in _IN_BRACKETS.items()
                    if word == start or (len(start) > 4 and word.startswith(start))
                ),
                "percent",
            )
    return ""
