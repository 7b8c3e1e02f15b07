"""The files of a public release: page, tables, results, analysis results data, codebook, data package.

Belongs here: writing them from public results and the study's definitions. Does not belong here: which numbers are public
(public_results.py), the folder's place (release/).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from dagster_project.disclosure.brackets import MARK
from dagster_project.disclosure.figures import public_figures
from dagster_project.disclosure.layout import public_tables
from dagster_project.disclosure.public_results import PublicResults
from dagster_project.languages import gettext, number_text, spoken, translate, translate_method
from dagster_project.report import (
    DescribedColumn,
    write_ard,
    write_csv,
    write_figures,
    write_package,
    write_public_page,
    write_public_workbook,
    write_tables,
    write_word,
)
from dagster_project.results import RESULTS_TABLE, STATISTICS, ResultRow, ard_rows, statistic_of
from dagster_project.study import Disclosure, Study, scoring_rule

#: Of a result, what is of no use to everybody, or would tell how many people it is of.
_TEAM_COLUMNS = frozenset({"df", "level", "family", "plan_hash", "run_id", "computed_at"})
_RESULT_COLUMNS = tuple(column for column in RESULTS_TABLE.columns if column.name not in _TEAM_COLUMNS)
_TYPES = {"text": "VARCHAR", "whole": "BIGINT", "number": "DOUBLE"}


def write_public_files(
    folder: Path, study: Study, public: PublicResults, manifest: Mapping[str, str], lacking: Sequence[str]
) -> None:
    """Fill the folder: data in English, what people read in the study's language. lacking: the analyses of the team's
    release of which nothing is public."""
    write_tables(folder / "tables", public_tables(study, public.rows), [])
    rows = write_public_results(folder, public)
    write_ard(folder, ard_rows(rows, study.protocol.plan_hash))
    write_csv(folder / "codebook.csv", [("kind", "code", "label", "words"), *_codebook(study, rows)])
    with spoken(study.protocol.language):
        _write_documents(folder, study, public, manifest, lacking)
    columns = [
        DescribedColumn("results", "results", column.name, _TYPES.get(column.type, "any"), column.description)
        for column in _RESULT_COLUMNS
    ]
    write_package(folder, study, manifest, columns)


def write_public_results(folder: Path, public: PublicResults) -> list[ResultRow]:
    """Write results.csv, every number of a public release. Returns its rows in their order."""
    # The database gives them in any order: by it alone, files of the same numbers would differ.
    rows = [public.rows[result_id] for result_id in sorted(public.rows)]
    write_csv(folder / "results.csv", [[column.name for column in _RESULT_COLUMNS], *_result_records(rows)])
    return rows


def _write_documents(
    folder: Path, study: Study, public: PublicResults, manifest: Mapping[str, str], lacking: Sequence[str]
) -> None:
    """Figures, tables in Word and Excel, and the page."""
    tables, figures = public_tables(study, public.rows), public_figures(study, public.rows)
    write_figures(folder / "figures", figures)
    opening, released_at = _opening(study, public), datetime.fromisoformat(manifest["released_at"])
    methods = [("", text) for text in _methods(study)]
    write_word(
        folder / "tables.docx",
        study.protocol.title,
        [opening],
        [(gettext("Methods"), methods), (gettext("What is not here"), [("", _lacking(lacking))])],
        tables,
        released_at,
    )
    write_public_workbook(folder / "tables.xlsx", study.protocol.title, opening, tables, released_at)
    write_public_page(
        folder / "index.html",
        study,
        release=manifest["release"],
        opening=opening,
        tables=tables,
        figures=figures,
        method_texts=_methods(study),
        lacking=_lacking(lacking),
        numbers={row.result_id: _lines(row) for row in public.rows.values()},
    )


def _result_records(rows: Sequence[ResultRow]) -> list[list[Any]]:
    records = []
    for row in rows:
        fields = asdict(row)
        records.append([fields[column.name] for column in _RESULT_COLUMNS])
    return records


def _opening(study: Study, public: PublicResults) -> str:
    """What its readers must know of a public release."""
    rule = _rule(study)
    hidden_count = sum(row.printed == MARK for row in public.rows.values())
    texts = [
        gettext(
            "These numbers may be shown to everybody. What is of fewer than {minimum} people, or would tell of them together"
            " with other numbers, is hidden and printed as {mark}: {hidden} of {total} numbers.",
            minimum=rule.minimum, mark=MARK, hidden=hidden_count, total=len(public.rows),
        )
    ]  # fmt: skip
    if rule.round_to > 1 and rule.rounding == "nearest":
        texts.append(gettext("Counts of people are rounded to the nearest multiple of {multiple}.", multiple=rule.round_to))
    elif rule.round_to > 1:
        texts.append(
            gettext(
                "Counts of people are rounded to the lower or the higher, by chance, multiple of {multiple}.",
                multiple=rule.round_to,
            )
        )
    return " ".join(texts)


def _rule(study: Study) -> Disclosure:
    rule = study.protocol.disclosure
    assert isinstance(rule, Disclosure)
    return rule


def _methods(study: Study) -> list[str]:
    rule = _rule(study)
    texts = [
        gettext(
            "Means and SDs are computed from the answers and printed with so few decimals that they do not tell how many"
            " people they are of. Percentages, intervals, p, differences between groups and distances from norms are"
            " computed from the numbers as they are printed here, and therefore differ a little from those of the study's"
            " own reports."
        ),
        gettext("Minima, maxima, medians and quartiles are not given: they are values of single people."),
        gettext(
            "A mean is hidden where together with the other means of its measure it would tell of fewer than {minimum}"
            " people, for example of those who answered the first wave and not the second.",
            minimum=rule.minimum,
        ),
    ]
    if study.protocol.disclosure != "none" and rule.edition > 1:
        texts.append(
            gettext("This is edition {edition}: it does not take earlier editions into account.", edition=rule.edition)
        )
    return texts


def _lacking(analyses: Sequence[str]) -> str:
    names = ", ".join(gettext(name.replace("_", " ")) for name in analyses)
    return gettext(
        "No row of a person, no answer and no file name or day of an answer is public, nor anything else by person. Only"
        " counts, means, SDs, what follows from them, and reliability are; of these analyses of the study nothing is public,"
        " since nobody has shown that their numbers tell of no single person: {analyses}.",
        analyses=names or gettext("none"),
    )


def _lines(row: ResultRow) -> list[tuple[str, str]]:
    """What the page says of a number: formula, source, n."""
    entry = statistic_of(row.analysis, row.statistic)
    lines = [
        (gettext("number"), f"{row.result_id} = {number_text(row.printed)}"),
        (gettext("formula"), translate_method(entry.formula)),
        (gettext("method"), translate_method(row.method)),
    ]
    lines += [(gettext("people"), gettext("about {n}", n=row.n))] if row.n is not None and row.analysis != "norm" else []
    return [*lines, *([(gettext("remark"), translate(row.note))] if row.note else [])]


def _codebook(study: Study, rows: Sequence[ResultRow]) -> Iterable[tuple[str, str, str, str]]:
    """What the codes mean, from the definitions alone."""
    protocol = study.protocol
    yield from (("wave", wave.wave, wave.label, "") for wave in protocol.waves)
    yield from (("contrast", contrast.contrast, "", contrast.in_words) for contrast in protocol.contrasts)
    for code, (instrument, scale) in study.scales.items():
        yield "scale", code, scale.label, f"{instrument.name}: {scoring_rule(instrument, scale)}"
    for variable in protocol.participant_variables:
        yield "variable", variable.variable, variable.label, variable.unit or ""
        for category in variable.categories:
            yield "category", f"{variable.variable}/{category.category}", category.label, ""
    for measure in study.categorical_measures:
        yield "question", measure.measure, measure.label, ""
    for service in protocol.service_use.services if protocol.service_use else ():
        yield "service", service.service, service.label, ""
    statistics = {(row.analysis, row.statistic) for row in rows}
    for entry in STATISTICS:
        if (entry.analysis, entry.name) in statistics:
            yield "statistic", f"{entry.analysis}/{entry.name}", "", entry.formula
