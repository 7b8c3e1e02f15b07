"""Which cells of a table are about one thing: a score's moments, a block of categories, a column.

Belongs here: how cells are brought together, which moments a change stands between, notes on names that keep them apart.
Does not belong here: rules on numbers (engine.py and below).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dagster_project.audit.findings import INCONSISTENT, NOTE, Cell, Cells, Finding

#: What stands between the two moments of a contrast.
_SEPARATOR = r"(?:-|‐|‑|–|—|−|－|﹣|→|/|\bto\b|\bvs?\.?(?=\W|$)|\bversus\b)"
_BETWEEN = re.compile(rf"\s*{_SEPARATOR}\s*", re.IGNORECASE)
#: What makes a row a change wherever it stands, and what does beside a contrast's name.
_OF_CHANGE = ("change", "sd_change", "t")
_OF_CATEGORIES = ("n", "count", "percent")

#: A contrast's name to its moments and its sign: 1 for baseline minus follow-up, -1 for the reverse, 0 for unknown.
Contrasts = Mapping[str, tuple[str, str, int]]


@dataclass
class Place:
    """One score, or one category: its cells by moment and statistic."""

    section: str
    label: str
    moments: dict[str, dict[str, Cell]] = field(default_factory=dict)


class Places:
    """A table's cells, brought together.

    Names that differ only in case are one. Cells of several tables stand together, as a paper prints the waves in one and
    the changes in another; where two tables print the same cell and disagree, each is about its own people and is kept
    apart.
    A row that is repeated within a table is kept apart, too.
    """

    def __init__(self, cells: Iterable[Cell], contrasts: Contrasts | None) -> None:
        self._spelt: dict[tuple[str, str], str] = {}
        self._unlike: dict[tuple[str, str], Cell] = {}
        self._repeated: dict[tuple[str, str, str], list[tuple[Cell, Cell]]] = {}
        #: Rows of a block in the order of the table, each with its label.
        self.blocks: list[list[tuple[str, dict[str, Cell]]]] = []
        self.columns: dict[tuple[str, str, str], list[Cell]] = {}
        self._places: list[Place] = []
        self._gather(list(cells))
        self._by_label: dict[str, list[Place]] = {}
        for place in self._places:
            self._by_label.setdefault(place.label, []).append(place)
        moments = list(dict.fromkeys(moment for place in self._places for moment in place.moments))
        self.contrasts: Contrasts = contrasts if contrasts is not None else self._named(moments)
        self._waves = [moment for moment in moments if moment not in self.contrasts and moment != "norm"]

    def __iter__(self) -> Iterator[Place]:
        return iter(self._places)

    def is_change(self, moment: str, cells: Cells) -> bool:
        """Whether a row is about two moments."""
        if moment in self.contrasts or any(name in cells for name in _OF_CHANGE):
            return True
        return "p" in cells and "mean" not in cells and "count" not in cells

    def waves(self, place: Place, contrast: str) -> tuple[Cells, Cells]:
        """The two moments of a change: of its own place, else of the one other place with its label that has them."""
        if contrast not in self.contrasts:
            return {}, {}
        first, second, _ = self.contrasts[contrast]
        if first not in place.moments and second not in place.moments:
            found = [one for one in self._by_label[place.label] if first in one.moments or second in one.moments]
            if len(found) == 1:
                place = found[0]
        return place.moments.get(first, {}), place.moments.get(second, {})

    # --- bringing together ---------------------------------------------------------------------------------------------

    def _spelling(self, kind: str, text: str, cell: Cell) -> str:
        first = self._spelt.setdefault((kind, text.strip().casefold()), text)
        if first != text:
            self._unlike.setdefault((kind, text), cell)
        return first

    def _gather(self, cells: list[Cell]) -> None:
        #: (section, label) to (table, how often the row is repeated) to moment to statistic to cell.
        rows: dict[tuple[str, str], dict[tuple[str, int], dict[str, dict[str, Cell]]]] = {}
        blocks: dict[tuple[str, str, str], dict[tuple[str, int], dict[str, Cell]]] = {}
        repeats: dict[tuple[str, str, str, str], int] = {}
        for cell in cells:
            one = cell.value
            label, moment = self._spelling("label", one.label, cell), self._spelling("moment", one.timepoint, cell)
            units = rows.setdefault((one.section, label), {})
            place = (one.table, one.section, label, moment)
            row = units.setdefault((one.table, repeats.get(place, 0)), {}).setdefault(moment, {})
            if one.statistic in row:
                self._repeated.setdefault((one.table, one.section, label), []).append((row[one.statistic], cell))
                if row[one.statistic].printed == cell.printed:
                    continue
                repeats[place] = repeats.get(place, 0) + 1
                row = units.setdefault((one.table, repeats[place]), {}).setdefault(moment, {})
            row[one.statistic] = cell
            block = blocks.setdefault((one.table, one.section, moment), {})
            block.setdefault((label, repeats.get(place, 0)), {})[one.statistic] = cell
            self.columns.setdefault((one.table, moment, one.statistic), []).append(cell)
        self.blocks = [[(label, row) for (label, _), row in block.items()] for block in blocks.values()]
        for (section, label), units in rows.items():
            self._places += _together(section, label, units)

    def _named(self, moments: list[str]) -> Contrasts:
        """Contrasts by their names: two of the table's own moments with something between; else, of a row with a change, any
        two words with something between."""
        found: dict[str, tuple[str, str, int]] = {}
        for moment in moments:
            parts = _parts(moment, moments)
            if parts is None and any("change" in place.moments[moment] for place in self._places if moment in place.moments):
                words = _BETWEEN.split(moment.strip())
                parts = (words[0], words[1]) if len(words) == 2 and all(words) else None
            if parts is not None:
                found[moment] = (*parts, 0)
        return found

    # --- notes ---------------------------------------------------------------------------------------------------------

    def notes(self) -> Iterator[Finding]:
        """Names that keep cells apart, and cells that are printed twice."""
        for (kind, text), cell in self._unlike.items():
            first = self._spelt[kind, text.strip().casefold()]
            what = "labels" if kind == "label" else "moments"
            yield Finding(
                cell.value,
                "unlike_names",
                f"the {what} {first!r} and {text!r} differ only in case or blanks; taken as one",
                NOTE,
            )
        for pairs in self._repeated.values():
            yield from _repeated(pairs)
        seen: set[str] = set()
        for place in self._places:
            for moment, cells in place.moments.items():
                if "change" not in cells or moment in seen or not self._waves:
                    continue
                if not any(self.waves(place, moment)):
                    seen.add(moment)
                    first, second, _ = self.contrasts.get(moment, ("", "", 0))
                    named = f"{first!r} and {second!r}" if first else "two moments"
                    yield Finding(
                        cells["change"].value,
                        "change_without_waves",
                        f"no row of {place.label!r} stands at {named}, so the change {moment!r} is not compared with means;"
                        f" the table's moments are {', '.join(repr(one) for one in self._waves[:6])}",
                        NOTE,
                    )


def _parts(moment: str, moments: list[str]) -> tuple[str, str] | None:
    text = moment.strip().casefold()
    for first in moments:
        start = first.strip().casefold()
        if not start or first == moment or not text.startswith(start):
            continue
        for second in moments:
            end = second.strip().casefold()
            if not end or second in (first, moment) or not text.endswith(end) or len(start) + len(end) >= len(text):
                continue
            if re.fullmatch(_BETWEEN, text[len(start) : len(text) - len(end)]):
                return first, second
    return None


def _together(section: str, label: str, units: dict[tuple[str, int], dict[str, dict[str, Cell]]]) -> Iterator[Place]:
    """Tables that do not contradict one another in any cell stand together; a repeated row, and one that could stand with
    several, stands alone."""
    places: list[Place] = []
    for (_, repeated), moments in units.items():
        fits = [place for place in places if not _clash(place.moments, moments)]
        if repeated or len(fits) != 1:
            places.append(Place(section, label, {moment: dict(cells) for moment, cells in moments.items()}))
            continue
        for moment, cells in moments.items():
            for statistic, cell in cells.items():
                fits[0].moments.setdefault(moment, {}).setdefault(statistic, cell)
    yield from places


def _clash(some: dict[str, dict[str, Cell]], others: dict[str, dict[str, Cell]]) -> bool:
    return any(
        statistic in some.get(moment, {}) and some[moment][statistic].number != cell.number
        for moment, cells in others.items()
        for statistic, cell in cells.items()
    )


def _repeated(pairs: list[tuple[Cell, Cell]]) -> Iterator[Finding]:
    """A cell that a table prints twice. Blames the second: inconsistent where the two disagree, unless they are categories,
    which may stand under headings that nobody wrote down."""
    unlike = [(first, second) for first, second in pairs if first.printed != second.printed]
    first, second = (unlike or pairs)[0]
    where = f"{second.value.statistic} of {second.value.label!r}" + (
        f" at {second.value.timepoint}" if second.value.timepoint else ""
    )
    is_category = all(second.value.statistic in _OF_CATEGORIES for _, second in pairs)
    if not unlike:
        said = f"the {where} stands in the table twice, first in line {first.value.line}"
        yield Finding(second.value, "repeated_cell", said, NOTE)
        return
    yield Finding(
        second.value,
        "repeated_cell",
        f"the {where} is {first.printed} in line {first.value.line} and {second.printed} here; each is checked by itself:"
        " give"
        " the rows a section or a table of their own if they are about different people",
        NOTE if is_category else INCONSISTENT,
    )
