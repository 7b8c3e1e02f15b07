"""How many people of the roster lack a covariate, and are left out of what is adjusted for it.

Belongs here: what `check` says of it. Does not belong here: the rule for a cell (exports/cell_rules.py), what a run makes of
these people (dbt/macros/people.sql).
"""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports import CellRule, ContractResult, cell_rules
from dagster_project.study import PARTICIPANTS, Study, comparable, covariates_of, imputes_covariates

_EXCLUSION = ("excluded_on", "exclusion_reason")


def covariate_line(study: Study, roster: Iterable[ContractResult]) -> str | None:
    """How many people of the roster lack a covariate, and which; None where none are declared, or nobody is there."""
    variables = [variable.variable for variable in covariates_of(study.protocol)]
    if not variables:
        return None
    people, without_any = 0, 0
    lacking_counts = dict.fromkeys(variables, 0)
    rules = _Rules(study)
    for contract in roster:
        for batch in contract.batches(set()):
            included = _included(batch)
            people += pc.sum(included).as_py() or 0
            has_all = included
            for variable in variables:
                is_known = rules.is_known(variable, _column(batch, variable))
                lacking_counts[variable] += pc.sum(pc.and_(included, pc.invert(is_known))).as_py() or 0
                has_all = pc.and_(has_all, is_known)
            without_any += pc.sum(pc.and_(included, pc.invert(has_all))).as_py() or 0
    if not people:
        return None
    counts = ", ".join(f"{variable} {n}" for variable, n in lacking_counts.items() if n)
    details = f" ({counts})" if without_any else ""
    fate = (
        "for them it is its mean over the roster" if imputes_covariates(study.protocol)
        else "they are left out of what is adjusted for covariates"
    )  # fmt: skip
    consequence = f"; {fate}" if without_any else ""
    return f"{without_any} of {people} people lack a covariate{details}{consequence}"


class _Rules:
    """Which cells of the roster hold a value of a variable: neither blank, nor a special code, nor rejected."""

    def __init__(self, study: Study) -> None:
        roster = study.protocol.roster
        has_block = any(block.block == PARTICIPANTS for block in roster.blocks)
        self._accepts = cell_rules(study, roster, PARTICIPANTS) if has_block else {}
        self._special = {
            variable: CellRule(
                frozenset(map(comparable, roster.special_codes_of(variable))),
                tuple(roster.special_ranges_of(variable)),
                decimal_mark=rule.decimal_mark,
            )
            for variable, rule in self._accepts.items()
        }

    def is_known(self, variable: str, cells: pa.Array) -> pa.BooleanArray:
        texts = [text for text in pc.unique(cells).to_pylist() if text is not None and self._is_value(variable, text)]
        return pc.is_in(cells, value_set=pa.array(texts, pa.string()))

    def _is_value(self, variable: str, text: str) -> bool:
        rule = self._accepts.get(variable)
        return rule is not None and rule.accepts(text) and not self._special[variable].is_declared(text)


def _column(batch: pa.RecordBatch, code: str) -> pa.Array:
    """A column as text; nothing in any row where the file has none."""
    if code not in batch.schema.names:
        return pa.nulls(batch.num_rows, pa.string())
    return batch.column(code).cast(pa.string())


def _included(batch: pa.RecordBatch) -> pa.BooleanArray:
    """Whom the study did not exclude."""
    included = pa.array([True] * batch.num_rows, pa.bool_())
    for code in _EXCLUSION:
        is_blank = [not comparable(text or "") for text in _column(batch, code).to_pylist()]
        included = pc.and_(included, pa.array(is_blank, pa.bool_()))
    return included
