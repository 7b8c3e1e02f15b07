"""Qualtrics' survey file (.qsf, JSON): questions, their choices and the codes that exports write for them.

Belongs here: which columns a question has, and their labels. Does not belong here: responses (qualtrics.py).
"""

import re
from collections.abc import Iterator, Mapping

from dagster_project.exports.errors import ExportError, plain, quoted
from dagster_project.exports.survey_definition import DefinedColumn, SurveyDefinition, choice_label

_SINGLE_CHOICE = frozenset({"SAVR", "SAHR", "SACOL", "DL", "SB", "NPS"})
_SEVERAL_CHOICES = frozenset({"MAVR", "MAHR", "MACOL", "MSB"})
_SINGLE_ANSWER = frozenset({"SingleAnswer", "DL", "DND", ""})
_RATED_ROWS = frozenset({"Likert", "Bipolar"})
_TEXT = re.compile(r"(?:^|[_-])TEXT$")
#: The number of a loop before the name of a question that is asked several times.
_LOOP = re.compile(r"^\d+_(?=.)")


def is_qsf(content: object) -> bool:
    """Whether the content of a JSON file is a Qualtrics survey."""
    return isinstance(content, Mapping) and "SurveyElements" in content


def qsf_definition(content: Mapping[str, object], name: str) -> SurveyDefinition:
    """The definition in a survey file. Raises ExportError, one line, for one without questions; questions and choices that
    are unlike Qualtrics' are left out and named."""
    elements = content.get("SurveyElements")
    elements = list(elements.values()) if isinstance(elements, Mapping) else elements
    questions = [
        element
        for element in (elements if isinstance(elements, list) else [])
        if isinstance(element, Mapping) and element.get("Element") == "SQ"
    ]
    if not questions:
        raise ExportError(f"{plain(name)}: Qualtrics' survey file has no questions; export the survey again")
    columns: dict[str, DefinedColumn] = {}
    problems: list[str] = []
    for element in questions:
        question = element.get("Payload")
        identifier = str(element.get("PrimaryAttribute") or "")
        if not isinstance(question, Mapping):
            problems.append(f"{plain(name)}: question {quoted(identifier)} has no content and is left out")
            continue
        reader = _Question(question, identifier, plain(name), problems)
        for suffixes, column in reader.columns():
            for base in filter(None, (str(question.get("DataExportTag") or ""), identifier)):
                for suffix in suffixes:
                    columns.setdefault(base + suffix, column)
            for bare_name in reader.own_names(suffixes):
                columns.setdefault(bare_name, column)
    return SurveyDefinition("Qualtrics", columns, tuple(problems))


def names_in_export(column: str, import_id: str | None) -> list[str]:
    """The names by which the survey file may know an export's column: the ImportId does not change when a question is
    renamed. None for the column of a text that goes with a choice."""
    names = []
    for text in (import_id, column):
        if text and not (_TEXT.search(text) and not text.endswith("QID_TEXT")):
            for variant in (text, text.replace("-", "_")):
                names += [variant, _LOOP.sub("", variant)]
    return list(dict.fromkeys(names))


class _Question:
    """A question as the file has it. problems: to which what cannot be read is added."""

    def __init__(self, question: Mapping[str, object], identifier: str, name: str, problems: list[str]) -> None:
        self._question = question
        self._tag = str(question.get("DataExportTag") or identifier)
        self._name = name
        self._problems = problems

    def columns(self) -> Iterator[tuple[list[str], DefinedColumn]]:
        """Each of its columns, with what follows the question's name in the names of the column."""
        kind, selector = str(self._question.get("QuestionType")), str(self._question.get("Selector") or "")
        if kind == "MC" and selector in _SINGLE_CHOICE:
            yield [""], DefinedColumn("choice", self._labels("Choices"))
        elif kind == "MC" and selector in _SEVERAL_CHOICES:
            yield [""], DefinedColumn("other")
            for choice, code in self._codes("Choices").items():
                yield [f"_{choice}", f"_{code}"], DefinedColumn("box")
        elif kind == "Matrix":
            yield from self._rows("", selector)
        elif kind == "SBS":
            parts = _mapping(self._question.get("AdditionalQuestions"))
            for number, part in parts.items():
                if isinstance(part, Mapping):
                    nested = {"Choices": self._question.get("Choices"), **part}
                    reader = _Question(nested, self._tag, self._name, self._problems)
                    yield from reader._rows(f"#{number}", str(part.get("Selector") or ""))
        elif kind == "Slider":
            for suffixes in self._row_suffixes(""):
                yield suffixes, DefinedColumn("number", group=self._tag, limits=self._limits())
        else:
            yield [""], DefinedColumn("other")

    def own_names(self, suffixes: list[str]) -> Iterator[str]:
        """The names of a row's column that stand by themselves."""
        tags = _mapping(self._question.get("ChoiceDataExportTags"))
        for row, tag in tags.items():
            if f"_{row}" in suffixes and tag:
                yield str(tag)

    def _rows(self, prefix: str, selector: str) -> Iterator[tuple[list[str], DefinedColumn]]:
        is_single = selector in _RATED_ROWS and str(self._question.get("SubSelector") or "") in _SINGLE_ANSWER
        labels = self._labels("Answers") if is_single else ()
        for suffixes in self._row_suffixes(prefix):
            if is_single:
                yield suffixes, DefinedColumn("choice", labels, self._tag + prefix)
                continue
            kind = "box" if selector == "Likert" else "other"
            for answer in self._codes("Answers"):
                yield [f"{suffix}_{answer}" for suffix in suffixes], DefinedColumn("box" if kind == "box" else "other")

    def _row_suffixes(self, prefix: str) -> Iterator[list[str]]:
        tags = _mapping(self._question.get("ChoiceDataExportTags"))
        for row in self._ordered("Choices", "ChoiceOrder"):
            tag = str(tags.get(row) or "")
            yield [f"{prefix}_{row}", *([f"{prefix}_{tag}"] if tag else [])]

    def _ordered(self, key: str, order_key: str) -> list[str]:
        """The numbers of choices or answers, in the order in which people see them."""
        choices = _mapping(self._question.get(key))
        order = self._question.get(order_key)
        first = [str(number) for number in order if str(number) in choices] if isinstance(order, list) else []
        return list(dict.fromkeys([*first, *choices]))

    def _codes(self, key: str) -> dict[str, str]:
        """The code that exports write for each choice or answer, by its number."""
        recoded = _mapping(self._question.get("RecodeValues"))
        order_key = "ChoiceOrder" if key == "Choices" else "AnswerOrder"
        return {number: str(recoded.get(number, number)).strip() for number in self._ordered(key, order_key)}

    def _labels(self, key: str) -> tuple[dict[str, str], ...]:
        """Code to label: as people see it, and as exports call it where that was named."""
        choices, names = _mapping(self._question.get(key)), _mapping(self._question.get("VariableNaming"))
        codes = self._codes(key)
        display_labels: dict[str, str] = {}
        for number, code in codes.items():
            choice = choices[number]
            display = choice.get("Display") if isinstance(choice, Mapping) else None
            if not isinstance(display, str):
                self._problems.append(
                    f"{self._name}: {quoted(self._tag)}: choice {quoted(number)} has no text and is left out; correct it in"
                    " Qualtrics"
                )
                continue
            if code in display_labels:
                self._problems.append(
                    f"{self._name}: {quoted(self._tag)}: the code {quoted(code)} stands for several choices, so none of its"
                    " labels is used; correct the recode values"
                )
                return ()
            display_labels[code] = choice_label(display)
        if not names:
            return (display_labels,) if display_labels else ()
        variable_labels = {
            code: choice_label(names.get(number) or display_labels.get(code, "")) for number, code in codes.items()
        }
        return (display_labels, variable_labels)

    def _limits(self) -> tuple[int, int] | None:
        configuration = _mapping(self._question.get("Configuration"))
        try:
            low, high = (int(str(configuration[key])) for key in ("CSSliderMin", "CSSliderMax"))
        except (KeyError, TypeError, ValueError):
            return None
        return (low, high) if low < high else None


def _mapping(value: object) -> dict[str, object]:
    """A mapping of texts; Qualtrics writes a list where the numbers go from 0 or 1, and false where there is none."""
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if isinstance(value, list):
        return {str(number): item for number, item in enumerate(value) if item is not None}
    return {}
