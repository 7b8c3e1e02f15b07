"""Judging claims against results: supported, not supported, contradicted, or not testable, and why.

Belongs here: which results each kind of condition tests, and how. Does not belong here: what a claim states
(propositions.py), qualitative evidence, layout.

Every condition defines a region, such as changes below zero or distances from the norm of at most half an SD. Supported: the
estimate lies in the region. Contradicted: the estimate and its whole confidence interval lie outside. Not supported: the
estimate lies outside, but the interval overlaps the region. A condition on the interval ("excludes zero", "inside") tests
the interval itself.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dagster_project.results import ResultRow, direction_of, format_number, interval_of, result_id, unknown_id_message
from dagster_project.study import Study
from dagster_project.synthesis.propositions import (
    ChangeCondition,
    Claim,
    Condition,
    LevelCondition,
    NormCondition,
    Proposition,
)

#: From worst to best; the verdict on a claim is the worst of its testable cells.
CONTRADICTED, NOT_SUPPORTED, SUPPORTED, NOT_TESTABLE = "contradicted", "not supported", "supported", "not testable"
VERDICTS = (SUPPORTED, NOT_SUPPORTED, CONTRADICTED, NOT_TESTABLE)
#: Why a claim about a group by its name is not judged while groups are concealed.
WAITS_FOR_UNBLINDING = "it names a group, and groups are concealed; it waits until they are unblinded"
#: How many numbers a reason lists.
_MAX_LISTED = 4


@dataclass(frozen=True)
class JudgedCell:
    """A number that a claim rests on.

    result_ids: the estimate, then the limits of its confidence interval. number_text: their text, with the unit.
    exceeds_region: the estimate lies where the claim says, but its interval extends beyond.
    """

    outcome: str
    label: str
    wave_or_contrast: str
    number_text: str
    result_ids: tuple[str, ...]
    verdict: str
    reason: str
    exceeds_region: bool = False


@dataclass(frozen=True)
class JudgedClaim:
    """A claim with its verdict and the cells that it was judged by."""

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
    """The worst verdict, or that of the majority. A claim for all numbers is never supported while one is missing."""
    if claim.holds_for == "most":
        majority, count = Counter(verdicts).most_common(1)[0]
        return majority if 2 * count > len(verdicts) else NOT_SUPPORTED
    worst = next((verdict for verdict in (CONTRADICTED, NOT_SUPPORTED) if verdict in verdicts), SUPPORTED)
    return NOT_TESTABLE if worst == SUPPORTED and NOT_TESTABLE in verdicts else worst


def _reason(cells: Iterable[JudgedCell]) -> str:
    """How many cells support the claim, and the reasons of the others."""
    tested = [cell for cell in cells if cell.verdict != NOT_TESTABLE]
    untested = [cell for cell in cells if cell.verdict == NOT_TESTABLE]
    unsupported = [cell for cell in tested if cell.verdict != SUPPORTED]
    exceeding_count = sum(cell.exceeds_region for cell in tested)
    statements = []
    if len(tested) == 1:
        statements.append(f"{_name(tested[0])}: {tested[0].reason}")
        unsupported = []
    elif tested:
        statements.append(f"{len(tested) - len(unsupported)} of {len(tested)} numbers support it")
        if exceeding_count:
            share = "all" if exceeding_count == len(tested) else exceeding_count
            statements[-1] += f", {share} with a confidence interval that extends beyond the region"
    statements += [*_statements_by_reason(unsupported, ""), *_statements_by_reason(untested, "not testable: ")]
    return "; ".join(statements)


def _statements_by_reason(cells: Iterable[JudgedCell], prefix: str) -> Iterator[str]:
    """Each reason once, with the numbers that it applies to."""
    groups: dict[str, list[JudgedCell]] = {}
    for cell in cells:
        groups.setdefault(cell.reason.removeprefix(cell.number_text).removeprefix(" is "), []).append(cell)
    for reason, group in groups.items():
        if len(group) == 1:
            yield f"{prefix}{_name(group[0])}: {group[0].reason}"
            continue
        listing = "; ".join(_name(cell) + _number_suffix(cell) for cell in group[:_MAX_LISTED])
        remainder = f"; and {len(group) - _MAX_LISTED} more" if len(group) > _MAX_LISTED else ""
        yield f"{prefix}{reason} ({listing}{remainder})"


def _number_suffix(cell: JudgedCell) -> str:
    return "" if cell.number_text == "—" else f" {cell.number_text}"


def _name(cell: JudgedCell) -> str:
    return f"{cell.label} {cell.wave_or_contrast}".strip()


def _cells(condition: Condition, results: Mapping[str, ResultRow], study: Study) -> Iterator[JudgedCell]:
    if isinstance(condition, ChangeCondition):
        yield from _change_cells(condition, results, study)
    elif isinstance(condition, NormCondition):
        yield from _norm_cells(condition, results, study)
    else:
        yield from _level_cells(condition, results, study)


def _labels(study: Study) -> dict[str, str]:
    """The labels of scales, services and participant variables by code."""
    service_use = study.protocol.service_use
    return (
        {code: scale.label for code, (_, scale) in study.scales.items()}
        | {service.service: service.label for service in (service_use.services if service_use else ())}
        | {variable.variable: variable.label for variable in study.protocol.participant_variables}
    )


@dataclass(frozen=True)
class _Estimate:
    """An estimate with its confidence interval, where there is one. absence: the reason when there is no such result.

    ids, rows: of the estimate and the lower and upper limit of its interval.
    """

    ids: tuple[str, ...]
    rows: tuple[ResultRow | None, ...]
    absence: str

    @classmethod
    def from_results(cls, results: Mapping[str, ResultRow], id_prefix: str, statistic: str, absence: str) -> "_Estimate":
        """id_prefix: the id up to the statistic. A statistic whose interval is not registered has none."""
        limits = interval_of(id_prefix.partition("/")[0], statistic) or ()
        ids = tuple(f"{id_prefix}/{name}" for name in (statistic, *limits))
        return cls(ids, tuple(results.get(row_id) for row_id in ids), absence)

    @property
    def value(self) -> float | None:
        return self.rows[0].value if self.rows[0] is not None else None

    @property
    def interval(self) -> tuple[float, float] | None:
        limits = [row.value for row in self.rows[1:] if row is not None and row.value is not None]
        return (limits[0], limits[1]) if len(limits) == 2 else None

    @property
    def text(self) -> str:
        if self.rows[0] is None:
            return "—"
        limits = [row.printed for row in self.rows[1:] if row is not None and row.value is not None]
        unit = f" {self.rows[0].unit}" if self.rows[0].unit else ""
        return self.rows[0].printed + (f" [{limits[0]}, {limits[1]}]" if len(limits) == 2 else "") + unit

    @property
    def result_ids(self) -> tuple[str, ...]:
        """The ids of those results that exist."""
        return tuple(row_id for row_id, row in zip(self.ids, self.rows, strict=True) if row is not None)

    @property
    def missing_reason(self) -> str:
        return (self.rows[0].note or "has no value") if self.rows[0] is not None else self.absence


@dataclass(frozen=True)
class _Region:
    """The numbers from low to high; without the limits themselves where the region is open."""

    low: float = -math.inf
    high: float = math.inf
    is_open: bool = False

    def includes(self, value: float) -> bool:
        return self.low < value < self.high if self.is_open else self.low <= value <= self.high

    def is_disjoint(self, interval: tuple[float, float]) -> bool:
        low, high = interval
        return (high <= self.low or low >= self.high) if self.is_open else (high < self.low or low > self.high)

    def contains_interval(self, interval: tuple[float, float]) -> bool:
        return self.includes(interval[0]) and self.includes(interval[1])

    def mirrored(self) -> "_Region":
        return _Region(-self.high, -self.low, self.is_open)


def _judge_estimate(
    estimate: _Estimate, region: _Region, region_words: str, tests_interval: bool = False
) -> tuple[str, str]:
    """Verdict and reason for an estimate that should lie in a region; tests_interval: with its whole interval."""
    if estimate.value is None:
        return NOT_TESTABLE, estimate.missing_reason
    if region.includes(estimate.value):
        if not tests_interval:
            return SUPPORTED, f"{estimate.text} is {region_words}"
        if estimate.interval is None:
            return NOT_TESTABLE, f"{estimate.text} has no interval"
        is_inside = region.contains_interval(estimate.interval)
        interval_words = "with its whole confidence interval" if is_inside else "but its confidence interval extends beyond"
        return SUPPORTED if is_inside else NOT_SUPPORTED, f"{estimate.text} is {region_words}, {interval_words}"
    if estimate.interval is not None and region.is_disjoint(estimate.interval):
        return CONTRADICTED, f"{estimate.text} is not {region_words}, and its whole confidence interval lies outside"
    return NOT_SUPPORTED, f"{estimate.text} is not {region_words}"


def _worst_judgement(*judgements: tuple[str, str]) -> tuple[str, str]:
    """The worst of several verdicts on a number, with its reasons."""
    order = (NOT_TESTABLE, CONTRADICTED, NOT_SUPPORTED, SUPPORTED)
    worst = min((verdict for verdict, _ in judgements), key=order.index)
    return worst, ", ".join(dict.fromkeys(reason for verdict, reason in judgements if verdict == worst))


def _change_cells(condition: ChangeCondition, results: Mapping[str, ResultRow], study: Study) -> Iterator[JudgedCell]:
    baseline_signs = {contrast.contrast: contrast.baseline_sign for contrast in study.protocol.contrasts}
    labels = _labels(study)
    effect_size = condition.effect_size or study.protocol.plan.headline
    for code in (*condition.scales, *condition.services):
        is_scale = code in condition.scales
        analysis, statistic = ("change", "mean_change") if is_scale else ("service_change", "difference")
        for contrast in condition.contrasts:
            id_prefix = result_id(analysis, code, contrast)
            absence = "no such comparison; it must be asked in both waves"
            change = _Estimate.from_results(results, id_prefix, statistic, absence)
            # A fall is a positive change where the contrast is baseline minus follow-up.
            fall_is_positive = baseline_signs[contrast] > 0
            estimates = [change]
            judgements = [*_judge_change(condition, change, fall_is_positive, direction_of(study, contrast))]
            if condition.at_least is not None:
                effect = _Estimate.from_results(results, id_prefix, effect_size, absence)
                judgements.append(_judge_effect(condition, effect, fall_is_positive, effect_size))
                estimates.append(effect)
            verdict, reason = _worst_judgement(*judgements)
            if change.value is not None and not any(estimate.text in reason for estimate in estimates):
                reason = f"{change.text}: {reason}"
            yield JudgedCell(
                outcome=code, label=labels[code], wave_or_contrast=contrast,
                number_text="; ".join(estimate.text for estimate in estimates),
                result_ids=tuple(row_id for estimate in estimates for row_id in estimate.result_ids),
                verdict=verdict, reason=reason,
            )  # fmt: skip


def _judge_change(
    condition: ChangeCondition, change: _Estimate, fall_is_positive: bool, direction_words: str
) -> Iterator[tuple[str, str]]:
    if change.value is None:
        yield NOT_TESTABLE, change.missing_reason
        return
    if condition.direction != "either":
        is_positive = (condition.direction == "falls") == fall_is_positive
        positive = _Region(0, math.inf, is_open=True)
        region_words = f"a {'fall' if condition.direction == 'falls' else 'rise'} ({direction_words})"
        yield _judge_estimate(change, positive if is_positive else positive.mirrored(), region_words)
    if condition.interval is not None and change.interval is None:
        yield NOT_TESTABLE, f"{change.text} has no interval"
    elif condition.interval is not None and change.interval is not None:
        low, high = change.interval
        excludes_zero = low > 0 or high < 0
        # An interval that excludes zero shows a change; one that includes zero does not show that there is none.
        failure = CONTRADICTED if excludes_zero else NOT_SUPPORTED
        verdict = SUPPORTED if excludes_zero == (condition.interval == "excludes_zero") else failure
        subject = "its interval" if condition.direction != "either" else change.text
        yield verdict, f"{subject} {'excludes' if excludes_zero else 'includes'} zero"


def _judge_effect(
    condition: ChangeCondition, effect: _Estimate, fall_is_positive: bool, effect_size: str
) -> tuple[str, str]:
    minimum = condition.at_least or 0.0
    region_words = f"at least {minimum:g} {effect_size} in size"
    if effect.value is None:
        return NOT_TESTABLE, effect.missing_reason
    if condition.direction == "either":
        is_positive = effect.value >= 0
    else:
        is_positive = (condition.direction == "falls") == fall_is_positive
    region = _Region(minimum, math.inf)
    return _judge_estimate(effect, region if is_positive else region.mirrored(), region_words)


def _norm_cells(condition: NormCondition, results: Mapping[str, ResultRow], study: Study) -> Iterator[JudgedCell]:
    comparison, norm_sds = condition.comparison
    for code in condition.scales:
        scale = study.scales[code][1]
        entries = study.norms.of_scale(code)
        if condition.sample is not None:
            entries = tuple(entry for entry in entries if entry.norm.sample == condition.sample)
        entry = next((entry for entry in entries if condition.sample is not None or entry.category is None), None)
        region, region_words = _norm_region(comparison, norm_sds, scale.better)
        for wave in condition.waves:
            category = entry.category if entry is not None else condition.sample
            id_prefix = result_id("norm_difference", code, wave, category=category)
            absence = "nobody has a score" if entry is not None else "has no norm"
            if condition.sample is not None:
                absence += f" of sample {condition.sample}" if entry is None else ""
            estimate = _Estimate.from_results(results, id_prefix, "difference_sd", absence)
            verdict, reason = _judge_estimate(estimate, region, region_words, condition.interval == "inside")
            if verdict not in (SUPPORTED, NOT_TESTABLE) and estimate.value:
                ends = ("better", "worse") if scale.better_sign else ("higher", "lower")
                side = ends[(estimate.value > 0) != (scale.better_sign >= 0)]
                reason += f" ({side} than the norm)"
            yield JudgedCell(
                code, scale.label, wave, estimate.text, estimate.result_ids, verdict, reason,
                _exceeds_region(estimate, region, verdict),
            )  # fmt: skip


def _exceeds_region(estimate: _Estimate, region: _Region, verdict: str) -> bool:
    return verdict == SUPPORTED and estimate.interval is not None and not region.contains_interval(estimate.interval)


def _norm_region(comparison: str, norm_sds: float, better: str) -> tuple[_Region, str]:
    """The region of differences from the norm, in norm SDs, that a comparison allows, and its description."""
    distance = f"{norm_sds:g} norm SD{'s' if norm_sds > 1 else ''}"
    if comparison == "within":
        return _Region(-norm_sds, norm_sds), f"within {distance} of the norm"
    if comparison in ("above", "below"):
        region = _Region(norm_sds, math.inf, is_open=True)
        region_words = f"more than {distance} {comparison} the norm" if norm_sds else f"{comparison} the norm"
        return (region if comparison == "above" else region.mirrored()), region_words
    if comparison == "worse_by":
        region = _Region(norm_sds, math.inf, is_open=True)
        region_words = f"worse than the norm by more than {distance}" if norm_sds else "worse than the norm"
        return (region if better == "low" else region.mirrored()), region_words
    region = _Region(-norm_sds, math.inf)
    region_words = f"no worse than the norm by more than {distance}" if norm_sds else "no worse than the norm"
    return (region if better == "high" else region.mirrored()), region_words


def _level_cells(condition: LevelCondition, results: Mapping[str, ResultRow], study: Study) -> Iterator[JudgedCell]:
    labels = _labels(study)
    low = -math.inf if condition.at_least is None else condition.at_least
    high = math.inf if condition.at_most is None else condition.at_most
    region = _Region(low, high)
    for row_id in condition.results:
        if names_concealed_group(row_id, study):
            outcome = row_id.split("/")[1]
            yield JudgedCell(outcome, labels.get(outcome, outcome), "", "—", (), NOT_TESTABLE, WAITS_FOR_UNBLINDING)
            continue
        id_prefix, _, statistic = row_id.rpartition("/")
        estimate = _Estimate.from_results(results, id_prefix, statistic, "")
        row = estimate.rows[0]
        outcome, wave_or_contrast = (row.outcome, row.wave or row.contrast or "") if row is not None else (row_id, "")
        if row is None:
            verdict, reason = NOT_TESTABLE, unknown_id_message(row_id, list(results)).removeprefix(f"{row_id}: ")
        elif condition.at_least is None and condition.at_most is None:
            verdict, reason = NOT_TESTABLE, condition.because or ""
        else:
            verdict, reason = _judge_estimate(estimate, region, _bounds(low, high), condition.interval == "inside")
        yield JudgedCell(
            outcome, labels.get(outcome, outcome), wave_or_contrast, estimate.text, estimate.result_ids, verdict, reason,
            _exceeds_region(estimate, region, verdict),
        )  # fmt: skip


def names_concealed_group(row_id: str, study: Study) -> bool:
    """Whether an id names a group by its declared code while groups are concealed: the number beside the claim would tell
    which letter the group has."""
    return not study.protocol.concealed_codes.isdisjoint(row_id.split("/"))


def _bounds(low: float, high: float) -> str:
    if math.isinf(low):
        return f"at most {format_number(high, 2)}"
    if math.isinf(high):
        return f"at least {format_number(low, 2)}"
    return f"from {format_number(low, 2)} to {format_number(high, 2)}"
