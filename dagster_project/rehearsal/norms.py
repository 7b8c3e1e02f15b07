"""With how many people of the roster each stratum of a norm is compared, and who has none.

Belongs here: what `check` says of it. Does not belong here: the strata (study/strata.py), reading files (exports/). Numbers
are taken as the roster lists them; in which stratum somebody is in a later wave, a run says.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dagster_project.exports import ContractResult, ListedPerson, listed_people
from dagster_project.study import NormSample, StratumCondition, Study, stratum_conditions

_UNKNOWN, _UNCOVERED = "unknown", "uncovered"


@dataclass(frozen=True)
class NormFinding:
    """One line about a norm sample. kind: info, or warning (a stratum or a norm for nobody)."""

    kind: str
    message: str


def norm_findings(study: Study, roster: Iterable[ContractResult]) -> Iterator[NormFinding]:
    """A line for each norm sample with strata."""
    samples = [sample for sample in study.norms.samples if sample.strata]
    people = [person for contract in roster for person in listed_people(study, contract)] if samples else []
    variables = {variable.variable: variable for variable in study.protocol.participant_variables}
    for sample in samples if people else ():
        conditions = {stratum.stratum: stratum_conditions(stratum, variables) for stratum in sample.strata}
        counts = Counter(_stratum_of(person, conditions) for person in people)
        yield from _of_sample(sample, counts, people)


def _of_sample(sample: NormSample, counts: Counter[str], people: Sequence[ListedPerson]) -> Iterator[NormFinding]:
    codes = [stratum.stratum for stratum in sample.strata]
    n_compared = sum(counts[code] for code in codes)
    words = f"norm sample {sample.sample}: {n_compared} of {len(people)} people are in one of its {len(codes)} strata"
    if n_unknown := counts[_UNKNOWN]:
        words += f"; of {n_unknown} {' or '.join(sample.strata[0].people)} is not known"
    if n_uncovered := counts[_UNCOVERED]:
        words += f"; {n_uncovered} are covered by none"
    at_waves = [code for code, time in sample.number_at.items() if time != "as_listed"]
    words += f" ({', '.join(at_waves)} as listed; it grows from wave to wave)" if at_waves else ""
    yield NormFinding("info" if n_compared else "warning", words)
    if n_compared and (empty := [code for code in codes if not counts[code]]):
        yield NormFinding("info", f"norm sample {sample.sample}: nobody is in {', '.join(empty)}")


def _stratum_of(person: ListedPerson, conditions: dict[str, tuple[StratumCondition, ...]]) -> str:
    facts = {**person.categories, **person.numbers}
    first_conditions = next(iter(conditions.values()))
    if any(facts[condition.variable] is None for condition in first_conditions):
        return _UNKNOWN
    strata = (code for code, parts in conditions.items() if all(part.holds_for(facts[part.variable]) for part in parts))
    return next(strata, _UNCOVERED)
