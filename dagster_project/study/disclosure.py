"""What the public release may show: the declaration under `disclosure` in study.yaml.

Belongs here: the keys, their defaults. Does not belong here: what is hidden in a study (disclosure/).
"""

from typing import Literal

from pydantic import Field, model_validator

from dagster_project.study.base import Definition

_PROTECTION = 4


class Disclosure(Definition):
    """How few people a number of the public release may be about. Everything has a safe default."""

    minimum: int = Field(
        default=10, ge=3, le=1000, description="counts, means and SDs of fewer people than this are hidden (default 10)"
    )
    round_to: int = Field(
        default=5, ge=1, le=100, description="counts are rounded to multiples of this; 1 rounds nothing (default 5)"
    )
    rounding: Literal["nearest", "random"] = Field(
        default="nearest",
        description="whether counts are rounded to the nearest multiple, or up or down by chance, with a seed from the"
        " study's key, so that the same count of the same cell is always rounded alike (nearest or random)",
    )
    protection: int | None = Field(
        default=None,
        ge=1,
        description="how wide, in people, the interval must be at least to which anybody could narrow down a count below"
        " minimum from all that is public; left out, 4, or minimum - 2 where that is less",
    )
    zeros: Literal["hidden", "shown"] = Field(
        default="hidden", description="whether a count of nobody is hidden like other small counts, or shown (hidden, shown)"
    )
    dominance: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="the share of a sum that one person may have at most; beyond it mean and SD are hidden (default 0.5)",
    )
    keeps: Literal["change", "levels"] = Field(
        default="change",
        description="what stays where the means of the waves and the means of change together would give away the few people"
        " who are in one and not in the other (change or levels)",
    )
    edition: int = Field(
        default=1,
        ge=1,
        description="another number starts anew, without regard to what earlier public releases showed; what both give away"
        " together is then nobody's promise",
    )

    @property
    def least_width(self) -> int:
        """The protection: as declared, or what can be promised of every small count."""
        return min(_PROTECTION, self.minimum - 2) if self.protection is None else self.protection

    @model_validator(mode="after")
    def _possible(self) -> "Disclosure":
        if self.least_width > self.minimum - 2:
            raise ValueError(
                f"protection {self.protection} cannot be kept: a hidden count is known to be below minimum {self.minimum};"
                f" declare at most {self.minimum - 2}"
            )
        return self
