"""Covariates that differences between groups are adjusted for, and variables in whose categories they are given.

Belongs here: from a declared covariate to columns of a model, and its words. Does not belong here: the declaration and what
it refuses (groups.py), fitting (statistics/ancova.py).
"""

from dataclasses import dataclass

from dagster_project.languages import enumerated, gettext
from dagster_project.study.groups import Groups
from dagster_project.study.participants import ParticipantVariable
from dagster_project.study.protocol import Protocol


@dataclass(frozen=True)
class CovariateTerm:
    """A column of a model. term: its name in the marts of moments with covariates, which no score's and no wave's is.
    variable: of the roster.
    category: the one that it is 1 in, else 0; None for a number, which enters as it is."""

    term: str
    variable: str
    category: str | None
    label: str


def covariates_of(protocol: Protocol) -> tuple[ParticipantVariable, ...]:
    """The declared covariates in their order; none where none are declared, or everybody is one group."""
    if not isinstance(protocol.groups, Groups):
        return ()
    variables = {variable.variable: variable for variable in protocol.participant_variables}
    return tuple(variables[code] for code in protocol.groups.covariates)


#: The term that is 1 of people of whom a covariate is imputed, where any is.
IMPUTED_TERM = "imputed"
#: Where a covariate that is not known has its mean: why that is sound in a trial.
IMPUTATION_SOURCE = "White and Thompson, Stat Med 2005, 24, 993-1007"


def imputes_covariates(protocol: Protocol) -> bool:
    """Whether a covariate that is not known has its mean over the roster; else the person is left out."""
    return isinstance(protocol.groups, Groups) and protocol.groups.missing_covariates == "mean"


def unknown_covariate_words(protocol: Protocol) -> tuple[str, str]:
    """Of whom a model with covariates is, as the end of a list of conditions, and what becomes of people of whom one is not
    known."""
    if imputes_covariates(protocol):
        return (
            gettext("a covariate that is not known being its mean over the roster"),
            gettext(
                "a covariate that is not known is its mean over the roster ({source}), and the tables say of how many"
                " people",
                source=IMPUTATION_SOURCE,
            ),
        )
    return gettext("of whom every covariate is known"), gettext("the tables say how many are left out")


def unknown_covariate_note(protocol: Protocol) -> tuple[str, str]:
    """The same for a table: of whom it is, to stand behind who they are, and who those of its column are."""
    if imputes_covariates(protocol):
        return (
            gettext(", one of these that is not known being its mean over the roster"),
            gettext("covariate unknown are those of whom that is so"),
        )
    return (
        gettext(" of whom all of these are known"),
        gettext("covariate unknown are those left out for want of one"),
    )


def subgroups_of(protocol: Protocol) -> tuple[ParticipantVariable, ...]:
    """The declared variables whose categories are subgroups, in their order."""
    if not isinstance(protocol.groups, Groups):
        return ()
    variables = {variable.variable: variable for variable in protocol.participant_variables}
    return tuple(variables[code] for code in protocol.groups.subgroups)


def terms_of(variable: ParticipantVariable) -> tuple[CovariateTerm, ...]:
    """The terms of a covariate: a number by itself, of categories an indicator each but for the first, the reference."""
    code = variable.variable
    if variable.kind == "number":
        return (CovariateTerm(f"covariate/{code}", code, None, variable.label),)
    return tuple(
        CovariateTerm(
            f"covariate/{code}/{category.category}", code, category.category, f"{variable.label}: {category.label}"
        )
        for category in variable.categories[1:]
    )


def covariate_words(protocol: Protocol, with_baseline: bool = True) -> str:
    """What is adjusted for, as a list in words: the score at baseline, Age and Site. with_baseline: the score among them."""
    labels = [variable.label for variable in covariates_of(protocol)]
    return enumerated([gettext("the score at baseline"), *labels] if with_baseline else labels)
