"""Growth over time, and the days on which waves are answered: their declaration in study.yaml.

Belongs here: what time a model of growth counts in, each wave's visit window in days from a person's baseline, and whether
both fit the exports. Does not belong here: when a wave is open by the calendar (windows.py); what is computed
(results/growth.py, results/answer_days.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import Field, model_validator

from dagster_project.languages import gettext, gettext_noop, translate
from dagster_project.study.base import Definition

TimeUnit = Literal["days", "weeks", "months", "years"]
DAYS_PER_UNIT: Mapping[str, float] = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12, "years": 365.25}
#: A day that lies farther from the planned one than this, or than half the time planned from baseline, is a slip more often
#: than a late answer.
_FAR_OFF_DAYS = 180
_DF_WORDS = {
    "satterthwaite": gettext_noop("Satterthwaite's degrees of freedom"),
    "kenward_roger": gettext_noop("Kenward and Roger's standard errors and degrees of freedom"),
}
#: A line of one's own, beside errors about it, needs scores at three times.
_LEAST_WAVES = 3


class VisitWindow(Definition):
    """The days after their own answer to the first wave on which people are to answer a wave, both ends included."""

    earliest: int = Field(ge=0, description="the first day of the visit window, in days from the person's baseline, e.g. 70")
    latest: int = Field(ge=0, description="the last day of the visit window, in days from the person's baseline, e.g. 110")

    @model_validator(mode="after")
    def _in_order(self) -> "VisitWindow":
        if self.earliest > self.latest:
            raise ValueError(f"earliest {self.earliest} is after latest {self.latest}; exchange them")
        return self


class Growth(Definition):
    """The model of linear growth: scores over time, with a line of each group and lines of people's own."""

    time: Literal["answered_on", "planned"] = Field(
        description="answered_on (days from the person's answer to the first wave) or planned (the waves' months, from the"
        " first wave's)"
    )
    unit: TimeUnit = Field(description="what slopes are per: days, weeks, months (365.25/12 days) or years (365.25 days)")

    df: Literal["satterthwaite", "kenward_roger"] = Field(
        default="satterthwaite",
        description="degrees of freedom: satterthwaite (default), or kenward_roger, with their standard errors",
    )
    covariate_effects: Literal["level", "level_and_slope"] = Field(
        default="level",
        description="what the covariates of groups move in the model adjusted for them: level (of all waves alike; default)"
        " or level_and_slope (the change per unit of time, too)",
    )

    @property
    def keys_not_of_plan(self) -> set[str]:
        """Keys that say nothing about the plan: those that are as they are without a declaration."""
        return {name for name, field in type(self).model_fields.items() if getattr(self, name) == field.default}

    @property
    def days_per_unit(self) -> float:
        return DAYS_PER_UNIT[self.unit]

    def planned_time(self, months: float) -> float:
        """Planned months from the first wave, in the unit."""
        return months * DAYS_PER_UNIT["months"] / self.days_per_unit

    @property
    def df_in_words(self) -> str:
        """The degrees of freedom, as methods name them."""
        return gettext(_DF_WORDS[self.df])

    @property
    def unit_word(self) -> str:
        """The unit in the singular."""
        return translate(self.unit.removesuffix("s"))

    @property
    def time_in_words(self) -> str:
        """What time is, for methods and notes."""
        if self.time == "planned":
            return gettext("planned {unit} from the first wave", unit=translate(self.unit))
        return gettext("{unit} from the day on which the person answered the first wave", unit=translate(self.unit))


def planned_days(months: float) -> float:
    """Planned months from the first wave, in days."""
    return months * DAYS_PER_UNIT["months"]


def far_off_days(months: float) -> float:
    """How many days an answer may lie from the planned day before it is far off. months: planned, from the first wave."""
    return max(float(_FAR_OFF_DAYS), planned_days(months) / 2)


def growth_error(
    growth: Growth | None, windows: Mapping[str, VisitWindow | None], dated_waves: Iterable[str], has_scales: bool
) -> str | None:
    """What is wrong with the declarations, in one line, or None.

    windows: of each wave, in order. dated_waves: those of which an export says when it was answered.
    """
    waves, dated = list(windows), set(dated_waves)
    with_window = [wave for wave, visit_window in windows.items() if visit_window is not None]
    if waves[0] in with_window:
        return f"wave {waves[0]} is the baseline, day 0 of everybody; take days_from_baseline out of it"
    if with_window and (line := _undated((waves[0], *with_window), dated, "days_from_baseline")) is not None:
        return line
    if growth is None:
        return None
    if not has_scales:
        return "growth is of scores or numbers, and the study follows none; take growth out"
    if len(waves) < _LEAST_WAVES:
        count = "1 wave" if len(waves) == 1 else f"{len(waves)} waves"
        return f"growth needs scores at three times, and the study has {count}; take growth out"
    return _undated(waves, dated, "growth with time: answered_on") if growth.time == "answered_on" else None


def _undated(waves: Sequence[str], dated: set[str], reader: str) -> str | None:
    """The first wave whose exports do not say when it was answered, as a refusal. reader: what asks for that."""
    wave = next((wave for wave in waves if wave not in dated), None)
    cure = "declare answered_on, the column with that day, in its export, or take the key out"
    return None if wave is None else f"{reader} needs the day on which people answered {wave}; {cure}"
