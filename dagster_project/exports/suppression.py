"""People who were erased: a keyed hash of each, by which an export that brings one of them back is noticed.

The key is of its own and says nothing of pseudonyms; without it nobody can tell whose a hash is. Belongs here: that list.
Does not belong here: erasing (erasure/).
"""

import json
import os
import secrets
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.contract_result import ContractResult
from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.identifiers import composed_identifiers
from dagster_project.exports.pseudonyms import pseudonyms

#: Both in a study's home.
SUPPRESSION_FILE, SUPPRESSION_KEY = "suppression.jsonl", "suppression.key"


def suppress(home: Path, identifiers: list[str], day: str) -> None:
    """Add a person's identifiers, as exports write them, to the list of the erased. day: of the erasure."""
    key_file, file = home / SUPPRESSION_KEY, home / SUPPRESSION_FILE
    if not key_file.exists():
        key_file.touch(mode=0o600)
        key_file.write_text(secrets.token_hex(32), encoding="ascii")
    days = _erasure_days(file)
    hashes = pseudonyms(composed_identifiers(pa.array(identifiers, pa.string())), key_file.read_bytes()).to_pylist()
    days |= dict.fromkeys(hashes, day)
    partial = file.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps({"hash": digest, "erased_on": erased_on}) + "\n" for digest, erased_on in days.items())
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(file)


def refuse_erased(home: Path, result: ContractResult) -> None:
    """Raises ExportError where a row of an export, accepted or set aside, is of a person who was erased."""
    days = _erasure_days(home / SUPPRESSION_FILE)
    if not days:
        return
    key = (home / SUPPRESSION_KEY).read_bytes()
    for respondents, source_rows in (
        (result.respondents, result.source_rows),
        (result.set_aside["respondent"], result.set_aside["source_row"]),
    ):
        identifiers = (
            pa.chunked_array([composed_identifiers(respondents)], pa.string())
            if isinstance(respondents, pa.Array)
            else composed_identifiers(respondents)
        )
        hashes = pseudonyms(pa.array(identifiers.fill_null("").to_pylist(), pa.string()), key)
        is_erased = pc.is_in(hashes, value_set=pa.array(list(days), pa.string()))
        rows = pc.filter(source_rows, is_erased).to_pylist()
        if rows:
            day = days[pc.filter(hashes, is_erased)[0].as_py()]
            raise ExportError(
                f"{plain(result.name)}: row {rows[0]} is of a person who withdrew and was erased on {day}; have it deleted"
                " where the export comes from, and take it out here with `wavehouse forget` and the row's identifier"
            )


def _erasure_days(file: Path) -> dict[str, str]:
    """The day of erasure by hash."""
    if not file.exists():
        return {}
    try:
        entries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        return {entry["hash"]: entry["erased_on"] for entry in entries}
    except (ValueError, KeyError, TypeError):
        raise ExportError(f"{file}: the list of erased people is damaged; put the file back from a backup") from None
