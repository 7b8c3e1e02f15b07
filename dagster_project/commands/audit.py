"""`wavehouse audit`: the arithmetic of anybody's results table."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.terminal import say

if TYPE_CHECKING:
    from dagster_project.audit import AnyTable, Finding, NumberCheck, RowFinding, ScaleFacts
    from dagster_project.results import PublishedValue
    from dagster_project.settings import Settings
    from dagster_project.study import Instrument

_DESCRIPTION = """Check the arithmetic of results tables: as they are printed, or one row a printed number.

as printed
  A Word document, a workbook, a page saved as HTML, a wide CSV, pasted text (-). Heads, names of rows and notes say what a
  cell holds: M (SD), n (%), OR (95% CI), t(29) = 2.31. What they leave open is asked, and set aside until --form or
  --decimal-mark answers it, or the preview (--preview FILE) is corrected and given back. Findings name its lines.

columns of long form
  label, timepoint, statistic, printed are needed. timepoint is a moment (T1) or a change between two (T1-T2); statistic is
  n, count, percent, mean, sd, se, min, q1, median, q3, max, change, estimate, or, rr, hr, irr, ci_low, ci_high, p, t, z, f,
  chi2, df, df1, df2, sd_change, es, correlation, ...
  table, section, items, aggregate (sum or mean), low, high, design, level and practice if known. n is the number of people,
  of a block of categories the denominator; count is the people in the category. low and high are an item's lowest and
  highest answer.

what is assumed
  Numbers are rounded (--practice cut: or cut off), SDs have n - 1 in the denominator. A change whose design is not declared
  is asked as the same people at both moments, as two groups and as a model, at 90, 95 and 99 %. The table's other rows
  decide what a misfit means: against their habit it is inconsistent; what another practice could give is a note. A declared
  design must fit its arithmetic.

what the words mean
  impossible        no data can give the number beside the others, by any design or by the declared one
  inconsistent      printed numbers disagree; a practice that is named, or a slip against the table's other rows, explains it
  not reproducible  it does not follow from what is printed
  note              a reader should know (--all lists them)
  slack is the distance of the nearest fitting value beyond what rounding allows.

exit codes: 0 no finding above a note, 1 at least one, 2 the table or an option cannot be read
"""


#: So many cells that are set aside are examples unless all are asked for.
_MAX_QUESTIONS = 5


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Names the effect sizes when the help is printed: importing what knows them would slow the start of every command."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.dest != "effect_size" or action.help is None:
            return action.help
        from dagster_project.audit import EFFECT_SIZE_DEFINITIONS

        return action.help.format(names=", ".join(EFFECT_SIZE_DEFINITIONS))


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    audit = commands.add_parser(
        "audit",
        help="check the arithmetic of anybody's results table; needs no study and no data",
        description=_DESCRIPTION,
        formatter_class=_HelpFormatter,
    )
    _add_options(audit)
    audit.set_defaults(execute=execute, study=None)


def parser_alone() -> argparse.ArgumentParser:
    """The command as a program of its own."""
    parser = argparse.ArgumentParser("wavehouse-audit", description=_DESCRIPTION, formatter_class=_HelpFormatter)
    _add_options(parser)
    return parser


def _add_options(audit: argparse.ArgumentParser) -> None:
    audit.add_argument(
        "table",
        type=Path,
        help="a document (.docx), workbook, page (.html), CSV or text with tables; - is standard input",
    )
    audit.add_argument("--preview", type=Path, metavar="FILE", help="write what was understood as CSV in long form")
    audit.add_argument(
        "--form", default="", help="what cells hold where neither heads nor notes say it: 'M (SD)', 'n (%%)', …"
    )
    audit.add_argument(
        "--decimal-mark", choices=("point", "comma"), default="", help="the decimal mark, where the table does not show it"
    )
    audit.add_argument(
        "--instruments",
        type=Path,
        nargs="+",
        default=[],
        help="instrument files (YAML), folders of them, or library:CODE, for ranges",
    )
    audit.add_argument(
        "--effect-size",
        metavar="NAME",
        help="the definition of the table's effect sizes: {names}, or g_…",
    )
    audit.add_argument(
        "--design",
        choices=("paired", "groups", "model", "other"),
        help="design of the changes: the same people at both moments and a paired t test; two independent groups, named by"
        " the change's parts, and a pooled or Welch's t; a model's estimate with its standard error (ANCOVA, mixed,"
        " clusters, regression, ratios); anything else",
    )
    audit.add_argument(
        "--practice",
        nargs="+",
        default=[],
        choices=("weighted", "bootstrap", "one-sided", "ranks", "adjusted", "cut", "se"),
        help="practices that hold for the whole table: weighted people; bootstrap intervals; p one-sided, of ranks or an"
        " exact test, adjusted for several tests; digits cut off; standard errors under the name of SDs",
    )
    audit.add_argument(
        "--level",
        type=int,
        choices=(90, 95, 99),
        help="level of the intervals in per cent (95 if only a design is declared)",
    )
    audit.add_argument("--cut", action="store_true", help="the same as --practice cut")
    audit.add_argument("--all", action="store_true", help="list the notes, too")
    forms = audit.add_mutually_exclusive_group()
    forms.add_argument("--csv", action="store_true", help="write every finding as CSV instead")
    forms.add_argument(
        "--json", action="store_true", help="write findings, and how each number was checked, as JSON instead"
    )
    forms.add_argument("--html", type=Path, metavar="PAGE", help="also write one page with the table's cells marked")
    audit.set_defaults(execute=execute, study=None)


def execute(options: argparse.Namespace, settings: "Settings | None") -> int:
    from dagster_project.audit import (
        EFFECT_SIZE_DEFINITIONS,
        NOTE,
        Assumptions,
        Design,
        examine_table,
        number_checks,
        row_findings,
        unknown_statistics,
    )

    names = list(EFFECT_SIZE_DEFINITIONS)
    if options.effect_size and options.effect_size not in {letter + name[1:] for name in names for letter in "dg"}:
        raise ValueError(
            f"--effect-size: {options.effect_size!r} is not a definition; give one of {', '.join(names)}, or with g_"
        )
    instruments = _instruments(options.instruments)
    any_table = _any_table(options)
    table = any_table.table
    facts, unplaced = _facts_of(instruments, table.values)
    all_facts = facts | table.facts
    assumptions = Assumptions(
        Design(options.design, options.level, frozenset(options.practice)), table.by_line, options.effect_size, options.cut
    )
    examined = examine_table(table.values, all_facts, None, assumptions)
    if any_table.paper is not None and not (options.csv or options.json):
        _say_tables(any_table, lists_all=options.all)
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
    if options.csv:
        _write_csv(examined.findings)
    else:
        rows = row_findings(examined.findings, table.values, all_facts, assumptions)
        checks = number_checks(table.values, examined, all_facts)
        _write(rows, checks, sum(unknown.values()), options, any_table.positions)
    return 1 if any(finding.severity != NOTE for finding in examined.findings) else 0


def _write_csv(findings: "Sequence[Finding]") -> None:
    import csv

    from dagster_project.audit import FINDINGS_TABLE, finding_row

    writer = csv.DictWriter(sys.stdout, FINDINGS_TABLE.column_names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(finding_row(finding, "published") for finding in findings)


def _write(
    rows: "Sequence[RowFinding]",
    checks: "Sequence[NumberCheck]",
    n_unknown: int,
    options: argparse.Namespace,
    positions: "dict[int, str]",
) -> None:
    from dagster_project.audit import audit_json, coverage_lines, finding_lines, finding_summary, html_page

    if options.json:
        sys.stdout.write(audit_json(rows, checks, positions) + "\n")
        return
    summary = finding_summary([row.finding for row in rows], len(checks) - n_unknown, n_unknown)
    if options.html:
        name = "standard input" if str(options.table) == "-" else options.table.name
        options.html.write_text(html_page(name, checks, rows, summary, positions), encoding="utf-8")
    first, *reasons = coverage_lines(checks)
    say(*finding_lines(rows, with_notes=options.all, positions=positions), summary, first, *(reasons if options.all else ()))


def _facts_of(
    instruments: "list[Instrument]", values: "Sequence[PublishedValue]"
) -> "tuple[dict[tuple[str, str], ScaleFacts], list[str]]":
    """What instruments say of a table's rows, and their scales that it does not have; nothing is imported for none."""
    if not instruments:
        return {}, []
    from dagster_project.audit import match_facts

    return match_facts(instruments, values)


def _any_table(options: argparse.Namespace) -> "AnyTable":
    """The table that an option names, and its preview written where one is asked for."""
    from dagster_project.audit import Answers, read_any_table
    from dagster_project.readable_files import read_stream, read_whole

    if str(options.table) == "-":
        data, name = read_stream(sys.stdin.buffer, "table_bytes", "standard input"), "standard input"
    else:
        if options.table.is_dir():
            raise ValueError(f"{options.table}: this is a folder; give the table's own file")
        if not options.table.exists():
            raise ValueError(f"{options.table}: there is no such file; check the path")
        data, name = read_whole(options.table, "table_bytes"), str(options.table)
    any_table = read_any_table(data, name, Answers(options.decimal_mark, options.form))
    if options.preview is not None:
        if any_table.paper is None:
            raise ValueError(f"--preview: {name} is in long form, as a preview is; correct it itself")
        with options.preview.open("x", encoding="utf-8", newline="") as stream:
            stream.write(any_table.paper.preview())
    return any_table


def _say_tables(any_table: "AnyTable", *, lists_all: bool) -> None:
    """What was read of tables as they are printed, and what was not understood."""
    assert any_table.paper is not None
    tables, questions = any_table.paper.tables, any_table.paper.questions
    say(f"{len(tables)} table{'' if len(tables) == 1 else 's'}", *(f"  {table.text}" for table in tables))
    examples = questions if lists_all else questions[:_MAX_QUESTIONS]
    say(*(f"  set aside: {question}" for question in examples))
    if len(questions) > len(examples):
        say(f"  … and {len(questions) - len(examples)} more; --all lists them")


def _instruments(paths: Sequence[Path]) -> "list[Instrument]":
    if not paths:
        return []
    from dagster_project.study import LIBRARY_PREFIX, library_file, read_instrument

    files: list[Path] = []
    for path in paths:
        if str(path).startswith(LIBRARY_PREFIX):
            files.append(library_file(str(path)))
            continue
        if not path.exists():
            raise ValueError(f"--instruments: {path}: there is no such file or folder; check the path")
        # A study's folder has its instruments in a folder of their own.
        folder = path / "instruments" if (path / "instruments").is_dir() else path
        yaml = [file for file in folder.iterdir() if file.suffix in (".yaml", ".yml")] if folder.is_dir() else [folder]
        if not yaml:
            raise ValueError(f"--instruments: {folder}: the folder holds no instrument (*.yaml, *.yml); check the path")
        files += sorted(yaml)
    return [read_instrument(file) for file in files]
