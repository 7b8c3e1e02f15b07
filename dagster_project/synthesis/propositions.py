"""Propositions: what propositions.yaml may contain. Claims about results, codes of interviews, and judgements of both.

Belongs here: models of the declarations, and checking them against the study. Does not belong here: judging a claim
(claims.py), reading interviews (segments/).
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from dagster_project.readable_files import read_whole
from dagster_project.study import (
    Code,
    ContrastId,
    Definition,
    EffectSizeName,
    Study,
    WaveId,
    read_definition,
    refuse_place_outside,
)
from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.segments import Interviews

Verdict = Literal["convergent", "complementary", "divergent", "silent"]


class ChangeCondition(Definition):
    """A change between two waves: its direction, its size, and whether its confidence interval excludes zero."""

    kind: Literal["change"] = Field(description="change: this condition is about the change between two waves")
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
    effect_size: EffectSizeName | None = Field(
        default=None, description="which effect size; the plan's headline if left out"
    )

    @model_validator(mode="after")
    def _is_restrictive(self) -> "ChangeCondition":
        if bool(self.scales) == bool(self.services):
            raise ValueError("a change is of scales or of services; name one of the two")
        if self.services and self.at_least is not None:
            raise ValueError("at_least is in effect sizes, which the use of services has none of; leave it out")
        if self.direction == "either" and self.interval is None and self.at_least is None:
            raise ValueError("this condition restricts nothing; give direction, interval or at_least")
        return self


_INTERVAL_DESCRIPTION = "inside: the whole interval must lie there; left out, the estimate alone decides"


class NormCondition(Definition):
    """How a mean compares with its norm, in SDs of the norm. Exactly one of the five comparisons is given."""

    kind: Literal["norm"] = Field(description="norm: this condition is about the distance of a mean from its norm")
    scales: tuple[Code, ...] = Field(min_length=1, description="scale codes, e.g. [wellbeing]")
    waves: tuple[WaveId, ...] = Field(min_length=1, description="waves of the protocol, e.g. [T1, T2]")
    sample: Code | None = Field(
        default=None, description="the code of the norm's sample in norms.yaml; the main norm if left out"
    )
    within: float | None = Field(default=None, gt=0, description="at most so many norm SDs away, e.g. 0.5")
    above: float | None = Field(default=None, ge=0, description="more than so many norm SDs above")
    below: float | None = Field(default=None, ge=0, description="more than so many norm SDs below")
    worse_by: float | None = Field(default=None, ge=0, description="more than so many norm SDs on the bad side")
    not_worse_by: float | None = Field(default=None, ge=0, description="no more than so many norm SDs on the bad side")
    interval: Literal["inside"] | None = Field(default=None, description=_INTERVAL_DESCRIPTION)

    @property
    def comparison(self) -> tuple[str, float]:
        """The comparison that is given, and its distance in norm SDs."""
        names = ("within", "above", "below", "worse_by", "not_worse_by")
        return next((name, getattr(self, name)) for name in names if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _has_one_comparison(self) -> "NormCondition":
        values = (self.within, self.above, self.below, self.worse_by, self.not_worse_by)
        distances = [value for value in values if value is not None]
        if len(distances) != 1:
            raise ValueError(
                f"{len(distances)} comparisons are given; give exactly one of within, above, below, worse_by, not_worse_by"
            )
        return self


class LevelCondition(Definition):
    """A result within bounds. Without bounds it cannot be tested; `because` then gives the reason."""

    kind: Literal["level"] = Field(description="level: this condition is about results, named by their ids")
    results: tuple[str, ...] = Field(min_length=1, description="result ids, e.g. [service_use/gp/T1/percent]")
    at_least: float | None = Field(default=None, description="the lowest value that fits")
    at_most: float | None = Field(default=None, description="the highest value that fits")
    interval: Literal["inside"] | None = Field(default=None, description=_INTERVAL_DESCRIPTION)
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
        for result_id in results:
            if "/" not in result_id.strip("/") or len(result_id.split()) != 1:
                raise ValueError(
                    f"{result_id!r} is not a result id; ids are parts with / between, as service_use/gp/T1/percent"
                )
        return results


Condition = Annotated[ChangeCondition | NormCondition | LevelCondition, Field(discriminator="kind")]


class Claim(Definition):
    """A statement about numbers. It is supported where all its numbers support it, or most of them if holds_for is most."""

    claim: Code = Field(description="a code such as wellbeing_falls")
    statement: str = Field(min_length=1, description="the sentence, in the study's own words")
    assumption: str | None = Field(default=None, description="what the sentence leaves open and was decided here")
    conditions: tuple[Condition, ...] = Field(min_length=1, description="what must hold of the results")
    holds_for: Literal["all", "most"] = Field(
        default="all", description="all, or most (more than half) of the numbers, for a sentence that says generally"
    )


class Judgement(Definition):
    """A person's judgement of the numbers and the interviews side by side."""

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
    """A statement of the synthesis, the claims that it rests on, and the interview codes about it."""

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
    propositions: tuple[Proposition, ...] = Field(
        default=(), description="the propositions, in order; may be left out where there are interviews"
    )

    @model_validator(mode="after")
    def _unique_codes(self) -> "PropositionFile":
        if not self.propositions and not self.interviews:
            raise ValueError("there are neither propositions nor interviews; declare some, or comment all of it out")
        codes = [proposition.proposition for proposition in self.propositions]
        if duplicates := [code for code in codes if codes.count(code) > 1]:
            raise ValueError(f"proposition {duplicates[0]} is declared twice")
        for proposition in self.propositions:
            claims = [claim.claim for claim in proposition.claims]
            if duplicates := [claim for claim in claims if claims.count(claim) > 1]:
                raise ValueError(f"proposition {proposition.proposition}: claim {duplicates[0]} is declared twice")
        return self


def read_propositions(study: Study) -> PropositionFile | None:
    """The study's propositions; None without a file, or when the file holds only comments.

    Raises StudyError or SynthesisError with one line: file, proposition and claim, value, remedy.
    """
    file = study.folder / "propositions.yaml"
    if not file.exists() or _is_comments(file):
        return None
    proposition_file = read_definition(file, PropositionFile)
    waves = [wave.wave for wave in study.protocol.waves]
    for interviews in proposition_file.interviews:
        refuse_place_outside(study.folder, interviews.file, f"{file}: interviews")
        if not (study.folder / interviews.file).is_file():
            raise SynthesisError(f"{file}: interviews: {interviews.file}: there is no such file; correct the path")
        wave_references = [("wave", interviews.wave)] if interviews.wave is not None else []
        wave_references += [(f"waves: {label}", wave) for label, wave in interviews.waves.items()]
        wave_references += [(f"wave_sets: {name}", wave) for name, wave in interviews.wave_sets.items()]
        for key, wave in wave_references:
            if wave not in waves:
                raise SynthesisError(
                    f"{file}: interviews: {interviews.file}: {key}: {wave!r} is not a wave; the waves are {', '.join(waves)}"
                )
    for proposition in proposition_file.propositions:
        for claim in proposition.claims:
            for condition in claim.conditions:
                if problem := _problem(condition, study):
                    raise SynthesisError(f"{file}: {proposition.proposition}, {claim.claim}: {problem}")
    return proposition_file


def _is_comments(file: Path) -> bool:
    """Whether a file holds only comments, as `wavehouse new` writes it."""
    lines = read_whole(file, "definition_bytes", refusal=SynthesisError).decode("utf-8-sig", "replace").splitlines()
    return any(lines) and all(line.lstrip().startswith("#") for line in lines if line.strip())


def _problem(condition: Condition, study: Study) -> str | None:
    """What is wrong with a condition: a scale, wave, service or contrast that the study does not have."""
    if isinstance(condition, LevelCondition):
        return None
    protocol = study.protocol
    if unknown := [scale for scale in condition.scales if scale not in study.scales]:
        return f"{unknown[0]!r} is not a scale of any instrument; the scales are {', '.join(study.scales)}"
    if isinstance(condition, NormCondition):
        waves = [wave.wave for wave in protocol.waves]
        if unknown := [wave for wave in condition.waves if wave not in waves]:
            return f"{unknown[0]!r} is not a wave of the protocol; the waves are {', '.join(waves)}"
        samples = [sample.sample for sample in study.norms.samples]
        if condition.sample is not None and condition.sample not in samples:
            return f"{condition.sample!r} is not a sample of norms.yaml; its samples are {', '.join(samples) or 'none'}"
        without_end = [scale for scale in condition.scales if not study.scales[scale][1].better_sign]
        if without_end and condition.comparison[0] in ("worse_by", "not_worse_by"):
            return (
                f"{without_end[0]} has no good end (better: neither), so nobody is worse on it; say within, above or below"
            )
        return None
    services = [service.service for service in protocol.service_use.services] if protocol.service_use else []
    if unknown := [service for service in condition.services if service not in services]:
        return f"{unknown[0]!r} is not a service of the protocol; the services are {', '.join(services) or 'none'}"
    contrasts = [contrast.contrast for contrast in protocol.contrasts]
    if unknown := [contrast for contrast in condition.contrasts if contrast not in contrasts]:
        return f"{unknown[0]!r} is not a contrast of the protocol; the contrasts are {', '.join(contrasts) or 'none'}"
    return None
