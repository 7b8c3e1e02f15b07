"""Which results a new release changed."""

from dagster_project.results import ReleasedNumber, result_changes


def number(value: float | None, printed: str = "0.50", statistic: str = "difference") -> ReleasedNumber:
    return ReleasedNumber(value, printed, statistic)


def test_digits_that_a_computer_carries_are_no_change() -> None:
    nearby = 0.5 * (1 + 4e-16)
    assert nearby != 0.5
    assert result_changes([("a", number(0.5), number(nearby)), ("b", number(None), number(None)), ("c", None, None)]) == []


def test_whatever_may_be_seen_is_a_change() -> None:
    changes = [
        ("twelfth digit", number(0.5), number(0.5 * (1 + 3e-12))),
        ("printed", number(0.505 - 1e-16, "0.50"), number(0.505, "0.51")),
        ("new", None, number(0.5)),
        ("without a value", number(0.5), number(None, "")),
        ("sign of nothing", number(0.0), number(1e-300)),
    ]
    assert [row.what for row in result_changes(changes)] == [name for name, *_ in changes]


def test_a_p_on_the_other_side_of_the_level_has_a_row_of_its_own() -> None:
    below = 0.05 * (1 - 2e-16)
    assert below < 0.05
    rows = result_changes([("t/p", number(0.05, ".050", "p"), number(below, ".050", "p"))])
    assert [row.kind for row in rows] == ["result", "significance"]
