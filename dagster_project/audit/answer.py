"""Auditing a table from Python: a file or a text in, findings out.

Belongs here: what people call. Does not belong here: reading (any_table.py), rules.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from dagster_project.audit.any_table import AnyTable, read_any_table
from dagster_project.audit.engine import audit_table
from dagster_project.audit.findings import Finding
from dagster_project.audit.paper import Answers
from dagster_project.readable_files import read_whole


@dataclass(frozen=True)
class TableAudit(Sequence[Finding]):
    """The findings on a file's tables, in their order, the severest of a number first. any_table: what was read."""

    findings: tuple[Finding, ...]
    any_table: AnyTable

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        return self.findings[index]

    @property
    def questions(self) -> list[str]:
        """The cells that are set aside, each with its place and what is asked."""
        return self.any_table.paper.questions if self.any_table.paper else []

    @property
    def preview(self) -> str:
        """What was understood of tables as they are printed, as CSV in long form; '' for one that was in long form."""
        return self.any_table.paper.preview() if self.any_table.paper else ""


def audit(
    table: str | bytes | Path,
    *,
    form: str = "",
    decimal_mark: str = "",
    effect_size: str | None = None,
    design: str | None = None,
    level: int | None = None,
    may_be_cut: bool = False,
) -> TableAudit:
    """The findings on tables: a path, or their text (of more than one line), or the bytes of a file.

    form: of cells without one, such as 'M (SD)'. decimal_mark: point or comma, where the table does not show it.
    effect_size,
    design, level, may_be_cut: as the options of `wavehouse audit`. Raises ValueError with one line for what cannot be read.
    """
    if isinstance(table, bytes):
        data, name = table, "the table"
    elif isinstance(table, str) and "\n" in table:
        data, name = table.encode(), "the table"
    else:
        data, name = read_whole(Path(table), "table_bytes"), str(table)
    any_table = read_any_table(data, name, Answers(decimal_mark, form))
    long_form = any_table.table
    findings = audit_table(
        long_form.values, long_form.facts, effect_size=effect_size, design=design, level=level,
        by_line=long_form.by_line, may_be_cut=may_be_cut,
    )  # fmt: skip
    return TableAudit(tuple(findings), any_table)
