"""Propositions: what propositions.yaml may say. Claims over results, codes of interviews, and what people judged of both.

Belongs here: models of the declarations, and checking them against the study. Does not belong here: judging a claim
(claims.py), reading interviews (segments/).
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from dagster_project.study import Code, ContrastId, Definition, EffectSize, Study, WaveId, read_definition
from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.segments import Interviews

Verdict = Literal["convergent", "complementary", "divergent", "silent"]


class ChangeCondition(Definition):
    """A change from one wave to another: which way, and whether its interval excludes zero."""

    kind: Literal["change"]
    scales: tuple[Code, ...] = Field(default=(), description="scale codes, e.g. [wellbeing]")
    services: tuple[Code, ...] = Field(default=(), description="service codes, e.g. [gp]; their use counts instead")
    contrasts: tuple[ContrastId, ...] = Field(min_length=1, description="contrasts of the protocol, e.g. [T1-T2]")
    direction: Literal["falls", "rises", "either"] = Field(
        default="either", description="falls or rises from the earlier to the later wave, or either"
    )
    interval: Literal["excludes_zero", "includes_zero"] | None = Field(
        default=None, description="excludes_zero or includes_zero; left out, the estimate alone decides"
    )
    at_least: float | None = Field(default=None, gt=0, description="the least size of the effect size, e.g. 0.5")
    effect_size: EffectSize | None = Field(default=None, description="which effect size; the plan's headline if left out")

    @model_validator(mode="after")
    def _says_something(self) -> "ChangeCondition":
        if bool(self.scales) == bool(self.services):
            raise ValueError("a change is of scales or of services; name one of the two")
        if self.services and self.at_least is not None:
            raise ValueError("at_least is in effect sizes, which the use of services has none of; leave it out")
        if self.direction == "either" and self.interval is None and self.at_least is None:
            raise ValueError("every change meets this; give direction, interval or at_least")
        return self


_INSIDE = "inside: the whole interval must lie there; left out, the estimate alone decides"


class NormCondition(Definition):
    """Where a mean lies beside its norm, in the norm's SDs. Exactly one of the five places is named."""

    kind: Literal["norm"]
    scales: tuple[Code, ...] = Field(min_length=1, description="scale codes, e.g. [wellbeing]")
    waves: tuple[WaveId, ...] = Field(min_length=1, description="waves of the protocol, e.g. [T1, T2]")
    within: float | None = Field(default=None, gt=0, description="at most so many norm SDs away, e.g. 0.5")
    above: float | None = Field(default=None, ge=0, description="more than so many norm SDs above")
    below: float | None = Field(default=None, ge=0, description="more than so many norm SDs below")
    worse_by: float | None = Field(default=None, ge=0, description="more than so many norm SDs on the bad side")
    not_worse_by: float | None = Field(default=None, ge=0, description="no more than so many norm SDs on the bad side")
    interval: Literal["inside"] | None = Field(default=None, description=_INSIDE)

    @property
    def place(self) -> tuple[str, float]:
        """The place that is named, and how many norm SDs."""
        names = ("within", "above", "below", "worse_by", "not_worse_by")
        return next((name, getattr(self, name)) for name in names if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _one_place(self) -> "NormCondition":
        named = [one for one in (self.within, self.above, self.below, self.worse_by, self.not_worse_by) if one is not None]
        if len(named) != 1:
            raise ValueError(f"{len(named)} places are named; give one of within, above, below, worse_by, not_worse_by")
        return self


class LevelCondition(Definition):
    """A result between bounds. Without bounds it cannot be tested, and `because` says why there are none."""

    kind: Literal["level"]
    results: tuple[str, ...] = Field(min_length=1, description="result ids, e.g. [service_use/gp/T1/percent]")
    at_least: float | None = Field(default=None, description="the lowest value that fits")
    at_most: float | None = Field(default=None, description="the highest value that fits")
    interval: Literal["inside"] | None = Field(default=None, description=_INSIDE)
    because: str | None = Field(default=None, description="where the bounds come from, or why there are none")

    @model_validator(mode="after")
    def _is_reasoned(self) -> "LevelCondition":
        if self.because is None:
            raise ValueError("say under because where the bounds come from, or why there are none")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"nothing is at least {self.at_least:g} and at most {self.at_most:g}; correct one of the two")
        return self

    @field_validator("results")
    @classmethod
    def _are_ids(cls, results: tuple[str, ...]) -> tuple[str, ...]:
        for one in results:
            if "/" not in one.strip("/") or len(one.split()) != 1:
                raise ValueError(f"{one!r} is no result id; ids are parts with / between, as service_use/gp/T1/percent")
        return results


Condition = Annotated[ChangeCondition | NormCondition | LevelCondition, Field(discriminator="kind")]


class Claim(Definition):
    """One sentence over numbers. It holds where all its numbers bear it out, or most of them where it says so."""

    claim: Code = Field(description="a code such as wellbeing_falls")
    statement: str = Field(min_length=1, description="the sentence, in the study's own words")
    assumption: str | None = Field(default=None, description="what the sentence leaves open and was decided here")
    conditions: tuple[Condition, ...] = Field(min_length=1, description="what must hold of the results")
    holds_for: Literal["all", "most"] = Field(
        default="all", description="all, or most (more than half) of the numbers, for a sentence that says generally"
    )


class Judgement(Definition):
    """What a person made of numbers and interviews beside each other."""

    verdict: Verdict = Field(description="convergent, complementary, divergent or silent")
    judged_by: str = Field(min_length=1, description="who judged")
    judged_on: date = Field(description="when, e.g. 2022-05-31")
    memo: str | None = Field(default=None, description="why; a divergent verdict needs one")
    evidence: str | None = Field(
        default=None, description="the mark of the evidence that was judged, as the joint display prints it; in quotes"
    )

    @model_validator(mode="after")
    def _divergence_is_explained(self) -> "Judgement":
        if self.verdict == "divergent" and not self.memo:
            raise ValueError("a divergent verdict needs a memo; say what was made of the divergence")
        return self


class Proposition(Definition):
    """A sentence of the synthesis, the claims it rests on, and the codes of the interviews that speak of it."""

    proposition: Code = Field(description="a code such as wellbeing_stays_good")
    statement: str = Field(min_length=1, description="the proposition, in the study's own words")
    claims: tuple[Claim, ...] = Field(default=(), description="what the numbers would have to show")
    codes: tuple[str, ...] = Field(
        default=(), description="names of the interviews' codes; `Team > Positive` where several are called Positive"
    )
    interviews: str | None = Field(default=None, description="what the interviews say, in the study's own words")
    quotes: tuple[str, ...] = Field(default=(), description="ids of segments that may be quoted")
    judgement: Judgement | None = Field(default=None, description="what people made of both")


class PropositionFile(Definition):
    """propositions.yaml"""

    note: str | None = Field(default=None, description="what readers of the joint display must know")
    interviews: tuple[Interviews, ...] = Field(default=(), description="files of coded segments, with who and when")
    propositions: tuple[Proposition, ...] = Field(min_length=1, description="the propositions, in order")

    @model_validator(mode="after")
    def _distinct(self) -> "PropositionFile":
        names = [one.proposition for one in self.propositions]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"proposition {twice[0]} is declared twice")
        for one in self.propositions:
            claims = [claim.claim for claim in one.claims]
            if twice := [name for name in claims if claims.count(name) > 1]:
                raise ValueError(f"proposition {one.proposition}: claim {twice[0]} is declared twice")
        return self


def read_propositions(study: Study) -> PropositionFile | None:
    """The study's propositions, or None when it declares none: no file, or one of comments alone.

    Raises StudyError or SynthesisError with one line: file, proposition and claim, value, cure.
    """
    file = study.folder / "propositions.yaml"
    if not file.exists() or _is_comments(file):
        return None
    declared = read_definition(file, PropositionFile)
    waves = [wave.wave for wave in study.protocol.waves]
    for interviews in declared.interviews:
        if not (study.folder / interviews.file).is_file():
            raise SynthesisError(f"{file}: interviews: {interviews.file}: there is no such file; correct the path")
        said = [("wave", interviews.wave)] if interviews.wave is not None else []
        said += [(f"waves: {label}", wave) for label, wave in interviews.waves.items()]
        said += [(f"wave_sets: {name}", wave) for name, wave in interviews.wave_sets.items()]
        for key, wave in said:
            if wave not in waves:
                raise SynthesisError(
                    f"{file}: interviews: {interviews.file}: {key}: {wave!r} is no wave; the waves are {', '.join(waves)}"
                )
    for proposition in declared.propositions:
        for claim in proposition.claims:
            for condition in claim.conditions:
                if problem := _problem(condition, study):
                    raise SynthesisError(f"{file}: {proposition.proposition}, {claim.claim}: {problem}")
    return declared


def _is_comments(file: Path) -> bool:
    """Whether a file says nothing yet, as `wavehouse new` writes it."""
    lines = file.read_bytes().decode("utf-8-sig", "replace").splitlines()
    return any(lines) and all(line.lstrip().startswith("#") for line in lines if line.strip())


def _problem(condition: Condition, study: Study) -> str | None:
    """What a condition names that the study does not have."""
    if isinstance(condition, LevelCondition):
        return None
    protocol = study.protocol
    if stray := [one for one in condition.scales if one not in study.scales]:
        return f"{stray[0]!r} is no scale of any instrument; the scales are {', '.join(study.scales)}"
    if isinstance(condition, NormCondition):
        waves = [wave.wave for wave in protocol.waves]
        if stray := [one for one in condition.waves if one not in waves]:
            return f"{stray[0]!r} is no wave of the protocol; the waves are {', '.join(waves)}"
        return None
    services = [one.service for one in protocol.service_use.services] if protocol.service_use else []
    if stray := [one for one in condition.services if one not in services]:
        return f"{stray[0]!r} is no service of the protocol; the services are {', '.join(services) or 'none'}"
    contrasts = [one.contrast for one in protocol.contrasts]
    if stray := [one for one in condition.contrasts if one not in contrasts]:
        return f"{stray[0]!r} is no contrast of the protocol; the contrasts are {', '.join(contrasts) or 'none'}"
    return None
