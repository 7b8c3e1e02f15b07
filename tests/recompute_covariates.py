"""What differences adjusted for covariates should be, person by person: a part of recompute.py.

Belongs here: least squares with a column for every group and every category, by a pseudo-inverse. Does not belong here: any mart
that counted people, the package's code, which takes moments and leaves categories out.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

Array = np.ndarray[Any, Any]
_NAMES = ("difference", "se", "t", "df", "p", "ci95_low", "ci95_high", "p_slopes")
_NOTHING: dict[str, float] = dict.fromkeys(_NAMES, math.nan)
#: Below this share a singular value, or what is left of a sum of squares, is rounding.
_ROUNDING = 1e-9
#: A group's adjusted means where there are none.
NO_MEANS = dict.fromkeys(
    (
        "adjusted_mean_se",
        *(f"adjusted_mean_{name}{end}" for name in ("change", "followup") for end in ("", "_ci95_low", "_ci95_high")),
    ),
    math.nan,
)


class Covariates:
    """What is adjusted for. study: recompute.py's. groups: whether each person is in a group, by name, the reference first."""

    def __init__(self, study: Any, groups: Mapping[str, Array]) -> None:
        self._study, self._groups = study, groups
        rows = study._rows("codebook.covariates", "term_order")
        variables = [row["variable"] for row in rows]
        self.has_means = any(row["if_missing"] == "mean" for row in rows)
        self.variables = list(dict.fromkeys(variables))
        is_known = [all(person[name] is not None for name in self.variables) for person in study.people]
        self.is_known = np.array(is_known, dtype=bool)

    def results(self) -> Iterator[tuple[str, dict[str, float]]]:
        """Every result by id, without the statistic; NaN where there is no value."""
        study, names = self._study, list(self._groups)
        for contrast in study.contrasts if self.variables else ():
            for scale in study.scales:
                baseline, followup = study.scores[scale, contrast["baseline"]], study.scores[scale, contrast["followup"]]
                sign = 1 if contrast["direction"] == "baseline_minus_followup" else -1
                has_both = np.isfinite(baseline) & np.isfinite(followup) & np.any(list(self._groups.values()), axis=0)
                counts = has_both if self.has_means else has_both & self.is_known
                n = {"n": int(counts.sum()), "n_covariate_unknown": int((has_both & ~self.is_known).sum())}
                present = [name for name in names if (self._groups[name] & counts).any()]
                columns = [self._groups[name][counts].astype(float) for name in present]
                fits = _fits(
                    sign * (baseline - followup)[counts], np.column_stack(columns) if columns else np.empty((0, 0)),
                    baseline[counts], [self.columns(name, counts) for name in self.variables],
                )  # fmt: skip
                covariates = [self.columns(name, counts) for name in self.variables]
                means = adjusted_means(np.array(columns).T, baseline[counts], covariates, followup[counts], sign)
                for group in names:
                    address = f"change_covariate_adjusted/{scale}/{group}/{contrast['contrast']}"
                    yield address, means[present.index(group)] if group in present else NO_MEANS
                    if group != names[0]:
                        has_fit = names[0] in present and group in present
                        yield address, (fits[present.index(group)] if has_fit else _NOTHING) | n

    def columns(self, variable: str, counts: Array) -> Array:
        """A number, or a column for each category that somebody is in; where that is declared with means of the roster for what
        is not known."""
        if self.has_means:
            return self._with_means(variable)[counts]
        values = [person[variable] for person, is_counted in zip(self._study.people, counts, strict=True) if is_counted]
        if not any(isinstance(value, str) for value in values):
            return np.array(values, dtype=float)[:, None]
        return np.array([[float(value == category) for category in sorted(set(values))] for value in values])

    def _with_means(self, variable: str) -> Array:
        values = [person[variable] for person in self._study.people]
        categories = sorted({value for value in values if isinstance(value, str)})
        names = categories or [None]
        columns = np.array(
            [
                [math.nan if value is None else float(value == name if categories else value) for name in names]
                for value in values
            ],
            dtype=float,
        ).reshape(len(values), len(names))
        return np.where(np.isnan(columns), np.nanmean(columns, axis=0), columns) if len(values) else columns


def _fits(change: Array, groups: Array, baseline: Array, covariates: Sequence[Array]) -> list[dict[str, float]]:
    """The numbers of each group, the first being the reference. groups: a column for each group."""
    count = groups.shape[1]
    if count < 2:
        return [_NOTHING] * count
    design = np.column_stack([groups, baseline, *covariates])
    # Of categories all columns but one are free of each other; one category alone is a constant, and no covariate.
    rank_needed = count + 1 + sum(terms_needed(columns) for columns in covariates)
    coefficients, inverse, rest, rank = least_squares(design, change)
    df = len(change) - rank
    if rank < rank_needed:
        return [_NOTHING] * count
    contrasts = np.zeros((count, design.shape[1]))
    contrasts[range(count), range(count)] += 1
    contrasts[:, 0] -= 1
    differences = contrasts @ coefficients
    spread = float(np.sum((change - groups @ (groups.T @ change / groups.sum(axis=0))) ** 2))
    if df < 1 or rest <= _ROUNDING * spread:
        return [_NOTHING | {"difference": difference} for difference in differences]
    _, _, full_rest, full_rank = least_squares(np.column_stack([design, groups * baseline[:, None]]), change)
    extra, full_df = full_rank - rank, len(change) - full_rank
    p_slopes = math.nan
    if extra >= 1 and full_df >= 1 and full_rest > _ROUNDING * spread:
        p_slopes = float(stats.f.sf((rest - full_rest) / extra / (full_rest / full_df), extra, full_df))
    errors = np.sqrt(rest / df * np.einsum("gi,ij,gj->g", contrasts, inverse, contrasts))
    quantile = float(stats.t.ppf(0.975, df))
    return [
        _NOTHING
        if group == 0
        else {
            "difference": difference, "se": se, "t": difference / se, "df": df,
            "p": float(2 * stats.t.sf(abs(difference / se), df)), "ci95_low": difference - quantile * se,
            "ci95_high": difference + quantile * se, "p_slopes": p_slopes,
        }
        for group, (difference, se) in enumerate(zip(differences, errors, strict=True))
    ]  # fmt: skip


def terms_needed(columns: Array) -> int:
    """Of a covariate. Categories that only people are in of whom it is not known are the same column but for a factor."""
    return max(1, int(np.linalg.matrix_rank(columns)) - 1) if columns.shape[1] > 1 else 1


def adjusted_means(
    groups: Array, baseline: Array, covariates: Sequence[Array], followup: Array, sign: int
) -> list[dict[str, float]]:
    """The mean change and the mean score at follow-up of each group at everybody's means of baseline and covariates, each from
    a regression of its own; NaN where a group, a slope or an error cannot be told."""
    count = groups.shape[1] if groups.ndim == 2 else 0
    means = [dict(NO_MEANS) for _ in range(count)]
    if not count:
        return means
    others = np.column_stack([baseline, *covariates])
    design = np.column_stack([groups, others])
    rank_needed = count + 1 + sum(terms_needed(columns) for columns in covariates)
    for name, outcome in (("change", sign * (baseline - followup)), ("followup", followup)):
        coefficients, inverse, rest, rank = least_squares(design, outcome)
        df = len(outcome) - rank
        if rank < rank_needed:
            return [dict(NO_MEANS) for _ in range(count)]
        spread = float(np.sum((outcome - groups @ (groups.T @ outcome / groups.sum(axis=0))) ** 2))
        has_error = df >= 1 and rest > _ROUNDING * spread
        quantile = float(stats.t.ppf(0.975, df)) if has_error else math.nan
        for group in range(count):
            weights = np.concatenate([np.eye(count)[group], others.mean(axis=0)])
            mean = float(weights @ coefficients)
            error = math.sqrt(rest / df * float(weights @ inverse @ weights)) if has_error else math.nan
            means[group] |= {
                f"adjusted_mean_{name}": mean, f"adjusted_mean_{name}_ci95_low": mean - quantile * error,
                f"adjusted_mean_{name}_ci95_high": mean + quantile * error, "adjusted_mean_se": error,
            }  # fmt: skip
    return means


def least_squares(design: Array, outcome: Array) -> tuple[Array, Array, float, int]:
    """The shortest coefficients, the pseudo-inverse of the cross-products, the sum of squares left over, and the rank: of
    columns of length one, so that no unit matters."""
    lengths = np.linalg.norm(design, axis=0)
    lengths[lengths == 0] = 1
    u, sizes, v = np.linalg.svd(design / lengths, full_matrices=False)
    is_free = sizes > _ROUNDING * max(sizes, default=0.0)
    v = v[is_free] / lengths
    coefficients = v.T @ (u[:, is_free].T @ outcome / sizes[is_free])
    rest = float(np.sum((outcome - design @ coefficients) ** 2))
    return coefficients, v.T @ np.diag(sizes[is_free] ** -2.0) @ v, rest, int(is_free.sum())
