"""The analysis plan: which outcomes and contrasts were planned, in which families, with which level, margin and seed.

Belongs here: the declarations under `plan` in study.yaml. Does not
belong here: computing anything.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from dagster_project.study.base import Code, ContrastId, Definition
from dagster_project.study.effect_size import EFFECT_SIZE_NAMES

Role = Literal["primary", "secondary", "exploratory"]
if TYPE_CHECKING:
    EffectSizeName = str
else:
    EffectSizeName = Literal[EFFECT_SIZE_NAMES]


class IntercurrentEvent(Definition):
    """Something after the start that changes what a score means, or that there is one, and how the question takes it."""

    event: str = Field(description="the event, e.g. stopped the treatment early")
    strategy: Literal["treatment_policy", "hypothetical", "composite", "while_on_treatment", "principal_stratum"] = Field(
        description="treatment_policy (whatever happened), hypothetical (as if it had not), composite (it is a part of the"
        " outcome), while_on_treatment (up to it) or principal_stratum (people to whom it would not happen)"
    )


class Estimand(Definition):
    """What a family of tests is to estimate, in the terms of ICH E9(R1). Outcomes and contrasts of the family are the
    variable."""

    population: str = Field(description="the people that the question is about, e.g. adults with a depressive episode")
    treatments: str | None = Field(default=None, description="the treatments, or conditions, that are compared")
    variable: str | None = Field(default=None, description="the variable in words; the family's outcomes if left out")
    intercurrent_events: tuple[IntercurrentEvent, ...] = Field(
        description="events after the start with their strategies, e.g. [{event: stopped early, strategy:"
        " treatment_policy}]; [] where none is expected"
    )
    summary: str = Field(description="the measure for the population, e.g. difference of mean change")


class Family(Definition):
    """Tests that are adjusted for multiplicity together: the given outcomes in the given contrasts."""

    family: Code = Field(description="a code such as main_outcomes")
    role: Role = Field(description="primary, secondary or exploratory")
    outcomes: tuple[Code, ...] = Field(min_length=1, description="the scales whose changes are tested together")
    contrasts: tuple[ContrastId, ...] = Field(
        default=(), description="the contrasts of these tests; all of the protocol's if left out"
    )
    compares: Literal["waves", "groups", "groups_adjusted", "repeated_measures", "growth"] = Field(
        default="waves",
        description="what is tested: waves (change of everybody; default), groups (difference of change between groups),"
        " groups_adjusted (the same, adjusted for the baseline score, and for covariates where groups declare them),"
        " repeated_measures (the same in the mixed model of all waves) or growth (difference of slopes between groups)",
    )
    estimand: Estimand | None = Field(
        default=None,
        description="what is to be estimated: population, treatments, variable, intercurrent_events, summary (ICH E9(R1))",
    )


class Plan(Definition):
    """The analysis plan. Without one, all tests are exploratory and none is adjusted."""

    headline: EffectSizeName = Field(
        default="d_baseline", description="the effect size that tables print, e.g. d_baseline or g_av"
    )
    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="the error rate of a family of tests, e.g. 0.05")
    norm_margin: float | None = Field(
        default=None, gt=0, description="within how many of the norm's SDs a mean counts as similar to its norm, e.g. 0.5"
    )
    seed: int = Field(default=1, ge=0, description="the seed of resampling and imputation, a whole number")
    resamples: int = Field(
        default=9999, ge=999, le=99999, description="how many resamples the bootstrap and permutations draw"
    )
    imputations: int = Field(default=50, ge=5, le=1000, description="how many data sets multiple imputation completes")
    families: tuple[Family, ...] = Field(default=(), description="the families of tests")

    def families_of(self, compares: str) -> tuple[Family, ...]:
        """The families whose tests compare waves, groups, or groups after adjustment."""
        return tuple(family for family in self.families if family.compares == compares)

    @model_validator(mode="after")
    def _unique_families(self) -> "Plan":
        codes = [family.family for family in self.families]
        if duplicates := [code for code in codes if codes.count(code) > 1]:
            raise ValueError(f"family {duplicates[0]} is declared twice")
        return self
