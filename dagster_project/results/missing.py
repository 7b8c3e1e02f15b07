"""Missing data: participant flow, returns, attrition, patterns, a test of missingness, and imputation as a sensitivity
analysis.

Belongs here: which numbers these analyses have. Does not belong here: formulas (statistics/); reasons for single missing
answers, which the ledger counts (summary).
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from dagster_project.results.change import seed_of
from dagster_project.results.result_collector import LEVEL, MartRow, RowFields, Rows, direction_of, weights
from dagster_project.results.result_row import ResultRow
from dagster_project.results.waves import patterns_from
from dagster_project.statistics import (
    difference_of_shares,
    impute_change,
    little_mcar,
    percent,
    standardised_difference,
    standardised_difference_of_shares,
)
from dagster_project.study import Study


def rejected_results(rejected_counts: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """How many values were rejected, for each block with rejected values. rejected_counts: wave (None for the roster),
    block, given, rejected."""
    rows = Rows("rejected", study)
    for row in sorted(rejected_counts, key=lambda row: (row["wave"] or "", row["block"])):
        if row["rejected"]:
            n_values, row_fields = int(row["given"]), {"wave": row["wave"]}
            rows.add(row["block"], "n", n_values, None, "values given", **row_fields)
            method = "values outside the declared anchors, labels, categories or limits, taken as missing"
            rows.add(row["block"], "count", int(row["rejected"]), None, method, **row_fields)
    return rows.rows


def flow_results(study_flow: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Participant flow: from people listed to people who returned each wave, and both waves of each contrast. study_flow:
    step, moment, listed, excluded, not_planned, withdrawn, returned_blank, not_returned, n.

    Where a wave is not planned for everybody, the numbers are of those for whom it is, and of whoever answered it all the
    same and is kept."""
    flow = {(row["step"], row["moment"]): row for row in study_flow}
    rows = Rows("flow", study)
    roster = flow.get(("roster", "roster"), {})
    n_roster = int(roster.get("n", 0))
    rows.add("roster", "n_listed", int(roster.get("listed", 0)), None, "everybody listed")
    rows.add("roster", "n_excluded", int(roster.get("excluded", 0)), None, "people excluded by the study")
    rows.add("roster", "n", n_roster, n_roster, "people on the roster")
    for wave in study.protocol.waves:
        step_counts = flow.get(("wave", wave.wave), {})
        wave_fields: RowFields = {"wave": wave.wave}
        is_for_some = wave.wave in study.protocol.waves_for_some
        add_returns(rows, step_counts, n_roster, is_for_some, wave_fields, omitted_if_zero=("n_returned_blank",))
    for contrast in study.protocol.contrasts:
        step_counts = flow.get(("contrast", contrast.contrast), {})
        contrast_fields: RowFields = {"contrast": contrast.contrast, "role": "descriptive"}
        is_for_some = bool({contrast.baseline, contrast.followup} & study.protocol.waves_for_some.keys())
        n_planned = planned_count(rows, step_counts, n_roster, is_for_some, contrast_fields)
        method = "people missing one or both waves"
        rows.add("returns", "n_not_returned", int(step_counts.get("not_returned", 0)), n_planned, method, **contrast_fields)
        rows.add(
            "returns", "n", int(step_counts.get("n", 0)), n_planned, "people who returned both waves", **contrast_fields
        )
    return rows.rows


def add_returns(
    rows: Rows, step_counts: MartRow, n_roster: int, is_for_some: bool, row_fields: RowFields,
    omitted_if_zero: Sequence[str] = (),
) -> None:  # fmt: skip
    """What became of the people of a roster, or of a group's, in a wave: those who returned it and those who did not."""
    n_planned = planned_count(rows, step_counts, n_roster, is_for_some, row_fields)
    for name, method in _STATES.items():
        count = int(step_counts.get(name.removeprefix("n_"), 0))
        if count or name not in omitted_if_zero:
            rows.add("returns", name, count, n_planned, method, **row_fields)
    rows.add("returns", "n", int(step_counts.get("n", 0)), n_planned, "people who returned the wave", **row_fields)


def planned_count(rows: Rows, step_counts: MartRow, n_roster: int, is_for_some: bool, row_fields: RowFields) -> int:
    """How many people of the roster a wave, or both waves of a contrast, were planned for; said where that is not all."""
    n_not_planned = int(step_counts.get("not_planned", 0))
    if is_for_some:
        words = "both waves were" if "contrast" in row_fields else "the wave was"
        method = f"people for whom {words} not planned, without those who answered all the same and are kept"
        rows.add("returns", "n_not_planned", n_not_planned, n_roster, method, **row_fields)
        method = f"people for whom {words} planned, with those who answered all the same and are kept"
        rows.add("returns", "n_planned", n_roster - n_not_planned, n_roster, method, **row_fields)
    return n_roster - n_not_planned


def unplanned_results(unplanned_answers: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """People who answered a wave, or a block of it, that was not planned for them, where there are any. unplanned_answers:
    participant_id, wave, block, rule, and the cells' rows."""
    people: dict[tuple[str, str, str], set[str]] = {}
    for row in unplanned_answers:
        rule = "set_aside" if row["rule"] == "set_aside" else "kept"
        people.setdefault((row["wave"], row["block"] or "returns", rule), set()).add(row["participant_id"])
    rows = Rows("flow", study)
    for (wave, outcome, rule), participants in sorted(people.items()):
        subject = "the wave" if outcome == "returns" else f"{outcome} in the wave"
        method = f"people who answered {subject}, which was not planned for them: {_UNPLANNED_RULES[rule]}"
        rows.add(outcome, f"n_unplanned_{rule}", len(participants), None, method, wave=wave)
    return rows.rows


_UNPLANNED_RULES = {"kept": "they count like the others", "set_aside": "these answers count nowhere"}


_STATES = {
    "n_withdrawn": "people who had withdrawn by the wave",
    "n_returned_blank": "people whose row of the wave holds not a single answer",
    "n_not_returned": "people who did not return the wave",
}


def attrition_results(score_ledger: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """How many people on the roster have a score, for each scale in each wave, of those for whom it was planned.
    score_ledger: scale, wave, on_roster, reasons, n."""
    ledger = {(row["scale"], row["wave"]): row for row in score_ledger}
    rows = Rows("attrition", study)
    for code in study.scales:
        for wave in study.protocol.waves:
            counts = ledger.get((code, wave.wave), {})
            n_not_planned, count = int(counts.get("not_planned", 0)), int(counts.get("n", 0))
            n = int(counts.get("on_roster", 0)) - n_not_planned
            denominator = "people on the roster" + (" for whom it was planned" if n_not_planned else "")
            note = "nobody on the roster for whom it was planned" if n_not_planned else "nobody is on the roster"
            row_fields: RowFields = {"wave": wave.wave, "note": note}
            rows.share(code, count, n, denominator, "people with a score", **row_fields)
    return rows.rows


def leaver_results(leaver_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """People who did not return a wave compared with those who did, by their values at the first wave. leaver_moments:
    measure, category, wave, is_returned, n, mean, sd."""
    moments = list(leaver_moments)
    moments_by_group = {(row["measure"], row["category"], row["wave"], row["is_returned"]): row for row in moments}
    sizes: dict[tuple[str, str, bool], int] = {}
    for row in moments:
        group = (row["measure"], row["wave"], row["is_returned"])
        sizes[group] = sizes.get(group, 0) + int(row["n"])
    rows = Rows("leavers", study)
    later_waves = [wave.wave for wave in study.protocol.waves[1:]]
    variables = study.protocol.participant_variables
    measures = [*study.scales, *(variable.variable for variable in variables if variable.kind == "number")]
    _numbers(rows, study, [(measure, wave) for wave in later_waves for measure in measures], moments_by_group)
    categories = [(variable.variable, category.category) for variable in variables for category in variable.categories]
    _categories(
        rows, [(*category_key, wave) for wave in later_waves for category_key in categories], moments_by_group, sizes
    )
    return rows.rows


GroupMoments = Mapping[tuple[str, str, str, bool], MartRow]


def _numbers(rows: Rows, study: Study, measure_waves: Sequence[tuple[str, str]], moments_by_group: GroupMoments) -> None:
    def column(name: str, is_returned: bool) -> list[float]:
        values = [moments_by_group.get((measure, "", wave, is_returned), {}).get(name) for measure, wave in measure_waves]
        return [math.nan if value is None else float(value) for value in values]

    n_returned, n_left = (
        [0 if math.isnan(n) else int(n) for n in column("n", is_returned)] for is_returned in (True, False)
    )
    mean_returned, mean_left = column("mean", True), column("mean", False)
    test = standardised_difference(
        n_returned, mean_returned, column("sd", True), n_left, mean_left, column("sd", False), LEVEL
    )
    for index, (measure, wave) in enumerate(measure_waves):
        row_fields: RowFields = {"wave": wave, "note": test.reason[index] or "nobody", "role": "exploratory"}
        n = n_returned[index] + n_left[index]
        for statistic, value, method in (
            ("n_returned", n_returned[index], "people who returned this wave, with a value at the first"),
            ("n_left", n_left[index], "people who did not return this wave, with a value at the first"),
            ("mean_returned", mean_returned[index], "mean at the first wave of those who returned"),
            ("mean_left", mean_left[index], "mean at the first wave of those who did not"),
            ("g", test.difference[index], "Hedges' g of returned minus left, pooled SD"),
        ):
            rows.add(measure, statistic, value, n, method, **row_fields)
        low, high = test.ci_low[index], test.ci_high[index]
        rows.interval(measure, "g_", low, high, n, "interval of g, noncentral t", **row_fields)


def _categories(
    rows: Rows,
    category_waves: Sequence[tuple[str, str, str]],
    moments_by_group: GroupMoments,
    sizes: Mapping[tuple[str, str, bool], int],
) -> None:
    counts = {
        is_returned: [
            int(moments_by_group.get((*category_wave, is_returned), {}).get("n", 0)) for category_wave in category_waves
        ]
        for is_returned in (True, False)
    }
    denominators = {
        is_returned: [sizes.get((variable, wave, is_returned), 0) for variable, _, wave in category_waves]
        for is_returned in (True, False)
    }
    standardised = standardised_difference_of_shares(
        counts[True], denominators[True], counts[False], denominators[False], LEVEL
    )
    raw = difference_of_shares(counts[True], denominators[True], counts[False], denominators[False], LEVEL)
    shares = {is_returned: percent(counts[is_returned], denominators[is_returned]) for is_returned in (True, False)}
    for index, (variable, category, wave) in enumerate(category_waves):
        note = standardised.reason[index] or "nobody"
        row_fields: RowFields = {"wave": wave, "category": category, "note": note, "role": "exploratory"}
        n = denominators[True][index] + denominators[False][index]
        for statistic, value, method in (
            ("n_returned", denominators[True][index], "people who returned this wave, with a known category"),
            ("n_left", denominators[False][index], "people who did not return this wave, with a known category"),
            ("percent_returned", shares[True][index], "share of the category in those who returned"),
            ("percent_left", shares[False][index], "share of the category in those who did not"),
            ("difference_sd", standardised.difference[index], "standardised difference of both shares (Austin)"),
        ):
            rows.add(variable, statistic, value, n, method, **row_fields)
        low, high = standardised.ci_low[index], standardised.ci_high[index]
        rows.interval(variable, "difference_sd_", low, high, n, "large-sample interval", **row_fields)
        row_fields["note"] = raw.reason[index]
        method = "difference of both shares"
        rows.add(variable, "difference", 100 * raw.difference[index], n, method, **row_fields)
        low, high = 100 * raw.ci_low[index], 100 * raw.ci_high[index]
        rows.interval(variable, "difference_", low, high, n, "Newcombe's hybrid score interval", **row_fields)


def pattern_results(pattern_moments: Iterable[MartRow], score_ledger: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """How many people have a score in which waves, and Little's test. pattern_moments as in marts."""
    planned = {row["scale"]: int(row["on_roster"]) - int(row["never_planned"]) for row in score_ledger}
    waves = [wave.wave for wave in study.protocol.waves]
    rows = Rows("missingness", study)
    for code, patterns in patterns_from(pattern_moments, study).items():
        n_roster, n_with_score = planned.get(code, 0), 0
        counts: dict[str, int] = {}
        for pattern in patterns:
            name = "_".join(waves[wave] for wave in pattern.waves)
            counts[name] = counts.get(name, 0) + pattern.n
            n_with_score += pattern.n
        for name, count in counts.items():
            rows.add(code, "count", count, n_roster, "people with a score in just these waves", category=name)
        rows.add(code, "count", n_roster - n_with_score, n_roster, "people without any score", category="none")
        test = little_mcar(patterns)
        method = "Little's test that scores are missing completely at random" + (
            ", summed over groups of people for whom the same waves were planned"
            if any(pattern.planned is not None for pattern in patterns)
            else ""
        )
        row_fields: RowFields = {"note": test.reason, "role": "exploratory", "df": test.df}
        rows.add(code, "chi_square", test.chi_square, n_with_score, method, **row_fields)
        rows.add(code, "df", test.df, n_with_score, method, **row_fields)
        rows.add(code, "p", test.p, n_with_score, method, **row_fields)
    return rows.rows


def imputation_results(pattern_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Each contrast from multiple imputation: a sensitivity analysis. pattern_moments as in marts."""
    contrast_weights, plan = weights(study), study.protocol.plan
    rows = Rows("imputation", study)
    for code, patterns in patterns_from(pattern_moments, study).items():
        seed = seed_of(study, "imputation", code)
        imputed = impute_change(
            patterns,
            len(study.protocol.waves),
            list(contrast_weights.values()),
            imputations=plan.imputations,
            seed=seed,
            level=LEVEL,
        )
        imputation_method = (
            f"{plan.imputations} imputations (multivariate normal), seed {seed}, Rubin's rules, Barnard-Rubin df"
        )
        for contrast, pooled, n in zip(contrast_weights, imputed.contrasts, imputed.planned_people, strict=True):
            method = f"{direction_of(study, contrast)}; {imputation_method}"
            if n < imputed.n_people:
                method += ", of people for whom both waves were planned"
            row_fields: RowFields = {"contrast": contrast, "note": imputed.reason or pooled.reason, "df": pooled.df}
            rows.add(code, "estimate", pooled.estimate, n, method, **row_fields)
            rows.add(code, "se", pooled.se, n, f"standard error; {imputation_method}", **row_fields)
            rows.add(code, "df", pooled.df, n, "Barnard and Rubin's degrees of freedom", **row_fields)
            rows.add(code, "t", pooled.t, n, method, **row_fields)
            rows.add(code, "p", pooled.p, n, f"{method}, two-sided", **row_fields)
            rows.interval(code, "", pooled.ci_low, pooled.ci_high, n, f"interval; {imputation_method}", **row_fields)
            rows.add(code, "fmi", pooled.fmi, n, "fraction of missing information", **row_fields)
    return rows.rows
