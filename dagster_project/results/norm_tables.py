"""Tables of people's scores against norms of people like them: T scores, percentiles, limits, and the strata themselves.

Belongs here: their layout. Does not belong here: arithmetic, HTML. A study whose norms have no strata, percentiles and
limits has none of these tables.
"""

from collections.abc import Sequence

from dagster_project.languages import gettext, gettext_noop, in_series
from dagster_project.results.main_tables import Cell, Column, Numbers, Row, Table
from dagster_project.results.person_norms import reported_norms
from dagster_project.results.result_row import result_id
from dagster_project.study import PersonNorm, Study

_TIME_WORDS = {
    "as_listed": gettext_noop("{number} as the roster lists it, in all waves"),
    "answered_on": gettext_noop("{number} at the person's own answer to the wave"),
    "month": gettext_noop("{number} at the wave, by its planned month"),
}


def norm_tables(study: Study, numbers: Numbers) -> list[Table]:
    """The tables, without numbers; some have no rows."""
    entries = [entry for entry in reported_norms(study) if entry.scale in study.protocol.outcomes]
    return [
        _t_scores(study, numbers, entries), _percentiles(study, numbers, entries), _limits(study, numbers, entries),
        _strata(study, numbers, entries),
    ]  # fmt: skip


def stratum_words(study: Study, entry: PersonNorm) -> str:
    """By what people are compared with people like them, e.g. 'sex, and age as the roster lists it, in all waves'."""
    labels = {variable.variable: variable.label for variable in study.protocol.participant_variables}
    names = [labels[code] for code in entry.sample.strata[0].people if code not in entry.sample.number_at]
    numbers = [gettext(_TIME_WORDS[time], number=labels[code]) for code, time in entry.sample.number_at.items()]
    return gettext(", and ").join([*names, *numbers])


def _label(study: Study, entry: PersonNorm) -> str:
    label = study.scales[entry.scale][1].label
    return f"{label}, {entry.sample.population}" if entry.has_others else label


def _cells(
    numbers: Numbers, entry: PersonNorm, category: str | None, waves: Sequence[str],
    patterns: Sequence[tuple[str, str, Sequence[str]]],
) -> tuple[Cell, ...]:  # fmt: skip
    """For each wave a cell of each pattern, analysis and its statistics."""
    return tuple(
        numbers.cell(
            pattern, *(result_id(analysis, entry.scale, name, category=category, timepoint=wave) for name in statistics)
        )
        for wave in waves
        for pattern, analysis, statistics in patterns
    )


def _notes(study: Study, entries: Sequence[PersonNorm]) -> tuple[str, ...]:
    """Of whom the norms are, by what people are compared with them, and who is left out."""
    notes = [gettext("Norms: {norms}.", norms=in_series(dict.fromkeys(entry.words for entry in entries)))] if entries else []
    divided = [entry for entry in entries if entry.is_stratified]
    if divided:
        strata = dict.fromkeys(f"{entry.sample.population}: {stratum_words(study, entry)}" for entry in divided)
        notes.append(
            gettext(
                "Everybody is compared with people of the same stratum ({strata}). No norm: people with a score of"
                " whom a variable of the strata is not known, and people whom no stratum covers; they are in no other number"
                " here.",
                strata=in_series(strata),
            )
        )
    return tuple(notes)


def _t_scores(study: Study, numbers: Numbers, entries: Sequence[PersonNorm]) -> Table:
    waves = [wave.wave for wave in study.protocol.waves]
    compared = [entry for entry in entries if entry.has_means]
    patterns = (
        ("{}", "norm_scores", ("n",)), ("{} [{}, {}]", "norm_scores", ("t_score", "ci95_low", "ci95_high")),
        ("{}", "norm_scores", ("t_sd",)), ("{} [{}, {}]", "norm_scores", ("z", "z_ci95_low", "z_ci95_high")),
        ("{}", "norm_scores", ("count_unknown",)), ("{}", "norm_scores", ("count_uncovered",)),
    )  # fmt: skip
    rows = [
        Row(
            f"{_label(study, entry)} ({study.scales[entry.scale][1].better_in_words})",
            _cells(numbers, entry, entry.category, waves, patterns),
        )
        for entry in compared
    ]
    names = (
        "n",
        gettext("T [95 % CI]"),
        gettext("SD of T"),
        gettext("norm SDs [95 % CI]"),
        gettext("not known"),
        gettext("no stratum"),
    )
    columns = tuple(Column(name, wave) for wave in waves for name in names)
    note = gettext(
        "T: each person's score where their norm has mean 50 and SD 10, on average; t intervals, the norms taken as known."
    )
    title = gettext("T scores by norms of people like them")
    return Table("", "person_norms", title, columns, tuple(rows), (note, *_notes(study, compared)))


def _percentiles(study: Study, numbers: Numbers, entries: Sequence[PersonNorm]) -> Table:
    waves = [wave.wave for wave in study.protocol.waves]
    compared = [entry for entry in entries if entry.has_percentiles]
    patterns = (
        ("{}", "percentiles", ("n",)), ("{} ({} to {})", "percentiles", ("median", "q1", "q3")),
        ("{}", "percentiles", ("count_not_in_table",)),
    )  # fmt: skip
    rows = [Row(_label(study, entry), _cells(numbers, entry, entry.category, waves, patterns)) for entry in compared]
    names = ("n", gettext("median (quartiles)"), gettext("not in the table"))
    columns = tuple(Column(name, wave) for wave in waves for name in names)
    meanings = dict.fromkeys(
        stratum.percentiles.in_words for entry in compared for stratum in entry.strata if stratum.percentiles is not None
    )
    note = gettext(
        "Percentile: {meanings}. People whose score the table of percentiles does not have are counted and have none.",
        meanings=in_series(meanings),
    )
    title = gettext("Percentiles in norms of people like them")
    return Table("", "person_norms_percentiles", title, columns, tuple(rows), (note, *_notes(study, compared)))


def _limits(study: Study, numbers: Numbers, entries: Sequence[PersonNorm]) -> Table:
    waves = [wave.wave for wave in study.protocol.waves]
    rows, sources = [], []
    for entry in entries:
        rows += [Row(_label(study, entry))] if entry.limits else []
        for limit in entry.limits:
            analysis = "norm_limits" if limit.metric == "t_score" else "percentile_limits"
            patterns = (
                ("{} of {}", analysis, ("count", "n")),
                ("{} [{}, {}]", analysis, ("percent", "ci95_low", "ci95_high")),
            )
            category = entry.category_of(limit.code)
            words = limit.in_words
            rows.append(Row(words[0].upper() + words[1:], _cells(numbers, entry, category, waves, patterns)))
            sources.append(limit.source.rstrip("."))
    columns = tuple(Column(name, wave) for wave in waves for name in (gettext("people"), gettext("% [95 % CI]")))
    notes = (
        gettext("Of the people with a T score or a percentile; Wilson's intervals."),
        gettext("Limits: {sources}.", sources=in_series(dict.fromkeys(sources))),
    )
    return Table(
        "", "person_norms_limits", gettext("People beyond limits of T scores and percentiles"), columns, tuple(rows), notes
    )


def _strata(study: Study, numbers: Numbers, entries: Sequence[PersonNorm]) -> Table:
    waves = [wave.wave for wave in study.protocol.waves]
    divided = [entry for entry in entries if entry.is_stratified]
    rows = []
    for entry in divided:
        rows.append(Row(_label(study, entry)))
        for stratum in entry.strata:
            category = entry.category_of(stratum.stratum)
            of_norm = [
                numbers.cell("{}", result_id("norm_strata", entry.scale, name, category=category))
                for name in ("norm_n", "norm_mean", "norm_sd")
            ]
            people = _cells(numbers, entry, category, waves, (("{}", "norm_strata", ("n",)),))
            rows.append(Row(stratum.stratum.replace("_", " "), (*of_norm, *people)))
    columns = (
        *(Column(name, gettext("norm")) for name in ("n", gettext("mean"), "SD")),
        *(Column(gettext("people"), wave) for wave in waves),
    )
    title = gettext("Norms by stratum, and how many people with a score are in each")
    return Table("", "person_norms_strata", title, columns, tuple(rows), _notes(study, divided))
