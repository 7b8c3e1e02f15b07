"""How each item was answered. Belongs here: which numbers this analysis has. Does not belong here: scores, figures."""

from collections.abc import Iterable

from dagster_project.results.result_collector import MartRow, Rows
from dagster_project.results.result_row import ResultRow
from dagster_project.study import MeasuresInstrument, Study

#: Items with more possible answers (sliders, ages, counts) have no counts by answer, only scores.
MAX_ANSWER_OPTIONS = 11


def item_results(item_counts: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """People who answered each item of an instrument in each wave, and how many gave each possible answer, as answered.

    item_counts: wave, item, answer, n. Items with more than `MAX_ANSWER_OPTIONS` possible answers, and measures without
    items, are left out.
    """
    n_by_answer = {(row["item"], row["wave"], row["answer"]): row["n"] for row in item_counts}
    rows = Rows("items", study)
    for instrument in study.instruments:
        if isinstance(instrument, MeasuresInstrument):
            continue
        for position, item in enumerate(instrument.item_codes, start=1):
            anchors = instrument.anchors_of(position)
            if anchors.answer_count > MAX_ANSWER_OPTIONS:
                continue
            answers = anchors.answers
            for wave in study.protocol.waves:
                counts = {answer: n_by_answer.get((item, wave.wave, answer), 0) for answer in answers}
                n = sum(counts.values())
                rows.add(item, "n", n, n, "people who answered", wave=wave.wave)
                for answer, count in counts.items():
                    rows.add(
                        item,
                        "count",
                        count,
                        n,
                        "people who gave this answer",
                        category=str(answer),
                        wave=wave.wave,
                    )
    return rows.rows
