"""The checks on results, each with results that break it."""

import dagster as dg

from dagster_project.defs.outcomes.assets import _OUTCOMES, _checks
from dagster_project.results import ResultRow


def _row(
    statistic: str, value: float | None, note: str | None, outcome: str = "mood", category: str | None = None
) -> ResultRow:
    return ResultRow(
        result_id=f"any/{outcome}/{category}/{statistic}", analysis="any", outcome=outcome, category=category, wave="T1",
        contrast=None, statistic=statistic, value=value, n=9, method="", unit="",
        printed="—" if value is None else f"{value:.2f}", note=note,
    )  # fmt: skip


def _said(results: list[ResultRow]) -> dict[str | None, tuple[bool, str | None]]:
    return {check.check_name: (check.passed, check.description) for check in _checks(results)}


def test_a_result_without_a_value_says_why_and_stands_once() -> None:
    good = [_row("p", 0.5, None), _row("t", None, "no pairs")]
    assert _said(good) == {
        "ids_unique": (True, "2 results, each with its own id"),
        "values_or_notes": (True, "No result is silent."),
    }
    assert _said([*good, _row("p", 0.4, None)])["ids_unique"] == (False, "any/mood/None/p stands twice")
    assert _said([*good, _row("df", None, None)])["values_or_notes"] == (
        False,
        "any/mood/None/df has neither a value nor a note",
    )


def test_an_item_that_goes_against_its_scale_is_a_warning() -> None:
    (warning,) = (outcome.warning for outcome in _OUTCOMES if outcome.name == "measurement")
    assert warning is not None
    fine = [
        _row("item_rest", 0.4, None, category="mood_01"),
        _row("omega", None, "looks as though it were another statistic"),
    ]
    passed = warning.result(fine)
    assert (passed.check_name, passed.passed, passed.description) == (
        "items_keyed", True, "Every item goes with the others of its scale.",
    )  # fmt: skip
    odd = [
        _row("item_rest", -0.61, "looks as though it had not been reversed (sure)", category="mood_03"),
        _row("item_rest", None, "everybody gave the same answer", category="mood_02"),
    ]
    failed = warning.result([*fine, *odd])
    assert (failed.passed, failed.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert failed.description == (
        "mood_03 (T1): -0.61, looks as though it had not been reversed (sure); mood_02 (T1): everybody gave the same answer"
    )


def test_a_model_that_does_not_converge_is_a_warning() -> None:
    (warning,) = (outcome.warning for outcome in _OUTCOMES if outcome.name == "mixed")
    assert warning is not None
    reason = "the model does not converge: nobody varies within themselves"
    failed = warning.result([_row("icc", None, reason), _row("icc", 0.5, None, outcome="drive")])
    assert (failed.check_name, failed.passed) == ("models_converge", False)
    assert failed.description == f"mood (T1): {reason}"
    result = warning.result([_row("icc", None, reason, outcome=f"scale_{number}") for number in range(9)])
    assert result.description is not None
    assert result.description.endswith("(and 4 more)")
