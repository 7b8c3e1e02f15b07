"""Means that together would tell of few people."""

from dagster_project.disclosure.sums import ENOUGH_PEOPLE, Kind, MeanOf, safe_means, strict_people

LEVELS = [MeanOf("T1", None, ("T1",)), MeanOf("T2", None, ("T2",))]
CHANGE = MeanOf("T1-T2", None, ("T1", "T2"))


def people(both: int, first_alone: int = 0, second_alone: int = 0, group: str | None = None) -> dict[Kind, int]:
    return {
        (group, frozenset({"T1", "T2"})): both,
        (group, frozenset({"T1"})): first_alone,
        (group, frozenset({"T2"})): second_alone,
    }


def test_both_levels_and_change_stay_where_the_same_people_are_in_all() -> None:
    assert safe_means([CHANGE, *LEVELS], people(30), 10) == ["T1-T2", "T1", "T2"]


def test_of_few_who_left_the_last_mean_is_hidden() -> None:
    assert safe_means([CHANGE, *LEVELS], people(28, 4), 10) == ["T1-T2", "T1"]
    assert safe_means([*LEVELS, CHANGE], people(28, 4), 10) == ["T1", "T2"]


def test_of_many_who_left_all_stay() -> None:
    assert safe_means([CHANGE, *LEVELS], people(28, 12), 10) == ["T1-T2", "T1", "T2"]
    assert safe_means([CHANGE, *LEVELS], people(28, 6, 6), 10) == ["T1-T2", "T1", "T2"]  # twelve together


def test_few_people_without_a_group_hide_the_mean_of_everybody() -> None:
    groups = {("a", frozenset({"T1"})): 40, ("b", frozenset({"T1"})): 40, (None, frozenset({"T1"})): 3}
    means = [MeanOf("a", "a", ("T1",)), MeanOf("b", "b", ("T1",)), MeanOf("all", None, ("T1",))]
    assert safe_means(means, groups, 10) == ["a", "b"]
    assert safe_means(means, groups | {(None, frozenset({"T1"})): 30}, 10) == ["a", "b", "all"]
    assert safe_means(means, groups | {(None, frozenset({"T1"})): 0}, 10) == ["a", "b", "all"]


def test_three_contrasts_tell_of_those_who_missed_one_wave() -> None:
    waves = {frozenset({"T1", "T2", "T3"}): 40, frozenset({"T1", "T2"}): 2, frozenset({"T1", "T3"}): 1}
    kinds: dict[Kind, int] = {(None, wave_set): n for wave_set, n in waves.items()}
    contrasts = [MeanOf(f"{first}-{second}", None, (first, second)) for first, second in (["T1", "T2"], ["T1", "T3"])]
    last = MeanOf("T2-T3", None, ("T2", "T3"))
    assert safe_means([*contrasts, last], kinds, 10) == ["T1-T2", "T1-T3"]


def test_an_outdated_mean_stays_and_nothing_is_put_together_with_it() -> None:
    everybody = people(30)
    assert safe_means([CHANGE, *LEVELS], everybody, 10, earlier=["T1"], outdated=["T1"]) == ["T1", "T1-T2"]
    assert safe_means([CHANGE, *LEVELS], everybody, 10, earlier=["T1"]) == ["T1", "T1-T2", "T2"]


def test_means_that_replace_others_are_of_the_same_people_or_not_put_together() -> None:
    """Of those who left, twelve in one release and fifteen in the next, both sums would tell of three."""
    assert safe_means([CHANGE, *LEVELS], strict_people(people(40, 15)), ENOUGH_PEOPLE) == ["T1-T2", "T1"]
    assert safe_means([CHANGE, *LEVELS], strict_people(people(40)), ENOUGH_PEOPLE) == ["T1-T2", "T1", "T2"]
    groups = people(40, group="a") | people(40, group="b") | people(12)
    means = [MeanOf("a", "a", ("T1",)), MeanOf("b", "b", ("T1",)), MeanOf("all", None, ("T1",))]
    assert safe_means(means, groups, 10) == ["a", "b", "all"]
    assert safe_means(means, strict_people(groups), ENOUGH_PEOPLE) == ["a", "b"]
