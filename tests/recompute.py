"""What a released file's results should be, recomputed from its own answers under its own definitions: an oracle for tests.

Belongs here: a way of its own from `marts.answers`, `marts.missing_answers`, `marts.participants` and the `codebook` tables of a
release to its results, in plain NumPy with SciPy's distributions. Does not belong here: any mart that the warehouse scored or
counted, dbt, and the package's code: what both shared could be wrong in both.

By hand: `uv run python tests/recompute.py FILE.duckdb` lists what differs, and which statistics are not covered.
"""

import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from recompute_careless import Block, Timed, careless_counts
from recompute_families import adjusted_p
from recompute_groups import Groups
from recompute_variants import variant_results
from scipy import stats

Array = np.ndarray[Any, Any]
Value = float | None
#: Differences below this are those of the order of additions: two equal scores that were prorated differ by 1e-16.
NOTHING = 1e-10
_REASONS = (
    "blank", "refused", "not_asked", "invalid", "not_in_wave", "column_absent", "withdrawn", "wave_not_returned", "not_planned",
    "too_few_items", "valid_skip",
)  # fmt: skip
_MOST_ANSWERS = 11


@dataclass(frozen=True)
class Difference:
    """A result that does not recompute. released or recomputed is None where there is no value, absent without the row."""

    result_id: str
    released: Value
    recomputed: Value
    absent: str = ""

    def __str__(self) -> str:
        return (
            f"{self.result_id}: released {self.released}, recomputed {self.recomputed}{self.absent and ': ' + self.absent}"
        )


@dataclass
class Recomputation:
    """What became of a file: how many results there are and were checked, what differs, and what nobody recomputes here."""

    results: int = 0
    checked: int = 0
    differences: list[Difference] = field(default_factory=list)
    uncovered: Counter[str] = field(default_factory=Counter)

    @property
    def share_checked(self) -> float:
        return self.checked / self.results if self.results else 0.0


def recompute(file: Path, *, relative: float = 1e-9) -> Recomputation:
    """Recompute every result that this module knows of a released (or working) file, and compare."""
    with duckdb.connect(str(file), read_only=True) as connection:
        study = _Study(connection)
        released_values = dict(connection.execute("select result_id, value from results.results").fetchall())
        expected = dict(study.results())
    expected |= dict(variant_results(file, study, expected, _Study))
    report = Recomputation(results=len(released_values))
    for result_id, value in expected.items():
        expected_value = _value(value)
        if result_id not in released_values:
            report.differences.append(Difference(result_id, None, expected_value, "the file lacks this result"))
            continue
        report.checked += 1
        released_value = _value(released_values[result_id])
        # The root of 1 - r turns the last digit of a correlation of 1 into the eighth.
        absolute = 1e-6 if _kind(result_id) in (("change", "d_rm"), ("change", "g_rm")) else 1e-11
        if not _same(released_value, expected_value, relative, absolute):
            report.differences.append(Difference(result_id, released_value, expected_value))
    kinds = {_kind(result_id) for result_id in expected}
    for result_id in released_values.keys() - expected.keys():
        if _kind(result_id) in kinds:
            report.differences.append(
                Difference(result_id, _value(released_values[result_id]), None, "nothing asks for this result")
            )
        else:
            report.uncovered["/".join(_kind(result_id))] += 1
    return report


def _kind(result_id: str) -> tuple[str, str]:
    analysis, *_, statistic = result_id.split("/")
    return analysis, statistic


def _value(value: Any) -> Value:
    return None if value is None or not math.isfinite(value) else float(value)


def _same(first: Value, second: Value, relative: float, absolute: float) -> bool:
    if first is None or second is None:
        return first is second
    return math.isclose(first, second, rel_tol=relative, abs_tol=absolute)


# Plain arithmetic


def _sd(values: Array) -> float:
    """SD with denominator n - 1; exactly zero where values are equal up to noise; NaN below two."""
    if len(values) < 2:
        return math.nan
    return 0.0 if np.ptp(values) < NOTHING else float(np.sqrt(((values - values.mean()) ** 2).sum() / (len(values) - 1)))


def _mean(values: Array) -> float:
    return math.fsum(values) / len(values) if len(values) else math.nan


def _over(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator and math.isfinite(denominator) else math.nan


def _t_quantile(df: float) -> float:
    return float(stats.t.ppf(0.975, df)) if df > 0 else math.nan


def _two_sided(t: float, df: float) -> float:
    return float(2 * stats.t.sf(abs(t), df)) if math.isfinite(t) else math.nan


def _hedges(df: float) -> float:
    if not df > 1:
        return math.nan
    return math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)


def _wilson(count: float, n: float) -> tuple[float, float]:
    """The two shares whose score test of count out of n is at the limit: roots of a quadratic."""
    if n == 0:
        return math.nan, math.nan
    z2 = float(stats.norm.ppf(0.975)) ** 2
    a, b, c = n + z2, -(2 * count + z2), count * count / n
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    low, high = (-b - root) / (2 * a), (-b + root) / (2 * a)
    return (0.0 if count == 0 else low), (1.0 if count == n else high)


def _interval(name: str, low: float, high: float) -> dict[str, float]:
    return {f"{name}ci95_low": low, f"{name}ci95_high": high}


def _share(n: int, count: int) -> dict[str, float]:
    low, high = _wilson(count, n)
    return {"n": n, "count": count, "percent": _over(100.0 * count, n), **_interval("", 100 * low, 100 * high)}


def _alpha(answers: Array) -> tuple[float, Array]:
    """Cronbach's alpha of complete rows, and the correlation of each item with the sum of the others."""
    n, count = answers.shape
    missing = np.full(count, math.nan)
    if count < 2 or n < 2:
        return math.nan, missing
    total = answers.sum(axis=1)
    if np.ptp(total) == 0:
        return math.nan, missing
    item_variances = answers.var(axis=0, ddof=1)
    alpha = count / (count - 1) * (1 - item_variances.sum() / total.var(ddof=1))
    item_rest = np.full(count, math.nan)
    for item in range(count):
        other_items = total - answers[:, item]
        if np.ptp(other_items) and np.ptp(answers[:, item]):
            item_rest[item] = np.corrcoef(answers[:, item], other_items)[0, 1]
    return float(alpha), item_rest


def _sign_test(first: int, second: int) -> float:
    return float(stats.binomtest(min(first, second), first + second, 0.5).pvalue) if first + second else 1.0


class _Study:
    """Answers and definitions of a file, as arrays with a row a person."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.waves = [row["wave"] for row in self._rows("codebook.waves", "wave_order")]
        self.contrasts = self._rows("codebook.contrasts", "contrast_order")
        self.scales = {row["scale"]: row for row in self._rows("codebook.scales", "scale_order")}
        self.items = {row["item"]: row for row in self._rows("codebook.items", "item_order")}
        self.status = {(row["item"], row["wave"]): row["status"] for row in self._rows("codebook.wave_items")}
        #: By scale: what stands before the wave in ids, and the norm.
        self.norms: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        for row in self._rows("codebook.norms"):
            self.norms.setdefault(row["scale"], []).append(
                (row["scale"] if row["is_main"] else f"{row['scale']}/{row['sample']}", row)
            )
        self.judged_blocks = [
            Block(row["block"], row["least_answers"], row["least_run"], row["most_sd"],
                  [item for item, of_item in self.items.items() if of_item["instrument"] == row["block"]])
            for row in self._rows("codebook.careless", "block_order") if row["least_run"] is not None
        ]  # fmt: skip
        self.plan = self._rows("codebook.plan")[0]
        self.plan_tests = self._rows("codebook.plan_tests")
        self.measure_categories = self._rows("codebook.measure_categories", "measure, category_order")
        self.services = [row["service"] for row in self._rows("codebook.services", "service_order")]
        self.items_of: dict[str, list[str]] = {}
        self.reversed: set[tuple[str, str]] = set()
        for row in self._rows("codebook.scale_items", "item_order"):
            self.items_of.setdefault(row["scale"], []).append(row["item"])
            if row["turned_from"] is not None:
                self.reversed.add((row["scale"], row["item"]))
        self.parts_of: dict[str, list[str]] = {}
        for row in self._rows("codebook.scale_parts", "part_order"):
            self.parts_of.setdefault(row["scale"], []).append(row["part"])
        self.conversions: dict[str, dict[int, float]] = {}
        for row in self._rows("codebook.scale_conversions"):
            self.conversions.setdefault(row["scale"], {})[row["raw_sum"]] = row["score"]
        self.counts_as = {(row["item"], row["answer"]): row["counts_as"] for row in self._rows("codebook.item_answers")}
        self.skips = {row["item"]: row["blank_counts_as"] for row in self._rows("codebook.item_gates")}
        self.minimums = {
            (row["scale"], row["left_out"]): row["minimum_answered"] for row in self._rows("codebook.scale_minimums")
        }
        self.variables = self._rows("codebook.participant_variables", "variable_order")
        self.categories = self._rows("codebook.participant_categories", "category_order")

        self.people = self._rows("marts.participants", "participant_id")
        self.excluded = len(self._rows("marts.exclusions"))
        index = {row["participant_id"]: number for number, row in enumerate(self.people)}
        size = len(self.people)
        self.is_withdrawn = np.array([bool(row["is_withdrawn"]) for row in self.people], dtype=bool)
        self.returned = {wave: np.zeros(size, dtype=bool) for wave in self.waves}
        sheets = "select participant_id, wave, is_returned from marts.answer_sheets"
        for person, wave, is_returned in connection.execute(sheets).fetchall():
            self.returned[wave][index[person]] = is_returned
        self.answers = {(item, wave): np.full(size, math.nan) for item in self.items for wave in self.waves}
        self.reasons = {(item, wave): np.full(size, None, dtype=object) for item in self.items for wave in self.waves}
        for person, wave, item, answer in connection.execute(
            "select participant_id, wave, item, answer from marts.answers"
        ).fetchall():
            self.answers[item, wave][index[person]] = answer
        for person, wave, item, reason in connection.execute(
            "select participant_id, wave, item, missing_reason from marts.missing_answers"
        ).fetchall():
            self.reasons[item, wave][index[person]] = reason
        self._plan()
        self.scores: dict[tuple[str, str], Array] = {}
        self.why_not: dict[tuple[str, str], list[str | None]] = {}
        for wave in self.waves:
            for scale in sorted(self.scales, key=lambda code: code in self.parts_of):
                self._score(scale, wave)
        self._groups = Groups(self, _share)

    def _plan(self) -> None:
        """For whom each wave and block is planned, of those who did not answer it: whoever did is kept, or their answers are
        not in the file."""
        rows = self._rows("codebook.planned_for", "condition_order")
        self.for_some = {row["wave"] for row in rows if row["block"] is None or row["is_of_every_block"]}
        block_of = {item: entry["instrument"] for item, entry in self.items.items()}
        everybody = np.ones(len(self.people), dtype=bool)
        self.planned = dict.fromkeys(self.waves, everybody)
        self.planned_block = {(block, wave): everybody for block in set(block_of.values()) for wave in self.waves}
        for wave in self.waves:
            own = self._meets([row for row in rows if row["wave"] == wave and row["block"] is None])
            blocks = {row["block"] for row in rows if row["wave"] == wave and row["block"] is not None}
            meets = {block: self._meets([r for r in rows if (r["wave"], r["block"]) == (wave, block)]) for block in blocks}
            if any(row["is_of_every_block"] for row in rows if row["wave"] == wave):
                own = own & np.any(list(meets.values()), axis=0)
            self.planned[wave] = own | self.returned[wave]
            for block in set(block_of.values()):
                answered = np.zeros(len(self.people), dtype=bool)
                for item in (item for item in self.items if block_of[item] == block):
                    is_spoken = np.isin(self.reasons[item, wave].astype(str), ["refused", "invalid"])
                    answered |= np.isfinite(self.answers[item, wave]) | is_spoken
                self.planned_block[block, wave] = self.planned[wave] & (meets.get(block, everybody) | answered)

    def _meets(self, rows: list[dict[str, Any]]) -> Array:
        """Who meets a condition. Of a person whose variable is missing it is unknown, unless another variable fails."""
        verdicts = np.ones(len(self.people))
        for variable in {row["variable"] for row in rows}:
            names = [row["category"] for row in rows if row["variable"] == variable]
            values = [person[variable] for person in self.people]
            known = np.array([0.5 if value is None else float(value in names) for value in values], dtype=float)
            verdicts = np.minimum(verdicts, known)
        unknown_is_planned = bool(rows) and rows[0]["planned_if_unknown"] != "not_planned"
        return verdicts >= (0.5 if unknown_is_planned else 1.0)

    def planned_scale(self, scale: str, wave: str) -> Array:
        return self.planned_block[self.scales[scale]["instrument"], wave]

    def is_asked(self, scale: str, wave: str) -> bool:
        items = [item for part in self.parts_of.get(scale, [scale]) for item in self.items_of[part]]
        return any(self.status[item, wave] != "not_in_wave" for item in items)

    def _rows(self, table: str, order: str = "all") -> list[dict[str, Any]]:
        cursor = self._connection.execute(f"select * from {table} order by {order}")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def keyed(self, scale: str, item: str, wave: str) -> Array:
        """Answers in the direction of the scale, and skips that count as a number."""
        numbers = self._keyed_answers(scale, item, wave)
        if (self.skips.get(item) or "none").lstrip("-").isdigit():
            return np.where(self.reasons[item, wave] == "valid_skip", float(self.skips[item]), numbers)
        return numbers

    def _minimum(self, scale: str, wave: str, person: int) -> int:
        """How many answers a score needs: fewer where items that were not asked are left out."""
        left_out = sum(
            self.skips.get(item) == "left_out" and self.reasons[item, wave][person] == "valid_skip"
            for item in self.items_of.get(scale, [])
        )
        return self.minimums.get((scale, left_out), self.scales[scale]["minimum_answered"])

    def _keyed_answers(self, scale: str, item: str, wave: str) -> Array:
        answers = self.answers[item, wave]
        entry = self.items[item]
        if entry["is_recoded"]:
            return np.array([self.counts_as.get((item, answer), math.nan) for answer in answers.tolist()], dtype=float)
        return entry["low"] + entry["high"] - answers if (scale, item) in self.reversed else answers

    def _score(self, scale: str, wave: str) -> None:
        rule = self.scales[scale]
        if scale in self.parts_of:
            columns = [self.scores[part, wave] for part in self.parts_of[scale]]
            reasons = [self.why_not[part, wave] for part in self.parts_of[scale]]
        else:
            columns = [self.keyed(scale, item, wave) for item in self.items_of[scale]]
            reasons = [list(self.reasons[item, wave]) for item in self.items_of[scale]]
        size = len(self.people)
        scores, missing_reasons = np.full(size, math.nan), list[str | None]([None] * size)
        for person in range(size):
            present = [float(column[person]) for column in columns if not math.isnan(column[person])]
            if len(present) < self._minimum(scale, wave, person):
                shared_reasons = {reason[person] for reason in reasons}
                missing_reasons[person] = (
                    shared_reasons.pop() if not present and len(shared_reasons) == 1 else "too_few_items"
                )
            elif scale in self.conversions:
                scores[person] = self.conversions[scale].get(round(sum(present)), math.nan)
            else:
                is_sum = rule["aggregate"] in ("sum", "sum_of_scales")
                score = (len(columns) if is_sum else 1) * sum(present) / len(present) * (rule["factor"] or 1)
                scores[person] = math.floor(score + 0.5) if rule["is_rounded"] else score
        self.scores[scale, wave], self.why_not[scale, wave] = scores, missing_reasons

    def results(self) -> Iterator[tuple[str, float]]:
        """Every result by id; NaN where there is no value."""
        for analysis in (
            self._summary, self._norm_difference, self._change, self._adjusted, self._characteristics, self._services,
            self._service_changes, self._categories, self._category_changes, self._items, self._measurement, self._reliable_change, self._attrition, self._flow,
            self._missingness, self._leavers, self._groups.results, self._careless,
        ):  # fmt: skip
            for address, statistics in analysis():
                for statistic, value in statistics.items():
                    yield f"{address}/{statistic}", value

    def _summary(self) -> Iterator[tuple[str, dict[str, float]]]:
        for scale, rule in self.scales.items():
            for outcome, norm in self.norms.get(scale, []):
                yield f"norm/{outcome}", {"norm_mean": norm["mean"], "norm_sd": norm["sd"]}
            for wave in self.waves:
                all_scores = self.scores[scale, wave]
                scores = np.sort(all_scores[np.isfinite(all_scores)])
                n, mean, sd = len(scores), _mean(scores), _sd(scores)
                half = _t_quantile(n - 1) * _over(sd, math.sqrt(n))
                results = {
                    "n": n, "mean": mean, "sd": sd, "se": _over(sd, math.sqrt(n)), **_interval("", mean - half, mean + half),
                    "min": scores[0] if n else math.nan, "max": scores[-1] if n else math.nan,
                    "skewness": float(stats.skew(scores, bias=False)) if n > 2 and sd > 0 else math.nan,
                }  # fmt: skip
                for name, percent in (("q1", 25), ("median", 50), ("q3", 75)):
                    results[name] = float(np.percentile(scores, percent)) if n else math.nan
                for name, end in (("percent_floor", rule["lowest"]), ("percent_ceiling", rule["highest"])):
                    if not rule["has_ends"]:
                        continue
                    results[name] = _over(100.0 * int((np.abs(scores - end) < NOTHING).sum()), n)
                reasons = Counter(reason for reason in self.why_not[scale, wave] if reason)
                results |= {f"missing_{reason}": reasons[reason] for reason in _REASONS if reasons[reason]}
                yield f"summary/{scale}/{wave}", results
                for outcome, norm in self.norms.get(scale, []):
                    yield f"summary/{outcome}/{wave}", {"norm_distance": _over(mean - norm["mean"], norm["sd"])}

    def _careless(self) -> Iterator[tuple[str, dict[str, float]]]:
        for wave in self.waves if self.judged_blocks else ():
            answers = {item: self.answers[item, wave] for block in self.judged_blocks for item in block.items}
            timed = self._timed(wave)
            for address, count, n in careless_counts(self.judged_blocks, answers, timed):
                of_time = timed.results if timed is not None and address.startswith("whole_sheet") else {}
                yield f"careless/{address}/{wave}", _share(n, count) | of_time

    def _timed(self, wave: str) -> Timed | None:
        """The time of a wave's sheets, where the study marks those that took little and the wave's exports say how long."""
        limits = [row["least_seconds_per_item"] for row in self._rows("codebook.careless") if row["block"] == "whole_sheet"]
        if not limits or not any(
            row["wave"] == wave and row["duration_unit"] for row in self._rows("codebook.wave_exports")
        ):
            return None
        took = {
            row["participant_id"]: row["seconds_taken"] for row in self._rows("marts.answer_codes") if row["wave"] == wave
        }
        seconds = np.array([math.nan if (time := took.get(row["participant_id"])) is None else time for row in self.people])
        items = [item for item, row in self.items.items() if row["instrument"] not in ("services", "measures")]
        n_answers = np.isfinite(np.column_stack([self.answers[item, wave] for item in items])).sum(axis=1)
        return Timed(seconds, n_answers, limits[0])

    def _norm_difference(self) -> Iterator[tuple[str, dict[str, float]]]:
        margin = self.plan["norm_margin"]
        comparisons = (
            (outcome, norm, wave, all_scores)
            for (scale, wave), all_scores in self.scores.items()
            for outcome, norm in self.norms.get(scale, [])
        )
        for outcome, norm, wave, all_scores in comparisons:
            scores = all_scores[np.isfinite(all_scores)]
            n, sd = len(scores), _sd(scores)
            sample_variance = _over(sd**2, n) if n >= 2 else math.nan
            norm_variance = norm["sd"] ** 2 / norm["n"] if norm["n"] is not None else 0.0
            df = float(n - 1) if n >= 2 else math.nan
            if norm["n"] is not None:
                df = (
                    _over(
                        (sample_variance + norm_variance) ** 2,
                        sample_variance**2 / (n - 1) + norm_variance**2 / (norm["n"] - 1),
                    )
                    if n >= 2
                    else math.nan
                )
            se = math.sqrt(sample_variance + norm_variance)
            difference = _mean(scores) - norm["mean"]
            t = _over(difference, se)
            half = (_t_quantile(df) if math.isfinite(df) else math.nan) * se
            results = {
                "difference": difference, "se": se, "df": df, "t": t, "p": _two_sided(t, df),
                "difference_sd": _over(difference, norm["sd"]), **_interval("", difference - half, difference + half),
                **_interval("difference_sd_", (difference - half) / norm["sd"], (difference + half) / norm["sd"]),
            }  # fmt: skip
            if margin is not None:
                bound = margin * norm["sd"]
                results["p_equivalence"] = math.nan
                if math.isfinite(t):
                    sides = (stats.t.sf((difference + bound) / se, df), stats.t.cdf((difference - bound) / se, df))
                    results["p_equivalence"] = float(max(sides))
            yield f"norm_difference/{outcome}/{wave}", results

    def _pairs(self, scale: str, contrast: Mapping[str, Any]) -> tuple[Array, Array, Array]:
        """Scores of both waves of those who have both, and their change in the declared direction."""
        baseline, followup = self.scores[scale, contrast["baseline"]], self.scores[scale, contrast["followup"]]
        is_paired = np.isfinite(baseline) & np.isfinite(followup)
        baseline, followup = baseline[is_paired], followup[is_paired]
        is_baseline_first = {"baseline_minus_followup": True, "followup_minus_baseline": False}[contrast["direction"]]
        return baseline, followup, baseline - followup if is_baseline_first else followup - baseline

    def _change(self) -> Iterator[tuple[str, dict[str, float]]]:
        for contrast in self.contrasts:
            for scale in self.scales:
                baseline, followup, change = self._pairs(scale, contrast)
                yield f"change/{scale}/{contrast['contrast']}", self._change_of(baseline, followup, change)

    @staticmethod
    def _change_of(baseline: Array, followup: Array, change: Array) -> dict[str, float]:
        n, mean, sd = len(change), _mean(change), _sd(change)
        sd_baseline, sd_followup, df = _sd(baseline), _sd(followup), n - 1 if n >= 2 else math.nan
        r = math.nan
        if n >= 2 and sd_baseline > 0 and sd_followup > 0:
            r = float(
                ((baseline - baseline.mean()) * (followup - followup.mean())).sum() / (n - 1) / sd_baseline / sd_followup
            )
        error = _over(sd, math.sqrt(n))
        t = _over(mean, error) if n >= 2 else math.nan
        half = _t_quantile(df) * error if n >= 2 else math.nan
        results = {
            "n": n, "mean_baseline": _mean(baseline), "sd_baseline": sd_baseline, "mean_followup": _mean(followup),
            "sd_followup": sd_followup, "correlation": r, "mean_change": mean, "sd_change": sd, "t": t, "df": df,
            "p": _two_sided(t, df), **_interval("", mean - half, mean + half),
        }  # fmt: skip
        factor = _hedges(df)
        d = {
            "baseline": _over(mean, sd_baseline) if n >= 2 else math.nan,
            "z": _over(mean, sd) if n >= 2 else math.nan,
            "av": _over(mean, math.sqrt((sd_baseline**2 + sd_followup**2) / 2)) if n >= 2 else math.nan,
        }
        d["rm"] = d["z"] * math.sqrt(max(0.0, 2 * (1 - r))) if math.isfinite(r) else math.nan
        for name, value in d.items():
            results |= {f"d_{name}": value, f"g_{name}": factor * value}
        if n >= 2:
            # Becker's variance of d_baseline; the paper's own form.
            se_d = math.sqrt(_over(sd**2, sd_baseline**2 * (n - 1)) + d["baseline"] ** 2 / (2 * (n - 1)))
            z = float(stats.norm.ppf(0.975)) * se_d
            results |= _interval("d_baseline_", d["baseline"] - z, d["baseline"] + z)
            results |= _interval("g_baseline_", factor * (d["baseline"] - z), factor * (d["baseline"] + z))
        else:
            results |= _interval("d_baseline_", math.nan, math.nan) | _interval("g_baseline_", math.nan, math.nan)
        nonzero = change[np.abs(change) > NOTHING]
        results |= {"wilcoxon_w_plus": math.nan, "rank_biserial": math.nan}
        if len(nonzero):
            ranks = stats.rankdata(np.round(np.abs(nonzero), 9))
            plus, total = float(ranks[nonzero > 0].sum()), float(ranks.sum())
            results |= {"wilcoxon_w_plus": plus, "rank_biserial": (plus - (total - plus)) / total}
        return results

    def _adjusted(self) -> Iterator[tuple[str, dict[str, float]]]:
        """p after Holm and after Benjamini and Hochberg, for the tests of each family of the plan that have a p."""
        contrasts = {row["contrast"]: row for row in self.contrasts}
        for family in dict.fromkeys(row["family"] for row in self.plan_tests):
            tests = [(row["scale"], row["contrast"]) for row in self.plan_tests if row["family"] == family]
            p = {test: self._change_of(*self._pairs(test[0], contrasts[test[1]]))["p"] for test in tests}
            yield from adjusted_p({f"change/{scale}/{contrast}": p[scale, contrast] for scale, contrast in tests})

    def _known(self, variable: str) -> Array:
        return np.array([row[variable] for row in self.people], dtype=object)

    def _characteristics(self) -> Iterator[tuple[str, dict[str, float]]]:
        for entry in self.variables:
            name = entry["variable"]
            values = np.array([value for value in self._known(name) if value is not None], dtype=object)
            for row in self.categories:
                if row["variable"] == name:
                    yield (
                        f"characteristics/{name}/{row['category']}",
                        _share(len(values), int((values == row["category"]).sum())),
                    )
            if entry["kind"] == "number":
                numbers = values.astype(np.float64)
                yield f"characteristics/{name}", {
                    "n": len(numbers), "mean": _mean(numbers), "sd": _sd(numbers),
                    "min": numbers.min() if len(numbers) else math.nan, "max": numbers.max() if len(numbers) else math.nan,
                }  # fmt: skip

    def _asks_services(self, wave: str) -> bool:
        return any(self.status[service, wave] != "not_in_wave" for service in self.services)

    def _services(self) -> Iterator[tuple[str, dict[str, float]]]:
        for service in self.services:
            for wave in filter(self._asks_services, self.waves):
                answers = self.answers[service, wave]
                yield f"service_use/{service}/{wave}", _share(int(np.isfinite(answers).sum()), int((answers == 1).sum()))

    def _service_changes(self) -> Iterator[tuple[str, dict[str, float]]]:
        for contrast in self.contrasts:
            if self._asks_services(contrast["baseline"]) and self._asks_services(contrast["followup"]):
                for service in self.services:
                    yield f"service_change/{service}/{contrast['contrast']}", self._share_change(service, contrast)

    def _both_answers(self, item: str, contrast: Mapping[str, Any]) -> tuple[Array, Array]:
        baseline, followup = self.answers[item, contrast["baseline"]], self.answers[item, contrast["followup"]]
        is_paired = np.isfinite(baseline) & np.isfinite(followup)
        return baseline[is_paired], followup[is_paired]

    def _share_change(self, item: str, contrast: Mapping[str, Any]) -> dict[str, float]:
        baseline, followup = self._both_answers(item, contrast)
        is_baseline_first = contrast["direction"] == "baseline_minus_followup"
        first, second = (baseline, followup) if is_baseline_first else (followup, baseline)
        n, only_first, only_second = (
            len(baseline),
            int(((first == 1) & (second == 0)).sum()),
            int(((first == 0) & (second == 1)).sum()),
        )
        low = high = math.nan
        if n:
            p, q = (only_first + 1) / (n + 2), (only_second + 1) / (n + 2)
            half = float(stats.norm.ppf(0.975)) * math.sqrt((p + q - (p - q) ** 2) / (n + 2))
            low, high = max(-1.0, p - q - half), min(1.0, p - q + half)
        return {
            "n": n, "percent_baseline": _over(100.0 * baseline.sum(), n), "percent_followup": _over(100.0 * followup.sum(), n),
            "difference": _over(100.0 * (only_first - only_second), n), **_interval("", 100 * low, 100 * high),
            "p": _sign_test(only_first, only_second),
        }  # fmt: skip

    def _categories(self) -> Iterator[tuple[str, dict[str, float]]]:
        for row in self.measure_categories:
            for wave in self.waves if row["kind"] == "category" or row["category"] == "yes" else ():
                if self.status[row["measure"], wave] != "not_in_wave":
                    answers = self.answers[row["measure"], wave]
                    counts = (int(np.isfinite(answers).sum()), int((answers == row["stored_as"]).sum()))
                    yield f"categories/{row['measure']}/{row['category']}/{wave}", _share(*counts)

    def _category_changes(self) -> Iterator[tuple[str, dict[str, float]]]:
        kinds = {row["measure"]: row["kind"] for row in self.measure_categories}
        for contrast in self.contrasts:
            for measure, kind in kinds.items():
                if "not_in_wave" in (self.status[measure, contrast["baseline"]], self.status[measure, contrast["followup"]]):
                    continue
                address = f"category_change/{measure}"
                if kind == "yes_no":
                    yield f"{address}/{contrast['contrast']}", self._share_change(measure, contrast)
                    continue
                baseline, followup = self._both_answers(measure, contrast)
                codes = {row["category"]: row["stored_as"] for row in self.measure_categories if row["measure"] == measure}
                moves = {
                    (first, second): int(((baseline == codes[first]) & (followup == codes[second])).sum())
                    for first in codes
                    for second in codes
                }
                for (first, second), count in moves.items():
                    yield f"{address}/{first}_to_{second}/{contrast['contrast']}", {"count": count}
                either_way = [
                    (moves[first, second], moves[second, first])
                    for first, second in combinations(codes, 2)
                    if moves[first, second] + moves[second, first]
                ]
                chi_square = sum((one - other) ** 2 / (one + other) for one, other in either_way) if either_way else math.nan
                df = len(either_way) or math.nan
                p = float(stats.chi2.sf(chi_square, df)) if either_way else math.nan
                yield f"{address}/{contrast['contrast']}", {"n": len(baseline), "chi_square": chi_square, "df": df, "p": p}
                if any(row["measure"] == measure and row["is_ordered"] for row in self.measure_categories):
                    higher, lower = int((followup > baseline).sum()), int((followup < baseline).sum())
                    yield f"{address}/{contrast['contrast']}", {
                        "count_higher": higher, "count_lower": lower, "count_same": len(baseline) - higher - lower,
                        "p_sign": _sign_test(higher, lower),
                    }  # fmt: skip

    def _items(self) -> Iterator[tuple[str, dict[str, float]]]:
        for item, entry in self.items.items():
            own_answers = [answer for code, answer in self.counts_as if code == item]
            steps = round((entry["high"] - entry["low"]) * 10 ** entry["decimals"])
            answers = own_answers or [entry["low"] + step / 10 ** entry["decimals"] for step in range(min(steps, 99) + 1)]
            if entry["kind"] != "item" or entry["instrument"] == "measures" or len(answers) > _MOST_ANSWERS:
                continue
            for wave in self.waves:
                codes = self.answers[item, wave]
                yield f"items/{item}/{wave}", {"n": int(np.isfinite(codes).sum())}
                for answer in answers:
                    yield f"items/{item}/{answer:g}/{wave}", {"count": int((codes == answer).sum())}

    def _complete(self, scale: str, wave: str) -> Array:
        answers = np.column_stack([self.keyed(scale, item, wave) for item in self.items_of[scale]])
        return answers[np.isfinite(answers).all(axis=1)]

    def _measurement(self) -> Iterator[tuple[str, dict[str, float]]]:
        for scale, items in self.items_of.items():
            for wave in self.waves if not self.scales[scale]["is_given"] else ():
                answers = self._complete(scale, wave)
                n, count = answers.shape
                alpha, item_rest = _alpha(answers)
                low = high = math.nan
                if math.isfinite(alpha):
                    f_low, f_high = stats.f.ppf([0.025, 0.975], n - 1, (n - 1) * (count - 1))
                    low, high = 1 - (1 - alpha) * f_high, 1 - (1 - alpha) * f_low
                yield f"measurement/{scale}/{wave}", {"n": n, "alpha": alpha, **_interval("alpha_", low, high)}
                for item, correlation in zip(items, item_rest, strict=True):
                    yield f"measurement/{scale}/{item}/{wave}", {"item_rest": correlation}

    def _reliable_change(self) -> Iterator[tuple[str, dict[str, float]]]:
        for contrast in self.contrasts:
            for scale in self.items_of:
                baseline, _, change = self._pairs(scale, contrast)
                alpha, _ = _alpha(self._complete(scale, contrast["baseline"]))
                if self.scales[scale]["is_given"]:
                    alpha = self.scales[scale]["reliability"]
                if alpha is None:
                    continue
                threshold = math.nan
                if math.isfinite(alpha) and -NOTHING <= alpha <= 1:
                    threshold = 1.96 * math.sqrt(2) * _sd(baseline) * math.sqrt(1 - max(alpha, 0.0))
                address = f"reliable_change/{scale}/{contrast['contrast']}"
                yield address, {"threshold": threshold}
                if not math.isfinite(threshold) or not len(change) or self.scales[scale]["better"] == "neither":
                    continue
                is_rise_positive = contrast["direction"] == "followup_minus_baseline"
                better = change if (self.scales[scale]["better"] == "high") == is_rise_positive else -change
                # At eleven decimals, as a release counts changes: a change just at the limit is no reliable one.
                counts = {
                    "improved": int((better > threshold + NOTHING).sum()),
                    "worsened": int((better < -threshold - NOTHING).sum()),
                }
                counts["unchanged"] = len(change) - counts["improved"] - counts["worsened"]
                yield address, {f"count_{name}": count for name, count in counts.items()}
                yield address, {f"percent_{name}": 100.0 * count / len(change) for name, count in counts.items()}

    def _attrition(self) -> Iterator[tuple[str, dict[str, float]]]:
        for (scale, wave), scores in self.scores.items():
            n_planned = int(self.planned_scale(scale, wave).sum())
            yield f"attrition/{scale}/{wave}", _share(n_planned, int(np.isfinite(scores).sum()))

    def _flow(self) -> Iterator[tuple[str, dict[str, float]]]:
        roster_size = len(self.people)
        yield "flow/roster", {"n_listed": roster_size + self.excluded, "n_excluded": self.excluded, "n": roster_size}
        last = np.full(roster_size, -1)
        for order, wave in enumerate(self.waves):
            last[self.returned[wave]] = order
        for order, wave in enumerate(self.waves):
            planned = self.planned[wave]
            n, withdrawn = int(self.returned[wave].sum()), int((planned & self.is_withdrawn & (last < order)).sum())
            counts = {"n": n, "n_withdrawn": withdrawn, "n_not_returned": int(planned.sum()) - n - withdrawn}
            yield f"flow/returns/{wave}", counts | self._planned_counts(planned, {wave})
        for contrast in self.contrasts:
            waves = (contrast["baseline"], contrast["followup"])
            pair_count = int((self.returned[waves[0]] & self.returned[waves[1]]).sum())
            planned = self.planned[waves[0]] & self.planned[waves[1]]
            counts = {"n": pair_count, "n_not_returned": int(planned.sum()) - pair_count}
            yield f"flow/returns/{contrast['contrast']}", counts | self._planned_counts(planned, set(waves))

    def _planned_counts(self, planned: Array, waves: set[str]) -> dict[str, int]:
        n = int(planned.sum())
        return {"n_planned": n, "n_not_planned": len(planned) - n} if waves & self.for_some else {}

    def _missingness(self) -> Iterator[tuple[str, dict[str, float]]]:
        for scale in self.scales:
            is_present = np.array([np.isfinite(self.scores[scale, wave]) for wave in self.waves])
            for size in range(1, len(self.waves) + 1):
                for pattern in combinations(range(len(self.waves)), size):
                    is_returned = np.isin(np.arange(len(self.waves)), pattern)
                    count = int((is_present == is_returned[:, None]).all(axis=0).sum())
                    if count:
                        name = "_".join(self.waves[wave] for wave in pattern)
                        yield f"missingness/{scale}/{name}", {"count": count}
            waves = [wave for wave in self.waves if self.is_asked(scale, wave)]
            is_planned = [self.planned_scale(scale, wave) for wave in waves] or [np.ones(len(self.people), dtype=bool)]
            yield f"missingness/{scale}/none", {"count": int((~is_present.any(axis=0) & np.any(is_planned, axis=0)).sum())}

    def _leavers(self) -> Iterator[tuple[str, dict[str, float]]]:
        first = self.waves[0]
        measures = {scale: self.scores[scale, first] for scale in self.scales}
        for entry in self.variables:
            if entry["kind"] == "number":
                measures[entry["variable"]] = np.array(
                    [math.nan if value is None else value for value in self._known(entry["variable"])], dtype=np.float64
                )
        for wave in self.waves[1:]:
            stayed_all, left_all = self.returned[wave], self.planned[wave] & ~self.returned[wave]
            for measure, values in measures.items():
                stayers, leavers = values[stayed_all & np.isfinite(values)], values[left_all & np.isfinite(values)]
                a, b = len(stayers), len(leavers)
                g = math.nan
                if a and b and a + b >= 4:
                    squares = sum((_sd(group) ** 2) * (len(group) - 1) for group in (stayers, leavers) if len(group) > 1)
                    g = _hedges(a + b - 2) * _over(_mean(stayers) - _mean(leavers), math.sqrt(squares / (a + b - 2)))
                yield f"leavers/{measure}/{wave}", {
                    "n_returned": a, "n_left": b, "mean_returned": _mean(stayers), "mean_left": _mean(leavers), "g": g,
                }  # fmt: skip
            for row in self.categories:
                yield f"leavers/{row['variable']}/{row['category']}/{wave}", self._leavers_in(row, stayed_all, left_all)

    def _leavers_in(self, row: Mapping[str, Any], stayed: Array, left: Array) -> dict[str, float]:
        values = self._known(row["variable"])
        is_known = np.array([value is not None for value in values], dtype=bool)
        is_in = values == row["category"]
        a, b = int((is_known & stayed).sum()), int((is_known & left).sum())
        x, y = int((is_in & stayed).sum()), int((is_in & left).sum())
        p, q = _over(x, a), _over(y, b)
        results = {"n_returned": a, "n_left": b, "percent_returned": 100 * p, "percent_left": 100 * q}
        results["difference_sd"] = _over(p - q, math.sqrt((p * (1 - p) + q * (1 - q)) / 2)) if a and b else math.nan
        (p_low, p_high), (q_low, q_high) = _wilson(x, a), _wilson(y, b)
        low, high = p - q - math.hypot(p - p_low, q_high - q), p - q + math.hypot(p_high - p, q - q_low)
        return results | {"difference": 100 * (p - q), **_interval("difference_", 100 * low, 100 * high)}


def main(file: Path) -> int:
    report = recompute(file)
    for difference in report.differences:
        print(difference)
    print(f"{report.checked} of {report.results} results recomputed, {len(report.differences)} differ")
    print(
        "not covered: " + (", ".join(f"{name} ({count})" for name, count in sorted(report.uncovered.items())) or "nothing")
    )
    return 1 if report.differences else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
