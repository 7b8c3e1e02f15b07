"""The counts of a public release, and how they hang together: totals and their parts, in one table and over tables.

Belongs here: which results are counts of people, which counts follow from them (who is left out, who is in the one and not
in the other), and every sum between them. Does not belong here: what is hidden (suppression.py), means (sums.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from dagster_project.disclosure.bounds import Relation
from dagster_project.results import ResultRow, result_id
from dagster_project.study import Study

#: Up to so many waves, who has a score in which of them is a count for each combination of waves.
_MOST_COMBINED_WAVES = 3
#: What of the flow adds up to the roster, for everybody and each group.
_STATES = ("n", "n_withdrawn", "n_not_returned", "n_returned_blank", "n_not_planned")
#: What a count costs when it is hidden. The numbers of people come last, single answers first.
_COSTS = {
    "flow": 8.0, "change": 7.0, "summary": 6.0, "flow_by_group": 5.0, "change_by_group": 5.0, "summary_by_group": 4.0,
    "characteristics": 3.0, "categories": 2.5, "service_use": 2.5, "characteristics_by_group": 2.0,
    "categories_by_group": 1.5, "service_use_by_group": 1.5, "items": 1.0, "measurement": 0.8,
}  # fmt: skip
#: A count that others are shares of costs more than a share.
_COST_OF_TOTAL = 2.0
#: Stands in names for the group of those whose group is not known.
_NO_GROUP = "0-no-group"
COUNTED_ANALYSES = frozenset(_COSTS)
#: How the names of counts of items begin.
ITEM_NAMES = "items/"


@dataclass(frozen=True)
class ScorePattern:
    """So many people of a group (None: of no known group) have a score of the measure in these waves, and in no other."""

    measure: str
    people_group: str | None
    waves: frozenset[str]
    n: int


@dataclass
class CountRegistry:
    """Counts by name, and what is known of all of them.

    values: what they are. names: of each result that is a count, the count's name; several results may be the same count.
    costs: of the counts that are printed, what hiding them costs; the others follow from these. relations: every sum.
    item_totals: of the counts of people who answered an item, their wave.
    """

    values: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    costs: dict[str, float] = field(default_factory=dict)
    relations: dict[Relation, None] = field(default_factory=dict)
    item_totals: dict[str, str | None] = field(default_factory=dict)

    def add_sum(self, total: str, parts: Sequence[str], remainder: str | None = None) -> None:
        """The total is the sum of its parts and, where it is named, of who remains. Where the total or a part is not
        counted, or the sum does not hold in the study, nothing is added: nobody can calculate with it."""
        if not parts or any(name not in self.values for name in (total, *parts)):
            return
        remaining = self.values[total] - sum(self.values[part] for part in parts)
        if remaining < 0 or (remainder is None and remaining > 0):
            return
        if remainder is not None:
            if self.values.setdefault(remainder, remaining) != remaining:
                return
            parts = [*parts, remainder]
        self.relations[Relation(total, tuple(parts))] = None


def count_registry(study: Study, results: Mapping[str, ResultRow], patterns: Sequence[ScorePattern]) -> CountRegistry:
    """Every count of the public analyses, with the sums between them."""
    registry = CountRegistry()
    for row in results.values():
        if not _is_known_zero(row, study, results):
            _add_count(registry, row)
    groups = [group.category for group in study.protocol.compared_groups]
    if groups:
        _count_without_group(registry, results, groups)
        groups.append(_NO_GROUP)
    for people_group in (None, *groups):
        _relate_flow(registry, study, people_group)
        _relate_characteristics(registry, study, people_group)
        _relate_answers(registry, results, people_group)
        _relate_scores(registry, study, patterns, people_group)
    _relate_complete_answers(registry, study)
    _relate_groups(registry, study, groups)
    return registry


def _is_known_zero(row: ResultRow, study: Study, results: Mapping[str, ResultRow]) -> bool:
    """Whether everybody knows that nobody is in a state: the number tells of no person, and hiding it would hide others."""
    if row.statistic == "n_returned_blank":
        # Nobody returned blank where everybody's flow does not count it; then the groups' are known, too.
        return _whole_row_id(row) not in results
    if row.statistic == "n_withdrawn":
        leaving = study.protocol.roster.leaving.columns
        return row.value == 0 and not {"withdrawn_on", "withdrawal_reason"} & leaving.keys()
    return False


def _count_without_group(registry: CountRegistry, results: Mapping[str, ResultRow], groups: Sequence[str]) -> None:
    """The people whose group is not known are counted like a group, though nothing is printed of them."""
    for row in results.values():
        name = registry.names.get(row.result_id)
        if name is None or row.people_group is not None or row.statistic == "n_without_group":
            continue
        category = row.category if name == row.result_id else None
        parts = [
            _id(f"{row.analysis}_by_group", row.outcome, row.statistic, people_group, row.wave or row.contrast, category)
            for people_group in (*groups, _NO_GROUP)
        ]
        if all(part in registry.values for part in parts[:-1]):
            registry.values[parts[-1]] = registry.values[name] - sum(registry.values[part] for part in parts[:-1])


def _add_count(registry: CountRegistry, row: ResultRow) -> None:
    is_count = row.statistic in ("count", "n_without_group", *_STATES)
    if row.analysis not in _COSTS or not is_count or row.value is None:
        return
    # The people of whom shares are counted are the same for all categories.
    is_total = row.statistic == "n" and row.category is not None
    name = _id(row.analysis, row.outcome, "n", row.people_group, row.wave or row.contrast) if is_total else row.result_id
    registry.names[row.result_id] = name
    registry.values[name] = int(row.value)
    cost = _COSTS[row.analysis] + (_COST_OF_TOTAL if row.statistic != "count" else 0)
    registry.costs[name] = cost


def _id(
    analysis: str, outcome: str, statistic: str, people_group: str | None, moment: str | None = None,
    category: str | None = None,
) -> str:  # fmt: skip
    return result_id(analysis, outcome, statistic, category=category, people_group=people_group, timepoint=moment)


def _whole_row_id(row: ResultRow) -> str:
    """The id of the same number of everybody."""
    moment = row.wave or row.contrast
    return _id(row.analysis.removesuffix("_by_group"), row.outcome, row.statistic, None, moment, row.category)


def _analysis_of(analysis: str, people_group: str | None) -> str:
    return analysis if people_group is None else f"{analysis}_by_group"


def _roster_name(people_group: str | None) -> str:
    return _id(_analysis_of("flow", people_group), "roster", "n", people_group)


def _returned_name(people_group: str | None, moment: str) -> str:
    return _id(_analysis_of("flow", people_group), "returns", "n", people_group, moment)


def _relate_flow(registry: CountRegistry, study: Study, people_group: str | None) -> None:
    roster = _roster_name(people_group)
    analysis = _analysis_of("flow", people_group)
    for wave in study.protocol.waves:
        # A state that is not counted is nobody's.
        states = [_id(analysis, "returns", name, people_group, wave.wave) for name in _STATES]
        registry.add_sum(roster, [state for state in states if state in registry.values])
    for contrast in study.protocol.contrasts:
        moment = contrast.contrast
        parts = [_id(analysis, "returns", name, people_group, moment) for name in ("n", "n_not_returned", "n_not_planned")]
        remainder = None if parts[1] in registry.values else f"{parts[0]}#rest"
        registry.add_sum(roster, [part for part in parts if part in registry.values], remainder)
        _relate_pair(
            registry,
            roster,
            parts[0],
            [_returned_name(people_group, wave) for wave in (contrast.baseline, contrast.followup)],
        )


def _relate_pair(registry: CountRegistry, roster: str, pair: str, ends: Sequence[str]) -> None:
    """Who is in both waves, in one of them alone, and in neither."""
    if pair not in registry.values or any(end not in registry.values for end in ends):
        return
    alone = [f"{pair}#{position}" for position in ("baseline_alone", "followup_alone")]
    for end, name in zip(ends, alone, strict=True):
        registry.add_sum(end, [pair], name)
    registry.add_sum(roster, [pair, *alone], f"{pair}#neither")


def _relate_characteristics(registry: CountRegistry, study: Study, people_group: str | None) -> None:
    analysis = _analysis_of("characteristics", people_group)
    for variable in study.protocol.participant_variables:
        n = _id(analysis, variable.variable, "n", people_group)
        registry.add_sum(_roster_name(people_group), [n], f"{n}#unknown")
        if variable.categories:
            counts = [
                _id(analysis, variable.variable, "count", people_group, category=category.category)
                for category in variable.categories
            ]
            registry.add_sum(n, counts)
            for count in counts:
                registry.add_sum(n, [count], f"{count}#others")


def _relate_answers(registry: CountRegistry, results: Mapping[str, ResultRow], people_group: str | None) -> None:
    """Use of services, questions with categories and items: who answered, who gave the answer, and who did not."""
    counts: dict[str, list[str]] = {}
    for row in results.values():
        if row.analysis not in ("service_use", "categories", "items") or row.statistic != "count" or row.wave is None:
            continue
        analysis = _analysis_of(row.analysis, people_group)
        n = _id(analysis, row.outcome, "n", people_group, row.wave)
        count = _id(analysis, row.outcome, "count", people_group, row.wave, row.category)
        registry.add_sum(_returned_name(people_group, row.wave), [n], f"{n}#missing")
        registry.add_sum(_roster_name(people_group), [n], f"{n}#not_known")
        registry.add_sum(n, [count], f"{count}#others")
        counts.setdefault(n, []).append(count)
        if analysis == "items":
            registry.item_totals[n] = row.wave
    for n, parts in counts.items():
        if len(parts) > 1:
            registry.add_sum(n, parts)


def _relate_scores(
    registry: CountRegistry, study: Study, patterns: Sequence[ScorePattern], people_group: str | None
) -> None:
    """Who has a score in which waves: those of a wave and of a contrast are made of the same people."""
    waves = [wave.wave for wave in study.protocol.waves]
    roster = _roster_name(people_group)
    totals: dict[tuple[str, frozenset[str]], int] = {}
    for pattern in patterns:
        if people_group in (None, pattern.people_group or _NO_GROUP):
            key = (pattern.measure, pattern.waves)
            totals[key] = totals.get(key, 0) + pattern.n
    for code in dict.fromkeys(measure for measure, _ in totals):
        of_waves = {wave: _id(_analysis_of("summary", people_group), code, "n", people_group, wave) for wave in waves}
        for wave, n in of_waves.items():
            registry.add_sum(_returned_name(people_group, wave), [n], f"{n}#missing")
        pairs = {
            _id(_analysis_of("change", people_group), code, "n", people_group, contrast.contrast): contrast
            for contrast in study.protocol.contrasts
        }
        for pair, contrast in pairs.items():
            _relate_pair(registry, roster, pair, [of_waves[contrast.baseline], of_waves[contrast.followup]])
        if len(waves) > _MOST_COMBINED_WAVES:
            continue
        combined = {wave_set: _pattern_name(code, people_group, wave_set) for wave_set in map(frozenset, _subsets(waves))}
        registry.values |= {name: totals.get((code, wave_set), 0) for wave_set, name in combined.items()}
        registry.add_sum(roster, list(combined.values()))
        for wave, n in of_waves.items():
            registry.add_sum(n, [name for wave_set, name in combined.items() if wave in wave_set])
        for pair, contrast in pairs.items():
            ends = {contrast.baseline, contrast.followup}
            registry.add_sum(pair, [name for wave_set, name in combined.items() if ends <= wave_set])


def _relate_complete_answers(registry: CountRegistry, study: Study) -> None:
    """Who answered all items of a scale is among those who have a score, and who returned the wave."""
    for code in study.scales:
        for wave in study.protocol.waves:
            n = _id("measurement", code, "n", None, wave.wave)
            registry.add_sum(_returned_name(None, wave.wave), [n], f"{n}#missing")
            registry.add_sum(_roster_name(None), [n], f"{n}#not_known")
            registry.add_sum(_id("summary", code, "n", None, wave.wave), [n], f"{n}#incomplete")


def _pattern_name(code: str, people_group: str | None, waves: frozenset[str]) -> str:
    base = f"scores/{code}" if people_group is None else f"scores_by_group/{code}/{people_group}"
    return f"{base}#{'+'.join(sorted(waves)) or 'none'}"


def _subsets(waves: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for size in range(len(waves) + 1):
        yield from combinations(waves, size)


def _relate_groups(registry: CountRegistry, study: Study, groups: Sequence[str]) -> None:
    """Every count of everybody is the sum of the groups' and of those whose group is not known; so are the counts that are
    printed nowhere. groups: with those of no known group; none where everybody is one group."""
    variable = getattr(study.protocol.groups, "variable", None)
    for people_group in groups:
        if variable is not None:  # the table of people counts the groups themselves
            registry.add_sum(
                result_id("characteristics", variable, "count", category=people_group), [_roster_name(people_group)]
            )
    registry.add_sum("flow_by_group/roster/n_without_group", [_roster_name(_NO_GROUP)])
    parts: dict[str, list[str]] = {}
    for name in registry.values:
        for people_group in groups:
            if whole := _whole_of(name, people_group):
                parts.setdefault(whole, []).append(name)
    for whole, names in parts.items():
        if len(names) == len(groups):
            registry.add_sum(whole, names)


def _whole_of(name: str, people_group: str) -> str | None:
    """The name of the same count of everybody, where it is a group's."""
    base, mark, remaining = name.partition("#")
    segments = base.split("/")
    if not segments[0].endswith("_by_group") or people_group not in segments[2:]:
        return None
    # The group stands behind a category, which may be called like it.
    position = len(segments) - 1 - segments[::-1].index(people_group)
    return (
        "/".join([segments[0].removesuffix("_by_group"), *segments[1:position], *segments[position + 1 :]])
        + mark
        + remaining
    )
