"""Right tables of people in categories: counts, percentages, tests of them.

Belongs here: a function a shape. Does not belong here: scores (made_shapes.py).
"""

from collections.abc import Callable

import numpy as np
from printed_table import MadeTable
from scipy import stats

Shape = Callable[[MadeTable], None]


def _counts(table: MadeTable, people: int, categories: int | None = None) -> np.ndarray:
    size = categories or int(table.rng.integers(3, 6))
    return table.rng.multinomial(people, table.rng.dirichlet(np.full(size, 3.0)))


def _blocks(table: MadeTable) -> list[str]:
    return [f"Block {number + 1}" for number in range(int(table.rng.integers(2, 5)))]


def _people(table: MadeTable) -> int:
    return int(table.rng.integers(25, 300))


def n_first(table: MadeTable) -> None:
    people = _people(table)
    for section in _blocks(table):
        table.section = section
        for number, count in enumerate(_counts(table, people)):
            first = {"n": people} if number == 0 else {}
            label = f"Category {number + 1}"
            table.add(label, "Baseline", **first, count=int(count), percent=(100 * count / people, 1))


def n_on_its_own_row(table: MadeTable) -> None:
    people = _people(table)
    table.add("Participants", "Baseline", n=people)
    for section in _blocks(table):
        table.section = section
        for number, count in enumerate(_counts(table, people)):
            table.add(f"Category {number + 1}", "Baseline", count=int(count), percent=(100 * count / people, 1))


def _n_is_count(name: str) -> Shape:
    def shape(table: MadeTable) -> None:
        people = _people(table)
        for section in _blocks(table):
            table.section = section
            for number, count in enumerate(_counts(table, people)):
                table.add(f"Category {number + 1}", "Baseline", **{name: int(count)}, percent=(100 * count / people, 1))

    return shape


def valid_percent(table: MadeTable) -> None:
    """Of those without a missing answer, beside the n of all."""
    people = _people(table)
    for section in _blocks(table):
        table.section = section
        known = people - int(table.rng.integers(1, 1 + people // 10))
        for number, count in enumerate(_counts(table, known)):
            first = {"n": people} if number == 0 else {}
            table.add(f"Category {number + 1}", "Baseline", **first, percent=(100 * count / known, 1))


def unknown_row(table: MadeTable) -> None:
    people = _people(table)
    for section in _blocks(table):
        table.section = section
        missing = int(table.rng.integers(1, 1 + people // 8))
        known = people - missing
        for number, count in enumerate(_counts(table, known)):
            first = {"n": people} if number == 0 else {}
            table.add(f"Category {number + 1}", "Baseline", **first, count=int(count), percent=(100 * count / known, 1))
        table.add("Unknown", "Baseline", count=missing)


def weighted(table: MadeTable) -> None:
    table.declare(practice="weighted")
    people = _people(table)
    for section in _blocks(table):
        table.section = section
        counts = _counts(table, people)
        weights = counts * table.rng.uniform(0.8, 1.25, len(counts))
        for number, count in enumerate(counts):
            first = {"n": people} if number == 0 else {}
            share = 100 * weights[number] / weights.sum()
            table.add(f"Category {number + 1}", "Baseline", **first, count=int(count), percent=(share, 1))


def several_answers(table: MadeTable) -> None:
    people = _people(table)
    for section in _blocks(table):
        table.section = section
        for number in range(int(table.rng.integers(3, 6))):
            count = int(table.rng.binomial(people, table.rng.uniform(0.2, 0.7)))
            first = {"n": people} if number == 0 else {}
            table.add(f"Answer {number + 1}", "Baseline", **first, count=count, percent=(100 * count / people, 1))


def own_denominators(table: MadeTable) -> None:
    people = _people(table)
    for number in range(int(table.rng.integers(4, 9))):
        known = people - int(table.rng.integers(0, 1 + people // 10))
        count = int(table.rng.binomial(known, table.rng.uniform(0.2, 0.7)))
        table.add(f"Characteristic {number + 1}", "Baseline", n=known, count=count, percent=(100 * count / known, 1))


def some_missing(table: MadeTable) -> None:
    """One n above; a few characteristics are not known of everybody, which a footnote says."""
    people = _people(table)
    table.add("Participants", "Baseline", n=people)
    for number in range(int(table.rng.integers(4, 9))):
        known = people - int(table.rng.integers(0, 1 + people // 15)) * int(table.rng.random() < 0.4)
        count = int(table.rng.binomial(known, table.rng.uniform(0.2, 0.7)))
        table.add(f"Characteristic {number + 1}", "Baseline", count=count, percent=(100 * count / known, 1))


def groups_and_total(table: MadeTable) -> None:
    sizes = {"Women": _people(table), "Men": _people(table)}
    for number in range(int(table.rng.integers(3, 7))):
        counts = {moment: int(table.rng.binomial(size, table.rng.uniform(0.2, 0.7))) for moment, size in sizes.items()}
        columns = [(moment, size, counts[moment]) for moment, size in sizes.items()]
        columns.append(("Total", sum(sizes.values()), sum(counts.values())))
        for moment, size, count in columns:
            table.add(f"Characteristic {number + 1}", moment, n=size, count=count, percent=(100 * count / size, 1))


def chi_square(table: MadeTable) -> None:
    """Of groups that differ in nothing, a little or much, so that p has its whole range."""
    for label in [f"Characteristic {number + 1}" for number in range(int(table.rng.integers(4, 8)))]:
        share, other = table.rng.dirichlet(np.full(3, 3.0), 2)
        distance = table.rng.choice([0.0, 0.25, 0.5])
        shares = (share, (1 - distance) * share + distance * other)
        groups = np.array([table.rng.multinomial(_people(table), group_shares) for group_shares in shares]) + 1
        test = stats.chi2_contingency(groups, correction=False)
        table.add(label, "A vs B", chi2=(test.statistic, 2), df=int(test.dof), p=table.p_text(test.pvalue))


PEOPLE_SHAPES: dict[str, Shape] = {
    "categories: n on the first": n_first,
    "categories: n on its own row": n_on_its_own_row,
    "categories: n is the count": _n_is_count("n"),
    "categories: n (%)": _n_is_count("n (%)"),
    "categories: valid percentages": valid_percent,
    "categories: Unknown row": unknown_row,
    "categories: weighted": weighted,
    "categories: several answers": several_answers,
    "characteristics: own n": own_denominators,
    "characteristics: some missing": some_missing,
    "characteristics: groups and total": groups_and_total,
    "tests: chi-square": chi_square,
}
