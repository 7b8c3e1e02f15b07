"""Stability of each result across methods: whether alternative methods agree with the paired t test.

Belongs here: comparing methods. Does not belong here: computing any of them.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dagster_project.results.result_collector import LEVEL, Rows
from dagster_project.results.result_row import ResultRow, result_id
from dagster_project.study import Study


@dataclass(frozen=True)
class Answer:
    """The conclusion of one method about a contrast: the sign of the change, and whether it excludes zero. None:
    undefined."""

    method: str
    sign: int | None
    excludes_zero: bool | None


def _sign(value: float | None) -> int | None:
    return None if value is None else int(math.copysign(1, value)) if value else 0


def answers(by_id: Mapping[str, ResultRow], study: Study, code: str, contrast: str) -> list[Answer]:
    """The conclusion of each method, the paired t test first; adjustment only where the test is in a family of the plan.

    A p below 1 - level excludes zero, and so does an interval that does not contain it.
    """

    def value(analysis: str, statistic: str) -> float | None:
        row = by_id.get(result_id(analysis, code, statistic, timepoint=contrast))
        return None if row is None else row.value

    def by_p(method: str, analysis: str, estimate: str, p: str, threshold: float) -> Answer:
        p_value = value(analysis, p)
        return Answer(method, _sign(value(analysis, estimate)), None if p_value is None else p_value < threshold)

    def by_interval(method: str, analysis: str, estimate: str, prefix: str) -> Answer:
        low, high = value(analysis, f"{prefix}ci95_low"), value(analysis, f"{prefix}ci95_high")
        excludes = None if low is None or high is None else low > 0 or high < 0
        return Answer(method, _sign(value(analysis, estimate)), excludes)

    alpha = round(1 - LEVEL, 12)  # 1 - 0.95 is a little more than 0.05 in binary
    families = study.protocol.plan.families_of("waves")
    is_planned = any((code, contrast) in study.protocol.family_tests(family) for family in families)
    holm = by_p("adjustment after Holm", "change", "mean_change", "p_holm", study.protocol.plan.alpha)
    return [
        by_p("paired t test", "change", "mean_change", "p", alpha),
        by_p("sign-flip permutation", "change", "mean_change", "sign_flip_p", alpha),
        by_p("Wilcoxon", "change", "hodges_lehmann", "wilcoxon_p", alpha),
        by_interval("bootstrap", "change", "mean_change", "bca_"),
        by_p("mixed model", "mixed", "estimate", "p", alpha),
        by_p("imputation", "imputation", "estimate", "p", alpha),
        *([holm] if is_planned else []),
    ]


def stability_results(results: Iterable[ResultRow], study: Study) -> list[ResultRow]:
    """For each scale and contrast how many methods agree with the paired t test on direction and on excluding zero.

    A method without a conclusion does not count. The note names the methods that disagree and those without a conclusion.
    """
    by_id = {row.result_id: row for row in results}
    rows = Rows("stability", study)
    for contrast in study.protocol.contrasts:
        for code in study.scales:
            method_answers = answers(by_id, study, code, contrast.contrast)
            reference = method_answers[0]
            testable = [answer for answer in method_answers if answer.sign is not None and answer.excludes_zero is not None]
            n_row = by_id.get(result_id("change", code, "n", timepoint=contrast.contrast))
            n = None if n_row is None else n_row.n
            if reference not in testable:
                for statistic in ("n_agreeing", "n_methods"):
                    rows.add(
                        code,
                        statistic,
                        None,
                        n,
                        "no reference test",
                        note="the paired t test has no conclusion",
                        contrast=contrast.contrast,
                    )
                continue
            not_testable = [answer for answer in method_answers if answer not in testable]
            dissenters = [
                (answer, disagreement) for answer in testable[1:] if (disagreement := _disagreement(answer, reference))
            ]
            methods_by_disagreement: dict[str, list[str]] = {}
            for answer, disagreement in [*dissenters, *((answer, "no conclusion") for answer in not_testable)]:
                methods_by_disagreement.setdefault(disagreement, []).append(answer.method)
            remark = "; ".join(
                f"{disagreement}: {', '.join(methods)}" for disagreement, methods in methods_by_disagreement.items()
            )
            method = "methods that agree with the paired t test on direction and on excluding zero, itself among them"
            rows.add(
                code, "n_agreeing", len(testable) - len(dissenters), n, method, remark=remark, contrast=contrast.contrast
            )
            rows.add(
                code,
                "n_methods",
                len(testable),
                n,
                "methods with a conclusion: " + ", ".join(answer.method for answer in testable),
                contrast=contrast.contrast,
            )
    return rows.rows


def _disagreement(answer: Answer, reference: Answer) -> str:
    """How an answer differs from the first; empty where it agrees."""
    if answer.excludes_zero != reference.excludes_zero:
        return "excludes zero" if answer.excludes_zero else "does not exclude zero"
    if answer.sign != reference.sign:
        return "other direction" if answer.sign else "no change"
    return ""
