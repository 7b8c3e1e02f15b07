"""What is in a release: the released file, the tables in all their forms, the page, the package.

Belongs here: filling a release's folder, the words of every column. Does not belong here: whether there is a release
(publish.py), how a page or a document is laid out (report/).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from dagster_project.audit import FINDINGS_TABLE, FindingRow
from dagster_project.languages import ENGLISH, gettext, spoken, spoken_language
from dagster_project.outcomes.analyses import OUTCOME_NAMES, all_tables
from dagster_project.outcomes.extension_tables import lacking_parts
from dagster_project.outcomes.store import read_own_statistics, read_results
from dagster_project.report import (
    COLUMNS,
    FIGURES_TABLE,
    MOST_PEOPLE,
    OMITTED_PEOPLE_QUERY,
    SUBJECTS,
    AnswerColumns,
    DescribedColumn,
    Figure,
    OmittedPeople,
    PageContent,
    PeopleRows,
    Sources,
    citation,
    codebook_document_tables,
    codebook_texts,
    joint_display_table,
    lacking_texts,
    main_results,
    main_texts,
    methods,
    numbered_tables,
    ordered_figures,
    page_choice,
    people_with_variants,
    previous_verdicts,
    read_people,
    relinked,
    sources_with_variants,
    write_ard,
    write_dictionary,
    write_figures,
    write_latex,
    write_package,
    write_page,
    write_pdf,
    write_tables,
    write_word,
    write_workbook,
)
from dagster_project.report.checklists import (
    Checklist,
    JudgedItem,
    checklist_table,
    checklists_of,
    judge_checklist,
    read_answers,
)
from dagster_project.results import (
    ESTIMANDS_TABLE,
    EXTENSION_TABLES,
    RELEASE_DIFF_TABLE,
    REPRODUCTION_TABLE,
    RESULTS_TABLE,
    ExportFile,
    GatedItem,
    ItemSource,
    ReleaseChange,
    Reproduction,
    ResultRow,
    ScaleItem,
    ScalePart,
    Table,
    ard_rows,
    own_layouts,
    table_results,
    trace_sql,
)
from dagster_project.stamps import STAMPS_TABLE
from dagster_project.study import CODEBOOK_COLUMNS, OWN_SCHEMA, Study, column_descriptions, scoring_rule
from dagster_project.synthesis import DISPLAY_TABLES, read_display, read_propositions
from dagster_project.trail.table import TRAIL_TABLE
from dagster_project.variant_marts import VARIANT_TABLES
from dagster_project.warehouse import Connection, Warehouse, copy_schemas, literal, rows, rows_as

#: The schemas that are released; raw and staging are not.
SCHEMAS = ("codebook", "marts", "results", "variants")
#: The tables that are declared whole; the others are the study's (codebook) or dbt's (marts).
TABLES = (
    ESTIMANDS_TABLE, RESULTS_TABLE, REPRODUCTION_TABLE, RELEASE_DIFF_TABLE, FINDINGS_TABLE, FIGURES_TABLE, STAMPS_TABLE,
    TRAIL_TABLE, *DISPLAY_TABLES, *VARIANT_TABLES, *EXTENSION_TABLES,
)  # fmt: skip


def fill_release(working_file: Path, study: Study, folder: Path, manifest: Mapping[str, str]) -> None:
    """Fill the folder of a release to come from the working file and the study. manifest: of that release."""
    file = folder / "warehouse.duckdb"
    own_tables = Warehouse(working_file).rows(f"from duckdb_tables() where schema_name = {literal(OWN_SCHEMA)}")
    copy_schemas(
        working_file, file, (*SCHEMAS, *((OWN_SCHEMA,) if own_tables else ())), _descriptions(study), _left_out(study)
    )
    release_file = Warehouse(file)
    # Closed before the package, which takes the hash of the file.
    with release_file.kept_open():
        with release_file.connect() as connection:
            add_trace(connection)
        english_content = content = _content(study, release_file, manifest)
        with spoken(study.protocol.language):
            if study.protocol.language != ENGLISH:
                content = _content(study, release_file, manifest)
            _write_documents(study, folder, content)
            write_page(folder / "index.html", study, content)
        _write_data(study, folder, english_content)
        columns = release_file.rows_as(DescribedColumn, _EVERY_COLUMN)
        subjects = {name: release_file.rows(f"from codebook.{name}") for name in SUBJECTS}
        reported = {(row.analysis, row.statistic) for row in content.results.values()}
        subjects["person_norms"] = [row for row in subjects["person_norms"] if row["is_reported"]]
        subjects["estimands"] = [row for row in subjects["estimands"] if (row["analysis"], row["statistic"]) in reported]
        with spoken(study.protocol.language):
            write_dictionary(folder / "codebook.html", study, subjects, columns)
    write_package(folder, study, manifest, columns)


#: The items of the blocks that are judged for careless answers.
_JUDGED_ITEMS = """
    select careless.block as scale, items.item
    from codebook.careless as careless
    inner join codebook.items as items
        on careless.block = items.instrument
        or (careless.block = 'whole_sheet' and items.instrument not in ('measures', 'services'))
    order by items.item_order
"""


def _left_out(study: Study) -> dict[str, str]:
    """The rows that a release has not: how exports spell groups that are concealed."""
    variable = study.protocol.concealed_variable
    return {} if variable is None else {"codebook.category_texts": f"variable = {literal(variable)}"}


def add_trace(connection: Connection) -> None:
    """The macros by which a result is followed to its people in SQL, in a file that holds the schemas of a release."""
    connection.execute(released_trace_sql(connection))


def released_trace_sql(connection: Connection) -> str:
    """The SQL of these macros, by the codebook of an open release."""
    parts = rows_as(connection, ScalePart, "select scale, part from codebook.scale_parts order by scale, part_order")
    items = rows_as(connection, ScaleItem, _SCALE_ITEMS)
    gates = rows_as(connection, GatedItem, "select item, gate from codebook.item_gates order by item, condition_order")
    blocks = rows_as(connection, ScaleItem, _JUDGED_ITEMS)
    sources = rows_as(connection, ItemSource, "select item, wave, part from codebook.wave_items where part > 1")
    return trace_sql(parts, items, gates, blocks, sources)


#: With those that only a variant has.
_SCALE_ITEMS = """
    select scale, item
    from (
        select scale, item, 0 as order_of_table, item_order from codebook.scale_items
        union all
        select scale, item, 1, min(item_order) from codebook.variant_scale_items group by scale, item
    ) as items
    group by scale, item
    order by scale, min(order_of_table), min(item_order)
"""


def _content(study: Study, release_file: Warehouse, manifest: Mapping[str, str]) -> PageContent:
    """All that a release shows, from its file and the study's own words."""
    results = read_results(release_file)
    propositions = read_propositions(study)
    note = propositions.note if propositions else None
    display = read_display(release_file.rows_as)
    changes = release_file.rows_as(ReleaseChange, "select * from results.release_diff order by kind, what")
    tables = all_tables(study, list(results.values()))
    main_count = sum(not table.number.startswith("S") for table in tables)
    own_tables = own_layouts(study, table_results(study, results.values())).tables
    tables[main_count:main_count] = [
        replace(table, number=str(number)) for number, table in enumerate(own_tables, start=main_count + 1)
    ]
    main_count += len(own_tables)
    verdicts = previous_verdicts(changes, manifest["release"])
    joint = joint_display_table(study, display, note, verdicts, number=str(main_count + 1))
    if joint:
        tables.insert(main_count, joint)
    tables = numbered_tables(study, tables)
    figures = ordered_figures(study, _figures(study, results, release_file))
    sections = ["flow", "methods", "audit", *(["figures"] if figures else []), *(["joint"] if joint else [])]
    reproduction = release_file.rows_as(Reproduction, "select * from results.reproduction order by line")
    choice = page_choice(study, tables, figures, has_published=bool(reproduction))
    return PageContent(
        manifest=manifest,
        main=main_results(study, results),
        version=version("wavehouse"),
        tables=tables,
        figures=figures,
        checklists=[
            (checklist, relinked(items, choice))
            for checklist, items in _checklists(study, tables, results, figures, sections)
        ],
        results=results,
        reproduction=reproduction,
        findings=release_file.rows_as(
            FindingRow, "from results.findings where severity <> 'note' or subject = 'published' order by line"
        ),
        display=display,
        display_note=note,
        changes=changes,
        sources=_sources(study, release_file),
        people_rows=_people_rows(release_file, study),
        lacking=lacking_texts(lacking_parts(release_file)),
    )


def _checklists(
    study: Study,
    tables: Sequence[Table],
    results: Mapping[str, ResultRow],
    figures: Sequence[Figure],
    sections: Sequence[str],
) -> list[tuple[Checklist, Sequence[JudgedItem]]]:
    answers, figure_names = read_answers(study), [figure.name for figure in figures]
    return [
        (checklist, judge_checklist(checklist, answers, study, tables, results, figure_names, sections))
        for checklist in checklists_of(study, answers)
    ]


def _write_documents(study: Study, folder: Path, content: PageContent) -> None:
    """The tables, figures and checklists as SVG, Word, Excel and LaTeX, in the language that is spoken."""
    protocol, results, forms = study.protocol, content.results, _forms(content)
    figure_tables = [figure.table for figure in content.figures]
    write_figures(folder / "figures", content.figures)
    released_at = datetime.fromisoformat(content.manifest["released_at"])
    cite, _ = citation(study, content.manifest, content.version)
    opening = [text for text in (protocol.origin, protocol.stand_in, *content.lacking, cite) if text]
    choice = page_choice(study, content.tables, content.figures, has_published=bool(content.reproduction))
    texts = {
        "main_results": (gettext("Main results"), main_texts(content.main)),
        "methods": (gettext("Methods"), methods(study, results)),
    }
    sections = [texts[name] for name in choice.sections if name in texts]
    word_opening = [*opening, *([choice.note] if choice.note else [])]
    write_word(folder / "tables.docx", protocol.title, word_opening, sections, choice.all_tables, released_at)
    write_word(
        folder / "checklists.docx",
        gettext("Reporting checklists: {title}", title=protocol.title),
        [cite],
        [],
        forms,
        released_at,
    )
    codebook = (
        gettext("Codebook: {title}", title=protocol.title),
        opening,
        codebook_texts(study),
        codebook_document_tables(study, {table.name: table for table in figure_tables}),
        released_at,
    )
    write_word(folder / "codebook.docx", *codebook)
    write_pdf(folder / "codebook.pdf", *codebook)
    write_workbook(folder / "tables.xlsx", study, content.tables, results, released_at)
    write_latex(folder / "tables.tex", study, content.tables)


def _write_data(study: Study, folder: Path, content: PageContent) -> None:
    """What programs read, in English: the tables as CSV, and analysis results data."""
    figure_tables = [figure.table for figure in content.figures]
    write_tables(folder / "tables", [*content.tables, *figure_tables, *_forms(content)], content.reproduction)
    write_ard(folder, ard_rows(list(content.results.values()), study.protocol.plan_hash))


def _forms(content: PageContent) -> list[Table]:
    """The checklists as forms."""
    return [
        checklist_table(checklist, items, f"C{number}")
        for number, (checklist, items) in enumerate(content.checklists, start=1)
    ]


def _figures(study: Study, results: Mapping[str, ResultRow], release_file: Warehouse) -> list[Figure]:
    """The drawings as the released file has them, with their numbers."""
    # The plotting library takes two seconds to come, and only a new release needs it.
    from dagster_project.report.figures import figure_tables

    tables = figure_tables(study, results, read_own_statistics(release_file))
    return [
        Figure(
            row["name"],
            row["title"],
            row["alt"],
            replace(tables[row["name"]], number=f"F{row['position']}"),
            tuple(row["notes"].splitlines()),
            row["svg"],
        )
        for row in release_file.rows("from results.figures order by position")
    ]


_EVERY_COLUMN = """
    select schema_name as schema, table_name as "table", column_name as "column", data_type as type, comment as description
    from duckdb_columns()
    where not internal
    order by schema_name, table_name, column_index
"""


def _descriptions(study: Study) -> dict[str, str]:
    """Words for every column: of declared tables, of the codebook by name, of those that follow the study by name."""
    descriptions = column_descriptions(study)
    for name, words in CODEBOOK_COLUMNS.items():
        descriptions[f"codebook.{name}" if "." in name else f"codebook..{name}"] = words
    for table in (*TABLES, *(replace(RESULTS_TABLE, name=view) for view in OUTCOME_NAMES)):
        descriptions |= table.comments()
    return descriptions


def _sources(study: Study, release_file: Warehouse) -> Sources:
    """What stands behind the numbers of a page, counted by the database."""
    with release_file.connect(read_only=True) as connection:
        sources = Sources(
            roster=rows(connection, "select count(*) as n from marts.participants")[0]["n"],
            rules={row["scale"]: row["rule"] for row in rows(connection, "select scale, rule from codebook.scales")},
            people_in_words={
                (row["analysis"], row["statistic"]): row["people_in_words"]
                for row in rows(connection, "select analysis, statistic, people_in_words from codebook.estimands")
            },
            left_out=rows_as(connection, OmittedPeople, OMITTED_PEOPLE_QUERY),
            columns=rows_as(connection, AnswerColumns, COLUMNS),
            exports=rows_as(connection, ExportFile, "from marts.exports order by export, file_name"),
            own_statistics=read_own_statistics(release_file),
        )
    sources = sources_with_variants(sources, release_file.rows_as)
    if spoken_language() == ENGLISH:
        return sources
    # The rules of the codebook are English.
    return replace(sources, rules={**sources.rules, **{code: scoring_rule(*entry) for code, entry in study.scales.items()}})


def _people_rows(release_file: Warehouse, study: Study) -> PeopleRows | None:
    """The people of a study small enough to list them."""
    if (
        not study.protocol.shows_people
        or len(release_file.rows(f"from marts.participants limit {MOST_PEOPLE + 1}")) > MOST_PEOPLE
    ):
        return None
    return people_with_variants(read_people(release_file.rows_as), release_file.rows_as)
