"""Writing a drafted study: its definitions, and unchanged copies of its exports.

Belongs here: what is written where, and which questions are left. Does not belong here: the texts.
"""

import csv
import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dagster_project.drafting.draft import Draft, draft_study
from dagster_project.drafting.instrument_text import instrument_text
from dagster_project.drafting.protocol_text import protocol_text
from dagster_project.drafting.sources import find_sources
from dagster_project.study import ASK, further_definitions, study_code


@dataclass(frozen=True)
class WrittenDraft:
    """files: the definitions. copies: of exports. left_out: files that are no part of the study, and why. questions: the
    places that must be answered, as FILE:LINE: the line. n_guesses: how many lines are marked as guessed. definitions:
    what is said of surveys' own definitions."""

    files: tuple[Path, ...]
    copies: tuple[Path, ...]
    left_out: tuple[tuple[Path, str], ...]
    questions: tuple[str, ...]
    n_guesses: int
    definitions: tuple[tuple[Path, str], ...] = ()


def new_study_from(folder: Path, paths: Sequence[Path]) -> WrittenDraft:
    """Draft a study from exports and write its folder. The exports are copied and never changed.

    Raises StudyError when the folder exists, its name cannot be a study's code, or there is no export; ExportError for a
    data dictionary that does not go with its export.
    """
    folder = Path(folder)
    code = study_code(folder)
    draft = draft_study(find_sources(paths))
    texts = {folder / "study.yaml": protocol_text(draft, code)}
    for drafted in draft.blocks:
        if not drafted.is_of_library:
            texts[folder / "instruments" / f"{drafted.code}.yaml"] = instrument_text(draft, drafted)
    texts |= further_definitions(folder, code)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    copies = _write_exports(folder, draft)
    drafted_files = [path for path in texts if path.name == "study.yaml" or path.parent.name == "instruments"]
    numbered_lines = [
        (path, number, line.strip())
        for path in drafted_files
        for number, line in enumerate(texts[path].splitlines(), start=1)
        if not line.lstrip().startswith("#")
    ]
    questions = [f"{path}:{number}: {line}" for path, number, line in numbered_lines if f" {ASK} " in line]
    n_guesses = sum("# guessed: " in line for _, _, line in numbered_lines)
    return WrittenDraft(tuple(texts), tuple(copies), draft.left_out, tuple(questions), n_guesses, draft.definitions)


def _write_exports(folder: Path, draft: Draft) -> list[Path]:
    copies = []
    for source, target in draft.copies.items():
        copy = folder / target
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, copy)
        copies.append(copy)
    if draft.roster.people:
        file = folder / draft.roster.folder / draft.roster.pattern
        file.parent.mkdir(parents=True, exist_ok=True)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(draft.roster.people)
        file.write_text(text.getvalue(), encoding="utf-8", newline="\n")
        copies.append(file)
    return copies
