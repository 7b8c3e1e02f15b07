"""What comparisons of groups are computed under beside the assumption that scores are missing at random.

Belongs here: the declaration under `groups: sensitivity` in study.yaml, and the scenarios that follow from it. Does not
belong here: imputation (statistics/group_imputation.py), numbers (results/sensitivity.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, field_validator, model_validator

from dagster_project.study.base import Definition

ReferenceBased = Literal["jump_to_reference", "copy_increments"]
#: The scenario that the others depart from.
AT_RANDOM = "missing_at_random"
_LABELS = {
    AT_RANDOM: "Missing at random within groups",
    "jump_to_reference": "Jump to reference",
    "copy_increments": "Copy increments in reference",
}


class Sensitivity(Definition):
    """Comparisons of groups with missing scores imputed within each group, and under departures from it."""

    reference_based: tuple[ReferenceBased, ...] = Field(
        default=(),
        description="what becomes of people of other groups after their last score: jump_to_reference (they go on like the"
        " reference group) or copy_increments (they change like it from there on), or both",
    )
    deltas: tuple[float, ...] = Field(
        default=(),
        description="by how much imputed scores at follow-up are taken to be worse than predicted, e.g. [2, 4]; of a measure"
        " without a good end higher, and lower",
    )
    delta_unit: Literal["points", "baseline_sd"] | None = Field(
        default=None, description="what deltas are in: points (of the scale) or baseline_sd (SDs within groups at baseline)"
    )
    delta_groups: Literal["compared", "all"] = Field(
        default="compared",
        description="whose imputed scores deltas and the tipping point shift: compared (all groups but the reference;"
        " default) or all",
    )
    tipping_point: bool = Field(
        default=False, description="true: the smallest delta for the worse at which p of a difference reaches alpha"
    )

    @field_validator("deltas")
    @classmethod
    def _check_deltas(cls, deltas: tuple[float, ...]) -> tuple[float, ...]:
        for order, delta in enumerate(deltas):
            if not 0 < delta < float("inf"):
                raise ValueError(f"a delta of {delta:g}: a delta says by how much worse, and is above 0")
            if delta in deltas[:order]:
                raise ValueError(f"the delta {delta:g} is named twice; name it once")
        return deltas

    @field_validator("reference_based")
    @classmethod
    def _check_methods(cls, methods: tuple[ReferenceBased, ...]) -> tuple[ReferenceBased, ...]:
        for order, method in enumerate(methods):
            if method in methods[:order]:
                raise ValueError(f"{method} is named twice; name it once")
        return methods

    @model_validator(mode="after")
    def _check_unit(self) -> "Sensitivity":
        if self.deltas and self.delta_unit is None:
            raise ValueError("deltas need a unit; add delta_unit: points, or delta_unit: baseline_sd")
        if self.delta_unit is not None and not self.deltas:
            raise ValueError("delta_unit has no deltas to be the unit of; add deltas, or take it out")
        return self

    @property
    def needs_reference(self) -> bool:
        """Whether some of it is about the reference group."""
        return self.without_reference != self

    @property
    def without_reference(self) -> "Sensitivity":
        """The part that is the same whichever group is the reference."""
        shifted = self
        if self.delta_groups == "compared":
            shifted = self.model_copy(update={"deltas": (), "delta_unit": None, "tipping_point": False})
        return shifted.model_copy(update={"reference_based": ()})


@dataclass(frozen=True)
class Scenario:
    """What missing scores are taken to be. scenario: its name in results, in their category. method: of imputation. delta:
    in the declared unit, by which imputed scores at follow-up are shifted, 0 where they are not; sign: of that shift on the
    scale, 1 up and -1 down."""

    scenario: str
    label: str
    method: str
    delta: float = 0.0
    sign: int = 1


def scenarios_of(sensitivity: Sensitivity, better_sign: int) -> tuple[Scenario, ...]:
    """The scenarios of a measure, missing at random first. better_sign: 1 where a higher score is better, -1 where a lower
    one is, 0 where neither is: deltas then go both ways."""
    methods = (AT_RANDOM, *sensitivity.reference_based)
    is_in_sds = sensitivity.delta_unit == "baseline_sd"
    shifts = [
        Scenario(
            f"{word}_{delta:.10g}".replace(".", "_"),
            f"{delta:.10g} {'SD' if is_in_sds else 'point' if delta == 1 else 'points'} {word}",
            AT_RANDOM,
            delta,
            sign,
        )
        for delta in sensitivity.deltas
        for word, sign in directions_of(better_sign)
    ]
    return (*(Scenario(method, _LABELS[method], method) for method in methods), *shifts)


def directions_of(better_sign: int) -> tuple[tuple[str, int], ...]:
    """In which directions imputed scores are shifted: a word, and the sign of the shift."""
    return (("worse", -better_sign),) if better_sign else (("higher", 1), ("lower", -1))


def all_scenarios(sensitivity: Sensitivity, better_signs: Iterable[int]) -> tuple[Scenario, ...]:
    """The scenarios of several measures, each name once."""
    scenarios = {
        scenario.scenario: scenario
        for better_sign in sorted(set(better_signs), key=abs, reverse=True)
        for scenario in scenarios_of(sensitivity, better_sign)
    }
    return tuple(scenarios.values())
