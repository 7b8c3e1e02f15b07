"""Who is missing: the flow from those listed down, returns, who left, patterns, a test of missingness, and imputation
beside the main result.

Belongs here: which numbers these analyses have. Does not belong here: formulas (statistics/); reasons of single answers,
which the ledger counts (summary).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dagster_project.results.change import seed_of
from dagster_project.results.result_collector import LEVEL, Rows, direction_of, unit_of, weights
from dagster_project.results.result_row import ResultRow
from dagster_project.results.waves import patterns_from
from dagster_project.statistics import (
    difference_of_shares,
    impute_change,
    little_mcar,
    percent,
    standardised_difference,
    standardised_difference_of_shares,
    wilson,
)
from dagster_project.study import Study

Moments = Mapping[str, Any]


def rejected_results(rejected_counts: Iterable[Moments], study: Study) -> list[ResultRow]:
    """How many values were rejected, of each block that has any. rejected_counts: wave (None for the roster), block, given,
    rejected."""
    rows = Rows("rejected", study)
    for row in sorted(rejected_counts, key=lambda row: (row["wave"] or "", row["block"])):
        if row["rejected"]:
            given, place = int(row["given"]), {"wave": row["wave"]}
            rows.add(row["block"], "n", given, None, "values given", "values", **place)
            words = "values outside the declared anchors, labels, categories or limits, taken as missing"
            rows.add(row["block"], "count", int(row["rejected"]), None, words, "values", **place)
    return rows.rows


def flow_results(study_flow: Iterable[Moments], study: Study) -> list[ResultRow]:
    """From those listed down to those who returned each wave, and both waves of each contrast. study_flow: step, moment,
    listed, excluded, withdrawn, returned_blank, not_returned, n."""
    flow = {(row["step"], row["moment"]): row for row in study_flow}
    rows = Rows("flow", study)
    top = flow.get(("roster", "roster"), {})
    everybody = int(top.get("n", 0))
    rows.add("roster", "n_listed", int(top.get("listed", 0)), None, "everybody listed", "people")
    rows.add("roster", "n_excluded", int(top.get("excluded", 0)), None, "people whom the study excluded", "people")
    rows.add("roster", "n", everybody, everybody, "people on the roster", "people")
    for wave in study.protocol.waves:
        found = flow.get(("wave", wave.wave), {})
        place: dict[str, Any] = {"wave": wave.wave, "unit": "people"}
        for name, words in _STATES.items():
            count = int(found.get(name.removeprefix("n_"), 0))
            if count or name not in _WHERE_ANY:
                rows.add("returns", name, count, everybody, words, **place)
        rows.add("returns", "n", int(found.get("n", 0)), everybody, "people who returned the wave", **place)
    for contrast in study.protocol.contrasts:
        found = flow.get(("contrast", contrast.contrast), {})
        at: dict[str, Any] = {"contrast": contrast.contrast, "role": "descriptive"}
        words = "people who lack one of the waves, or both"
        rows.add("returns", "n_not_returned", int(found.get("not_returned", 0)), everybody, words, "people", **at)
        rows.add("returns", "n", int(found.get("n", 0)), everybody, "people who returned both waves", "people", **at)
    return rows.rows


_STATES = {
    "n_withdrawn": "people who had withdrawn by the wave",
    "n_returned_blank": "people whose row of the wave holds not a single answer",
    "n_not_returned": "people who did not return the wave",
}
#: Written where there are any: in a study without them they are no line of the flow.
_WHERE_ANY = ("n_returned_blank",)


def attrition_results(score_ledger: Iterable[Moments], study: Study) -> list[ResultRow]:
    """How many of the roster have a score, of each scale in each wave. score_ledger: scale, wave, on_roster, reasons, n."""
    ledger = {(row["scale"], row["wave"]): row for row in score_ledger}
    rows = Rows("attrition", study)
    for code in study.scales:
        for wave in study.protocol.waves:
            found = ledger.get((code, wave.wave), {})
            everybody, count = int(found.get("on_roster", 0)), int(found.get("n", 0))
            place: dict[str, Any] = {"wave": wave.wave, "note": "nobody is on the roster"}
            rows.add(code, "n", everybody, everybody, "people on the roster", "people", **place)
            rows.add(code, "count", count, everybody, "people with a score", "people", **place)
            rows.add(code, "percent", percent(count, everybody)[0], everybody, "count / n", "%", **place)
            low, high = wilson(count, everybody, LEVEL)
            words = "Wilson's score interval of count / n"
            rows.interval(code, "", 100 * low[0], 100 * high[0], everybody, words, "%", decimals=1, **place)
    return rows.rows


def leaver_results(leaver_moments: Iterable[Moments], study: Study) -> list[ResultRow]:
    """What people who did not return a wave were like at the first, beside those who did. leaver_moments: measure, category,
    wave, is_returned, n, mean, sd."""
    everything = list(leaver_moments)
    found = {(row["measure"], row["category"], row["wave"], row["is_returned"]): row for row in everything}
    sizes: dict[tuple[str, str, bool], int] = {}
    for row in everything:
        place = (row["measure"], row["wave"], row["is_returned"])
        sizes[place] = sizes.get(place, 0) + int(row["n"])
    rows = Rows("leavers", study)
    later = [wave.wave for wave in study.protocol.waves[1:]]
    variables = study.protocol.participant_variables
    measures = [*study.scales, *(one.variable for one in variables if one.kind == "number")]
    _numbers(rows, study, [(measure, wave) for wave in later for measure in measures], found)
    categories = [(one.variable, category.category) for one in variables for category in one.categories]
    _categories(rows, [(*place, wave) for wave in later for place in categories], found, sizes)
    return rows.rows


Found = Mapping[tuple[str, str, str, bool], Moments]


def _numbers(rows: Rows, study: Study, places: Sequence[tuple[str, str]], found: Found) -> None:
    def of(name: str, is_returned: bool) -> list[float]:
        values = [found.get((measure, "", wave, is_returned), {}).get(name) for measure, wave in places]
        return [math.nan if value is None else float(value) for value in values]

    n_stayed, n_left = ([0 if math.isnan(n) else int(n) for n in of("n", is_returned)] for is_returned in (True, False))
    stayed, left = of("mean", True), of("mean", False)
    test = standardised_difference(n_stayed, stayed, of("sd", True), n_left, left, of("sd", False), LEVEL)
    for at, (measure, wave) in enumerate(places):
        unit = unit_of(study, measure) if measure in study.scales else ""
        place: dict[str, Any] = {"wave": wave, "note": test.reason[at] or "nobody", "role": "exploratory"}
        n = n_stayed[at] + n_left[at]
        for statistic, value, words, kind in (
            ("n_returned", n_stayed[at], "people who returned this wave, with a value at the first", "people"),
            ("n_left", n_left[at], "people who did not return this wave, with a value at the first", "people"),
            ("mean_returned", stayed[at], "mean at the first wave of those who returned", unit),
            ("mean_left", left[at], "mean at the first wave of those who did not", unit),
            ("g", test.difference[at], "Hedges' g of returned minus left, pooled SD", "pooled SDs"),
        ):
            rows.add(measure, statistic, value, n, words, kind, **place)
        low, high = test.ci_low[at], test.ci_high[at]
        rows.interval(measure, "g_", low, high, n, "interval of g, noncentral t", "pooled SDs", **place)


def _categories(
    rows: Rows, places: Sequence[tuple[str, str, str]], found: Found, sizes: Mapping[tuple[str, str, bool], int]
) -> None:
    counts = {
        is_returned: [int(found.get((*place, is_returned), {}).get("n", 0)) for place in places]
        for is_returned in (True, False)
    }
    of = {
        is_returned: [sizes.get((variable, wave, is_returned), 0) for variable, _, wave in places]
        for is_returned in (True, False)
    }
    test = standardised_difference_of_shares(counts[True], of[True], counts[False], of[False], LEVEL)
    raw = difference_of_shares(counts[True], of[True], counts[False], of[False], LEVEL)
    shares = {is_returned: percent(counts[is_returned], of[is_returned]) for is_returned in (True, False)}
    for at, (variable, category, wave) in enumerate(places):
        note = test.reason[at] or "nobody"
        place: dict[str, Any] = {"wave": wave, "category": category, "note": note, "role": "exploratory"}
        n = of[True][at] + of[False][at]
        for statistic, value, words, kind in (
            ("n_returned", of[True][at], "people who returned this wave, with a known category", "people"),
            ("n_left", of[False][at], "people who did not return this wave, with a known category", "people"),
            ("percent_returned", shares[True][at], "share of the category in those who returned", "%"),
            ("percent_left", shares[False][at], "share of the category in those who did not", "%"),
            ("difference_sd", test.difference[at], "standardised difference of both shares (Austin)", "SDs"),
        ):
            rows.add(variable, statistic, value, n, words, kind, **place)
        low, high = test.ci_low[at], test.ci_high[at]
        rows.interval(variable, "difference_sd_", low, high, n, "large-sample interval", "SDs", **place)
        place["note"] = raw.reason[at]
        words, points = "difference of both shares", "percentage points"
        rows.add(variable, "difference", 100 * raw.difference[at], n, words, points, decimals=1, **place)
        low, high = 100 * raw.ci_low[at], 100 * raw.ci_high[at]
        rows.interval(variable, "difference_", low, high, n, "Newcombe's hybrid score interval", points, decimals=1, **place)


def pattern_results(pattern_moments: Iterable[Moments], score_ledger: Iterable[Moments], study: Study) -> list[ResultRow]:
    """How many people have a score in which waves, and Little's test. pattern_moments as in marts."""
    on_roster = {row["scale"]: int(row["on_roster"]) for row in score_ledger}
    waves = [wave.wave for wave in study.protocol.waves]
    rows = Rows("missingness", study)
    for code, patterns in patterns_from(pattern_moments, study).items():
        everybody, counted = on_roster.get(code, 0), 0
        for pattern in patterns:
            name = "_".join(waves[wave] for wave in pattern.waves)
            words = "people with a score in just these waves"
            rows.add(code, "count", pattern.n, everybody, words, "people", category=name)
            counted += pattern.n
        rows.add(code, "count", everybody - counted, everybody, "people without any score", "people", category="none")
        test = little_mcar(patterns)
        words = "Little's test that scores are missing completely at random"
        place: dict[str, Any] = {"note": test.reason, "role": "exploratory", "df": test.df}
        rows.add(code, "chi_square", test.chi_square, counted, words, **place)
        rows.add(code, "df", test.df, counted, words, **place)
        rows.add(code, "p", test.p, counted, words, **place)
    return rows.rows


def imputation_results(pattern_moments: Iterable[Moments], study: Study) -> list[ResultRow]:
    """Each contrast from multiple imputation: a sensitivity analysis beside the main result. pattern_moments as in marts."""
    of_contrast, plan = weights(study), study.protocol.plan
    rows = Rows("imputation", study)
    for code, patterns in patterns_from(pattern_moments, study).items():
        seed = seed_of(study, "imputation", code)
        found = impute_change(
            patterns,
            len(study.protocol.waves),
            list(of_contrast.values()),
            imputations=plan.imputations,
            seed=seed,
            level=LEVEL,
        )
        unit = unit_of(study, code)
        how = f"{plan.imputations} imputations (multivariate normal), seed {seed}, Rubin's rules, Barnard-Rubin df"
        for contrast, pooled in zip(of_contrast, found.contrasts, strict=True):
            words = f"{direction_of(study, contrast)}; {how}"
            place: dict[str, Any] = {"contrast": contrast, "note": found.reason or pooled.reason, "df": pooled.df}
            n = found.n_people
            rows.add(code, "estimate", pooled.estimate, n, words, unit, **place)
            rows.add(code, "se", pooled.se, n, f"standard error; {how}", unit, **place)
            rows.add(code, "df", pooled.df, n, "Barnard and Rubin's degrees of freedom", **place)
            rows.add(code, "t", pooled.t, n, words, **place)
            rows.add(code, "p", pooled.p, n, f"{words}, two-sided", **place)
            rows.interval(code, "", pooled.ci_low, pooled.ci_high, n, f"interval; {how}", unit, **place)
            rows.add(code, "fmi", pooled.fmi, n, "fraction of missing information", **place)
    return rows.rows
