"""A sample of a file's results, recomputed from its answers: whether answers, definitions and results agree.

Belongs here: plain arithmetic from `marts.answer_codes`, `marts.participants` and the definitions to n, mean, SD, t, d and
shares, a few columns at a time. Does not belong here: scores and moments that the warehouse computed, and the SQL and
formulas that computed them (dbt/, statistics/): shared code would share its mistakes. Nor whether a run may continue (the
caller's).

Reads the columns of one scale and one or two waves in batches of people, and keeps their scores: a million people take a
fraction of a second per group of results, whatever else the file holds, and little memory.
"""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy
from numpy.typing import NDArray

from dagster_project.audit.definition_rows import (
    Contrast,
    Conversion,
    DefinitionRows,
    Definitions,
    ItemAnswer,
    ItemGate,
    Minimum,
    MissingInputError,
    Part,
    Reason,
    ScaleItem,
    Variable,
)
from dagster_project.audit.planned_people import Connection, planned_count

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
#: Scores are sums and quotients of small whole numbers: smaller differences come from the order of additions.
_NOISE = 1e-10
#: Stands for an item that was not asked because of another answer, which may count: no answer is that low.
_SKIP = -(2.0**40)
#: People whose answers are in memory at once.
_BATCH = 200_000
_DEFINITIONS = (
    "waves", "contrasts", "items", "item_answers", "scales", "scale_items", "scale_parts", "scale_conversions",
    "participant_variables", "measure_categories", "item_gates", "scale_minimums", "missing_reasons", "planned_for",
)  # fmt: skip
#: The recomputed statistics of each analysis.
RECOMPUTED_STATISTICS: Mapping[str, tuple[str, ...]] = {
    "summary": ("n", "mean", "sd", "min", "max", "se", "ci95_low", "ci95_high"),
    "change": (
        "n", "mean_baseline", "sd_baseline", "mean_followup", "sd_followup", "mean_change", "sd_change", "t", "df", "p",
        "ci95_low", "ci95_high", "d_baseline", "d_z",
    ),
    "characteristics": ("n", "count", "percent", "mean", "sd", "min", "max"),
    "service_use": ("n", "count", "percent"),
    "categories": ("n", "count", "percent"),
    "attrition": ("n", "count", "percent"),
}  # fmt: skip


@dataclass(frozen=True)
class Mismatch:
    """A result that the answers do not give. None: no value. reason: why it could not be recomputed."""

    result_id: str
    stored_value: float | None
    recomputed_value: float | None
    reason: str = ""

    def __str__(self) -> str:
        reason = self.reason or f"the answers give {_value_text(self.recomputed_value)}"
        return f"{self.result_id}: the file holds {_value_text(self.stored_value)}; {reason}"


@dataclass(frozen=True)
class ResultGroup:
    """The results of an analysis on one outcome, which are computed from the same data."""

    analysis: str
    outcome: str
    category: str | None
    wave: str | None
    contrast: str | None


def definitions_in(connection: Connection) -> "dict[str, pa.Table]":
    """The definitions that a file holds, as `study.codebook_tables` gives those of a study folder."""
    return {name: connection.execute(f"select * from codebook.{name}").to_arrow_table() for name in _DEFINITIONS}


def recompute_sample(connection: Connection, definitions: Definitions, seed: str, size: int = 20) -> list[Mismatch]:
    """Mismatches in `size` groups of results, drawn by `seed` from all analyses in turn.

    connection: a working or a released file. definitions: those that the results should follow, from
    `study.codebook_tables(study)` or `definitions_in(connection)`. A size of at least the number of groups checks them all.
    """
    recomputation = _Recomputation(connection, definitions)
    return [mismatch for group in sample(connection, seed, size) for mismatch in recomputation.mismatches(group)]


def sample(connection: Connection, seed: str, size: int) -> list[ResultGroup]:
    """Up to `size` groups, the same for the same seed: one of each analysis in turn, so that none is left out."""
    groups_by_analysis: dict[str, list[ResultGroup]] = {}
    names = ", ".join(f"'{name}'" for name in RECOMPUTED_STATISTICS)
    for row in connection.execute(
        "select distinct analysis, outcome, category, wave, contrast from results.results"
        f" where analysis in ({names}) order by all"
    ).fetchall():
        groups_by_analysis.setdefault(row[0], []).append(ResultGroup(*row))
    rng = random.Random(seed)
    for groups in groups_by_analysis.values():
        rng.shuffle(groups)
    ordered_groups = [
        group
        for index in range(max(map(len, groups_by_analysis.values()), default=0))
        for groups in groups_by_analysis.values()
        for group in groups[index : index + 1]
    ]
    return ordered_groups[:size]


def recompute_group(connection: Connection, definitions: Definitions, group: ResultGroup) -> list[Mismatch]:
    """The results of one group that the answers do not give."""
    return _Recomputation(connection, definitions).mismatches(group)


def _stored_results(connection: Connection, group: ResultGroup) -> dict[str, tuple[str, float | None]]:
    rows = connection.execute(
        "select statistic, result_id, value from results.results where analysis = ? and outcome = ?"
        " and category is not distinct from ? and wave is not distinct from ? and contrast is not distinct from ?"
        " order by result_id",
        [group.analysis, group.outcome, group.category, group.wave, group.contrast],
    ).fetchall()
    statistics = RECOMPUTED_STATISTICS[group.analysis]
    return {statistic: (result_id, value) for statistic, result_id, value in rows if statistic in statistics}


def _finite_or_none(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _is_same(first: float | None, second: float | None) -> bool:
    if first is None or second is None:
        return first is second
    return math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-9)


def _value_text(value: float | None) -> str:
    return "no value" if value is None else f"{value:.10g}"


class _Recomputation:
    """Recomputes a group from the columns that it needs."""

    def __init__(self, connection: Connection, definitions: Definitions) -> None:
        self._connection = connection
        self._definitions = DefinitionRows(definitions)
        columns = connection.execute("select table_name, column_name from duckdb_columns() where schema_name = 'marts'")
        self._columns = set(columns.fetchall())

    def mismatches(self, group: ResultGroup) -> list[Mismatch]:
        """The results of a group that the answers do not give."""
        stored_results = _stored_results(self._connection, group)
        try:
            values = self.values(group)
        except MissingInputError as error:
            return [Mismatch(result_id, value, None, str(error)) for result_id, value in stored_results.values()]
        mismatches = []
        for statistic, (result_id, value) in stored_results.items():
            recomputed = _finite_or_none(values[statistic])
            if not _is_same(value, recomputed):
                mismatches.append(Mismatch(result_id, value, recomputed))
        return mismatches

    def values(self, group: ResultGroup) -> dict[str, float]:
        """Every statistic of the group."""
        if group.analysis == "summary":
            return _summary(self._scores(group.outcome, [group.wave or ""])[0])
        if group.analysis == "attrition":
            (wave_scores,) = self._scores(group.outcome, [group.wave or ""])
            return _share(
                planned_count(self._connection, self._definitions, group.outcome, group.wave or ""),
                int(np.isfinite(wave_scores).sum()),
            )
        if group.analysis == "change":
            return self._change(group)
        if group.analysis in ("service_use", "categories"):
            self._definitions.item(group.outcome)
            answer = self._definitions.answer_of(group.outcome, group.category)
            answer_batches = [answers[group.outcome] for (answers,) in self._answers([group.outcome], [group.wave or ""])]
            return _share(
                sum(int(np.isfinite(batch).sum()) for batch in answer_batches),
                sum(int((batch == answer).sum()) for batch in answer_batches),
            )
        return self._characteristic(group)

    def _change(self, group: ResultGroup) -> dict[str, float]:
        contrast = self._definitions.row(Contrast, "contrasts", contrast=group.contrast)
        baseline, followup = self._scores(group.outcome, [contrast.baseline, contrast.followup])
        has_both = np.isfinite(baseline) & np.isfinite(followup)
        baseline, followup = baseline[has_both], followup[has_both]
        if contrast.direction == "baseline_minus_followup":
            return _change(baseline, followup, baseline - followup)
        return _change(baseline, followup, followup - baseline)

    def _characteristic(self, group: ResultGroup) -> dict[str, float]:
        kind = self._definitions.row(Variable, "participant_variables", variable=group.outcome).kind
        column = self._column("participants", group.outcome)
        if kind == "category":
            rows = self._connection.execute(
                f"select {column} = ? as is_in from marts.participants where {column} is not null", [group.category]
            ).fetchnumpy()
            return _share(len(rows["is_in"]), int(np.count_nonzero(rows["is_in"])))
        rows = self._connection.execute(
            f"select {column}::double as number from marts.participants where {column} is not null"
        ).fetchnumpy()
        return _summary(np.asarray(rows["number"], dtype=np.float64))

    def _column(self, table: str, name: str) -> str:
        if (table, name) not in self._columns:
            raise MissingInputError(f"marts.{table} has no column {name!r}")
        return _quoted(name)

    def _scores(self, scale: str, waves: Sequence[str]) -> list[Floats]:
        """Scores of everybody at one wave, or of the same people in the same order at two waves; NaN for a missing score."""
        self._definitions.scale(scale)
        parts = [row.part for row in self._definitions.rows(Part, "scale_parts", scale=scale)]
        items = {
            code: [row.item for row in self._definitions.rows(ScaleItem, "scale_items", scale=code)]
            for code in parts or [scale]
        }
        score_batches: list[list[Floats]] = [[np.empty(0)] for _ in waves]
        for answers in self._answers([item for scale_items in items.values() for item in scale_items], waves):
            for wave_answers, wave_scores in zip(answers, score_batches, strict=True):
                scores = {code: self._score(code, scale_items, wave_answers) for code, scale_items in items.items()}
                wave_scores.append(self._composite(scale, list(scores.values())) if parts else scores[scale])
        return [np.concatenate(wave_scores) for wave_scores in score_batches]

    def _answers(self, items: Sequence[str], waves: Sequence[str]) -> Iterator[list[dict[str, Floats]]]:
        """The answers of each wave by item, in batches of people; NaN for a missing answer.

        Values outside an item's anchors are codes of missing reasons. A skip of an item with a gate is _SKIP.
        """
        columns, names = [], []
        skip_number = self._definitions.row(Reason, "missing_reasons", missing_reason="valid_skip").number
        for wave_index, _ in enumerate(waves):
            for index, item in enumerate(items):
                item_row, column = self._definitions.item(item), f"wave_{wave_index}.{self._column('answer_codes', item)}"
                name, units = f"c{wave_index}_{index}", 10**item_row.decimals
                low, high = round(item_row.low * units), round(item_row.high * units)
                skip = f" when {column} = {min(low, 0) + skip_number} then {_SKIP}" if self._gates(item) else ""
                is_answer = f"{column} between {low} and {high}"
                columns.append(f"case when {is_answer} then {column} / {units}{skip} end::double as {name}")
                names.append((wave_index, item, name))
        join_clause = (
            " join marts.answer_codes as wave_1 on wave_0.participant_id = wave_1.participant_id" if len(waves) > 1 else ""
        )
        where_clause = " and ".join(f"wave_{wave_index}.wave = ?" for wave_index, _ in enumerate(waves))
        batches = self._connection.execute(
            f"select {', '.join(columns)} from marts.answer_codes as wave_0{join_clause} where {where_clause}", list(waves)
        ).to_arrow_reader(_BATCH)
        for batch in batches:
            answers_by_wave: list[dict[str, Floats]] = [{} for _ in waves]
            for wave_index, item, name in names:
                answers_by_wave[wave_index][item] = batch.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
            yield answers_by_wave

    def _score(self, scale: str, items: Sequence[str], answers: Mapping[str, Floats]) -> Floats:
        scale_row = self._definitions.scale(scale)
        size = len(answers[items[0]])
        total, answer_counts, left_out_counts = np.zeros(size), np.zeros(size), np.zeros(size)
        reversed_items = {
            row.item for row in self._definitions.rows(ScaleItem, "scale_items", scale=scale) if row.turned_from is not None
        }
        for item in items:
            left_out_counts += (answers[item] == _SKIP) & ("left_out" in self._gates(item))
            item_scores = self._item_scores(item, answers[item], item in reversed_items)
            has_answer = np.isfinite(item_scores)
            total += np.where(has_answer, item_scores, 0.0)
            answer_counts += has_answer
        total = np.round(total, max(6, *(self._definitions.item(item).decimals for item in items)))  # none has more
        minimums = np.full(size, scale_row.minimum_answered)
        for row in self._definitions.rows(Minimum, "scale_minimums", scale=scale):
            minimums[left_out_counts == row.left_out] = row.minimum_answered
        has_enough = answer_counts >= minimums
        conversion = {row.raw_sum: row.score for row in self._definitions.rows(Conversion, "scale_conversions", scale=scale)}
        if conversion:
            sums, positions = np.unique(total, return_inverse=True)
            converted = np.array([conversion.get(int(value), math.nan) for value in sums], dtype=np.float64)
            return np.where(has_enough, converted[positions], np.nan)
        weight = (len(items) if scale_row.aggregate == "sum" else 1) * (scale_row.factor or 1)
        scores = _quotients(total * weight, answer_counts, has_enough)
        return np.floor(scores + 0.5) if scale_row.is_rounded else scores

    def _gates(self, item: str) -> list[str]:
        """What the item counts as where it was not asked, once for each of its conditions; nothing where it has no gate."""
        return [str(row.blank_counts_as) for row in self._definitions.rows(ItemGate, "item_gates", item=item)]

    def _item_scores(self, item: str, values: Floats, is_reversed: bool) -> Floats:
        """What the answers to an item count as, and its skips; NaN for those that count as nothing."""
        if not (gates := self._gates(item)):
            return self._answer_scores(item, values, is_reversed)
        number = math.nan if gates[0] in ("unanswered", "left_out") else float(gates[0])
        is_skip = values == _SKIP
        return np.where(is_skip, number, self._answer_scores(item, np.where(is_skip, np.nan, values), is_reversed))

    def _answer_scores(self, item: str, values: Floats, is_reversed: bool) -> Floats:
        item_row = self._definitions.item(item)
        if not item_row.is_recoded:
            return item_row.low + item_row.high - values if is_reversed else values
        item_scores = np.full(len(values), np.nan)
        for row in self._definitions.rows(ItemAnswer, "item_answers", item=item):
            item_scores[values == row.answer] = row.counts_as
        return item_scores

    def _composite(self, scale: str, parts: Sequence[Floats]) -> Floats:
        scores = np.vstack(parts)
        part_counts = np.isfinite(scores).sum(axis=0).astype(np.float64)
        scale_row = self._definitions.scale(scale)
        weight = len(parts) if scale_row.aggregate == "sum_of_scales" else 1
        return _quotients(np.nansum(scores, axis=0) * weight, part_counts, part_counts >= scale_row.minimum_answered)


def _quotients(total: Floats, count: Floats, has_enough: NDArray[np.bool_]) -> Floats:
    """Means of people with enough answers; NaN for the others."""
    means = np.full(len(total), np.nan)
    np.divide(total, count, out=means, where=has_enough & (count > 0))
    return means


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator and math.isfinite(denominator) else math.nan


def _mean_sd(values: Floats) -> tuple[float, float]:
    """Mean and SD (n - 1); equal values up to noise have an SD of exactly zero."""
    if not len(values):
        return math.nan, math.nan
    mean = float(values.mean())
    if len(values) < 2:
        return mean, math.nan
    deviations = values - mean
    return mean, 0.0 if float(np.ptp(values)) < _NOISE else math.sqrt(float(deviations @ deviations) / (len(values) - 1))


def _summary(scores: Floats) -> dict[str, float]:
    valid_scores = scores[np.isfinite(scores)]
    n = len(valid_scores)
    mean, sd = _mean_sd(valid_scores)
    se = _ratio(sd, math.sqrt(n))
    half_width = _half_width(n - 1, se)
    return {
        "n": n, "mean": mean, "sd": sd, "se": se, "ci95_low": mean - half_width, "ci95_high": mean + half_width,
        "min": float(valid_scores.min()) if n else math.nan, "max": float(valid_scores.max()) if n else math.nan,
    }  # fmt: skip


def _change(baseline: Floats, followup: Floats, change: Floats) -> dict[str, float]:
    n = len(change)
    (mean_baseline, sd_baseline), (mean_followup, sd_followup) = _mean_sd(baseline), _mean_sd(followup)
    mean, sd = _mean_sd(change)
    se, df = _ratio(sd, math.sqrt(n)), n - 1 if n > 1 else math.nan
    t = _ratio(mean, se)
    half_width = _half_width(df, se)
    return {
        "n": n, "mean_baseline": mean_baseline, "sd_baseline": sd_baseline, "mean_followup": mean_followup,
        "sd_followup": sd_followup, "mean_change": mean, "sd_change": sd, "t": t, "df": df,
        "p": 2 * float(scipy.stats.t.sf(abs(t), df)) if math.isfinite(t) else math.nan, "ci95_low": mean - half_width,
        "ci95_high": mean + half_width, "d_baseline": _ratio(mean, sd_baseline), "d_z": _ratio(mean, sd),
    }  # fmt: skip


def _half_width(df: float, se: float) -> float:
    return float(scipy.stats.t.ppf(0.975, df)) * se if df >= 1 else math.nan


def _share(n: int, count: int) -> dict[str, float]:
    return {"n": n, "count": count, "percent": _ratio(100.0 * count, n)}
