"""The checks of an export that was loaded. Belongs here: their names and words. Does not belong here: loading (load.py)."""

from collections.abc import Iterator, Sequence

from dagster_project.checks import Check, first_few
from dagster_project.raw.load import LoadedExport
from dagster_project.study import Export

#: By name: what each check says when it holds, for an export of `{source}` in `{folder}`, and whether it blocks a release.
EXPORT_CHECKS = {
    "arrived": ("An export of {source} is in {folder}/.", False),
    "contract": ("The file can be read and has the declared columns.", True),
    "landed_whole": ("Each landed copy matches the hash in its name.", False),
    "all_columns_placed": ("The file has no column that is not declared.", False),
    "dates_read": ("Every date can be read, and in one way.", False),
    "nobody_lost": ("Whoever was in the file before is in the one that took its place.", False),
    "like_the_wave_before": ("Answers are coded as they were in the wave before.", False),
    "no_direct_identifiers": ("No answer is an e-mail address, a telephone number, a postcode or a name.", False),
    "rows_conserved": ("Rows in the file = rows accepted + rows set aside.", True),
}


def source_of(export: Export) -> str:
    """What an export is of, in words."""
    if export.wave is None:
        return "the roster"
    return f"wave {export.wave}" + (f", {export.part}" if export.part else "")


def export_checks(
    loaded_export: LoadedExport, export: Export, oddities: Sequence[str], identifying: Sequence[str]
) -> Iterator[Check]:
    """What there is to say of an export that could be read. oddities: what is unlike the wave before. identifying: what
    tells who somebody is."""
    record = loaded_export.record
    missing = f"{export.folder}: no export of {source_of(export)} has arrived ({export.pattern})"
    yield Check("arrived", record.file_name is not None, record.file_name or missing, is_warning=True)
    yield Check("contract", True, "All declared columns are there.")
    landed_message = "; ".join(loaded_export.notes) or "Every landed copy matches the hash in its name."
    yield Check("landed_whole", not loaded_export.notes, landed_message, is_warning=True)
    columns = record.columns_set_aside
    yield Check("all_columns_placed", not columns, columns or "Every column is declared.", is_warning=True)
    yield Check("dates_read", not record.date_notes, record.date_notes or "Every date is read.", is_warning=True)
    missing_people = loaded_export.lost_people
    message = missing_people or "Nobody is missing who was in the file before."
    yield Check("nobody_lost", missing_people is None, message, is_warning=True)
    unlike = first_few(oddities, 3) or "Nothing is unlike before."
    yield Check("like_the_wave_before", not oddities, unlike, is_warning=True)
    words = f"{first_few(identifying, 3)}; `wavehouse check` says more" if identifying else ""
    yield Check("no_direct_identifiers", not identifying, words or "No answer tells who somebody is.", is_warning=True)
    yield Check(
        "rows_conserved",
        record.rows_in_file == record.rows_accepted + record.rows_set_aside,
        f"{record.rows_in_file} rows in the file = {record.rows_accepted} accepted + {record.rows_set_aside} set aside",
    )
