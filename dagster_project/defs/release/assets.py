"""The release: a finished copy that people read, swapped in whole when every blocking check has passed.

Belongs here: deciding whether there is anything new, and filling the new release. Does not belong here: how a release is
swapped (warehouse/), how a page is laid out (report/).
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg

from dagster_project.audit import FINDINGS_COLUMNS
from dagster_project.defs.outcomes.assets import OUTCOMES, laid_out, read_results
from dagster_project.defs.release.diff import recall_diff, remember_diff
from dagster_project.defs.release.truth import contradictions
from dagster_project.defs.stamps import STAMPS_COLUMNS
from dagster_project.defs.study_run import StudyRun
from dagster_project.fingerprint import code_files
from dagster_project.report import (
    COLUMNS,
    FIGURES_COLUMNS,
    LEFT_OUT,
    LISTED,
    MOST_PEOPLE,
    SUBJECTS,
    Figure,
    Released,
    Sources,
    citation,
    methods,
    table_joint_display,
    turned_claims,
    write_ard,
    write_dictionary,
    write_figures,
    write_latex,
    write_package,
    write_page,
    write_tables,
    write_word,
    write_workbook,
)
from dagster_project.report.checklists import judge_checklist, read_answers, read_checklists, table_checklist
from dagster_project.results import RESULTS_COLUMNS, ResultRow, ard_rows, diff_markdown, trace_sql
from dagster_project.settings import Settings, key_check, read_settings
from dagster_project.study import CODEBOOK_COLUMNS, Study, StudyError, column_descriptions
from dagster_project.synthesis import DISPLAY_COLUMNS, read_propositions
from dagster_project.warehouse import (
    Warehouse,
    copy_schemas,
    current_release,
    publish_release,
    recover_release,
    release_names,
    rows,
)

SCHEMAS = ("codebook", "marts", "results")
_MARTS = (
    "answer_codes", "answer_sheets", "answers", "category_counts", "change_counts", "change_moments", "code_counts",
    "counted_people", "counted_profiles", "exclusions", "exports", "item_counts", "item_moments", "leaver_moments",
    "measure_values", "missing_answers", "number_moments", "participant_values", "participants", "pattern_moments",
    "person_profiles", "rejected_counts", "return_states", "returns", "scale_moments", "scale_scores", "score_changes",
    "score_counts", "score_ledger", "score_profiles", "scores", "service_counts", "service_pairs", "service_use",
    "study_flow", "wave_stamps",
)  # fmt: skip


@dg.definitions
def defs() -> dg.Definitions:
    return build(read_settings())


def build(settings: Settings) -> dg.Definitions:
    """The release of one study."""

    @dg.asset(
        key="release",
        deps=[
            dg.AssetKey("codebook"),
            # Its check on how much was rejected blocks a release.
            dg.AssetKey(["staging", "rejected_answers"]),
            *(dg.AssetKey(["marts", mart]) for mart in _MARTS),
            *(dg.AssetKey(["results", name]) for name in (*OUTCOMES, "reproduction", "audit", "joint_display", "figures")),
        ],
        group_name="release",
        kinds={"duckdb", "csv", "html"},
        owners=["team:data-management"],
        description="What people read: marts, results and codebook as one DuckDB file, Tables 1 to 4 as CSV and as a page.",
        check_specs=[
            dg.AssetCheckSpec(
                "one_truth",
                asset="release",
                blocking=True,
                description="All that is released was computed from the same exports by the same definitions.",
            )
        ],
    )
    def release(study_run: dg.ResourceParam[StudyRun]) -> Iterator[Any]:
        study = study_run.study()
        try:
            read_answers(study)
        except StudyError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        # Asked before anything is published, and not by a step of its own: nothing may come between.
        against = contradictions(Warehouse(settings.warehouse_file), study)
        yield dg.AssetCheckResult(
            check_name="one_truth",
            passed=not against,
            severity=dg.AssetCheckSeverity.ERROR,
            description=against[0] + (f" (and {len(against) - 1} more)" if len(against) > 1 else "")
            if against
            else "Everything was computed from the same exports by the same definitions.",
        )
        if against:
            raise dg.Failure(against[0], allow_retries=False)
        recover_release(settings.study_folder)
        fingerprint = _fingerprint(settings, study)
        standing = current_release(settings.study_folder)
        is_new = standing is None or standing.get("fingerprint") != fingerprint
        changed = "The release is as it was."
        if is_new:
            now = datetime.now(UTC)
            name = f"{now:%Y%m%dT%H%M%S}-{fingerprint[:8]}-{study_run.run_id[:8]}"
            changed = _difference(settings, standing, name)
            manifest = {
                "release": name,
                "study": settings.study_folder.name,
                "run_id": study_run.run_id,
                "released_at": now.isoformat(),
                "fingerprint": fingerprint,
                "definitions": study.definitions_hash,
                "key_check": key_check(settings.key()),
            }
            if standing is not None:
                manifest["previous"] = standing["release"]

            def fill(folder: Path) -> None:
                _fill(settings, study, folder, manifest)
                study_run.study()  # what was read again on the way was what the codebook was made from

            publish_release(settings.study_folder, name, manifest, fill)
        else:
            recall_diff(Warehouse(settings.warehouse_file), settings.study_folder / "release" / "warehouse.duckdb")
        study_run.write_taken(study, (current_release(settings.study_folder) or {})["release"])
        folder = settings.study_folder / "release"
        yield dg.MaterializeResult(
            metadata={
                "folder": dg.MetadataValue.path(str(folder)),
                "database": dg.MetadataValue.path(str(folder / "warehouse.duckdb")),
                "page": dg.MetadataValue.path(str(folder / "index.html")),
                "is new": is_new,
                "what changed": dg.MetadataValue.md(changed),
                "fingerprint": fingerprint,
            }
        )

    return dg.Definitions(assets=[release])


def _difference(settings: Settings, standing: dict[str, str] | None, name: str) -> str:
    """Write what the release to come changes into the working file, and say it."""
    folder = settings.study_folder
    file = folder / "release" / "warehouse.duckdb" if standing is not None else None
    names = (standing.get("release") if standing else None, name)
    rows = remember_diff(Warehouse(settings.warehouse_file), file, names, release_names(folder))
    return "This is the first release." if standing is None else diff_markdown(rows)


def _fill(settings: Settings, study: Study, folder: Path, manifest: Mapping[str, str]) -> None:
    copy_schemas(settings.warehouse_file, folder / "warehouse.duckdb", SCHEMAS, _descriptions(study))
    released = Warehouse(folder / "warehouse.duckdb")
    # Closed before the package, which takes the hash of the file.
    with released.kept_open():
        with released.connect() as connection:
            parts = rows(connection, "select scale, part from codebook.scale_parts order by scale, part_order")
            items = rows(connection, "select scale, item from codebook.scale_items order by scale, item_order")
            connection.execute(trace_sql(parts, items))
        by_id = read_results(released)
        results = list(by_id.values())
        tables = laid_out(study, results)
        reproduction = released.rows("select * from results.reproduction order by line")
        declared = read_propositions(study)
        display = {name: released.rows(f"from results.{name}") for name in DISPLAY_COLUMNS}
        changes = released.rows("select * from results.release_diff order by kind, what")
        turned = turned_claims(changes, manifest["release"])
        joint = table_joint_display(study, display, declared.note if declared else None, turned)
        further = next((place for place, table in enumerate(tables) if table.number.startswith("S")), len(tables))
        tables[further:further] = [joint] if joint else []
        figures = _figures(study, by_id, released)
        sections = ["flow", "methods", "audit", *(["figures"] if figures else []), *(["joint"] if joint else [])]
        answers, drawn = read_answers(study), [one.name for one in figures]
        checklists = [
            (one, judge_checklist(one, answers, study, tables, by_id, drawn, sections)) for one in read_checklists()
        ]
        forms = [table_checklist(one, judged, f"C{place}") for place, (one, judged) in enumerate(checklists, start=1)]
        write_tables(folder / "tables", [*tables, *(one.table for one in figures), *forms], reproduction)
        write_figures(folder / "figures", figures)
        said = methods(study, by_id)
        cite, _ = citation(study, manifest, version("wavehouse"))
        released_at = datetime.fromisoformat(manifest["released_at"])
        protocol = study.protocol
        opening = [text for text in (f"{protocol.source.rstrip('.')}. {protocol.licence}", protocol.stand_in, cite) if text]
        write_word(folder / "tables.docx", protocol.title, opening, said, tables, released_at)
        write_word(folder / "checklists.docx", f"Reporting checklists: {protocol.title}", [cite], [], forms, released_at)
        write_workbook(folder / "tables.xlsx", study, tables, by_id, released_at)
        write_latex(folder / "tables.tex", study, tables)
        write_ard(folder, ard_rows(results, study.protocol.plan_hash))
        content = Released(
            manifest=manifest,
            version=version("wavehouse"),
            tables=tables,
            figures=figures,
            checklists=checklists,
            results=by_id,
            reproduction=reproduction,
            findings=released.rows("from results.findings where severity <> 'note' or subject = 'published' order by line"),
            display=display,
            display_note=declared.note if declared else None,
            changes=changes,
            sources=_sources(released),
            listed=_listed(released, study),
        )
        write_page(folder / "index.html", study, content)
        columns = released.rows(_EVERY_COLUMN)
        subjects = {name: released.rows(f"from codebook.{name}") for name in SUBJECTS}
        write_dictionary(folder / "codebook.html", study, subjects, columns)
    write_package(folder, study, manifest, columns)


def _figures(study: Study, results: Mapping[str, ResultRow], released: Warehouse) -> list[Figure]:
    """The drawings as the released file has them, with their numbers."""
    # The plotting library takes two seconds to come, and only a new release needs it.
    from dagster_project.report.figures import figure_tables

    tables = figure_tables(study, results)
    return [
        Figure(
            row["name"],
            row["title"],
            row["alt"],
            replace(tables[row["name"]], number=f"F{row['position']}"),
            tuple(row["notes"].splitlines()),
            row["svg"],
        )
        for row in released.rows("from results.figures order by position")
    ]


_EVERY_COLUMN = """
    select schema_name as schema, table_name as "table", column_name as "column", data_type as type, comment as description
    from duckdb_columns()
    where not internal
    order by schema_name, table_name, column_index
"""


def _descriptions(study: Study) -> dict[str, str]:
    """Words for every column: the codebook's and the results' by table, those that follow the study by name."""
    found = column_descriptions(study)
    for name, words in CODEBOOK_COLUMNS.items():
        found[f"codebook.{name}" if "." in name else f"codebook..{name}"] = words
    for table, columns in (DISPLAY_COLUMNS | {"findings": FINDINGS_COLUMNS}).items():
        found |= {f"results.{table}.{column}": words for column, (_, words) in columns.items()}
    found |= {f"results.figures.{column}": words for column, words in FIGURES_COLUMNS.items()}
    found |= {f"results.stamps.{column}": words for column, words in STAMPS_COLUMNS.items()}
    return found | {f"results.{name}": words for name, words in RESULTS_COLUMNS.items()}


def _sources(released: Warehouse) -> Sources:
    """What stands behind the numbers of a page, counted by the database."""
    with released.connect(read_only=True) as connection:
        return Sources(
            roster=rows(connection, "select count(*) as n from marts.participants")[0]["n"],
            rules={row["scale"]: row["rule"] for row in rows(connection, "select scale, rule from codebook.scales")},
            left_out=rows(connection, LEFT_OUT),
            columns=rows(connection, COLUMNS),
            exports=rows(
                connection, "select wave, file_name, version, source_file from marts.exports order by export, file_name"
            ),
        )


def _listed(released: Warehouse, study: Study) -> dict[str, list[dict[str, Any]]]:
    """The people of a study small enough to list them."""
    if (
        not study.protocol.shows_people
        or len(released.rows(f"from marts.participants limit {MOST_PEOPLE + 1}")) > MOST_PEOPLE
    ):
        return {}
    return {name: released.rows(sql) for name, sql in LISTED.items()}


def _fingerprint(settings: Settings, study: Study) -> str:
    """What a release is made of: exports, protocol, scoring and report code, and every result. Not who ran it, or when."""
    digest = hashlib.sha256()
    with Warehouse(settings.warehouse_file).connect(read_only=True) as connection:
        for sql in (
            "select export, sha256, fingerprint from raw.exports order by export",
            "select * exclude (run_id, computed_at) from results.results order by result_id",
            "select * from results.reproduction order by line",
            *(f"select * from results.{name} order by all" for name in ("findings", *DISPLAY_COLUMNS)),
        ):
            for row in connection.execute(sql).fetchall():
                digest.update(repr(row).encode())
    digest.update(study.definitions_hash.encode())
    for path in code_files(settings.checkout):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
