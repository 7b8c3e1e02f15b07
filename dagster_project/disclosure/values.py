"""What becomes of every mean and SD: printed with as many decimals as are safe, hidden, or as an earlier release printed it.

Belongs here: the decision on means, and the rules for a single one. Does not belong here: which of them may stand beside
each other (sums.py), counts (counts.py), numbers that are computed from what is printed (derived.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagster_project.disclosure.cells import ScorePattern
from dagster_project.disclosure.ledger import Ledger, ValueEntry
from dagster_project.disclosure.rounding import rounded_interval
from dagster_project.disclosure.sums import ENOUGH_PEOPLE, Kind, MeanOf, safe_means, strict_people
from dagster_project.disclosure.suppression import FEWER, Suppression
from dagster_project.results import ResultRow, format_number, result_id
from dagster_project.study import Composite, Disclosure, Study

#: Rules by which a mean is hidden, beside those of counts.
DIFFERENCE, DOMINANCE, EVEN, FEW_VALUES, SAME_ITEMS = "difference", "dominance", "even", "few_values", "same_items"
#: Each analysis with means: statistic of the mean, of the SD, and of the extremes, where it has them.
_MEANS = {
    "summary": ("mean", "sd"), "change": ("mean_change", "sd_change"), "characteristics": ("mean", "sd"),
    "summary_by_group": ("mean", "sd"), "change_by_group": ("mean_change", "sd_change"),
    "characteristics_by_group": ("mean", "sd"),
}  # fmt: skip
_MOST_DECIMALS = 2


@dataclass(frozen=True)
class ValueSet:
    """A mean and an SD of the same people. name: of the count of these people. limits: the smallest and largest value."""

    name: str
    mean_id: str
    sd_id: str
    mean: ResultRow
    n: int
    value: float | None
    sd: float | None
    limits: tuple[float, float] | None


@dataclass(frozen=True)
class ValueDecision:
    """How mean and SD are printed, or by which rule they are hidden. is_repeated: as an earlier release printed them."""

    printed_mean: str | None
    printed_sd: str | None
    rule: str | None = None
    is_repeated: bool = False


def value_sets(results: Mapping[str, ResultRow]) -> list[ValueSet]:
    """Every mean of the public analyses."""
    sets = []
    for row in results.values():
        names = _MEANS.get(row.analysis)
        if names is None or row.statistic != names[0]:
            continue
        ids = {
            statistic: result_id(
                row.analysis, row.outcome, statistic, category=row.category, people_group=row.people_group,
                timepoint=row.wave or row.contrast,
            )
            for statistic in ("n", names[1], "min", "max")
        }  # fmt: skip
        sd = results.get(ids[names[1]])
        ends = [results[ids[end]].value for end in ("min", "max") if ids[end] in results]
        limits = (ends[0], ends[1]) if len(ends) == 2 and ends[0] is not None and ends[1] is not None else None
        sets.append(
            ValueSet(ids["n"], row.result_id, ids[names[1]], row, row.n or 0, row.value, sd.value if sd else None, limits)
        )
    return sets


def decide_values(
    study: Study,
    sets: Sequence[ValueSet],
    patterns: Sequence[ScorePattern],
    suppression: Suppression,
    rule: Disclosure,
    ledger: Ledger,
    overlapping: Sequence[str],
) -> dict[str, ValueDecision]:
    """By name, every mean as printed, or why it is hidden. overlapping: scales that share items with others and have not the
    same people."""
    decisions: dict[str, ValueDecision] = {}
    outdated = []
    few_valued = {value_set.mean.outcome for value_set in sets if _has_few_values(study, value_set)}
    for value_set in sets:
        entry = ledger.values.get(value_set.name)
        if entry is not None and abs(value_set.n - entry.n) < rule.minimum:
            decisions[value_set.name] = ValueDecision(entry.printed_mean, entry.printed_sd, entry.rule, is_repeated=True)
            is_as_before = (entry.n, entry.mean, entry.sd) == (value_set.n, value_set.value, value_set.sd)
            if entry.printed_mean is not None and not is_as_before:
                outdated.append(value_set.name)
        else:
            decisions[value_set.name] = _alone(value_set, suppression, rule, overlapping)
    for value_set in sets:
        # Means of a number with few values are counts, and so are means of its changes.
        if value_set.mean.outcome in few_valued and not decisions[value_set.name].is_repeated:
            decisions[value_set.name] = ValueDecision(None, None, FEW_VALUES)
    by_outcome: dict[str, list[ValueSet]] = {}
    for value_set in _in_order(study, sets, rule, decisions):
        by_outcome.setdefault(value_set.mean.outcome, []).append(value_set)
    for outcome, of_outcome in by_outcome.items():
        printed_sets = [value_set for value_set in of_outcome if decisions[value_set.name].printed_mean is not None]
        people = _people(study, outcome, of_outcome, patterns)
        means = [_mean_of(study, value_set) for value_set in printed_sets]
        earlier_names = [mean.name for mean in means if decisions[mean.name].is_repeated]
        outdated_names = [name for name in earlier_names if name in outdated]
        # Of a measure of which nobody knows who has values in which waves, one mean alone is safe.
        safe = [*earlier_names, *(mean.name for mean in means[:1])]
        if people:
            is_strict = any(_is_replacement(value_set, decisions, ledger) for value_set in of_outcome)
            if is_strict:
                safe = safe_means(means, strict_people(people), ENOUGH_PEOPLE, earlier_names, outdated_names)
            else:
                safe = safe_means(means, people, rule.minimum, earlier_names, outdated_names)
        for value_set in printed_sets:
            if value_set.name not in safe:
                decisions[value_set.name] = ValueDecision(None, None, DIFFERENCE)
    return decisions


def _is_replacement(value_set: ValueSet, decisions: Mapping[str, ValueDecision], ledger: Ledger) -> bool:
    """Whether a mean takes, or once took, the place of one that an earlier release printed."""
    entry = ledger.values.get(value_set.name)
    if entry is None:
        return False
    return entry.is_replacement or (entry.printed_mean is not None and not decisions[value_set.name].is_repeated)


def _has_few_values(study: Study, value_set: ValueSet) -> bool:
    """Whether a number (no score of items) has two or three neighbouring whole values at most: a mean and an SD of them say
    how
    many people have which."""
    outcome, limits = value_set.mean.outcome, value_set.limits
    if outcome in study.scales:
        _, scale = study.scales[outcome]
        if isinstance(scale, Composite) or not scale.is_given:
            return False
    return limits is not None and limits[1] - limits[0] <= 2 and limits[0].is_integer() and limits[1].is_integer()


def _alone(value_set: ValueSet, suppression: Suppression, rule: Disclosure, overlapping: Sequence[str]) -> ValueDecision:
    """The decision on a mean for itself."""
    if value_set.name not in suppression.counts:
        return ValueDecision(None, None, suppression.rules.get(value_set.name, FEWER))
    if value_set.n < rule.minimum or value_set.value is None or value_set.sd is None:
        return ValueDecision(None, None, FEWER)
    if value_set.mean.outcome in overlapping:
        return ValueDecision(None, None, SAME_ITEMS)
    if value_set.limits is not None:
        low, high = value_set.limits
        total = value_set.value * value_set.n
        if low >= 0 and total > 0 and high / total > rule.dominance:
            return ValueDecision(None, None, DOMINANCE)
        if low.is_integer() and high.is_integer():
            # So few points from one end are those of so few people at most.
            from_ends = min(total - low * value_set.n, high * value_set.n - total)
            if from_ends < rule.minimum:
                return ValueDecision(None, None, EVEN)
    # A mean with more decimals would tell how many people it is of, and, of few values, how many have which.
    fewest = rounded_interval(suppression.counts[value_set.name], rule)[0]
    decimals = _MOST_DECIMALS if fewest >= 100 * 2 * rule.least_width else 1 if fewest >= 10 else 0
    printed_sd = format_number(value_set.sd, decimals)
    if 2 * value_set.sd * 10**-decimals * (value_set.n - 1) < 1 or float(printed_sd) == 0:
        return ValueDecision(None, None, EVEN)
    return ValueDecision(format_number(value_set.value, decimals), printed_sd)


def _in_order(
    study: Study, sets: Sequence[ValueSet], rule: Disclosure, decisions: Mapping[str, ValueDecision]
) -> list[ValueSet]:
    """Most important first: what is out already, then change or levels as declared, comparisons of groups before
    everybody."""
    waves = [wave.wave for wave in study.protocol.waves]
    contrasts = [contrast.contrast for contrast in study.protocol.contrasts]

    def order(value_set: ValueSet) -> tuple[bool, bool, int, bool]:
        row = value_set.mean
        is_change = row.contrast is not None
        position = contrasts.index(row.contrast) if row.contrast else waves.index(row.wave) if row.wave else 0
        return (
            not decisions[value_set.name].is_repeated, is_change != (rule.keeps == "change"), position,
            row.people_group is None,
        )  # fmt: skip

    return sorted(sets, key=order)


def _mean_of(study: Study, value_set: ValueSet) -> MeanOf:
    row = value_set.mean
    contrast = next((contrast for contrast in study.protocol.contrasts if contrast.contrast == row.contrast), None)
    waves = (contrast.baseline, contrast.followup) if contrast is not None else (row.wave or "",)
    return MeanOf(value_set.name, row.people_group, waves)


def _people(study: Study, outcome: str, sets: Sequence[ValueSet], patterns: Sequence[ScorePattern]) -> dict[Kind, int]:
    """How many people of each group have values in which waves; of a fact of the roster, how many have one at all."""
    if outcome in {variable.variable for variable in study.protocol.participant_variables}:
        groups = {value_set.mean.people_group: value_set.n for value_set in sets if value_set.mean.people_group is not None}
        everyone_count = next((value_set.n for value_set in sets if value_set.mean.people_group is None), 0)
        return {(group, frozenset({""})): n for group, n in groups.items()} | {
            (None, frozenset({""})): everyone_count - sum(groups.values())
        }
    people: dict[Kind, int] = {}
    for pattern in patterns:
        if pattern.measure == outcome:
            kind = (pattern.people_group, pattern.waves)
            people[kind] = people.get(kind, 0) + pattern.n
    return people


def value_entries(sets: Sequence[ValueSet], decisions: Mapping[str, ValueDecision], ledger: Ledger) -> dict[str, ValueEntry]:
    """What the ledger is to remember: the means as they were last decided on."""
    entries = dict(ledger.values)
    for value_set in sets:
        decision = decisions[value_set.name]
        if not decision.is_repeated:
            entries[value_set.name] = ValueEntry(
                value_set.n,
                value_set.value,
                value_set.sd,
                decision.printed_mean,
                decision.printed_sd,
                decision.rule,
                _is_replacement(value_set, decisions, ledger),
            )
    return entries
