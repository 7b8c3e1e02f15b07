"""Counts: rounding, what a rounded count says, what else must be hidden, what can no longer be hidden."""

import math
from pathlib import Path
from random import Random

import pytest
from disclosure.made_people import LEAVING, WAVES, made_study

from dagster_project.disclosure import Ledger
from dagster_project.disclosure.bounds import Relation, System
from dagster_project.disclosure.cells import CountRegistry, count_registry
from dagster_project.disclosure.counts import count_entries, decide_counts
from dagster_project.disclosure.rounding import rounded_count, rounded_interval
from dagster_project.disclosure.suppression import EARLIER, FEWER, SECONDARY
from dagster_project.results import flow_results
from dagster_project.study import Disclosure, read_study

KEY = b"a key for tests"


@pytest.mark.parametrize("base", [1, 3, 5, 10])
@pytest.mark.parametrize("rounding", ["nearest", "random"])
def test_a_count_lies_in_the_interval_of_how_it_is_printed(base: int, rounding: str) -> None:
    rule = Disclosure(round_to=base, rounding=rounding)
    for value in range(rule.minimum, 200):
        count = rounded_count(value, "a cell", rule, KEY)
        low, high = rounded_interval(count, rule)
        assert count % base == 0
        assert low <= value <= high
        assert count == rounded_count(value, "a cell", rule, KEY)


def test_random_rounding_is_right_on_average_and_needs_the_key() -> None:
    rule = Disclosure(round_to=5, rounding="random")
    counts = [rounded_count(22, f"cell {number}", rule, KEY) for number in range(4000)]
    assert set(counts) == {20, 25}
    assert sum(counts) / len(counts) == pytest.approx(22, abs=0.15)
    assert counts != [rounded_count(22, f"cell {number}", rule, b"another key") for number in range(4000)]


def made_registry(counts: dict[str, int], *sums: tuple[str, list[str]]) -> CountRegistry:
    registry = CountRegistry(values=dict(counts), names={}, costs=dict.fromkeys(counts, 1.0))
    for total, parts in sums:
        registry.add_sum(total, parts)
    return registry


EXACT = Disclosure(round_to=1)


def test_a_small_count_in_a_sum_takes_another_with_it() -> None:
    registry = made_registry({"n": 93, "women": 60, "men": 32, "nonbinary": 1}, ("n", ["women", "men", "nonbinary"]))
    suppression = decide_counts(registry, EXACT, KEY, Ledger(1))
    assert suppression.rules == {"nonbinary": FEWER, "men": SECONDARY}  # the smaller of what costs the same
    assert suppression.counts == {"n": 93, "women": 60}


def test_a_count_in_two_tables_takes_one_in_each_with_it() -> None:
    registry = made_registry(
        {"n": 93, "women": 60, "men": 32, "nonbinary": 1, "young": 50, "old": 42, "unknown": 1},
        ("n", ["women", "men", "nonbinary"]),
        ("n", ["young", "old", "unknown"]),
    )
    suppression = decide_counts(registry, EXACT, KEY, Ledger(1))
    assert {name for name, rule in suppression.rules.items() if rule == FEWER} == {"nonbinary", "unknown"}
    system = System(list(registry.values), list(registry.relations))
    for name in ("nonbinary", "unknown"):
        assert system.bound(name, suppression.intervals)[0].width >= EXACT.least_width


@pytest.mark.parametrize("asks", [True, False])
def test_withdrawals_that_a_study_does_not_ask_about_hide_nothing(asks: bool, tmp_path: Path) -> None:
    """That nobody withdrew is a small count where a roster says who did, and known to everybody where none can."""
    study = made_study(tmp_path)
    if not asks:
        file = tmp_path / "made_people" / "study.yaml"
        text = file.read_text(encoding="utf-8")
        assert LEAVING in text
        file.write_text(text.replace(LEAVING, ""), encoding="utf-8")
        study = read_study(file.parent)
    states = {"people_group": None, "listed": 60, "excluded": 0, "not_planned": 0, "returned_blank": 0, "withdrawn": 0}
    flow = [states | {"step": "roster", "moment": "roster", "n": 60, "not_returned": 0}]
    flow += [states | {"step": "wave", "moment": wave, "n": 45, "not_returned": 15} for wave in WAVES]
    registry = count_registry(study, {row.result_id: row for row in flow_results(flow, study)}, [])
    suppression = decide_counts(registry, EXACT, KEY, Ledger(1))
    assert ("flow/returns/T1/n_withdrawn" in suppression.rules) == asks
    hidden = {name for name in suppression.rules if name.startswith("flow/returns/T1/n")}
    assert len(hidden) == (2 if asks else 0), hidden


def test_what_is_printed_nowhere_is_protected_too() -> None:
    registry = made_registry({"roster": 100, "returned": 98})
    registry.add_sum("roster", ["returned"], "lost")
    suppression = decide_counts(registry, EXACT, KEY, Ledger(1))
    assert suppression.rules == {"returned": SECONDARY}
    rounded = decide_counts(registry, Disclosure(), KEY, Ledger(1))
    assert rounded.counts == {"roster": 100, "returned": 100}


@pytest.mark.slow
def test_many_made_tables_are_protected_and_the_truth_stays_possible() -> None:
    for seed in range(25):
        random = Random(seed)
        counts = {f"{row}{column}": random.choice((1, 4, 15, 40, 90)) for row in "abc" for column in "xyz"}
        sums = [(row, [f"{row}{column}" for column in "xyz"]) for row in "abc"]
        sums += [(column, [f"{row}{column}" for row in "abc"]) for column in "xyz"]
        counts |= {total: sum(counts[part] for part in parts) for total, parts in sums}
        registry = made_registry(counts, *sums)
        suppression = decide_counts(registry, EXACT, KEY, Ledger(1))
        system = System(list(counts), list(registry.relations))
        for name, value in counts.items():
            bound = system.bound(name, suppression.intervals)[0]
            assert bound.low - 1e-6 <= value <= bound.high + 1e-6
            assert value >= EXACT.minimum or bound.width >= EXACT.least_width - 1e-6, (seed, name)


def test_a_sum_that_does_not_hold_is_no_sum() -> None:
    registry = made_registry({"n": 10, "a": 4, "b": 5}, ("n", ["a", "b"]))
    assert not registry.relations
    registry.add_sum("n", ["a", "b"], "others")
    assert list(registry.relations) == [Relation("n", ("a", "b", "others"))]
    assert registry.values["others"] == 1


def test_a_count_stays_as_it_was_printed_until_it_is_of_ten_people_more() -> None:
    rule, printed = Disclosure(), []
    ledger = Ledger(1)
    for value in (32, 33, 29, 41, 42, 8):
        registry = made_registry({"n": value})
        suppression = decide_counts(registry, rule, KEY, ledger)
        ledger = Ledger(1, (), count_entries(registry, suppression, rule, ledger), {})
        printed.append(suppression.counts.get("n"))
    assert printed == [30, 30, 30, 30, 40, None]


def test_a_hidden_count_stays_hidden_until_it_is_of_ten_people_more() -> None:
    rule, printed, ledger = Disclosure(), [], Ledger(1)
    for value in (9, 10, 18, 19):
        registry = made_registry({"n": value})
        suppression = decide_counts(registry, rule, KEY, ledger)
        ledger = Ledger(1, (), count_entries(registry, suppression, rule, ledger), {})
        printed.append(suppression.counts.get("n"))
    assert printed == [None, None, None, 20]


def test_what_is_out_already_stays_and_nothing_is_added_to_it() -> None:
    """Whoever knows that eight more came finds out from the first release alone how few are lost. The second prints the same."""
    first = made_registry({"roster": 100, "returned": 85, "women": 60})
    first.add_sum("roster", ["returned"], "lost")
    suppression = decide_counts(first, EXACT, KEY, Ledger(1))
    assert suppression.counts == {"roster": 100, "returned": 85, "women": 60}
    assert not suppression.already_narrow
    ledger = Ledger(1, ("r1",), count_entries(first, suppression, EXACT, Ledger(1)), {})
    second = made_registry({"roster": 100, "returned": 93, "women": 60, "by post": 88, "by telephone": 5})
    second.add_sum("roster", ["returned"], "lost")
    second.add_sum("returned", ["by post", "by telephone"])
    suppression = decide_counts(second, EXACT, KEY, ledger)
    assert suppression.counts == {"roster": 100, "returned": 85, "women": 60}
    assert suppression.already_narrow == {"lost"}
    # Of those of whom nothing was printed before, nobody learns.
    assert suppression.rules == {"by telephone": FEWER, "by post": SECONDARY}


def test_who_does_not_know_how_many_came_learns_nothing_from_what_is_new() -> None:
    """The first release tells those who know that two have gone that nine are left. Exact counts of the nine would tell everybody."""
    first = made_registry({"returned": 11})
    suppression = decide_counts(first, Disclosure(), KEY, Ledger(1))
    assert suppression.counts == {"returned": 10}
    ledger = Ledger(1, ("r1",), count_entries(first, suppression, Disclosure(), Ledger(1)), {})
    second = made_registry({"returned": 9, "roster": 60, "lost": 51}, ("roster", ["returned", "lost"]))
    suppression = decide_counts(second, EXACT, KEY, ledger)
    assert suppression.already_narrow == {"returned"} and suppression.counts["returned"] == 10
    assert set(suppression.counts) < {"returned", "roster", "lost"}
    everybody = {name: suppression.intervals[name] for name in ("roster", "lost")} | {
        "returned": suppression.earlier["returned"]
    }
    assert System(list(second.values), list(second.relations)).bound("returned", everybody)[0].width >= EXACT.least_width


def test_that_counts_are_small_is_not_said_where_it_says_how_small_they_are() -> None:
    """Three counts below ten of 27 people, all of whom are on the roster, are nine each."""
    parts = ["post", "telephone", "internet"]
    registry = made_registry({"flow/roster/n": 27} | dict.fromkeys(parts, 9), ("flow/roster/n", parts))
    suppression = decide_counts(registry, Disclosure(), KEY, Ledger(1))
    assert not suppression.counts.keys() & set(parts)
    assert SECONDARY in suppression.rules.values()
    known = suppression.intervals | {"flow/roster/n": (27.0, 27.0)}
    system = System(list(registry.values), list(registry.relations))
    for name in parts:
        assert system.bound(name, known)[0].width >= Disclosure().least_width


def test_nobody_is_no_reason_to_refuse() -> None:
    """That a count is of nobody may follow from the design, when nothing is printed at all."""
    registry = made_registry({"roster": 8, "not_planned": 8, "returned": 0, "others": 0})
    registry.add_sum("roster", ["not_planned"])
    registry.add_sum("roster", ["not_planned", "returned", "others"])
    suppression = decide_counts(registry, Disclosure(), KEY, Ledger(1))
    assert not suppression.counts


def test_a_sum_with_a_part_that_nobody_counts_is_no_sum() -> None:
    registry = made_registry({"roster": 8, "not_planned": 8}, ("roster", ["planned", "not_planned"]))
    assert not registry.relations


def test_a_count_of_which_nothing_is_known_has_no_end() -> None:
    bound, _ = System(["n"], []).bound("n", {})
    assert (bound.low, bound.high) == (0.0, math.inf)


def test_exact_counts_are_printed_once() -> None:
    """The difference of two exact numbers of people who left would be the few who left between."""
    first = made_registry({"n": 60})
    suppression = decide_counts(first, EXACT, KEY, Ledger(1))
    ledger = Ledger(1, ("r1",), count_entries(first, suppression, EXACT, Ledger(1)), {})
    for number, value in enumerate((80, 95, 96), start=2):
        registry = made_registry({"n": value})
        suppression = decide_counts(registry, EXACT, KEY, ledger)
        assert suppression.rules == {"n": EARLIER}
        entries = count_entries(registry, suppression, EXACT, ledger)
        ledger = Ledger(1, (*ledger.releases, f"r{number}"), entries, {})
