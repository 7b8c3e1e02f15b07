"""A name says what a thing is. Belongs here: the words that name nothing, and where they are bound. Does not belong here: style
that ruff knows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "dagster_project"
DOOR = TESTS.parent / "wavehouse"
#: They point at something, and do not say at what.
POINTING = frozenset(
    """one ones other others another it this that these those each every both either neither all any some such same own none
    nobody everybody anybody everything nothing something anything most more less least enough rest many few several mine
    what which who whom whose where when how why""".split()  # noqa: SIM905
)
#: They say what was done to something, and not what it is. Terms of statistics stay: missing, observed, pooled, adjusted.
DONE_TO = frozenset(
    """found said told asked kept given made seen known left taken named listed drawn read written done held shown sent begun
    began chosen cut meant heard counted printed changed moved turned judged wanted allowed declared placed filled released
    landed refused answered returned repeated missed lost used computed called loaded standing came met got has have was been
    being blamed opened opens keyed decoded cropped contracted crossed differing waiting ignored assumed shared finished
    fitting lacks holds selected narrowed excused settled spelt stored added removed dropped joined matched sorted_ wrapped
    parsed cleaned copied split_ put set_ brought spread shortened followed""".split()  # noqa: SIM905
)
#: They say where something stands in a sentence.
BETWEEN = frozenset(
    """at of by in_ on to from_ over under before after below above here there then again away aside apart beside inside outside
    near far against alike twice without within across along back onto into off up down out""".split()  # noqa: SIM905
)
#: They fit everything.
VAGUE = frozenset("place places way ways thing things stuff helper helpers utils manager".split())  # noqa: SIM905
BANNED = POINTING | DONE_TO | BETWEEN | VAGUE
#: Columns of tables and keys of definitions, which people write and query: changing them changes a format.
FORMATS = frozenset(
    {
        ("audit/report.py", "printed"),
        ("models/rejected.py", "given"),
        ("raw/segments.py", "place"),
        ("report/checklists/declared.py", "told"),
        ("results/published.py", "printed"),
        ("results/release_diff.py", "after"),
        ("results/release_diff.py", "before"),
        ("results/release_diff.py", "printed"),
        ("results/release_diff.py", "what"),
        ("results/reproduction.py", "computed"),
        ("results/reproduction.py", "printed"),
        ("manuscript.py", "printed"),
        ("release.py", "printed"),
        ("results/result_row.py", "printed"),
        ("results/trace.py", "how"),
        ("results/trace.py", "keyed"),
        ("study/export.py", "ignored"),
        ("study/gates.py", "all"),
        ("study/gates.py", "any"),
        ("study/service_use.py", "used"),
        ("synthesis/display.py", "place"),
        ("synthesis/propositions.py", "above"),
        ("synthesis/propositions.py", "below"),
        ("synthesis/propositions.py", "within"),
        ("synthesis/tables.py", "place"),
        ("synthesis/tables.py", "shown"),
    }
)


def bound_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that is given to something, and its line: functions, classes, arguments, variables, fields, errors."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name, node.lineno


def pronouns_in(root: Path, folder: str, banned: frozenset[str]) -> list[str]:
    """A line for each name of a folder's modules that says nothing."""
    return [
        f"{path.relative_to(root)}:{line}: {name}"
        for path in sorted((root / folder).glob("*.py"))
        for name, line in bound_names(ast.parse(path.read_text(encoding="utf-8")))
        if not name.endswith("__")
        and name.strip("_").lower() in banned
        and (path.relative_to(root).as_posix(), name) not in FORMATS
    ]


def folders_of(root: Path) -> list[str]:
    return sorted({path.parent.relative_to(root).as_posix() for path in root.rglob("*.py")})


@pytest.mark.parametrize(("root", "folder"), [(root, folder) for root in (PACKAGE, DOOR) for folder in folders_of(root)])
def test_names_say_what_things_are(root: Path, folder: str) -> None:
    pronouns = pronouns_in(root, folder, BANNED)
    assert not pronouns, "\n".join(["name what it is: a finding, a row, a scale, an index", *pronouns])


@pytest.mark.parametrize("folder", folders_of(TESTS))
def test_names_in_tests_do_not_fit_everything(folder: str) -> None:
    pronouns = pronouns_in(TESTS, folder, VAGUE)
    assert not pronouns, "\n".join(["name what it is: a workspace, a position, a label", *pronouns])
