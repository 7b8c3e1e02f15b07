"""Reading any results table in long form: one row per printed number, with as few columns as possible.

Belongs here: the columns, which are optional, and what a row says of its score. Does not belong here: rules; decoding of
bytes, which the caller does.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dagster_project.audit.assumptions import ScaleFacts
from dagster_project.audit.designs import DESIGNS, PRACTICES, Design
from dagster_project.audit.intervals import UNBOUNDED, Interval
from dagster_project.audit.student import LEVELS
from dagster_project.results.errors import ResultsError
from dagster_project.results.published import PublishedValue
from dagster_project.results.rounding import read_printed

#: Without these a number cannot be identified.
NEEDED = ("label", "timepoint", "statistic", "printed")
#: Optional columns. items, aggregate, low, high: the number of items with whole answers in a score, sum or mean, and an
#: item's lowest and highest answer. design, level, practice: of a row (designs.py), where rows differ.
OPTIONAL = (
    "table",
    "row",
    "section",
    "label_basis",
    "value",
    "items",
    "aggregate",
    "low",
    "high",
    "design",
    "level",
    "practice",
)

#: The rules' names of statistics, and their other names in tables.
STATISTIC_ALIASES = {
    "n": ("pairs", "valid_n"),
    "count": ("freq", "frequency", "n_(%)", "n(%)", "no_(%)", "no._(%)"),
    "percent": ("%", "pct", "percentage"),
    "mean": ("m", "average"),
    "sd": ("std", "std_dev", "stdev"),
    "se": ("sem", "std_error"),
    "min": ("minimum",),
    "q1": ("p25", "lower_quartile"),
    "median": ("mdn", "p50"),
    "q3": ("p75", "upper_quartile"),
    "max": ("maximum",),
    "change": ("mean_change", "mean_difference", "difference", "md"),
    "estimate": ("coef", "coefficient", "b"),
    "or": ("odds_ratio", "aor"),
    "rr": ("risk_ratio", "relative_risk", "arr"),
    "hr": ("hazard_ratio", "ahr"),
    "irr": ("rate_ratio", "incidence_rate_ratio"),
    "ci_low": ("ci95_low", "ci_lower", "lower_ci", "lower", "lcl"),
    "ci_high": ("ci95_high", "ci_upper", "upper_ci", "upper", "ucl"),
    "p": ("p_value", "p.value", "pvalue"),
    "t": ("t_value",),
    "f": ("f_value",),
    "z": ("z_value",),
    "chi2": ("chi_square", "chisq", "chi_squared", "x2", "χ2", "χ²"),
    "df": ("parameter",),
    "df1": (),
    "df2": (),
    "sd_change": ("sd_diff", "sd_difference"),
    "sum_of_squares": ("ss", "sum_sq"),
    "mean_square": ("ms", "mean_sq"),
    "eta2": ("eta_squared", "partial_eta2", "eta2_p", "η²", "ηp²"),
    "es": ("effect_size", "d", "cohen_d", "cohens_d", "g", "hedges_g", "smd"),
    "d_z": (), "d_av": (), "d_baseline": (), "sd_baseline": (), "sd_followup": (), "correlation": ("r",),
    "norm_mean": (), "norm_sd": (),
}  # fmt: skip
#: Numbers of people.
_PEOPLE_COUNTS = ("n", "count")
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")
_DECIMALS_OF_THREE = re.compile(r"[.]\d{3}$")
#: Larger than any table prints, and far below where squares overflow.
_MAX_NUMBER = 1e15
#: The characters of a cell that a message shows.
_MAX_SHOWN = 60
#: Excel's line before the header.
_SEP = re.compile(r"\s*\"?sep=.?\"?\s*$", re.IGNORECASE)
#: 'p < .001' within the cell.
_P_BEFORE = re.compile(r"^[pP]\s*(?=[<>≤≥=])=?\s*")
_LEVEL = re.compile(r"\b(90|95|99)\s*%")
#: Parts of a statistic's name that may be left out.
_NAME_DECORATION = re.compile(r"\b(90|95|99)\b|[%'’.()]")
_NAME_OF_ALIAS = {alias: name for name, aliases in STATISTIC_ALIASES.items() for alias in aliases}


@dataclass(frozen=True)
class ReadTable:
    """A table as read. facts: of its rows' scores. by_line: the design and level of rows that give them."""

    values: list[PublishedValue]
    facts: dict[tuple[str, str], ScaleFacts]
    by_line: dict[int, Design]


def read_table(name: str, text: str) -> ReadTable:
    """The printed numbers of a table in long form, and the facts of its scores.

    name: for messages. text: CSV with commas, semicolons or tabs; decimal commas only with semicolons or tabs. Blank lines
    and Excel's `sep=;` before the header are skipped, and so is a row of a preview with a question (paper/).

    Raises ResultsError with one line: file, line, column, value, cure.
    """
    lines = text.splitlines()
    header_index = next((number for number, line in enumerate(lines) if line.strip() and not _SEP.match(line)), None)
    if header_index is None:
        raise ResultsError(
            f"{name}: the file is empty; the columns are {', '.join(NEEDED)} and, if known, {', '.join(OPTIONAL)}"
        )
    header = lines[header_index]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(lines[header_index:], delimiter=delimiter)
    columns = [column.strip().lower() for column in reader.fieldnames or ()]
    if missing := [column for column in NEEDED if column not in columns]:
        raise ResultsError(
            f"{name}: line {header_index + 1}: the column {missing[0]!r} is missing; the columns are {', '.join(NEEDED)}"
            f" and, if known, {', '.join(OPTIONAL)}"
        )
    if duplicates := [column for column, count in Counter(columns).items() if count > 1 and column in (*NEEDED, *OPTIONAL)]:
        raise ResultsError(f"{name}: line {header_index + 1}: there are two columns {duplicates[0]!r}; keep one")
    reader.fieldnames = columns
    table = ReadTable([], {}, {})
    for record in reader:
        row = {
            key: (cell or "").strip() for key, cell in record.items() if isinstance(key, str) and not isinstance(cell, list)
        }
        line = header_index + reader.line_num
        if None in record:
            raise ResultsError(f"{name}: line {line}: more cells than columns; put texts that hold {delimiter!r} in quotes")
        if any(row.values()) and not row.get("question"):
            _read_row(name, line, row, delimiter, table)
    if not table.values:
        raise ResultsError(f"{name}: the table has no rows; give one row a printed number")
    _refuse_nameless_moments(name, table.values)
    return table


def _read_row(name: str, line: int, row: dict[str, str], delimiter: str, table: ReadTable) -> None:
    if not row["label"]:
        raise ResultsError(
            f"{name}: line {line}: column label: an empty cell; give the row a name, the same for all its numbers"
        )
    statistic = statistic_of(row["statistic"])
    number_text = _P_BEFORE.sub("", row["printed"])
    if delimiter != ",":
        number_text = number_text.replace(",", ".")
    elif statistic in _PEOPLE_COUNTS and _THOUSANDS.fullmatch(number_text):
        number_text = number_text.replace(",", "")
    number = _number(name, line, "printed", number_text)
    if statistic in _PEOPLE_COUNTS:
        _refuse_fractional_people(name, line, statistic, row["printed"], number_text, number)
    value = PublishedValue(
        line=line, table=row.get("table", ""), row=0, section=row.get("section", ""), label=row["label"],
        label_basis=row.get("label_basis", ""), timepoint=row["timepoint"], statistic=statistic, printed=number_text,
        value=number,
    )  # fmt: skip
    table.values.append(value)
    if any(row.get(column) for column in ("low", "high", "items")):
        table.facts[value.section, value.label] = _facts(name, line, row)
    level_match = _LEVEL.search(row["statistic"]) if statistic in ("ci_low", "ci_high") else None
    design = row.get("design", "").lower() or None
    if design not in (None, *DESIGNS):
        raise ResultsError(
            f"{name}: line {line}: column design: {row['design']!r} must be {', '.join(DESIGNS[:-1])} or {DESIGNS[-1]}"
        )
    level = row.get("level", "").rstrip("% ") or (level_match[1] if level_match else "")
    if level not in ("", *map(str, LEVELS)):
        raise ResultsError(f"{name}: line {line}: column level: {row['level']!r} must be 90, 95 or 99")
    practices = frozenset(row.get("practice", "").lower().replace(",", " ").replace(";", " ").split())
    if practices - set(PRACTICES):
        raise ResultsError(
            f"{name}: line {line}: column practice: {sorted(practices - set(PRACTICES))[0]!r} must be one or more of"
            f" {', '.join(PRACTICES)}"
        )
    if design or level or practices:
        table.by_line[line] = Design(design, int(level) if level else None, practices)


def statistic_of(text: str) -> str:
    """The rules' name of a statistic: '95% CI lower', 'Std. Dev.' and "Cohen's d" by their usual names."""
    plain_name = "_".join(text.lower().replace("-", " ").split())
    if plain_name in STATISTIC_ALIASES or plain_name in _NAME_OF_ALIAS:
        return _NAME_OF_ALIAS.get(plain_name, plain_name)
    bare_name = "_".join(_NAME_DECORATION.sub("", text.lower().replace("-", " ").replace("_", " ")).split())
    return (
        _NAME_OF_ALIAS.get(bare_name, bare_name)
        if bare_name in STATISTIC_ALIASES or bare_name in _NAME_OF_ALIAS
        else plain_name
    )


def _refuse_fractional_people(name: str, line: int, statistic: str, text: str, number_text: str, number: float) -> None:
    if number < 0 or number != int(number) or _DECIMALS_OF_THREE.search(number_text):
        cure = "; if its separator marks thousands, remove it" if _DECIMALS_OF_THREE.search(number_text) else "; correct it"
        raise ResultsError(
            f"{name}: line {line}: column printed: {statistic} {text!r} is not a whole number of people{cure}"
        )


def _refuse_nameless_moments(name: str, values: Iterable[PublishedValue]) -> None:
    """Refuses rows without a moment, except in a table without any."""
    nameless = [value for value in values if not value.timepoint and value.statistic not in (*_PEOPLE_COUNTS, "percent")]
    if nameless and any(value.timepoint for value in values):
        raise ResultsError(
            f"{name}: line {nameless[0].line}: column timepoint: an empty cell; name the moment, such as T1, or the"
            " contrast, such"
            " as T1-T2"
        )


def _number(name: str, line: int, column: str, text: str) -> float:
    try:
        number = float(read_printed(text.lstrip("<>≤≥ ")))
    except (ValueError, OverflowError):
        value_text = "an empty cell" if not text else _cell_words(text)
        raise ResultsError(
            f"{name}: line {line}: column {column}: {value_text} is not a number; correct it or leave the row out"
        ) from None
    if not abs(number) < _MAX_NUMBER:
        raise ResultsError(
            f"{name}: line {line}: column {column}: {_cell_words(text)} is not a number as tables print it; correct it"
        )
    return number


def _cell_words(text: str) -> str:
    return repr(text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…")


def _facts(name: str, line: int, row: dict[str, str]) -> ScaleFacts:
    items = 1.0
    if row.get("items"):
        items = _number(name, line, "items", row["items"])
        if items < 1 or items != int(items):
            raise ResultsError(
                f"{name}: line {line}: column items: {row['items']!r} is not a whole number above 0; correct it"
            )
    aggregate = row.get("aggregate", "").lower() or "mean"
    if aggregate not in ("sum", "mean"):
        raise ResultsError(
            f"{name}: line {line}: column aggregate: {row['aggregate']!r} is neither sum nor mean; correct it"
        )
    score_range = UNBOUNDED
    if row.get("low") or row.get("high"):
        low, high = (_number(name, line, column, row.get(column, "")) for column in ("low", "high"))
        if low > high:
            raise ResultsError(f"{name}: line {line}: column low: {row['low']} is above high, {row['high']}; correct them")
        if aggregate == "sum" and not row.get("items"):
            raise ResultsError(
                f"{name}: line {line}: column items: an empty cell; low and high are those of an item, so the range of a"
                " sum needs"
                " the number of items"
            )
        factor = items if aggregate == "sum" else 1
        score_range = Interval(low * factor, high * factor)
    steps = (1 if aggregate == "sum" else int(items)) if row.get("items") else None
    if not row.get("aggregate") and items > 1 and score_range.is_bounded:
        ends = (score_range.low, score_range.high, score_range.low * items, score_range.high * items)
        return ScaleFacts(Interval(min(ends), max(ends)), steps, mean_range=score_range)
    return ScaleFacts(score_range, steps, items == 1 and (score_range.low, score_range.high) == (0, 1))


def unknown_statistics(values: Iterable[PublishedValue]) -> dict[str, int]:
    """The statistics that no rule knows, with their number of values."""
    return dict(Counter(value.statistic for value in values if value.statistic not in STATISTIC_ALIASES))
