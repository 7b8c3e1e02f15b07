"""What a statistic is, as data.

Belongs here: the shape of an entry, and entries that follow from others: limits of intervals, shares of people, Hedges'
corrections. Does not belong here: which statistics there are (statistics_registry.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Literal

from dagster_project.study import HEDGES_CORRECTION, HEDGES_SOURCE, Study, imputes_covariates
from dagster_project.variant_marts import ANSWERS


@dataclass(frozen=True)
class CountingRule:
    """Who is included in a number, and how trace and page find them.

    words: who they are. of_all_waves: scores of all waves are what the number is made of. of_moment: the rule is asked of a
    wave or contrast, where the number has one. of_subgroup: of that contrast and the variable of the number's subgroup.
    is_beyond_profiles: it asks for more than profiles of scores know: facts of the roster, days. by_return: people are
    shown with their returns of the number's waves. of_variant: the difference between a variant's scores and the main
    analysis's that is counted, or ANSWERS.
    """

    words: str
    of_all_waves: bool = False
    of_moment: bool = True
    of_subgroup: bool = False
    is_beyond_profiles: bool = False
    by_return: bool = False
    of_variant: str = ""


_of_any_wave = partial(CountingRule, of_all_waves=True, of_moment=False)
_with_facts = partial(CountingRule, is_beyond_profiles=True)
#: Who is included in a number, by rule. `trace` applies the rules person by person.
PEOPLE = {
    "score": CountingRule("people with a score of the scale in the wave"),
    "both": CountingRule("people with a score, or an answer, in both waves of the contrast"),
    "both_covariates": _with_facts("people with a score in both waves of the contrast and every covariate known"),
    "both_subgroup": _with_facts(
        "people with a score in both waves of the contrast whose subgroup is known", of_subgroup=True
    ),
    "both_subgroup_covariates": _with_facts(
        "people with a score in both waves of the contrast whose subgroup and every covariate are known", of_subgroup=True
    ),
    "any": _of_any_wave("people with a score, or an answer, in any wave"),
    "any_planned": CountingRule(
        "people with a score of the scale in any wave for whom both waves of the contrast were planned", of_all_waves=True
    ),
    "timed": _of_any_wave("people with a score of the scale at a known time in any wave", is_beyond_profiles=True),
    "timed_covariates": _of_any_wave(
        "people with a score of the scale at a known time in any wave and every covariate known", is_beyond_profiles=True
    ),
    "returned": CountingRule("people who returned the wave", is_beyond_profiles=True, by_return=True),
    "any_covariates": _of_any_wave(
        "people with a score of the scale in any wave and every covariate known", is_beyond_profiles=True
    ),
    "first_and_later": _of_any_wave(
        "people with a score of the scale in the first wave and in a later one", is_beyond_profiles=True
    ),
    "first_and_later_covariates": _of_any_wave(
        "people with a score of the scale in the first wave and in a later one, and every covariate known",
        is_beyond_profiles=True,
    ),
    "items": CountingRule("people who answered all items of the scale in the wave"),
    "value": CountingRule("people with a known value"),
    "judged": CountingRule("people with enough answers to the block in the wave"),
    "norm_score": CountingRule("people with a score of the scale in the wave"),
    "stratum": CountingRule(
        "people with a score of the scale in the wave who are in a stratum of the norm, where it has any"
    ),
    "one_stratum": CountingRule("people with a score of the scale in the wave who are in the stratum"),
    "percentile": CountingRule("people with a score of the scale in the wave that has a percentile in the norm"),
    "roster": CountingRule("everybody on the roster for whom it was planned", by_return=True),
    "whole_roster": CountingRule("everybody on the roster, planned for or not", by_return=True),
    "listed": CountingRule("everybody listed, including people excluded by the study"),
    "first": CountingRule("people with a value at the first wave, by whether they returned this one", by_return=True),
    "without_group": CountingRule("people on the roster whose group is not known"),
    "variant": CountingRule("people on the roster whom the variant keeps"),
    "left_out": CountingRule("people on the roster whom the variant leaves out"),
    "scores_left_out": CountingRule("people left out by the variant who have a score", of_variant="left_out"),
    "scores_lost": CountingRule("people whose score is missing in the variant alone", of_variant="lost"),
    "scores_gained": CountingRule("people whose score is missing in the main analysis alone", of_variant="gained"),
    "scores_changed": CountingRule("people whose score has another value in the variant", of_variant="changed"),
    "answers_of_variant": CountingRule("people with an answer that depends on the variant", of_variant=ANSWERS),
    "named": CountingRule("people whom the analysis names"),
    "nobody": CountingRule("nobody is counted: the number is made of other numbers, or comes from elsewhere"),
}


class StudyUnit(Enum):
    """A unit that the study declares."""

    SCORE = "score"  # of the scale; none where the outcome is no scale
    SLOPE = "slope"  # of the scale's score, per unit of time
    VARIABLE = "variable"  # of the participant variable, which declares the decimals too


@dataclass(frozen=True)
class Inputs:
    """The results that a number is made of, as analysis/statistic. relation: of their outcome and contrast to its own: the
    same comparison, the same comparison and cut-off (of its category, in the contrast or at its baseline), the norm of the
    outcome or of its instrument, the tests of the same family of the plan, of waves or of groups, or of all scales together
    each scale's in each wave."""

    relation: Literal["comparison", "cut_off", "norm", "family", "group_family", "each_scale"]
    statistics: tuple[str, ...]


@dataclass(frozen=True)
class Statistic:
    """A statistic of an analysis.

    formula: in plain text, with x a person's value and n the number of people. decimals: that tables print. people: a key
    of PEOPLE. source: where it was published. kind: p is written as a p value; within_one cannot exceed one in absolute
    value and is written without a zero before the point. made_of: other results it is computed from. method: how it is
    computed, where that is the same for all results. limit_of: the statistic of whose interval it is a limit. printed_as:
    its name in published tables. is_planned: whether a family of the plan covers it, as it does the headline effect size.
    of_all_groups: whether a number about a group needs the people of all groups, as a model of all of them does.
    people_if_adjusted: who counts in a study whose mixed model is adjusted for the score in the first wave, if it is others.
    people_if_planned_for_some: who counts in a study that plans waves or blocks for some only, if it is others.
    """

    analysis: str
    name: str
    formula: str
    unit: str | StudyUnit = ""
    decimals: int = 2
    people: str = ""
    source: str = ""
    kind: Literal["number", "p", "within_one"] = "number"
    made_of: Inputs | None = None
    method: str = ""
    limit_of: str = ""
    printed_as: str = ""
    is_planned: bool = False
    of_all_groups: bool = False
    people_if_adjusted: str = ""
    people_if_planned_for_some: str = ""

    def people_in(self, study: Study) -> str:
        """Who counts in a study: a key of PEOPLE."""
        if self.people_if_planned_for_some and study.protocol.conditions:
            return self.people_if_planned_for_some
        is_adjusted = study.protocol.repeated_measures_baseline == "covariate"
        people = self.people_if_adjusted if self.people_if_adjusted and is_adjusted else self.people
        return people.removesuffix("_covariates") if imputes_covariates(study.protocol) else people


def limits(
    statistic: Statistic, formula: str, prefix: str | None = None, *, decimals: int | None = None, source: str = ""
) -> tuple[Statistic, Statistic]:
    """Both limits of the interval of a statistic. prefix: of their names, the statistic's name if left out."""
    low, high = (
        replace(
            statistic,
            name=f"{statistic.name}_ci95_{end}" if prefix is None else f"{prefix}ci95_{end}",
            formula=formula,
            decimals=statistic.decimals if decimals is None else decimals,
            source=source,
            method="",
            limit_of=statistic.name,
            printed_as=f"ci_{end}" if prefix == "" else "",
        )
        for end in ("low", "high")
    )
    return low, high


def wilson_limits(percent: Statistic, prefix: str | None = None) -> tuple[Statistic, Statistic]:
    """Both limits of Wilson's interval of a percentage. prefix: as in limits."""
    return limits(
        percent,
        "Wilson: 100 (p + z^2 / 2n ± z root(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n), p = count / n",
        prefix,
        source="Wilson, J Am Stat Assoc 1927, 22, 209-212",
    )


def share(entry: "partial[Statistic]", condition: str) -> Iterator[Statistic]:
    """A share of people: n, count, percent and its interval. condition: who is counted, in words."""
    percent = entry("percent", "100 count / n", "%", 1)
    yield entry("n", "count of people", "people", 0)
    yield entry("count", f"count of people {condition}", "people", 0)
    yield percent
    yield from wilson_limits(percent, "")


def hedges(statistic: Statistic) -> Statistic:
    """g_ from its d_."""
    return replace(
        statistic,
        name="g" + statistic.name[1:],
        formula=f"J(n - 1) times ({statistic.formula})" + ("" if statistic.limit_of else f", {HEDGES_CORRECTION}"),
        source=HEDGES_SOURCE,
        limit_of=statistic.limit_of and "g" + statistic.limit_of[1:],
        printed_as="",
    )


def adjusted_p_values(
    entry: "partial[Statistic]", relation: Literal["family", "group_family"], source: str
) -> tuple[Statistic, Statistic]:
    """p_holm and p_bh of the tests of a family. relation: of whom the family's tests are; source: the p, as
    analysis/statistic."""
    adjusted = partial(entry, decimals=3, kind="p", made_of=Inputs(relation, (source,)))
    order = "in the order of the family's m p values, at most 1"
    return (
        adjusted(
            "p_holm", f"largest of (m - i + 1) p(i) up to this p {order}", source="Holm, Scand J Stat 1979, 6, 65-70"
        ),
        adjusted(
            "p_bh", f"smallest of m p(i) / i from this p on {order}",
            source="Benjamini and Hochberg, J R Stat Soc B 1995, 57, 289-300",
        ),
    )  # fmt: skip
