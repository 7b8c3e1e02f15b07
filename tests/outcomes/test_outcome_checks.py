"""The checks on results, each with results that break it."""

from dagster_project.outcomes.analyses import OUTCOMES, result_checks
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
    return {check.name: (check.passed, check.message) for check in result_checks(OUTCOMES[0], results)}


def test_a_result_without_a_value_says_why_and_stands_once() -> None:
    good = [_row("p", 0.5, None), _row("t", None, "no pairs")]
    assert _said(good) == {
        "ids_unique": (True, "2 results, each with its own id"),
        "values_or_notes": (True, "Every result has a value or a reason."),
    }
    assert _said([*good, _row("p", 0.4, None)])["ids_unique"] == (False, "any/mood/None/p occurs twice")
    assert _said([*good, _row("df", None, None)])["values_or_notes"] == (
        False,
        "any/mood/None/df has neither a value nor a note",
    )


def test_an_item_that_goes_against_its_scale_is_a_warning() -> None:
    (warning,) = (one.warning for one in OUTCOMES if one.name == "measurement")
    assert warning is not None
    fine = [
        _row("item_rest", 0.4, None, category="mood_01"),
        _row("omega", None, "appears not to have been reversed, says another statistic"),
    ]
    passed = warning.result(fine)
    assert (passed.name, passed.passed, passed.message) == (
        "items_keyed", True, "Every item goes with the others of its scale.",
    )  # fmt: skip
    odd = [
        _row("item_rest", -0.61, "appears not to have been reversed (sure)", category="mood_03"),
        _row("item_rest", None, "everybody gave the same answer", category="mood_02"),
    ]
    failed = warning.result([*fine, *odd])
    assert (failed.passed, failed.is_warning) == (False, True)
    assert failed.message == (
        "mood_03 (T1): -0.61, appears not to have been reversed (sure); mood_02 (T1): everybody gave the same answer"
    )


def test_a_model_that_does_not_converge_is_a_warning() -> None:
    (warning,) = (one.warning for one in OUTCOMES if one.name == "mixed")
    assert warning is not None
    reason = "the model does not converge: no variation within people"
    failed = warning.result([_row("icc", None, reason), _row("icc", 0.5, None, outcome="drive")])
    assert (failed.name, failed.passed) == ("models_converge", False)
    assert failed.message == f"mood (T1): {reason}"
    many = warning.result([_row("icc", None, reason, outcome=f"scale_{at}") for at in range(9)])
    assert many.message.endswith("(and 4 more)")
