"""Instruments whose items differ, through the whole graph: their own anchors, reversal and tables, in every number.

Scores are compared with a plain function of the answers that knows nothing of the package.
"""

import csv
import math
import random
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from recompute import recompute

WAVES = ("T1", "T2")
PEOPLE = [f"p{number:03d}" for number in range(60)]
#: As a study of two items declares it: the first from 0 to 3 and reversed, the second from 0 to 5.
HANDED = {
    "instrument": "handed", "name": "Handed", "source": "none", "licence": "none", "item_count": 2,
    "anchors": {"low": 0, "high": 5}, "item_anchors": [{"items": [1], "low": 0, "high": 3}], "reversed": [1],
    "scales": [{"scale": "handed_total", "label": "Handed", "items": ["1-2"], "aggregate": "sum", "better": "high"}],
}  # fmt: skip


#: As a study of sliders declares it: read to a tenth, the second reversed, and hours to a hundredth.
SLIDER = {
    "instrument": "slider", "name": "Slider", "source": "none", "licence": "none", "item_count": 4,
    "anchors": {"low": 0, "high": 10, "decimals": 1}, "reversed": [2],
    "item_anchors": [{"items": [4], "low": 0.25, "high": 24, "decimals": 2}],
    "scales": [
        {"scale": "slider_all", "label": "All", "items": ["1-4"], "aggregate": "sum", "better": "high", "minimum_answered": 1},
        {"scale": "slider_mean", "label": "M", "items": ["1-3"], "aggregate": "mean", "better": "high", "minimum_answered": 0.5},
        {"scale": "slider_hours", "label": "Hours", "items": [4], "aggregate": "sum", "better": "high"},
        {"scale": "slider_rounded", "label": "R", "items": ["1-3"], "aggregate": "sum", "better": "high", "multiply": 10 / 3,
         "rounded": True, "minimum_answered": 1},
    ],
}  # fmt: skip


def _random_instrument(rng: random.Random, name: str) -> dict[str, Any]:
    """Items with random anchors, gaps, reversals and tables; a sum of items of one range, and a mean and a sum of others."""
    count = rng.randint(3, 7)
    anchors = {"low": rng.randint(-2, 1), "high": rng.randint(3, 6)}
    own, tables, reversed_items = [], [], []
    for position in range(2, count + 1):
        kind = rng.random()
        low, high = rng.randint(-3, 1), rng.randint(2, 9)
        if kind < 0.5:
            own.append({"items": [position], "low": low, "high": high})
            if rng.random() < 0.5:
                between = sorted(rng.sample(range(low + 1, high), rng.randint(0, high - low - 1)))
                own[-1]["codes"] = [low, *between, high]
        if kind > 0.3 and rng.random() < 0.4:
            codes = _codes({"anchors": anchors, "item_anchors": own}, position)
            tables.append({"items": [position], "codes": {code: rng.randint(-20, 100) for code in codes}})
        elif rng.random() < 0.5:
            reversed_items.append(position)
    instrument = {
        "instrument": name, "name": name, "source": "none", "licence": "none", "item_count": count, "anchors": anchors,
        "item_anchors": own, "recode": tables, "reversed": reversed_items, "minimum_answered": 1,
    }  # fmt: skip
    plain = [
        position
        for position in range(1, count + 1)
        if _plain_range(instrument, position) == (anchors["low"], anchors["high"])
    ]
    base = {"label": name, "better": "low"}
    instrument["scales"] = [
        base | {"scale": f"{name}_all", "items": [f"1-{count}"], "aggregate": "sum", "multiply": rng.choice([1, 2, 0.5])},
        base | {"scale": f"{name}_mean", "items": [1, count], "aggregate": "mean", "multiply": rng.choice([1, 4])},
        base | {"scale": f"{name}_plain", "items": plain, "aggregate": rng.choice(["sum", "mean"]), "minimum_answered": 0.5}
        | {"rounded": rng.random() < 0.5},
    ]  # fmt: skip
    instrument["composites"] = [
        base | {"scale": f"{name}_parts", "parts": [f"{name}_mean", f"{name}_plain"], "minimum_parts": 1}
        | {"aggregate": rng.choice(["sum", "mean"])}
    ]  # fmt: skip
    return instrument


#: Texts of the export: for all items of the block that they fit, and for its second item alone.
LABELS = [
    {"blocks": ["handed"], "labels": {"none": 0, "most": 5}},
    {"blocks": ["handed"], "items": [2], "labels": {"6": 1}},
]


# The plain reading of an instrument's file, independent of the package


def _own(instrument: Mapping[str, Any], position: int) -> Mapping[str, Any]:
    return next((rule for rule in instrument["item_anchors"] if position in rule["items"]), instrument["anchors"])


def _codes(instrument: Mapping[str, Any], position: int) -> list[float]:
    anchors = _own(instrument, position)
    if "decimals" in anchors:
        parts = 10 ** anchors["decimals"]
        return [number / parts for number in range(round(anchors["low"] * parts), anchors["high"] * parts + 1)]
    return list(anchors.get("codes") or range(anchors["low"], anchors["high"] + 1))


def _counts_as(instrument: Mapping[str, Any], position: int, answer: float) -> float:
    for rule in instrument.get("recode", []):
        if position in rule["items"]:
            return float(rule["codes"][answer])
    anchors = _own(instrument, position)
    return round(anchors["high"] - (answer - anchors["low"]), 2) if position in instrument["reversed"] else answer


def _plain_range(instrument: Mapping[str, Any], position: int) -> tuple[float, float]:
    numbers = [_counts_as(instrument, position, answer) for answer in _codes(instrument, position)]
    return min(numbers), max(numbers)


def _positions(items: list[Any]) -> list[int]:
    return [
        position
        for entry in items
        for position in (
            range(int(str(entry).split("-")[0]), int(str(entry).split("-")[1]) + 1) if "-" in str(entry) else [int(entry)]
        )
    ]


def _score(instrument: Mapping[str, Any], scale: Mapping[str, Any], cells: Mapping[int, str]) -> float | None:
    """A scale's score of one sheet of cells by position; None where too few of them are answers."""
    positions = _positions(scale["items"])
    texts = {"none": "0", "most": "5"}
    answers = {
        position: float(text)
        for position in positions
        if re.fullmatch("-?([0-9]+[.]?[0-9]*|[.][0-9]+)", text := texts.get(cells[position], cells[position]))
    }
    if instrument["instrument"] == "handed" and cells[2] == "6":
        answers[2] = 1
    numbers = [
        _counts_as(instrument, position, answer)
        for position, answer in answers.items()
        if answer in _codes(instrument, position)
    ]
    share = scale.get("minimum_answered", instrument.get("minimum_answered", 0.8))
    if not numbers or len(numbers) + 1e-9 < share * len(positions):
        return None
    score = sum(numbers) / len(numbers) * scale.get("multiply", 1) * (len(positions) if scale["aggregate"] == "sum" else 1)
    return math.floor(score + 0.5 + 1e-9) if scale.get("rounded") else score


def _scores(instrument: Mapping[str, Any], cells: Mapping[int, str]) -> dict[str, float | None]:
    scores = {scale["scale"]: _score(instrument, scale, cells) for scale in instrument["scales"]}
    for composite in instrument.get("composites", []):
        parts = [scores[part] for part in composite["parts"]]
        present = [part for part in parts if part is not None]
        whole = sum(present) / len(present) * (len(parts) if composite["aggregate"] == "sum" else 1) if present else None
        scores[composite["scale"]] = whole if len(present) >= composite["minimum_parts"] * len(parts) else None
    return scores


# A study of such instruments


def _cell(rng: random.Random, instrument: Mapping[str, Any], position: int) -> str:
    """Mostly an answer, sometimes nothing, sometimes an answer of another item only."""
    if rng.random() < 0.12:
        return rng.choice(["", "", "77", str(_own(instrument, position)["high"] + 1)])
    answer = rng.choice(_codes(instrument, position))
    if "decimals" in _own(instrument, position):
        if rng.random() < 0.1:
            return f"{answer}{rng.choice('123456789')}9"  # more decimals than are declared
        spellings = [str(answer), f"{answer:.4f}", f"{answer:g}", f"{answer:.2f}".lstrip("0")]
        return rng.choice([spelling for spelling in spellings if spelling != ".00"])
    return str(answer)


def write_study(
    folder: Path, instruments: list[dict[str, Any]], sheets: Mapping[tuple[str, str], Mapping[str, Mapping[int, str]]]
) -> None:
    """A study folder with a roster and one CSV a wave. sheets: by person and wave, each instrument's cells by position."""
    exports: list[dict[str, Any]] = [
        {"export": "roster", "folder": "raw/roster", "reader": "delimited", "respondent": "id"},
        *(
            {
                "export": wave.lower(), "wave": wave, "folder": f"raw/{wave}", "reader": "delimited", "respondent": "id",
                "blocks": [
                    {"block": instrument["instrument"], "template": instrument["instrument"] + "_q{position}"}
                    for instrument in instruments
                ],
                "labels": LABELS,
            }
            for wave in WAVES
        ),
    ]  # fmt: skip
    protocol = {
        "study": folder.name, "title": "Items", "source": "none", "licence": "none", "rejected_share": 1,
        "waves": [{"wave": wave, "label": wave, "month": number} for number, wave in enumerate(WAVES)],
        "contrasts": [{"contrast": "T1-T2", "baseline": "T1", "followup": "T2", "direction": "followup_minus_baseline"}],
        "instruments": [instrument["instrument"] for instrument in instruments],
        "outcomes": [instrument["scales"][0]["scale"] for instrument in instruments], "exports": exports,
    }  # fmt: skip
    (folder / "instruments").mkdir(parents=True)
    (folder / "study.yaml").write_text(yaml.safe_dump(protocol), encoding="utf-8")
    for instrument in instruments:
        file = folder / "instruments" / f"{instrument['instrument']}.yaml"
        file.write_text(yaml.safe_dump(instrument), encoding="utf-8")
    columns = [(item["instrument"], position) for item in instruments for position in range(1, item["item_count"] + 1)]
    for name in ("roster", *WAVES):
        file = folder / "raw" / name / f"{name}.csv"
        file.parent.mkdir(parents=True)
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["id", *(f"{code}_q{position}" for code, position in columns if name in WAVES)])
            for person in PEOPLE:
                if name not in WAVES:
                    writer.writerow([person])
                elif (person, name) in sheets:
                    writer.writerow([person, *(sheets[person, name][code][position] for code, position in columns)])


@pytest.mark.parametrize("seed", [1])
def test_scores_are_those_of_a_plain_reading_of_the_file(
    seed: int, workspace_of: Callable[..., Any], run_of: Callable[..., Any], tmp_path: Path
) -> None:
    rng = random.Random(seed)
    instruments = [HANDED, SLIDER, *(_random_instrument(rng, f"kind{number}") for number in range(8))]
    sheets = {
        (person, wave): {
            instrument["instrument"]: {
                position: _cell(rng, instrument, position) for position in range(1, instrument["item_count"] + 1)
            }
            for instrument in instruments
        }
        for person in PEOPLE
        for wave in WAVES
    }
    sheets[PEOPLE[0], "T1"]["handed"] = {1: "0", 2: "5"}
    sheets[PEOPLE[1], "T1"]["handed"] = {1: "5", 2: "1"}
    sheets[PEOPLE[2], "T1"]["handed"] = {1: "none", 2: "most"}
    sheets[PEOPLE[3], "T1"]["handed"] = {1: "most", 2: "most"}
    sheets[PEOPLE[4], "T1"]["handed"] = {1: "1", 2: "6"}
    write_study(tmp_path / "items", instruments, sheets)
    workspace = workspace_of(tmp_path / "items")
    run = run_of(workspace)
    assert run.success, (run.failures, [check for check in run.checks.items() if not check[1][0]])
    names = {
        row["participant_id"]: row["respondent"]
        for row in workspace.working("select participant_id, respondent from raw.roster")
    }
    rows = {(names[row["participant_id"]], row["wave"]): row for row in workspace.released("select * from marts.scores")}
    compared = 0
    for key, sheet in sheets.items():
        for instrument in instruments:
            for scale, expected in _scores(instrument, sheet[instrument["instrument"]]).items():
                compared += expected is not None
                score = rows[key][scale]
                assert (score is None) == (expected is None), (key, scale, sheet[instrument["instrument"]])
                assert expected is None or math.isclose(score, expected, abs_tol=1e-9), (key, scale, score, expected)
    assert compared > 1_500
    assert rows[PEOPLE[0], "T1"]["handed_total"] == 8
    rejected = workspace.working(
        "select item, answer_text from staging.rejected_answers where item like 'handed%' and wave = 'T1'"
    )
    assert {"item": "handed_01", "answer_text": "5"} in rejected
    assert {"item": "handed_01", "answer_text": "most"} in rejected, "5 is no answer to item 1"
    assert [rows[PEOPLE[number], "T1"]["handed_total"] for number in (2, 3, 4)] == [8, None, 3]
    check = run.checks["staging/rejected_answers", "no_rejected_answers"]
    assert check[0] is False and "is outside the declared anchors, labels and special codes" in check[1]
    report = recompute(workspace.release / "warehouse.duckdb")
    assert report.checked > 1_000 and not report.differences, report.differences[:5]
    ranges = {row["scale"]: (row["lowest"], row["highest"]) for row in workspace.released("from codebook.scales")}
    assert ranges["handed_total"] == (0, 8)
    assert ranges["slider_all"] == (0.25, 54) and ranges["slider_rounded"] == (0, 100)
    too_many = workspace.working(
        "select answer_text from staging.rejected_answers where item like 'slider%' and regexp_matches(answer_text, '[1-9]9$')"
    )
    assert len(too_many) > 10
    (stored,) = workspace.released("select slider_01 from marts.answer_codes where slider_01 >= 0 limit 1")
    assert isinstance(stored["slider_01"], int), "sums are exact"
    (rule,) = workspace.released("select rule from codebook.scales where scale = 'handed_total'")
    assert rule["rule"] == "sum of 2 items, all answered; reversed (3 - answer): handed_01"
    _compare_trace(workspace, instruments, sheets, names)
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    assert "Handed (none): 2 items answered 0 to 3 (item 1) and 0 to 5 (item 2); Handed (sum of 2, high is good)." in page
    assert (
        "Slider (none): 4 items answered 0 to 10 in steps of 0.1 (items 1-3) and 0.25 to 24 in steps of 0.01 (item 4)"
        in page
    )


def _compare_trace(workspace: Any, instruments: list[dict[str, Any]], sheets: Any, names: Mapping[str, str]) -> None:
    """Each traced answer counts as in the plain reading."""
    by_code = {instrument["instrument"]: instrument for instrument in instruments}
    for instrument in instruments[1:4]:
        scale = instrument["scales"][0]["scale"]
        rows = workspace.released(
            f"select * from trace('summary/{scale}/T1/mean') where part = 'answer' and value is not null"
        )
        assert rows
        for row in rows:
            code, position = row["item"].rsplit("_", 1)
            assert row["keyed"] == _counts_as(by_code[code], int(position), row["value"])
            assert row["value"] == float(sheets[names[row["participant_id"]], "T1"][code][int(position)])
