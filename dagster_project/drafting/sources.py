"""The files that a study is drafted from: found below folders, recognised, read once.

Belongs here: which files there are and which of them are tables. Does not belong here: formats (formats.py), waves.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dagster_project.drafting.definitions import (
    DefinitionFile,
    defined_columns,
    definition_in,
    disputed_words,
    joined_sheets,
    with_labels,
)
from dagster_project.drafting.formats import recognise
from dagster_project.drafting.waves import Source
from dagster_project.exports import ExportError, quoted, repeat_group_mark, with_dictionary
from dagster_project.exports.xlsform import FormSheets
from dagster_project.study import StudyError


@dataclass(frozen=True)
class Sources:
    """sources: the tables. dictionaries: REDCap's data dictionaries. left_out: files that are no tables, and why.
    definitions: surveys' own definitions, and what is said of each."""

    sources: tuple[Source, ...]
    dictionaries: tuple[Path, ...]
    left_out: tuple[tuple[Path, str], ...]
    definitions: tuple[tuple[Path, str], ...] = ()


def find_sources(paths: Sequence[Path]) -> Sources:
    """Every table of some files, and of the files below some folders. Hidden files are not looked at.

    Raises StudyError for a path that does not exist, and if there is no table; ExportError for a dictionary that does not
    go with its export.
    """
    sources: list[Source] = []
    dictionaries: list[Path] = []
    left_out: list[tuple[Path, str]] = []
    definitions: list[DefinitionFile] = []
    sheets: dict[Path, FormSheets] = {}
    for file, folders in _files(paths):
        try:
            definition = definition_in(file)
            tables = [] if definition is not None else recognise(file)
        except ExportError as error:
            left_out.append((file, str(error)))
            continue
        if isinstance(definition, FormSheets):
            sheets[file] = definition
        elif definition is not None:
            definitions.append(DefinitionFile(file, definition))
        elif not tables:
            left_out.append((file, "it is no table of a known format"))
        for table in tables:
            if table.is_dictionary:
                dictionaries.append(file)
                continue
            if (mark := repeat_group_mark(table.table.columns)) is not None:
                reason = f"a repeat group: its rows name their submission in {mark}; declare it with repeat_of"
                left_out.append((file, f"{f'sheet {table.layout.sheet}: ' if table.layout.sheet else ''}{reason}"))
                continue
            sheet = (table.layout.sheet,) if table.layout.sheet is not None else ()
            name_parts = (*sheet, file.stem, *reversed(folders))
            sources.append(Source(file, table.reader, table.layout, table.table, table.ground, name_parts))
    forms, form_parts = joined_sheets(sheets)
    left_out += form_parts
    if not sources:
        reasons = f" ({left_out[0][0].name}: {left_out[0][1]})" if left_out else ""
        names = ", ".join(map(str, paths))
        raise StudyError(f"{names}: there is no export that can be read{reasons}; name its folder or its files")
    if len(dictionaries) == 1:
        sources = [_with_dictionary(source, dictionaries[0]) for source in sources]
    else:
        left_out += [(file, "there are several data dictionaries; declare the right one") for file in dictionaries]
        dictionaries = []
    sources, words = _with_definitions(sources, [*definitions, *forms])
    return Sources(tuple(sources), tuple(dictionaries), tuple(left_out), tuple(words))


def _with_definitions(
    sources: Sequence[Source], definitions: Sequence[DefinitionFile]
) -> tuple[list[Source], list[tuple[Path, str]]]:
    """The sources with what the surveys' definitions say of their columns, and what is said of each definition."""
    n_columns = Counter[Path]()
    words: list[tuple[Path, str]] = []
    defined_sources = []
    for source in sources:
        columns, definition, disputed = defined_columns(source.table, [file.definition for file in definitions])
        file = next((file.path for file in definitions if file.definition is definition), None)
        if file is not None:
            table, other_columns = with_labels(source.table, columns)
            columns = {name: column for name, column in columns.items() if name not in other_columns}
            n_columns[file] += len(columns)
            source = replace(source, table=table, questions=columns, definition=file)
            if other_columns:
                subject = (
                    f"{len(other_columns)} columns ({quoted(other_columns[0])}, …)"
                    if len(other_columns) > 1
                    else other_columns[0]
                )
                words.append(
                    (source.path, f"{subject}: the cells hold other codes than {file.name} says; nothing is taken over")
                )
        if disputed:
            words.append((source.path, disputed_words(disputed, len(definitions))))
        defined_sources.append(source)
    for definition_file in definitions:
        count, tool = n_columns[definition_file.path], definition_file.definition.tool
        sentence = (
            f"the survey's definition ({tool}), used for {count} columns and not copied: it holds the wording of questions"
            if count
            else f"a survey's definition ({tool}) that knows the columns of no export"
        )
        words.append((definition_file.path, sentence))
        words += [(definition_file.path, problem) for problem in definition_file.definition.problems]
    return defined_sources, words


def _with_dictionary(source: Source, dictionary: Path) -> Source:
    if source.reader != "redcap":
        return source
    return replace(source, table=with_dictionary(source.table, dictionary), dictionary=dictionary)


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Each file once, with the names of the folders it lies in, below what all of them have in common."""
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise StudyError(f"{path}: there is no such file or folder; correct the path after --from")
        if path.is_file():
            files.append(path)
            continue
        for file in sorted(path.rglob("*")):
            is_hidden = any(part.startswith((".", "~$")) for part in file.relative_to(path).parts)
            if file.is_file() and not is_hidden:
                files.append(file)
    files = list(dict.fromkeys(file.absolute() for file in files))
    common_folder = Path(os.path.commonpath([file.parent for file in files])) if files else Path()
    for file in files:
        yield file, file.parent.relative_to(common_folder).parts
