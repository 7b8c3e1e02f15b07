"""Writes the reference into a folder. Nothing else belongs here."""

import argparse
from pathlib import Path

from dagster_project.reference import write_reference
from dagster_project.terminal import say


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dagster_project.reference", description="Write the reference pages.")
    parser.add_argument("folder", type=Path, help="where they go, e.g. docs/reference")
    for file in write_reference(parser.parse_args().folder):
        say(str(file))


if __name__ == "__main__":
    main()
