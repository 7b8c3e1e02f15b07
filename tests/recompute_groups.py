"""What the results of groups should be, from the answers and the roster of a release: a part of recompute.py.

Belongs here: groups described and compared, person by person, with SciPy's tests and NumPy's least squares. Does not belong here:
any mart that counted people, the package's code.
"""

import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from recompute_covariates import NO_MEANS, Covariates, adjusted_means
from recompute_families import families_of_groups
from recompute_growth import Growth
from recompute_sensitivity import Sensitivity
from recompute_subgroups import Subgroups
from scipy import stats

Array = np.ndarray[Any, Any]
Results = Iterator[tuple[str, dict[str, float]]]
_NORMAL = float(stats.norm.ppf(0.975))


class Groups:
    """Who is in which group. study: recompute.py's, with a row a person. shares: of a count and n, as it makes them."""

    def __init__(self, study: Any, shares: Any) -> None:
        self._study, self._shares = study, shares
        rows = study._rows("codebook.groups", "group_order")
        self.names = [row["people_group"] for row in rows]
        self._variable = rows[0]["variable"] if rows else None
        groups = np.array([person[self._variable] if rows else None for person in study.people], dtype=object)
        self._is_in = {name: groups == name for name in self.names}
        self._growth = Growth(study, self._is_in)
        self._covariates, self._subgroups = Covariates(study, self._is_in), Subgroups(study, self._is_in)
        self._sensitivity = Sensitivity(study, self._is_in)
        self._n_unknown = int(sum(group is None for group in groups))

    def results(self) -> Results:
        """Every result of groups by id; NaN where there is no value."""
        yield from self._growth.results()
        if not self.names:
            return
        for analysis in (self._flow, self._characteristics, self._summary, self._services, self._categories):
            yield from analysis()
        p: dict[str, float] = {}
        for tests in (self._change, self._adjusted, self._covariates.results):
            for address, results in tests():
                if "p" in results:
                    p[address] = results["p"]
                yield address, results
        yield from families_of_groups(self._study, p)
        yield from self._subgroups.results()
        yield from self._sensitivity.results()

    def _flow(self) -> Results:
        study = self._study
        last = np.full(len(study.people), -1)
        for order, wave in enumerate(study.waves):
            last[study.returned[wave]] = order
        yield "flow_by_group/roster", {"n_without_group": self._n_unknown}
        for name, is_in in self._is_in.items():
            yield f"flow_by_group/roster/{name}", {"n": int(is_in.sum())}
            for order, wave in enumerate(study.waves):
                returned, planned = study.returned[wave] & is_in, study.planned[wave] & is_in
                withdrawn = planned & study.is_withdrawn & (last < order)
                absent = planned & ~returned & ~withdrawn
                counts = {"n": int(returned.sum()), "n_withdrawn": int(withdrawn.sum())}
                counts |= {"n_not_returned": int(absent.sum()), "n_returned_blank": 0}
                yield f"flow_by_group/returns/{name}/{wave}", counts | self._planned(planned, is_in, {wave})
            for contrast in study.contrasts:
                waves = (contrast["baseline"], contrast["followup"])
                both = study.returned[waves[0]] & study.returned[waves[1]] & is_in
                planned = study.planned[waves[0]] & study.planned[waves[1]] & is_in
                address = f"flow_by_group/returns/{name}/{contrast['contrast']}"
                yield address, {"n": int(both.sum())} | self._planned(planned, is_in, set(waves))

    def _planned(self, planned: Array, is_in: Array, waves: set[str]) -> dict[str, int]:
        n = int(planned.sum())
        return {"n_planned": n, "n_not_planned": int(is_in.sum()) - n} if waves & self._study.for_some else {}

    def _characteristics(self) -> Results:
        study = self._study
        for entry in study.variables:
            name = entry["variable"]
            if name == self._variable:
                continue
            values = np.array([row[name] for row in study.people], dtype=object)
            is_known = np.array([value is not None for value in values], dtype=bool)
            categories = [row["category"] for row in study.categories if row["variable"] == name]
            for group, is_in in self._is_in.items():
                in_group = values[is_in & is_known]
                for category in categories:
                    share = self._shares(len(in_group), int((in_group == category).sum()))
                    yield f"characteristics_by_group/{name}/{category}/{group}", share
                if entry["kind"] == "number":
                    numbers = in_group.astype(float)
                    moments = {"n": len(numbers), "mean": _mean(numbers), "sd": _sd(numbers)}
                    ends = (
                        {"min": np.nan, "max": np.nan} if not len(numbers) else {"min": numbers.min(), "max": numbers.max()}
                    )
                    yield f"characteristics_by_group/{name}/{group}", moments | ends
                if group == self.names[0]:
                    continue
                reference = values[self._is_in[self.names[0]] & is_known]
                distance = (
                    _distance(in_group, reference, categories)
                    if categories
                    else _difference_in_sds(in_group.astype(float), reference.astype(float))
                )
                yield f"characteristics_difference/{name}/{group}", {"standardised_difference": distance}

    def _summary(self) -> Results:
        for (scale, wave), scores in self._study.scores.items():
            for group, is_in in self._is_in.items():
                values = scores[is_in & np.isfinite(scores)]
                results = {"n": len(values), "mean": _mean(values), "sd": _sd(values)}
                results |= {"min": values.min(), "max": values.max()} if len(values) else {"min": np.nan, "max": np.nan}
                low = high = se = math.nan
                if len(values) > 1:
                    se = float(stats.sem(values))
                    low, high = (
                        (values.mean(),) * 2 if se == 0 else stats.t.interval(0.95, len(values) - 1, values.mean(), se)
                    )
                yield f"summary_by_group/{scale}/{group}/{wave}", results | {"se": se, "ci95_low": low, "ci95_high": high}

    def _changes(self, scale: str, contrast: Mapping[str, Any]) -> dict[str, tuple[Array, Array, Array]]:
        """Baseline, follow-up and change of each group's people with both scores."""
        study = self._study
        baseline, followup = study.scores[scale, contrast["baseline"]], study.scores[scale, contrast["followup"]]
        sign = 1 if contrast["direction"] == "baseline_minus_followup" else -1
        is_paired = np.isfinite(baseline) & np.isfinite(followup)
        return {
            group: tuple(values[is_in & is_paired] for values in (baseline, followup, sign * (baseline - followup)))
            for group, is_in in self._is_in.items()
        }  # type: ignore[return-value]

    def _change(self) -> Results:
        for contrast in self._study.contrasts:
            for scale in self._study.scales:
                changes = self._changes(scale, contrast)
                for group, (baseline, followup, change) in changes.items():
                    results = {"mean_baseline": _mean(baseline), "sd_baseline": _sd(baseline), "n": len(change)}
                    results |= {"mean_followup": _mean(followup), "sd_followup": _sd(followup)}
                    results |= {"mean_change": _mean(change), "sd_change": _sd(change), "df": math.nan}
                    results |= {"t": math.nan, "p": math.nan, "ci95_low": math.nan, "ci95_high": math.nan}
                    if len(change) > 1:
                        results["df"] = len(change) - 1
                        if results["sd_change"] == 0:
                            results |= {"ci95_low": results["mean_change"], "ci95_high": results["mean_change"]}
                    if len(change) > 1 and results["sd_change"] > 0:
                        test = stats.ttest_1samp(change, 0)
                        low, high = test.confidence_interval(0.95)
                        results |= {"t": test.statistic, "p": test.pvalue, "ci95_low": low, "ci95_high": high}
                    yield f"change_by_group/{scale}/{group}/{contrast['contrast']}", results
                reference = changes[self.names[0]]
                for group in self.names[1:]:
                    address = f"change_difference/{scale}/{group}/{contrast['contrast']}"
                    yield address, _welch(changes[group], reference)

    def _adjusted(self) -> Results:
        for contrast in self._study.contrasts:
            for scale in self._study.scales:
                changes = self._changes(scale, contrast)
                n = sum(len(change) for _, _, change in changes.values())
                present = [group for group in self.names if len(changes[group][2])]
                fits = _least_squares(changes, present) if len(present) > 1 else {}
                names = ("difference", "se", "t", "df", "p", "ci95_low", "ci95_high", "p_slopes")
                nothing = dict.fromkeys(names, math.nan)
                sizes = [len(changes[group][2]) for group in present]
                baseline, followup = (np.concatenate([changes[name][part] for name in present] or [[]]) for part in (0, 1))
                sign = 1 if contrast["direction"] == "baseline_minus_followup" else -1
                means = adjusted_means(np.repeat(np.eye(len(present)), sizes, axis=0), baseline, [], followup, sign)
                for group in self.names:
                    address = f"change_adjusted/{scale}/{group}/{contrast['contrast']}"
                    yield address, means[present.index(group)] if group in present else NO_MEANS
                    if group != self.names[0]:
                        has_both = self.names[0] in present and group in present
                        yield address, (fits.get(group, nothing) if has_both else nothing) | {"n": n}

    def _services(self) -> Results:
        study = self._study
        for service in study.services:
            for wave in filter(study._asks_services, study.waves):
                yield from self._answers(("service_use_by_group", "service_difference"), service, wave, service, 1)

    def _categories(self) -> Results:
        study = self._study
        for row in study.measure_categories:
            for wave in study.waves if row["kind"] == "category" or row["category"] == "yes" else ():
                if study.status[row["measure"], wave] != "not_in_wave":
                    analyses = ("categories_by_group", "category_difference")
                    address = f"{row['measure']}/{row['category']}"
                    yield from self._answers(analyses, row["measure"], wave, address, row["stored_as"])

    def _answers(self, analyses: tuple[str, str], item: str, wave: str, address: str, code: int) -> Results:
        answers = self._study.answers[item, wave]
        counts = {
            group: (int((answers[is_in] == code).sum()), int(np.isfinite(answers[is_in]).sum()))
            for group, is_in in self._is_in.items()
        }
        for group, (count, n) in counts.items():
            yield f"{analyses[0]}/{address}/{group}/{wave}", self._shares(n, count)
            if group != self.names[0]:
                compared = self._shares_compared(counts[group], counts[self.names[0]])
                yield f"{analyses[1]}/{address}/{group}/{wave}", compared

    def _shares_compared(self, of_group: tuple[int, int], of_reference: tuple[int, int]) -> dict[str, float]:
        (x, n), (y, m) = of_group, of_reference
        results = {"n": n + m, "p": math.nan, "risk_difference": math.nan, "risk_ratio": math.nan, "odds_ratio": math.nan}
        results |= {
            f"{name}_ci95_{end}": math.nan
            for name in ("risk_difference", "risk_ratio", "odds_ratio")
            for end in ("low", "high")
        }
        if not (n and m):
            return results
        results["p"] = float(stats.fisher_exact([[x, n - x], [y, m - y]]).pvalue)
        first, second = self._shares(n, x), self._shares(m, y)
        p, q = first["percent"], second["percent"]
        results["risk_difference"] = p - q
        results["risk_difference_ci95_low"] = p - q - math.hypot(p - first["ci95_low"], second["ci95_high"] - q)
        results["risk_difference_ci95_high"] = p - q + math.hypot(first["ci95_high"] - p, q - second["ci95_low"])
        if y:
            results["risk_ratio"] = (x / n) / (y / m)
        if y * (n - x):
            results["odds_ratio"] = x * (m - y) / (y * (n - x))
        if x and y and (x < n or y < m):
            half = _NORMAL * math.sqrt(1 / x - 1 / n + 1 / y - 1 / m)
            results["risk_ratio_ci95_low"], results["risk_ratio_ci95_high"] = (
                results["risk_ratio"] * math.exp(side * half) for side in (-1, 1)
            )
        if x and y and n - x and m - y:
            half = _NORMAL * math.sqrt(1 / x + 1 / (n - x) + 1 / y + 1 / (m - y))
            results["odds_ratio_ci95_low"], results["odds_ratio_ci95_high"] = (
                results["odds_ratio"] * math.exp(side * half) for side in (-1, 1)
            )
        return results


def _mean(values: Array) -> float:
    return math.fsum(values) / len(values) if len(values) else math.nan


def _sd(values: Array) -> float:
    if len(values) < 2:
        return math.nan
    return 0.0 if np.ptp(values) < 1e-10 else float(np.std(values, ddof=1))


def _difference_in_sds(values: Array, reference: Array) -> float:
    if len(values) < 2 or len(reference) < 2:
        return math.nan
    spread = math.sqrt((_sd(values) ** 2 + _sd(reference) ** 2) / 2)
    return (values.mean() - reference.mean()) / spread if spread else math.nan


def _distance(values: Array, reference: Array, categories: list[str]) -> float:
    """Mahalanobis distance of both shares, by a pseudo-inverse of all categories' covariance."""
    if not len(values) or not len(reference):
        return math.nan
    p, q = (np.array([(sample == category).mean() for category in categories]) for sample in (values, reference))
    spread = sum(np.diag(share) - np.outer(share, share) for share in (p, q)) / 2
    if not np.any(spread) or not (p * q).any():
        return math.nan
    return float(math.sqrt(max(0.0, (p - q) @ np.linalg.pinv(spread, rcond=1e-12) @ (p - q))))


def _welch(of_group: tuple[Array, ...], of_reference: tuple[Array, ...]) -> dict[str, float]:
    change, reference = of_group[2], of_reference[2]
    names = ("difference", "df", "se", "t", "p", "ci95_low", "ci95_high", "d", "g")
    results = dict.fromkeys(names, math.nan) | {"n": len(change) + len(reference)}
    if len(change) and len(reference):
        results["difference"] = change.mean() - reference.mean()
    if len(change) < 2 or len(reference) < 2:
        return results
    results["se"] = math.hypot(_sd(change) / math.sqrt(len(change)), _sd(reference) / math.sqrt(len(reference)))
    if results["se"] > 0:
        with warnings.catch_warnings():
            # SciPy warns where all people of a group change alike, and is right all the same.
            warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
            test = stats.ttest_ind(change, reference, equal_var=False)
        low, high = test.confidence_interval(0.95)
        results |= {"t": test.statistic, "df": test.df, "p": test.pvalue, "ci95_low": low, "ci95_high": high}
    df = len(change) + len(reference) - 2
    squares = sum(np.sum((sample[0] - sample[0].mean()) ** 2) for sample in (of_group, of_reference))
    if squares > 1e-10:
        results["d"] = results["difference"] / math.sqrt(squares / df)
        factor = math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)
        results["g"] = factor * results["d"]
    return results


def _least_squares(changes: Mapping[str, tuple[Array, Array, Array]], groups: list[str]) -> dict[str, dict[str, float]]:
    """Change by group and baseline, and the F test of a slope for each group."""
    y = np.concatenate([changes[group][2] for group in groups])
    x = np.concatenate([changes[group][0] for group in groups])
    dummies = np.repeat(np.eye(len(groups)), [len(changes[group][2]) for group in groups], axis=0)
    design = np.column_stack([dummies[:, 1:], np.ones(len(y)), x])
    coefficients, rest = _fit(design, y)
    df = len(y) - design.shape[1]
    within = sum(np.sum((changes[group][0] - changes[group][0].mean()) ** 2) for group in groups)
    if within < 1e-10:
        return {}
    if df < 1 or rest < 1e-10:
        nothing = dict.fromkeys(("se", "t", "df", "p", "ci95_low", "ci95_high", "p_slopes"), math.nan)
        return {group: nothing | {"difference": coefficients[index]} for index, group in enumerate(groups[1:])}
    spread = rest / df * np.linalg.inv(design.T @ design)
    full = np.column_stack([dummies, dummies * x[:, None]])
    _, full_rest = _fit(full, y)
    f_df = (len(groups) - 1, len(y) - full.shape[1])
    has_slopes = f_df[1] > 0 and full_rest > 1e-10
    p_slopes = float(stats.f.sf((rest - full_rest) / f_df[0] / (full_rest / f_df[1]), *f_df)) if has_slopes else math.nan
    results = {}
    for index, group in enumerate(groups[1:]):
        se = math.sqrt(spread[index, index])
        half = float(stats.t.ppf(0.975, df)) * se
        t, difference = coefficients[index] / se, coefficients[index]
        results[group] = {
            "n": len(y), "difference": difference, "se": se, "t": t, "df": df, "p": float(2 * stats.t.sf(abs(t), df)),
            "ci95_low": difference - half, "ci95_high": difference + half, "p_slopes": p_slopes,
        }  # fmt: skip
    return results


def _fit(design: Array, y: Array) -> tuple[Array, float]:
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    return coefficients, float(np.sum((y - design @ coefficients) ** 2))
