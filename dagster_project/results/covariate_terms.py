"""Which terms of the declared covariates are in a model of some people.

Belongs here: the moments of all terms from a mart, categories without anybody, and the names of what is left. Does not
belong here: a term's name in the marts (study/covariates.py), models.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.results.result_collector import MartRow
from dagster_project.study import IMPUTED_TERM, Study, covariates_of, imputes_covariates, terms_of

#: The terms of every model of change before those of covariates: its outcome, and its first covariate.
_SCORES = ("change", "baseline")
Floats = NDArray[np.float64]
#: A category with a smaller share of the people than this has nobody: it is what rounding leaves.
_ROUNDING_SHARE = 1e-9
#: Two categories whose squared correlation about zero is nearer to one than this are the same column but for a factor.
_SAME_COLUMN = 1e-7


@dataclass(frozen=True)
class TermMoments:
    """n of each group (g,), means of change, the score at baseline and every covariate's terms (g, t), and sums of products
    of deviations from them (g, t, t). n_imputed: how many people in all have a covariate's mean in its place."""

    n: Floats
    means: Floats
    products: Floats
    n_imputed: int

    @property
    def counts(self) -> Floats:
        """The sum of each covariate's term over everybody: of an indicator, how many people are in the category."""
        return np.asarray(np.nansum(self.n[:, None] * self.means, axis=0))[len(_SCORES) :]

    @property
    def squares(self) -> Floats:
        """The sums over everybody of the products of each two of the covariates' terms."""
        raw = self.products + self.n[:, None, None] * self.means[:, :, None] * self.means[:, None, :]
        return np.asarray(np.nansum(raw, axis=0))[len(_SCORES) :, len(_SCORES) :]

    def of_columns(self, covariates: Sequence[int]) -> tuple[Floats, Floats, Floats]:
        """n, means and products of change, the score at baseline and some of the covariates' terms."""
        columns = [*range(len(_SCORES)), *(len(_SCORES) + column for column in covariates)]
        return self.n, self.means[:, columns], self.products[:, columns][:, :, columns]


def moments_of_terms(
    rows: Iterable[MartRow], groups: Sequence[Any], study: Study, keys: Sequence[str] = ("people_group",)
) -> TermMoments:
    """The moments of one model: nobody, and NaN, where a group has no rows. rows: of these groups, with term, other_term, n,
    mean, other_mean and cross_products; keys: the columns that say the group, one value or a tuple of several."""
    names = [*_SCORES, *(term.term for variable in covariates_of(study.protocol) for term in terms_of(variable))]
    index_of: Mapping[Any, int] = {name: index for index, name in enumerate(names)}
    n = np.zeros(len(groups))
    means = np.full((len(groups), len(names)), np.nan)
    products = np.full((len(groups), len(names), len(names)), np.nan)
    n_imputed = 0.0
    for row in rows:
        if row["term"] == IMPUTED_TERM:
            n_imputed += row["n"] * row["mean"]
        if row["term"] not in index_of or row["other_term"] not in index_of:
            continue
        values = tuple(row[key] for key in keys)
        group = groups.index(values[0] if len(values) == 1 else values)
        first, second = index_of[row["term"]], index_of[row["other_term"]]
        n[group] = row["n"]
        means[group, first], means[group, second] = row["mean"], row["other_mean"]
        products[group, first, second] = products[group, second, first] = row["cross_products"]
    return TermMoments(n, means, products, round(n_imputed))


@dataclass(frozen=True)
class CovariateTerms:
    """columns: indexes into the terms of all covariates, in their order. names: of these, in words. empty_categories: those
    that have no term as nobody is in them, in words. shared_categories: those of which several are one term, as only people
    of whom it is not known are in them, in words. has_means: whether a covariate that is not known is its mean."""

    columns: tuple[int, ...]
    names: tuple[str, ...]
    empty_categories: tuple[str, ...]
    shared_categories: tuple[str, ...]
    has_means: bool

    @property
    def remark(self) -> str:
        """What the method says of empty and shared categories, and of covariates that are not known; '' where there is
        nothing."""
        words = ", each its mean over the roster where it is not known" if self.has_means else ""
        if self.shared_categories:
            words += f", with one term for {'; '.join(self.shared_categories)}: nobody in the model is known to be in them"
        if not self.empty_categories:
            return words
        return f"{words}, without a term for {', '.join(self.empty_categories)}: nobody in the model is in it"


def covariate_terms(
    study: Study, people: float, counts: Floats, squares: Floats, left_out: str | None = None
) -> CovariateTerms:
    """The terms of a model. people: how many are in it; counts: (terms,) the sum of each term over them, of an indicator how
    many are in the category; squares: (terms, terms) the sums of products of each two. left_out: a covariate that has no
    terms in the model.

    A category that nobody is in has no term; where that is the reference, the first category with people takes its place.
    Categories that only people are in of whom the covariate is not known, each by its share of the roster, are one term: the
    column of one is that of another times a number, which R's lm() leaves out as aliased. A covariate of which all people
    are in one category keeps a term, which does not vary: the fit says so.
    """
    columns, names, empty_categories, shared_categories, first = list[int](), list[str](), list[str](), list[str](), 0
    for variable in covariates_of(study.protocol):
        terms = terms_of(variable)
        block = slice(first, first + len(terms))
        if variable.variable == left_out:
            first += len(terms)
            continue
        if variable.kind == "number":
            columns.append(first)
            names.append(variable.label)
        else:
            products = _products_of_categories(people, counts[block], squares[block, block])
            # Somebody of whom a covariate is not known may be in each category by a part: sizes are no whole numbers then.
            sizes = [people - counts[block].sum(), *counts[block]]
            present = [order for order, size in enumerate(sizes) if size > _ROUNDING_SHARE * max(people, 1.0)]
            category_groups = _grouped_categories(present, products)
            # The first of them stands for no term: the term of each other category lies one place before it.
            columns += [first + orders[0] - 1 for orders in category_groups[1:]] or [first]
            labels = [" or ".join(variable.categories[order].label for order in orders) for orders in category_groups]
            names += [f"{variable.label}: {label}" for label in labels[1:]] or [variable.label]
            shared_categories += [
                f"{label} of {variable.label}" for label, orders in zip(labels, category_groups, strict=True) if orders[1:]
            ]
            empty_categories += [
                f"{category.label} of {variable.label}"
                for order, category in enumerate(variable.categories)
                if order not in present
            ]
        first += len(terms)
    empty = tuple(empty_categories) if people else ()
    return CovariateTerms(tuple(columns), tuple(names), empty, tuple(shared_categories), imputes_covariates(study.protocol))


def _products_of_categories(people: float, counts: Floats, squares: Floats) -> Floats:
    """The sums over people of the products of each two categories' columns, the first category's among them, which is what
    is left of one."""
    of_first = counts - squares.sum(axis=1)
    first = people - counts.sum() - of_first.sum()
    return np.block([[np.array([[first]]), of_first[None, :]], [of_first[:, None], squares]])


def _grouped_categories(present: Sequence[int], products: Floats) -> list[list[int]]:
    """Categories whose columns are the same but for a factor, together, in the order of the first of each."""
    groups: list[list[int]] = []
    for order in present:
        for group in groups:
            bound = products[order, order] * products[group[0], group[0]]
            if products[order, group[0]] ** 2 > (1 - _SAME_COLUMN) * bound:
                group.append(order)
                break
        else:
            groups.append([order])
    return groups
