"""Which answers a result is computed from, and who counts in it: what the page asks the released file about it.

Belongs here: the scope of a result. Does not belong here: the people themselves (people.py), the rule of who counts
(marts.counted_people).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dagster_project.report.careless_people import careless_measure
from dagster_project.report.norm_people import NORM_RULES, norm_measure, norm_variables
from dagster_project.results import PEOPLE, OwnStatistics, ResultRow, statistic_of
from dagster_project.study import Study, covariates_of


@dataclass(frozen=True)
class Scope:
    """The answers that a number is computed from.

    rule: who counts (a key of results.PEOPLE). moment: a wave, a contrast, or '' for all waves and for the roster. Rule,
    measure and moment select the rows of marts.counted_people that say who counts. waves: those whose values are listed.
    sign: of a change, 1 for baseline minus follow-up. return_waves: waves by whose return people are grouped. people_groups:
    the groups that it is about, None for people whose group is not known; empty where it is about everybody. facts:
    variables of the roster that it is adjusted for, or whose subgroups it is of.
    """

    rule: str
    measure: str
    moment: str
    waves: tuple[str, ...]
    sign: int
    return_waves: tuple[str, ...]
    people_groups: tuple[str | None, ...] = ()
    facts: tuple[str, ...] = ()


def measure_of(row: ResultRow) -> str:
    """What a result measures, as the page calls it: its outcome; of a variant with its name, `mood_total@strict`."""
    return f"{row.outcome}@{row.category}" if row.analysis.startswith("variant") else row.outcome


def scope_of(row: ResultRow, study: Study, own_statistics: OwnStatistics) -> Scope | None:
    """The scope of a result; None where it counts nobody of the roster, people who are not on the roster, or those whom an
    analysis of the study's own names. own_statistics: of these analyses."""
    statistic = statistic_of(row.analysis, row.statistic, own_statistics)
    rule = statistic.people_in(study)
    counting = PEOPLE[rule]
    if rule in ("nobody", "listed", "named"):
        return None
    all_waves = tuple(wave.wave for wave in study.protocol.waves)
    contrast = next((contrast for contrast in study.protocol.contrasts if contrast.contrast == row.contrast), None)
    result_waves = (contrast.baseline, contrast.followup) if contrast else (row.wave,) if row.wave else ()
    waves = all_waves if counting.of_all_waves else all_waves[:1] if rule == "first" else result_waves
    sign = 1 if contrast is None else contrast.baseline_sign
    if row.analysis == "missingness":
        waves = all_waves  # a pattern is about all waves
    moment = (row.contrast or row.wave or "") if counting.of_moment else ""
    groups: tuple[str | None, ...] = tuple(group for group in (row.people_group, row.compared_with) if group is not None)
    subgroup = row.category.split("-")[0] if counting.of_subgroup and row.category is not None else None
    if subgroup is not None:
        moment = f"{row.contrast}/{subgroup}"
    if statistic.of_all_groups:
        groups = tuple(group.category for group in study.protocol.compared_groups)
    if rule == "without_group":
        rule, groups = "whole_roster", (None,)
    return_waves = result_waves if PEOPLE[rule].by_return else ()
    facts: tuple[str, ...] = (subgroup,) if subgroup is not None else ()
    if "_covariate_adjusted" in row.analysis:
        covariates = (variable.variable for variable in covariates_of(study.protocol))
        facts = tuple(dict.fromkeys((*facts, *covariates)))
    measure = careless_measure(row) if rule == "judged" else measure_of(row)
    if rule in NORM_RULES:
        measure, facts = norm_measure(row, rule, study), norm_variables(row, study)
    return Scope(rule, measure, moment, waves, sign, return_waves, groups, facts)


def scopes_of(rows: Iterable[ResultRow], study: Study, own_statistics: OwnStatistics) -> tuple[list[Scope], dict[str, int]]:
    """The scopes of results, each once, and by result id the index of its scope. own_statistics: as in scope_of."""
    scopes: dict[Scope, int] = {}
    indexes = {}
    for row in rows:
        scope = scope_of(row, study, own_statistics)
        if scope is not None:
            indexes[row.result_id] = scopes.setdefault(scope, len(scopes))
    return list(scopes), indexes
