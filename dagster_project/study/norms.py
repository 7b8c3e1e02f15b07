"""Norms: published means, SDs and percentiles of a reference population or of its strata, with source and sample size.

Belongs here: the norm file's model, which of several norms is a scale's main one, and what results call the others. Does not
belong here: what a stratum is (strata.py), whether norms fit the study (norm_checks.py), comparing anything with a norm
(that is statistics/).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from dagster_project.languages import gettext, plain
from dagster_project.study.base import Code, Definition
from dagster_project.study.percentiles import Percentiles
from dagster_project.study.strata import NumberTime, Stratum

#: What stands for a stratum where a norm is of all people of its sample.
ALL_PEOPLE = "all"


class NormSample(Definition):
    """The people a norm was taken from."""

    sample: Code = Field(description="a code for the sample")
    instrument: Code = Field(description="the instrument the sample answered")
    n: int | None = Field(default=None, ge=2, description="how many people (an SD needs two), or leave out if unknown")
    population: str = Field(description="who they are")
    source: str = Field(description="a citation")
    healthy: bool | None = Field(
        default=None,
        description="true where they stand for people without the problem, so that coming closer to them than to the study's"
        " people at baseline is recovery; false where they do not",
    )
    strata: tuple[Stratum, ...] = Field(
        default=(), description="by what the roster says of people: the parts that have norms"
    )
    number_at: dict[Code, NumberTime] = Field(
        default={},
        description="when each number among the strata is taken, e.g. {age: as_listed}: as_listed (the roster's, in all"
        " waves), answered_on (with the time between a person's own answers) or month (with the planned months)",
    )
    uncovered: Literal["count"] | None = Field(
        default=None, description="count: people whom no stratum covers are counted, and have no norm"
    )


class Norm(Definition):
    """Mean and SD of one scale in a norm sample, in the scale's own units."""

    scale: Code = Field(description="the scale's code")
    sample: Code = Field(description="the code of a sample listed under samples")
    stratum: Code | None = Field(default=None, description="a stratum of the sample; left out, it is of all its people")
    mean: float = Field(allow_inf_nan=False, description="the sample's mean, a number")
    sd: float = Field(gt=0, allow_inf_nan=False, description="the sample's standard deviation, above 0")
    note: str | None = Field(default=None, description="what a reader must know about this norm")


@dataclass(frozen=True)
class ScaleNorm:
    """A norm of a scale with the people it is of. category: what results about it have in their id; None of the main norm.
    has_others: whether the instrument has other norm samples, so that results must name theirs."""

    norm: Norm
    sample: NormSample
    category: str | None
    has_others: bool

    @property
    def words(self) -> str:
        """Who the norm is of, and its source."""
        return f"{self.sample.population} ({self.sample.source})"

    @property
    def method_end(self) -> str:
        """What the method of a result adds, where there are several norms that it could be about."""
        return f"; norm: {self.words}" if self.has_others else ""


class NormLimit(Definition):
    """A T score or a percentile from which on, or up to which, people are counted."""

    metric: Literal["t_score", "percentile"] = Field(description="t_score or percentile")
    value: float = Field(allow_inf_nan=False, description="the number that still counts as beyond the limit")
    direction: Literal["at_least", "at_most"] = Field(description="at_least (this or more) or at_most (this or less)")
    meaning: str = Field(description="what people beyond it are called")
    source: str = Field(description="a citation, or the reason")
    scales: tuple[Code, ...] = Field(default=(), description="the scales it is for; all with such norms if left out")

    @property
    def code(self) -> str:
        """What results call it: t_score_at_least_60."""
        return f"{self.metric}_{self.direction}_{self.value:.10g}".replace(".", "_").replace("-", "minus_")

    @property
    def in_words(self) -> str:
        """E.g. 'T of 60 or more: elevated'."""
        name = "T" if self.metric == "t_score" else gettext("percentile")
        fields = {"name": name, "value": plain(self.value), "meaning": self.meaning}
        if self.direction == "at_least":
            return gettext("{name} of {value} or more: {meaning}", **fields)
        return gettext("{name} of {value} or less: {meaning}", **fields)


@dataclass(frozen=True)
class StratumNorm:
    """What somebody of a stratum is compared with. norm: None where a source gives percentiles alone; percentiles: None
    where there are none. stratum: ALL_PEOPLE where the sample is not divided for the scale."""

    stratum: str
    n: int | None
    norm: Norm | None
    percentiles: Percentiles | None


@dataclass(frozen=True)
class PersonNorm:
    """What each person's score of a scale is compared with: the norm of their stratum, or the one of all people. category,
    has_others: as of ScaleNorm. limits: those that people are counted by."""

    scale: str
    sample: NormSample
    strata: tuple[StratumNorm, ...]
    limits: tuple[NormLimit, ...]
    category: str | None
    has_others: bool

    @property
    def is_stratified(self) -> bool:
        return self.strata[0].stratum != ALL_PEOPLE

    @property
    def has_means(self) -> bool:
        """Whether people have T scores."""
        return self.strata[0].norm is not None

    @property
    def has_percentiles(self) -> bool:
        return self.strata[0].percentiles is not None

    @property
    def is_reported(self) -> bool:
        """Whether results are about people's own norm scores; else the mean is compared with the norm, and that is all."""
        return self.is_stratified or self.has_percentiles or bool(self.limits)

    def category_of(self, code: str) -> str:
        """What results about a limit or a stratum of it have in their id."""
        return code if self.category is None else f"{self.category}-{code}"

    @property
    def words(self) -> str:
        """Who the norm is of, and its source."""
        return f"{self.sample.population} ({self.sample.source})"


class NormFile(Definition):
    """norms.yaml"""

    samples: tuple[NormSample, ...] = Field(default=(), description="the norm samples")
    norms: tuple[Norm, ...] = Field(default=(), description="one entry a scale, sample and stratum")
    percentiles: tuple[Percentiles, ...] = ()
    limits: tuple[NormLimit, ...] = Field(
        default=(), description="T scores and percentiles from which on people are counted"
    )
    main: dict[Code, Code] = Field(
        default={},
        description="of each instrument with several samples the one whose norms are the main ones, e.g. {phq9: adults}",
    )

    @model_validator(mode="after")
    def _consistent(self) -> "NormFile":
        codes = [sample.sample for sample in self.samples]
        if duplicates := [code for code in codes if codes.count(code) > 1]:
            raise ValueError(f"samples: {duplicates[0]!r} stands twice; keep one, or give the other a code of its own")
        self._refuse_repeats()
        for instrument, sample in self.main.items():
            samples = self._samples_of.get(instrument, ())
            if not samples:
                raise ValueError(f"main: {instrument!r} is the instrument of no sample; take it out or correct it")
            if sample not in samples:
                raise ValueError(f"main: {sample!r} is no sample of {instrument}; its samples are {', '.join(samples)}")
        for instrument, samples in self._samples_of.items():
            if len(samples) > 1 and instrument not in self.main:
                raise ValueError(
                    f"main: {instrument} has the norm samples {', '.join(samples)}; which of them is the main norm, which"
                    f" tables and sentences compare with? Write it, e.g. main: {{{instrument}: {samples[0]}}}"
                )
        return self

    def _refuse_repeats(self) -> None:
        entries = (("norms", self.norms), ("percentiles", self.percentiles))
        for key, of_key in entries:
            codes = [(entry.scale, entry.sample, entry.stratum) for entry in of_key]
            if repeats := [code for code in codes if codes.count(code) > 1]:
                scale, sample, stratum = repeats[0]
                of_stratum = "" if stratum is None else f", stratum {stratum!r}"
                two = "norms" if key == "norms" else "tables of percentiles"
                raise ValueError(f"{key}: scale {scale!r} has two {two} of sample {sample!r}{of_stratum}; keep one")
        limit_codes = [limit.code for limit in self.limits]
        if repeated_limits := [code for code in limit_codes if limit_codes.count(code) > 1]:
            raise ValueError(f"limits: {repeated_limits[0]} stands twice; keep one, and list its scales")

    @property
    def _samples_of(self) -> dict[str, tuple[str, ...]]:
        """The codes of samples by instrument."""
        samples: dict[str, tuple[str, ...]] = {}
        for sample in self.samples:
            samples[sample.instrument] = (*samples.get(sample.instrument, ()), sample.sample)
        return samples

    def of_scale(self, scale: str) -> tuple[ScaleNorm, ...]:
        """The norms of a scale, its main norm first if it has one, the others in the order of the file."""
        samples = {sample.sample: sample for sample in self.samples}
        entries = []
        for norm in self.norms:
            if norm.scale == scale and norm.stratum is None:
                sample = samples[norm.sample]
                has_others = len(self._samples_of[sample.instrument]) > 1
                entries.append(ScaleNorm(norm, sample, self.category_of(sample), has_others))
        return tuple(sorted(entries, key=lambda entry: entry.category is not None))

    def main_of(self, scale: str) -> ScaleNorm | None:
        """The main norm of a scale; None where it has none."""
        return next((entry for entry in self.of_scale(scale) if entry.category is None), None)

    def of_people(self, scale: str) -> tuple[PersonNorm, ...]:
        """What each person's score of a scale is compared with, by sample, that of the main norm first."""
        scale_norms = [*self._person_norms(scale)]
        return tuple(sorted(scale_norms, key=lambda entry: entry.category is not None))

    def _person_norms(self, scale: str) -> Iterator[PersonNorm]:
        for sample in self.samples:
            norms = {norm.stratum: norm for norm in self.norms if (norm.scale, norm.sample) == (scale, sample.sample)}
            tables = {
                table.stratum: table for table in self.percentiles if (table.scale, table.sample) == (scale, sample.sample)
            }
            if not norms and not tables:
                continue
            strata: tuple[StratumNorm, ...] = (StratumNorm(ALL_PEOPLE, sample.n, norms.get(None), tables.get(None)),)
            if any(stratum is not None for stratum in (*norms, *tables)):
                strata = tuple(
                    StratumNorm(
                        stratum.stratum, stratum.n, norms.get(stratum.stratum, norms.get(None)),
                        tables.get(stratum.stratum, tables.get(None)),
                    )
                    for stratum in sample.strata
                )  # fmt: skip
            has_others = len(self._samples_of[sample.instrument]) > 1
            metrics = {
                *(["t_score"] if strata[0].norm is not None else []),
                *(["percentile"] if strata[0].percentiles is not None else []),
            }
            limits = tuple(
                limit for limit in self.limits if limit.metric in metrics and (not limit.scales or scale in limit.scales)
            )
            yield PersonNorm(scale, sample, strata, limits, self.category_of(sample), has_others)

    def category_of(self, sample: NormSample) -> str | None:
        """What results about a sample have in their id: nothing where it is its instrument's main or only one."""
        return None if self.main.get(sample.instrument, sample.sample) == sample.sample else sample.sample
