"""How stable each answer is: what other ways to the same question say, beside the paired t test.

Belongs here: setting methods beside each other. Does not belong here: computing any of them.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dagster_project.results.result_collector import LEVEL, Rows
from dagster_project.results.result_row import ResultRow, result_id
from dagster_project.study import Study


@dataclass(frozen=True)
class Answer:
    """What one method says of a contrast: the sign of the change, and whether it excludes no change. None: it can't say."""

    method: str
    sign: int | None
    excludes_zero: bool | None


def _sign(value: float | None) -> int | None:
    return None if value is None else int(math.copysign(1, value)) if value else 0


def answers(by_id: Mapping[str, ResultRow], study: Study, code: str, contrast: str) -> list[Answer]:
    """What each method says, the paired t test first. A p excludes zero below 1 - level; an interval that lacks zero
    does."""

    def value(analysis: str, statistic: str) -> float | None:
        row = by_id.get(result_id(analysis, code, statistic, when=contrast))
        return None if row is None else row.value

    def by_p(method: str, analysis: str, estimate: str, p: str, threshold: float) -> Answer:
        found = value(analysis, p)
        return Answer(method, _sign(value(analysis, estimate)), None if found is None else found < threshold)

    def by_interval(method: str, analysis: str, estimate: str, prefix: str) -> Answer:
        low, high = value(analysis, f"{prefix}ci95_low"), value(analysis, f"{prefix}ci95_high")
        excludes = None if low is None or high is None else low > 0 or high < 0
        return Answer(method, _sign(value(analysis, estimate)), excludes)

    outside = round(1 - LEVEL, 12)  # 1 - 0.95 is a little more than 0.05 in binary
    return [
        by_p("paired t test", "change", "mean_change", "p", outside),
        by_p("sign-flip permutation", "change", "mean_change", "sign_flip_p", outside),
        by_p("Wilcoxon", "change", "hodges_lehmann", "wilcoxon_p", outside),
        by_interval("bootstrap", "change", "mean_change", "bca_"),
        by_p("mixed model", "mixed", "estimate", "p", outside),
        by_p("imputation", "imputation", "estimate", "p", outside),
        by_p("adjustment after Holm", "change", "mean_change", "p_holm", study.protocol.plan.alpha),
    ]


def stability_results(results: Iterable[ResultRow], study: Study) -> list[ResultRow]:
    """For each scale and contrast how many methods agree with the paired t test on direction and on excluding zero.

    A method that can't say does not count. The note names those that dissent, and those that can't say.
    """
    by_id = {row.result_id: row for row in results}
    rows = Rows("stability", study)
    for contrast in study.protocol.contrasts:
        for code in study.scales:
            said = answers(by_id, study, code, contrast.contrast)
            first, able = said[0], [one for one in said if one.sign is not None and one.excludes_zero is not None]
            n_row = by_id.get(result_id("change", code, "n", when=contrast.contrast))
            n = None if n_row is None else n_row.n
            place: dict[str, Any] = {"contrast": contrast.contrast}
            if first not in able:
                for statistic in ("n_agreeing", "n_methods"):
                    rows.add(
                        code, statistic, None, n, "see the methods", "methods", note="the paired t test can't say", **place
                    )
                continue
            silent = [one for one in said if one not in able]
            dissent = [(one, how) for one in able[1:] if (how := _dissent(one, first))]
            kinds: dict[str, list[str]] = {}
            for one, how in [*dissent, *((one, "can't say") for one in silent)]:
                kinds.setdefault(how, []).append(one.method)
            remark = "; ".join(f"{how}: {', '.join(methods)}" for how, methods in kinds.items())
            words = "methods that agree with the paired t test on direction and on excluding zero, itself among them"
            rows.add(code, "n_agreeing", len(able) - len(dissent), n, words, "methods", remark=remark, **place)
            rows.add(
                code,
                "n_methods",
                len(able),
                n,
                "methods that can say: " + ", ".join(one.method for one in able),
                "methods",
                **place,
            )
    return rows.rows


def _dissent(one: Answer, first: Answer) -> str:
    """How an answer differs from the first; empty where it agrees."""
    if one.excludes_zero != first.excludes_zero:
        return "excludes zero" if one.excludes_zero else "does not exclude zero"
    if one.sign != first.sign:
        return "other direction" if one.sign else "no change"
    return ""
