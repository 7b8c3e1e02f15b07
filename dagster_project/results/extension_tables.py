"""What a study adds of its own, as tables: which parts there are and which a release lacks, the statistics of its analyses,
and the people that these name.

Belongs here: these tables as data. Does not belong here: filling them (extensions/).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dagster_project.results.statistic import Statistic
from dagster_project.table_spec import ColumnSpec, TableSpec

#: What carries the stamp of the study's own models and analyses, and the name of their asset.
EXTENSIONS = "extensions"
#: The states of a part.
IN_RELEASE, LACKING = "released", "lacking"
EXTENSIONS_TABLE = TableSpec(
    schema="results",
    name=EXTENSIONS,
    key=("part",),
    description="What the study adds of its own, and what of it the release lacks, one row a part.",
    columns=(
        ColumnSpec("part", "text", "The file; of a table or figure its name in tables.yaml.", nullable=False),
        ColumnSpec("kind", "text", "model, analysis, table or figure.", nullable=False),
        ColumnSpec("state", "text", "released or lacking.", nullable=False),
        ColumnSpec("reason", "text", "Why the release lacks it."),
    ),
)
EXTENSION_STATISTICS_TABLE = TableSpec(
    schema="results",
    name="extension_statistics",
    key=("analysis", "statistic"),
    description="The statistics of the study's own analyses, as these declare them, one row a statistic.",
    columns=(
        ColumnSpec("analysis", "text", "The analysis, as in results.results.", nullable=False),
        ColumnSpec("statistic", "text", "The statistic.", nullable=False),
        ColumnSpec("formula", "text", "The statistic's formula, in plain text.", nullable=False),
        ColumnSpec("unit", "text", "Its unit."),
        ColumnSpec("decimals", "whole", "Decimals that tables print.", nullable=False),
        ColumnSpec("people", "text", "Who counts in the statistic, as in codebook.estimands.", nullable=False),
        ColumnSpec("source", "text", "Where it was published."),
        ColumnSpec("kind", "text", "How it is written: number, p or within_one.", nullable=False),
        ColumnSpec("limit_of", "text", "The statistic of whose interval it is a limit."),
        ColumnSpec("file", "text", "The file that computes it.", nullable=False),
        ColumnSpec("reads", "text", "The tables that it is computed from.", nullable=False),
    ),
)
EXTENSION_PEOPLE_TABLE = TableSpec(
    schema="results",
    name="extension_people",
    key=("result_id", "participant_id"),
    description="The people whom the study's own analyses name as those of a result, one row a result and person.",
    columns=(
        ColumnSpec("result_id", "text", "The result.", nullable=False),
        ColumnSpec("participant_id", "text", "Pseudonym of the person.", nullable=False),
        ColumnSpec("value", "number", "The person's value, where the analysis gives it."),
    ),
)
EXTENSION_TABLES = (EXTENSIONS_TABLE, EXTENSION_STATISTICS_TABLE, EXTENSION_PEOPLE_TABLE)


@dataclass(frozen=True)
class ExtensionRow:
    """A part of what a study adds of its own: a row of results.extensions."""

    part: str
    kind: str
    state: str
    reason: str | None


@dataclass(frozen=True)
class ExtensionStatisticRow:
    """A statistic of a study's own analysis: a row of results.extension_statistics."""

    analysis: str
    statistic: str
    formula: str
    unit: str
    decimals: int
    people: str
    source: str
    kind: str
    limit_of: str
    file: str
    reads: str

    @property
    def registered(self) -> Statistic:
        """It as the registry has ours."""
        kind = self.kind if self.kind in ("p", "within_one") else "number"
        return Statistic(
            self.analysis, self.statistic, self.formula, self.unit, self.decimals, self.people, self.source,
            kind, limit_of=self.limit_of,  # type: ignore[arg-type]
        )  # fmt: skip


#: Statistics of a study's own analyses by analysis and name.
OwnStatistics = Mapping[tuple[str, str], Statistic]
