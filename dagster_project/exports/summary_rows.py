"""Rows below the people with their sum, mean or number, as people write them into spreadsheets: they would count as people.

Belongs here: finding them. Does not belong here: rows above the people (label_row.py), rules that set rows aside
(row_rules.py).
"""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.columns import ColumnMatch
from dagster_project.exports.errors import quoted
from dagster_project.study import Export, comparable
from dagster_project.withholding import of_person

_MAX_ROWS = 8
_SUMMARY = re.compile(
    r"(?:grand |sub|sub-)?totals?|sums?|means?|averages?|avg|median|s\.?d\.?|std\.?(?: ?dev\.?)?|st\.? ?dev\.?"
    r"|standard deviation|min(?:imum)?|max(?:imum)?|n|counts?|range|variance|%|percent(?:age)?"
    r"|(?:gesamt|end|zwischen)?summe|gesamt|insgesamt|mittelwerte?|mittel|durchschnitt|anzahl|standardabweichung"
    r"|somme|moyennes?|ensemble|[ée]cart[- ]type|effectif|suma|promedio|media|m[ée]dia|desviaci[óo]n est[áa]ndar|totale"
    r"|totaal|gemiddelde|aantal|medelv[äa]rde|gjennomsnitt|gennemsnit|[śs]rednia|celkem",
    re.IGNORECASE,
)


def summary_row_problem(columns: ColumnMatch, export: Export, reasons: pa.Array) -> str | None:
    """What is wrong if one of the last rows is called like a sum or a mean, where the people are called by numbers.

    reasons: of the rows that are set aside. An identifier that the protocol names under respondents is a person's.
    """
    respondents = columns.cells(export.respondent)
    if respondents is None:
        return None
    row_indices = np.flatnonzero(reasons.is_null().to_numpy(zero_copy_only=False))
    names = pc.take(respondents, pa.array(row_indices[-_MAX_ROWS:])).to_pylist()
    summaries = [
        (row_index, name)
        for row_index, name in zip(row_indices[-_MAX_ROWS:].tolist(), names, strict=True)
        if _SUMMARY.fullmatch(comparable(name or "").strip(":= ")) and comparable(name) not in export.respondents
    ]
    n_with_digits = pc.sum(pc.match_substring_regex(respondents, "[0-9]")).as_py() or 0
    if not summaries or 2 * n_with_digits <= len(row_indices) - len(summaries):
        return None
    row_index, name = summaries[0]
    further = f" (and {len(summaries) - 1} more)" if len(summaries) > 1 else ""
    text = of_person(name, quoted(name.strip()))
    return (
        f"row {columns.source_rows[row_index].as_py()}{further} looks like a sum or a mean of the rows and not like a person"
        f" ({text}); delete it, or set it aside by a rule under set_aside ({{column: {quoted(export.respondent)}, equals:"
        f" [{text}], reason: summary}}), or, if it is a person, say so under respondents ({{{text}: {text}}})"
    )
