"""The statistics of variants: those of change that each has as well, and how far it is from the main analysis.

Belongs here: their entries in the registry. Does not belong here: computing them (variants.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from dagster_project.results.statistic import Inputs, Statistic

_DIFFERENCE = ("n", "difference", "ci95_low", "ci95_high", "p", "p_holm")
#: What a variant has of each analysis of the main one; its own analysis is called variant_ and the name.
OF_EACH_VARIANT = {
    "change": ("n", "mean_change", "ci95_low", "ci95_high", "p", "p_holm"),
    "change_difference": _DIFFERENCE,
    "change_adjusted": _DIFFERENCE,
    "change_covariate_adjusted": _DIFFERENCE,
}


def variant_analysis(analysis: str) -> str:
    """What an analysis is called where it is of a variant."""
    return f"variant_{analysis}"


def variant_statistics(statistics: Iterable[Statistic]) -> Iterator[Statistic]:
    """The entries of variants. statistics: those of the main analysis."""
    for entry in statistics:
        if entry.name in OF_EACH_VARIANT.get(entry.analysis, ()):
            analysis = variant_analysis(entry.analysis)
            yield replace(entry, analysis=analysis, is_planned=False, made_of=None, printed_as="")
            if entry.name == "p":
                yield Statistic(
                    analysis, "verdict_differs",
                    "1 where p is below alpha in one of the main analysis and the variant alone, else 0; p after Holm where"
                    " the plan adjusts it",
                    "", 0, entry.people, of_all_groups=entry.of_all_groups,
                )  # fmt: skip
    counts = partial(Statistic, "variants", decimals=0)
    yield counts("n", "count of people whom the variant keeps", "people", people="variant")
    yield counts("n_left_out", "count of people whom the variant leaves out", "people", people="left_out")
    for name, rule, words, unit in (
        ("n_scores_left_out", "scores_left_out", "count of scores of people whom the variant leaves out", "scores"),
        ("n_scores_lost", "scores_lost", "count of scores of other people that are missing in the variant alone", "scores"),
        ("n_scores_gained", "scores_gained", "count of scores that are missing in the main analysis alone", "scores"),
        ("n_scores_changed", "scores_changed", "count of scores in both that have another value in the variant", "scores"),
        (
            "n_answers", "answers_of_variant",
            "count of answers in a score of one of both alone, or reversed in one of both alone", "answers",
        ),
    ):  # fmt: skip
        yield counts(name, words, unit, people=rule, made_of=Inputs("each_scale", (f"variants/{name}",)))
