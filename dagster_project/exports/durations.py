"""How long a sheet took, as a cell says it.

Belongs here: which texts are a length of time, the same rule as dbt/macros/durations.sql has for a run. Does not belong
here: what little time means (dbt/models/marts/answers/careless_signs.sql).
"""

import re
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.contract_result import ContractResult
from dagster_project.study import DURATION, Export, comparable, number_in, with_decimal_point

_CLOCK = re.compile(r"[0-9]+:[0-5]?[0-9]:[0-5]?[0-9]([.][0-9]+)?", re.ASCII)


def is_duration(text: str, unit: str, decimal_mark: str) -> bool:
    """Whether a cell that is not blank is a length of time in the unit, 0 or more."""
    if unit == "clock":
        return _CLOCK.fullmatch(with_decimal_point(text, decimal_mark)) is not None
    number = number_in(text, decimal_mark)
    return number is not None and number >= 0


def rejected_durations(contract_result: ContractResult, export: Export) -> str | None:
    """The cells of the accepted rows that a run would reject, in one line with the cure; None where there are none."""
    if export.duration is None:
        return None
    counts = Counter[str]()
    for batch in contract_result.batches(set()):
        cells = batch.column(DURATION)
        if not pa.types.is_null(cells.type):
            for count in pc.value_counts(cells).to_pylist():
                counts[comparable(count["values"] or "")] += count["counts"]
    unit, mark = export.duration.unit, export.decimal_mark_of(export.duration.column)
    rejected = {text: n for text, n in counts.items() if text and not is_duration(text, unit, mark)}
    if not rejected:
        return None
    texts = ", ".join(map(repr, sorted(rejected)[:3])) + (
        f" and {len(rejected) - 3} more texts" if len(rejected) > 3 else ""
    )
    format_words = "written hours:minutes:seconds" if unit == "clock" else f"in {unit}, 0 or more"
    return (
        f"{sum(rejected.values())} of the {counts.total() - counts['']} values of {export.duration.column} would be"
        f" rejected, no length of time {format_words}: {texts}; correct the cells, or unit under duration of the export"
    )
