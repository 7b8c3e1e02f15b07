"""What the methods say of norms. Belongs here: these sentences. Does not belong here: comparing with a norm (results/)."""

from collections.abc import Collection, Iterator

from dagster_project.languages import enumerated, gettext, lowered
from dagster_project.results import reported_norms, stratum_words
from dagster_project.study import PersonNorm, Study


def norm_methods(study: Study, analyses: Collection[str]) -> str:
    """Of whom norms are, and how people's own scores are compared with them. analyses: those with results."""
    return " ".join(part for part in (_sources(study), *_of_people(study, analyses)) if part)


def _sources(study: Study) -> str:
    samples = [
        f"{lowered(sample.population)} ({sample.source}{f'; n = {sample.n}' if sample.n else ''})"
        for sample in study.norms.samples
    ]
    main = [
        gettext(
            "{instrument} with {population}",
            instrument=study.instrument(instrument).name,
            population=lowered(sample.population),
        )
        for instrument, code in study.norms.main.items()
        for sample in study.norms.samples
        if sample.sample == code
    ]
    sentences = [gettext("Means were compared with those of {samples}.", samples=enumerated(samples))] if samples else []
    if main:
        sentences.append(
            gettext(
                "Where an instrument has several norms, tables and sentences compare with the main one: {main}.",
                main=enumerated(main),
            )
        )
    return " ".join(sentences)


def _of_people(study: Study, analyses: Collection[str]) -> Iterator[str]:
    """T scores and percentiles of people by norms of people like them."""
    entries = [entry for entry in reported_norms(study) if entry.scale in study.protocol.outcomes]
    divided = [entry for entry in entries if entry.is_stratified]
    if divided:
        yield (
            gettext(
                "Each person's score was compared with the norm of their stratum: {strata}. People of whom a variable of"
                " the strata is not known, and people whom no stratum covers, are counted and have no norm score.",
                strata=enumerated(_strata(study, divided)),
            )
        )
    if "norm_scores" in analyses:
        yield (
            gettext(
                "Means of people's T scores (norm: mean 50, SD 10) have t intervals that take the norms' means and SDs as"
                " known."
            )
        )
    if "percentiles" in analyses:
        tables = [stratum.percentiles for entry in entries for stratum in entry.strata if stratum.percentiles is not None]
        meanings = dict.fromkeys(table.in_words for table in tables)
        yield gettext("Percentiles are {meanings}, summed up by median and quartiles.", meanings=enumerated(list(meanings)))
        if any(not table.normal for table in tables):
            yield gettext("Scores that a table does not have are counted and have no percentile.")
    if {"norm_limits", "percentile_limits"} & set(analyses):
        limits = dict.fromkeys(
            f"{limit.in_words} ({limit.source.rstrip('.')})" for entry in entries for limit in entry.limits
        )
        yield gettext(
            "People beyond limits are counted, with Wilson's intervals: {limits}.", limits=enumerated(list(limits))
        )


def _strata(study: Study, entries: Collection[PersonNorm]) -> list[str]:
    words = (
        gettext(
            "{population}, {count} strata by {variables}",
            population=lowered(entry.sample.population),
            count=len(entry.strata),
            variables=stratum_words(study, entry),
        )
        for entry in entries
    )
    return list(dict.fromkeys(words))
