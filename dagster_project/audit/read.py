"""Reading a results table of anybody's: one row a printed number, with as few columns as it takes.

Belongs here: the columns, what may be left out, and what a row knows of its score. Does not belong here: rules; decoding of
bytes, which the caller does.
"""

import csv
from collections import Counter
from collections.abc import Iterable

from dagster_project.audit.engine import ANYTHING, ScaleFacts
from dagster_project.audit.intervals import Interval
from dagster_project.results.errors import ResultsError
from dagster_project.results.published import PublishedValue
from dagster_project.results.rounding import read_printed

#: Without these a number cannot be placed.
NEEDED = ("label", "timepoint", "statistic", "printed")
#: What else a table may have. items, aggregate, low, high: how many items with whole answers a score is made of, sum or
#: mean, and an item's lowest and highest answer.
OPTIONAL = ("table", "row", "section", "label_basis", "value", "items", "aggregate", "low", "high")

#: What rules know a statistic as, and what else tables call it.
STATISTICS = {
    "n": ("pairs", "valid_n"),
    "count": ("freq", "frequency"),
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
    "ci_low": ("ci95_low", "ci_lower", "lower", "lcl"),
    "ci_high": ("ci95_high", "ci_upper", "upper", "ucl"),
    "p": ("p_value", "p.value"),
    "t": ("t_value", "statistic"),
    "df": ("parameter",),
    "sd_change": ("sd_diff", "sd_difference"),
    "es": ("effect_size", "d", "cohen_d", "cohens_d", "g", "hedges_g", "smd"),
    "d_z": (), "d_av": (), "d_baseline": (), "sd_baseline": (), "sd_followup": (), "correlation": ("r",),
    "norm_mean": (), "norm_sd": (),
}  # fmt: skip
_KNOWN_AS = {alias: name for name, aliases in STATISTICS.items() for alias in aliases}


def read_table(name: str, text: str) -> tuple[list[PublishedValue], dict[tuple[str, str], ScaleFacts]]:
    """The printed numbers of a table in long form, and what it says of its scores.

    name: for messages. text: CSV with commas, semicolons or tabs; decimal commas only with semicolons or tabs.

    Raises ResultsError with one line: file, line, column, value, cure.
    """
    lines = text.splitlines()
    header = next((line for line in lines if line.strip()), "")
    if not header:
        raise ResultsError(
            f"{name}: the file is empty; the columns are {', '.join(NEEDED)} and, if known, {', '.join(OPTIONAL)}"
        )
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(lines, delimiter=delimiter)
    columns = [column.strip().lower() for column in reader.fieldnames or ()]
    if missing := [column for column in NEEDED if column not in columns]:
        raise ResultsError(
            f"{name}: line 1: the column {missing[0]!r} is missing; the columns are {', '.join(NEEDED)} and, if known,"
            f" {', '.join(OPTIONAL)}"
        )
    reader.fieldnames = columns
    values: list[PublishedValue] = []
    facts: dict[tuple[str, str], ScaleFacts] = {}
    for record in reader:
        row = {
            key: (cell or "").strip() for key, cell in record.items() if isinstance(key, str) and not isinstance(cell, list)
        }
        line = reader.line_num
        if None in record:
            raise ResultsError(f"{name}: line {line}: more cells than columns; put texts that hold {delimiter!r} in quotes")
        if not any(row.values()):
            continue
        printed = row["printed"].replace(",", ".") if delimiter != "," else row["printed"]
        statistic = "_".join(row["statistic"].lower().replace("-", " ").split())
        value = PublishedValue(
            line=line, table=row.get("table", ""), row=0, section=row.get("section", ""), label=row["label"],
            label_basis=row.get("label_basis", ""), timepoint=row["timepoint"],
            statistic=_KNOWN_AS.get(statistic, statistic), printed=printed, value=_number(name, line, "printed", printed),
        )  # fmt: skip
        values.append(value)
        if row.get("low") or row.get("items"):
            facts[value.section, value.label] = _facts(name, line, row)
    if not values:
        raise ResultsError(f"{name}: the table has no rows; give one row a printed number")
    return values, facts


def _number(name: str, line: int, column: str, text: str) -> float:
    try:
        return float(read_printed(text.lstrip("<>≤≥ ")))
    except ValueError:
        what = "an empty cell" if not text else repr(text)
        raise ResultsError(
            f"{name}: line {line}: column {column}: {what} is not a number; correct it or leave the row out"
        ) from None


def _facts(name: str, line: int, row: dict[str, str]) -> ScaleFacts:
    items = 1.0
    if row.get("items"):
        items = _number(name, line, "items", row["items"])
        if items < 1 or items != int(items):
            raise ResultsError(f"{name}: line {line}: column items: {row['items']!r} is no whole number above 0; correct it")
    aggregate = row.get("aggregate", "").lower() or "mean"
    if aggregate not in ("sum", "mean"):
        raise ResultsError(
            f"{name}: line {line}: column aggregate: {row['aggregate']!r} is neither sum nor mean; correct it"
        )
    possible = ANYTHING
    if row.get("low") or row.get("high"):
        low, high = (_number(name, line, column, row.get(column, "")) for column in ("low", "high"))
        factor = items if aggregate == "sum" else 1
        possible = Interval(low * factor, high * factor)
    steps = (1 if aggregate == "sum" else int(items)) if row.get("items") else None
    return ScaleFacts(possible, steps, items == 1 and (possible.low, possible.high) == (0, 1))


def unknown_statistics(values: Iterable[PublishedValue]) -> dict[str, int]:
    """The statistics that no rule knows, with how many numbers have them."""
    return dict(Counter(value.statistic for value in values if value.statistic not in STATISTICS))
