"""What the methods say of norms. Belongs here: these sentences. Does not belong here: comparing with a norm (results/)."""

from collections.abc import Collection, Iterator

from dagster_project.report.group_methods import enumerated
from dagster_project.results import reported_norms, stratum_words
from dagster_project.study import PersonNorm, Study


def norm_methods(study: Study, analyses: Collection[str]) -> str:
    """Of whom norms are, and how people's own scores are compared with them. analyses: those with results."""
    return " ".join(part for part in (_sources(study), *_of_people(study, analyses)) if part)


def _sources(study: Study) -> str:
    samples = [
        f"{sample.population[0].lower()}{sample.population[1:]} ({sample.source}{f'; n = {sample.n}' if sample.n else ''})"
        for sample in study.norms.samples
    ]
    main = [
        f"{study.instrument(instrument).name} with {sample.population[0].lower()}{sample.population[1:]}"
        for instrument, code in study.norms.main.items()
        for sample in study.norms.samples
        if sample.sample == code
    ]
    sentences = [f"Means were compared with those of {enumerated(samples)}."] if samples else []
    if main:
        sentences.append(
            f"Where an instrument has several norms, tables and sentences compare with the main one: {enumerated(main)}."
        )
    return " ".join(sentences)


def _of_people(study: Study, analyses: Collection[str]) -> Iterator[str]:
    """T scores and percentiles of people by norms of people like them."""
    entries = [entry for entry in reported_norms(study) if entry.scale in study.protocol.outcomes]
    divided = [entry for entry in entries if entry.is_stratified]
    if divided:
        yield (
            f"Each person's score was compared with the norm of their stratum: {enumerated(_strata(study, divided))}."
            " People of whom a variable of the strata is not known, and people whom no stratum covers, are counted and have"
            " no norm score."
        )
    if "norm_scores" in analyses:
        yield (
            "Means of people's T scores (norm: mean 50, SD 10) have t intervals that take the norms' means and SDs as known."
        )
    if "percentiles" in analyses:
        tables = [stratum.percentiles for entry in entries for stratum in entry.strata if stratum.percentiles is not None]
        meanings = dict.fromkeys(table.in_words for table in tables)
        table_words = (
            " Scores that a table does not have are counted and have no percentile."
            if any(not table.normal for table in tables)
            else ""
        )
        yield f"Percentiles are {enumerated(list(meanings))}, summed up by median and quartiles.{table_words}"
    if {"norm_limits", "percentile_limits"} & set(analyses):
        limits = dict.fromkeys(
            f"{limit.in_words} ({limit.source.rstrip('.')})" for entry in entries for limit in entry.limits
        )
        yield f"People beyond limits are counted, with Wilson's intervals: {enumerated(list(limits))}."


def _strata(study: Study, entries: Collection[PersonNorm]) -> list[str]:
    words = (
        f"{entry.sample.population[0].lower()}{entry.sample.population[1:]}, {len(entry.strata)} strata by"
        f" {stratum_words(study, entry)}"
        for entry in entries
    )
    return list(dict.fromkeys(words))
