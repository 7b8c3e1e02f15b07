"""The declaration of variants: what a variant's study is, what is refused, and that a study without them keeps its plan's hash."""

from pathlib import Path

import pytest
from conftest import SMALL
from measures_study import write_measures_study
from planned_study import PROTOCOL, VARIANT_PROTOCOL, made_people, write_study

from dagster_project.study import StudyError, Variant, read_study, scoring_rule, variant_changes, variant_study

_SCALES = "sum of 3 items, all answered"


def _read(folder: Path, variants: str) -> None:
    """Read a study with the given entries under variants."""
    protocol = PROTOCOL.replace("\nexports:\n", f"\nvariants: [{variants}]\nexports:\n")
    write_study(folder / "planned_study", made_people()[:2], protocol)
    read_study(folder / "planned_study")


def test_a_variant_is_the_study_with_its_rules_and_nothing_else(tmp_path: Path) -> None:
    study = read_study(write_study(tmp_path / "planned_study", made_people(), VARIANT_PROTOCOL))
    variants = {variant.variant: variant for variant in study.protocol.variants}
    other_key = variant_study(study, variants["other_key"])
    assert scoring_rule(*other_key.scales["mood_total"]) == "sum of 2 items, all answered; reversed (6 - answer): mood_02"
    assert other_key.scales["sleep_total"] == study.scales["sleep_total"]
    assert other_key.protocol.model_copy(update={"variants": study.protocol.variants}) == study.protocol
    assert other_key.protocol.variants == ()
    older_women = variant_study(study, variants["older_women"])
    assert scoring_rule(*older_women.scales["mood_total"]) == ("sum of 3 items, at least 2 answered, times 3 / those there")
    assert [vars(change) for change in variant_changes(study, variants["older_women"])] == [
        {"subject": "age", "in_main_analysis": "everybody", "in_variant": "Age: 30 or more, or not known"},
        {"subject": "sex", "in_main_analysis": "everybody", "in_variant": "Sex: without Men"},
        {
            "subject": "mood_total",
            "in_main_analysis": _SCALES,
            "in_variant": "sum of 3 items, at least 2 answered, times 3 / those there",
        },
    ]
    assert variant_changes(study, variants["other_key"])[0].in_variant.endswith("mood_02; without mood_03")


def test_variants_are_no_part_of_the_plan(tmp_path: Path) -> None:
    with_variants = read_study(write_study(tmp_path / "one/planned_study", made_people(), VARIANT_PROTOCOL))
    alone = (
        VARIANT_PROTOCOL[: VARIANT_PROTOCOL.index("variants:")]
        + VARIANT_PROTOCOL[VARIANT_PROTOCOL.index("participant_var") :]
    )
    without = read_study(write_study(tmp_path / "two/planned_study", made_people(), alone))
    assert without.protocol.variants == ()
    assert without.protocol.plan_hash == with_variants.protocol.plan_hash


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        ("{variant: a}", "variants[0]: variant a changes nothing; give it people or scales, or take it out"),
        (
            "{variant: a, people: {variable: site, only: [x]}}",
            "variant a: people: 'site' is not a variable of the roster; its variables are arm, sex, age",
        ),
        (
            "{variant: a, people: {variable: sex, only: [x]}}",
            "variant a: people: 'x' is not a category of sex: f, m",
        ),
        (
            "{variant: a, people: {variable: age, only: [f]}}",
            "variant a: people: age is a number; give minimum or maximum",
        ),
        (
            "{variant: a, people: {variable: sex, minimum: 3}}",
            "variant a: people: sex has categories; give only or without",
        ),
        (
            "{variant: a, people: {variable: sex, without: [f, m]}}",
            "variant a: people: sex is without all of its categories, which leaves nobody; keep some",
        ),
        (
            "{variant: a, people: {variable: sex, only: [f, m]}}",
            "variant a: people: sex keeps all of its categories, which leaves nobody out; name fewer, or say if_unknown:"
            " leave_out",
        ),
        (
            "{variant: a, people: {variable: sex, only: [f], without: [m]}}",
            "people: sex is limited in two ways; keep one of only or without, or minimum and maximum of a number",
        ),
        (
            "{variant: a, people: {variable: sex}}",
            "people: sex says nothing of whom to keep; give only or without, or minimum and maximum of a number",
        ),
        (
            "{variant: a, people: {variable: age, minimum: 40, maximum: 30}}",
            "people: age: no number is at least 40 and at most 30",
        ),
        ("{variant: a, people: {variable: sex, only: [f, f]}}", "people: sex names 'f' twice; keep it once"),
        (
            "{variant: a, people: {variable: sex, only: [f]}}, {variant: a, people: {variable: sex, only: [m]}}",
            "variants: a is declared twice; rename one",
        ),
        (
            "{variant: a, scales: {joy: {minimum_answered: 1}}}",
            "variant a: 'joy' is not a scale of any instrument; the scales are mood_total, sleep_total",
        ),
        (
            "{variant: a, scales: {mood_total: {}}}",
            "variant a: mood_total has no rule; give it items, reversed, minimum_answered or minimum_parts",
        ),
        (
            "{variant: a, scales: {mood_total: {minimum_answered: 0.9}}}",
            f"variant a: mood_total is scored as in the main analysis ({_SCALES}); change its rule, or take it out",
        ),
        (
            "{variant: a, scales: {mood_total: {reversed: []}}}",
            f"variant a: mood_total is scored as in the main analysis ({_SCALES}); change its rule, or take it out",
        ),
        (
            "{variant: a, scales: {mood_total: {items: [1, 4]}}}",
            "variant a: scale mood_total names item 4, but the instrument has items 1 to 3",
        ),
        (
            "{variant: a, scales: {mood_total: {minimum_parts: 0.5}}}",
            "variant a: mood_total is made of items; write minimum_answered",
        ),
        (
            "{variant: a, scales: {mood_total: {minimum: 1}}}",
            "there is no such key; do you mean minimum_parts or minimum_answered?",
        ),
    ],
)
def test_what_is_no_variant_is_refused(tmp_path: Path, variants: str, message: str) -> None:
    with pytest.raises(StudyError) as refusal:
        _read(tmp_path, variants)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).startswith(str(tmp_path / "planned_study" / "study.yaml"))


def test_a_composite_has_parts_and_a_given_score_no_rule(tmp_path: Path) -> None:
    study = read_study(SMALL)
    half = Variant.model_validate({"variant": "half", "scales": {"drive_overall": {"minimum_parts": 0.5}}})
    assert [change.in_variant for change in variant_changes(study, half)] == [
        "mean of 2 scales (push, pull), at least 1 of them with a score"
    ]
    items = Variant.model_validate({"variant": "a", "scales": {"drive_overall": {"minimum_answered": 0.5}}})
    with pytest.raises(
        ValueError, match=r"^variant a: drive_overall is made of scales and has no minimum_answered; write mini"
    ):
        variant_study(study, items)
    uneven = Variant.model_validate({"variant": "a", "scales": {"mood_total": {"items": [1, 2], "reversed": [3]}}})
    with pytest.raises(
        ValueError, match=r"^variant a: scale mood_total: reversed names item 3, which is none of its items$"
    ):
        variant_study(study, uneven)
    given = read_study(write_measures_study(tmp_path / "measures_study"))
    code = next(scale for scale, (_, score) in given.scales.items() if score.is_given)
    with pytest.raises(ValueError, match=rf"^variant a: {code} is taken as it comes and has no scoring rule; take it out$"):
        variant_study(given, Variant.model_validate({"variant": "a", "scales": {code: {"minimum_answered": 1}}}))
