"""Waves and contrasts, as study.yaml declares them. Does not belong here: for whom a wave is planned (planned.py)."""

from typing import Literal

from pydantic import Field

from dagster_project.languages import gettext
from dagster_project.study.base import ContrastId, Definition, WaveId
from dagster_project.study.growth import VisitWindow
from dagster_project.study.planned import PlannedFor


class Wave(PlannedFor):
    """A planned time point."""

    wave: WaveId = Field(description="the wave's id, e.g. T1")
    label: str = Field(description="what the wave is, in a few words")
    #: May stand under `months` instead (once.py).
    month: float = Field(description="the planned month, a number, e.g. 4")
    window_days: int = Field(default=42, gt=0, description="for how many days from then on the wave is open (default 42)")
    days_from_baseline: VisitWindow | None = Field(
        default=None, description="the visit window in days from the person's baseline: {earliest: 70, latest: 110}"
    )


class Contrast(Definition):
    """An ordered pair of waves with a declared direction."""

    contrast: ContrastId = Field(description="an id such as T1-T2")
    baseline: WaveId = Field(description="the earlier wave")
    followup: WaveId = Field(description="the later wave")
    direction: Literal["baseline_minus_followup", "followup_minus_baseline"] = Field(
        description="baseline_minus_followup (a positive change is a fall) or followup_minus_baseline"
    )

    @property
    def baseline_sign(self) -> int:
        """The sign with which the baseline counts in a change: change = sign * (baseline - follow-up)."""
        return 1 if self.direction == "baseline_minus_followup" else -1

    @property
    def in_words(self) -> str:
        """The declared direction, e.g. 'T1 minus T2'."""
        first, second = (self.baseline, self.followup)[:: self.baseline_sign]
        return gettext("{first} minus {second}", first=first, second=second)
