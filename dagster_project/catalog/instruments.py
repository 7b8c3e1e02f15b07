"""Every study that used a scale, with its mean and reliability: the question that a catalogue is made for.

Belongs here: that view, and asking it about an instrument. Does not belong here: how definitions are told apart
(definitions.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dagster_project.warehouse import Warehouse, rows_as

_LIBRARY_PREFIX = "library:"
#: Of all people, over all categories: what has a category or a group is another number. {number}: the column of the numbers.
_STATISTICS = """
select
    scales_all.study, scales_all.release, scales_all.instrument, scales_all.library_id, scales_all.scale, scales_all.label,
    scales_all.definition, results_all.wave,
    max(results_all.n) filter (analysis = 'summary' and statistic = 'mean') as n,
    max(results_all.{number}) filter (analysis = 'summary' and statistic = 'mean') as mean,
    max(results_all.{number}) filter (analysis = 'summary' and statistic = 'sd') as sd,
    max(results_all.{number}) filter (analysis = 'measurement' and statistic = 'alpha') as alpha,
    max(results_all.{number}) filter (analysis = 'measurement' and statistic = 'omega') as omega
from scales_all
join results_all
    on results_all.study = scales_all.study and results_all.outcome = scales_all.scale
    and results_all.analysis in ('summary', 'measurement') and results_all.wave is not null
    and results_all.category is null and results_all.people_group is null and results_all.compared_with is null
group by all
"""
#: One row a study, scale and wave.
SCALE_STATISTICS_VIEW = f"create or replace view scale_statistics as {_STATISTICS.format(number='value')}"
_QUERY = f"""
select * from ({_STATISTICS.format(number="printed")})
where (instrument = ? and (not ? or library_id is not null)) or (instrument is null and list_contains(?, scale))
order by scale, library_id is null, definition, study, wave
"""


@dataclass(frozen=True)
class ScaleStatistics:
    """A scale in a study at a wave. library_id: of an instrument of the library. definition: the hash of how it is scored;
    n, mean, sd: of the scores; alpha, omega: its reliability there; numbers as they are printed."""

    study: str
    release: str
    library_id: str | None
    scale: str
    label: str | None
    definition: str | None
    wave: str
    n: int | None
    mean: str | None
    sd: str | None
    alpha: str | None
    omega: str | None


def scale_statistics(file: Path, instrument: str, scales: Sequence[str]) -> Sequence[ScaleStatistics]:
    """The scales of an instrument in all studies of a catalogue, alike ones together.

    instrument: its code: of the library or studies' own; or library: and the code, of the library alone. scales: the codes
    of its scales, by which public releases know it.
    """
    is_library = instrument.startswith(_LIBRARY_PREFIX)
    parameters = [instrument.removeprefix(_LIBRARY_PREFIX), is_library, [*scales]]
    with Warehouse(file).connect(read_only=True) as connection:
        return rows_as(connection, ScaleStatistics, _QUERY, parameters)
