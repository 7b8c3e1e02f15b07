"""The coded segments of a study's interviews, as the working file holds them. Their texts are never released, but for quotes
that the study chose.

Belongs here: landing the files, the tables `raw.segments` (one row a coding, with its reason where it is set aside) and
`raw.codes`. Does not belong here: reading a format (synthesis/segments), who of them is on the roster (outcomes/display.py).
"""

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import asdict, dataclass

import pyarrow as pa

from dagster_project.checks import Check
from dagster_project.exports import land, pseudonym
from dagster_project.markdown import markdown_table
from dagster_project.readable_files import read_whole
from dagster_project.settings import Settings
from dagster_project.stamps import SEGMENTS, stamp
from dagster_project.study import Study
from dagster_project.synthesis import CodedFile, read_interviews, read_propositions, segment_ids, unplaced_reason
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
_CODES = pa.schema(
    [("path", pa.list_(pa.string())), *((name, pa.string()) for name in ("description", "guid", "file_name"))]
)


@dataclass(frozen=True)
class LandedInterviews:
    """A coded file under its declared name, with the SHA-256 of its landed copy."""

    name: str
    sha256: str
    content: CodedFile


@dataclass(frozen=True)
class CodingRow:
    """A row of raw.segments: a coding, or what a file lost of one, with why it is set aside.

    path: the names of the code's ancestors and its own. participant_id: the pseudonym of the respondent. place: in the file.
    """

    file_name: str
    source_file: str
    place: str
    set_aside_reason: str | None
    segment_id: str | None = None
    code: str | None = None
    path: Sequence[str] | None = None
    participant_id: str | None = None
    respondent: str | None = None
    wave: str | None = None
    source: str | None = None
    start_position: int | None = None
    end_position: int | None = None
    text: str | None = None
    coder: str | None = None
    coded_at: str | None = None
    memo: str | None = None


def read_coded_files(settings: Settings, study: Study) -> list[LandedInterviews]:
    """The declared files, landed as exports are. Raises StudyError, SynthesisError or ExportError."""
    propositions = read_propositions(study)
    files = []
    for interviews in propositions.interviews if propositions else ():
        landed_file = land(study.folder / interviews.file, settings.landing)
        data = read_whole(landed_file.path, "interview_bytes", interviews.file)
        content = read_interviews(data, interviews.file, interviews)
        files.append(LandedInterviews(interviews.file, landed_file.sha256, content))
    return files


def segment_rows(files: Sequence[LandedInterviews], study: Study, key: bytes) -> list[CodingRow]:
    """The rows of `raw.segments`: all codings, and those that a file lost, each with why it is set aside.

    key: of the pseudonyms. Whether a person is on the roster is not asked here.
    """
    ids = iter(segment_ids([coding for file in files for coding in file.content.codings]))
    waves = {wave.wave for wave in study.protocol.waves}
    return [row for file in files for row in _rows(file, ids, key, waves)]


def write_segments(
    warehouse: Warehouse, files: Sequence[LandedInterviews], segments: Sequence[CodingRow], study: Study, run_id: str
) -> None:
    codes = [
        {"path": list(code.path), "description": code.description, "guid": code.guid, "file_name": file.name}
        for file in files
        for code in file.content.codes
    ]
    with warehouse.transaction() as connection:
        connection.execute("create schema if not exists raw")
        replace_table(
            connection, "raw", "segments", pa.Table.from_pylist([asdict(row) for row in segments], schema=_SEGMENTS)
        )
        replace_table(connection, "raw", "codes", pa.Table.from_pylist(codes, schema=_CODES))
        stamp(connection, SEGMENTS, (), study, run_id)


def _rows(file: LandedInterviews, ids: Iterator[str], key: bytes, waves: Set[str]) -> list[CodingRow]:
    rows = [
        CodingRow(
            file.name, file.sha256, coding.location, unplaced_reason(coding, waves),
            segment_id=next(ids), code=coding.code.name, path=coding.code.path,
            participant_id=pseudonym(coding.person.strip(), key) if coding.person else None, respondent=coding.person,
            wave=coding.wave, source=coding.source, start_position=coding.start, end_position=coding.end,
            text=coding.text, coder=coding.coder, coded_at=coding.coded_at, memo=coding.memo,
        )
        for coding in file.content.codings
    ]  # fmt: skip
    return rows + [
        CodingRow(file.name, file.sha256, coding.location, coding.reason, source=coding.source or None)
        for coding in file.content.unusable
    ]


def segment_check(files: Sequence[LandedInterviews], segments: Sequence[CodingRow]) -> Check:
    """Codings in the files, counted by another way, are those kept and those set aside."""
    n_in_files = sum(file.content.coding_count for file in files)
    n_speakers = sum(file.content.speaker_count for file in files)
    n_set_aside = sum(row.set_aside_reason is not None for row in segments)
    n_kept = len(segments) - n_set_aside
    message = f"{n_in_files} in the files, {n_kept} kept, {n_set_aside} set aside"
    speakers = f", {n_speakers} that only say who speaks" if n_speakers else ""
    return Check("codings_conserved", n_in_files == n_kept + n_set_aside + n_speakers, message + speakers)


def codings_by_code(segments: Sequence[CodingRow]) -> str:
    """A Markdown table of the codes and how many codings each has."""
    counts = Counter(" > ".join(row.path or ()) for row in segments if not row.set_aside_reason)
    if not counts:
        return "No coded segment."
    return markdown_table(("code", "codings"), sorted(counts.items()))
