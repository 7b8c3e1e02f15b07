"""The file of a row, by the name that a person knows it by. Nothing else belongs here: what a row is, its readers know."""

_FILES = """
    select files.sha256, files.wave, min(files.table_name) as table_name,
        min(files.file_name || coalesce(', sheet ' || exports.sheet, '')) as file_name
    from raw.versions as files left join raw.exports as exports on files.export = exports.export
    group by files.sha256, files.wave
"""


def joined_files(relation: str, *, is_roster: bool = False) -> str:
    """The SQL that joins each row of a relation with the file it stands in, as `files`: table_name, and file_name with the
    sheet of a workbook.

    relation: with the columns source_file, a SHA-256, and wave, null for rows of the roster. is_roster: all its rows are of
    the roster, and it need not have a wave.
    """
    wave = "null" if is_roster else f"{relation}.wave"
    return (
        f"left join ({_FILES}) as files on {relation}.source_file = files.sha256 and {wave} is not distinct from files.wave"
    )
