"""The statistics of what scores mean: cut-offs, named ranges, clinically significant change, metrics that scales share.

Belongs here: their entries in the registry. Does not belong here: computing them (meaning.py, clinical_change.py).
"""

from collections.abc import Iterator
from functools import partial

from dagster_project.results.norm_statistics import norm_statistics
from dagster_project.results.statistic import Inputs, Statistic, StudyUnit, share

_JACOBSON = "Jacobson and Truax, J Consult Clin Psychol 1991, 59, 12-19"
_NORM = Inputs("norm", ("norm/n", "norm/norm_mean", "norm/norm_sd"))
_CUT_OFF = ("clinical_change/cut_off", "clinical_change/midpoint")
_CROSSING = Inputs("cut_off", ("reliable_change/threshold", *_CUT_OFF))


def meaning_statistics() -> Iterator[Statistic]:
    """The entries, in the order of the codebook."""
    yield from share(partial(Statistic, "caseness", people="score"), "at the cut-off or beyond it")
    in_wave = partial(Statistic, "bands", people="score")
    yield in_wave("n", "count of people", "people", 0)
    yield in_wave("count", "count of people whose score is in the range", "people", 0)
    yield in_wave("percent", "100 count / n", "%", 1)
    in_contrast = partial(Statistic, "band_change", people="both", unit="people", decimals=0)
    yield in_contrast("n", "count of people")
    yield in_contrast("count", "count of people in the one range at baseline and in the other at follow-up")
    yield from _clinical_change()
    metric = partial(Statistic, "common_metric", people="score", decimals=1)
    yield metric(
        "percent_of_maximum", "100 (mean - lowest possible score) / (highest - lowest possible score)", "%",
        source="Cohen, Cohen, Aiken and West, Multivariate Behav Res 1999, 34, 315-346",
    )  # fmt: skip
    yield metric(
        "t_score", "50 + 10 (mean - norm mean) / norm SD", "T points", made_of=_NORM,
        source="McCall, How to Measure in Education, 1922",
    )  # fmt: skip
    yield from norm_statistics()


def _clinical_change() -> Iterator[Statistic]:
    entry = partial(Statistic, "clinical_change", people="both", source=_JACOBSON)
    yield entry("n", "count of pairs", "people", 0, source="")
    yield entry("cut_off", "as the instrument declares it", StudyUnit.SCORE, source="")
    yield entry(
        "midpoint",
        "(norm SD mean + SD norm mean) / (SD + norm SD), mean and SD at baseline",
        StudyUnit.SCORE,
        people="score",
        made_of=_NORM,
    )
    classes = {
        "unwell": "on the bad side of the cut-off at baseline",
        "recovered": "on the bad side of the cut-off at baseline, on the good side at follow-up, and better by more than the"
        " threshold of reliable change",
        "improved": "better by more than the threshold of reliable change, and not recovered",
        "unchanged": "neither better nor worse by more than the threshold of reliable change",
        "deteriorated": "worse by more than the threshold of reliable change",
    }
    for name, words in classes.items():
        made_of = Inputs("cut_off", _CUT_OFF) if name == "unwell" else _CROSSING
        yield entry(f"count_{name}", f"count of people {words}", "people", 0, made_of=made_of)
        yield entry(f"percent_{name}", "100 count / n", "%", 1, made_of=made_of)
