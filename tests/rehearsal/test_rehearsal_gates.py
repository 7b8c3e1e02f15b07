"""What `check` says of gates: answers to items that were not to be asked, special codes that say otherwise, gates elsewhere."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.exports import contract_of_file
from dagster_project.rehearsal.fit import ERROR, WARNING, check_study
from dagster_project.rehearsal.gates import gate_findings
from dagster_project.study import read_study

CURE = (
    "write answered_though_not_asked: keep (they count) or set_aside (the item was not asked) under its asked_if, or correct"
    " the answers after which it is asked"
)
#: Items 2 and 3 are asked after item 1, item 4 after 2 or 3.
GATES = [
    {"items": [2, 3], "item": 1, "in": [1, 2], "blank_counts_as": 0},
    {"items": [4], "any": [{"item": 2, "in": [1, 2]}, {"item": 3, "in": [1, 2]}], "blank_counts_as": 0},
]
SKIPPED = "0,,,"


def _study_folder(folder: Path, lines: list[str], rule: str | None = None, **changes: Any) -> Path:
    """A study of four items answered 0 to 2, with the lines of its only wave. changes: to the wave's block."""
    gates = [gate | ({"answered_though_not_asked": rule} if rule else {}) for gate in GATES]
    instrument = {
        "instrument": "screen", "name": "Screen", "source": "none", "licence": "none", "item_count": 4, "asked_if": gates,
        "anchors": {"low": 0, "high": 2},
        "scales": [{"scale": "total", "label": "Total", "items": ["1-4"], "aggregate": "sum", "better": "low"}],
    }  # fmt: skip
    block = {"block": "screen", "template": "q{position}"} | changes
    wave = {
        "export": "t1", "wave": "T1", "folder": "raw/T1", "reader": "delimited", "respondent": "id", "blocks": [block],
        "special_codes": {"-8": "not_asked", "-9": "refused"}, "labels": [{"blocks": ["screen"], "labels": {"never": 0}}],
    }  # fmt: skip
    roster = {"export": "roster", "folder": "raw/roster", "reader": "delimited", "respondent": "id"}
    protocol = {
        "study": folder.name, "title": "Gates", "source": "none", "licence": "none", "instruments": ["screen"],
        "waves": [{"wave": "T1", "label": "T1", "month": 0}], "outcomes": ["total"], "exports": [roster, wave],
    }  # fmt: skip
    for name in ("instruments", "raw/T1", "raw/roster"):
        (folder / name).mkdir(parents=True)
    (folder / "study.yaml").write_text(yaml.safe_dump(protocol), encoding="utf-8")
    (folder / "instruments/screen.yaml").write_text(yaml.safe_dump(instrument), encoding="utf-8")
    people = [f"p{number}" for number, _ in enumerate(lines)]
    rows = [f"{person},{line}" for person, line in zip(people, lines, strict=True)]
    header = [f"q{position}" for position in range(1, 5) if f"screen_0{position}" not in changes.get("absent", ())]
    (folder / "raw/T1/a.csv").write_text("\n".join([",".join(["id", *header]), *rows]) + "\n", encoding="utf-8")
    (folder / "raw/roster/r.csv").write_text("\n".join(["id", *people]) + "\n", encoding="utf-8")
    return folder


def _findings(folder: Path) -> list[tuple[bool, str]]:
    study = read_study(folder)
    export = study.protocol.exports[1]
    file = folder / "raw/T1/a.csv"
    return list(gate_findings(contract_of_file(file, file.name, study, export), study, export))


@pytest.mark.parametrize(
    "line", [SKIPPED, "never,-8,-9,99", " 00 ,,-8.0,", ",1,1,1", "-9,,,2", "1,0,never,", "2,0,,", "1,1,,-9"]
)
def test_sheets_that_agree_with_their_gates_are_passed_over(tmp_path: Path, line: str) -> None:
    assert _findings(_study_folder(tmp_path / "s", [line, SKIPPED])) == []


def test_answers_to_items_that_were_not_to_be_asked_are_counted_and_asked_about(tmp_path: Path) -> None:
    lines = [SKIPPED, "0,1,,", "never,2.0,,2", "0.0,,, never", "1,0,0,1", "1,-8,1,"]
    folder = _study_folder(tmp_path / "undeclared", lines)
    assert _findings(folder) == [
        (True, f"screen_02: 2 answers where screen_01 says that it was not asked; {CURE}"),
        (
            False,
            "screen_02: 1 cell with a special code for not_asked where screen_01 says that it was asked; correct the answers after"
            " which it is asked, or the special code",
        ),
        # Of the third person the second item was answered, and is kept as long as nothing else is declared.
        (True, f"screen_04: 2 answers where screen_02 and screen_03 say that it was not asked; {CURE}"),
    ]
    severities = [finding.severity for finding in check_study(read_study(folder)) if "that it was" in finding.message]
    assert severities == [ERROR, WARNING, ERROR]


@pytest.mark.parametrize(
    ("rule", "words", "n_fourth"), [("keep", "kept, as declared", 2), ("set_aside", "set aside, as declared", 3)]
)
def test_a_declared_rule_decides_what_follows(tmp_path: Path, rule: str, words: str, n_fourth: int) -> None:
    folder = _study_folder(tmp_path / rule, ["0,1,,", "never,2,,2", "0,,,0", "1,0,0,1"], rule)
    assert _findings(folder) == [
        (False, f"screen_02: 2 answers where screen_01 says that it was not asked; {words}"),
        (False, f"screen_04: {n_fourth} answers where screen_02 and screen_03 say that it was not asked; {words}"),
    ]


def test_a_gate_that_the_wave_does_not_have_is_named(tmp_path: Path) -> None:
    folder = _study_folder(tmp_path / "s", [",,", "1,1,1", "0,0,"], absent=["screen_01"])
    message = "screen_01, which decides whether screen_02 and screen_03 are asked, is in no export of T1: blanks stay blank"
    assert _findings(folder) == [(False, message)]


@pytest.mark.parametrize("lines", [[], [",,,"]])
def test_a_file_without_answers_has_no_contradictions(tmp_path: Path, lines: list[str]) -> None:
    assert _findings(_study_folder(tmp_path / "s", lines)) == []
