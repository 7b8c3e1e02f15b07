"""Whether norms fit the study: samples, scales, strata by the roster's variables, percentiles, limits.

Belongs here: what is wrong between norms.yaml and the other files, in one line. Does not belong here: the file's model
(norms.py).
"""

from collections.abc import Sequence
from pathlib import Path

from dagster_project.study.errors import StudyError
from dagster_project.study.norms import Norm, NormSample
from dagster_project.study.participants import ParticipantVariable
from dagster_project.study.percentiles import Percentiles
from dagster_project.study.strata import UNITS_OF_TIME, StratumCondition, gaps, overlap, stratum_conditions
from dagster_project.study.study import Study

_MOST_GAPS = 3


def check_norms(study: Study, file: Path) -> None:
    """Raises StudyError with one line that names the file, the key, the value and the remedy."""
    instruments = [instrument.instrument for instrument in study.instruments]
    for index, sample in enumerate(study.norms.samples):
        key = f"{file}: samples[{index}]"
        if sample.instrument not in instruments:
            raise StudyError(
                f"{key}.instrument: {sample.instrument!r} is not an instrument of the study; they are"
                f" {', '.join(instruments)}"
            )
        try:
            _check_strata(study, sample)
        except ValueError as error:
            raise StudyError(f"{key}.{error}") from None
    of_key: tuple[tuple[str, Sequence[Norm | Percentiles]], ...] = (
        ("norms", study.norms.norms),
        ("percentiles", study.norms.percentiles),
    )
    for name, entries in of_key:
        for index, entry in enumerate(entries):
            _check_entry(study, entry, f"{file}: {name}[{index}]")
        _check_completeness(study, entries, f"{file}: {name}")
    _check_percentiles(study, file)
    _check_limits(study, file)


def _check_entry(study: Study, entry: Norm | Percentiles, key: str) -> None:
    samples = {sample.sample: sample for sample in study.norms.samples}
    if entry.scale not in study.scales:
        raise StudyError(
            f"{key}.scale: {entry.scale!r} is not a scale of any instrument; the scales are {', '.join(study.scales)}"
        )
    if entry.sample not in samples:
        raise StudyError(f"{key}.sample: {entry.sample!r} is not listed under samples")
    sample = samples[entry.sample]
    instrument = study.scales[entry.scale][0].instrument
    if instrument != sample.instrument:
        raise StudyError(
            f"{key}.sample: {entry.sample!r} is a sample of {sample.instrument}, and {entry.scale} is a scale of"
            f" {instrument}; list the sample under a code of its own with instrument: {instrument}"
        )
    codes = [stratum.stratum for stratum in sample.strata]
    if entry.stratum is not None and entry.stratum not in codes:
        cure = f"its strata are {', '.join(codes)}" if codes else "it has none; list them under strata of the sample"
        raise StudyError(f"{key}.stratum: {entry.stratum!r} is no stratum of sample {entry.sample}; {cure}")


def _check_completeness(study: Study, entries: Sequence[Norm | Percentiles], key: str) -> None:
    """A scale has an entry in every stratum of a sample, or in none."""
    for sample in study.norms.samples:
        for scale in dict.fromkeys(entry.scale for entry in entries if entry.sample == sample.sample):
            codes = {entry.stratum for entry in entries if (entry.scale, entry.sample) == (scale, sample.sample)}
            lacking = [stratum.stratum for stratum in sample.strata if stratum.stratum not in codes]
            if codes - {None} and lacking:
                raise StudyError(
                    f"{key}: {scale} has an entry of some strata of sample {sample.sample} and none of {lacking[0]}; add"
                    " it, or list the strata that lack it under another sample"
                )


def _check_strata(study: Study, sample: NormSample) -> None:
    """ValueError with the key below the sample, and what is wrong with it."""
    if not sample.strata:
        if sample.number_at or sample.uncovered is not None:
            raise ValueError("strata: there are none, so take number_at and uncovered out")
        return
    variables = {variable.variable: variable for variable in study.protocol.participant_variables}
    conditions: dict[str, tuple[StratumCondition, ...]] = {}
    for index, stratum in enumerate(sample.strata):
        try:
            parts = stratum_conditions(stratum, variables)
        except ValueError as error:
            raise ValueError(f"strata[{index}].{error}") from None
        if stratum.stratum in conditions:
            raise ValueError(f"strata[{index}].stratum: {stratum.stratum!r} stands twice; keep one, or give it another code")
        conditions[stratum.stratum] = parts
        first = next(iter(conditions.values()))
        if {part.variable for part in parts} != {part.variable for part in first}:
            raise ValueError(
                f"strata[{index}].where: {stratum.stratum} is by {_names(parts)}, {sample.strata[0].stratum} by"
                f" {_names(first)}; all strata of a sample are by the same variables"
            )
    concealed = study.protocol.concealed_variable
    if concealed is not None and concealed in sample.strata[0].people:
        raise ValueError(f"strata: {concealed} is concealed until the trial is unblinded; take it out of the strata")
    _check_times(study, sample, [variables[code] for code in sample.strata[0].people])
    if (double := overlap(conditions, variables)) is not None:
        first_code, second_code, people = double
        raise ValueError(f"strata: {first_code} and {second_code} both hold for {people}; change a range or a category")
    uncovered = gaps(conditions, variables)
    if uncovered and sample.uncovered is None:
        further = f" and {len(uncovered) - _MOST_GAPS} more" if len(uncovered) > _MOST_GAPS else ""
        raise ValueError(
            f"strata: no stratum holds for {'; '.join(uncovered[:_MOST_GAPS])}{further}; add a stratum, or write uncovered:"
            " count, where the source has none: these people are then counted and have no norm"
        )


def _names(conditions: Sequence[StratumCondition]) -> str:
    return ", ".join(condition.variable for condition in conditions)


def _check_times(study: Study, sample: NormSample, variables: Sequence[ParticipantVariable]) -> None:
    numbers = {variable.variable: variable for variable in variables if variable.kind == "number"}
    if unknown := [code for code in sample.number_at if code not in numbers]:
        raise ValueError(f"number_at: {unknown[0]!r} is no number among the strata; take it out")
    for code, variable in numbers.items():
        time = sample.number_at.get(code)
        if time is None:
            raise ValueError(
                f"number_at: which {code} decides in later waves? Write number_at: {{{code}: as_listed}} for the roster's"
                f" number in all waves, {{{code}: answered_on}} to add the time between a person's own answers, or"
                f" {{{code}: month}} to add the planned months"
            )
        if time == "as_listed":
            continue
        if variable.unit not in UNITS_OF_TIME:
            raise ValueError(
                f"number_at.{code}: {time}: time is added to a number of {' or '.join(UNITS_OF_TIME)}, and the unit of"
                f" {code} is {variable.unit or 'not said'}; write its unit in study.yaml, or as_listed"
            )
        undated = [
            export.export for export in study.protocol.wave_exports if not export.answered_on and not export.repeat_of
        ]
        if time == "answered_on" and undated:
            raise ValueError(
                f"number_at.{code}: answered_on: export {undated[0]} does not say on which day people answered; declare"
                " answered_on there, or write month or as_listed"
            )


def _check_percentiles(study: Study, file: Path) -> None:
    """Percentiles of a normal distribution need a mean and an SD; those of a table are of scores of the scale."""
    for index, entry in enumerate(study.norms.percentiles):
        instrument, scale = study.scales[entry.scale]
        low, high = instrument.score_range(scale)
        scores = (score for step in entry.steps for score in (step.low, step.high))
        strange_score = next((score for score in scores if scale.has_ends and not low <= score <= high), None)
        if strange_score is not None:
            raise StudyError(
                f"{file}: percentiles[{index}]: {strange_score:g} is no score of {entry.scale}, which goes from {low:g} to"
                f" {high:g}; correct the table, or the scale that it is of"
            )
        has_norm = any(
            (norm.scale, norm.sample) == (entry.scale, entry.sample) and norm.stratum in (None, entry.stratum)
            for norm in study.norms.norms
        ) or (
            entry.stratum is None
            and any((norm.scale, norm.sample) == (entry.scale, entry.sample) for norm in study.norms.norms)
        )
        if entry.normal and not has_norm:
            raise StudyError(
                f"{file}: percentiles[{index}].normal: {entry.scale} has no mean and SD of sample {entry.sample}; give them"
                " under norms, or a table"
            )


def _check_limits(study: Study, file: Path) -> None:
    of_scales = {code: study.norms.of_people(code) for code in study.scales}
    for index, limit in enumerate(study.norms.limits):
        key = f"{file}: limits[{index}]"
        if unknown := [code for code in limit.scales if code not in study.scales]:
            raise StudyError(f"{key}.scales: {unknown[0]!r} is not a scale of any instrument")
        needs = "a mean and an SD" if limit.metric == "t_score" else "percentiles"
        for code in limit.scales or (None,):
            entries = of_scales[code] if code is not None else [entry for scale in of_scales.values() for entry in scale]
            if not any(limit in entry.limits for entry in entries):
                message = f"no scale has a norm with {needs}" if code is None else f"{code} has no norm with {needs}"
                raise StudyError(f"{key}: {message}; give them, or take the limit out")
