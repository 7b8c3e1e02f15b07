"""Skip rules of REDCap's data dictionary: simple ones on items of a block are proposed, others named."""

import csv
from pathlib import Path

import pytest
import tool_exports

from dagster_project.drafting import new_study_from
from dagster_project.study import StudyError, read_instrument

BRANCHING = "Branching Logic (Show field only if...)"


def _draft(tmp_path: Path, rules: dict[str, str], heading: str = BRANCHING, stem: str = "wor") -> Path:
    """The folder of a study drafted from REDCap's files, with rules in the dictionary. stem: what items are called."""
    exports = tool_exports.redcap_long(tmp_path / "exports")
    for file in exports.glob("*.csv"):
        file.write_text(file.read_text(encoding="utf-8").replace("wor_", f"{stem}_"), encoding="utf-8")
    (dictionary,) = exports.glob("*DataDictionary*")
    with dictionary.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    with dictionary.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([[*header, heading], *([*row, rules.get(row[0], "")] for row in rows)])
    new_study_from(tmp_path / "my_study", [exports])
    return tmp_path / "my_study"


def _instrument_text(tmp_path: Path, rules: dict[str, str], heading: str = BRANCHING) -> str:
    return (_draft(tmp_path, rules, heading) / "instruments" / "wor.yaml").read_text(encoding="utf-8")


def _gates(text: str) -> list[str]:
    lines = text.splitlines()
    start = next((index for index, line in enumerate(lines) if line.startswith("asked_if")), lines.index("scales:"))
    return lines[start : lines.index("scales:")]


def test_comparisons_with_items_of_the_block_are_proposed_and_the_count_of_a_skip_is_asked(tmp_path: Path) -> None:
    rules = {
        "wor_2": "[wor_1] <> '0'",
        "wor_3": "[wor_1]='1' OR [wor_1] = \"2\"  or ([wor_1]=3)",
        "wor_4": "[wor_2] > 1 and [wor_3] >= 1",
        "wor_5": "[wor_2] = '3' or [wor_3] < 2",
    }
    text = _instrument_text(tmp_path, rules)
    question = '!ask "a number, unanswered or left_out: what an item that was not asked counts as in the scale"'
    assert _gates(text) == [
        "asked_if:  # guessed: because the data dictionary shows these items by such a rule only",
        "  - items: [2, 3]", "    item: 1", "    in: [1, 2, 3]", f"    blank_counts_as: {question}",
        "  - items: [4]", "    all: [{item: 2, in: [2, 3]}, {item: 3, in: [1, 2, 3]}]", f"    blank_counts_as: {question}",
        "  - items: [5]", "    any: [{item: 2, in: [3]}, {item: 3, in: [0, 1]}]", f"    blank_counts_as: {question}",
    ]  # fmt: skip
    file = tmp_path / "my_study" / "instruments" / "wor.yaml"
    with pytest.raises(StudyError, match=r"asked_if\[0\]\.blank_counts_as is not answered yet"):
        read_instrument(file)
    answered = text.replace(question, "0").replace('!ask "high or low, the end of the scale that is good"', "low")
    file.write_text(answered, encoding="utf-8")
    assert [gate.items for gate in read_instrument(file).asked_if] == [(2, 3), (4,), (5,)]


@pytest.mark.parametrize(
    "rule",
    [
        "[age] > 17", "[wor_1] <> ''", "[wor_1(2)] = '1'", "[baseline_arm_1][wor_1] = '1'", "[wor_1] = [wor_3]",
        "[wor_1] = '1' and [wor_3] = '1' or [wor_4] = '1'", "[wor_1] = 'a'", "[wor_1] = '9'", "[wor_1] >= '0'",
        "[wor_2] = '1'", "sum([wor_1], [wor_3]) > 0", "[wor_1] = '1' and", "[wor_1] = 1.5", "or", "(",
    ],
)  # fmt: skip
def test_any_other_rule_is_named_and_not_drafted(tmp_path: Path, rule: str) -> None:
    text = _instrument_text(tmp_path, {"wor_2": rule})
    assert "asked_if:" not in text
    assert "# The data dictionary shows item 2 by a rule that is not drafted; write it under asked_if." in text


def test_the_api_s_dictionary_has_the_rules_in_a_column_of_another_name_and_without_one_nothing_is_said(
    tmp_path: Path,
) -> None:
    assert "asked_if:" in _instrument_text(tmp_path / "api", {"wor_2": "[wor_1] = '1'"}, "branching_logic")
    assert "asked_if" not in _instrument_text(tmp_path / "none", {}, "Custom Alignment")


def test_of_an_instrument_of_the_library_the_skips_are_named(tmp_path: Path) -> None:
    rules = {"gad7_2": "[gad7_1] = '1'", "gad7_3": "[gad7_1] = '1'", "gad7_5": "[age] > 17"}
    text = (_draft(tmp_path, rules, stem="gad7") / "study.yaml").read_text(encoding="utf-8")
    assert (
        "# The data dictionary shows its items 2-3, 5 by a rule only: copy the library's file below instruments/, name it here"
        " without library:, and write asked_if there."
    ) in text.splitlines()
