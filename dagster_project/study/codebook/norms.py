"""Norms in the codebook: of whom they are, their means, SDs and percentiles, limits.

Belongs here: one function a table. Does not belong here: looking a person's score up.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from dagster_project.study.codebook.columns import FLAG, NUMBER, TEXT, WHOLE, codebook_table
from dagster_project.study.norms import NormSample, PersonNorm
from dagster_project.study.strata import UNITS_OF_TIME, stratum_conditions
from dagster_project.study.study import Study


def norms_table(study: Study) -> pa.Table:
    scales = dict.fromkeys(norm.scale for norm in study.norms.norms)
    entries = [entry for scale in scales for entry in study.norms.of_scale(scale)]
    return codebook_table(
        {"scale": TEXT, "sample": TEXT, "mean": NUMBER, "sd": NUMBER, "n": WHOLE, "population": TEXT}
        | {"source": TEXT, "note": TEXT, "is_healthy": FLAG, "is_main": FLAG},
        [
            (
                *(entry.norm.scale, entry.norm.sample, entry.norm.mean, entry.norm.sd, entry.sample.n),
                *(entry.sample.population, entry.sample.source, entry.norm.note, entry.sample.healthy),
                entry.category is None,
            )
            for entry in entries
        ],
    )


def norm_strata_table(study: Study) -> pa.Table:
    """The strata of norm samples: a row for each variable, and for each of its categories."""
    columns = {"sample": TEXT, "stratum": TEXT, "stratum_order": WHOLE, "n": WHOLE, "variable": TEXT, "category": TEXT}
    columns |= {"low": NUMBER, "ends_before": NUMBER, "number_at": TEXT, "days_per_unit": NUMBER, "months_per_unit": NUMBER}
    rows = [row for sample in study.norms.samples for row in _stratum_rows(study, sample)]
    return codebook_table(columns, rows)


def _stratum_rows(study: Study, sample: NormSample) -> Iterator[tuple[Any, ...]]:
    variables = {variable.variable: variable for variable in study.protocol.participant_variables}
    for order, stratum in enumerate(sample.strata, start=1):
        of_stratum = (sample.sample, stratum.stratum, order, stratum.n)
        for condition in stratum_conditions(stratum, variables):
            for category in condition.categories:
                yield (*of_stratum, condition.variable, category, None, None, None, None, None)
            if not condition.categories:
                days, months = UNITS_OF_TIME.get(variables[condition.variable].unit or "", (None, None))
                time = sample.number_at[condition.variable]
                yield (*of_stratum, condition.variable, None, condition.low, condition.high, time, days, months)


def _person_norms(study: Study) -> list[PersonNorm]:
    return [entry for code in study.scales for entry in study.norms.of_people(code)]


def person_norms_table(study: Study) -> pa.Table:
    """What a person's score is compared with: a row for each scale, sample and stratum."""
    columns = {"scale": TEXT, "sample": TEXT, "category": TEXT, "stratum": TEXT, "stratum_category": TEXT, "mean": NUMBER}
    columns |= {"sd": NUMBER, "percentiles": TEXT, "is_stratified": FLAG, "is_reported": FLAG}
    rows = []
    for entry in _person_norms(study):
        for stratum in entry.strata:
            norm, table = stratum.norm, stratum.percentiles
            rows.append(
                (
                    *(entry.scale, entry.sample.sample, entry.category, stratum.stratum, entry.category_of(stratum.stratum)),
                    *(None if norm is None else norm.mean, None if norm is None else norm.sd),
                    None if table is None else "normal" if table.normal else "table",
                    *(entry.is_stratified, entry.is_reported),
                )
            )
    return codebook_table(columns, rows)


def norm_percentiles_table(study: Study) -> pa.Table:
    """The steps that scores are looked up in; empty where no norm has a table of percentiles."""
    columns = {"scale": TEXT, "sample": TEXT, "stratum": TEXT, "low": NUMBER, "high": NUMBER}
    columns |= {"percentile_low": NUMBER, "percentile_high": NUMBER, "is_open": FLAG}
    return codebook_table(
        columns,
        [
            (
                *(entry.scale, entry.sample.sample, stratum.stratum, step.low, step.high),
                *(step.percentile_low, step.percentile_high, step.is_open),
            )
            for entry in _person_norms(study)
            for stratum in entry.strata
            if stratum.percentiles is not None
            for step in stratum.percentiles.steps
        ],
    )


def norm_limits_table(study: Study) -> pa.Table:
    """T scores and percentiles from which on people are counted, by scale and sample."""
    columns = {"scale": TEXT, "sample": TEXT, "category": TEXT, "metric": TEXT, "cut_off": NUMBER, "side": TEXT}
    return codebook_table(
        columns | {"meaning": TEXT, "source": TEXT},
        [
            (
                *(entry.scale, entry.sample.sample, entry.category_of(limit.code), limit.metric, limit.value),
                *(limit.direction, limit.meaning, limit.source),
            )
            for entry in _person_norms(study)
            for limit in entry.limits
        ],
    )
