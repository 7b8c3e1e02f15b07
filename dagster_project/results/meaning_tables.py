"""Tables of what scores mean: cut-offs, named ranges, recovery, the least change that matters, common metrics.

Belongs here: their layout. Does not belong here: arithmetic, HTML; which limits an instrument has. A study whose instruments
declare none of them has none of these tables, but for the percent of the maximum possible.
"""

from collections.abc import Iterator, Sequence

from dagster_project.languages import gettext, in_series, plain
from dagster_project.results.clinical_change import CLASSES, norm_category
from dagster_project.results.main_tables import Cell, Column, Numbers, Row, Table, has_norm_of_outcomes, outcome_sections
from dagster_project.results.meaning import band_words, cut_off_words
from dagster_project.results.norm_words import main_norm_notes, other_norms
from dagster_project.results.result_collector import direction_of
from dagster_project.results.result_row import result_id
from dagster_project.study import Contrast, Scale, Score, Study


def meaning_tables(study: Study, numbers: Numbers) -> list[Table]:
    """The tables, without numbers; some have no rows."""
    return [
        _cut_offs(study, numbers),
        _bands(study, numbers),
        _band_changes(study, numbers),
        *(_clinical_change(study, numbers, contrast) for contrast in study.protocol.contrasts),
        _responders(study, numbers),
        _common_metrics(study, numbers),
    ]


def _scores(study: Study) -> Iterator[tuple[str, Score]]:
    for code in study.protocol.outcomes:
        yield code, study.scales[code][1]


def _cells(
    numbers: Numbers, patterns: Sequence[tuple[str, Sequence[str]]], analysis: str, code: str, category: str | None,
    moment: str,
) -> list[Cell]:  # fmt: skip
    """A cell for each pattern and its statistics."""
    return [
        numbers.cell(pattern, *(result_id(analysis, code, name, category=category, timepoint=moment) for name in statistics))
        for pattern, statistics in patterns
    ]


def _sources(sources: Sequence[str]) -> str:
    return in_series(dict.fromkeys(source.rstrip(".") for source in sources)) + "."


def _cut_offs(study: Study, numbers: Numbers) -> Table:
    waves = [wave.wave for wave in study.protocol.waves]
    patterns = (("{} of {}", ("count", "n")), ("{} [{}, {}]", ("percent", "ci95_low", "ci95_high")))
    rows, sources = [], []
    for code, scale in _scores(study):
        rows += [Row(scale.label)] if scale.cut_offs else []
        for cut_off in scale.cut_offs:
            cells = [cell for wave in waves for cell in _cells(numbers, patterns, "caseness", code, cut_off.code, wave)]
            rows.append(Row(cut_off_words(cut_off), tuple(cells)))
            sources.append(cut_off.source)
    columns = tuple(Column(name, wave) for wave in waves for name in (gettext("people"), gettext("% [95 % CI]")))
    notes = (
        gettext("Of the people with a score in the wave; Wilson's intervals."),
        gettext("Cut-offs: {sources}", sources=_sources(sources)),
    )
    return Table("", "meaning_cut_offs", gettext("People at or beyond the cut-offs"), columns, tuple(rows), notes)


def _bands(study: Study, numbers: Numbers) -> Table:
    waves = [wave.wave for wave in study.protocol.waves]
    rows, sources = [], []
    for code, scale in _scores(study):
        if (bands := scale.bands) is None:
            continue
        sources.append(bands.source)
        totals = [cell for wave in waves for cell in _cells(numbers, (("{}", ("n",)),), "bands", code, None, wave)]
        rows += [Row(scale.label), Row(gettext("People with a score"), tuple(totals))]
        for band, words in zip(bands.codes, band_words(bands), strict=True):
            patterns = (("{1} ({0} %)", ("percent", "count")),)
            cells = [cell for wave in waves for cell in _cells(numbers, patterns, "bands", code, band, wave)]
            rows.append(Row(words, tuple(cells)))
    columns = tuple(Column(gettext("people (%)"), wave) for wave in waves)
    notes = (gettext("Of the people with a score in the wave."), gettext("Ranges: {sources}", sources=_sources(sources)))
    return Table("", "meaning_bands", gettext("People in the named ranges"), columns, tuple(rows), notes)


def _band_changes(study: Study, numbers: Numbers) -> Table:
    contrasts = [contrast.contrast for contrast in study.protocol.contrasts]
    rows = []
    for code, scale in _scores(study):
        if (bands := scale.bands) is None:
            continue
        labels = dict(zip(bands.codes, (step.label for step in bands.steps), strict=True))
        totals = [
            cell for moment in contrasts for cell in _cells(numbers, (("{}", ("n",)),), "band_change", code, None, moment)
        ]
        rows += [Row(scale.label), Row(gettext("People with both scores"), tuple(totals))]
        for first, first_label in labels.items():
            for second, second_label in labels.items():
                cells = [
                    cell
                    for moment in contrasts
                    for cell in _cells(numbers, (("{}", ("count",)),), "band_change", code, f"{first}_to_{second}", moment)
                ]
                rows.append(Row(f"{first_label} → {second_label}", tuple(cells)))
    columns = tuple(Column(gettext("people"), contrast) for contrast in contrasts)
    note = gettext("From the range at the contrast's baseline to that at its follow-up, of people with both scores.")
    return Table("", "meaning_band_changes", gettext("From one named range to another"), columns, tuple(rows), (note,))


def _clinical_change(study: Study, numbers: Numbers, contrast: Contrast) -> Table:
    patterns = (("{}", ("n",)), *(("{} ({} %)", (f"count_{name}", f"percent_{name}")) for name in CLASSES))
    rows = []
    for code, scale in _scores(study):
        # A declared cut-off is a number of the contrast, a midpoint one of its baseline.
        criteria = [(cut_off.code, "cut_off", contrast.contrast, cut_off_words(cut_off)) for cut_off in scale.cut_offs]
        for entry in study.norms.of_scale(code):
            if entry.sample.healthy is not False:
                words = gettext("Midpoint between people and norm: {population}", population=entry.sample.population)
                criteria.append((norm_category(entry), "midpoint", contrast.baseline, words))
        rows += [Row(scale.label)] if criteria else []
        for category, statistic, moment, words in criteria:
            limit = _cells(numbers, (("{}", (statistic,)),), "clinical_change", code, category, moment)
            cells = _cells(numbers, patterns, "clinical_change", code, category, contrast.contrast)
            rows.append(Row(words, (*limit, *cells)))
    columns = tuple(
        Column(name)
        for name in (
            gettext("cut-off"),
            "n",
            gettext("unwell at baseline"),
            gettext("recovered"),
            gettext("improved"),
            gettext("unchanged"),
            gettext("deteriorated"),
        )
    )
    note = gettext(
        "Jacobson and Truax: recovered are people who crossed the cut-off to the good side and improved by more than the"
        " least reliable change; improved are the others who improved by more than that. The last four columns add up to n."
        " A cut-off between the people and a norm is as many SDs from either mean."
    )
    title = gettext("Clinically significant change, {direction}", direction=direction_of(study, contrast.contrast))
    return Table("", f"meaning_clinical_change_{contrast.contrast}", title, columns, tuple(rows), (note,))


def _responders(study: Study, numbers: Numbers) -> Table:
    contrasts = [contrast.contrast for contrast in study.protocol.contrasts]
    percent = "percent_important_improved"
    patterns = (
        ("{}", ("count_important_improved",)), ("{} [{}, {}]", (percent, f"{percent}_ci95_low", f"{percent}_ci95_high")),
    )  # fmt: skip
    rows, sources = [], []
    for code, scale in _scores(study):
        if not isinstance(scale, Scale) or scale.importance is None:
            continue
        cells = [cell for moment in contrasts for cell in _cells(numbers, patterns, "reliable_change", code, None, moment)]
        rows.append(
            Row(
                gettext("{scale}: {points} points or more", scale=scale.label, points=plain(scale.importance.change)),
                tuple(cells),
            )
        )
        sources.append(scale.importance.source)
    columns = tuple(Column(name, contrast) for contrast in contrasts for name in (gettext("people"), gettext("% [95 % CI]")))
    notes = (
        gettext("Of the people with both scores; Wilson's intervals."),
        gettext("Least change that matters: {sources}", sources=_sources(sources)),
    )
    title = gettext("People who improved by the least change that matters")
    return Table("", "meaning_responders", title, columns, tuple(rows), notes)


def _common_metrics(study: Study, numbers: Numbers) -> Table:
    waves = [wave.wave for wave in study.protocol.waves]
    has_norms = has_norm_of_outcomes(study)
    patterns = (("{}", ("percent_of_maximum",)), *([("{}", ("t_score",))] if has_norms else []))
    rows = []
    for heading, code, label in outcome_sections(study):
        rows += [Row(heading)] if heading else []
        cells = [cell for wave in waves for cell in _cells(numbers, patterns, "common_metric", code, None, wave)]
        rows.append(Row(f"{label} ({study.scales[code][1].better_in_words})", tuple(cells)))
        for entry in other_norms(study, code):
            scores = [result_id("common_metric", code, "t_score", category=entry.category, timepoint=wave) for wave in waves]
            row_cells = [cell for score in scores for cell in (Cell(""), numbers.cell("{}", score))]
            rows.append(Row(f"{label}, T by {entry.sample.population}", tuple(row_cells)))
    names = (gettext("% of maximum"), *(("T",) if has_norms else ()))
    columns = tuple(Column(name, wave) for wave in waves for name in names)
    notes = [
        gettext("Percent of the maximum possible: 0 is the lowest possible score, 100 the highest, of the mean in the wave.")
    ]
    if has_norms:
        notes.append(gettext("T: the mean where the norm has mean 50 and SD 10."))
        notes += main_norm_notes(study)
    return Table("", "meaning_common_metrics", gettext("Means on common metrics"), columns, tuple(rows), tuple(notes))
