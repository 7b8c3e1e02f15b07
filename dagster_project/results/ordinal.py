"""Reliability of ordered answers: alpha and omega of polychoric correlations, where a study asks for them.

Belongs here: which numbers this has. Does not belong here: formulas (statistics/polychoric.py); alpha and omega of the
answers themselves (measurement.py).
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from dagster_project.results.result_collector import MartRow, Rows, grouped
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import ordinal_reliability
from dagster_project.study import Composite, Study


def ordinal_results(item_pairs: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Ordinal alpha and omega of each scale that is declared, in each wave, of people who answered all items. item_pairs:
    scale, wave, item, other_item, answer, other_answer, n; answers as they count."""
    pairs = grouped(item_pairs, "scale", "wave")
    rows = Rows("measurement", study)
    for code in study.protocol.ordinal_reliability:
        instrument, scale = study.scales[code]
        if isinstance(scale, Composite):
            continue
        items = [instrument.item_code(position) for position in scale.items]
        for wave in study.protocol.waves:
            of_wave = grouped(pairs.get((code, wave.wave), []), "item", "other_item")
            tables = [
                [_counts(of_wave.get((item, later_item), [])) for later_item in items[index + 1 :]]
                for index, item in enumerate(items[:-1])
            ]
            n = int(tables[0][0].sum()) if tables else 0
            reliability = ordinal_reliability(tables, n)
            method = "alpha of polychoric correlations (two steps)"
            rows.add(code, "ordinal_alpha", reliability.alpha, n, method, note=reliability.alpha_reason, wave=wave.wave)
            method = "omega of one factor, maximum likelihood on polychoric correlations (two steps)"
            rows.add(code, "ordinal_omega", reliability.omega, n, method, note=reliability.omega_reason, wave=wave.wave)
    return rows.rows


def _counts(pairs: Sequence[MartRow]) -> NDArray[np.float64]:
    """People by both answers, each from the lowest that somebody gave."""
    answers = sorted({row["answer"] for row in pairs})
    later_answers = sorted({row["other_answer"] for row in pairs})
    table = np.zeros((len(answers), len(later_answers)))
    for row in pairs:
        table[answers.index(row["answer"]), later_answers.index(row["other_answer"])] = row["n"]
    return table
