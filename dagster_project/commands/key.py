"""`wavehouse key`: the key of a study's pseudonyms: what it is known by, another one, a copy of it for a safe."""

import argparse
import getpass
import os
import sys
from dataclasses import replace
from pathlib import Path

from dagster_project.commands.command import add_command
from dagster_project.keys import KEY_VARIABLE, KeyFileError, find_key, newest_manifest, read_rotation
from dagster_project.settings import Settings
from dagster_project.terminal import say

PASSPHRASE_VARIABLE = "WAVEHOUSE_PASSPHRASE"
_DESCRIPTION = f"""Show, rotate, escrow or restore the key of a study's pseudonyms.

actions
  show     where the key is and what it is known by; never the key itself
  rotate   make a new key and run everything: everybody gets a new pseudonym, and no former one can be computed any more.
           Where {KEY_VARIABLE} holds another key than the standing release's, it is that one
  escrow   write the key to a file, encrypted with a passphrase, to be kept where the study's home is not
  restore  put the key of an escrow back in its place, if it is the one that made the standing release

The passphrase is asked for on the terminal, or read from {PASSPHRASE_VARIABLE}.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    key = add_command(commands, "key", "show, rotate, escrow or restore the key of a study's pseudonyms", execute)
    key.description, key.formatter_class = _DESCRIPTION, argparse.RawDescriptionHelpFormatter
    key.add_argument("action", choices=("show", "rotate", "escrow", "restore"), help="what is done with the key")
    key.add_argument("file", nargs="?", type=Path, metavar="FILE", help="of an escrow: the file that is written or read")
    key.add_argument("--cancel", action="store_true", help="of rotate: take back a rotation that has not ended")
    key.add_argument("--yes", action="store_true", help="of rotate: do not ask before anything is changed")
    key.add_argument("--quiet", action="store_true", help="of the run that follows, print the summary only")


def execute(options: argparse.Namespace, settings: Settings) -> int:
    if (options.file is None) == (options.action in ("escrow", "restore")):
        cure = "name the file of the escrow" if options.file is None else "takes no file"
        raise KeyFileError(f"wavehouse key {options.action}: {cure}")
    if options.cancel and options.action != "rotate":
        raise KeyFileError(f"wavehouse key {options.action}: --cancel is of rotate; leave it out")
    actions = {"show": _show, "rotate": _rotate, "escrow": _escrow, "restore": _restore}
    return actions[options.action](options, settings)


def _show(options: argparse.Namespace, settings: Settings) -> int:
    manifest = newest_manifest(settings.study_folder)
    if manifest is None and not settings.pseudonym_key and not settings.key_file.exists():
        say("there is no key yet; the first run makes one")
        return 0
    key = find_key(settings.key_sources)
    say(f"the key is in {key.source}; its check value is {key.check}")
    say(
        f"pseudonyms are derived from it and the study's name, {key.study}"
        if key.study
        else "pseudonyms are made with the key itself, as in early releases: with the same key, those of another study could"
        " be joined with them; `wavehouse key rotate` makes new ones, from the study's name, too"
    )
    if manifest is None:
        say("nothing has been released with it")
    elif manifest.get("key_check") == key.check:
        say(f"release {manifest['release']} was made with it")
    if (rotation := read_rotation(settings.study_home)) is not None:
        say(
            f"a rotation was begun at {rotation.begun_at}, and the standing release is of the former key: `wavehouse run`"
            " goes on, `wavehouse key rotate --cancel` goes back"
        )
    return 0


def _rotate(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.rotation import (
        begin_key_rotation,
        cancel_key_rotation,
        finish_key_cancellation,
        finish_key_rotation,
        has_rotation,
        releases_of_former_keys,
    )
    from dagster_project.run import run_everything
    from dagster_project.study import read_study
    from dagster_project.study_lock import study_lock
    from dagster_project.trail import check_trail

    def report(line: str) -> None:
        say(f"wavehouse: {line}", file=sys.stderr)

    with study_lock(settings.lock_file, "key", report=report):
        check_trail(settings.study_folder)
        if options.cancel:
            cancel_key_rotation(settings)
            say("the key is the former one again; `wavehouse run` makes the working file anew")
            return 0
        finish_key_rotation(settings)
        finish_key_cancellation(settings)
        if not has_rotation(settings):
            read_study(settings.study_folder)  # what is wrong with it is said before anything is changed
            if not options.yes and not _is_confirmed():
                say("nothing was changed")
                return 1
            begin_key_rotation(settings)
        rotation = read_rotation(settings.study_home)
        has_own_key = rotation is not None and rotation.secret is not None
        # The environment's key is the former one then, and no longer used.
        new_settings = replace(settings, pseudonym_key=None) if has_own_key else settings
        code = run_everything(new_settings, quiet=options.quiet, is_forced=True, waits=True)
        if has_rotation(settings):
            say(
                "the key is not rotated yet: the release is of the former one. Correct what the run says; then"
                " `wavehouse run` goes on, or `wavehouse key rotate --cancel` goes back",
                file=sys.stderr,
            )
            return code or 1
        key = new_settings.study_key()
        say(f"rotated: everybody has a new pseudonym; the key is in {key.source}, its check value is {key.check}")
        say("no person of an earlier release can be joined with this one by pseudonym, and the diff compares none across")
        if former := releases_of_former_keys(settings.study_folder, key.check):
            say(f"these releases still carry former pseudonyms; delete them if nobody may have them: {', '.join(former)}")
        if has_own_key and settings.pseudonym_key:
            say(f"{KEY_VARIABLE} holds the former key: unset it wherever this study is run")
        say("escrows of the former key are of no use for this study any more: `wavehouse key escrow FILE` writes another")
        return code


def _is_confirmed() -> bool:
    if not sys.stdin.isatty():
        raise KeyFileError("nobody can be asked here; --yes goes on without asking; nothing was changed")
    say("everybody gets a new pseudonym, and former ones can be computed by nobody who has no escrow of the former key")
    return input("Type yes to go on: ").strip().lower() == "yes"


def _escrow(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.keys.escrow import write_escrow
    from dagster_project.trail import TrailError, check_trail, record

    _refuse_during_rotation(settings)
    check_trail(settings.study_folder)
    manifest = newest_manifest(settings.study_folder) or {}
    key = find_key(settings.key_sources)
    if options.file.exists():
        raise KeyFileError(f"{options.file}: is there already, and nothing is overwritten; name another file")
    passphrase = _passphrase(is_new=True)
    header = write_escrow(options.file, key, settings.study_folder.name, manifest.get("release", ""), passphrase)
    try:
        record(settings, "key_escrow", {"check": header.check, "release": header.release})
    except TrailError:
        options.file.unlink()  # no copy of the key without a trace
        raise
    say(f"{options.file}: the key with check value {header.check}, encrypted; without the passphrase it is of no use")
    say("keep it where the study's home is not, and the passphrase somewhere else")
    return 0


def _restore(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.keys import write_private
    from dagster_project.keys.escrow import read_escrow, read_header
    from dagster_project.study_lock import study_lock
    from dagster_project.trail import check_trail, record

    _refuse_during_rotation(settings)
    check_trail(settings.study_folder)
    manifest = newest_manifest(settings.study_folder) or {}
    header = read_header(options.file)
    check, name = manifest.get("key_check"), settings.study_folder.name
    if header.check != check and header.folder != name:
        raise KeyFileError(f"{options.file}: is the escrow of study {header.folder}, and this is {name}")
    if check is not None and header.check != check:
        raise KeyFileError(
            f"{options.file}: is of another key (check value {header.check}) than the one that release"
            f" {manifest.get('release', '?')} was made with ({check}); use the escrow of that one"
        )
    header, key = read_escrow(options.file, _passphrase(is_new=False))
    with study_lock(settings.lock_file, "key"):
        if settings.key_file.exists() and settings.key_file.read_bytes().strip() not in (b"", key.secret):
            raise KeyFileError(
                f"{settings.key_file}: holds another key; move it away first, if it is not needed, then restore again"
            )
        write_private(settings.key_file, key.secret)
        record(settings, "key_restored", {"check": header.check, "escrow_written_at": header.written_at})
    say(f"{settings.key_file}: the key with check value {header.check} is back in its place")
    if settings.pseudonym_key and settings.pseudonym_key.encode() != key.secret:
        say(f"{KEY_VARIABLE} holds another key and goes before the file: unset it")
    return 0


def _refuse_during_rotation(settings: Settings) -> None:
    if read_rotation(settings.study_home) is not None:
        raise KeyFileError(
            f"{settings.study_folder}: a rotation of the key goes on; end it with `wavehouse run`, or take it back with"
            " `wavehouse key rotate --cancel`, first"
        )


def _passphrase(*, is_new: bool) -> str:
    """From the environment or the terminal, there twice for a new one."""
    if given_text := os.environ.get(PASSPHRASE_VARIABLE):
        return given_text
    if not sys.stdin.isatty():
        raise KeyFileError(f"nobody can be asked for the passphrase here; set {PASSPHRASE_VARIABLE}")
    passphrase = getpass.getpass("Passphrase: ")
    if is_new and getpass.getpass("The same again: ") != passphrase:
        raise KeyFileError("the two passphrases differ; nothing was written")
    return passphrase
