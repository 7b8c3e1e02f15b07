"""What a run would say of a wave's gates: answers to items that were not to be asked, gates that no export of the wave has.

Belongs here: the findings on one file. Does not belong here: the rule of a gate (study/gates.py), the rule for a cell
(exports/answers.py).
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports import ContractResult, cell_rules
from dagster_project.exports.cell_rules import CellRule
from dagster_project.study import (
    ANSWERED_CURE,
    ANSWERED_UNASKED,
    LEFT_UNASKED,
    PARTICIPANTS,
    SERVICES,
    Export,
    ItemGate,
    Study,
    settle,
)

_ASKED_CURE = "correct the answers after which it is asked, or the special code"
_TREATMENTS = {"keep": "kept, as declared", "set_aside": "set aside, as declared"}


def gate_findings(contract_result: ContractResult, study: Study, export: Export) -> Iterator[tuple[bool, str]]:
    """A line for each item whose cells contradict its gate, and whether that blocks a release."""
    rules: dict[str, CellRule] = {}
    for block in export.blocks:
        if block.block not in (SERVICES, PARTICIPANTS):
            rules |= cell_rules(study, export, block.block)
    gated = [(gate, _with_gates(gate, study, rules)) for gate in study.gates.values() if gate.item in rules]
    counts: Counter[tuple[str, str]] = Counter()
    # A chain's items are looked at together, each with the items that decide on it: few answers in few combinations.
    for batch in contract_result.batches(set()) if gated else ():
        for gate, items in gated:
            gates = [study.gates[item] for item in items if item in study.gates]
            for cells, n in _combinations(batch, items):
                codes = {item: rules[item].code_of(cell) for item, cell in zip(items, cells, strict=True)}
                if contradiction := settle(gates, codes)[1].get(gate.item):
                    counts[gate.item, contradiction] += n
    yield from _unknown_gates(study, export, [gate for gate, _ in gated], rules)
    for gate, _ in gated:
        if n := counts[gate.item, ANSWERED_UNASKED]:
            rule = gate.rule.answered_though_not_asked
            beginning = f"{gate.item}: {_number(n, 'answer')} where {_gates_in_words(gate)} that it was not asked"
            yield rule is None, f"{beginning}; {ANSWERED_CURE if rule is None else _TREATMENTS[rule]}"
        if n := counts[gate.item, LEFT_UNASKED]:
            beginning = f"{gate.item}: {_number(n, 'cell')} with a special code for not_asked where {_gates_in_words(gate)}"
            yield False, f"{beginning} that it was asked; {_ASKED_CURE}"


def _with_gates(gate: ItemGate, study: Study, rules: dict[str, CellRule]) -> list[str]:
    """An item with those of this export that decide on it, and on them; each after those that decide on it."""
    items: dict[str, None] = {}
    waiting_gates = [gate.item]
    while waiting_gates:
        item = waiting_gates.pop()
        if item in rules and item not in items:
            items[item] = None
            waiting_gates += [cond.gate for cond in study.gates[item].conditions] if item in study.gates else []
    return [*(item for item in items if item not in study.gates), *(item for item in study.gates if item in items)]


def _combinations(batch: pa.RecordBatch, items: Sequence[str]) -> Iterator[tuple[list[str], int]]:
    """The texts of some cells of a row, with the number of rows that have them."""
    texts = [pc.fill_null(batch.column(item).cast(pa.string()), "") for item in items]
    names = [str(index) for index, _ in enumerate(items)]
    grouped_rows = pa.table(texts, names=names).group_by(names).aggregate([([], "count_all")])
    for row in grouped_rows.to_pylist():
        yield [row[name] for name in names], row["count_all"]


def _unknown_gates(
    study: Study, export: Export, gates: Sequence[ItemGate], rules: dict[str, CellRule]
) -> Iterator[tuple[bool, str]]:
    """A line for each item that decides on others and stands in no export of the wave."""
    wave_exports = [wave_export for wave_export in study.protocol.wave_exports if wave_export.wave == export.wave]
    items_of_wave = {item for wave_export in wave_exports for item in study.export_columns(wave_export)}
    items_by_gate: dict[str, list[str]] = {}
    for gate in gates:
        for condition in gate.conditions:
            if condition.gate not in rules:
                items_by_gate.setdefault(condition.gate, []).append(gate.item)
    for name, items in items_by_gate.items():
        item_list = f"{items[0]} is" if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]} are"
        if name in items_of_wave:
            yield False, f"{name}, which decides whether {item_list} asked, is in another export: only a run sees both"
        else:
            end = f"is in no export of {export.wave}: blanks stay blank"
            yield False, f"{name}, which decides whether {item_list} asked, {end}"


def _gates_in_words(gate: ItemGate) -> str:
    items = list(dict.fromkeys(condition.gate for condition in gate.conditions))
    return f"{' and '.join(items)} say{'s' if len(items) == 1 else ''}"


def _number(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
