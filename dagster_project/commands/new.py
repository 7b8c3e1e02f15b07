"""`wavehouse new`: the folder of a new study."""

import argparse
from pathlib import Path

from dagster_project.places import workspace
from dagster_project.settings import Settings
from dagster_project.terminal import say


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    summary = "make the folder of a new study, with commented definitions"
    new = commands.add_parser("new", help=summary, description=summary)
    new.add_argument("name", help="a name below data/, or a path: lower-case letters, digits, underscores")
    new.add_argument(
        "--from",
        dest="sources",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="draft the definitions from these exports, or from those in a folder; they are copied and never changed",
    )
    new.set_defaults(execute=execute, study=None)


def execute(options: argparse.Namespace, settings: Settings) -> int:
    path = Path(options.name)
    folder = path if len(path.parts) > 1 or path.is_absolute() else workspace() / "data" / options.name
    if options.sources:
        return _draft(folder, options)
    from dagster_project.study import new_study

    for file in new_study(folder):
        say(str(file))
    say(f"next: declare in {folder / 'study.yaml'} what was planned, put the exports into {folder / 'raw'}/, then")
    _say_next(options.name)
    return 0


def _say_next(name: str) -> None:
    """The commands that come next, to be copied."""
    study = f'"{name}"' if any(map(str.isspace, name)) else name
    say(f"  wavehouse check --study {study}")
    say(f"  wavehouse run --study {study}")


def _draft(folder: Path, options: argparse.Namespace) -> int:
    """Draft the study from exports, and say what was written and what is left to answer."""
    from dagster_project.drafting import new_study_from

    draft = new_study_from(folder, options.sources)
    for file in (*draft.files, *draft.copies):
        say(str(file))
    for file, words in draft.definitions:
        say(f"{file}: {words}")
    for file, reason in draft.left_out:
        say(f"left out: {file}: {reason}")
    n_questions = len(draft.questions)
    say(f"{n_questions} line{'' if n_questions == 1 else 's'} to answer, {draft.n_guesses} marked as guessed")
    say(*(f"  {question}" for question in draft.questions))
    say("next: answer the lines with !ask, look at those marked guessed, then")
    _say_next(options.name)
    return 0
