"""Items as they are: their own anchors, tables that recode answers, and what follows for scales, labels and special codes."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.audit.published import scale_facts
from dagster_project.study import (
    StudyError,
    codebook_tables,
    library_codes,
    library_file,
    read_instrument,
    read_study,
    scoring_rule,
    wave_definitions,
)
from tests.refusal_lines import without_line

SMALL = Path(__file__).parents[1] / "small_study"
#: Two items from 0 to 3, one from 0 to 5, one that allows 0, 2 and 4, one that counts as a table says.
MIXED: dict[str, Any] = {
    "instrument": "mixed", "name": "Mixed", "source": "none", "licence": "none", "item_count": 5,
    "anchors": {"low": 0, "high": 3},
    "item_anchors": [{"items": [3], "low": 0, "high": 5}, {"items": ["4"], "low": 0, "high": 4, "codes": [0, 2, 4]}],
    "reversed": [1, 3, 4],
    "recode": [{"items": [5], "codes": {0: 100, 1: 50, 2: 20, 3: 0}}],
    "scales": [
        {"scale": "total", "label": "Total", "items": ["1-4"], "aggregate": "sum", "better": "low", "minimum_answered": 1},
        {"scale": "average", "label": "Mean", "items": [1, 3], "aggregate": "mean", "better": "low", "minimum_answered": 1},
        {"scale": "fourfold", "label": "Four times", "items": [1, 2], "aggregate": "sum", "better": "low", "multiply": 4},
        {"scale": "table", "label": "Table", "items": [5], "aggregate": "mean", "better": "high"},
    ],
}  # fmt: skip


def _instrument(tmp_path: Path, **changes: Any) -> Any:
    file = tmp_path / "mixed.yaml"
    file.write_text(yaml.safe_dump(MIXED | changes), encoding="utf-8")
    return read_instrument(file)


def _scales(**changes: Any) -> list[dict[str, Any]]:
    """The first scale with changes, alone."""
    return [MIXED["scales"][0] | changes]


def test_each_item_is_reversed_and_limited_by_its_own_anchors(tmp_path: Path) -> None:
    instrument = _instrument(tmp_path)
    assert [instrument.scored_answers(position) for position in range(1, 6)] == [
        (3, 2, 1, 0), (0, 1, 2, 3), (5, 4, 3, 2, 1, 0), (4, 2, 0), (100, 50, 20, 0),
    ]  # fmt: skip
    assert {scale.scale: instrument.score_range(scale) for scale in instrument.scales} == {
        "total": (0, 15), "average": (0, 4), "fourfold": (0, 24), "table": (0, 100),
    }  # fmt: skip
    assert [str(anchors) for anchors in instrument.positions_by_anchors()] == ["0 to 3", "0 to 5", "0, 2 or 4"]


def test_an_item_may_be_reversed_in_one_scale_and_plain_in_another(tmp_path: Path) -> None:
    scales = [*_scales(), {**MIXED["scales"][0], "scale": "other", "items": [1, 2], "reversed": [2]}]
    instrument = _instrument(tmp_path, scales=scales)
    first, second = instrument.scales
    assert [instrument.scored_answers(1, scale) for scale in (first, second)] == [(3, 2, 1, 0), (0, 1, 2, 3)]
    assert [instrument.turned_from(2, scale) for scale in (first, second)] == [None, 3]
    assert scoring_rule(instrument, second).endswith("; reversed (3 - answer): mixed_02")


def test_answers_may_have_decimals(tmp_path: Path) -> None:
    anchors = {"low": 0.1, "high": 0.3, "decimals": 1}
    instrument = _instrument(tmp_path, recode=[], reversed=[1], item_anchors=[], anchors=anchors, scales=_scales(items=[1]))
    item = instrument.anchors_of(1)
    assert (str(item), item.answers, item.answer_count) == ("0.1 to 0.3 in steps of 0.1", (0.1, 0.2, 0.3), 3)
    assert [item.is_answer(number) for number in (0.1, 0.2, 0.25, 0.3, 0.4)] == [True, True, False, True, False]
    assert instrument.turned_from(1) == 0.4
    assert scale_facts(instrument, instrument.scales[0]).steps == 10, "a mean of one person is a multiple of a tenth"


def test_what_the_auditor_may_hold_scores_to(tmp_path: Path) -> None:
    instrument = _instrument(tmp_path)
    facts = [scale_facts(instrument, scale) for scale in instrument.scales]
    assert [(fact.score_range.low, fact.score_range.high, fact.steps) for fact in facts] == [
        (0, 15, 1), (0, 4, 2), (0, 24, 1), (0, 100, 1),
    ]  # fmt: skip
    halved = _instrument(tmp_path, scales=_scales(multiply=0.5))
    assert scale_facts(halved, halved.scales[0]).steps is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"item_anchors": [{"items": [6], "low": 0, "high": 5}]}, "item_anchors names item 6, but the instrument has items 1 to 5"),
        (
            {"item_anchors": [{"items": [3], "low": 0, "high": 5}, {"items": ["2-3"], "low": 0, "high": 1}]},
            "item_anchors names item 3 twice; keep one",
        ),
        (
            {"item_anchors": [{"items": [4], "low": 0, "high": 4, "codes": [0, 2]}]},
            "item_anchors[0]: codes goes from low to high: from 0 to 4; give items with other anchors, e.g. [{items: ['9-10'],"
            " low: 0, high: 4, codes: [0, 2, 4]}]",
        ),
        (
            {"item_anchors": [{"items": [4], "low": 0, "high": 4, "codes": [0, 4, 2, 4]}]},
            "item_anchors[0]: codes names each answer once, from the lowest to the highest; give items with other anchors, e.g."
            " [{items: ['9-10'], low: 0, high: 4, codes: [0, 2, 4]}]",
        ),
        (
            {"recode": [{"items": [5], "codes": {0: 100, 1: 50, 2: 20}}]},
            "recode: the codes lack the answer 3 to item 5 (0 to 3); add it",
        ),
        (
            {"recode": [{"items": [4], "codes": {0: 1, 1: 2, 2: 3, 4: 4}}], "reversed": []},
            "recode: 1 is no answer to item 4 (0, 2 or 4); correct the codes",
        ),
        (
            {"recode": [{"items": [1], "codes": {0: 1, 1: 0, 2: 0, 3: 0}}]},
            "recode and reversed both name item 1; write its direction into the codes, and take it out of reversed",
        ),
        ({"scales": _scales(items=[1, 2], reversed=[3])}, "scale total: reversed names item 3, which is none of its items"),
        (
            {"scales": _scales(items=[1, 5], reversed=[5], minimum_answered=1)},
            "scale total: reversed names item 5, which recode counts as other numbers; write its direction into the codes",
        ),
        (
            {"scales": _scales(minimum_answered=0.75)},
            "scale total: its items have different ranges, and 3 of 4 are enough for a score; the mean of the others cannot"
            " stand for one of another range: give it minimum_answered: 1",
        ),
        (
            {"composites": [{"scale": "parts", "label": "Parts", "parts": ["total", "table"], "better": "low", "minimum_parts": 0.5}]},
            "composite parts: its parts have different ranges, and 1 of 2 are enough for a score; the mean of the others cannot"
            " stand for one of another range: give it minimum_parts: 1",
        ),
        (
            {"scales": _scales(items=[4], conversion={0: 1, 2: 2})},
            "scale total: the conversion table lacks the raw sum 4",
        ),
        (
            {"scales": _scales(items=[4], conversion={0: 1, 1: 1.5, 2: 2, 4: 3})},
            "scale total: the conversion table has the raw sum 1, which no answers give; take it out",
        ),
        (
            {"scales": _scales(items=[4], conversion={0: 1, 2: 2, 4: 3}, multiply=2)},
            "scale total has a conversion table; write multiply and rounded into its scores",
        ),
        (
            {"anchors": {"low": 0.5, "high": 3}},
            "anchors: 0.5 has more decimals than the answers may have, 0; say how many they have: decimals; give low"
            " and high answer code",
        ),
        (
            {"anchors": {"low": 0, "high": 1000.5, "decimals": 6}},
            "anchors: answers with 6 decimals go from -999.999999 to 999.999999; recode the item in other units;"
            " give low and high answer code",
        ),
        (
            {"item_anchors": [{"items": [5], "low": 0, "high": 2, "decimals": 1}]},
            "recode names item 5, whose answers have decimals; take it out, or give the item its codes",
        ),
        (
            {"item_anchors": [{"items": [4], "low": 0, "high": 4, "decimals": 1}], "scales": _scales(items=[4], conversion={0: 1, 4: 2})},
            "scale total has a conversion table, and item 4 answers with decimals; a table converts sums of whole numbers",
        ),
        (
            {"scales": _scales(bands={"source": "none", "steps": [{"low": 1, "label": "a"}, {"low": 5, "label": "b"}]})},
            "scale total: its bands start at 1, and its lowest score is 0",
        ),
        (
            {"scales": _scales(bands={"source": "none", "steps": [{"low": 0, "label": "a"}, {"low": 0, "label": "b"}]})},
            "scale total: each band starts above the one before it; put them in order",
        ),
        (
            {"scales": _scales(bands={"source": "none", "steps": [{"low": 0, "label": "a"}, {"low": 16, "label": "b"}]})},
            "scale total: a band starts at 16, above its highest score, 15",
        ),
        (
            {"scales": _scales(cut_offs=[{"value": 16, "direction": "at_least", "meaning": "case", "source": "none"}])},
            "scale total: the cut-off 16 lies outside its range, 0 to 15",
        ),
        (
            {"scales": _scales(cut_offs=[
                {"value": value, "direction": "at_least", "meaning": meaning, "source": "none"}
                for value, meaning in ((2.5, "case"), (3, "case"), (2.50, "another"))
            ])},
            "scale total: the cut-off at_least 2.5 stands twice; write what both say into one meaning",
        ),
    ],
)  # fmt: skip
def test_an_instrument_that_cannot_be_scored_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(StudyError) as refusal:
        _instrument(tmp_path, **changes)
    assert without_line(refusal.value) == f"{tmp_path / 'mixed.yaml'}: {message}"


@pytest.mark.parametrize(
    ("changes", "is_other"),
    [
        ({"item_anchors": [{"items": [3], "low": 0, "high": 6}, MIXED["item_anchors"][1]]}, True),
        ({"item_anchors": [MIXED["item_anchors"][0], {"items": [4], "low": 0, "high": 4, "codes": [0, 1, 2, 4]}]}, True),
        ({"recode": [{"items": [5], "codes": {0: 100, 1: 50, 2: 25, 3: 0}}]}, True),
        ({"scales": [*MIXED["scales"][:2], MIXED["scales"][2] | {"multiply": 5}, MIXED["scales"][3]]}, True),
        ({"scales": [*MIXED["scales"][:3], MIXED["scales"][3] | {"rounded": True}]}, True),
        ({"scales": [*MIXED["scales"][:3], MIXED["scales"][3] | {"label": "Another"}]}, False),
    ],
)
def test_a_wave_is_scored_again_when_its_items_count_otherwise(
    changes: dict[str, Any], is_other: bool, folder: Path
) -> None:
    stamps = []
    for definition in (MIXED, MIXED | changes):
        (folder / "instruments/mixed.yaml").write_text(yaml.safe_dump(definition), encoding="utf-8")
        stamps.append(wave_definitions(codebook_tables(read_study(folder)), "the code").to_pylist())
    assert (stamps[0] != stamps[1]) == is_other


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small study, with the mixed instrument asked at T1 in columns X1 to X5."""
    folder = Path(shutil.copytree(SMALL, tmp_path / "small_study"))
    (folder / "instruments/mixed.yaml").write_text(yaml.safe_dump(MIXED), encoding="utf-8")
    protocol = yaml.safe_load((folder / "study.yaml").read_text(encoding="utf-8"))
    protocol["instruments"].append("mixed")
    protocol["exports"][1]["blocks"].append({"block": "mixed", "template": "X{position}"})
    (folder / "study.yaml").write_text(yaml.safe_dump(protocol), encoding="utf-8")
    return folder


def _declare(folder: Path, **changes: Any) -> None:
    """Change the export of T1."""
    protocol = yaml.safe_load((folder / "study.yaml").read_text(encoding="utf-8"))
    protocol["exports"][1] |= changes
    (folder / "study.yaml").write_text(yaml.safe_dump(protocol), encoding="utf-8")


def test_a_label_of_a_block_holds_for_the_items_that_it_fits(folder: Path) -> None:
    labels = [
        {"blocks": ["mixed"], "labels": {"Never": 0, "Often": 3, "Always": 5, "Yes": 4}},
        {"blocks": ["mixed"], "items": [4], "labels": {"No": 0}},
        {"blocks": ["mixed"], "items": ["1-2"], "labels": {"No": 3}},
    ]
    _declare(folder, labels=labels)
    texts = codebook_tables(read_study(folder))["answer_texts"].to_pylist()
    codes = {
        (row["item"], row["answer_text"]): row["code"]
        for row in texts
        if row["item"].startswith("mixed") and row["code"] is not None
    }
    assert codes == {
        **{(f"mixed_0{position}", "Never"): 0 for position in range(1, 6)},
        **{(f"mixed_0{position}", "Often"): 3 for position in (1, 2, 3, 5)},
        ("mixed_03", "Always"): 5, ("mixed_03", "Yes"): 4, ("mixed_04", "Yes"): 4,
        ("mixed_04", "No"): 0, ("mixed_01", "No"): 3, ("mixed_02", "No"): 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"labels": [{"blocks": ["mixed"], "labels": {"Always": 6}}]},
            "labels: 'Always' stands for 6, outside mixed's anchors 0 to 3, 0 to 5, 0, 2 or 4; correct the code",
        ),
        (
            {"labels": [{"blocks": ["mixed"], "items": ["1-3"], "labels": {"Always": 5}}]},
            "labels: 'Always' stands for 5, outside mixed_01's anchors 0 to 3; correct the code",
        ),
        (
            {"labels": [{"blocks": ["mixed"], "items": [6], "labels": {"Always": 0}}]},
            "labels: mixed has items 1 to 5, and no item 6",
        ),
        (
            {"labels": [{"blocks": ["services"], "items": [1], "labels": {"Always": 1}}]},
            "labels: services has no items by position; take items out",
        ),
        (
            {"labels": [{"blocks": ["mixed"], "labels": {"No": 0}}, {"blocks": ["mixed"], "items": [2], "labels": {"No": 1}}]},
            "labels: 'No' stands for 0 and for 1 in mixed_02; say which items each rule is for: {blocks: [mixed], items: [...],"
            " labels: {...}}",
        ),
        (
            {"special_codes": [{"blocks": ["mixed"], "items": [6], "codes": {"5": "refused"}}]},
            "special_codes: mixed has items 1 to 5, and no item 6",
        ),
        (
            {"special_codes": {"5": "refused"}},
            "special_codes: '5' lies within mood's anchors 1 to 5; say for which blocks it holds: special_codes: [{blocks: [...],"
            " codes: {'5': ...}}]",
        ),
        (
            {"special_codes": {"0": "refused"}, "blocks": [{"block": "mixed", "template": "X{position}"}]},
            "special_codes: '0' lies within mixed_01's anchors 0 to 3; say for which blocks it holds: special_codes: [{blocks:"
            " [...], items: [...], codes: {'0': ...}}]",
        ),
    ],
)  # fmt: skip
def test_a_text_with_two_meanings_is_refused(changes: dict[str, Any], message: str, folder: Path) -> None:
    _declare(folder, **changes)
    with pytest.raises(StudyError) as refusal:
        read_study(folder)
    assert without_line(refusal.value) == f"{folder / 'study.yaml'}: exports[1].{message}"


def test_a_special_code_of_some_items_is_an_answer_of_others(folder: Path) -> None:
    """A study writes 5 for refused where answers end at 3, and 5 is an answer to item 3."""
    _declare(folder, special_codes=[{"blocks": ["mixed"], "items": ["1-2", 5], "codes": {"5": "refused"}}])
    texts = codebook_tables(read_study(folder))["answer_texts"].to_pylist()
    assert {row["item"] for row in texts if row["answer_text"] == "5" and row["missing_reason"] == "refused"} == {
        "mixed_01", "mixed_02", "mixed_05",
    }  # fmt: skip


def test_a_special_code_is_the_number_that_the_export_s_decimal_mark_makes_of_it(folder: Path) -> None:
    """7,5 would have been taken from the answers of a slider without a word: it was no number to who looked for one."""
    mood = folder / "instruments/mood.yaml"
    text = mood.read_text(encoding="utf-8")
    mood.write_text(text.replace("anchors: {low: 1, high: 5}", "anchors: {low: 1, high: 5, decimals: 1}"), encoding="utf-8")
    assert mood.read_text(encoding="utf-8") != text
    _declare(folder, decimal=",", special_codes={"4,50": "refused"})
    with pytest.raises(StudyError, match=r"special_codes: '4,50' lies within mood's anchors 1 to 5 in steps of 0.1; say"):
        read_study(folder)
    _declare(folder, decimal=",", special_codes={"4.50": "refused"})
    assert read_study(folder)


def test_items_of_labels_are_of_one_block(folder: Path) -> None:
    _declare(folder, labels=[{"blocks": ["mixed", "mood"], "items": [1], "labels": {"No": 1}}])
    with pytest.raises(StudyError, match="items are positions in one block; give each block a rule of its own"):
        read_study(folder)
    _declare(folder, labels=[], special_codes=[{"items": [1], "codes": {"9": "refused"}}])
    with pytest.raises(StudyError, match="items are positions in one block; give each block a rule of its own"):
        read_study(folder)


OWNED = (
    "item_labels: whose wording are they? The wording of an instrument with an owner is never kept; add wording: own where the"
    " study wrote the items itself, wording: free where their terms let anybody print them, or take item_labels out"
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"item_labels": {1: "Sleeps well"}}, OWNED),
        (
            {"item_labels": {6: "Sleeps well"}, "wording": "own"},
            "item_labels names item 6, but the instrument has items 1 to 5",
        ),
        (
            {"item_labels": {1: "Sleeps\nwell"}, "wording": "free"},
            "item_labels[1]: 'Sleeps\\nwell': string should match pattern '^[^\\x00-\\x1f\\x7f]*$'; give what items are called,"
            " by position, e.g. {1: Sleeps well}; one line each",
        ),
        (
            {"wording": "mine"},
            "wording: 'mine': input should be 'own' or 'free'; give own where the study wrote the items, free where anybody may"
            " print them; left out, items have no labels",
        ),
    ],
)
def test_items_have_labels_only_where_their_wording_may_be_kept(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(StudyError) as refusal:
        _instrument(tmp_path, **changes)
    assert without_line(refusal.value) == f"{tmp_path}/mixed.yaml: {message}"


def test_labels_stand_in_the_codebook_and_the_library_has_none(tmp_path: Path) -> None:
    labelled_items = _instrument(tmp_path, wording="free", item_labels={2: "  Eats well "}).item_labels
    assert labelled_items == {2: "Eats well"}
    for code in library_codes():
        instrument = read_instrument(library_file(code))
        assert (instrument.wording, instrument.item_labels) == (None, {}), code


def test_a_label_changes_no_score() -> None:
    """A wave whose items get a label is not scored anew."""
    study = read_study(SMALL)
    mood = study.instrument("mood").model_copy(update={"wording": "own", "item_labels": {1: "Calm"}})
    others = [instrument for instrument in study.instruments if instrument.instrument != "mood"]
    changed = replace(study, instruments=(*others, mood))
    tables, changed_tables = (
        codebook_tables(replace(study, instruments=(*others, study.instrument("mood")))),
        codebook_tables(changed),
    )
    assert changed.item_labels == {"mood_01": "Calm"}
    assert tables["items"] != changed_tables["items"]
    assert wave_definitions(tables, "code") == wave_definitions(changed_tables, "code")
