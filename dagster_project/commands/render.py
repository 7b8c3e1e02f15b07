"""`wavehouse render`: a manuscript with the numbers of a release."""

import argparse
from pathlib import Path

from dagster_project.commands.command import ReleaseAction, add_command
from dagster_project.languages import ENGLISH, language_error
from dagster_project.settings import Settings
from dagster_project.terminal import say

_DESCRIPTION = """Fill in a manuscript's numbers from a release: text of any kind (Markdown, Quarto, LaTeX) with

  {{ r('change/wellbeing/T1-T2/p') }}      a result as tables print it
  {{ value('change/wellbeing/T1-T2/p') }}  the number with all its digits, e.g. for {{ '%.3f' % value('…') }}
  {{ release }}                            the release's name

Whatever the language of the release, a result has a decimal point, unless --language says how the manuscript writes numbers.
An id that no result has is refused with its line and the closest ids. Comments are between {## and ##}.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    render = add_command(commands, "render", "fill in a manuscript's numbers from a release, by id", execute)
    render.description, render.formatter_class = _DESCRIPTION, argparse.RawDescriptionHelpFormatter
    render.add_argument("manuscript", type=Path, help="e.g. paper.md.jinja or paper.qmd, in UTF-8")
    render.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the text with its numbers goes")
    render.add_argument("--replace", action="store_true", help="replace the file if it is there")
    render.add_argument(
        "--language", default=ENGLISH, metavar="CODE", help="how the manuscript writes numbers: en (2.5), de, fr (2,5)"
    )
    render.add_argument(
        "--release", type=Path, action=ReleaseAction, metavar="PATH", help="a release by its path, instead of the study's"
    )


def execute(options: argparse.Namespace, settings: Settings) -> int:
    import os

    from dagster_project.manuscript import PrintedResult
    from dagster_project.manuscript_process import fill_in_apart
    from dagster_project.readable_files import read_whole
    from dagster_project.warehouse import Warehouse, find_release

    manuscript, target = options.manuscript, options.out
    if wrong := language_error(options.language):
        raise ValueError(f"--{wrong}")
    if not manuscript.is_file():
        raise ValueError(f"{manuscript}: there is no such file; check the path")
    if target.exists() and (not options.replace or target.is_dir() or target.samefile(manuscript)):
        cure = "give another name" if target.is_dir() or target.samefile(manuscript) else "--replace replaces it"
        raise ValueError(f"{target}: this is there already; {cure}")
    try:
        text = read_whole(manuscript, "definition_bytes").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{manuscript}: byte {error.start + 1} is not UTF-8; save the file as UTF-8") from None
    release = find_release(options.release or settings.study_folder)
    sql = "select result_id, case when not isnan(value) then value end as value, printed, note from results.results"
    results = {row.result_id: row for row in Warehouse(release.file).rows_as(PrintedResult, sql)}
    filled_text = fill_in_apart(text, str(manuscript), results, release.name, options.language)
    partial = target.with_name(f".{target.name}.new")
    try:
        partial.write_text(filled_text, encoding="utf-8", newline="")
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    say(f"{target}: with the numbers of release {release.name}")
    return 0
