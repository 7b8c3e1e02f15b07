"""Participants in the codebook: the variables of the roster, their categories, and the services asked about.

Belongs here: one function a table. Does not belong here: anything about a single person.
"""

import pyarrow as pa

from dagster_project.study.codebook.columns import FLAG, NUMBER, TEXT, WHOLE, codebook_table
from dagster_project.study.measures import Categorical, kind_of
from dagster_project.study.study import PARTICIPANTS, Study
from dagster_project.study.texts import comparable


def services_table(study: Study) -> pa.Table:
    service_use = study.protocol.service_use
    services = service_use.services if service_use else ()
    return codebook_table(
        {"service": TEXT, "service_order": WHOLE, "label": TEXT},
        [(service.service, order, service.label) for order, service in enumerate(services, start=1)],
    )


def measure_categories_table(study: Study) -> pa.Table:
    """The categories of measures that are followed over the waves, each with how it is stored."""
    return codebook_table(
        {"measure": TEXT, "kind": TEXT, "measure_label": TEXT, "category": TEXT, "category_order": WHOLE, "label": TEXT}
        | {"stored_as": WHOLE, "is_ordered": FLAG},
        [
            (
                *(measure.measure, kind_of(measure), measure.label, category.category, order, category.label),
                *(measure.code_of(category), isinstance(measure, Categorical) and measure.ordered),
            )
            for measure in study.categorical_measures
            for order, category in enumerate(measure.categories, start=1)
        ],
    )


def participant_variables_table(study: Study) -> pa.Table:
    roster = study.protocol.roster
    columns = study.export_columns(roster)
    return codebook_table(
        {
            "variable": TEXT,
            "variable_order": WHOLE,
            "label": TEXT,
            "section": TEXT,
            "kind": TEXT,
            "unit": TEXT,
            "minimum": NUMBER,
            "maximum": NUMBER,
            "decimal_mark": TEXT,
            "export_column": TEXT,
        },
        [
            (
                *(variable.variable, order, variable.label, variable.section, variable.kind, variable.unit),
                *(variable.minimum, variable.maximum),
                *(roster.decimal_mark_of(columns.get(variable.variable)), columns.get(variable.variable)),
            )
            for order, variable in enumerate(study.protocol.participant_variables, start=1)
        ],
    )


def participant_categories_table(study: Study) -> pa.Table:
    return codebook_table(
        {"variable": TEXT, "category": TEXT, "category_order": WHOLE, "label": TEXT},
        [
            (variable.variable, category.category, order, category.label)
            for variable in study.protocol.participant_variables
            for order, category in enumerate(variable.categories, start=1)
        ],
    )


def participant_special_codes_table(study: Study) -> pa.Table:
    roster = study.protocol.roster
    rows: list[tuple[str, str, str, float | None, float | None]] = []
    for variable in study.block_codes(PARTICIPANTS):
        rows += [
            (variable, comparable(text), reason, None, None) for text, reason in roster.special_codes_of(variable).items()
        ]
        rows += [
            (variable, codes.text, reason, codes.low, codes.high)
            for codes, reason in roster.special_ranges_of(variable).items()
        ]
    columns = {"variable": TEXT, "answer_text": TEXT, "missing_reason": TEXT, "low": NUMBER, "high": NUMBER}
    return codebook_table(columns, rows)


def category_texts_table(study: Study) -> pa.Table:
    return codebook_table(
        {"variable": TEXT, "category": TEXT, "answer_text": TEXT},
        [
            (variable.variable, category.category, comparable(text))
            for variable in study.protocol.participant_variables
            for category in variable.categories
            for text in category.text or (category.label,)
        ],
    )
