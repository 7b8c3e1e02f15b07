"""How each item was answered in each wave: one figure per instrument. Nothing else belongs here. Items are named by code,
and by label where an instrument may have labels."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from matplotlib import colormaps
from matplotlib.colors import to_hex
from matplotlib.patches import Patch

from dagster_project.languages import gettext, ngettext
from dagster_project.report.figure import Figure, PersonScore
from dagster_project.report.figures.drawing import boxes, canvas, finish, name_rows, shorten
from dagster_project.results import MAX_ANSWER_OPTIONS, Cell, Column, Numbers, ResultRow, Row, Table, result_id
from dagster_project.study import Instrument, MeasuresInstrument, Study, labelled

#: Instruments with which a study has more items than this are not drawn; results hold all items.
_MOST_ITEMS = 400
#: Longer names of items are shortened in the drawing; the table has them whole.
_LONGEST_NAME = 48


def plans(study: Study, results: Mapping[str, ResultRow]) -> Iterator[tuple[str, Table, Any]]:
    """Name, numbers, and what draws them, for each instrument with few possible answers."""
    numbers, items = Numbers(results.values()), 0
    for instrument in study.instruments:
        if isinstance(instrument, MeasuresInstrument):
            continue
        items += len(instrument.item_codes)
        item_codes, answers = _options(instrument)
        if not item_codes or items > _MOST_ITEMS:
            continue
        waves = [wave.wave for wave in study.protocol.waves]
        rows = tuple(
            Row(labelled(item, study.item_labels.get(item)), tuple(_cells(numbers, item, waves, answers)))
            for item in item_codes
        )
        columns = tuple(Column(name, wave) for wave in waves for name in ("n", *map(str, answers)))
        name = f"items_{instrument.instrument}"
        table = Table("", name, gettext("Answers to each item: {instrument}", instrument=instrument.name), columns, rows)
        yield name, table, partial(_draw, study, instrument, results, table)


def _options(instrument: Instrument) -> tuple[list[str], list[float]]:
    """The items with few possible answers, and every answer that some of them allow."""
    options = {code: instrument.anchors_of(position) for position, code in enumerate(instrument.item_codes, start=1)}
    items = [code for code, anchors in options.items() if anchors.answer_count <= MAX_ANSWER_OPTIONS]
    return items, sorted({answer for code in items for answer in options[code].answers})


def _cells(numbers: Numbers, item: str, waves: Sequence[str], answers: Sequence[float]) -> Iterator[Cell]:
    for wave in waves:
        yield numbers.cell("{}", result_id("items", item, "n", timepoint=wave))
        for answer in answers:
            yield numbers.cell("{}", result_id("items", item, "count", category=str(answer), timepoint=wave))


def _draw(
    study: Study, instrument: Instrument, results: Mapping[str, ResultRow], table: Table, people: Sequence[PersonScore]
) -> Figure:
    waves = [wave.wave for wave in study.protocol.waves]
    items, answers = _options(instrument)
    # From light to dark, in even steps to any eye.
    colours = [to_hex(colormaps["cividis"](0.95 - 0.9 * index / max(1, len(answers) - 1))) for index in range(len(answers))]
    # Labels are written beside the panels and need room of their own.
    names_width = 2.6 if instrument.item_labels else 1.2
    figure_canvas = canvas(names_width + 2.1 * len(waves), 0.14 * len(items) + 1.1)
    panels = figure_canvas.subplots(1, len(waves), sharey=True, sharex=True, squeeze=False)[0]
    for axes, wave in zip(panels, waves, strict=True):
        rectangles: list[list[tuple[float, float, float, float]]] = [[] for _ in answers]
        largest_n = 0
        for index, item in enumerate(items):
            counts = [_count(results, item, answer, wave) for answer in answers]
            largest_n, start = max(largest_n, sum(counts)), 0.0
            for answer_rectangles, count in zip(rectangles, counts, strict=True):
                if count:
                    width = 100 * count / sum(counts)
                    answer_rectangles.append((start, index - 0.42, width, 0.84))
                    start += width
        for answer_rectangles, colour in zip(rectangles, colours, strict=True):
            boxes(axes, answer_rectangles, colour)
        axes.set_title(gettext("{wave} (n up to {largest})", wave=wave, largest=largest_n), loc="left")
        axes.set_xlim(0, 100)
        axes.set_ylim(len(items) - 0.4, -0.6)
        axes.set_xlabel(gettext("% of those who answered"))
    names = [shorten(labelled(item, study.item_labels.get(item)), _LONGEST_NAME) for item in items]
    name_rows(panels, range(len(items)), names, fontsize=6)
    handles = [Patch(facecolor=colour, edgecolor="white") for colour in colours]
    figure_canvas.legend(
        handles, [str(answer) for answer in answers], loc="outside lower center", ncols=len(answers), frameon=False,
        fontsize=7, title=gettext("answer, as given"), title_fontsize=7,
    )  # fmt: skip
    notes = [gettext("Answers as given: items that are reversed when scored are not reversed here.")]
    if not instrument.item_labels:
        notes[0] += " " + gettext("Items appear by code alone.")
    return finish(table.name, table.title, _alt(items, results, waves, answers), table, notes, figure_canvas)


def _count(results: Mapping[str, ResultRow], item: str, answer: float, wave: str) -> int:
    row = results.get(result_id("items", item, "count", category=str(answer), timepoint=wave))
    return 0 if row is None or row.value is None else int(row.value)


def _alt(items: Sequence[str], results: Mapping[str, ResultRow], waves: Sequence[str], answers: Sequence[float]) -> str:
    largest_shares: dict[tuple[str, str], tuple[float, float]] = {}
    for item in items:
        for wave in waves:
            counts = [_count(results, item, answer, wave) for answer in answers]
            if sum(counts):
                largest_shares[item, wave] = max(
                    (count / sum(counts), answer) for count, answer in zip(counts, answers, strict=True)
                )
    text = ngettext(
        "Shares of the answers {first} to {last} to {n} item at {waves}.",
        "Shares of the answers {first} to {last} to {n} items at {waves}.",
        len(items),
        first=answers[0], last=answers[-1], waves=", ".join(waves),
    )  # fmt: skip
    if largest_shares:
        (item, wave), (_, answer) = max(largest_shares.items(), key=lambda entry: entry[1][0])
        result = results[result_id("items", item, "count", category=str(answer), timepoint=wave)]
        text += " " + ngettext(
            "The largest share of one answer: {count} of {n} person gave {answer} to {item} at {wave}.",
            "The largest share of one answer: {count} of {n} people gave {answer} to {item} at {wave}.",
            result.n or 0,
            count=result.printed, answer=answer, item=item, wave=wave,
        )  # fmt: skip
    return text
