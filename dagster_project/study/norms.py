"""Norms: published means and SDs of a reference population, with source and sample size.

Belongs here: the norm file's model. Does not belong here: comparing anything with a norm (that is statistics/).
"""

from pydantic import Field

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
    mean: float = Field(description="the sample's mean")
    sd: float = Field(gt=0, description="the sample's standard deviation")
    note: str | None = Field(default=None, description="what a reader must know about this norm")


class NormFile(Definition):
    """norms.yaml"""

    samples: tuple[NormSample, ...] = Field(default=(), description="the norm samples")
    norms: tuple[Norm, ...] = Field(default=(), description="one entry a scale")
