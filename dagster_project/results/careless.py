"""Signs of careless answers: how many sheets of each wave they mark, and the table of them.

Belongs here: which numbers this analysis has, and their layout. Does not belong here: the signs themselves
(dbt/macros/careless.sql), which blocks are judged (study/careless.py). A study that declares none has neither.
"""

from collections.abc import Iterable, Iterator, Sequence

from dagster_project.languages import gettext, gettext_noop, in_series, plain
from dagster_project.results.main_tables import Cell, Column, Numbers, Row, Table
from dagster_project.results.result_collector import MartRow, RowFields, Rows
from dagster_project.results.result_row import ResultRow, result_id
from dagster_project.study import (
    ANY_BLOCK,
    ANY_SIGN,
    LONG_STRING,
    LONG_STRING_SOURCE,
    LOW_VARIATION,
    LOW_VARIATION_SOURCE,
    SHORT_TIME,
    WHOLE_SHEET,
    Careless,
    Instrument,
    Study,
    judged_blocks,
    least_run,
    timed_waves,
)


def careless_results(careless_counts: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Sheets marked by each sign in each wave that asks a block, of those that can be judged. careless_counts: wave, block,
    sign, n, count, n_no_duration, median. The outcome is the block, whole_sheet (of the time that it took, in waves
    whose exports say it) or any_block; the category is the sign, or of any_block any_sign."""
    counts = {(row["block"], row["sign"], row["wave"]): row for row in careless_counts}
    rows = Rows("careless", study)
    careless = study.protocol.careless
    if careless is None:
        return []
    asked_blocks = _asked_blocks(study, careless)
    for block, sign, words in _marks(study, careless):
        for wave in study.protocol.waves:
            if (sign if sign == ANY_SIGN else block, wave.wave) not in asked_blocks:
                continue
            row = counts.get((block, sign, wave.wave), _NO_SHEET)
            n = int(row["n"])
            fields: RowFields = {"category": sign, "wave": wave.wave, "note": _note(sign)}
            rows.share(
                block,
                int(row["count"]),
                n,
                _denominator(sign, careless),
                gettext("sheets with {words}", words=words),
                **fields,
            )
            if sign == SHORT_TIME:
                rows.add(block, "median", row["median"], n, **fields)
                rows.add(block, "n_no_duration", row["n_no_duration"], n, **fields)
    return rows.rows


#: Of a wave without a sheet, which has no row.
_NO_SHEET: MartRow = {"count": 0, "n": 0, "median": None, "n_no_duration": 0}


def _denominator(sign: str, careless: Careless) -> str:
    """Which sheets can be judged by a sign."""
    if sign == SHORT_TIME:
        return gettext("sheets with an answer and a known time")
    judged_sheets = gettext("sheets with at least {least_items} answers to the block", least_items=careless.least_items)
    is_timed = sign == ANY_SIGN and careless.least_seconds_per_item is not None
    return gettext("{judged_sheets}, or a known time", judged_sheets=judged_sheets) if is_timed else judged_sheets


def _note(sign: str) -> str:
    return (
        gettext("of no sheet with an answer the time is known")
        if sign == SHORT_TIME
        else gettext("no sheet has enough answers")
    )


def _asked_blocks(study: Study, careless: Careless) -> set[tuple[str, str | None]]:
    """Each judged block with the waves that ask it, the whole sheet with those whose time is known; any_block with
    the waves that ask one of them, and any_sign with those that have either."""
    codes = {block.instrument for block in judged_blocks(careless, study.instruments)}
    blocks_in_waves = {
        (block.block, export.wave)
        for export in study.protocol.wave_exports
        for block in export.blocks
        if block.block in codes and study.column_of(block)
    }
    any_in_waves = {(ANY_BLOCK, wave) for _, wave in blocks_in_waves}
    times_in_waves = {(WHOLE_SHEET, wave) for wave in timed_waves(study.protocol)}
    signs_in_waves = {(ANY_SIGN, wave) for _, wave in blocks_in_waves | times_in_waves}
    return blocks_in_waves | any_in_waves | times_in_waves | signs_in_waves


_IN_ANY_BLOCK = {
    LONG_STRING: gettext_noop("a long run of identical answers in any of them"),
    LOW_VARIATION: gettext_noop("little variation of answers in any of them"),
}


def careless_signs(careless: Careless) -> tuple[str, ...]:
    """The signs that are looked for in a block of items."""
    return (LONG_STRING, *((LOW_VARIATION,) if careless.most_sd is not None else ()))


def _marks(study: Study, careless: Careless) -> Iterator[tuple[str, str, str]]:
    """Outcome, category and words of what is counted: each sign of each block, the time of the whole sheet, then those
    of all blocks together."""
    for block in judged_blocks(careless, study.instruments):
        for sign in careless_signs(careless):
            yield block.instrument, sign, sign_words(sign, block, careless)
    if careless.least_seconds_per_item is not None:
        yield WHOLE_SHEET, SHORT_TIME, time_words(careless)
    if not judged_blocks(careless, study.instruments):
        return
    for sign in careless_signs(careless):
        yield ANY_BLOCK, sign, gettext(_IN_ANY_BLOCK[sign])
    is_timed = careless.least_seconds_per_item is not None
    yield (
        ANY_BLOCK,
        ANY_SIGN,
        (gettext("any of these signs, or so little time") if is_timed else gettext("any of these signs in any of them")),
    )


def sign_words(sign: str, block: Instrument, careless: Careless) -> str:
    """A sign in words, with its limit."""
    if sign == LONG_STRING:
        return gettext(
            "a run of at least {least_run} identical answers to its {item_count} items",
            least_run=least_run(block, careless),
            item_count=block.item_count,
        )
    return gettext(
        "an SD of at most {most_sd} within its answers, none of them reversed", most_sd=plain(careless.most_sd or 0.0)
    )


def time_words(careless: Careless) -> str:
    """Little time in words, with its limit."""
    return gettext(
        "less than {least_seconds_per_item} seconds per answered item, of the whole sheet",
        least_seconds_per_item=plain(careless.least_seconds_per_item or 0.0),
    )


def sources_of(careless: Careless) -> str:
    """Where signs and limits come from, in one text."""
    sources = [gettext("longest run: {long_string_source}", long_string_source=LONG_STRING_SOURCE)]
    if careless.most_sd is not None:
        sources.append(
            gettext("variation within a person: {low_variation_source}", low_variation_source=LOW_VARIATION_SOURCE)
        )
    return in_series([*sources, *([gettext("limits: {source}", source=careless.source)] if careless.source else [])])


_HEADINGS = {WHOLE_SHEET: gettext_noop("Whole sheets"), ANY_BLOCK: gettext_noop("All these questionnaires")}


def _time_rows(waves: Sequence[str], numbers: Numbers) -> list[Row]:
    """How much time an answer took, and how many sheets do not say."""
    rows = []
    for label, name in (
        (gettext("Median of seconds per answered item"), "median"),
        (gettext("Returned sheets without a known time, not judged"), "n_no_duration"),
    ):
        ids = [result_id("careless", WHOLE_SHEET, name, category=SHORT_TIME, timepoint=wave) for wave in waves]
        rows.append(Row(label, tuple(cell for identifier in ids for cell in (numbers.cell("{}", identifier), Cell("")))))
    return rows


def _notes(careless: Careless, *, has_blocks: bool) -> tuple[str, ...]:
    """What is said below the table. has_blocks: whether answers are judged, or time alone."""
    is_timed = careless.least_seconds_per_item is not None
    judged_sheets = [gettext("whose time is known")] * is_timed + [gettext("with enough answers to be judged")] * has_blocks
    sentences = [
        gettext(
            "Of the sheets {judged_sheets}; Wilson's intervals. Nobody is excluded: a sign is a reason to look.",
            judged_sheets=gettext(", or ").join(judged_sheets),
        )
    ]
    if has_blocks:
        sentences.append(
            gettext("Whoever is the same in all that the items ask, such as people without any symptom, is marked as well.")
        )
    own_limits = gettext("Limits: {source}.", source=careless.source) if careless.source else ""
    sources = gettext("Sources: {sources}.", sources=sources_of(careless)) if has_blocks else own_limits
    return (" ".join(sentences), sources)


def careless_table(study: Study, numbers: Numbers) -> Table:
    """The sheets that are marked, by block and sign."""
    waves, careless, rows = [wave.wave for wave in study.protocol.waves], study.protocol.careless, []
    names = {block.instrument: block for block in judged_blocks(careless, study.instruments)}
    outcome = None
    for block, sign, words in _marks(study, careless) if careless is not None else ():
        if block != outcome:
            rows.append(Row(names[block].name if block in names else gettext(_HEADINGS[block])))
            outcome = block
        cells: list[Cell] = []
        for wave in waves:
            count, n, *share = (
                result_id("careless", block, name, category=sign, timepoint=wave)
                for name in ("count", "n", "percent", "ci95_low", "ci95_high")
            )
            cells += [numbers.cell("{} of {}", count, n), numbers.cell("{} [{}, {}]", *share)]
        rows.append(Row(words[0].upper() + words[1:], tuple(cells)))
        if sign == SHORT_TIME:
            rows += _time_rows(waves, numbers)
    notes = _notes(careless, has_blocks=bool(names)) if careless is not None else ()
    columns = tuple(Column(name, wave) for wave in waves for name in (gettext("sheets"), gettext("% [95 % CI]")))
    return Table("", "careless", gettext("Sheets with signs of careless answers"), columns, tuple(rows), notes)
