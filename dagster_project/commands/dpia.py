"""`wavehouse dpia`: the draft of a data protection impact assessment, filled in from the study."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say

if TYPE_CHECKING:
    from dagster_project.assessment import Circumstances
    from dagster_project.study import Study


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    dpia = add_command(
        commands, "dpia", "draft a data protection impact assessment from the study's definitions; asks the rest", execute
    )
    dpia.add_argument("--out", type=Path, required=True, metavar="FILE", help="where it goes: FILE.docx or FILE.md")
    dpia.add_argument("--replace", action="store_true", help="replace the file if it is there")


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.assessment import assessment_draft, write_markdown, write_word
    from dagster_project.study import read_study

    target: Path = options.out
    writers = {".md": write_markdown, ".docx": write_word}
    if target.suffix.lower() not in writers:
        raise ValueError(f"{target}: this is neither .docx nor .md; give --out one of these endings")
    if target.exists() and not options.replace:
        raise ValueError(f"{target}: this is there already; --replace replaces it, with all that was answered in it")
    draft = assessment_draft(study := read_study(settings.study_folder), _circumstances(settings, study))
    # Whole or not at all: what was answered in a draft that is replaced stays until the new one is there.
    partial = target.with_name(f".{target.name}.new")
    try:
        writers[target.suffix.lower()](draft, partial)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    say(f"{target}: {len(draft.sections)} sections; {draft.question_count} answers are marked [to answer]")
    return 0


def _circumstances(settings: Settings, study: "Study") -> "Circumstances":
    """What this machine says. A study that never ran has no home and no release, and none is made."""
    from dagster_project.assessment import Circumstances
    from dagster_project.commands.check import home_of
    from dagster_project.commands.retention import declaration_lines
    from dagster_project.erasure import read_receipts
    from dagster_project.file_modes import GROUP_VARIABLE
    from dagster_project.synthesis import read_propositions
    from dagster_project.warehouse import Warehouse

    propositions = read_propositions(study)
    file = settings.study_folder / "release" / "warehouse.duckdb"
    people, returns = None, []
    if file.exists():
        release = Warehouse(file)
        people = int(release.rows("select count(*) as n from marts.participants")[0]["n"])
        returns = release.rows(
            "select wave, count(*) as n from marts.returns inner join codebook.waves using (wave) where is_returned"
            " group by wave, wave_order order by wave_order"
        )
    home = home_of(settings)
    return Circumstances(
        people=people,
        return_counts=tuple((row["wave"], int(row["n"])) for row in returns),
        retention=tuple(line.removeprefix("retention: ") for line in declaration_lines(study.protocol.retention)),
        group_reads=os.environ.get(GROUP_VARIABLE) == "1",
        erasures=len(read_receipts(home)) if home is not None else 0,
        notices=_destination(settings.notify),
        interviews=tuple(part.file for part in propositions.interviews) if propositions is not None else (),
        folders=(
            ("Exports as they came", "raw/ and, unchanged under their hash, landing/, in the study's folder"),
            ("Working file, key, lists, errors", "the study's folder in .wavehouse/ on this machine"),
            ("Releases", "releases/, public/ and disclosure_report/ in the study's folder"),
        ),
    )


def _destination(notify: str) -> str:
    """Where notices go, without what in the address is secret."""
    if not notify:
        return ""
    return "sent by e-mail" if notify.startswith("mailto:") else f"sent to {urlsplit(notify).hostname or 'a chat'}"
