"""Which terms of the declared covariates are in a model of some people.

Belongs here: categories without anybody, and the names of what is left. Does not belong here: a term's name in the marts
(study/covariates.py), models.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dagster_project.study import Study, covariates_of, terms_of


@dataclass(frozen=True)
class CovariateTerms:
    """columns: indexes into the terms of all covariates, in their order. names: of these, in words. empty_categories: those
    that have no term as nobody is in them, in words."""

    columns: tuple[int, ...]
    names: tuple[str, ...]
    empty_categories: tuple[str, ...]

    @property
    def remark(self) -> str:
        """What the method says of empty categories; '' where there is none."""
        if not self.empty_categories:
            return ""
        return f", without a term for {', '.join(self.empty_categories)}: nobody in the model is in it"


def covariate_terms(study: Study, people: float, counts: NDArray[np.float64]) -> CovariateTerms:
    """The terms of a model. people: how many are in it; counts: (terms,) the sum of each term over them, of an indicator how
    many are in the category.

    A category that nobody is in has no term; where that is the reference, the first category with people takes its place. A
    covariate of which all people are in one category keeps a term, which does not vary: the fit says so.
    """
    columns, names, empty_categories, first = list[int](), list[str](), list[str](), 0
    for variable in covariates_of(study.protocol):
        terms = terms_of(variable)
        if variable.kind == "number":
            columns.append(first)
            names.append(variable.label)
        else:
            of_terms = np.rint(counts[first : first + len(terms)])
            sizes = [people - of_terms.sum(), *of_terms]
            present = [order for order, size in enumerate(sizes) if size >= 1]
            # The first category stands for no term: the term of each other lies one place before it.
            columns += [first + order - 1 for order in present[1:]] or [first]
            names += [terms[order - 1].label for order in present[1:]] or [variable.label]
            empty_categories += [
                f"{category.label} of {variable.label}"
                for order, category in enumerate(variable.categories)
                if order not in present
            ]
        first += len(terms)
    return CovariateTerms(tuple(columns), tuple(names), tuple(empty_categories) if people else ())
