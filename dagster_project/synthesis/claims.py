"""Judging claims against results: supported, not supported, contradicted, or not testable, and why.

Belongs here: what each kind of condition asks of which results. Does not belong here: what a claim says
(propositions.py), qualitative evidence, layout.

Every condition asks whether a number lies in a region: a change below zero, a distance from the norm of at most half an SD.
The estimate lies in it: supported. Estimate and interval lie outside: contradicted. The estimate lies outside, the interval
reaches in: not supported. A condition on the interval ("excludes zero", "inside") asks it of the interval itself.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dagster_project.results import ResultRow, alike, direction_of, format_number, result_id
from dagster_project.study import Study
from dagster_project.synthesis.propositions import (
    ChangeCondition,
    Claim,
    Condition,
    LevelCondition,
    NormCondition,
    Proposition,
)

#: From the worst to the best: a claim is as good as its worst cell that can be tested.
CONTRADICTED, NOT_SUPPORTED, SUPPORTED, NOT_TESTABLE = "contradicted", "not supported", "supported", "not testable"
VERDICTS = (SUPPORTED, NOT_SUPPORTED, CONTRADICTED, NOT_TESTABLE)
_NAMED = 4


@dataclass(frozen=True)
class JudgedCell:
    """One number that a claim rests on.

    result_ids: the estimate, then the ends of its interval. shown: their text, with the unit. reaches_beyond: the estimate
    lies where the claim says, and part of its interval does not.
    """

    outcome: str
    label: str
    moment: str
    shown: str
    result_ids: tuple[str, ...]
    verdict: str
    reason: str
    reaches_beyond: bool = False


@dataclass(frozen=True)
class JudgedClaim:
    """A claim with its verdict and the cells it was judged by."""

    claim_id: str
    statement: str
    assumption: str | None
    verdict: str
    reason: str
    cells: tuple[JudgedCell, ...]


def judge_claims(proposition: Proposition, results: Mapping[str, ResultRow], study: Study) -> tuple[JudgedClaim, ...]:
    """Every claim of a proposition, judged by the results of this run."""
    return tuple(_judge(proposition, claim, results, study) for claim in proposition.claims)


def _judge(proposition: Proposition, claim: Claim, results: Mapping[str, ResultRow], study: Study) -> JudgedClaim:
    cells = tuple(cell for condition in claim.conditions for cell in _cells(condition, results, study))
    return JudgedClaim(
        claim_id=result_id("claim", proposition.proposition, claim.claim),
        statement=claim.statement,
        assumption=claim.assumption,
        verdict=_verdict(claim, [cell.verdict for cell in cells]),
        reason=_reason(cells),
        cells=cells,
    )


def _verdict(claim: Claim, verdicts: list[str]) -> str:
    """The worst of all numbers, or what most of them say. A claim of which a number is missing is never supported."""
    if claim.holds_for == "most":
        said, count = Counter(verdicts).most_common(1)[0]
        return said if 2 * count > len(verdicts) else NOT_SUPPORTED
    found = next((one for one in (CONTRADICTED, NOT_SUPPORTED) if one in verdicts), SUPPORTED)
    return NOT_TESTABLE if found == SUPPORTED and NOT_TESTABLE in verdicts else found


def _reason(cells: Iterable[JudgedCell]) -> str:
    """How many cells bear the claim out, and what the others say."""
    tested = [cell for cell in cells if cell.verdict != NOT_TESTABLE]
    untested = [cell for cell in cells if cell.verdict == NOT_TESTABLE]
    against = [cell for cell in tested if cell.verdict != SUPPORTED]
    beyond = sum(cell.reaches_beyond for cell in tested)
    said = []
    if len(tested) == 1:
        said.append(f"{_name(tested[0])} {tested[0].reason}")
        against = []
    elif tested:
        said.append(f"{len(tested) - len(against)} of {len(tested)} numbers bear it out")
        if beyond:
            said[-1] += f", {'all' if beyond == len(tested) else beyond} with an interval that reaches beyond"
    said += [*_by_reason(against, ""), *_by_reason(untested, "not testable: ")]
    return "; ".join(said)


def _by_reason(cells: Iterable[JudgedCell], what: str) -> Iterator[str]:
    """Each reason once, with the numbers that it holds for."""
    groups: dict[str, list[JudgedCell]] = {}
    for cell in cells:
        groups.setdefault(cell.reason.removeprefix(cell.shown).removeprefix(" is "), []).append(cell)
    for reason, some in groups.items():
        if len(some) == 1:
            yield f"{what}{_name(some[0])} {some[0].reason}"
            continue
        named = "; ".join(f"{cell.label} {cell.moment}".strip() + _shown(cell) for cell in some[:_NAMED])
        more = f"; and {len(some) - _NAMED} more" if len(some) > _NAMED else ""
        yield f"{what}{reason} ({named}{more})"


def _shown(cell: JudgedCell) -> str:
    return "" if cell.shown == "—" else f" {cell.shown}"


def _name(cell: JudgedCell) -> str:
    return f"{cell.label} {cell.moment}".strip() + ":"


def _cells(condition: Condition, results: Mapping[str, ResultRow], study: Study) -> Iterator[JudgedCell]:
    if isinstance(condition, ChangeCondition):
        yield from _changes(condition, results, study)
    elif isinstance(condition, NormCondition):
        yield from _norms(condition, results, study)
    else:
        yield from _levels(condition, results, _labels(study))


def _labels(study: Study) -> dict[str, str]:
    """What tables call an outcome: a scale, a service, a variable of the roster."""
    use = study.protocol.service_use
    return (
        {code: scale.label for code, (_, scale) in study.scales.items()}
        | {one.service: one.label for one in (use.services if use else ())}
        | {one.variable: one.label for one in study.protocol.participant_variables}
    )


@dataclass(frozen=True)
class _Number:
    """An estimate with its interval, where there is one. missing: what to say where there is no such result."""

    ids: tuple[str, ...]
    rows: tuple[ResultRow | None, ...]
    missing: str

    @classmethod
    def of(cls, results: Mapping[str, ResultRow], prefix: str, statistic: str, interval: str, missing: str) -> "_Number":
        """prefix: the id up to the statistic. interval: what stands before ci95_low."""
        ids = (f"{prefix}/{statistic}", f"{prefix}/{interval}ci95_low", f"{prefix}/{interval}ci95_high")
        return cls(ids, tuple(results.get(one) for one in ids), missing)

    @property
    def value(self) -> float | None:
        return self.rows[0].value if self.rows[0] is not None else None

    @property
    def interval(self) -> tuple[float, float] | None:
        low, high = (row.value if row is not None else None for row in self.rows[1:])
        return None if low is None or high is None else (low, high)

    @property
    def shown(self) -> str:
        if self.rows[0] is None:
            return "—"
        ends = [row.printed for row in self.rows[1:] if row is not None and row.value is not None]
        unit = f" {self.rows[0].unit}" if self.rows[0].unit else ""
        return self.rows[0].printed + (f" [{ends[0]}, {ends[1]}]" if len(ends) == 2 else "") + unit

    @property
    def known_ids(self) -> tuple[str, ...]:
        return tuple(one for one, row in zip(self.ids, self.rows, strict=True) if row is not None)

    @property
    def why_unknown(self) -> str:
        return (self.rows[0].note or "has no value") if self.rows[0] is not None else self.missing


@dataclass(frozen=True)
class _Region:
    """Numbers from low to high; an end that is not in it is open."""

    low: float = -math.inf
    high: float = math.inf
    is_open: bool = False

    def holds(self, value: float) -> bool:
        return self.low < value < self.high if self.is_open else self.low <= value <= self.high

    def misses(self, interval: tuple[float, float]) -> bool:
        low, high = interval
        return (high <= self.low or low >= self.high) if self.is_open else (high < self.low or low > self.high)

    def contains(self, interval: tuple[float, float]) -> bool:
        return self.holds(interval[0]) and self.holds(interval[1])

    def mirrored(self) -> "_Region":
        return _Region(-self.high, -self.low, self.is_open)


def _by_estimate(number: _Number, region: _Region, words: str, is_whole: bool = False) -> tuple[str, str]:
    """Verdict and reason for an estimate that should lie in a region; is_whole: with all of its interval."""
    if number.value is None:
        return NOT_TESTABLE, number.why_unknown
    if region.holds(number.value):
        if not is_whole:
            return SUPPORTED, f"{number.shown} is {words}"
        if number.interval is None:
            return NOT_TESTABLE, f"{number.shown} has no interval"
        is_inside = region.contains(number.interval)
        where = "with its interval" if is_inside else "but its interval reaches beyond"
        return SUPPORTED if is_inside else NOT_SUPPORTED, f"{number.shown} is {words}, {where}"
    if number.interval is not None and region.misses(number.interval):
        return CONTRADICTED, f"{number.shown} is not {words}, nor is any value of the interval"
    return NOT_SUPPORTED, f"{number.shown} is not {words}"


def _all(*judged: tuple[str, str]) -> tuple[str, str]:
    """Several things asked of one number: the worst verdict, with what led to it."""
    order = (NOT_TESTABLE, CONTRADICTED, NOT_SUPPORTED, SUPPORTED)
    verdict = min((one for one, _ in judged), key=order.index)
    return verdict, ", ".join(dict.fromkeys(reason for one, reason in judged if one == verdict))


def _changes(condition: ChangeCondition, results: Mapping[str, ResultRow], study: Study) -> Iterator[JudgedCell]:
    signs = {contrast.contrast: contrast.baseline_sign for contrast in study.protocol.contrasts}
    labels = _labels(study)
    size = condition.effect_size or study.protocol.plan.headline
    for code in (*condition.scales, *condition.services):
        is_scale = code in condition.scales
        analysis, statistic = ("change", "mean_change") if is_scale else ("service_change", "difference")
        for contrast in condition.contrasts:
            prefix = result_id(analysis, code, contrast)
            absent = "there is no such comparison; both waves must have asked"
            change = _Number.of(results, prefix, statistic, "", absent)
            is_minus = signs[contrast] > 0
            judged, numbers = [*_one_change(condition, change, is_minus, direction_of(study, contrast))], [change]
            if condition.at_least is not None:
                effect = _Number.of(results, prefix, size, f"{size}_", absent)
                judged.append(_one_size(condition, effect, is_minus, size))
                numbers.append(effect)
            verdict, reason = _all(*judged)
            if change.value is not None and not any(number.shown in reason for number in numbers):
                reason = f"{change.shown}: {reason}"
            yield JudgedCell(
                outcome=code, label=labels[code], moment=contrast,
                shown="; ".join(number.shown for number in numbers),
                result_ids=tuple(one for number in numbers for one in number.known_ids),
                verdict=verdict, reason=reason,
            )  # fmt: skip


def _one_change(condition: ChangeCondition, change: _Number, is_minus: bool, direction: str) -> Iterator[tuple[str, str]]:
    if change.value is None:
        yield NOT_TESTABLE, change.why_unknown
        return
    if condition.direction != "either":
        # A fall is a positive change where the contrast is baseline minus follow-up.
        is_positive = (condition.direction == "falls") == is_minus
        above = _Region(0, math.inf, is_open=True)
        words = f"a {'fall' if condition.direction == 'falls' else 'rise'} ({direction})"
        yield _by_estimate(change, above if is_positive else above.mirrored(), words)
    if condition.interval is not None and change.interval is None:
        yield NOT_TESTABLE, f"{change.shown} has no interval"
    elif condition.interval is not None and change.interval is not None:
        low, high = change.interval
        is_excluded = low > 0 or high < 0
        # An interval that excludes zero says that there is a change; one that includes it leaves open whether there is.
        otherwise = CONTRADICTED if is_excluded else NOT_SUPPORTED
        verdict = SUPPORTED if is_excluded == (condition.interval == "excludes_zero") else otherwise
        shown = "its interval" if condition.direction != "either" else change.shown
        yield verdict, f"{shown} {'excludes' if is_excluded else 'includes'} zero"


def _one_size(condition: ChangeCondition, effect: _Number, is_minus: bool, size: str) -> tuple[str, str]:
    least = condition.at_least or 0.0
    words = f"at least {least:g} {size} in size"
    if effect.value is None:
        return NOT_TESTABLE, effect.why_unknown
    is_positive = effect.value >= 0 if condition.direction == "either" else (condition.direction == "falls") == is_minus
    region = _Region(least, math.inf)
    return _by_estimate(effect, region if is_positive else region.mirrored(), words)


def _norms(condition: NormCondition, results: Mapping[str, ResultRow], study: Study) -> Iterator[JudgedCell]:
    place, by = condition.place
    normed = {norm.scale for norm in study.norms.norms}
    for code in condition.scales:
        scale = study.scales[code][1]
        region, words = _beside_norm(place, by, scale.better)
        for wave in condition.waves:
            prefix = result_id("norm_difference", code, wave)
            missing = "nobody has a score" if code in normed else "has no norm"
            number = _Number.of(results, prefix, "difference_sd", "difference_sd_", missing)
            verdict, reason = _by_estimate(number, region, words, condition.interval == "inside")
            if verdict not in (SUPPORTED, NOT_TESTABLE) and number.value:
                side = "better" if (number.value > 0) == (scale.better == "high") else "worse"
                reason += f" ({side} than the norm)"
            yield JudgedCell(
                code, scale.label, wave, number.shown, number.known_ids, verdict, reason, _reaches(number, region, verdict)
            )


def _reaches(number: _Number, region: _Region, verdict: str) -> bool:
    return verdict == SUPPORTED and number.interval is not None and not region.contains(number.interval)


def _beside_norm(place: str, by: float, better: str) -> tuple[_Region, str]:
    """The region of a distance in norm SDs, and its words."""
    sds = f"{by:g} norm SD{'s' if by > 1 else ''}"
    if place == "within":
        return _Region(-by, by), f"within {sds} of the norm"
    if place in ("above", "below"):
        region = _Region(by, math.inf, is_open=True)
        words = f"more than {sds} {place} the norm" if by else f"{place} the norm"
        return (region if place == "above" else region.mirrored()), words
    if place == "worse_by":
        region = _Region(by, math.inf, is_open=True)
        words = f"worse than the norm by more than {sds}" if by else "worse than the norm"
        return (region if better == "low" else region.mirrored()), words
    region = _Region(-by, math.inf)
    words = f"no worse than the norm by more than {sds}" if by else "no worse than the norm"
    return (region if better == "high" else region.mirrored()), words


def _levels(condition: LevelCondition, results: Mapping[str, ResultRow], labels: Mapping[str, str]) -> Iterator[JudgedCell]:
    low = -math.inf if condition.at_least is None else condition.at_least
    high = math.inf if condition.at_most is None else condition.at_most
    for one in condition.results:
        prefix, _, statistic = one.rpartition("/")
        number = _Number.of(results, prefix, statistic, "", "")
        row, region = number.rows[0], _Region(low, high)
        name, moment = (row.outcome, row.wave or row.contrast or "") if row is not None else (one, "")
        if row is None:
            verdict, reason = NOT_TESTABLE, alike(one, list(results)).removeprefix(f"{one}: ")
        elif condition.at_least is None and condition.at_most is None:
            verdict, reason = NOT_TESTABLE, condition.because or ""
        else:
            verdict, reason = _by_estimate(number, region, _bounds(low, high), condition.interval == "inside")
        yield JudgedCell(
            name, labels.get(name, name), moment, number.shown, number.known_ids, verdict, reason,
            _reaches(number, region, verdict),
        )  # fmt: skip


def _bounds(low: float, high: float) -> str:
    if math.isinf(low):
        return f"at most {format_number(high, 2)}"
    if math.isinf(high):
        return f"at least {format_number(low, 2)}"
    return f"from {format_number(low, 2)} to {format_number(high, 2)}"
