"""What an entry of the list of analyses is: what it reads and computes, and what it warns of.

Belongs here: these types. Does not belong here: any analysis (analyses.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dagster_project.checks import Check, first_few
from dagster_project.outcomes.store import read_results
from dagster_project.results import MartRow, ResultRow, VariantMarts
from dagster_project.study import Study
from dagster_project.variant_marts import MOMENTS
from dagster_project.warehouse import Warehouse


@dataclass(frozen=True)
class Source:
    """Where an analysis reads: the marts, and the results of analyses before it."""

    warehouse: Warehouse

    def mart(self, name: str) -> Sequence[MartRow]:
        return self.warehouse.rows(f"select * from marts.{name} order by all")

    def variants(self) -> VariantMarts:
        people = "select variant, is_counted, count(*) as n from variants.people where people = 'variant' group by all"
        tables = ("score_differences", *MOMENTS)
        rows = {name: self.warehouse.rows(f"select * from variants.{name} order by all") for name in tables}
        return VariantMarts(people=self.warehouse.rows(f"{people} order by all"), **rows)

    def results(self) -> dict[str, ResultRow]:
        return read_results(self.warehouse)


@dataclass(frozen=True)
class NoteWarning:
    """A check that names results whose note begins with words to look into. otherwise: what it says without any."""

    check: str
    description: str
    statistic: str
    notes: tuple[str, ...]
    otherwise: str

    def result(self, results: Sequence[ResultRow]) -> Check:
        rows = [row for row in results if row.statistic == self.statistic and (row.note or "").startswith(self.notes)]
        message = first_few([_in_words(row) for row in rows], 5) or self.otherwise
        return Check(self.check, not rows, message, is_warning=True, facts={"results": [row.result_id for row in rows]})


@dataclass(frozen=True)
class Outcome:
    """One asset of results: what it reads, what it computes, and which of the tables show it.

    reads: marts. follows: other outcomes whose results it reads. analyses: the analyses whose rows it owns. warning: a check
    of its own, which warns and blocks nothing. stands_on: what it reads beside marts, by the name of its asset and stamp.
    """

    name: str
    description: str
    reads: tuple[str, ...]
    compute: Callable[[Study, Source], list[ResultRow]]
    analyses: tuple[str, ...]
    table: str
    follows: tuple[str, ...] = ()
    warning: NoteWarning | None = None
    stands_on: tuple[str, ...] = ()


def _in_words(row: ResultRow) -> str:
    wave = row.wave or row.contrast
    value = f"{row.printed}, " if row.value is not None else ""
    return f"{row.category or row.outcome}{f' ({wave})' if wave else ''}: {value}{row.note}"
