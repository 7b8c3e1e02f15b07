"""The `wavehouse` command: thin words around the graph. Work does not belong here."""

import argparse
import atexit
import contextlib
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from dagster_project.settings import CHECKOUT, Settings, read_settings
from dagster_project.terminal import fault_line, say

if TYPE_CHECKING:
    from dagster_project.study import Instrument


def process() -> NoReturn:
    """`wavehouse` as a process of its own, ended without taking apart the million objects of a run, which costs 1.5 s."""
    code = main()
    with contextlib.suppress(BrokenPipeError):  # whoever read has read enough
        sys.stdout.flush()
    sys.stderr.flush()
    atexit._run_exitfuncs()
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, 1 when a run failed, 2 when the command could not start."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.study:
        os.environ["WAVEHOUSE_STUDY"] = given.study
    settings = read_settings()
    try:
        return int(given.command(given, settings))
    except KeyboardInterrupt:
        say("wavehouse: stopped; the release is as it was", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has read enough
        return 0
    except (ValueError, OSError) as error:
        # StudyError, ExportError, ResultsError, WarehouseError and their like are ValueErrors with one line for a person.
        say(f"wavehouse: {fault_line(str(error)) if isinstance(error, OSError) else error}", file=sys.stderr)
        return 2


_AUDIT = """Check the arithmetic of a results table: one row a printed number.

columns
  label, timepoint, statistic, printed are needed. timepoint is a moment (T1) or a change between two (T1-T2); statistic is
  n, count, percent, mean, sd, se, min, q1, median, q3, max, change, ci_low, ci_high, p, t, df, sd_change, es, correlation,
  ...
  table, section, items, aggregate (sum or mean), low, high, design and level if known. n is the number of people, of a block
  of categories the denominator; count is the people in the category. low and high are an item's lowest and highest answer.

what is assumed
  Numbers are rounded (--cut: or cut off), SDs have n - 1 in the denominator. A change whose design is not declared is taken
  as the same people at both moments, a two-sided paired t test and an interval of 95 %; where that does not fit, two groups
  and 90 and 99 % are tried, and nothing is called impossible that another design could give. Declared, a design is held to
  its arithmetic.

what the words mean
  impossible        no data can give the number beside the others, by any design or by the declared one
  inconsistent      printed numbers disagree; a practice that is named, or a slip against the table's other rows, explains it
  not reproducible  it does not follow from what is printed
  note              a reader should know (--all lists them)
  slack is how far the nearest number that would go lies beyond what rounding allows.

exit codes: 0 nothing above a note, 1 something, 2 the table or an option cannot be read
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wavehouse", description="A warehouse for longitudinal questionnaire studies.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    run = _command(commands, "run", "materialise the whole graph: exports in, tables and release out", _run)
    run.add_argument("--quiet", action="store_true", help="print the summary only")
    run.add_argument(
        "--no-wait", action="store_true", help="do not wait for another run of the study: say who runs, and end"
    )
    run.add_argument(
        "--again", action="store_true", help="run everything, also where nothing has changed since the last run"
    )

    _command(commands, "check", "say what does not fit in a study's definitions and exports; runs nothing", _check)

    contract = _command(
        commands, "contract", "say what each export's columns and answers are taken for, and what is odd", _contract
    )
    contract.add_argument("--propose", action="store_true", help="write the lines that would place missing columns")

    new = commands.add_parser("new", help="make the folder of a new study, with commented definitions")
    new.add_argument("name", help="a name below data/, or a path: lower-case letters, digits, underscores")
    new.set_defaults(command=_new, study=None)

    ui = _command(commands, "ui", "open the Dagster UI over the same history", _ui)
    ui.add_argument("--watch", action="store_true", help="start runs when exports arrive, and every night at three")
    ui.add_argument("--port", default="3000", help="the port on this machine (default 3000)")

    diff = _command(commands, "diff", "say what changed from one release to another", _diff)
    diff.add_argument("old", nargs="?", help="a release's name or the beginning of it (default: the one before the newest)")
    diff.add_argument("new", nargs="?", help="a release's name or the beginning of it (default: the newest)")
    diff.add_argument(
        "--list-answers", action="store_true", help="each person, answer and score that changed, as CSV, instead of counts"
    )
    diff.add_argument("--list", action="store_true", help="list the releases that are kept, oldest first")

    trace = _command(commands, "trace", "follow a result of the release back to people, scores, answers and cells", _trace)
    trace.add_argument("result_id", help="e.g. change/wellbeing/T1-T2/p")
    trace.add_argument("--person", help="list the answers of one person, by pseudonym (or by identifier, with --names)")
    trace.add_argument("--names", action="store_true", help="name people as in the exports, from the working file")
    trace.add_argument("--csv", action="store_true", help="write every row as CSV instead")

    audit = commands.add_parser(
        "audit",
        help="check the arithmetic of anybody's results table; needs no study and no data",
        description=_AUDIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    audit.add_argument("table", type=Path, help="a CSV in long form: label, timepoint, statistic, printed, …")
    audit.add_argument(
        "--instruments", type=Path, nargs="+", default=[], help="instrument files (YAML), or folders of them, for ranges"
    )
    audit.add_argument(
        "--effect-size",
        metavar="NAME",
        help="what the table says its effect sizes are: d_z, d_baseline, d_av, d_rm, d_s, or g_…",
    )
    audit.add_argument(
        "--design",
        choices=("paired", "groups", "other"),
        help="of the changes: the same people at both moments and a paired t test; two independent groups, named by the"
        " change's parts, and a pooled or Welch's t; anything else (a model, an adjusted p, ranks, a bootstrap)",
    )
    audit.add_argument(
        "--level", type=int, choices=(90, 95, 99), help="of the intervals, in per cent (a declared design: 95)"
    )
    audit.add_argument("--cut", action="store_true", help="the table's numbers may be cut off instead of rounded")
    audit.add_argument("--all", action="store_true", help="list the notes, too")
    audit.add_argument("--csv", action="store_true", help="write every finding as CSV instead")
    audit.set_defaults(command=_audit, study=None)

    simulate = _command(commands, "simulate", "find stand-in people who could have produced the published tables", _simulate)
    simulate.add_argument("--seed", type=int, default=None, help="the same seed gives the same people")
    simulate.add_argument("--out", type=Path, required=True, help="a new folder for the exports, e.g. stand-ins/")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, what: str, function: object
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=what, description=what)
    parser.add_argument("--study", help="a study below data/, or a study folder (default peer_workers, or WAVEHOUSE_STUDY)")
    parser.set_defaults(command=function)
    return parser


def _run(given: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.run import run_everything

    return run_everything(settings, quiet=given.quiet, again=given.again, waits=not given.no_wait)


def _check(given: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.exports import ExportError, apply_contract, dictionary_of, find_files, look, read_export
    from dagster_project.exports.arrivals import Memory
    from dagster_project.report.checklists import read_answers
    from dagster_project.results import ResultsError, read_published
    from dagster_project.study import StudyError, read_study
    from dagster_project.synthesis import check_synthesis

    study = read_study(settings.study_folder)
    say(f"{study.folder.name}: the definitions fit together: {len(study.protocol.waves)} waves, {len(study.scales)} scales")
    bad = 0
    for export in study.protocol.exports:
        name = export.wave or "roster"
        lines: list[str] = []
        try:
            files = find_files(study.folder, export)
            for file in files:
                table = read_export(file, export, file.name, dictionary_of(study, export))
                contracted = apply_contract(table, study, export, "", file.name)
                counts = f"{contracted.rows_accepted} rows accepted, {contracted.set_aside.num_rows} set aside"
                lines.append(f"  {name:<7} {file.name}: {counts}")
                lines += [f"    warning: {warning}" for warning in contracted.warnings]
                lines += [f"    error: {problem}" for problem in contracted.problems]
                bad += len(contracted.problems)
        except ExportError as error:
            lines.append(f"  {name:<7} error: {error}")
            bad += 1
        say(*(lines or [f"  {name:<7} no export has arrived in {export.folder} ({export.pattern})"]))
    for unknown in look(study, Memory(), {}).unknown:
        say(f"  warning: {unknown}: no export declares this file")
    if study.protocol.published is not None:
        try:
            say(f"  published: {len(read_published(study.folder / study.protocol.published.file))} printed values")
        except (ResultsError, OSError) as error:
            say(f"  published: error: {error}")
            bad += 1
    for finding in check_synthesis(study):
        mark = "error: " if finding.is_error else ""
        say(f"    warning: {finding.words}" if finding.is_warning else f"  {finding.about}: {mark}{finding.words}")
        bad += finding.is_error
    try:
        if answers := sum(len(items) for given in dict(read_answers(study)).values() for items in given.values()):
            say(f"  checklists: {answers} items answered")
    except StudyError as error:
        say(f"  checklists: error: {error}")
        bad += 1
    say("everything fits" if not bad else f"{bad} errors" if bad > 1 else "1 error")
    return 1 if bad else 0


def _contract(given: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.exports import (
        ExportError,
        Read,
        apply_contract,
        dictionary_of,
        find_files,
        labels_unlike,
        propose,
        propose_labels,
        read_export,
        unlike_before,
    )
    from dagster_project.study import read_study

    study = read_study(settings.study_folder)
    earlier: list[Read] = []
    open_ends = 0
    for export in study.protocol.wave_exports:
        try:
            files = find_files(study.folder, export)
            reads = []
            for file in files if export.files == "parts" else files[-1:]:
                table = read_export(file, export, file.name, dictionary_of(study, export))
                reads.append(Read(export, table, apply_contract(table, study, export, "", file.name)))
        except ExportError as error:
            say(f"{export.wave}: {error}")
            open_ends += 1
            continue
        for this in reads:
            counts = Counter(finding.verdict for finding in this.contracted.findings)
            say(f"{export.wave}: {this.contracted.name}: " + ", ".join(f"{n} {verdict}" for verdict, n in counts.items()))
            before_it = study.export_before(export)
            before = next((read for read in reversed(earlier) if read.export == before_it), None)
            odd = [
                *this.contracted.problems,
                *this.contracted.warnings,
                *unlike_before(
                    study,
                    export,
                    this.contracted.accepted,
                    before.contracted.accepted if before else None,
                    before.export.wave if before else None,
                ),
                *labels_unlike(this, earlier, study),
            ]
            proposals = propose(this, study, earlier)
            for line in (*odd, *(one.sentence for one in proposals)):
                say(f"  {line}")
            open_ends += len(odd)
            if given.propose and proposals:
                say(f"  to accept, add to study.yaml under exports, {export.export}:")
                for block in dict.fromkeys(one.block for one in proposals):
                    lines = ", ".join(f"{one.code}: {json.dumps(one.column)}" for one in proposals if one.block == block)
                    say(f"    block {block}: columns: {{{lines}}}")
            for block, texts in propose_labels(this, study).items():
                named = ", ".join(f"{json.dumps(text, ensure_ascii=False)}: {code}" for text, code in texts.items())
                say(f"  {len(texts)} texts of {block} are labels that the export's dictionary knows")
                if given.propose:
                    say(f"  to accept, add to study.yaml under exports, {export.export}:")
                    say(f"    labels: - {{blocks: [{block}], labels: {{{named}}}}}")
                open_ends += 1
        earlier += reads
    return 1 if open_ends else 0


def _new(given: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.study import new_study

    path = Path(given.name)
    folder = path if len(path.parts) > 1 or path.is_absolute() else CHECKOUT / "data" / given.name
    for file in new_study(folder):
        say(str(file))
    say(f"next: say in {folder / 'study.yaml'} what was planned, drop exports into {folder / 'raw'}/, then")
    say(f"  wavehouse check --study {given.name}")
    say(f"  wavehouse run --study {given.name}")
    return 0


def _ui(given: argparse.Namespace, settings: Settings) -> int:
    import subprocess

    from dagster_project.defs.history import move_damaged_aside
    from dagster_project.run import dagster_home

    dagster_home(settings)
    for fault in move_damaged_aside(settings.dagster_home):
        say(f"warning: {fault}", file=sys.stderr)
    if given.watch:
        os.environ["WAVEHOUSE_WATCH"] = "1"
    say(f"wavehouse: http://127.0.0.1:{given.port} (stop with Ctrl+C)", file=sys.stderr)
    # The code location is named in pyproject.toml under [tool.dagster].
    command = [sys.executable, "-m", "dagster", "dev", "-h", "127.0.0.1", "-p", given.port]
    return subprocess.run(command, cwd=CHECKOUT, check=False).returncode


def _diff(given: argparse.Namespace, settings: Settings) -> int:
    import csv
    from dataclasses import asdict

    from dagster_project.defs.release.diff import LIST_COLUMNS, diff_of_files, list_changes
    from dagster_project.results import diff_markdown
    from dagster_project.warehouse import release_names

    releases = release_names(settings.study_folder)
    if given.list:
        say(*(releases or ["there is no release yet; `wavehouse run` makes one"]))
        return 0
    old, new = (_release(word, releases, place) for word, place in ((given.old, -2), (given.new, -1)))
    files = [settings.study_folder / "releases" / name / "warehouse.duckdb" for name in (old, new)]
    if given.list_answers:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(LIST_COLUMNS)
        writer.writerows(list_changes(*files))
        return 0
    say(f"from {old} to {new}")
    say(*diff_markdown(asdict(row) for row in diff_of_files(*files)).split("\n"))
    return 0


def _release(word: str | None, releases: Sequence[str], place: int) -> str:
    """A kept release by the beginning of its name, or the one at a place from the end."""
    if word is None:
        if len(releases) < -place:
            raise ValueError(f"a diff needs two releases, and {len(releases)} is kept; run again when something has changed")
        return releases[place]
    found = [name for name in releases if name.startswith(word)]
    if len(found) != 1:
        what = "no release begins" if not found else f"{len(found)} releases begin"
        raise ValueError(f"{what} with {word!r}; the kept ones are {', '.join(releases) or 'none'}")
    return found[0]


def _trace(given: argparse.Namespace, settings: Settings) -> int:
    import csv
    from functools import partial

    from dagster_project.results import TRACE_COLUMNS, alike, person_lines, trace_lines
    from dagster_project.warehouse import Warehouse, rows

    file = settings.study_folder / "release" / "warehouse.duckdb"
    if not file.exists():
        raise ValueError(f"{settings.study_folder}: there is no release yet; `wavehouse run` makes one")
    names: dict[str, str] = {}
    if given.names:
        roster = Warehouse(settings.warehouse_file).rows("select participant_id, respondent from raw.roster")
        names = {row["participant_id"]: row["respondent"] for row in roster}
    person = next((pseudonym for pseudonym, name in names.items() if name == given.person), given.person)
    with Warehouse(file).connect(read_only=True) as connection:
        ask = partial(rows, connection)
        if not ask("from duckdb_functions() where function_name = 'traced_rows'"):
            raise ValueError(f"{file}: an earlier version of Wavehouse made this release; `wavehouse run` makes it anew")
        if not ask("from results.results where result_id = ?", [given.result_id]):
            raise ValueError(alike(given.result_id, [row["result_id"] for row in ask("from results.results")]))
        if given.csv:
            who, whose = ("where participant_id = ?", [person]) if person is not None else ("", [])
            cursor = connection.execute(f"from trace(?) {who}", [given.result_id, *whose])
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(TRACE_COLUMNS)
            place = list(TRACE_COLUMNS).index("participant_id")
            while batch := cursor.fetchmany(10_000):
                writer.writerows((*row[:place], names.get(row[place], row[place]), *row[place + 1 :]) for row in batch)
            return 0
        say(*trace_lines(ask, given.result_id, names))
        if person is not None:
            lines = person_lines(ask, given.result_id, person)
            if not lines:
                raise ValueError(
                    f"{given.person}: no answer of this person is behind {given.result_id}; --csv lists everybody"
                )
            say("", f"{given.person}:", *lines)
    return 0


def _audit(given: argparse.Namespace, settings: Settings) -> int:
    import csv

    from dagster_project.audit import (
        DEFINITIONS,
        FINDINGS_COLUMNS,
        NOTE,
        audit_table,
        finding_lines,
        finding_row,
        finding_summary,
        place_facts,
        read_table,
        unknown_statistics,
    )
    from dagster_project.exports import decode

    if given.effect_size and given.effect_size not in {letter + name[1:] for name in DEFINITIONS for letter in "dg"}:
        raise ValueError(
            f"--effect-size: {given.effect_size!r} is no definition; give one of {', '.join(DEFINITIONS)}, or with g_"
        )
    if given.table.is_dir():
        raise ValueError(f"{given.table}: this is a folder; give the table's own file")
    if not given.table.is_file():
        raise ValueError(f"{given.table}: there is no such file; check the path")
    instruments = _instruments(given.instruments)
    table = read_table(str(given.table), decode(given.table.read_bytes(), given.table.name).utf8.decode())
    known, unplaced = place_facts(instruments, table.values)
    found = audit_table(
        table.values, known | table.facts, effect_size=given.effect_size, design=given.design, level=given.level,
        by_line=table.by_line, may_be_cut=given.cut,
    )  # fmt: skip
    unknown = unknown_statistics(table.values)
    for statistic, count in unknown.items():
        say(f"wavehouse: no rule knows the statistic {statistic!r}: {count} of the numbers not checked", file=sys.stderr)
    if unplaced:
        say(
            f"wavehouse: no row of the table is about {', '.join(map(repr, unplaced))}: these scales' ranges are not"
            " checked; labels must"
            " be those of the instruments",
            file=sys.stderr,
        )
    if given.csv:
        writer = csv.DictWriter(sys.stdout, list(FINDINGS_COLUMNS), lineterminator="\n")
        writer.writeheader()
        writer.writerows(finding_row(one, "published") for one in found)
    else:
        numbers = len(table.values) - sum(unknown.values())
        say(*finding_lines(found, with_notes=given.all), finding_summary(found, numbers, sum(unknown.values())))
    return 1 if any(one.severity != NOTE for one in found) else 0


def _instruments(paths: Sequence[Path]) -> "list[Instrument]":
    from dagster_project.study import read_instrument

    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise ValueError(f"--instruments: {path}: there is no such file or folder; check the path")
        # A study's folder has its instruments in a folder of their own.
        folder = path / "instruments" if (path / "instruments").is_dir() else path
        some = sorted(one for one in folder.iterdir() if one.suffix in (".yaml", ".yml")) if folder.is_dir() else [folder]
        if not some:
            raise ValueError(f"--instruments: {folder}: the folder holds no instrument (*.yaml, *.yml); check the path")
        files += some
    return [read_instrument(file) for file in files]


def _simulate(given: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.results import read_published
    from dagster_project.simulate import DEFAULT_SEED, refuse_standing_files, report, simulate_study, write_exports
    from dagster_project.study import StudyError, read_study

    study = read_study(settings.study_folder)
    if study.protocol.published is None:
        raise StudyError(
            f"{study.folder / 'study.yaml'}: published: there is no published table to simulate from; declare one"
        )
    refuse_standing_files(study, given.out)  # now, not after minutes of searching
    published = read_published(study.folder / study.protocol.published.file)
    seed = DEFAULT_SEED if given.seed is None else given.seed
    stand_ins = simulate_study(study, published, seed, progress=lambda line: say(f"  {line}", file=sys.stderr))
    write_exports(stand_ins, study, given.out, seed)
    say(*report(stand_ins).split("\n"))
    say(f"exports: {given.out}")
    return 0


if __name__ == "__main__":
    process()
