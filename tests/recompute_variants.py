"""What the results of variants should be, from the answers and the roster of a release under each variant's own rules: a part of
recompute.py.

Belongs here: a copy of the file with the people and the keys of a variant, recomputed as any study is, and compared with the main
analysis person by person. Does not belong here: schema variants, the package's code.
"""

import math
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

_ESTIMATE = {"change": "mean_change"}
_ANALYSES = ("change", "change_difference", "change_adjusted", "change_covariate_adjusted")
_STATISTICS = ("n", "difference", "ci95_low", "ci95_high", "p", "p_holm")


def variant_results(
    file: Path, main: Any, main_values: dict[str, float], make_study: Callable[[Any], Any]
) -> Iterator[tuple[str, float]]:
    """Every result of variants by id; NaN where there is no value. main: the study of the file, main_values: what is recomputed
    of it; make_study: the study of another open file."""
    with duckdb.connect(str(file), read_only=True) as connection:
        variants = [row[0] for row in connection.execute(
            "select distinct on (variant) variant from codebook.variants order by variant_order"
        ).fetchall()]  # fmt: skip
    for variant in variants:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy.duckdb"
            shutil.copyfile(file, copy)
            with duckdb.connect(str(copy)) as connection:
                _apply(connection, main, variant)
                study = make_study(connection)
                changes = list(_changes(main.plan["alpha"], main_values, dict(study.results()), variant))
        yield from changes
        yield from _dependence(main, study, variant)


def _apply(connection: Any, main: Any, variant: str) -> None:
    """The variant's rules in the place of the main analysis's, and its people alone."""
    rules = connection.execute(
        "select variable, keeps, category, people_limit, if_unknown from codebook.variant_people where variant = ?",
        [variant],
    ).fetchall()
    left_out = [person["participant_id"] for person in main.people if not _is_kept(person, rules)]
    for table in ("marts.participants", "marts.answer_codes", "marts.return_states"):
        connection.execute(f"delete from {table} where list_contains(?, participant_id)", [left_out])
    connection.execute("delete from codebook.scale_items")
    connection.execute(
        "insert into codebook.scale_items by name select * exclude (variant) from codebook.variant_scale_items where variant = ?",
        [variant],
    )
    connection.execute(
        "update codebook.scales as scales set minimum_answered = own.minimum_answered, items_total = own.items_total"
        " from codebook.variant_scales as own where own.variant = ? and own.scale = scales.scale",
        [variant],
    )


def _is_kept(person: dict[str, Any], rules: list[tuple[Any, ...]]) -> bool:
    verdicts = []
    for variable in {rule[0] for rule in rules}:
        of_variable = [rule for rule in rules if rule[0] == variable]
        value = person[variable]
        if value is None:
            verdicts.append(of_variable[0][4] == "keep")
            continue
        named = [rule[2] for rule in of_variable]
        verdicts += [
            {"only": value in named, "without": value not in named}.get(
                rule[1], rule[3] is not None and (value >= rule[3] if rule[1] == "minimum" else value <= rule[3])
            )
            for rule in of_variable
        ]
    return all(verdicts)


def _changes(
    alpha: float, main_values: dict[str, float], by_id: dict[str, float], variant: str
) -> Iterator[tuple[str, float]]:
    for result_id, value in by_id.items():
        analysis, outcome, *others, statistic = result_id.split("/")
        if analysis not in _ANALYSES or statistic not in (*_STATISTICS, _ESTIMATE.get(analysis)):
            continue
        yield "/".join((f"variant_{analysis}", outcome, variant, *others, statistic)), value
        if statistic == "p":
            holm = result_id.removesuffix("p") + "p_holm"
            before, after = (numbers.get(holm, numbers[result_id]) for numbers in (main_values, by_id))
            differs = math.nan if math.isnan(before) or math.isnan(after) else float((before < alpha) != (after < alpha))
            yield "/".join((f"variant_{analysis}", outcome, variant, *others, "verdict_differs")), differs


def _dependence(main: Any, study: Any, variant: str) -> Iterator[tuple[str, float]]:
    kept = {person["participant_id"]: number for number, person in enumerate(study.people)}
    yield f"variants/roster/{variant}/n", len(kept)
    yield f"variants/roster/{variant}/n_left_out", len(main.people) - len(kept)
    totals = dict.fromkeys(("n_scores_left_out", "n_scores_lost", "n_scores_gained", "n_scores_changed", "n_answers"), 0)
    for scale in main.scales:
        for wave in main.waves:
            counts = dict.fromkeys(totals, 0)
            for number, person in enumerate(main.people):
                own = kept.get(person["participant_id"])
                before = main.scores[scale, wave][number]
                after = math.nan if own is None else study.scores[scale, wave][own]
                if np.isfinite(before) and not np.isfinite(after):
                    counts["n_scores_left_out" if own is None else "n_scores_lost"] += 1
                counts["n_scores_gained"] += bool(np.isfinite(after) and not np.isfinite(before))
                counts["n_scores_changed"] += bool(abs(after - before) > 1e-10)
                for item in {*main.items_of.get(scale, []), *study.items_of.get(scale, [])}:
                    if np.isfinite(main.answers[item, wave][number]):
                        keys = [
                            (scale, item) in one.reversed if np.isfinite(score) and item in one.items_of[scale] else None
                            for one, score in ((main, before), (study, after))
                        ]
                        counts["n_answers"] += keys[0] is not keys[1]
            for name, count in counts.items():
                totals[name] += count
                is_composite = name == "n_answers" and scale in main.parts_of
                yield f"variants/{scale}/{variant}/{wave}/{name}", math.nan if is_composite else count
    for name, total in totals.items():
        yield f"variants/all_scales/{variant}/{name}", total
