"""The methods section: sentences made from the protocol, the instruments and the plan, for a paper to start from.

Belongs here: these sentences. Does not belong here: results, and anything that the definitions do not say.
"""

from collections.abc import Collection, Iterator, Mapping

from dagster_project.languages import enumerated, gettext, ngettext, number_text, plain, translate
from dagster_project.report.careless_methods import careless_methods
from dagster_project.report.estimand_methods import estimands
from dagster_project.report.group_methods import group_methods
from dagster_project.report.growth_methods import growth_methods
from dagster_project.report.measure_methods import measure_methods
from dagster_project.report.norm_methods import norm_methods
from dagster_project.results import (
    PEOPLE,
    ResultRow,
    direction_words,
    has_norm_of_outcomes,
    result_id,
    statistic_of,
)
from dagster_project.study import (
    SERVICES,
    Categorical,
    MeasuresInstrument,
    Scale,
    Study,
    YesNo,
    variant_words,
)


def methods(study: Study, results: Mapping[str, ResultRow]) -> tuple[tuple[str, str], ...]:
    """Headings and paragraphs. results: by id; analyses without results are not mentioned."""
    analyses = list(dict.fromkeys(row.analysis for row in results.values()))
    paragraphs = [
        (gettext("Design"), _design(study) + _planned(study, results)),
        (gettext("Groups"), " ".join(group_methods(study, set(analyses)))),
        (gettext("Measures"), " ".join(measure_methods(study))),
        (gettext("Estimands"), " ".join(estimands(study))),
        (gettext("Norms"), norm_methods(study, set(analyses))),
        (gettext("Missing answers"), _missing(study) + _rejected(results)),
        (gettext("Careless answers"), careless_methods(study) if "careless" in analyses else ""),
        (gettext("Analysis"), " ".join([*_analysis(study, set(analyses)), *growth_methods(study, set(analyses))])),
        (gettext("Multiplicity"), _multiplicity(study)),
        (gettext("Sensitivity analyses"), " ".join(_sensitivity(study, set(analyses)))),
        (gettext("Assumptions"), " ".join(assumption.statement for assumption in study.protocol.assumptions)),
    ]
    return tuple((heading, text) for heading, text in paragraphs if text)


def _design(study: Study) -> str:
    waves = [
        gettext("{wave} ({label}, month {month})", wave=wave.wave, label=wave.label, month=plain(wave.month))
        for wave in study.protocol.waves
    ]
    text = ngettext(
        "Questionnaires were planned at {n} wave: {waves}.",
        "Questionnaires were planned at {n} waves: {waves}.",
        len(waves),
        waves=enumerated(waves),
    )
    directions = [direction_words(study, contrast.contrast) for contrast in study.protocol.contrasts]
    if not directions:
        return text
    change = gettext("Change was compared within people; {directions}.", directions=enumerated(directions))
    return f"{text} {change}"


def _planned(study: Study, results: Mapping[str, ResultRow]) -> str:
    """For whom waves and blocks were planned, how many that were, how many of them returned the wave."""
    sentences, labels = [], study.protocol.labels
    for wave, of_wave in study.protocol.waves_for_some.items():
        counts = [results.get(result_id("flow", "returns", name, timepoint=wave)) for name in ("n", "n_planned")]
        words = gettext(" of ").join(row.printed for row in counts if row is not None)
        fields = {"wave": wave, "people": of_wave.with_labels(labels)}
        sentences.append(
            gettext(
                "{wave} was planned for a part of the people only ({people}); {count} for whom it was planned returned it.",
                count=words,
                **fields,
            )
            if words
            else gettext("{wave} was planned for a part of the people only ({people}).", **fields)
        )
    for condition in study.protocol.conditions:
        if condition.block is not None:
            block = gettext("Use of services") if condition.block == SERVICES else study.instrument(condition.block).name
            sentences.append(
                gettext(
                    "{block} at {wave} was planned for some only ({people}).",
                    block=block,
                    wave=condition.wave,
                    people=condition.with_labels(labels),
                )
            )
    if sentences:
        sentences.append(
            gettext(
                "Who was not planned for a wave or a block is missing there by design and is not counted among those who did"
                " not return."
            )
        )
    return "".join(f" {sentence}" for sentence in sentences)


def _missing(study: Study) -> str:
    instruments_by_share: dict[float, list[str]] = {}
    item_instruments = [item for item in study.instruments if not isinstance(item, MeasuresInstrument)]
    if not item_instruments:
        return gettext(
            "No value was filled in. Everybody without one is counted under one reason (table from the roster to each n)."
        )
    for instrument in item_instruments:
        instruments_by_share.setdefault(instrument.minimum_answered, []).append(instrument.name)
    minimums = [
        gettext("{percent} % of a scale's items ({instruments})", percent=plain(100 * share), instruments=enumerated(names))
        for share, names in instruments_by_share.items()
    ]
    if len(instruments_by_share) == 1:
        minimums = [gettext("{percent} % of a scale's items", percent=plain(100 * share)) for share in instruments_by_share]
    scales = [scale for instrument in item_instruments for scale in instrument.scales]
    has_others = any(scale.minimum_answered is not None for scale in scales)
    sentences = [gettext("A score needs answers to {minimums}.", minimums=enumerated(minimums))]
    if has_others:
        sentences = [
            gettext(
                "A score needs answers to {minimums}; scales that ask for another share say so in the codebook.",
                minimums=enumerated(minimums),
            )
        ]
    if has_others or any(instrument.minimum_answered < 1 for instrument in item_instruments):
        sentences += [_proration({scale.aggregate for scale in scales}), gettext("No score was otherwise filled in.")]
    else:
        sentences.append(gettext("No score was filled in."))
    sentences.append(gettext("Every person without a score is counted under one reason (table from the roster to each n)."))
    return " ".join(sentences)


def _proration(aggregates: Collection[str]) -> str:
    """What a score is where some items were not answered."""
    if {"mean", "sum"} <= set(aggregates):
        return gettext(
            "A score that is a mean is then the mean of the items answered and a score that is a sum is then the mean of the"
            " items answered times the number of items."
        )
    if "mean" in aggregates:
        return gettext("A score that is a mean is then the mean of the items answered.")
    return gettext("A score that is a sum is then the mean of the items answered times the number of items.")


def _rejected(results: Mapping[str, ResultRow]) -> str:
    """How many values were set to missing because no declaration allows them, by block."""
    blocks = [
        gettext(
            "{count} of {n} values of {block} at {wave}",
            count=row.printed,
            n=results[result_id("rejected", row.outcome, "n", timepoint=row.wave)].printed,
            block=row.outcome,
            wave=row.wave or gettext("the roster"),
        )
        for row in results.values()
        if row.analysis == "rejected" and row.statistic == "count"
    ]
    if not blocks:
        return ""
    return " " + gettext("Values outside the declared answers were set to missing: {blocks}.", blocks=enumerated(blocks))


def _analysis(study: Study, analyses: set[str]) -> Iterator[str]:
    if "characteristics" in analyses:
        yield gettext("People are described by counts, percentages of those known, means and SDs (denominator n − 1).")
    if "change" in analyses:
        size = study.protocol.plan.headline
        yield gettext(
            "Change was tested with two-sided paired t tests and 95 % t intervals among {people}; the effect size is {size}"
            " ({formula}).",
            people=translate(PEOPLE["both"].words),
            size=size,
            formula=translate(statistic_of("change", size).formula),
        )
    if "category_change" in analyses:
        kinds = {type(measure) for measure in study.categorical_measures}
        if YesNo in kinds:
            yield gettext(
                "Answers of yes in two waves were compared with McNemar's exact test and an interval by Bonett and Price."
            )
        if Categorical in kinds:
            is_ordered = any(isinstance(measure, Categorical) and measure.ordered for measure in study.categorical_measures)
            yield (
                gettext(
                    "Categories in two waves were compared with Bowker's test of symmetry, and of ordered ones with the sign"
                    " test."
                )
                if is_ordered
                else gettext("Categories in two waves were compared with Bowker's test of symmetry.")
            )
    if "service_change" in analyses:
        yield gettext(
            "Use of services in two waves was compared with McNemar's exact test and an interval by Bonett and Price."
        )
    if "norm_difference" in analyses:
        margin = study.protocol.plan.norm_margin
        yield gettext("Distance from a norm is in the norm's SDs, with Welch's test from the norm's mean, SD and n.")
        if margin:
            yield gettext(
                "A mean counts as similar to its norm within {margin} norm SDs (two one-sided tests).", margin=plain(margin)
            )
    if "measurement" in analyses:
        yield (
            gettext(
                "Reliability is Cronbach's alpha with Feldt's interval and McDonald's omega; reliable change follows"
                " Jacobson and Truax."
            )
            if "reliable_change" in analyses
            else gettext("Reliability is Cronbach's alpha with Feldt's interval and McDonald's omega.")
        )
        if labels := [study.scales[code][1].label for code in study.protocol.ordinal_reliability]:
            yield gettext(
                "Of {labels} both are also given of polychoric correlations, estimated in two steps (Olsson).",
                labels=enumerated(labels),
            )
    yield from _meaning(study, analyses)


def _meaning(study: Study, analyses: set[str]) -> Iterator[str]:
    """What scores mean, where an instrument or a norm says so."""
    if "caseness" in analyses:
        yield gettext("People at or beyond the instruments' cut-offs are counted in each wave, with Wilson's intervals.")
    if "bands" in analyses:
        yield gettext(
            "People are counted in the named ranges of a score in each wave, and from range to range in each contrast."
        )
    if "clinical_change" in analyses:
        has_cut_offs = any(scale.cut_offs for _, scale in study.scales.values())
        has_healthy_norm = any(sample.healthy for sample in study.norms.samples)
        cut_offs = [
            *([gettext("the instrument's cut-off")] if has_cut_offs else []),
            *(
                [gettext("criterion c, the midpoint between the people at baseline and the norm, weighted by both SDs")]
                if has_healthy_norm
                else []
            ),
        ]
        if cut_offs:
            yield gettext(
                "Clinically significant change follows Jacobson and Truax: people recovered who improved reliably and"
                " crossed {cut_offs}.",
                cut_offs=gettext(" or, apart, ").join(cut_offs),
            )
    if any(isinstance(scale, Scale) and scale.importance for _, scale in study.scales.values()):
        yield gettext("The share of people who improved by the minimal important change has Wilson's interval.")
    if "common_metric" in analyses:
        yield (
            gettext("Means are also given in percent of the maximum possible, and as T scores (norm: mean 50, SD 10).")
            if any(map(study.norms.of_scale, study.scales))
            else gettext("Means are also given in percent of the maximum possible.")
        )


def _multiplicity(study: Study) -> str:
    plan = study.protocol.plan
    if not study.protocol.contrasts:
        return ""
    planned_families = plan.families_of("waves")
    if not planned_families:
        if plan.families:
            return gettext("No family of tests of change within people was planned: every p is exploratory.")
        return gettext("No family of tests was planned: every p is exploratory.")
    has_margin = plan.norm_margin is not None and has_norm_of_outcomes(study)
    families = [
        ngettext(
            "{family} ({role}, {n} test)",
            "{family} ({role}, {n} tests)",
            len(study.protocol.family_tests(family)),
            family=family.family,
            role=translate(family.role),
        )
        for family in planned_families
    ]
    fields = {"families": enumerated(families), "alpha": number_text(f"{plan.alpha:g}".removeprefix("0"))}
    if has_margin:
        return ngettext(
            "Paired t tests were adjusted within the planned family {families}, by Holm and by Benjamini and Hochberg, at"
            " {alpha}; everything else is exploratory, but for similarity to norms, which is secondary and not adjusted.",
            "Paired t tests were adjusted within the planned families {families}, by Holm and by Benjamini and Hochberg, at"
            " {alpha}; everything else is exploratory, but for similarity to norms, which is secondary and not adjusted.",
            len(families),
            **fields,
        )
    return ngettext(
        "Paired t tests were adjusted within the planned family {families}, by Holm and by Benjamini and Hochberg, at"
        " {alpha}; everything else is exploratory.",
        "Paired t tests were adjusted within the planned families {families}, by Holm and by Benjamini and Hochberg, at"
        " {alpha}; everything else is exploratory.",
        len(families),
        **fields,
    )


def _sensitivity(study: Study, analyses: set[str]) -> Iterator[str]:
    plan = study.protocol.plan
    if "change" in analyses:
        procedures = [
            gettext(
                "sign flips and BCa bootstrap ({resamples} resamples), Wilcoxon's signed ranks and Hodges and Lehmann's"
                " shift",
                resamples=plan.resamples,
            )
        ]
        if "mixed" in analyses:
            procedures.append(gettext("a linear mixed model of all waves (REML, Satterthwaite)"))
        if "imputation" in analyses:
            procedures.append(gettext("and multiple imputation ({imputations} data sets)", imputations=plan.imputations))
        yield gettext(
            "Each change was computed again by {procedures}; the seed is {seed}.",
            procedures=", ".join(procedures),
            seed=plan.seed,
        )
    if "missingness" in analyses:
        yield (
            gettext("Missingness was examined by returns.")
            if len(study.protocol.waves) == 1
            else gettext("Missingness was examined by returns, by comparing those who left, and with Little's test.")
        )
        if study.protocol.conditions:
            yield (
                gettext(
                    "Each of these is about those for whom a wave was planned: Little's test is summed over groups of people"
                    " by the waves planned for them, and imputation fills in no wave that was not planned."
                )
            )
    if variants := [f"{variant.label} ({variant_words(study, variant)})" for variant in study.protocol.variants]:
        yield gettext(
            "Change was computed again, beside the main analysis, under definitions that differ: {variants}.",
            variants=enumerated(variants),
        )


def citation(study: Study, release: Mapping[str, str], version: str) -> tuple[str, str]:
    """How to cite a release: as text, and as BibTeX. release: its manifest."""
    protocol, name = study.protocol, release["release"]
    year = release["released_at"][:4]
    source = protocol.source.strip().rstrip(".")
    source_words = gettext("After: {source}.", source=source) + " " if source.lower() != "none" else ""
    title = gettext("{title}: results", title=protocol.title)
    made_by = gettext(
        "Analysis plan {plan}, run {run}, Wavehouse {version}",
        plan=protocol.plan_hash, run=release["run_id"], version=version,
    )  # fmt: skip
    release_words = gettext("{title}, release {release} ({year}).", title=title, release=name, year=year)
    bibtex = (
        f"@misc{{{protocol.study}_{year},\n  title = {{{{{title}}}}},\n  year = {{{year}}},\n"
        f"  version = {{{name}}},\n  note = {{{source_words}{made_by}}}\n}}"
    )
    return f"{release_words} {source_words}{made_by}.", bibtex
