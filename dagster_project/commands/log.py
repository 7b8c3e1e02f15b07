"""`wavehouse log`: who did what when to a study, and whether that is as it was written."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from dagster_project.commands.command import ReleaseAction, add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say
from dagster_project.trail import Entry, ReleasedTrail
from dagster_project.trail.chain import Fact, Facts, Line


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    log = add_command(commands, "log", "show the audit trail of a study, or verify that nobody has changed it", execute)
    log.add_argument("--verify", action="store_true", help="verify the chain of entries, and compare it with kept releases")
    log.add_argument(
        "--head",
        metavar="HASH",
        help="with --verify: a hash noted before; the trail must hold the entry that has it",
    )
    log.add_argument("--json", action="store_true", help="the entries as a list of JSON, or what was verified")
    log.add_argument("--last", type=int, metavar="N", help="the last N entries only")
    log.add_argument(
        "--release",
        type=Path,
        action=ReleaseAction,
        metavar="PATH",
        help="the copy in a release's folder, instead of the study's own trail; it is verified by itself",
    )


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.trail import broken_lines, chain_faults, head_of, release_faults, released_trails

    if options.head and not options.verify:
        raise ValueError("wavehouse log: --head is asked with --verify; add it")
    if options.last is not None and options.last < 1:
        raise ValueError(f"wavehouse log: --last {options.last}: name how many entries are shown, 1 or more")
    lines, releases = _of_release(options.release) if options.release else (_of_study(settings), None)
    if releases is None:
        releases = released_trails(settings.study_folder)
    if not options.verify:
        _show([line.entry for line in lines if line.entry is not None], options)
        if broken_count := len(broken_lines(lines)):
            words = "1 line is no entry" if broken_count == 1 else f"{broken_count} lines are no entries"
            say(f"{words}; `wavehouse log --verify` says why")
        return 0
    head = head_of(lines)
    faults = [*chain_faults(lines), *release_faults(lines, releases)]
    if options.head and not any(line.entry is not None and line.entry.hash == options.head for line in lines):
        faults.append(f"no entry has the hash {options.head}: the trail was cut off before it, or is another one")
    if options.json:
        content = {"entries": head.entry if head else 0, "head": head.hash if head else "", "faults": faults}
        print(json.dumps(content, ensure_ascii=False, indent=1))
    elif faults:
        say(*faults)
    elif head is None:
        say("the audit trail is empty: nothing has been run")
    else:
        agreement = f"{len(releases)} release{'' if len(releases) == 1 else 's'}"
        say(f"the audit trail is whole: {head.entry} entries, in agreement with {agreement}; the last hash is {head.hash}")
    return 1 if faults else 0


def _of_study(settings: Settings) -> list[Line]:
    from dagster_project.trail import read_lines, trail_file

    file = trail_file(settings.study_folder)
    return read_lines(file.read_bytes()) if file.exists() else []


def _of_release(folder: Path) -> tuple[list[Line], list[ReleasedTrail]]:
    """The copy of a release, and what its manifest says of it."""
    from dagster_project.trail.releases import released_trail

    folder = folder.parent if folder.is_file() else folder
    folder = folder / "release" if (folder / "release").is_dir() else folder
    trail = released_trail(folder)
    if trail is None or trail.lines is None:
        raise ValueError(f"{folder}: holds no audit trail; name the folder of a release that was made since there is one")
    return trail.lines, [trail]


def _show(entries: Sequence[Entry], options: argparse.Namespace) -> None:
    from dataclasses import asdict

    entries = entries[-options.last :] if options.last else entries
    if options.json:
        print(json.dumps([asdict(entry) for entry in entries], ensure_ascii=False, indent=1))
        return
    if not entries:
        say("the audit trail is empty: nothing has been run")
    for entry in entries:
        person = f"{entry.person} ({entry.os_user})" if entry.person else entry.os_user
        say(f"{entry.entry:>5}  {entry.time}  {person}, {entry.source}: {entry.kind.replace('_', ' ')}{_words(entry)}")


def _words(entry: Entry) -> str:
    """What an entry records, as far as it goes into a line."""
    text = "; ".join(_parts(entry.facts))
    return f": {text}" if text else ""


def _parts(facts: Facts) -> list[str]:
    """Names and values, without those that say nothing."""
    return [f"{name.replace('_', ' ')} {_text(value)}" for name, value in facts.items() if value not in (None, "", [], {})]


def _text(value: Fact) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        text = ", ".join(_text(part) for part in value[:_MOST_PARTS])
        return text if len(value) <= _MOST_PARTS else f"{text} and {len(value) - _MOST_PARTS} more"
    if isinstance(value, dict):
        return "(" + _text([*_parts(value)]) + ")"
    text = str(value)
    return text[:_SHORT_HASH] if len(text) == _HASH_LENGTH and text.isalnum() else text


#: How many parts of a list a line shows, and how much of a hash.
_MOST_PARTS, _SHORT_HASH, _HASH_LENGTH = 8, 12, 64
