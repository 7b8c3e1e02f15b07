"""For whom the waves are planned, by what the files say: the roster's categories and numbers, and which rows hold anything.

Belongs here: reading both from files, for whoever looks at them before a run. Does not belong here: the condition
(study/planned.py), the same for a run (dbt's planned_waves and unplanned_answers; a test holds them together).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.cell_rules import CellRule, cell_rules
from dagster_project.exports.contract_result import ContractResult
from dagster_project.exports.identifiers import composed
from dagster_project.study import PARTICIPANTS, CodeRange, Export, Study, comparable

#: Reasons that a person or a cell gives; all others are silence.
_SPOKEN_REASONS = ("refused", "invalid")


class Categories:
    """Reads the roster's cells of the variables that conditions, rules of variants and strata of norms are about."""

    def __init__(self, study: Study) -> None:
        names = {variable for condition in study.protocol.conditions for variable in condition.categories}
        names |= {rule.variable for variant in study.protocol.variants for rule in variant.people if rule.categories}
        names |= _stratum_variables(study, "category")
        self._roster = study.protocol.roster
        self._texts = {
            variable.variable: {
                comparable(text): category.category
                for category in variable.categories
                for text in category.text or (category.label,)
            }
            for variable in study.protocol.participant_variables
            if variable.variable in names
        }

    @property
    def variables(self) -> list[str]:
        return list(self._texts)

    @cached_property
    def _special_rules(self) -> Mapping[str, CellRule]:
        return {
            variable: CellRule(
                frozenset(map(comparable, self._roster.special_codes_of(variable))),
                tuple(self._roster.special_ranges_of(variable)),
            )
            for variable in self._texts
        }

    @cached_property
    def _category_rules(self) -> Mapping[str, CellRule]:
        rules = {}
        for variable, texts in self._texts.items():
            meanings: dict[str | CodeRange, float | str] = {}
            meanings.update(texts)
            rules[variable] = CellRule(frozenset(texts), takes_numbers=False, meanings=meanings)
        return rules

    def of_person(self, cells: Mapping[str, str | None]) -> dict[str, str | None]:
        """A person's category by variable, None where it is missing. cells: of the person's row, by variable."""
        return {variable: self._category(variable, comparable(cells.get(variable) or "")) for variable in self._texts}

    def _category(self, variable: str, text: str) -> str | None:
        if self._special_rules[variable].is_declared(text):
            return None
        rule = self._category_rules[variable]
        return str(rule.code_of(text)) if text and rule.is_declared(text) else None


def _stratum_variables(study: Study, kind: str) -> set[str]:
    """The variables of a kind by which norms have strata."""
    of_strata = {variable for sample in study.norms.samples for stratum in sample.strata for variable in stratum.people}
    variables = study.protocol.participant_variables
    return {variable.variable for variable in variables if variable.variable in of_strata and variable.kind == kind}


class RosterNumbers:
    """Reads the roster's cells of the numbers that rules of variants limit, or by which norms have strata."""

    def __init__(self, study: Study) -> None:
        roster = study.protocol.roster
        names = {rule.variable for variant in study.protocol.variants for rule in variant.people if rule.is_of_numbers}
        names |= _stratum_variables(study, "number")
        has_block = any(block.block == PARTICIPANTS for block in roster.blocks)
        rules = cell_rules(study, roster, PARTICIPANTS) if names and has_block else {}
        self._rules = {variable: rules.get(variable) for variable in sorted(names)}

    @property
    def variables(self) -> list[str]:
        return list(self._rules)

    def of_person(self, cells: Mapping[str, str | None]) -> dict[str, float | None]:
        """A person's numbers by variable, None where one is missing. cells: of the person's row, by variable."""
        return {variable: _number(rule, cells.get(variable) or "") for variable, rule in self._rules.items()}


def _number(rule: CellRule | None, cell: str) -> float | None:
    value = rule.code_of(cell) if rule is not None else None
    return value if isinstance(value, float) else None


@dataclass(frozen=True)
class ListedPerson:
    """Somebody of the roster whom the study did not exclude: identifier, file and row, categories by variable, and numbers
    of the variables that variants limit or by which norms have strata. What is not known is None."""

    identifier: str
    file: str
    source_row: int
    categories: Mapping[str, str | None]
    numbers: Mapping[str, float | None]


def listed_people(study: Study, contract_result: ContractResult) -> Iterator[ListedPerson]:
    """The people of a file of the roster, without those whom the study excluded."""
    categories, numbers = Categories(study), RosterNumbers(study)
    wanted_codes = (*categories.variables, *numbers.variables, "excluded_on", "exclusion_reason")
    codes = [code for code in wanted_codes if code in _columns(contract_result)]
    for row in contract_result.accepted.select(["respondent", "source_row", *codes]).to_pylist():
        if not any(comparable(row.get(code) or "") for code in ("excluded_on", "exclusion_reason")):
            yield ListedPerson(
                composed(row["respondent"] or ""), contract_result.name, row["source_row"], categories.of_person(row),
                numbers.of_person(row),
            )  # fmt: skip


def _columns(contract_result: ContractResult) -> Collection[str]:
    return contract_result.column_positions.keys()


def rows_with_answers(
    contract_result: ContractResult, study: Study, export: Export, block: str | None
) -> Iterator[tuple[str, int]]:
    """The accepted rows of a wave's file that hold an answer, a refusal or a text that cannot be read, in a block or (None)
    in any: identifier as the roster has it, and row."""
    silent_texts: dict[str, _Silence] = {}
    for column_block in export.blocks:
        if block in (None, column_block.block) and column_block.block != PARTICIPANTS:
            columns = study.column_of(column_block)
            for position, code in enumerate(study.block_codes(column_block.block), start=1):
                if code in columns and contract_result.column_positions.get(code) is not None:
                    silent_texts[code] = _Silence(study, export, column_block.block, position, columns[code])
    for batch in contract_result.batches(set()):
        holds_anything = pa.array([False] * batch.num_rows, pa.bool_())
        for code, silence in silent_texts.items():
            holds_anything = pc.or_(holds_anything, silence.is_broken(batch.column(code)))
        names, rows = batch.column("respondent").to_pylist(), batch.column("source_row").to_pylist()
        for name, row, has_answers in zip(names, rows, holds_anything.to_pylist(), strict=True):
            if has_answers:
                yield composed(export.respondents.get((name or "").strip(), name or "")), row


class _Silence:
    """Which cells of an item say nothing: blank ones, and special codes for silence."""

    def __init__(self, study: Study, export: Export, block: str, position: int, column: str) -> None:
        decimal_mark = export.decimal_mark_of(column)
        texts = study.answer_texts(export, block, position)
        silent = frozenset(
            text for text, meaning in texts.items() if isinstance(meaning, str) and meaning not in _SPOKEN_REASONS
        )
        ranges = export.special_ranges_of(block, position)
        self._declared_others = CellRule(frozenset(texts) - silent, decimal_mark=decimal_mark)
        self._silent = CellRule(
            silent,
            tuple(codes for codes, reason in ranges.items() if reason not in _SPOKEN_REASONS),
            decimal_mark=decimal_mark,
        )

    def _says_nothing(self, text: str) -> bool:
        is_blank = comparable(text) == ""
        return is_blank or (self._silent.is_declared(text) and not self._declared_others.is_declared(text))

    def is_broken(self, cells: pa.Array) -> pa.Array:
        """Whether each cell says something."""
        encoded = pc.fill_null(cells, "").dictionary_encode()
        flags = [not self._says_nothing(text) for text in encoded.dictionary.to_pylist()]
        return pa.array(flags, pa.bool_()).take(encoded.indices)
