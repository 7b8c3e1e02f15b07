"""The codebook as a document to hand round: what each item, scale, measure and variable is, and how it was answered.

Belongs here: its tables and texts. Does not belong here: what a document looks like (word.py), every code of the released
file (deposit.py has them as a page).
"""

from collections.abc import Mapping
from dataclasses import replace

from dagster_project.languages import gettext, gettext_noop, in_series, plain
from dagster_project.results import MISSING_REASON_HEADINGS, Cell, Column, Row, Table, fitting_across
from dagster_project.study import (
    Instrument,
    MeasuresInstrument,
    ParticipantVariable,
    Study,
    labelled,
    scoring_rule,
)

#: What each reason why an answer or a score is missing means.
REASONS: Mapping[str, str] = {
    "refused": gettext_noop("the person chose not to answer"),
    "invalid": gettext_noop("the cell holds no answer that the study allows"),
    "blank": gettext_noop("the item was left empty"),
    "not_asked": gettext_noop("the export says that the item was not asked"),
    "not_in_wave": gettext_noop("the item is not part of the wave"),
    "column_absent": gettext_noop("the export has no column for the item"),
    "withdrawn": gettext_noop("the person had withdrawn"),
    "wave_not_returned": gettext_noop("the person did not answer the wave"),
    "returned_blank": gettext_noop("the person returned the wave without a single answer"),
    "too_few_items": gettext_noop("too few items were answered for a score"),
    "valid_skip": gettext_noop("another answer skipped past the item"),
    "not_planned": gettext_noop("the wave or the questionnaire was not planned for the person"),
}

#: The document shows no more items than these, in the order of the instruments; the page of the codebook has them all.
MOST_ITEMS = 1000


def codebook_document_tables(study: Study, distributions: Mapping[str, Table]) -> list[Table]:
    """The codebook's tables, numbered. distributions: of the figures of items, by name: how each item was answered."""
    tables, listed_count = [_waves(study)], 0
    for instrument in study.instruments:
        if isinstance(instrument, MeasuresInstrument):
            continue
        tables += [_items(study, instrument, MOST_ITEMS - listed_count), _scales(study, instrument)]
        listed_count = min(MOST_ITEMS, listed_count + instrument.item_count)
        if (distribution := distributions.get(f"items_{instrument.instrument}")) is not None:
            tables.append(distribution)
    tables += [table for table in (_measures(study), _variables(study)) if table.rows]
    tables.append(_reasons())
    return [
        Table(str(number), table.name, table.title, table.columns, table.rows, table.notes)
        for number, table in enumerate(map(fitting_across, tables), start=1)
    ]


def codebook_texts(study: Study) -> list[tuple[str, list[tuple[str, str]]]]:
    """A section of texts for each instrument: source, terms of use, what was assumed."""
    sections = []
    for instrument in study.instruments:
        if isinstance(instrument, MeasuresInstrument):
            continue
        assumptions = [
            (gettext("Assumed of {about}", about=assumption.about), assumption.statement)
            for assumption in instrument.assumptions
        ]
        texts = [(gettext("Source"), instrument.source), (gettext("Terms of use"), instrument.licence), *assumptions]
        sections.append((instrument.name, [(subject, text) for subject, text in texts if text]))
    return sections


def _waves(study: Study) -> Table:
    rows = [Row(wave.wave, (Cell(wave.label), Cell(plain(wave.month)))) for wave in study.protocol.waves]
    return Table(
        "",
        "waves",
        gettext("Waves"),
        (Column(gettext("What it is"), has_words=True), Column(gettext("Planned month"))),
        tuple(rows),
    )


def _items(study: Study, instrument: Instrument, limit: int) -> Table:
    """The items of an instrument: the answers that each allows, and what an answer counts as in a score."""
    rows = []
    for position, item in enumerate(instrument.item_codes[:limit], start=1):
        scales = [scale.label for scale in instrument.scales if position in scale.items]
        cells = (
            str(instrument.anchors_of(position)),
            _counts_as(instrument, position),
            ", ".join(scales) or gettext("none"),
        )
        rows.append(Row(labelled(item, study.item_labels.get(item)), tuple(map(Cell, cells))))
    columns = (
        Column(gettext("Answers"), has_words=True),
        Column(gettext("Counts as"), has_words=True),
        Column(gettext("Scales"), has_words=True),
    )
    own_keys = [scale.label for scale in instrument.scales if scale.reversed is not None]
    notes = (
        [gettext("Scales with keys of their own, which their rules name: {own_keys}.", own_keys=", ".join(own_keys))]
        if own_keys
        else []
    )
    if instrument.item_count > limit:
        notes.append(
            gettext(
                "The first {limit} of {item_count} items; codebook.html has them all.",
                limit=limit,
                item_count=instrument.item_count,
            )
        )
    return Table("", "items", gettext("{name}: items", name=instrument.name), columns, tuple(rows), tuple(notes))


def _counts_as(instrument: Instrument, position: int) -> str:
    if (codes := instrument.recoded(position)) is not None:
        return ", ".join(
            gettext("{answer} as {number}", answer=plain(answer), number=plain(number))
            for answer, number in sorted(codes.items())
        )
    turned_from = instrument.turned_from(position)
    return (
        gettext("as answered")
        if turned_from is None
        else gettext("{turned_from} − answer (reversed)", turned_from=plain(turned_from))
    )


def _scales(study: Study, instrument: Instrument) -> Table:
    """The scales of an instrument: how each is computed, its range, which end is good, its main norm."""
    rows = []
    for scale in instrument.all_scales:
        low, high = instrument.score_range(scale)
        norms = [
            gettext(
                "{mean} (SD {sd}), {population}",
                mean=plain(entry.norm.mean),
                sd=plain(entry.norm.sd),
                population=entry.sample.population,
            )
            for entry in study.norms.of_scale(scale.scale)
        ]
        good_end = {"high": gettext("high scores"), "low": gettext("low scores"), "neither": gettext("neither")}[
            scale.better
        ]
        texts = (
            scale.scale,
            scoring_rule(instrument, scale),
            gettext("{low} to {high}", low=plain(low), high=plain(high)),
            good_end,
            in_series(norms),
        )
        rows.append(Row(scale.label, tuple(map(Cell, texts))))
    names = (gettext("Code"), gettext("How it is computed"), gettext("Range"), gettext("Good"), gettext("Norm: mean (SD)"))
    columns = tuple(Column(name, has_words=True) for name in names)
    table = Table("", "scales", gettext("{name}: scales", name=instrument.name), columns, tuple(rows))
    if any(row.cells[-1].text for row in rows):
        return table
    return replace(table, columns=columns[:-1], rows=tuple(Row(row.label, row.cells[:-1]) for row in rows))


def _measures(study: Study) -> Table:
    """Measures without items: what each is, and what its answers are."""
    measures, rows = study.protocol.measures, []
    if measures is not None:
        for quantity in measures.quantities:
            anchors = measures.instrument.anchors_of(measures.instrument.names.index(quantity.measure) + 1)
            answers = ", ".join(filter(None, (str(anchors), quantity.unit)))
            rows.append(Row(quantity.label, (Cell(quantity.measure), Cell(answers))))
        for question in measures.categorical:
            answers = ", ".join(f"{question.code_of(entry)} {entry.label}" for entry in question.categories)
            rows.append(Row(question.label, (Cell(question.measure), Cell(answers))))
    columns = (Column(gettext("Code"), has_words=True), Column(gettext("Answers"), has_words=True))
    return Table("", "measures", gettext("Measures without items"), columns, tuple(rows))


def _variables(study: Study) -> Table:
    """What the roster says of people."""
    rows = [
        Row(variable.label, (Cell(variable.variable), Cell(_values(variable))))
        for variable in study.protocol.participant_variables
    ]
    columns = (Column(gettext("Code"), has_words=True), Column(gettext("Values"), has_words=True))
    return Table("", "variables", gettext("What the roster says of people"), columns, tuple(rows))


def _values(variable: ParticipantVariable) -> str:
    if variable.kind == "category":
        return ", ".join(f"{category.label} ({category.category})" for category in variable.categories)
    limits = [
        gettext(words, limit=plain(limit))
        for words, limit in (
            (gettext_noop("from {limit}"), variable.minimum),
            (gettext_noop("to {limit}"), variable.maximum),
        )
        if limit is not None
    ]
    return " ".join(filter(None, (gettext("a number"), *limits, variable.unit)))


def _reasons() -> Table:
    rows = [
        Row(gettext(MISSING_REASON_HEADINGS[reason]), (Cell(reason), Cell(gettext(words))))
        for reason, words in REASONS.items()
    ]
    columns = (Column(gettext("Code"), has_words=True), Column(gettext("Means"), has_words=True))
    return Table("", "reasons", gettext("Why an answer or a score is missing"), columns, tuple(rows))
