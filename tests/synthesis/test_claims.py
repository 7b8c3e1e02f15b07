"""Claims judged against results, and the joint display: every kind of condition by hand, every refusal by its message."""

import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from dagster_project.results import ResultRow, format_number, interval_of
from dagster_project.study import StudyError, read_study
from dagster_project.synthesis import (
    Judgement,
    SegmentRow,
    SynthesisError,
    joint_display,
    judge_claims,
    read_propositions,
)
from dagster_project.synthesis.propositions import Claim, Proposition, PropositionFile

EXAMPLE = read_study(Path(__file__).parents[2] / "data" / "peer_workers")


def _results(numbers: dict[str, tuple[float | None, float | None, float | None]]) -> dict[str, ResultRow]:
    """Results by id: an estimate and the ends of its interval."""
    results = {}
    for result_id, three in numbers.items():
        prefix, statistic = result_id.rsplit("/", 1)
        id_prefix = "" if statistic in ("mean_change", "difference", "percent", "mean") else f"{statistic}_"
        for name, value in zip((statistic, f"{id_prefix}ci95_low", f"{id_prefix}ci95_high"), three, strict=True):
            note = None if value is not None else "fewer than two people"
            analysis, outcome, *moment = prefix.split("/")
            wave = moment[0] if moment and moment[0].startswith("T") and "-" not in moment[0] else None
            row = ResultRow(
                f"{prefix}/{name}",
                analysis,
                outcome,
                None,
                wave,
                None,
                name,
                value,
                20,
                "",
                "",
                format_number(value, 2),
                note,
            )
            results[row.result_id] = row
    return results


def _verdict(
    condition: dict[str, Any], numbers: dict[str, tuple[float | None, float | None, float | None]], **more: Any
) -> tuple[str, str]:
    claim = TypeAdapter(Claim).validate_python({"claim": "one", "statement": "One.", "conditions": [condition], **more})
    proposition = Proposition(proposition="first", statement="First.", claims=(claim,))
    (judgement,) = judge_claims(proposition, _results(numbers), EXAMPLE)
    return judgement.verdict, judgement.reason


FALLS = {
    "kind": "change",
    "scales": ["wellbeing"],
    "contrasts": ["T1-T2"],
    "direction": "falls",
    "interval": "excludes_zero",
}
SAME = {"kind": "change", "scales": ["wellbeing"], "contrasts": ["T1-T2"], "interval": "includes_zero"}
BIG = {"kind": "change", "scales": ["wellbeing"], "contrasts": ["T1-T2"], "direction": "falls", "at_least": 0.5}
CHANGE, SIZE = "change/wellbeing/T1-T2/mean_change", "change/wellbeing/T1-T2/d_baseline"


@pytest.mark.parametrize(
    ("condition", "numbers", "verdict", "reason"),
    [
        # T1 minus T2: a fall is positive.
        (FALLS, {CHANGE: (3.9, 0.67, 7.13)}, "supported", "Wellbeing T1-T2: 3.90 [0.67, 7.13] is a fall (T1 minus T2), its interval excludes zero"),
        (FALLS, {CHANGE: (3.9, -0.67, 7.13)}, "not supported", "Wellbeing T1-T2: 3.90 [−0.67, 7.13]: its interval includes zero"),
        (FALLS, {CHANGE: (-3.9, -7.13, -0.67)}, "contradicted", "Wellbeing T1-T2: −3.90 [−7.13, −0.67] is not a fall (T1 minus T2), and its whole confidence interval lies outside"),
        (FALLS, {CHANGE: (-3.9, -7.13, 0.67)}, "not supported", "Wellbeing T1-T2: −3.90 [−7.13, 0.67] is not a fall (T1 minus T2), its interval includes zero"),
        (FALLS, {CHANGE: (None, None, None)}, "not testable", "not testable: Wellbeing T1-T2: fewer than two people"),
        (FALLS, {CHANGE: (3.9, None, None)}, "not testable", "not testable: Wellbeing T1-T2: 3.90 has no interval"),
        (FALLS, {}, "not testable", "not testable: Wellbeing T1-T2: no such comparison; it must be asked in both waves"),
        (FALLS | {"direction": "rises"}, {CHANGE: (-3.9, -7.13, -0.67)}, "supported", "Wellbeing T1-T2: −3.90 [−7.13, −0.67] is a rise (T1 minus T2), its interval excludes zero"),
        (SAME, {CHANGE: (0.1, -0.2, 0.4)}, "supported", "Wellbeing T1-T2: 0.10 [−0.20, 0.40] includes zero"),
        (SAME, {CHANGE: (0.1, 0.0, 0.2)}, "supported", "Wellbeing T1-T2: 0.10 [0.00, 0.20] includes zero"),
        (SAME, {CHANGE: (0.3, 0.2, 0.4)}, "contradicted", "Wellbeing T1-T2: 0.30 [0.20, 0.40] excludes zero"),
        (BIG, {CHANGE: (3.9, 0.67, 7.13), SIZE: (0.5, 0.1, 0.9)}, "supported", "Wellbeing T1-T2: 3.90 [0.67, 7.13] is a fall (T1 minus T2), 0.50 [0.10, 0.90] is at least 0.5 d_baseline in size"),
        (BIG, {CHANGE: (3.9, 0.67, 7.13), SIZE: (0.4, 0.1, 0.6)}, "not supported", "Wellbeing T1-T2: 0.40 [0.10, 0.60] is not at least 0.5 d_baseline in size"),
        (BIG, {CHANGE: (3.9, 0.67, 7.13), SIZE: (0.2, 0.1, 0.4)}, "contradicted", "Wellbeing T1-T2: 0.20 [0.10, 0.40] is not at least 0.5 d_baseline in size, and its whole confidence interval lies outside"),
        ({"kind": "change", "services": ["gp"], "contrasts": ["T1-T3"], "interval": "includes_zero"}, {"service_change/gp/T1-T3/difference": (-4.8, -32.6, 23.9)}, "supported", "GP T1-T3: −4.80 [−32.60, 23.90] includes zero"),
        ({"kind": "level", "results": ["service_use/gp/T1/percent"], "at_most": 50, "because": "half"}, {"service_use/gp/T1/percent": (60.0, 52.0, 70.0)}, "contradicted", "GP T1: 60.00 [52.00, 70.00] is not at most 50.00, and its whole confidence interval lies outside"),
        ({"kind": "level", "results": ["characteristics/days_absent/mean"], "because": "no figure is known"}, {"characteristics/days_absent/mean": (7.7, None, None)}, "not testable", "not testable: Days absent from work: no figure is known"),
        ({"kind": "level", "results": ["service_use/gp/T1/percent"], "at_most": 65, "interval": "inside", "because": "so"}, {"service_use/gp/T1/percent": (60.0, 52.0, 70.0)}, "not supported", "GP T1: 60.00 [52.00, 70.00] is at most 65.00, but its confidence interval extends beyond"),
        ({"kind": "level", "results": ["no/such/result"], "at_least": 1, "because": "so"}, {}, "not testable", "not testable: no/such/result: there is no such result; `select result_id from results.results` lists them"),
        ({"kind": "level", "results": ["service_use/gpp/T1/percent"], "because": "so"}, {"service_use/gp/T1/percent": (60.0, 52.0, 70.0)}, "not testable", "not testable: service_use/gpp/T1/percent: there is no such result; do you mean service_use/gp/T1/percent or service_use/gp/T1/ci95_low or service_use/gp/T1/ci95_high?"),
    ],
)  # fmt: skip
def test_a_condition_is_judged_by_hand(
    condition: dict[str, Any], numbers: dict[str, Any], verdict: str, reason: str
) -> None:
    assert _verdict(condition, numbers) == (verdict, reason)


@pytest.mark.parametrize(
    ("scale", "bounds", "numbers", "verdict"),
    [
        ("wellbeing", {"within": 0.5}, (-0.5, -0.9, -0.1), "supported"),
        ("wellbeing", {"within": 0.5}, (-0.51, -0.9, -0.1), "not supported"),
        ("wellbeing", {"within": 0.5}, (-0.9, -1.2, -0.6), "contradicted"),
        ("wellbeing", {"below": 1}, (-1.0, -1.2, -0.8), "not supported"),
        ("wellbeing", {"below": 1}, (-1.01, -1.2, -0.8), "supported"),
        ("wellbeing", {"below": 1}, (-0.8, -1.0, -0.6), "contradicted"),
        ("wellbeing", {"above": 0}, (0.01, -0.2, 0.2), "supported"),
        # Wellbeing is better high, depersonalization better low.
        ("wellbeing", {"worse_by": 0}, (-0.2, -0.4, 0.1), "supported"),
        ("wellbeing", {"worse_by": 0}, (0.4, 0.2, 0.6), "contradicted"),
        ("depersonalization", {"worse_by": 0}, (0.4, 0.2, 0.6), "supported"),
        ("depersonalization", {"worse_by": 0}, (-0.4, -0.6, -0.2), "contradicted"),
        ("depersonalization", {"not_worse_by": 0.5}, (-3.0, -4.0, -2.0), "supported"),
        ("depersonalization", {"not_worse_by": 0.5}, (0.6, 0.3, 0.9), "not supported"),
        ("wellbeing", {"not_worse_by": 0.5}, (-0.5, -0.9, -0.1), "supported"),
        ("wellbeing", {"not_worse_by": 0.5}, (-0.9, -1.2, -0.6), "contradicted"),
        ("wellbeing", {"within": 0.5}, (0.4, None, None), "supported"),
        ("wellbeing", {"within": 0.5}, (0.6, None, None), "not supported"),
        ("wellbeing", {"within": 0.5, "interval": "inside"}, (0.1, -0.4, 0.5), "supported"),
        ("wellbeing", {"within": 0.5, "interval": "inside"}, (0.1, -0.4, 0.6), "not supported"),
        ("wellbeing", {"within": 0.5, "interval": "inside"}, (0.1, None, None), "not testable"),
        ("standards_of_care", {"within": 0.5}, None, "not testable"),
    ],
)
def test_a_place_beside_the_norm_is_judged_by_hand(
    scale: str, bounds: dict[str, float], numbers: tuple[float, float, float] | None, verdict: str
) -> None:
    condition = {"kind": "norm", "scales": [scale], "waves": ["T1"], **bounds}
    given_numbers = {f"norm_difference/{scale}/T1/difference_sd": numbers} if numbers else {}
    assert _verdict(condition, given_numbers)[0] == verdict


def test_a_claim_is_as_good_as_its_worst_number_and_names_what_is_against_it() -> None:
    condition = {"kind": "norm", "scales": ["wellbeing", "standards_of_care"], "waves": ["T1", "T2", "T3"], "within": 0.5}
    good, odd, bad = (0.1, -0.1, 0.3), (0.6, 0.3, 0.9), (1.5, 1.1, 1.9)
    result_id_of = "norm_difference/wellbeing/{}/difference_sd".format
    # A number that is missing is never taken for one that bears the claim out.
    assert _verdict(condition, {result_id_of("T1"): good, result_id_of("T2"): good, result_id_of("T3"): good}) == (
        "not testable",
        "3 of 3 numbers support it; not testable: has no norm (Satisfaction with Standards of Care T1; Satisfaction with"
        " Standards of Care T2; Satisfaction with Standards of Care T3)",
    )
    verdict, reason = _verdict(condition, {result_id_of("T1"): good, result_id_of("T2"): odd, result_id_of("T3"): good})
    assert verdict == "not supported"
    assert reason.startswith(
        "2 of 3 numbers support it; Wellbeing T2: 0.60 [0.30, 0.90] is not within 0.5 norm SD of the norm (better than the norm);"
    )
    verdict, reason = _verdict(condition, {result_id_of("T1"): bad, result_id_of("T2"): odd, result_id_of("T3"): good})
    assert verdict == "contradicted"
    assert reason.startswith("1 of 3 numbers support it; Wellbeing T1: 1.50 [1.10, 1.90] is not within")


@pytest.mark.parametrize(
    ("shares", "verdict", "reason"),
    [
        ((10.0, 20.0, 60.0), "supported", "2 of 3 numbers support it; GP T3: 60.00 is not at most 50.00"),
        ((10.0, 60.0), "not supported", "1 of 2 numbers support it; GP T2: 60.00 is not at most 50.00"),
        ((10.0, None, None), "not testable", "GP T1: 10.00 is at most 50.00; not testable: fewer than two people (GP T2; GP T3)"),
    ],
)  # fmt: skip
def test_most_of_the_numbers_are_enough_where_a_claim_says_so(
    shares: tuple[float | None, ...], verdict: str, reason: str
) -> None:
    ids = [f"service_use/gp/T{wave}/percent" for wave in range(1, len(shares) + 1)]
    numbers = {result_id: (share, None, None) for result_id, share in zip(ids, shares, strict=True)}
    condition = {"kind": "level", "results": ids, "at_most": 50, "because": "half"}
    assert _verdict(condition, numbers, holds_for="most") == (verdict, reason)


def test_a_reason_that_many_numbers_share_is_said_once() -> None:
    result_id_of = "norm_difference/{}/{}/difference_sd".format
    scales, waves = ["wellbeing", "workload"], ["T1", "T2", "T3"]
    condition = {"kind": "norm", "scales": scales, "waves": waves, "below": 0}
    numbers = {result_id_of(scale, wave): (0.7, 0.4, 0.9) for scale in scales for wave in waves}
    assert _verdict(condition, numbers) == (
        "contradicted",
        "0 of 6 numbers support it; not below the norm, and its whole confidence interval lies outside (better than the norm)"
        " (Wellbeing T1 0.70 [0.40, 0.90]; Wellbeing T2 0.70 [0.40, 0.90]; Wellbeing T3 0.70 [0.40, 0.90];"
        " Satisfaction with Workload T1 0.70 [0.40, 0.90]; and 2 more)",
    )


def test_a_similarity_that_intervals_do_not_show_says_so() -> None:
    result_id_of = "norm_difference/wellbeing/{}/difference_sd".format
    condition = {"kind": "norm", "scales": ["wellbeing"], "waves": ["T1", "T2", "T3"], "within": 0.5}
    numbers = {
        result_id_of("T1"): (0.1, -0.1, 0.3),
        result_id_of("T2"): (0.1, -0.1, 0.6),
        result_id_of("T3"): (0.4, 0.1, 0.7),
    }
    assert _verdict(condition, numbers) == (
        "supported",
        "3 of 3 numbers support it, 2 with a confidence interval that extends beyond the region",
    )


@given(
    st.floats(-5, 5),
    st.floats(0, 5),
    st.sampled_from(["falls", "rises"]),
    st.sampled_from(["excludes_zero", "includes_zero"]),
)
def test_turning_the_sign_turns_the_direction_and_nothing_else(
    change: float, half: float, direction: str, interval: str
) -> None:
    condition = FALLS | {"direction": direction, "interval": interval}
    mirrored = condition | {"direction": "rises" if direction == "falls" else "falls"}
    if change == 0 or math.isclose(abs(change), half):
        return
    numbers = {CHANGE: (change, change - half, change + half)}
    mirrored_numbers = {CHANGE: (-change, -change - half, -change + half)}
    assert _verdict(condition, numbers)[0] == _verdict(mirrored, mirrored_numbers)[0]


def _declare(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The example's propositions with one thing changed, in a study folder of their own."""
    content = yaml.safe_load((EXAMPLE.folder / "propositions.yaml").read_text(encoding="utf-8"))
    change(content)
    file = tmp_path / "propositions.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file


def _condition(content: dict[str, Any], proposition: int, claim: int) -> dict[str, Any]:
    condition_content: dict[str, Any] = content["propositions"][proposition]["claims"][claim]["conditions"][0]
    return condition_content


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: _condition(c, 0, 0).update(scales=["welbeing"]), ": wellbeing_stays_good, wellbeing_like_public: 'welbeing' is not a scale of any instrument; the scales are wellbeing,"),
        (lambda c: _condition(c, 0, 0).update(waves=["T4"]), ": wellbeing_stays_good, wellbeing_like_public: 'T4' is not a wave of the protocol; the waves are T1, T2, T3"),
        (lambda c: _condition(c, 2, 0).update(contrasts=["T2-T3"]), ": early_strain_then_steady, wellbeing_drops: 'T2-T3' is not a contrast of the protocol; the contrasts are T1-T2, T1-T3"),
        (lambda c: c["propositions"][0]["claims"][4].update(conditions=[{"kind": "change", "services": ["dentist"], "contrasts": ["T1-T3"], "interval": "includes_zero"}]), ": wellbeing_stays_good, service_use_steady: 'dentist' is not a service of the protocol; the services are admission_mental,"),
        (lambda c: _condition(c, 0, 0).update(below=1), "2 comparisons are given; give exactly one of within, above, below, worse_by, not_worse_by"),
        (lambda c: _condition(c, 2, 0).update(services=["gp"]), "a change is of scales or of services; name one of the two"),
        (lambda c: (_condition(c, 2, 0).pop("interval"), _condition(c, 2, 0).pop("direction")), "this condition restricts nothing; give direction, interval or at_least"),
        (lambda c: _condition(c, 0, 2).pop("because"), "say under because where the bounds come from, or why there are none"),
        (lambda c: _condition(c, 0, 0).update(kind="norms"), "does not match any of the expected tags: 'change', 'norm', 'level'; give what must hold of the results"),
        (lambda c: c["propositions"].append(c["propositions"][0]), "proposition wellbeing_stays_good is declared twice"),
        (lambda c: c["propositions"][0]["claims"].append(c["propositions"][0]["claims"][0]), "proposition wellbeing_stays_good: claim wellbeing_like_public is declared twice"),
        (lambda c: c["propositions"][0].update(judgement={"verdict": "divergent", "judged_by": "A", "judged_on": date(2022, 5, 1)}), "a divergent verdict needs a memo; say what was made of the divergence"),
        (lambda c: c["propositions"][0].update(judgment={}), "judgment"),
        (lambda c: c["interviews"][0].update(file="gone.qdpx"), ": interviews: gone.qdpx: there is no such file; correct the path"),
        (lambda c: c["interviews"][0].update(wave="T9"), ": interviews: interviews/coded.qdpx: wave: 'T9' is not a wave; the waves are T1, T2, T3"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_study_is_one_line(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    file = _declare(tmp_path, change)
    shutil.copytree(EXAMPLE.folder / "interviews", tmp_path / "interviews")
    with pytest.raises((StudyError, SynthesisError)) as error:
        read_propositions(replace(EXAMPLE, folder=tmp_path))
    assert str(error.value).startswith(f"{file}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_study_without_propositions_has_none(tmp_path: Path) -> None:
    assert read_propositions(replace(EXAMPLE, folder=tmp_path)) is None


def _coding(segment: str, code: str, person: str | None, wave: str | None, text: str) -> SegmentRow:
    return SegmentRow(segment, ["work", code], person, wave, text, source_file="f", place="here")


SEGMENTS = [
    _coding("s1", "valued", "p1", "T1", "One."),
    _coding("s2", "valued", "p1", "T3", "Two."),
    _coding("s3", "valued", None, None, "Three."),
    _coding("s4", "strain", "p2", "T2", "Four."),
    # One selection with two codes.
    _coding("s4", "valued", "p2", "T2", "Four."),
]


def _display(numbers: dict[str, Any] | None = None, segments: Any = SEGMENTS, **more: Any) -> Any:
    claim = TypeAdapter(Claim).validate_python({"claim": "one", "statement": "One.", "conditions": [FALLS]})
    proposition = Proposition(proposition="first", statement="First.", claims=(claim,), **more)
    results = _results(numbers if numbers is not None else {CHANGE: (3.9, 0.67, 7.13)})
    (row,) = joint_display(PropositionFile(propositions=(proposition,)), results, segments, EXAMPLE)
    return row


def test_the_display_counts_segments_and_people_once() -> None:
    row = _display(codes=("valued", "strain"), quotes=("s2",))
    assert [(code.code, code.segments, code.people, code.by_wave) for code in row.codes] == [
        ("valued", 4, 2, (("T1", 1), ("T2", 1), ("T3", 1))),
        ("strain", 1, 1, (("T2", 1),)),
    ]
    assert (row.segments, row.people) == (4, 2)
    assert [(quote.person, quote.wave, quote.text) for quote in row.quotes] == [("p1", "T3", "Two.")]
    assert row.verdict == "not yet judged" and row.silence is None


def test_a_side_that_says_nothing_is_silent() -> None:
    assert (_display().verdict, _display().silence) == ("silent", "the interviews say nothing")
    row = _display({}, codes=("strain",))
    assert (row.verdict, row.silence) == ("silent", "the numbers say nothing")
    assert _display({}).silence == "the numbers and the interviews say nothing"


def test_a_judgement_is_stale_when_a_claim_turns_or_a_segment_comes() -> None:
    evidence = _display(codes=("strain",)).evidence
    judged_claim = Judgement(verdict="convergent", judged_by="A. Judge", judged_on=date(2022, 5, 1), evidence=evidence)
    assert not _display(codes=("strain",), judgement=judged_claim).is_stale
    assert _display({CHANGE: (3.9, -0.67, 7.13)}, codes=("strain",), judgement=judged_claim).is_stale
    assert _display(codes=("strain", "valued"), judgement=judged_claim).is_stale
    # Other digits with the same verdict are the same evidence; other words are not, however many.
    assert not _display({CHANGE: (3.8, 0.6, 7.0)}, codes=("strain",), judgement=judged_claim).is_stale
    other_display = _display(codes=("strain",), judgement=judged_claim, segments=[replace(SEGMENTS[3], segment_id="s9")])
    assert other_display.is_stale
    assert other_display.doubts == (
        "claims or segments have changed since the judgement; judge again, then write evidence:"
        f' "{other_display.evidence}" and judged_on under judgement',
    )


def test_a_judgement_that_does_not_fit_what_stands_beside_it_is_doubted() -> None:
    signature = {"judged_by": "A. Judge", "judged_on": date(2022, 5, 1)}
    silent = _display(codes=("strain",), judgement=Judgement(verdict="silent", **signature))
    assert silent.doubts == (
        "the judgement does not record its evidence; judge again, then write evidence:"
        f' "{silent.evidence}" and judged_on under judgement',
        "the verdict is silent, but both sides have evidence",
    )
    contradicting = {CHANGE: (-3.9, -7.13, -0.67)}
    mark = _display(contradicting, codes=("strain",)).evidence
    convergent = Judgement(verdict="convergent", evidence=mark, **signature)
    assert _display(contradicting, codes=("strain",), judgement=convergent).doubts == (
        "the verdict is convergent despite a contradicted claim, without a memo; explain why in a memo",
    )
    explained = convergent.model_copy(update={"memo": "The scale asks something else."})
    assert _display(contradicting, codes=("strain",), judgement=explained).doubts == ()


def test_unknown_codes_and_quotes_are_refused() -> None:
    file = EXAMPLE.folder / "propositions.yaml"
    with pytest.raises(SynthesisError) as error:
        _display(codes=("strian",))
    assert str(error.value) == (
        f"{file}: first: codes: the interviews have no code 'strian'; the codes are strain, valued, work"
    )
    with pytest.raises(SynthesisError) as error:
        _display(codes=("strain",), quotes=("s1",))
    assert (
        str(error.value) == f"{file}: first: quotes: 's1' is not a segment with a code of this proposition; correct the id"
    )


@pytest.mark.parametrize(
    ("statistic", "limits"),
    [("mean_change", "ci95"), ("d_z", "d_z_ci95"), ("hodges_lehmann", "hodges_lehmann_ci95"), ("n", None), ("p", None)],
)
def test_a_level_is_judged_by_the_interval_of_its_own_statistic(statistic: str, limits: str | None) -> None:
    """The interval of the mean change was printed beside d_z, and decided."""
    expected = (f"{limits}_low", f"{limits}_high") if limits else None
    assert interval_of("change", statistic) == expected
