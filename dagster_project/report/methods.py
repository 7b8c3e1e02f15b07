"""The methods section: sentences made from the protocol, the instruments and the plan, for a paper to start from.

Belongs here: these sentences. Does not belong here: results, and anything that the definitions do not say.
"""

from collections.abc import Iterator, Mapping

from dagster_project.report.careless_methods import careless_methods
from dagster_project.report.estimand_methods import estimands
from dagster_project.report.group_methods import enumerated, group_methods
from dagster_project.report.growth_methods import growth_methods
from dagster_project.report.norm_methods import norm_methods
from dagster_project.results import (
    PEOPLE,
    ResultRow,
    count_text,
    direction_of,
    has_norm_of_outcomes,
    result_id,
    statistic_of,
)
from dagster_project.study import (
    SERVICES,
    Categorical,
    Composite,
    GivenScale,
    Instrument,
    MeasuresInstrument,
    Scale,
    Study,
    YesNo,
    in_words,
    variant_words,
)


def methods(study: Study, results: Mapping[str, ResultRow]) -> tuple[tuple[str, str], ...]:
    """Headings and paragraphs. results: by id; analyses without results are not mentioned."""
    analyses = list(dict.fromkeys(row.analysis for row in results.values()))
    paragraphs = [
        ("Design", _design(study) + _planned(study, results)),
        ("Groups", " ".join(group_methods(study, set(analyses)))),
        ("Measures", " ".join(_measures(study))),
        ("Estimands", " ".join(estimands(study))),
        ("Norms", norm_methods(study, set(analyses))),
        ("Missing answers", _missing(study) + _rejected(results)),
        ("Careless answers", careless_methods(study) if "careless" in analyses else ""),
        ("Analysis", " ".join([*_analysis(study, set(analyses)), *growth_methods(study, set(analyses))])),
        ("Multiplicity", _multiplicity(study)),
        ("Sensitivity analyses", " ".join(_sensitivity(study, set(analyses)))),
        ("Assumptions", " ".join(assumption.statement for assumption in study.protocol.assumptions)),
    ]
    return tuple((heading, text) for heading, text in paragraphs if text)


def _design(study: Study) -> str:
    waves = [f"{wave.wave} ({wave.label}, month {wave.month:g})" for wave in study.protocol.waves]
    text = f"Questionnaires were planned at {count_text(len(waves), 'wave')}: {enumerated(waves)}."
    directions = [
        f"{contrast.contrast} is {direction_of(study, contrast.contrast)}" for contrast in study.protocol.contrasts
    ]
    return text + (f" Change was compared within people; {enumerated(directions)}." if directions else "")


def _planned(study: Study, results: Mapping[str, ResultRow]) -> str:
    """For whom waves and blocks were planned, how many that were, how many of them returned the wave."""
    sentences, labels = [], study.protocol.labels
    for wave, of_wave in study.protocol.waves_for_some.items():
        counts = [results.get(result_id("flow", "returns", name, timepoint=wave)) for name in ("n", "n_planned")]
        words = " of ".join(row.printed for row in counts if row is not None)
        sentences.append(
            f" {wave} was planned for a part of the people only ({of_wave.with_labels(labels)})"
            + (f"; {words} for whom it was planned returned it." if words else ".")
        )
    for condition in study.protocol.conditions:
        if condition.block is not None:
            block = "Use of services" if condition.block == SERVICES else study.instrument(condition.block).name
            sentences.append(f" {block} at {condition.wave} was planned for some only ({condition.with_labels(labels)}).")
    if sentences:
        sentences.append(
            " Who was not planned for a wave or a block is missing there by design and is not counted among those who did"
            " not return."
        )
    return "".join(sentences)


def _measures(study: Study) -> Iterator[str]:
    for instrument in study.instruments:
        if isinstance(instrument, MeasuresInstrument):
            yield from _without_items(study, instrument)
            continue
        scales = [_scale(instrument, scale) for scale in instrument.all_scales if scale.scale in study.protocol.outcomes]
        if scales:
            yield (
                f"{instrument.name} ({instrument.source.rstrip('.')}): {count_text(instrument.item_count, 'item')} answered"
                f" {_anchors(instrument)}; {enumerated(scales)}."
            )
        if instrument.reversed:
            yield f"{_of_items(len(instrument.reversed))} reversed against the declared anchors."
        if recoded_items := [position for rule in instrument.recode for position in rule.items]:
            yield f"The answers to {len(recoded_items)} of its items were recoded as declared."
        yield from _skips(instrument)
    use = study.protocol.service_use
    if use is not None:
        yield f"Use of {count_text(len(use.services), 'service')} was asked at {enumerated(use.waves)}."


def _without_items(study: Study, instrument: MeasuresInstrument) -> Iterator[str]:
    """Measures without items: how they came into the exports is not for this study to say."""
    sentences = []
    for scale in instrument.scales:
        if scale.scale not in study.protocol.outcomes or not isinstance(scale, GivenScale):
            continue
        low, high = instrument.score_range(scale)
        limits = f"{low:g} to {high:g}, {scale.better_in_words}" if scale.has_ends else f"accepted from {low:g} to {high:g}"
        sentences.append(f"{scale.label} ({limits}{f'; {scale.source}' if scale.source else ''})")
    if sentences:
        yield f"Taken as they stand in the exports, without their items: {enumerated(sentences)}."
    for measure in study.categorical_measures:
        labels = enumerated([category.label for category in measure.categories])
        yield f"{measure.label} was asked at {enumerated(study.waves_of(measure))} ({labels})."


def _skips(instrument: Instrument) -> Iterator[str]:
    for gate in instrument.asked_if:
        words: Mapping[object, str] = {
            None: "",
            "unanswered": "; those not asked count as unanswered",
            "left_out": "; a score needs the declared share of those that were asked",
        }
        skips = words.get(gate.blank_counts_as, f"; those not asked count as {gate.blank_counts_as}")
        yield f"{_of_items(len(gate.items))} asked only after certain answers to others{skips}."


def _of_items(count: int) -> str:
    return f"{count} of its items {'was' if count == 1 else 'were'}"


def _anchors(instrument: Instrument) -> str:
    groups = instrument.positions_by_anchors()
    if len(groups) == 1:
        return str(instrument.anchors_of(1))
    return enumerated([f"{anchors} ({in_words(positions)})" for anchors, positions in groups.items()])


def _scale(instrument: Instrument, scale: object) -> str:
    if isinstance(scale, Composite):
        return f"{scale.label} ({scale.aggregate} of {len(scale.parts)} of its scales, {scale.better_in_words})"
    item_scale = next(candidate for candidate in instrument.scales if candidate is scale)
    factor = f" times {item_scale.multiply:g}" if item_scale.multiply != 1 else ""
    rounding = ", rounded" if item_scale.rounded else ""
    return (
        f"{item_scale.label} ({item_scale.aggregate} of {len(item_scale.items)}{factor}{rounding}, "
        f"{item_scale.better_in_words})"
    )


_OTHER_SHARES = "; scales that ask for another share say so in the codebook"


def _missing(study: Study) -> str:
    instruments_by_share: dict[float, list[str]] = {}
    item_instruments = [item for item in study.instruments if not isinstance(item, MeasuresInstrument)]
    if not item_instruments:
        return "No value was filled in. Everybody without one is counted under one reason (table from the roster to each n)."
    for instrument in item_instruments:
        instruments_by_share.setdefault(instrument.minimum_answered, []).append(instrument.name)
    minimums = [
        f"{100 * share:g} % of a scale's items ({enumerated(names)})" for share, names in instruments_by_share.items()
    ]
    if len(minimums) == 1:
        minimums = [minimums[0].split(" (")[0]]
    scales = [scale for instrument in item_instruments for scale in instrument.scales]
    has_others = any(scale.minimum_answered is not None for scale in scales)
    proration = " No score was filled in."
    if has_others or any(instrument.minimum_answered < 1 for instrument in item_instruments):
        sentences = {
            "mean": "a score that is a mean is then the mean of the items answered",
            "sum": "a score that is a sum is then the mean of the items answered times the number of items",
        }
        aggregates = {scale.aggregate for scale in scales}
        words = " and ".join(sentence for aggregate, sentence in sentences.items() if aggregate in aggregates)
        proration = f" {words[0].upper()}{words[1:]}. No score was otherwise filled in."
    return (
        f"A score needs answers to {enumerated(minimums)}{_OTHER_SHARES if has_others else ''}."
        f"{proration} Every person without a score is counted under one reason (table from the"
        " roster to each n)."
    )


def _rejected(results: Mapping[str, ResultRow]) -> str:
    """How many values were set to missing because no declaration allows them, by block."""
    blocks = [
        f"{row.printed} of {results[result_id('rejected', row.outcome, 'n', timepoint=row.wave)].printed} values of"
        f" {row.outcome} at {row.wave or 'the roster'}"
        for row in results.values()
        if row.analysis == "rejected" and row.statistic == "count"
    ]
    return f" Values outside the declared answers were set to missing: {enumerated(blocks)}." if blocks else ""


def _analysis(study: Study, analyses: set[str]) -> Iterator[str]:
    if "characteristics" in analyses:
        yield "People are described by counts, percentages of those known, means and SDs (denominator n − 1)."
    if "change" in analyses:
        size = study.protocol.plan.headline
        yield (
            f"Change was tested with two-sided paired t tests and 95 % t intervals among {PEOPLE['both'].words}; the effect"
            f" size is {size} ({statistic_of('change', size).formula})."
        )
    if "category_change" in analyses:
        kinds = {type(measure) for measure in study.categorical_measures}
        if YesNo in kinds:
            yield "Answers of yes in two waves were compared with McNemar's exact test and an interval by Bonett and Price."
        if Categorical in kinds:
            is_ordered = any(isinstance(measure, Categorical) and measure.ordered for measure in study.categorical_measures)
            ordered_words = ", and of ordered ones with the sign test" if is_ordered else ""
            yield f"Categories in two waves were compared with Bowker's test of symmetry{ordered_words}."
    if "service_change" in analyses:
        yield "Use of services in two waves was compared with McNemar's exact test and an interval by Bonett and Price."
    if "norm_difference" in analyses:
        margin = study.protocol.plan.norm_margin
        yield "Distance from a norm is in the norm's SDs, with Welch's test from the norm's mean, SD and n." + (
            f" A mean counts as similar to its norm within {margin:g} norm SDs (two one-sided tests)." if margin else ""
        )
    if "measurement" in analyses:
        change_words = "; reliable change follows Jacobson and Truax" if "reliable_change" in analyses else ""
        yield f"Reliability is Cronbach's alpha with Feldt's interval and McDonald's omega{change_words}."
        if labels := [study.scales[code][1].label for code in study.protocol.ordinal_reliability]:
            yield f"Of {enumerated(labels)} both are also given of polychoric correlations, estimated in two steps (Olsson)."
    yield from _meaning(study, analyses)


def _meaning(study: Study, analyses: set[str]) -> Iterator[str]:
    """What scores mean, where an instrument or a norm says so."""
    if "caseness" in analyses:
        yield "People at or beyond the instruments' cut-offs are counted in each wave, with Wilson's intervals."
    if "bands" in analyses:
        yield "People are counted in the named ranges of a score in each wave, and from range to range in each contrast."
    if "clinical_change" in analyses:
        has_cut_offs = any(scale.cut_offs for _, scale in study.scales.values())
        has_healthy_norm = any(sample.healthy for sample in study.norms.samples)
        cut_offs = [
            *(["the instrument's cut-off"] if has_cut_offs else []),
            *(
                ["criterion c, the midpoint between the people at baseline and the norm, weighted by both SDs"]
                if has_healthy_norm
                else []
            ),
        ]
        if cut_offs:
            yield (
                "Clinically significant change follows Jacobson and Truax: people recovered who improved reliably and"
                f" crossed {' or, apart, '.join(cut_offs)}."
            )
    if any(isinstance(scale, Scale) and scale.importance for _, scale in study.scales.values()):
        yield "The share of people who improved by the minimal important change has Wilson's interval."
    if "common_metric" in analyses:
        yield "Means are also given in percent of the maximum possible" + (
            ", and as T scores (norm: mean 50, SD 10)." if any(map(study.norms.of_scale, study.scales)) else "."
        )


def _multiplicity(study: Study) -> str:
    plan = study.protocol.plan
    if not study.protocol.contrasts:
        return ""
    planned_families = plan.families_of("waves")
    if not planned_families:
        tests_words = "tests of change within people" if plan.families else "tests"
        return f"No family of {tests_words} was planned: every p is exploratory."
    has_margin = plan.norm_margin is not None and has_norm_of_outcomes(study)
    families = [
        f"{family.family} ({family.role}, {count_text(len(study.protocol.family_tests(family)), 'test')})"
        for family in planned_families
    ]
    return (
        f"Paired t tests were adjusted within the planned famil{'ies' if len(families) > 1 else 'y'} {enumerated(families)},"
        f" by Holm and by Benjamini and Hochberg, at {f'{plan.alpha:g}'.removeprefix('0')}; everything else is exploratory"
        + (", but for similarity to norms, which is secondary and not adjusted." if has_margin else ".")
    )


_WAYS_OF_SEVERAL_WAVES = ", by comparing those who left, and with Little's test"


def _sensitivity(study: Study, analyses: set[str]) -> Iterator[str]:
    plan = study.protocol.plan
    if "change" in analyses:
        yield (
            f"Each change was computed again by sign flips and BCa bootstrap ({plan.resamples} resamples), Wilcoxon's signed"
            " ranks and Hodges and Lehmann's shift"
            + (", a linear mixed model of all waves (REML, Satterthwaite)" if "mixed" in analyses else "")
            + (f", and multiple imputation ({plan.imputations} data sets)" if "imputation" in analyses else "")
            + f"; the seed is {plan.seed}."
        )
    if "missingness" in analyses:
        is_single = len(study.protocol.waves) == 1
        yield f"Missingness was examined by returns{'' if is_single else _WAYS_OF_SEVERAL_WAVES}."
        if study.protocol.conditions:
            yield (
                "Each of these is about those for whom a wave was planned: Little's test is summed over groups of people by"
                " the waves planned for them, and imputation fills in no wave that was not planned."
            )
    if variants := [f"{variant.label} ({variant_words(study, variant)})" for variant in study.protocol.variants]:
        yield f"Change was computed again, beside the main analysis, under definitions that differ: {enumerated(variants)}."


def citation(study: Study, release: Mapping[str, str], version: str) -> tuple[str, str]:
    """How to cite a release: as text, and as BibTeX. release: its manifest."""
    protocol, name = study.protocol, release["release"]
    year = release["released_at"][:4]
    source = protocol.source.strip().rstrip(".")
    source_words = f"After: {source}. " if source.lower() != "none" else ""
    text = (
        f"{protocol.title}: results, release {name} ({year}). {source_words}Analysis plan"
        f" {protocol.plan_hash}, run {release['run_id']}, Wavehouse {version}."
    )
    bibtex = (
        f"@misc{{{protocol.study}_{year},\n  title = {{{{{protocol.title}: results}}}},\n  year = {{{year}}},\n"
        f"  version = {{{name}}},\n  note = {{{source_words}Analysis plan {protocol.plan_hash}, run"
        f" {release['run_id']}, Wavehouse {version}}}\n}}"
    )
    return text, bibtex
