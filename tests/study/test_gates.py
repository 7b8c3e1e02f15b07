"""Gates: what an instrument may say of items that are asked only after certain answers, and what follows for a sheet."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.audit.published import scale_facts
from dagster_project.study import (
    Instrument,
    StudyError,
    codebook_tables,
    column_descriptions,
    library_file,
    read_instrument,
    read_study,
    settle,
    wave_definitions,
)
from dagster_project.study.gates import gates_of
from tests.refusal_lines import without_line

SMALL = Path(__file__).parents[1] / "small_study"
#: Six items from 0 to 4, of which the first is reversed and the fifth counts as a table says; the last is in no scale.
SCREEN: dict[str, Any] = {
    "instrument": "screen", "name": "Screen", "source": "none", "licence": "none", "item_count": 6,
    "anchors": {"low": 0, "high": 4}, "reversed": [1], "recode": [{"items": [5], "codes": {0: 0, 1: 0, 2: 1, 3: 1, 4: 1}}],
    "scales": [
        {"scale": "total", "label": "Total", "items": ["1-4"], "aggregate": "sum", "better": "low", "minimum_answered": 0.8},
        {"scale": "ends", "label": "Ends", "items": [4, 5], "aggregate": "sum", "better": "low", "minimum_answered": 1},
    ],
}  # fmt: skip
ASK_2 = {"items": ["2-3"], "item": 1, "in": ["1-4"], "blank_counts_as": 0}


def _instrument(tmp_path: Path, *gates: Any, **changes: Any) -> Instrument:
    file = tmp_path / "screen.yaml"
    file.write_text(yaml.safe_dump(SCREEN | {"asked_if": list(gates)} | changes), encoding="utf-8")
    return read_instrument(file)


_COUNTING = (
    "what does it count as where it was not asked? Write blank_counts_as: 0 (or another number), unanswered (an item without"
    " an answer) or left_out (the scale's minimum is of the items that were asked)"
)
_BOTH = "give items that are asked only after certain answers to others, e.g. [{items: ['2-8'], item: 1, in: ['1-4'], blank_counts_as: 0}]"
_ITEM = "give position of the item whose answer decides, or the code of another instrument's item, e.g. phq9_10"
_IN = "give its answer codes after which the items are asked, before they are reversed or recoded, e.g. [1, 2] or ['1-4']"


@pytest.mark.parametrize(
    ("gates", "message"),
    [
        ([ASK_2 | {"items": [7]}], "asked_if names item 7, but the instrument has items 1 to 6"),
        ([ASK_2 | {"item": 9}], "asked_if names item 9, but the instrument has items 1 to 6"),
        ([ASK_2, ASK_2 | {"items": [3]}], "asked_if names item 3 twice; put its conditions into one, under all or any"),
        (
            [ASK_2 | {"in": [5]}],
            "asked_if: 5 is no answer to item 1 (0 to 4); write answer codes under in, as they are before they are reversed or"
            " recoded",
        ),
        (
            [ASK_2 | {"in": ["0-4"]}],
            "asked_if: in has every answer to item 1 (0 to 4); name those after which it asks",
        ),
        ([ASK_2 | {"item": 2}], "asked_if: screen_02 is asked by screen_02; take one of them out"),
        (
            [
                ASK_2 | {"items": [2], "item": 3},
                ASK_2 | {"items": [3], "item": "screen_04"},
                ASK_2 | {"items": [4], "item": 2},
            ],
            "asked_if: screen_02 is asked by screen_03, screen_03 is asked by screen_04, screen_04 is asked by screen_02; take"
            " one of them out",
        ),
        (
            [{"items": ["2-3"], "item": 1, "in": [1]}],
            f"asked_if: item 2 is part of scale total; {_COUNTING}",
        ),
        ([ASK_2 | {"items": [6]}], "asked_if: item 6 is part of no scale, so blank_counts_as means nothing; take it out"),
        (
            [ASK_2 | {"items": [4], "blank_counts_as": 5}],
            "asked_if: blank_counts_as: 5 is nothing that an answer to item 4 counts as (from 0 to 4, reversed and recoded);"
            " correct it",
        ),
        (
            [ASK_2 | {"items": [5], "blank_counts_as": 4}],
            "asked_if: blank_counts_as: 4 is nothing that an answer to item 5 counts as (from 0 to 1, reversed and recoded);"
            " correct it",
        ),
        (
            [ASK_2 | {"items": [5], "blank_counts_as": "left_out"}],
            "asked_if: the items of scale ends have different ranges, and the mean of the others cannot stand for item 5; write"
            " a number or unanswered for left_out",
        ),
        (
            [ASK_2 | {"blank_counts_as": "zero"}],
            "asked_if[0].blank_counts_as: 'zero': this is neither a whole number nor unanswered nor left_out; give what an item"
            " that was not asked counts as in a score: a whole number (as after reversing and recoding), unanswered (an item"
            " without an answer) or left_out (the minimum is of the items that were asked)",
        ),
        (
            [ASK_2 | {"blank_counts_as": False}],
            "asked_if[0].blank_counts_as: False: this is neither a whole number nor unanswered nor left_out; give what an item"
            " that was not asked counts as in a score: a whole number (as after reversing and recoding), unanswered (an item"
            " without an answer) or left_out (the minimum is of the items that were asked)",
        ),
        (
            [ASK_2 | {"in": "never"}],
            "asked_if[0].in: 'never': 'never' is no answer code; write the code that the label stands for, e.g. 1, or '1-4';"
            f" {_IN}",
        ),
        (
            [ASK_2 | {"in": [True]}],
            f"asked_if[0].in: YAML reads this as true/false; write the answer's code, e.g. 1; {_IN}",
        ),
        ([ASK_2 | {"in": []}], f"asked_if[0].in: no answer is named, so that the items would never be asked; {_IN}"),
        ([ASK_2 | {"in": ["4-1"]}], f"asked_if[0].in: '4-1' is no range of answer codes; write e.g. '1-4'; {_IN}"),
        (
            [ASK_2 | {"in": "0-999999999"}],
            f"asked_if[0].in: '0-999999999': '0-999999999' is no range of answer codes; write e.g. '1-4'; {_IN}",
        ),
        (
            [ASK_2 | {"item": True}],
            "asked_if[0].item: True: this is no item; write its position in this instrument, or the code of another's item:"
            f" phq9_10; {_ITEM}",
        ),
        ([{"items": [6], "item": 1}], f"asked_if[0]: item and in belong together; give both; {_BOTH}"),
        (
            [{"items": [6]}],
            "asked_if[0]: nothing says after which answers the items are asked; give item and in, all, or any; " + _BOTH,
        ),
        (
            [{"items": [6], "item": 1, "in": [1], "any": [{"item": 2, "in": [1]}]}],
            f"asked_if[0]: item and any are given; keep one of item and in, all, or any; {_BOTH}",
        ),
        (
            [ASK_2 | {"answered_though_not_asked": "drop"}],
            "asked_if[0].answered_though_not_asked: 'drop': input should be 'keep' or 'set_aside'; give what an answer is that"
            " stands in an item that was not to be asked: keep (it counts) or set_aside (the item was not asked); asked about"
            " if left out",
        ),
    ],
)
def test_gates_that_cannot_be_are_refused(tmp_path: Path, gates: list[Any], message: str) -> None:
    with pytest.raises(StudyError) as error:
        _instrument(tmp_path, *gates)
    assert without_line(error.value) == f"{tmp_path / 'screen.yaml'}: {message}"


def test_a_skip_that_is_left_out_does_not_go_with_a_conversion_table(tmp_path: Path) -> None:
    scale = SCREEN["scales"][0] | {"items": [2, 3], "conversion": {number: number for number in range(9)}}
    with pytest.raises(StudyError, match="scale total has a conversion table, which needs all its items; write a number or"):
        _instrument(tmp_path, ASK_2 | {"blank_counts_as": "left_out"}, scales=[scale])


def test_numbers_ranges_and_single_entries_are_written_as_is_easiest(tmp_path: Path) -> None:
    written = [
        ASK_2, ASK_2 | {"in": [1, "2", "3-4"]}, ASK_2 | {"item": "1", "in": "1-4"}, ASK_2 | {"item": "screen_01"},
        {"items": [2, 3], "all": [{"item": 1, "in": [4, 3, 2, 1, 1]}], "blank_counts_as": 0},
    ]  # fmt: skip
    read = [_instrument(tmp_path, gate) for gate in written] + [_instrument(tmp_path, asked_if=ASK_2)]
    conditions = {
        tuple((condition.gate, frozenset(condition.answers)) for condition in gate.conditions)
        for instrument in read
        for gate in gates_of([instrument]).values()
    }
    assert conditions == {(("screen_01", frozenset({1, 2, 3, 4})),)}


def test_scoring_rules_say_what_a_skip_counts_as_and_the_auditor_knows_of_proration(tmp_path: Path) -> None:
    instrument = _instrument(tmp_path, ASK_2, {"items": [4], "item": 2, "in": [1], "blank_counts_as": "unanswered"})
    assert scale_facts(instrument, instrument.scales[1]).steps == 1
    left_out = _instrument(tmp_path, ASK_2 | {"blank_counts_as": "left_out"}, scales=SCREEN["scales"][:1])
    assert scale_facts(left_out, left_out.scales[0]).steps is None
    assert left_out.minimums_of_asked(left_out.scales[0]) == {1: 3, 2: 2}


def _study(tmp_path: Path, asked_if: str, file: str = "mood.yaml") -> Path:
    folder = Path(shutil.copytree(SMALL, tmp_path / "small_study"))
    with (folder / "instruments" / file).open("a", encoding="utf-8") as stream:
        stream.write(f"\nasked_if: [{asked_if}]\n")
    return folder


def test_a_gate_may_be_an_item_of_another_instrument_and_of_nothing_else(tmp_path: Path) -> None:
    folder = _study(tmp_path / "item", "{items: [2], item: drive_01, in: [2], blank_counts_as: unanswered}")
    rows = codebook_tables(read_study(folder))["item_gates"].to_pylist()
    assert rows == [
        {
            "item": "mood_02", "level": 1, "combined_by": "all", "condition_order": 1, "gate": "drive_01", "answers": "2",
            "blank_counts_as": "unanswered", "answered_though_not_asked": None,
        }
    ]  # fmt: skip
    assert column_descriptions(read_study(folder))["mood_02"].endswith(", asked only after certain answers to others.")
    stamps = [
        wave_definitions(codebook_tables(read_study(study_folder)), "code").column("definitions_stamp").to_pylist()
        for study_folder in (SMALL, folder)
    ]
    assert not set(stamps[0]) & set(stamps[1]), "each wave is typed and scored anew"
    cure = "what is asked is decided by an item of the same wave: give its position in this instrument, or its code, e.g. phq9_10"
    for name, kind in (
        ("age", "a participant variable"),
        ("drive_99", "no item of an instrument of the study"),
        ("coach", "no item of an instrument of the study"),
    ):
        folder = _study(tmp_path / name, f"{{items: [2], item: {name}, in: [1], blank_counts_as: unanswered}}")
        with pytest.raises(StudyError) as error:
            read_study(folder)
        assert str(error.value) == f"{folder}/instruments/mood.yaml: asked_if: {name!r} is {kind}; {cure}"


def test_answers_and_circles_are_looked_at_across_instruments(tmp_path: Path) -> None:
    folder = _study(tmp_path / "answer", "{items: [2], item: drive_01, in: [77], blank_counts_as: unanswered}")
    with pytest.raises(StudyError, match=r"mood\.yaml: asked_if: 77 is no answer to item drive_01 \("):
        read_study(folder)
    folder = _study(tmp_path / "circle", "{items: [2], item: drive_01, in: [2], blank_counts_as: unanswered}")
    with (folder / "instruments" / "drive.yaml").open("a", encoding="utf-8") as stream:
        stream.write("\nasked_if: [{items: [1], item: mood_02, in: [2], blank_counts_as: unanswered}]\n")
    with pytest.raises(StudyError) as error:
        read_study(folder)
    circle = "mood_02 is asked by drive_01, drive_01 is asked by mood_02"
    assert str(error.value) == f"{folder}/study.yaml: instruments: asked_if: {circle}; take one of them out"


def test_a_special_code_cannot_be_a_skip(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SMALL, tmp_path / "small_study"))
    file = folder / "study.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace('{"-9": refused}', '{"-9": valid_skip}'), encoding="utf-8")
    with pytest.raises(
        StudyError, match="'-9': valid_skip is what asked_if of an instrument makes of an item that was not asked; write"
    ):
        read_study(folder)


# What a sheet is, by hand and for any sheet


def _sheet(tmp_path: Path, gates: list[Any], *codes: int | str) -> tuple[list[int | str], list[str]]:
    instrument = _instrument(tmp_path, *gates)
    sheet, contradictions = settle(
        gates_of([instrument]).values(), {instrument.item_code(position): code for position, code in enumerate(codes, 1)}
    )
    return list(sheet.values()), [f"{item[-1]} {kind}" for item, kind in contradictions.items()]


CHAIN = [ASK_2, {"items": [4], "any": [{"item": 2, "in": [1]}, {"item": 3, "in": [1]}], "blank_counts_as": 0}]
SKIP = "valid_skip"


@pytest.mark.parametrize(
    ("codes", "sheet", "contradictions"),
    [
        ((0, "blank", "blank", "blank"), [0, SKIP, SKIP, SKIP], []),
        ((0, "not_asked", "refused", "invalid"), [0, SKIP, "refused", "invalid"], []),
        (("blank", "blank", "blank", "blank"), ["blank", "blank", "blank", "blank"], []),
        (("refused", "not_asked", "blank", "blank"), ["refused", "not_asked", "blank", "blank"], []),
        ((1, "blank", 0, "blank"), [1, "blank", 0, "blank"], []),
        ((1, 0, 0, "blank"), [1, 0, 0, SKIP], []),
        ((1, 0, 1, "not_asked"), [1, 0, 1, "not_asked"], ["4 not_asked_though_asked"]),
        ((0, 1, "blank", "blank"), [0, 1, SKIP, "blank"], ["2 answered_though_not_asked"]),
        ((0, "blank", "blank", 3), [0, SKIP, SKIP, 3], ["4 answered_though_not_asked"]),
        ((0, "not_in_wave", "column_absent", "blank"), [0, "not_in_wave", "column_absent", "blank"], []),
    ],
)
def test_a_sheet_by_hand(tmp_path: Path, codes: Any, sheet: list[Any], contradictions: list[str]) -> None:
    assert _sheet(tmp_path, CHAIN, *codes) == (sheet, contradictions)


def test_an_answer_that_is_set_aside_decides_nothing(tmp_path: Path) -> None:
    gates = [CHAIN[0] | {"answered_though_not_asked": "set_aside"}, CHAIN[1]]
    sheet = _sheet(tmp_path, gates, 0, 1, "blank", "blank")
    assert sheet == ([0, SKIP, SKIP, SKIP], ["2 answered_though_not_asked"])


@st.composite
def _gated_sheets(draw: st.DrawFn) -> tuple[Instrument, dict[str, int | str]]:
    gates = []
    for position in range(2, 7):
        if draw(st.booleans()):
            condition = st.tuples(st.integers(1, position - 1), st.sets(st.integers(0, 4), min_size=1, max_size=4))
            conditions = [
                {"item": item, "in": sorted(answers)} for item, answers in draw(st.lists(condition, min_size=1, max_size=3))
            ]
            rule = {"items": [position], draw(st.sampled_from(["all", "any"])): conditions}
            rule |= {"answered_though_not_asked": draw(st.sampled_from(["keep", "set_aside", None]))}
            gates.append(rule | ({} if position == 6 else {"blank_counts_as": draw(st.sampled_from([0, "unanswered"]))}))
    instrument = Instrument.model_validate(SCREEN | {"asked_if": gates})
    code = st.one_of(st.integers(0, 4), st.sampled_from(["blank", "not_asked", "refused", "invalid", "column_absent"]))
    return instrument, {item: draw(code) for item in instrument.item_codes}


@given(_gated_sheets())
def test_a_sheet_once_followed_stays_and_only_skips_are_new(gated_sheet: tuple[Instrument, dict[str, int | str]]) -> None:
    instrument, codes = gated_sheet
    gates = gates_of([instrument])
    sheet, contradictions = settle(gates.values(), codes)
    again, contradictions_left = settle(gates.values(), sheet)
    assert again == sheet
    set_aside = {item for item in contradictions if isinstance(codes[item], int) and sheet[item] == SKIP}
    assert contradictions_left == {item: kind for item, kind in contradictions.items() if item not in set_aside}
    for item, code in codes.items():
        if sheet[item] != code:
            assert sheet[item] == SKIP and item in gates
            assert code in ("blank", "not_asked") or gates[item].rule.answered_though_not_asked == "set_aside"
        if (
            item in gates
            and all(not isinstance(codes[cond.gate], int) for cond in gates[item].conditions)
            and not any(condition.gate in gates for condition in gates[item].conditions)
        ):
            assert sheet[item] == code, "nobody knows whether it was asked"


def test_the_audit_of_the_library_says_how_an_interview_skips(tmp_path: Path) -> None:
    text = library_file("audit").read_text(encoding="utf-8")
    assert read_instrument(library_file("audit")).asked_if == ()
    file = tmp_path / "audit.yaml"
    file.write_text(text.replace("# asked_if:", "asked_if:").replace("#   - {", "  - {"), encoding="utf-8")
    instrument = read_instrument(file)
    assert {item: gate.level for item, gate in gates_of([instrument]).items()} == {
        "audit_02": 1, "audit_03": 1, "audit_04": 2, "audit_05": 2, "audit_06": 2, "audit_07": 2, "audit_08": 2,
    }  # fmt: skip
    for codes, skips in (
        ([0, *["blank"] * 7, 0, 2], range(2, 9)), ([2, 0, 0, *["blank"] * 5, 0, 0], range(4, 9)), ([2, 0, 1, *["blank"] * 5, 0, 0], ()),
    ):  # fmt: skip
        sheet, _ = settle(gates_of([instrument]).values(), dict(zip(instrument.item_codes, codes, strict=True)))
        assert [position for position, code in enumerate(sheet.values(), 1) if code == SKIP] == list(skips)
