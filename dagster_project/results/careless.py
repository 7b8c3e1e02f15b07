"""Signs of careless answers: how many sheets of each wave they mark, and the table of them.

Belongs here: which numbers this analysis has, and their layout. Does not belong here: the signs themselves
(dbt/macros/careless.sql), which blocks are judged (study/careless.py). A study that declares none has neither.
"""

from collections.abc import Iterable, Iterator

from dagster_project.results.main_tables import Column, Numbers, Row, Table
from dagster_project.results.result_collector import MartRow, Rows
from dagster_project.results.result_row import ResultRow, result_id
from dagster_project.study import (
    ANY_BLOCK,
    ANY_SIGN,
    LONG_STRING,
    LONG_STRING_SOURCE,
    LOW_VARIATION,
    LOW_VARIATION_SOURCE,
    Careless,
    Instrument,
    Study,
    judged_blocks,
    least_run,
)


def careless_results(careless_counts: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Sheets marked by each sign in each wave that asks a block, of those that can be judged. careless_counts: wave, block,
    sign, n, count. The outcome is the block, or any_block; the category is the sign, or of any_block any_sign."""
    counts = {(row["block"], row["sign"], row["wave"]): row for row in careless_counts}
    rows = Rows("careless", study)
    careless = study.protocol.careless
    if careless is None:
        return []
    asked_blocks = _asked_blocks(study, careless)
    for block, sign, words in _marks(study, careless):
        for wave in study.protocol.waves:
            if (block, wave.wave) not in asked_blocks:
                continue
            row = counts.get((block, sign, wave.wave), {"count": 0, "n": 0})  # no row where there is no sheet
            denominator = f"sheets with at least {careless.least_items} answers to the block"
            rows.share(
                block, int(row["count"]), int(row["n"]), denominator, f"sheets with {words}",
                category=sign, wave=wave.wave, note="no sheet has enough answers",
            )  # fmt: skip
    return rows.rows


def _asked_blocks(study: Study, careless: Careless) -> set[tuple[str, str | None]]:
    """Each judged block with the waves that ask it; any_block with the waves that ask one of them."""
    codes = {block.instrument for block in judged_blocks(careless, study.instruments)}
    blocks_in_waves = {
        (block.block, export.wave)
        for export in study.protocol.wave_exports
        for block in export.blocks
        if block.block in codes and study.column_of(block)
    }
    return blocks_in_waves | {(ANY_BLOCK, wave) for _, wave in blocks_in_waves}


_IN_ANY_BLOCK = {LONG_STRING: "a long run of identical answers", LOW_VARIATION: "little variation of answers"}


def careless_signs(careless: Careless) -> tuple[str, ...]:
    """The signs that are looked for."""
    return (LONG_STRING, *((LOW_VARIATION,) if careless.most_sd is not None else ()))


def _marks(study: Study, careless: Careless) -> Iterator[tuple[str, str, str]]:
    """Outcome, category and words of what is counted: each sign of each block, then those of all blocks together."""
    for block in judged_blocks(careless, study.instruments):
        for sign in careless_signs(careless):
            yield block.instrument, sign, sign_words(sign, block, careless)
    for sign in careless_signs(careless):
        yield ANY_BLOCK, sign, f"{_IN_ANY_BLOCK[sign]} in any of them"
    yield ANY_BLOCK, ANY_SIGN, "any of these signs in any of them"


def sign_words(sign: str, block: Instrument, careless: Careless) -> str:
    """A sign in words, with its limit."""
    if sign == LONG_STRING:
        return f"a run of at least {least_run(block, careless)} identical answers to its {block.item_count} items"
    return f"an SD of at most {careless.most_sd:g} within its answers, none of them reversed"


def sources_of(careless: Careless) -> str:
    """Where signs and limits come from, in one text."""
    sources = [f"longest run: {LONG_STRING_SOURCE}"]
    if careless.most_sd is not None:
        sources.append(f"variation within a person: {LOW_VARIATION_SOURCE}")
    return "; ".join([*sources, *([f"limits: {careless.source}"] if careless.source else [])])


def careless_table(study: Study, numbers: Numbers) -> Table:
    """The sheets that are marked, by block and sign."""
    waves, careless, rows = [wave.wave for wave in study.protocol.waves], study.protocol.careless, []
    names = {block.instrument: block for block in judged_blocks(careless, study.instruments)}
    outcome = None
    for block, sign, words in _marks(study, careless) if careless is not None else ():
        if block != outcome:
            rows.append(Row(names[block].name if block in names else "All these questionnaires"))
            outcome = block
        cells = []
        for wave in waves:
            count, n, *share = (
                result_id("careless", block, name, category=sign, timepoint=wave)
                for name in ("count", "n", "percent", "ci95_low", "ci95_high")
            )
            cells += [numbers.cell("{} of {}", count, n), numbers.cell("{} [{}, {}]", *share)]
        rows.append(Row(f"{words[0].upper()}{words[1:]}", tuple(cells)))
    notes = (
        "Of the sheets with enough answers to be judged; Wilson's intervals. Nobody is excluded: a sign is a reason to look."
        " Whoever is the same in all that the items ask, such as people without any symptom, is marked as well.",
        f"Sources: {sources_of(careless)}." if careless is not None else "",
    )
    columns = tuple(Column(name, wave) for wave in waves for name in ("sheets", "% [95 % CI]"))
    return Table("", "careless", "Sheets with signs of careless answers", columns, tuple(rows), notes)
