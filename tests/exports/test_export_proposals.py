"""Proposals for columns that cannot be placed, and what is unlike the wave before: said, with evidence, never taken."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dagster_project.cli import main
from dagster_project.exports import (
    ExportData,
    TextTable,
    apply_contract,
    find_label_changes,
    find_wave_changes,
    propose,
    propose_labels,
    read_cells,
    read_export,
)
from dagster_project.exports.table import HeldCells
from dagster_project.study import ColumnBlock, Export, Study, read_study

ROOT = Path(__file__).parents[2]
EXAMPLE = read_study(ROOT / "data" / "peer_workers")
ITEMS = [f"WB_{position}" for position in range(1, 15)]


@pytest.fixture
def wave() -> Export:
    """The example's second wave, with its first questionnaire alone."""
    export = next(export for export in EXAMPLE.protocol.exports if export.wave == "T2")
    return export.model_copy(update={"blocks": export.blocks[:1], "ignored": (), "set_aside": (), "answered_on": None})


def _people(count: int = 40) -> np.ndarray:
    """Answers of people who are more or less well: all items of a scale go together."""
    rng = np.random.default_rng(5)
    well = rng.normal(0, 1, (count, 1))
    return np.clip(np.round(3 + well + rng.normal(0, 0.7, (count, 14))), 1, 5)


def _read(tmp_path: Path, export: Export, header: list[str], labels: list[str], answers: np.ndarray) -> ExportData:
    stream = io.StringIO(newline="")
    rows = csv.writer(stream)
    rows.writerows(
        [
            ["ExternalReference", *header],
            ["External Reference", *labels],
            [json.dumps({"ImportId": name}) for name in ("id", *header)],
        ]
    )
    rows.writerows([f"p{number}", *(f"{cell:g}" for cell in row)] for number, row in enumerate(answers))
    path = tmp_path / f"wave {len(list(tmp_path.iterdir()))}.csv"  # the table stays in its file
    path.write_text(stream.getvalue(), encoding="utf-8")
    table = read_export(path, export)
    return ExportData(export, table, apply_contract(table, EXAMPLE, export, "ab" * 32, "wave.csv"))


LABELS = [f"topic {'abcdefghijklmn'[at] * 6} of the day" for at in range(14)]


def test_a_renamed_column_is_proposed_with_its_evidence_and_not_taken(tmp_path: Path, wave: Export) -> None:
    answers = _people()
    old_table = _read(tmp_path, wave, ITEMS, LABELS, answers)
    header = ["Wellbeing4" if name == "WB_4" else name for name in ITEMS] + ["Shoe size"]
    new_table = _read(tmp_path, wave, header, [*LABELS, "shoes"], np.column_stack([answers, np.full(40, 43.0)]))
    assert new_table.contract_result.accepted.column("wemwbs_04").to_pylist() == [None] * 40
    (proposal,) = propose(new_table, EXAMPLE, [old_table])
    assert (proposal.code, proposal.block, proposal.declared_column, proposal.column) == (
        "wemwbs_04",
        "wemwbs",
        "WB_4",
        "Wellbeing4",
    )
    assert proposal.evidence["label"] == proposal.evidence["values"] == 1
    assert proposal.evidence["goes with its scale"] > 0.6
    assert 0.5 < proposal.confidence < 1
    assert proposal.sentence.startswith('wemwbs_04 ("WB_4" is missing) could be column "Wellbeing4": 0.')


def test_a_column_whose_values_are_no_answers_is_not_proposed(tmp_path: Path, wave: Export) -> None:
    answers = _people()
    answers[:, 3] += 10
    new_table = _read(tmp_path, wave, ["WB_04x" if name == "WB_4" else name for name in ITEMS], LABELS, answers)
    assert propose(new_table, EXAMPLE) == []


def test_each_column_is_proposed_once(tmp_path: Path, wave: Export) -> None:
    header = [{"WB_4": "WB 4 new", "WB_5": "WB 5 new"}.get(name, name) for name in ITEMS]
    proposals = propose(_read(tmp_path, wave, header, LABELS, _people()), EXAMPLE)
    assert [(proposal.code, proposal.column) for proposal in proposals] == [
        ("wemwbs_04", "WB 4 new"),
        ("wemwbs_05", "WB 5 new"),
    ]


def test_answers_like_before_are_not_remarked_on(tmp_path: Path, wave: Export) -> None:
    table = _read(tmp_path, wave, ITEMS, LABELS, _people())
    earlier = _read(tmp_path, wave, ITEMS, LABELS, np.roll(_people(), 1, axis=0))
    assert find_wave_changes(EXAMPLE, wave, table.contract_result.accepted, earlier.contract_result.accepted, "T1") == []
    assert find_label_changes(table, [table], EXAMPLE) == []


def _shifted(answers: np.ndarray) -> np.ndarray:
    return answers - 1


def _with_special(answers: np.ndarray) -> np.ndarray:
    answers[:6, 2] = 99
    return answers


def _turned(answers: np.ndarray) -> np.ndarray:
    answers[:, 6] = 6 - answers[:, 6]
    return answers


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            _shifted,
            "T2: wemwbs is answered from 0 to 4, and its anchors are 1 to 5; was it recoded? Recode the export, or declare labels",
        ),
        (
            _with_special,
            "T2: 99 occurs in 6 cells of wemwbs and is neither an answer nor a declared special code; declare it under special_codes",
        ),
        (_turned, "T2: wemwbs_07 correlates negatively with its scale (r = -0."),
    ],
)
def test_recoded_answers_are_remarked_on(
    tmp_path: Path, wave: Export, damage: Callable[[np.ndarray], np.ndarray], said: str
) -> None:
    old_table = _read(tmp_path, wave, ITEMS, LABELS, _people())
    new_table = _read(tmp_path, wave, ITEMS, LABELS, damage(_people()))
    (line,) = find_wave_changes(EXAMPLE, wave, new_table.contract_result.accepted, old_table.contract_result.accepted, "T1")
    assert line.startswith(said)


@pytest.fixture
def mixed(tmp_path: Path) -> Study:
    """Two items from 1 to 5, one from 0 to 1, two that allow 0, 2 and 4."""
    folder = tmp_path / "mixed"
    anchors = [{"items": [3], "low": 0, "high": 1}, {"items": ["4-5"], "low": 0, "high": 4, "codes": [0, 2, 4]}]
    scale = {
        "scale": "total",
        "label": "Total",
        "items": ["1-5"],
        "aggregate": "sum",
        "better": "low",
        "minimum_answered": 1,
    }
    instrument = {
        "instrument": "mixed", "name": "Mixed", "source": "none", "licence": "none", "item_count": 5,
        "anchors": {"low": 1, "high": 5}, "item_anchors": anchors, "scales": [scale],
    }  # fmt: skip
    export = {"folder": "raw", "reader": "delimited", "respondent": "id"}
    blocks = [{"block": "mixed", "template": "Q{position}"}]
    protocol = {
        "study": "mixed", "title": "Mixed", "source": "none", "licence": "none",
        "waves": [{"wave": "T1", "label": "T1", "month": 0}], "instruments": ["mixed"], "outcomes": ["total"],
        "exports": [export | {"export": "roster"}, export | {"export": "t1", "wave": "T1", "blocks": blocks}],
    }  # fmt: skip
    (folder / "instruments").mkdir(parents=True)
    (folder / "study.yaml").write_text(json.dumps(protocol), encoding="utf-8")
    (folder / "instruments" / "mixed.yaml").write_text(json.dumps(instrument), encoding="utf-8")
    return read_study(folder)


@pytest.mark.parametrize(
    ("answers", "lines"),
    [
        ({}, []),
        (
            {"mixed_03": ["1", "2", "2", "2"]},
            [
                "T1: mixed, item 3, is answered from 1 to 2, and its anchors are 0 to 1; was it recoded? Recode the export, or"
                " declare labels"
            ],
        ),
        (
            {"mixed_04": ["0", "1", "1", "2"], "mixed_05": ["1", "1", "2", "0"]},
            [
                "T1: 1 occurs in 4 cells of mixed, items 4-5, and is neither an answer nor a declared special code; its answers"
                " are 0, 2 or 4: was it recoded? Declare labels, or declare it under special_codes"
            ],
        ),
        (
            {"mixed_01": ["9", "9", "9", "3"]},
            [
                "T1: 9 occurs in 3 cells of mixed, items 1-2, and is neither an answer nor a declared special code; declare it"
                " under special_codes"
            ],
        ),
    ],
)
def test_answers_are_compared_with_the_anchors_of_their_own_item(
    mixed: Study, answers: dict[str, list[str]], lines: list[str]
) -> None:
    """5 is an answer to item 1 and none to item 3: what is odd is said of the items that share anchors."""
    table = {"mixed_01": ["1", "5", "3", "2"], "mixed_02": ["5", "5", "1", "2"], "mixed_03": ["0", "1", "1", "0"]}
    table |= {"mixed_04": ["0", "2", "4", "4"], "mixed_05": ["4", "2", "0", "0"]} | answers
    assert find_wave_changes(mixed, mixed.protocol.wave_exports[0], pa.table(table)) == lines


def test_a_code_used_again_for_another_item_is_seen_by_its_label(tmp_path: Path, wave: Export) -> None:
    old_table = _read(tmp_path, wave.model_copy(update={"wave": "T1"}), ITEMS, LABELS, _people())
    labels = ["who went where, and why so often?" if index == 8 else label for index, label in enumerate(LABELS)]
    (line,) = find_label_changes(_read(tmp_path, wave, ITEMS, labels, _people()), [old_table], EXAMPLE)
    assert line.startswith("T2: the label of wemwbs_09 is unlike the one in T1 (likeness 0.")
    assert "often" not in line


def test_the_command_writes_lines_that_a_person_can_accept(
    small_workspace: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("WAVEHOUSE_STUDY", "restored afterwards")
    file = small_workspace.study_folder / "raw/T1/t1.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("M2", "Mood2"), encoding="utf-8")
    arguments = ["contract", "--propose", "--study", str(small_workspace.study_folder)]
    assert main(arguments) == 1
    output = capsys.readouterr().out
    assert '  mood_02 ("M2" is missing) could be column "Mood2": 0.' in output
    accepted = '- {block: "mood", template: "M{position}", columns: {mood_02: "Mood2"}}'
    assert "  to accept, write in study.yaml under exports, t1, blocks, in place of the block's line:\n" in output
    assert f"    {accepted}\n" in output
    protocol = small_workspace.study_folder / "study.yaml"
    protocol.write_text(
        protocol.read_text(encoding="utf-8").replace('- {block: mood, template: "M{position}"}', accepted), encoding="utf-8"
    )
    main(arguments)
    assert "missing" not in capsys.readouterr().out


def test_the_example_is_not_remarked_on(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("WAVEHOUSE_STUDY", "restored afterwards")
    assert main(["contract", "--study", "peer_workers"]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith(" ")] == []


@pytest.mark.parametrize(
    ("label", "code", "is_proposed"),
    [
        ("Agree", "4", True), ("Agree", "-1", False), ("Agree", "9", False), ("4", "0", False), ("4", "4", False),
        (" 3 ", "1", False), ("4 - Agree", "4", True), ("Agree", "--5", False), ("Agree", "²", False), ("Agree", "٣", False),
    ],
)  # fmt: skip
def test_what_a_dictionary_says_is_proposed(label: str, code: str, is_proposed: bool) -> None:
    """Choices whose labels were digits, in the other order, turned every answer round when they were accepted; a dictionary
    with the choice "--5" ended the command in a traceback."""
    table = replace(_labelled_table([label, "5"]), value_labels={"q": {code: label}})
    assert _proposed(table) == ([{label: int(code)}] if is_proposed else [])


@pytest.mark.parametrize(
    ("texts", "codes"),
    [
        (["4 - Agree", "5 - Agree strongly", "1 – Disagree"], [4, 5, 1]),
        (["1. Never", "2. Seldom"], [1, 2]),
        (["1) Never", "2) Seldom"], [1, 2]),
        (["(1) Never", "(2) Seldom"], [1, 2]),
        (["[1] Never", "[2] Seldom"], [1, 2]),
        (["Agree (4)", "Not at all (1)"], [4, 1]),
        (["4 (Agree)", "1 [Not at all]"], [4, 1]),
        (["4 (of 5)", "1 (of 5)"], []),
        (["Agree [4]", "Not at all [1]"], [4, 1]),
        (["Agree = 4", "Not at all = 1"], [4, 1]),
        (["1=Nie", "2=Manchmal, aber selten (1 - 2 mal)"], [1, 2]),
        # Nothing says what these stand for.
        (["1 - 2 times", "3 - 4 times"], []),
        (["2 to 4 times a month", "4 or more times a week"], []),
        (["Agree", "Disagree"], []),
        (["4 - Agree"], []),
        (["4 - Agree", "4 - Agree a little"], []),
        (["4 - Agree", "Disagree (1)"], []),
        (["10 - Agree", "20 - Agree strongly"], []),
        (["2024-01-31", "2024-02-01"], []),
    ],
)
def test_codes_that_texts_carry_are_proposed(texts: list[str], codes: list[int]) -> None:
    expected = [dict(sorted(zip(texts, codes, strict=True), key=lambda pair: pair[1]))] if codes else []
    assert _proposed(_labelled_table(texts)) == expected


def _labelled_table(texts: list[str]) -> TextTable:
    """A wave of one column, an answer of 1 to 5 to each person."""
    cells = pa.table({"0": [f"P{index}" for index, _ in enumerate(texts)], "1": texts})
    return TextTable(("pid", "q"), HeldCells(cells), pa.array(range(2, 2 + len(texts)), pa.int64()))


def _proposed(table: TextTable) -> list[dict[str, int]]:
    block = ColumnBlock(block="mjs", columns={"mjs_01": "q"}, absent=tuple(f"mjs_{index:02d}" for index in range(2, 44)))
    export = Export(export="t1", wave="T1", folder="raw/T1", reader="delimited", respondent="pid", blocks=(block,))
    result = apply_contract(table, EXAMPLE, export, "ab" * 32, "t1.csv")
    proposals_of_wave = propose_labels(ExportData(export, table, result), EXAMPLE, read_cells(result, EXAMPLE, export))
    return [dict(proposal.labels) for proposal in proposals_of_wave]
