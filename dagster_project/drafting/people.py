"""What the files say of people themselves, wave by wave or once: age, gender, site, arm; and the day of answering.

Belongs here: which columns those are, and their categories. Does not belong here: identifiers (identifiers.py), items
(blocks.py).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from dagster_project.drafting.answers import missing_reason
from dagster_project.drafting.codes import code_text
from dagster_project.drafting.columns import NUMBER, ColumnFacts
from dagster_project.drafting.waves import WaveTable
from dagster_project.exports import DateColumn, abbreviated_list, quoted, read_dates
from dagster_project.exports.data_dictionary import CHECKBOX_MARK

#: What columns of people are called: code, section and label in tables, words in the name.
_VARIABLES: tuple[tuple[str, str, str], ...] = (
    ("age", "Age", r"age|alter|edad|leeftijd|how old|age[ _]?(?:in )?(?:years?|yrs?)|(?:demo?|dem|soc)_?age"),
    ("gender", "Gender", r"gender|sex|geschlecht|genero|geslacht"),
    ("arm", "Study arm", r"arm|group|treatment|treat|condition|cond|intervention|randomi[sz]ation|allocation|gruppe|trt|tx"),
    ("site", "Site", r"site|centre|center|clinic|hospital|school|class|ward|country|region|city|university|institution"),
    ("education", "Education", r"education|edu|educ|degree|schooling|bildung"),
    ("ethnicity", "Ethnicity", r"ethnicity|ethnic|race|ethnic[ _]?group"),
    ("marital_status", "Marital status", r"marital(?:[ _]?status)?|marstat|relationship[ _]?status|civil[ _]?status"),
    (
        "employment",
        "Employment",
        r"employment(?:[ _]?status)?|employed|occupation|job|work[ _]?status|profession|role|position",
    ),
    ("income", "Income", r"income|household[ _]?income"),
)
#: A column of more numbers than this counts something; of fewer, they may be categories.
_MAX_NUMBERED_CATEGORIES = 6
_MAX_CATEGORIES, _MAX_TEXT_LENGTH, _MAX_QUESTION_LENGTH = 15, 80, 60
#: Of more columns that stay the same none is taken for a fact about people.
_MAX_ADDED_VARIABLES = 20
#: What signs in a category's name are in its code.
_SIGNS = {"<=": "up_to ", ">=": "from ", "≤": "up_to ", "≥": "from ", "<": "under ", ">": "over "}
_TOOL_DATES: Mapping[str, tuple[str, ...]] = {
    "qualtrics": ("EndDate", "StartDate"),
    "limesurvey": ("submitdate", "Date submitted"),
    "surveymonkey": ("End Date", "EndDate", "Date Modified", "DateModified"),
}
_DATE_NAMES = ("Timestamp", "Zeitstempel", "Completion time", "Completion Time")
_BIRTH = re.compile(r".*(?:birth|dob|geburt|naiss).*", re.IGNORECASE)


@dataclass(frozen=True)
class Category:
    """A category: its code, the name that tables print, and the texts that cells hold for it."""

    code: str
    label: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Variable:
    """A fact about people. column: in the roster's file. categories: none for a number. ground: how it is known.
    missing_marks: what programs write there for a cell without a value."""

    code: str
    label: str
    column: str
    ground: str
    categories: tuple[Category, ...] = ()
    limits: tuple[int, int] | None = None
    unit: str | None = None
    missing_marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnswerDate:
    """The column with the day of answering. column: "" if there is none, or several. choices: what it could be.

    order: how the dates are written, where that must be declared, and how it is known. question: what is asked where two
    readings are possible. median_day: the day in the middle, as an ordinal.
    """

    column: str
    ground: str
    choices: tuple[str, ...] = ()
    order: str = ""
    order_ground: str = ""
    question: str = ""
    median_day: int | None = None


def find_variables(columns: Mapping[str, ColumnFacts], excluded: Collection[str], is_roster: bool) -> list[Variable]:
    """The participant variables of a file. is_roster: whether all its columns are about people."""
    variables: dict[str, Variable] = {}
    for name, column in columns.items():
        if name in excluded or not column.counts:
            continue
        known_variable = _known_variable(name) or _known_variable(column.label)
        if known_variable is None and not is_roster:
            continue
        code, label = known_variable or (code_text(name) or "variable", name)
        if code in variables or not code[0].isalpha():
            continue
        variable = _variable(
            code, label, column, "of its name or label" if known_variable else "the file has one row a person"
        )
        if variable is not None:
            variables[code] = variable
    return list(variables.values())


def variables_of_person(columns: Sequence[ColumnFacts], variables: Sequence[Variable]) -> list[Variable]:
    """More participant variables: columns that say the same of a person in all waves. variables: those that are known."""
    codes = {variable.code for variable in variables}
    added_variables: list[Variable] = []
    for column in columns:
        code = code_text(column.name)
        if not code or not code[0].isalpha() or code in codes or CHECKBOX_MARK in column.name:
            continue
        variable = _variable(code, column.name, column, "it says the same of a person in all waves")
        if variable is not None and (not variable.categories or len(variable.categories) > 1):
            codes.add(code)
            added_variables.append(variable)
    return added_variables if len(added_variables) <= _MAX_ADDED_VARIABLES else []


def _known_variable(name: str) -> tuple[str, str] | None:
    text = name.partition(" | ")[0].strip()
    for code, label, pattern in _VARIABLES:
        if re.fullmatch(
            rf"(?:[a-z]{{1,4}}_)?(?:{pattern})(?:[_ ]?(?:t?\d|bl|baseline|cat|r|id|name))?\W*", text, re.IGNORECASE
        ):
            return code, label
        is_question = " " in text and len(text) <= _MAX_QUESTION_LENGTH
        if is_question and re.search(rf"\b(?:{pattern})\b", text, re.IGNORECASE):
            return code, label
    return None


def _variable(code: str, label: str, column: ColumnFacts, ground: str) -> Variable | None:
    is_labelled = any(text in column.value_labels for text in column.counts)
    marks = tuple(sorted(set(column.counts) - set(column.values)))
    if column.is_numeric and not is_labelled and (len(column.values) > _MAX_NUMBERED_CATEGORIES or code == "age"):
        numbers = [float(text.replace(",", ".")) for text in column.counts if NUMBER.fullmatch(text)]
        words = f"{ground}, with numbers from {min(numbers):g} to {max(numbers):g}"
        return Variable(
            code, label, column.name, words, (), (0, 120) if code == "age" else None,
            "years" if code == "age" else None, marks,
        )  # fmt: skip
    if (
        _is_date(column)
        or len(column.counts) > _MAX_CATEGORIES
        or any(len(text) > _MAX_TEXT_LENGTH for text in column.counts)
    ):
        return None
    texts = dict.fromkeys([*column.value_labels, *sorted(column.values)])
    categories: list[Category] = []
    for text in texts:
        if text not in column.counts and missing_reason(column.value_labels.get(text, "")) is not None:
            continue
        name = column.value_labels.get(text, "").strip() or text
        if any(name == category.texts[0] for category in categories):
            continue
        categories.append(Category(category_code(name, text, categories), name, tuple(dict.fromkeys((text, name)))))
    source = "labels of the file" if is_labelled else f"cells: {abbreviated_list([quoted(text) for text in texts])}"
    return Variable(
        code, label, column.name, f"{ground}; categories are the {source}", tuple(categories), missing_marks=marks
    )


def category_code(label: str, text: str, categories: Collection[Category]) -> str:
    """A code for a category that others have not."""
    used_codes = {category.code for category in categories}
    for candidate in (label, text):
        for sign, word in _SIGNS.items():
            candidate = candidate.replace(sign, word)
        code = code_text(candidate)
        if code and code not in used_codes:
            return code
    return next(f"c{number}" for number in range(1, 1000) if f"c{number}" not in used_codes)


def find_answer_date(table: WaveTable, excluded: Collection[str]) -> AnswerDate:
    """The day of answering of a wave's table."""
    columns = table.columns
    tool_columns = [*_TOOL_DATES.get(table.source.reader, ()), *_DATE_NAMES]
    by_stem = {table.stem(name): name for name in columns}
    readable = [
        name
        for name, column in columns.items()
        if name not in excluded and not _BIRTH.fullmatch(name) and not column.is_numeric and _is_date(column)
    ]
    date_name = next((by_stem[name] for name in tool_columns if by_stem.get(name) in readable), "")
    ground = "the tool writes it there"
    if not date_name and len(readable) == 1:
        date_name, ground = readable[0], "no other column holds dates"
    if not date_name:
        return AnswerDate("", "", tuple(readable))
    dates = read_dates(columns[date_name].counts)
    question = "" if dates.problem is None else f"dmy or mdy ({dates.problem.split(';')[0]})"
    median_day = None if question else _median_day(dates)
    return AnswerDate(date_name, ground, tuple(readable), question=question, median_day=median_day)


def with_common_order(dates: Sequence[AnswerDate], tables: Sequence[WaveTable]) -> list[AnswerDate]:
    """The days of answering, those that could be read two ways as the cells of other waves of the same tool prove."""
    settled_dates = []
    for answer_date, table in zip(dates, tables, strict=True):
        if not answer_date.question:
            settled_dates.append(answer_date)
            continue
        texts: set[str] = set()
        for sibling_date, sibling in zip(dates, tables, strict=True):
            is_alike = sibling.source.reader == table.source.reader and sibling_date.column
            if is_alike and sibling.stem(sibling_date.column) == table.stem(answer_date.column):
                texts |= set(sibling.columns[sibling_date.column].counts)
        common = read_dates(texts)
        if common.problem is not None:
            question = f"dmy or mdy ({common.problem.split(';')[0]})"
            settled_dates.append(replace(answer_date, question=question))
            continue
        n_unread = {order: len(read_dates(texts, order).unread) for order in ("dmy", "mdy")}
        order = min(n_unread, key=lambda order: n_unread[order])
        median_day = _median_day(read_dates(table.columns[answer_date.column].counts, order))
        ground = "the cells of another wave prove it"
        settled_dates.append(replace(answer_date, question="", order=order, order_ground=ground, median_day=median_day))
    return settled_dates


def _median_day(dates: DateColumn) -> int | None:
    days = sorted(value.toordinal() for value in dates.values.values() if value is not None)
    return days[len(days) // 2] if days else None


def _is_date(column: ColumnFacts) -> bool:
    if not column.counts:
        return False
    dates = read_dates(list(column.counts)[:500])
    return len(dates.unread) <= 0.1 * len(dates.values)
