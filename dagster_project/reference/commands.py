"""The page of commands: every command and option, as `--help` prints them. Nothing else belongs here."""

import argparse
from collections.abc import Iterator

from dagster_project.cli import command_parser
from dagster_project.reference.text import code, heading, plain, sentence

_INTRODUCTION = """# Commands

Each command says the same with `--help`: `wavehouse run --help`. In a clone of the repository, write `uv run` before it:
`uv run wavehouse run`.

A command ends with 0, with 1 where a run failed or an audit has a finding, and with 2 where it could not start. What is
wrong is said in one line."""


def _commands() -> dict[str, argparse.ArgumentParser]:
    parser = command_parser()
    (subparsers,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return dict(subparsers.choices)


def _options(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    return (action for action in parser._actions if not isinstance(action, argparse._HelpAction))


def _name(action: argparse.Action) -> str:
    """An option as it is typed: --study STUDY, or TABLE for what has no dashes."""
    value = action.metavar or action.dest.upper()
    value = " ".join(value) if isinstance(value, tuple) else value
    if not action.option_strings:
        return value
    return action.option_strings[-1] if action.nargs == 0 else f"{action.option_strings[-1]} {value}"


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """The help of an option with its placeholders filled, as argparse does it."""
    formatter = parser._get_formatter()
    return formatter._expand_help(action) if action.help else ""


def _section(name: str, parser: argparse.ArgumentParser) -> str:
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    first, *paragraphs = (parser.description or "").strip().split("\n\n")
    parts = [heading(2, f"wavehouse {name}", name), plain(sentence(first)), f"```text\n{usage}\n```"]
    rows = []
    for action in _options(parser):
        choices = f"<br>One of {', '.join(code(str(choice)) for choice in action.choices)}." if action.choices else ""
        rows.append(f"| {code(_name(action))} | {plain(sentence(_help(parser, action)))}{choices} |")
    if rows:
        parts.append("\n".join(["| option | meaning |", "|---|---|", *rows]))
    if paragraphs:
        parts.append("```text\n" + "\n\n".join(paragraphs) + "\n```")
    return "\n\n".join(parts)


def page() -> str:
    return "\n\n".join([_INTRODUCTION, *(_section(name, parser) for name, parser in _commands().items())]) + "\n"


def silent() -> list[str]:
    """Commands without a description and options without a help."""
    names = []
    for name, parser in _commands().items():
        if not parser.description:
            names.append(name)
        names += [f"{name} {_name(action)}" for action in _options(parser) if not _help(parser, action).strip()]
    return names
