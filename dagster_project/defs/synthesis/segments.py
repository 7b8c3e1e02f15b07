"""The coded segments of a study's interviews, as the working file holds them. Their texts are never released, but for quotes
that the study chose.

Belongs here: landing the files, who on the roster said a segment, the tables. Does not belong here: reading a format
(synthesis/segments), counting and judging (assets.py).

Tables: `raw.segments`, one row a coding with its reason where it is set aside; `raw.codes`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
import pyarrow as pa

from dagster_project.defs.stamps import MARTS, SEGMENTS, stamp
from dagster_project.defs.study_run import StudyRun
from dagster_project.exports import ExportError, land, pseudonym
from dagster_project.settings import Settings, read_settings
from dagster_project.study import Study, StudyError
from dagster_project.synthesis import (
    CodedFile,
    Coding,
    SynthesisError,
    read_interviews,
    read_propositions,
    segment_ids,
    why_unplaced,
)
from dagster_project.warehouse import Warehouse, replace_table

_SEGMENTS = pa.schema(
    [
        *((name, pa.string()) for name in ("segment_id", "code")),
        ("path", pa.list_(pa.string())),
        *((name, pa.string()) for name in ("participant_id", "respondent", "wave", "source")),
        ("start_position", pa.int64()),
        ("end_position", pa.int64()),
        *((name, pa.string()) for name in ("text", "coder", "coded_at", "memo", "file_name", "source_file", "place")),
        ("set_aside_reason", pa.string()),
    ]
)
CODES = pa.schema([("path", pa.list_(pa.string())), *((name, pa.string()) for name in ("description", "guid", "file_name"))])


@dg.definitions
def defs() -> dg.Definitions:
    return build(read_settings())


def build(settings: Settings) -> dg.Definitions:
    """The interviews of one study."""
    key = dg.AssetKey(["raw", "segments"])

    @dg.asset(
        key=key,
        deps=[dg.AssetKey("codebook"), dg.AssetKey(["marts", "participants"]), dg.AssetKey(["marts", "exclusions"])],
        group_name="synthesis",
        kinds={"python", "duckdb", "xml"},
        owners=["team:synthesis"],
        description="Coded interview segments, of REFI-QDA projects and tables, with the person and wave of each.",
        check_specs=[
            dg.AssetCheckSpec(
                "codings_conserved",
                asset=key,
                blocking=True,
                description="Codings in the files, counted apart, = codings kept + set aside, each with its reason.",
            ),
            dg.AssetCheckSpec(
                "people_known", asset=key, description="Every segment is of somebody on the roster, at a wave of the study."
            ),
        ],
    )
    def segments(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
        warehouse = Warehouse(settings.warehouse_file)
        study = study_run.study()
        try:
            declared = read_propositions(study)
            found = _read(settings, study, declared.interviews if declared else ())
        except (StudyError, SynthesisError, ExportError) as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        known, excluded = (_people(warehouse, table) if found else set() for table in ("participants", "exclusions"))
        names = iter(segment_ids([one for _, _, file in found for one in file.codings]))
        waves = {wave.wave for wave in study.protocol.waves}
        rows = [
            row
            for name, sha256, file in found
            for row in _rows(file, name, sha256, names, settings.key(), known, excluded, waves)
        ]
        codes = [
            {"path": list(code.path), "description": code.description, "guid": code.guid, "file_name": name}
            for name, _, file in found
            for code in file.codes
        ]
        with warehouse.transaction() as connection:
            connection.execute("create schema if not exists raw")
            replace_table(connection, "raw", "segments", pa.Table.from_pylist(rows, schema=_SEGMENTS))
            replace_table(connection, "raw", "codes", pa.Table.from_pylist(codes, schema=CODES))
            stamp(connection, SEGMENTS, (MARTS,), study, study_run.run_id)
        return _said(found, rows)

    return dg.Definitions(assets=[segments])


def read_segments(warehouse: Warehouse) -> tuple[list[dict[str, Any]], list[list[str]]]:
    """The codings that were kept, as the joint display takes them, and the paths of all codes."""
    kept = warehouse.rows(
        "select segment_id, path, participant_id as person, wave, text, source_file, place from raw.segments"
        " where set_aside_reason is null order by file_name, source, start_position, place, code"
    )
    return kept, [row["path"] for row in warehouse.rows("select distinct path from raw.codes order by path")]


def _people(warehouse: Warehouse, table: str) -> set[str]:
    return {row["participant_id"] for row in warehouse.rows(f"select participant_id from marts.{table}")}


Found = Sequence[tuple[str, str, CodedFile]]


def _read(settings: Settings, study: Study, interviews: Sequence[Any]) -> list[tuple[str, str, CodedFile]]:
    """Name, SHA-256 and content of each declared file; landed as exports are."""
    found = []
    for declared in interviews:
        landed = land(study.folder / declared.file, settings.landing)
        found.append((declared.file, landed.sha256, read_interviews(landed.path.read_bytes(), declared.file, declared)))
    return found


def _rows(
    file: CodedFile,
    name: str,
    sha256: str,
    names: Iterator[str],
    key: bytes,
    known: set[str],
    excluded: set[str],
    waves: set[str],
) -> list[dict[str, Any]]:
    nothing = dict.fromkeys(_SEGMENTS.names) | {"file_name": name, "source_file": sha256}
    rows = []
    for one in file.codings:
        person = pseudonym(one.person.strip(), key) if one.person else None
        rows.append(
            nothing
            | {
                "segment_id": next(names), "code": one.code.name, "path": list(one.code.path),
                "participant_id": person if person in known else None, "respondent": one.person, "wave": one.wave,
                "source": one.source, "start_position": one.start, "end_position": one.end, "text": one.text,
                "coder": one.coder, "coded_at": one.coded_at, "memo": one.memo, "place": one.place,
                "set_aside_reason": _reason(one, person, known, excluded, waves),
            }
        )  # fmt: skip
    rows += [
        nothing | {"source": one.source or None, "place": one.place, "set_aside_reason": one.reason} for one in file.lost
    ]
    return rows


def _reason(one: Coding, person: str | None, known: set[str], excluded: set[str], waves: set[str]) -> str | None:
    """Why a coding is set aside."""
    if person in excluded:
        return "the person was excluded"
    if person is not None and person not in known:
        return "the person is not on the roster"
    return why_unplaced(one, waves)


def _said(found: Found, rows: Sequence[dict[str, Any]]) -> dg.MaterializeResult:
    aside = Counter(row["set_aside_reason"] for row in rows if row["set_aside_reason"])
    in_files = sum(file.counted for _, _, file in found)
    speakers = sum(file.speakers for _, _, file in found)
    kept = len(rows) - aside.total()
    by_code = Counter(" > ".join(row["path"]) for row in rows if not row["set_aside_reason"])
    lines = ["| code | codings |", "|---|---|", *(f"| {code} | {count} |" for code, count in sorted(by_code.items()))]
    reasons = "; ".join(f"{count} x {reason}" for reason, count in aside.most_common())
    return dg.MaterializeResult(
        data_version=dg.DataVersion(" ".join(sha256[:12] for _, sha256, _ in found) or "none declared"),
        metadata={
            "codings kept": kept,
            "codings set aside": aside.total(),
            "codes": dg.MetadataValue.md("\n".join(lines) if by_code else "No coded segment."),
            **{name: "; ".join([file.origin, *file.notes]) for name, _, file in found},
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="codings_conserved",
                passed=in_files == kept + aside.total() + speakers,
                severity=dg.AssetCheckSeverity.ERROR,
                description=f"{in_files} in the files, {kept} kept, {aside.total()} set aside"
                + (f", {speakers} that only say who speaks" if speakers else ""),
            ),
            dg.AssetCheckResult(
                check_name="people_known",
                passed=not aside,
                severity=dg.AssetCheckSeverity.WARN,
                description=f"set aside: {reasons}" if aside else "Every segment has a person of the roster and a wave.",
            ),
        ],
    )
