"""The definitions that typing and scoring a wave depend on, as one hash a wave.

Belongs here: which tables of the codebook count. Does not belong here: the SQL.
"""

import hashlib
import json
from collections.abc import Mapping

import pyarrow as pa

from dagster_project.study.codebook.columns import TEXT, codebook_table


def wave_definitions(tables: Mapping[str, pa.Table], code_stamp: str) -> pa.Table:
    """One hash a wave of everything but its exports that typing and scoring it depend on.

    tables: the tables of `codebook_tables`. code_stamp: identifies the SQL that types and scores. A wave is typed and scored
    again when its hash changes: when an item is added or reversed or the wave gets an answer label, but not when a norm
    changes or another wave gets a label.
    """
    study_tables = (
        *("items", "item_answers", "item_gates", "missing_reasons", "scales", "scale_items", "scale_parts"),
        *("scale_conversions", "scale_minimums"),
    )
    wave_tables = ("wave_items", "wave_exports", "decimal_marks", "answer_texts", "planned_for")
    definitions = [code_stamp] + [json.dumps(tables[name].to_pylist(), sort_keys=True, default=str) for name in study_tables]
    # What items are called does not affect scores either.
    definitions[1 + study_tables.index("items")] = json.dumps(
        tables["items"].drop_columns(["label"]).to_pylist(), sort_keys=True, default=str
    )
    # Other columns of codebook.scales, such as the norm and the order in tables, do not affect scores.
    scoring_columns = ("scale", "aggregate", "items_total", "minimum_answered", "factor", "is_rounded")
    definitions[1 + study_tables.index("scales")] = json.dumps(tables["scales"].select(scoring_columns).to_pylist())
    rows = []
    for wave in tables["waves"].column("wave").to_pylist():
        wave_rows = [[row for row in tables[name].to_pylist() if row["wave"] == wave] for name in wave_tables]
        digest = hashlib.sha256("\n".join([*definitions, json.dumps(wave_rows, sort_keys=True)]).encode()).hexdigest()
        rows.append((wave, digest))
    return codebook_table({"wave": TEXT, "definitions_stamp": TEXT}, rows)
