"""The page's scripts without a browser: how values are written, what the dialog says, who counts, where keys lead."""

import re
from typing import Any

import pytest
from page_scripts import NODE, SCRIPTS, run_scripts
from test_names import BANNED

from dagster_project.report.page_data import LineColumns, NumberColumns, PeopleData

needs_node = pytest.mark.skipif(NODE is None, reason="there is no Node.js on this machine")

LINES: LineColumns = {
    "terms": ["What", "What", "Formula", "People", "Note"],
    "texts": ["mean", "SD", "sum of x / n", "2 of 3 on the roster", "A note."],
}
NUMBERS: NumberColumns = {
    "result_ids": ["summary/mood/T1/mean", "summary/mood/T1/sd", "summary/mood/T2/mean", "plan/alpha"],
    "printed_texts": ["2.5", "0.71", "—", ".05"],
    "values": [2.5, 0.7071067811865476, None, 0.05],
    "line_indexes": [[0, 2, 3], [1, 3, 4], [0, 2, 3], [4]],
    "scope_indexes": [0, 0, 1, None],
}
#: Three people and two waves. mood is the mean of calm and of glad, which is reversed; joy is made of mood and of zest.
PEOPLE: PeopleData = {
    "participant_ids": ["P1", "P2", "P3"],
    "people_groups": ["a", "b", None],
    "scopes": [],
    "counted_people": {
        "value/mood/T1": {"flags_index": 0},
        "both/mood/T1-T2": {"flags_index": 1, "changes": [-0.5, None, None]},
        "both_covariates/mood/T1-T2": {"flags_index": 3, "changes": [-0.5, None, None]},
        "value/age/": {"flags_index": 2},
    },
    "counted_flags": ["101", "100", "010", "000"],
    "is_returned": {"T1": [1, 0, 1], "T2": [1, 1, 0]},
    "scores": {
        "mood": {
            "T1": {"values": [2.5, None, 1 / 3], "missing_reasons": {"1": 0}, "items_answered": [2, 0, 1]},
            "T2": {"values": [3, None, None], "missing_reasons": {"1": 1, "2": 0}, "items_answered": [2, 1, 0]},
        },
        "zest": {"T1": {"values": [1, 2, 3], "missing_reasons": {}, "items_answered": [1, 1, 1]}},
        "joy": {"T1": {"values": [1.75, None, None], "missing_reasons": {"1": 1, "2": 1}, "items_answered": [2, 1, 1]}},
    },
    "services": {"clinic": {"T1": {"values": [0, 1, None], "missing_reasons": {"2": 0}}}},
    "items": {
        "calm": {
            "T1": {"values": [2, None, 4], "missing_reasons": {"1": 0}, "source_rows_index": 0, "export_column": "Q1"},
        },
        "glad": {
            "T1": {
                "values": [3, None, None],
                "missing_reasons": {"1": 0, "2": 2},
                "source_rows_index": 0,
                "export_column": None,
            },
        },
        "brisk": {
            "T1": {"values": [1, 2, 3], "missing_reasons": {}, "source_rows_index": 1, "export_column": "B"},
        },
        "clinic": {
            "T1": {"values": [0, 1, None], "missing_reasons": {"2": 0}, "source_rows_index": 0, "export_column": "Q9"},
        },
    },
    "facts": {
        "age": {"": {"values": [None, 41, 50], "missing_reasons": {"0": 2}, "source_rows_index": 1, "export_column": "Age"}},
        "site": {
            "": {"values": ["north", "south", "north"], "missing_reasons": {}, "source_rows_index": 1, "export_column": "S"}
        },
    },
    "scales": {
        "mood": {"items_total": 2, "rule": "mean of 2 items"},
        "zest": {"items_total": 1, "rule": "the item"},
        "joy": {"items_total": 2, "rule": "mean of 2 scales"},
    },
    "scale_items": {"mood": ["calm", "glad"], "zest": ["brisk"]},
    "scale_parts": {"joy": ["mood", "zest"]},
    "reversed_from": {"mood": {"glad": 6}},
    "recoded": {},
    "counted_skips": {},
    "reasons": ["not returned", "too few items", "blank"],
    "files": [
        {"name": "t1.csv", "sha256": "a" * 64, "version": 2},
        {"name": "roster.csv", "sha256": "b" * 64, "version": 1},
    ],
    "source_rows": [
        {"file_indexes": [0, None, 0], "row_numbers": [2, None, 3]},
        {"file_indexes": [1, 1, 1], "row_numbers": [2, 3, 4]},
    ],
}


def scope(
    rule: str, measure: str, moment: str, waves: list[str], sign: int = 1, return_waves: list[str] | None = None
) -> Any:
    return {
        "rule": rule, "measure": measure, "moment": moment, "waves": waves, "sign": sign, "return_waves": return_waves or [],
        "people_groups": [], "facts": [],
    }  # fmt: skip


def table(people_scope: Any) -> Any:
    return run_scripts("return new People(input.people).table(input.scope);", {"people": PEOPLE, "scope": people_scope})


def answers(*arguments: Any) -> Any:
    body = "return new People(input.people).answers(...input.arguments);"
    return run_scripts(body, {"people": PEOPLE, "arguments": arguments})


@needs_node
def test_an_item_is_named_by_its_label_where_it_has_one() -> None:
    body = "const people = new People({}, input); return ['a_01', 'a_02', 'constructor'].map(item => people.itemName(item));"
    assert run_scripts(body, {"a_01": "Sleeps <well>"}) == ["a_01: Sleeps <well>", "a_02", "constructor"]
    assert run_scripts("return new People(input).itemName('a_01');", {}) == "a_01"


def texts(row: dict[str, Any]) -> list[Any]:
    return [value["text"] for value in row["values"]]


@needs_node
def test_values_are_written_with_six_digits_and_a_true_minus_sign() -> None:
    values = [1 / 3, -2.5, 0, 1234567.8, 1e-7, -2.307692307692307, "north", "a-b"]
    written = run_scripts("return input.map(formatValue);", values)
    assert written == ["0.333333", "−2.5", "0", "1234570", "1e−7", "−2.30769", "north", "a-b"]
    file = run_scripts("return formatFile(input);", PEOPLE["files"][0])
    assert file == "t1.csv (version 2, SHA-256 aaaaaaaaaaaa…)"


@needs_node
def test_the_dialog_gives_each_number_its_lines_and_shared_lines_once() -> None:
    def describe(*result_ids: str) -> Any:
        body = "return new Numbers(input.data).describe(input.ids);"
        return run_scripts(body, {"data": {"lines": LINES, "numbers": NUMBERS}, "ids": result_ids})

    single = describe("summary/mood/T1/mean")
    assert single == {
        "numbers": [
            {
                "resultId": "summary/mood/T1/mean",
                "printed": "2.5",
                "lines": [
                    {"term": "Exactly", "text": "2.5"},
                    {"term": "What", "text": "mean"},
                    {"term": "Formula", "text": "sum of x / n"},
                    {"term": "People", "text": "2 of 3 on the roster"},
                ],
            }
        ],
        "sharedLines": [],
        "scopeIndexes": [0],
    }
    several = describe("summary/mood/T1/mean", "summary/mood/T1/sd", "no/such/number", "summary/mood/T2/mean")
    assert several["sharedLines"] == [{"term": "People", "text": "2 of 3 on the roster"}]
    assert several["scopeIndexes"] == [0, 1]
    terms = [[line["term"] for line in number["lines"]] for number in several["numbers"]]
    assert terms == [["Exactly", "What", "Formula"], ["Exactly", "What", "Note"], ["What", "Formula"]]
    assert describe("plan/alpha")["scopeIndexes"] == []
    assert describe("no/such/number", "constructor") == {"numbers": [], "sharedLines": [], "scopeIndexes": []}


@needs_node
def test_on_a_page_that_lists_nobody_numbers_have_no_people() -> None:
    data = {"lines": LINES, "numbers": NUMBERS | {"scope_indexes": []}}
    described = run_scripts("return new Numbers(input).describe(input.numbers.result_ids);", data)
    assert described["scopeIndexes"] == []


@needs_node
def test_people_who_count_stand_first_with_their_values_or_reasons() -> None:
    people = table(scope("value", "mood", "T1", ["T1"]))
    assert people["columns"] == ["person", "T1"]
    assert people["summary"] == "Person by person: 2 counted, 1 left out"
    assert [(row["participantId"], row["isCounted"]) for row in people["rows"]] == [
        ("P1", True),
        ("P3", True),
        ("P2", False),
    ]
    assert list(map(texts, people["rows"])) == [["2.5 (2 of 2)"], ["0.333333 (1 of 2)"], ["not returned"]]
    assert {row["change"] for row in people["rows"]} == {row["returns"] for row in people["rows"]} == {None}


@needs_node
@pytest.mark.parametrize(("sign", "column"), [(1, "T1 minus T2"), (-1, "T2 minus T1")])
def test_a_contrast_shows_the_change_of_those_who_count(sign: int, column: str) -> None:
    people = table(scope("both", "mood", "T1-T2", ["T1", "T2"], sign))
    assert people["columns"] == ["person", "T1", "T2", column]
    assert [row["change"] for row in people["rows"]] == ["−0.5", "", ""]


@needs_node
def test_a_number_that_is_adjusted_for_covariates_shows_them_and_what_is_not_known() -> None:
    people = table(scope("both_covariates", "mood", "T1-T2", ["T1", "T2"]) | {"facts": ["age", "site"]})
    assert people["columns"] == ["person", "T1", "T2", "T1 minus T2", "age", "site"]
    assert people["summary"] == "Person by person: 0 counted, 3 left out"
    # The first has both scores, and no age: the change is not one that counts here.
    assert [row["change"] for row in people["rows"]] == ["", "", ""]
    assert [row["facts"] for row in people["rows"]] == [["blank", "north"], ["41", "south"], ["50", "north"]]
    assert table(scope("both", "mood", "T1-T2", ["T1", "T2"]))["rows"][0]["facts"] == []


@needs_node
def test_a_number_of_a_group_counts_nobody_of_another() -> None:
    of_a = table(scope("value", "mood", "T1", ["T1"]) | {"people_groups": ["a"]})
    assert of_a["columns"] == ["person", "T1"]
    assert [(row["participantId"], row["isCounted"]) for row in of_a["rows"]] == [("P1", True), ("P2", False), ("P3", False)]
    compared = table(scope("roster", "", "T2", ["T2"], return_waves=["T2"]) | {"people_groups": ["a", "b"]})
    assert compared["columns"] == ["person", "group", "returned"]
    assert [(row["participantId"], row["isCounted"], row["group"]) for row in compared["rows"]] == [
        ("P1", True, "a"), ("P2", True, "b"), ("P3", False, "not known"),
    ]  # fmt: skip
    without_group = table(scope("whole_roster", "", "", []) | {"people_groups": [None]})
    assert [row["participantId"] for row in without_group["rows"] if row["isCounted"]] == ["P3"]


@needs_node
def test_everybody_on_the_roster_counts_in_returns() -> None:
    people = table(scope("roster", "", "T2", ["T2"], return_waves=["T1", "T2"]))
    assert people["columns"] == ["person", "returned"]
    assert people["kind"] is None
    assert [row["returns"] for row in people["rows"]] == [
        "returned T1, returned T2", "did not return T1, returned T2", "returned T1, did not return T2",
    ]  # fmt: skip


@needs_node
def test_people_for_whom_a_wave_or_a_scale_in_it_was_not_planned_are_left_out_of_the_roster() -> None:
    people = PEOPLE | {"is_returned": {"T1": [1, 1, 1], "T2": [1, 0, None]}, "reasons": ["not_planned", "blank", "refused"]}

    def counted(people_scope: Any) -> dict[str, bool]:
        body = "return new People(input.people).table(input.scope);"
        rows = run_scripts(body, {"people": people, "scope": people_scope})["rows"]
        return {row["participantId"]: row["isCounted"] for row in rows} | {"returns": rows[-1]["returns"]}

    flow = counted(scope("roster", "returns", "T2", ["T2"], return_waves=["T2"]))
    assert flow == {"P1": True, "P2": True, "P3": False, "returns": "was not planned for T2"}
    # At T1 the scale was not planned for P2 (reason 0 of the list).
    assert counted(scope("roster", "mood", "T1", ["T1"], return_waves=["T1"])) == {
        "P1": True, "P3": True, "P2": False, "returns": "returned T1",
    }  # fmt: skip
    assert counted(scope("whole_roster", "mood", "T1", ["T1"], return_waves=["T1"]))["P2"]


@needs_node
def test_participant_variables_have_one_value_and_measures_only_the_waves_that_asked_them() -> None:
    ages = table(scope("value", "age", "", ["T1", "T2"]))
    assert ages["columns"] == ["person", "value"]
    assert list(map(texts, ages["rows"])) == [["41"], ["blank"], ["50"]]
    services = table(scope("value", "clinic", "T1", ["T1", "T2"]))
    assert services["summary"] == "Person by person: 0 counted, 3 left out"
    assert list(map(texts, services["rows"])) == [["0", None], ["1", None], ["not returned", None]]


@needs_node
def test_a_score_opens_its_answers_and_their_cells() -> None:
    mood = answers("scores", "mood", "T1", 0)
    assert mood == {
        "summary": "mood: 2.5 from 2 of 2; mean of 2 items. t1.csv (version 2, SHA-256 aaaaaaaaaaaa…)",
        "columns": ["item", "answer", "counts as", "row", "column"],
        "blocks": [{"title": None, "rows": [["calm", "2", "2", "2", "Q1"], ["glad", "3", "3", "2", "no column"]]}],
    }
    assert answers("scores", "mood", "T1", 1) == {
        "summary": "mood: not returned; mean of 2 items. ",
        "columns": ["item", "answer", "counts as", "row", "column"],
        "blocks": [
            {"title": None, "rows": [[item, "no answer: not returned", "", "no row", ""] for item in ("calm", "glad")]}
        ],
    }
    assert answers("scores", "mood", "T1", 2)["blocks"][0]["rows"][1] == ["glad", "no answer: blank", "", "3", "no column"]


@needs_node
def test_a_reversed_answer_says_what_it_counts_as_in_its_scale_only() -> None:
    body = (
        "const people = new People(input); return [people.keyedText('mood', 'glad', 2), people.keyedText(null, 'glad', 2)];"
    )
    assert run_scripts(body, PEOPLE) == ["4 (6 − answer)", "2"]
    assert run_scripts("return new People(input).keyedText('mood', 'constructor', 2);", PEOPLE) == "2"


@needs_node
def test_a_recoded_answer_says_what_it_counts_as_in_its_scale_only() -> None:
    people = PEOPLE | {"recoded": {"calm": {"2": 75}}}
    body = (
        "const people = new People(input); return [people.keyedText('mood', 'calm', 2), people.keyedText(null, 'calm', 2)];"
    )
    assert run_scripts(body, people) == ["75 (recoded)", "2"]


@needs_node
def test_an_item_that_was_not_asked_says_what_it_counts_as_in_its_scale_only() -> None:
    people = PEOPLE | {"counted_skips": {"calm": 0}}
    calls = (
        "'mood', 'calm', 'valid_skip'",
        "'mood', 'calm', 'not_asked'",
        "null, 'calm', 'valid_skip'",
        "'mood', 'glad', 'valid_skip'",
    )
    body = f"const people = new People(input); return [{', '.join(f'people.skipText({call})' for call in calls)}];"
    assert run_scripts(body, people) == ["0 (not asked)", "", "", ""]


@needs_node
def test_a_composite_opens_its_scales_and_names_files_where_there_are_several() -> None:
    joy = answers("scores", "joy", "T1", 0)
    assert joy["columns"][-1] == "file"
    assert [block["title"] for block in joy["blocks"]] == [
        "mood: 2.5 from 2 of 2; mean of 2 items",
        "zest: 1 from 1 of 1; the item",
    ]
    assert [row[-1] for block in joy["blocks"] for row in block["rows"]] == ["t1.csv", "t1.csv", "roster.csv"]


@needs_node
def test_services_open_items_and_facts_their_cell_in_the_roster() -> None:
    assert answers("services", "clinic", "T1", 1)["blocks"] == [
        {"title": None, "rows": [["clinic", "1", "1", "no row", ""]]}
    ]
    site = answers("facts", "site", "", 2)
    assert site["summary"] == "roster.csv (version 1, SHA-256 bbbbbbbbbbbb…)"
    assert site["blocks"] == [{"title": None, "rows": [["site", "north", "north", "4", "S"]]}]


@needs_node
def test_arrow_keys_lead_to_the_neighbours_and_up_and_down_to_the_nearest_column() -> None:
    rows = [[1, 2, 3], [2], [1, 3]]
    keys = {
        (0, 0, "ArrowRight"): (0, 1), (0, 2, "ArrowRight"): (0, 2), (0, 0, "ArrowLeft"): (0, 0), (0, 2, "ArrowLeft"): (0, 1),
        (0, 2, "ArrowDown"): (1, 0), (1, 0, "ArrowDown"): (2, 0), (2, 1, "ArrowDown"): (2, 1), (2, 1, "ArrowUp"): (1, 0),
        (1, 0, "ArrowUp"): (0, 1), (0, 1, "ArrowUp"): (0, 1), (0, 2, "Home"): (0, 0), (0, 0, "End"): (0, 2),
    }  # fmt: skip
    body = "return input.keys.map(([row, index, key]) => nextPosition(input.rows, row, index, key));"
    positions = run_scripts(body, {"rows": rows, "keys": list(keys)})
    assert [(position["row"], position["index"]) for position in positions] == list(keys.values())
    assert run_scripts("return nextPosition([[1]], 0, 0, 'Enter');", None) is None


def test_names_in_scripts_say_what_they_are() -> None:
    """The rule of test_names.py, for what is declared and for arguments."""
    comment = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
    declaration = re.compile(r"\b(?:const|let|function|class)\s+(\w+)|(\w+)\s*=>|\(([\w, ]+)\)\s*(?:=>|\{)|,\s*(\w+) = ")
    names = [
        (file.name, name)
        for file in sorted(SCRIPTS.glob("*.js"))
        for groups in declaration.findall(comment.sub("", file.read_text(encoding="utf-8")))
        for name in re.findall(r"\w+", " ".join(groups))
    ]
    assert len(names) > 100
    assert [(file, name) for file, name in names if name.lower() in BANNED] == []
