"""Norms: published means and SDs of a reference population, with source and sample size.

Belongs here: the norm file's model, which of several norms is a scale's main one, and what results call the others. Does not
belong here: comparing anything with a norm (that is statistics/).
"""

from dataclasses import dataclass

from pydantic import Field, model_validator

from dagster_project.study.base import Code, Definition


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


class Norm(Definition):
    """Mean and SD of one scale in a norm sample, in the scale's own units."""

    scale: Code = Field(description="the scale's code")
    sample: Code = Field(description="the code of a sample listed under samples")
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


class NormFile(Definition):
    """norms.yaml"""

    samples: tuple[NormSample, ...] = Field(default=(), description="the norm samples")
    norms: tuple[Norm, ...] = Field(default=(), description="one entry a scale and sample")
    main: dict[Code, Code] = Field(
        default={},
        description="of each instrument with several samples the one whose norms are the main ones, e.g. {phq9: adults}",
    )

    @model_validator(mode="after")
    def _consistent(self) -> "NormFile":
        codes = [sample.sample for sample in self.samples]
        if duplicates := [code for code in codes if codes.count(code) > 1]:
            raise ValueError(f"samples: {duplicates[0]!r} stands twice; keep one, or give the other a code of its own")
        pairs = [(norm.scale, norm.sample) for norm in self.norms]
        if duplicate_pairs := [pair for pair in pairs if pairs.count(pair) > 1]:
            scale, sample = duplicate_pairs[0]
            raise ValueError(f"norms: scale {scale!r} has two norms of sample {sample!r}; keep one")
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
            if norm.scale == scale:
                sample = samples[norm.sample]
                has_others = len(self._samples_of[sample.instrument]) > 1
                entries.append(ScaleNorm(norm, sample, self.category_of(sample), has_others))
        return tuple(sorted(entries, key=lambda entry: entry.category is not None))

    def main_of(self, scale: str) -> ScaleNorm | None:
        """The main norm of a scale; None where it has none."""
        return next((entry for entry in self.of_scale(scale) if entry.category is None), None)

    def category_of(self, sample: NormSample) -> str | None:
        """What results about a sample have in their id: nothing where it is its instrument's main or only one."""
        return None if self.main.get(sample.instrument, sample.sample) == sample.sample else sample.sample
