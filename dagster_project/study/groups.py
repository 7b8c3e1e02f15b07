"""Groups of people that are compared: arms of a trial, or groups that people belong to.

Belongs here: their declaration under `groups` in study.yaml, whether it fits the roster, and the question where a roster has
arms that nobody mentions. Does not belong here: what is computed of groups (results/groups.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

from pydantic import Field, PrivateAttr

from dagster_project.languages import translate
from dagster_project.study.base import CategoryId, Code, Definition
from dagster_project.study.concealment import CONCEALMENT_KEYS, concealment_error
from dagster_project.study.participants import Category, ParticipantVariable
from dagster_project.study.sensitivity import Sensitivity

#: Codes of variables that are arms of a trial as a rule: pooling them without a word would hide the comparison.
_ARM_CODES = frozenset(
    {
        "allocation", "arm", "arms", "condition", "experimental_group", "intervention", "intervention_group",
        "randomisation", "randomised_to", "randomization", "randomized_to", "study_arm", "study_group", "treatment",
        "treatment_arm", "treatment_group", "trial_arm", "trt",
    }
)  # fmt: skip


RepeatedBaseline = Literal["constrained", "free", "covariate"]


class RepeatedMeasures(Definition):
    """The mixed model for repeated measures that compares groups over all waves."""

    baseline: RepeatedBaseline | None = Field(
        default=None,
        description="the first wave: constrained (the same mean in all groups; default of randomised groups), free (a mean"
        " of its own in each group; default of natural groups) or covariate (people without it are left out)",
    )
    covariance: Literal[
        "unstructured", "toeplitz", "heterogeneous_toeplitz", "ar1", "heterogeneous_ar1", "compound_symmetry",
        "heterogeneous_compound_symmetry",
    ] = Field(default="unstructured", description="the covariance of waves within people (unstructured)")  # fmt: skip
    df: Literal["kenward_roger", "satterthwaite"] = Field(
        default="kenward_roger", description="degrees of freedom, with Kenward and Roger's standard errors or without"
    )

    @property
    def covariance_in_words(self) -> str:
        """The covariance as methods name it, e.g. compound symmetry."""
        return translate(self.covariance.replace("_", " "))


class Groups(Definition):
    """The groups that results are given for and that are compared with each other, one variable of the roster."""

    variable: Code = Field(description="the variable of the roster whose categories are the groups, e.g. arm")
    reference: CategoryId = Field(description="the category that the others are compared with, e.g. control")
    design: Literal["randomised", "natural"] = Field(
        description="randomised (arms of a trial: people were allocated by chance) or natural (groups that people belong to)"
    )
    covariates: tuple[Code, ...] = Field(
        default=(),
        description="variables of the roster that differences of change, beside the score at baseline, and the mixed model"
        " of all waves are adjusted for, e.g. [age, site]: numbers as they are, categories as indicators",
    )
    missing_covariates: Literal["left_out", "mean"] = Field(
        default="left_out",
        description="people of whom a covariate is not known: left_out of what is adjusted for it (default), or mean (of"
        " randomised groups only: the covariate is its mean over the roster)",
    )
    subgroups: tuple[Code, ...] = Field(
        default=(),
        description="variables of the roster in whose categories differences of change are given and compared, e.g. [sex]",
    )
    repeated_measures: RepeatedMeasures = Field(
        default=RepeatedMeasures(), description="the mixed model of all waves: baseline, covariance, df"
    )
    sensitivity: Sensitivity | None = Field(
        default=None,
        description="comparisons with missing scores imputed within groups, and under departures from it: reference_based,"
        " deltas, delta_unit, delta_groups, tipping_point; {} for imputation within groups alone",
    )
    concealed: bool = Field(
        default=False,
        description="whether releases show the groups as A, B and so on until they are unblinded: true or false",
    )
    concealment_seed: int | None = Field(
        default=None, description="a whole number of six digits or more, drawn by chance, from which the letters follow"
    )
    unblinded: date | None = Field(
        default=None,
        description="the day on which the groups were unblinded, e.g. 2026-11-30; they have their names from then",
    )

    #: The groups as they were declared, where these have letters.
    _open_groups: "Groups | None" = PrivateAttr(default=None)
    _open_codes: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def are_concealed(self) -> bool:
        """Whether releases show letters."""
        return self.concealed and self.unblinded is None

    def compared_with(self, letter: str, codes: Iterable[str]) -> "Groups":
        """The same with a letter as the reference; the plan stays that of the declared groups. codes: theirs."""
        groups = self.model_copy(update={"reference": letter})
        groups._open_groups, groups._open_codes = self, frozenset(codes)
        return groups

    @property
    def concealed_codes(self) -> frozenset[str]:
        """The codes of the groups as they were declared, where these have letters; none where they have their names."""
        return self._open_codes

    @property
    def of_plan(self) -> "Groups":
        """The groups as they were declared, whether or not they are concealed: what the plan has."""
        return self._open_groups or self

    @property
    def keys_not_of_plan(self) -> set[str]:
        """Keys that say nothing about the plan."""
        keys = {key for key in ("covariates", "subgroups", "sensitivity") if not getattr(self, key)} | {*CONCEALMENT_KEYS}
        return keys | ({"missing_covariates"} if self.missing_covariates == "left_out" else set())


def groups_error(groups: Groups | str | None, variables: Sequence[ParticipantVariable]) -> str | None:
    """What is wrong with the declaration, in one line, or None. groups: "none" where people are deliberately one group."""
    if groups is None:
        arms = [variable.variable for variable in variables if _looks_like_arms(variable)]
        return _arms_question(arms[0], variables) if arms else None
    if isinstance(groups, str):
        return None
    by_code = {variable.variable: variable for variable in variables}
    if (variable := by_code.get(groups.variable)) is None:
        names = f"its variables are {', '.join(by_code)}" if by_code else "it has no variables"
        return f"groups: {groups.variable!r} is not a variable of the roster; {names}"
    if variable.kind == "number":
        return f"groups: {groups.variable} is a number; name a variable with categories, or add one with its bands"
    codes = [category.category for category in variable.categories]
    if groups.reference not in codes:
        return f"groups: the reference {groups.reference!r} is not a category of {groups.variable}: {', '.join(codes)}"
    if len(codes) < 2:
        return f"groups: {groups.variable} has one category only; groups need at least two"
    if groups.missing_covariates == "mean" and groups.design == "natural":
        return (
            "groups: missing_covariates: mean is for groups that were allocated by chance; leave it out, and people of whom"
            " a covariate is not known are left out of what is adjusted for it"
        )
    if groups.missing_covariates == "mean" and not groups.covariates:
        return "groups: missing_covariates is declared, and covariates are not; declare them, or take missing_covariates out"
    return (
        _variables_error(groups, by_code, "covariates", "covariate")
        or _variables_error(groups, by_code, "subgroups", "subgroup")
        or concealment_error(groups, variable.categories)
    )


def _variables_error(groups: Groups, by_code: Mapping[str, ParticipantVariable], key: str, word: str) -> str | None:
    """What is wrong with the variables that a key names. word: what each of them is."""
    codes: tuple[str, ...] = getattr(groups, key)
    choices = [code for code in by_code if code != groups.variable]
    for order, code in enumerate(codes):
        if code == groups.variable:
            return f"groups: {code} makes the groups and cannot be a {word}; take it out of {key}"
        if (variable := by_code.get(code)) is None:
            cure = f"name some of {', '.join(choices)}" if choices else "the roster has no other; take it out"
            return f"groups: {word} {code!r} is not a variable of the roster; {cure}"
        if code in codes[:order]:
            return f"groups: {word} {code} is named twice; name it once"
        if key == "subgroups" and variable.kind == "number":
            return f"groups: {word} {code} is a number; name a variable with categories, or add one with its bands"
        if variable.kind == "category" and len(variable.categories) < 2:
            return f"groups: {word} {code} has one category only and tells nobody apart; take it out of {key}"
    return None


def ordered_groups(groups: Groups, variables: Sequence[ParticipantVariable]) -> tuple[Category, ...]:
    """The groups with the reference first, the others in the order of the variable."""
    variable = next(variable for variable in variables if variable.variable == groups.variable)
    return tuple(sorted(variable.categories, key=lambda category: category.category != groups.reference))


def is_arm_code(code: str) -> bool:
    """Whether a variable's code is one that arms of a trial have as a rule."""
    return code.lower() in _ARM_CODES


def _looks_like_arms(variable: ParticipantVariable) -> bool:
    return variable.kind == "category" and len(variable.categories) > 1 and is_arm_code(variable.variable)


def _arms_question(arm: str, variables: Sequence[ParticipantVariable]) -> str:
    codes = [category.category for variable in variables if variable.variable == arm for category in variable.categories]
    return (
        f"{arm} ({', '.join(codes)}) looks like the arms of a trial, and groups: is not declared; declare groups:"
        f" {{variable: {arm}, reference: the category to compare with, design: randomised or natural}}, or say groups: none"
        " if everybody is to be taken as one group"
    )
