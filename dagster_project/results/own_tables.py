"""Tables that a study declares of its own, laid out from results: which results match, rows, columns and cells.

Belongs here: choosing and layout. Does not belong here: the declaration (study/own_tables.py), arithmetic, drawing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from string import Formatter

from dagster_project.languages import gettext
from dagster_project.results.existing import existing_tables
from dagster_project.results.extension_tables import OwnStatistics
from dagster_project.results.main_tables import Cell, Column, Numbers, Row, Table
from dagster_project.results.result_row import ResultRow
from dagster_project.results.statistics_registry import STATISTICS, interval_of
from dagster_project.study import OWN_PREFIX, TABLES_FILE, OwnFigure, OwnTable, ResultChoice, Study

#: The columns of results by the keys of a choice, where they have another name.
_COLUMNS = {"group": "people_group"}


class OwnTableError(ValueError):
    """A table or figure of the study's own that cannot be made. The message is one line."""


@dataclass(frozen=True)
class OwnLayouts:
    """The tables of a study's own that can be made, and why others cannot, by name."""

    tables: Sequence[Table]
    faults: Mapping[str, str]


@dataclass(frozen=True)
class FigurePoint:
    """A point of a figure: the result, and both limits of its interval where there are any."""

    result: ResultRow
    limits: tuple[ResultRow, ResultRow] | None


@dataclass(frozen=True)
class FigureLayout:
    """What a figure of the study's own shows. x, series: codes and labels in order. points: by series and x."""

    figure: OwnFigure
    x: Sequence[tuple[str, str]]
    series: Sequence[tuple[str, str]]
    points: Mapping[tuple[str, str], FigurePoint]
    table: Table


def table_part(name: str) -> str:
    """How a table of tables.yaml is called among the parts of what a study adds."""
    return f"{TABLES_FILE}: table {name}"


def figure_part(name: str) -> str:
    return f"{TABLES_FILE}: figure {name}"


def own_layouts(study: Study, results: Sequence[ResultRow]) -> OwnLayouts:
    """The tables of a study's own. results: all that tables show."""
    tables, faults = [], dict[str, str]()
    for declaration in study.tables.tables:
        try:
            tables += existing_tables([_table(study, declaration, results)])
        except OwnTableError as error:
            faults[table_part(declaration.table)] = str(error)
    return OwnLayouts(tables, faults)


def figure_layouts(
    study: Study, results: Sequence[ResultRow], own_statistics: OwnStatistics
) -> tuple[list[FigureLayout], dict[str, str]]:
    """The figures of a study's own, and why others cannot be drawn, by name."""
    layouts, faults = [], {}
    for declaration in study.tables.figures:
        try:
            layouts.append(_figure(study, declaration, results, own_statistics))
        except OwnTableError as error:
            faults[figure_part(declaration.figure)] = str(error)
    return layouts, faults


def matching_results(declaration: OwnTable | OwnFigure, results: Sequence[ResultRow]) -> list[ResultRow]:
    """The results that a table or figure names, by id. Raises OwnTableError for what matches none."""
    results_by_id: dict[str, ResultRow] = {}
    for index, choice in enumerate(declaration.results):
        matches = _matches(choice, results)
        if not matches:
            raise OwnTableError(f"results[{index}]: {_no_match(choice, results)}")
        results_by_id |= {row.result_id: row for row in matches}
    return [results_by_id[identifier] for identifier in sorted(results_by_id)]


def _matches(choice: ResultChoice | str, results: Iterable[ResultRow]) -> list[ResultRow]:
    if isinstance(choice, str):
        return [row for row in results if fnmatchcase(row.result_id, choice)]
    return [row for row in results if all(not codes or _code(row, key) in codes for key, codes in choice.entries)]


def _code(row: ResultRow, key: str) -> str:
    return getattr(row, _COLUMNS.get(key, key)) or ""


def _no_match(choice: ResultChoice | str, results: Sequence[ResultRow]) -> str:
    """Why a choice matches nothing, and what may be meant."""
    if isinstance(choice, str):
        analysis, slash, _ = choice.partition("/")
        analyses = sorted({row.analysis for row in results})
        if slash and analysis not in analyses and (hint := _hint(analysis, analyses)):
            return f"{choice!r} matches no result{hint}"
        candidates = [row.result_id for row in results if row.analysis == analysis] or [row.result_id for row in results]
        return f"{choice!r} matches no result{_hint(choice.replace('*', ''), candidates)}"
    for key, codes in choice.entries:
        codes_there = sorted({_code(row, key) for row in results} - {""})
        for code in codes:
            if code not in codes_there:
                return f"{key}: no result has {code!r}{_hint(code, codes_there)}"
    words = ", ".join(f"{key} {' or '.join(codes)}" for key, codes in choice.entries if codes)
    return f"no result has {words}"


def _hint(text: str, candidates: Sequence[str]) -> str:
    matches = get_close_matches(text, candidates, n=3, cutoff=0.5)
    return f"; do you mean {' or '.join(matches)}?" if matches else ""


def _table(study: Study, declaration: OwnTable, results: Sequence[ResultRow]) -> Table:
    matches = matching_results(declaration, results)
    numbers = Numbers(results)
    results_by_cell: dict[tuple[str, str], dict[str, ResultRow]] = {}
    for row in matches:
        cell = results_by_cell.setdefault((_code(row, declaration.rows), _code(row, declaration.columns)), {})
        name = row.statistic if declaration.cells is not None else ""
        if name in cell:
            raise OwnTableError(
                _not_apart(cell[name], row, f"rows ({declaration.rows}) and columns ({declaration.columns})")
            )
        cell[name] = row
    if declaration.cells is not None:
        names = sorted({row.statistic for row in matches})
        for name in declaration.cell_statistics:
            if name not in names:
                raise OwnTableError(f"cells: no chosen result has the statistic {name!r}{_hint(name, names)}")
    row_codes, column_codes = (
        _ordered(study, axis, {key[index] for key in results_by_cell}, matches)
        for index, axis in enumerate((declaration.rows, declaration.columns))
    )
    rows = tuple(
        Row(
            _label(study, declaration, declaration.rows, code),
            tuple(_cell(declaration, numbers, results_by_cell.get((code, column), {})) for column in column_codes),
        )
        for code in row_codes
    )
    columns = tuple(Column(_label(study, declaration, declaration.columns, code)) for code in column_codes)
    notes = (declaration.note,) if declaration.note else ()
    return Table("", f"{OWN_PREFIX}{declaration.table}", declaration.title, columns, rows, notes)


def _cell(declaration: OwnTable, numbers: Numbers, results: Mapping[str, ResultRow]) -> Cell:
    if declaration.cells is None:
        return numbers.cell("{}", results[""].result_id) if results else Cell("")
    names = declaration.cell_statistics
    if any(name not in results for name in names):
        return Cell("")
    pattern = "".join(
        text.replace("{", "{{").replace("}", "}}") + ("{}" if name else "")
        for text, name, _, _ in Formatter().parse(declaration.cells)
    )
    # Where the decimal mark is a comma, something else stands between the limits of an interval.
    pattern = pattern.replace("[{}, {}]", gettext("[{}, {}]"))
    return numbers.cell(pattern, *(results[name].result_id for name in names))


def _figure(
    study: Study, declaration: OwnFigure, results: Sequence[ResultRow], own_statistics: OwnStatistics
) -> FigureLayout:
    by_id = {row.result_id: row for row in results}
    points: dict[tuple[str, str], FigurePoint] = {}
    matches = matching_results(declaration, results)
    for row in matches:
        key = (_code(row, declaration.series) if declaration.series is not None else "", _code(row, declaration.x))
        if key in points:
            axes = f"x ({declaration.x}) and series ({declaration.series or 'none'})"
            raise OwnTableError(_not_apart(points[key].result, row, axes))
        points[key] = FigurePoint(row, _limits(row, by_id, own_statistics))
    if not any(point.result.value is not None for point in points.values()):
        raise OwnTableError("none of its results has a value")
    x_codes = _ordered(study, declaration.x, {code for _, code in points}, matches)
    series = _ordered(study, declaration.series, {code for code, _ in points}, matches) if declaration.series else [""]
    labelled_x = [(code, _label(study, declaration, declaration.x, code)) for code in x_codes]
    labelled_series = [
        (code, _label(study, declaration, declaration.series, code) if declaration.series else declaration.title)
        for code in series
    ]
    numbers = Numbers(results)
    rows = tuple(
        Row(label, tuple(_point_cell(numbers, points.get((code, position))) for position, _ in labelled_x))
        for code, label in labelled_series
    )
    columns = tuple(Column(label) for _, label in labelled_x)
    table = Table("", f"{OWN_PREFIX}{declaration.figure}", declaration.title, columns, rows)
    return FigureLayout(declaration, labelled_x, labelled_series, points, table)


def _point_cell(numbers: Numbers, point: FigurePoint | None) -> Cell:
    if point is None:
        return Cell("")
    if point.limits is None:
        return numbers.cell("{}", point.result.result_id)
    return numbers.cell("{} [{}, {}]", point.result.result_id, *(limit.result_id for limit in point.limits))


def _limits(
    row: ResultRow, by_id: Mapping[str, ResultRow], own_statistics: OwnStatistics
) -> tuple[ResultRow, ResultRow] | None:
    """Both limits of a result's interval, where its statistic has one and they have values."""
    names = interval_of(row.analysis, row.statistic, own_statistics)
    if names is None:
        return None
    stem = row.result_id.removesuffix(row.statistic)
    low, high = (by_id.get(f"{stem}{name}") for name in names)
    return (low, high) if low and high and low.value is not None and high.value is not None else None


def _not_apart(first: ResultRow, second: ResultRow, axes: str) -> str:
    return f"{axes} do not tell {first.result_id} and {second.result_id} apart; choose other ones, or fewer results"


def _ordered(study: Study, axis: str, codes: set[str], matches: Sequence[ResultRow]) -> list[str]:
    """The codes of an axis in the study's order, then as results come."""
    protocol = study.protocol
    codes_in_order: Mapping[str, Sequence[str]] = {
        "outcome": [*protocol.outcomes, *study.scales, *(variable.variable for variable in protocol.participant_variables)],
        "category": [category.category for variable in protocol.participant_variables for category in variable.categories],
        "wave": [wave.wave for wave in protocol.waves],
        "contrast": [contrast.contrast for contrast in protocol.contrasts],
        "group": [group.category for group in protocol.compared_groups],
        "statistic": [entry.name for entry in STATISTICS if entry.analysis in {row.analysis for row in matches}],
    }
    order = {code: position for position, code in reversed(list(enumerate(codes_in_order[axis])))}
    return sorted(codes, key=lambda code: (order.get(code, len(order)), code))


def _label(study: Study, declaration: OwnTable | OwnFigure, axis: str, code: str) -> str:
    """What a code is called: as the table says, as the study says, else itself."""
    if code in declaration.labels:
        return declaration.labels[code]
    protocol = study.protocol
    labels: dict[str, str] = {}
    if axis == "outcome":
        labels = {scale: definition.label for scale, (_, definition) in study.scales.items()} | {
            variable.variable: variable.label for variable in protocol.participant_variables
        }
        labels |= {
            service.service: service.label for service in (protocol.service_use.services if protocol.service_use else ())
        }
        labels |= {measure: definition.label for measure, definition in study.measures.items()}
    elif axis == "group":
        labels = {group.category: group.label for group in protocol.compared_groups}
    elif axis == "category":
        labels = {
            category.category: category.label
            for variable in protocol.participant_variables
            for category in variable.categories
        }
    return labels.get(code, code)
