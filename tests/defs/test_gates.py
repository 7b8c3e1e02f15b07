"""Items that are asked only after certain answers to others, through the whole graph.

Sheets, scores and contradictions are compared with a reading of the files in pandas that knows nothing of the package; what is
said before a run is compared with the run.
"""

import math
import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml
from recompute import recompute

from dagster_project.exports import cell_rules, contract_of_file
from dagster_project.models.contradictions import contradictions_declared
from dagster_project.rehearsal.gates import gate_findings
from dagster_project.study import Study, read_study, settle
from dagster_project.warehouse import Warehouse

ANSWERS = (0, 1, 2, 3, 4)
PEOPLE = [f"p{number:03d}" for number in range(150)]
#: The exports of each wave, with their instruments: gates of T2 stand in other files than what they decide on.
EXPORTS = {"t1": ("T1", ["first", "second", "third"]), "t2_a": ("T2", ["first", "third"]), "t2_b": ("T2", ["second"])}
TEXTS = {"never": 0, "-8": "not_asked", "-9": "refused", "": "blank"}
#: Each answer counts as another from 0 to 4, so that a scale may do without some of its items.
TABLE = {0: 0, 1: 3, 2: 1, 3: 4, 4: 2}
Rules = dict[str, dict[str, Any]]


def _random_instruments(rng: random.Random) -> tuple[list[dict[str, Any]], Rules]:
    """Three instruments of six items, and their gates by item in an order in which they can be followed."""
    names = ["first", "second", "third"]
    items = [(name, position) for name in names for position in range(1, 7)]
    rng.shuffle(items)
    instruments: dict[str, dict[str, Any]] = {
        name: {
            "instrument": name, "name": name, "source": "none", "licence": "none", "item_count": 6,
            "anchors": {"low": 0, "high": 4}, "reversed": [2, 5], "recode": [{"items": [3], "codes": TABLE}], "asked_if": [],
            "item_anchors": [{"items": [4], "low": 0, "high": 4, "codes": [0, 2, 4]}],
            "scales": [
                {"scale": f"{name}_sum", "label": name, "items": ["1-6"], "aggregate": "sum", "better": "low"}
                | {"minimum_answered": rng.choice([0.5, 0.8, 1])},
                {"scale": f"{name}_mean", "label": name, "items": [1, 2, 3, 4], "aggregate": "mean", "better": "low"}
                | {"minimum_answered": rng.choice([0.5, 0.7])},
            ],
        }
        for name in names
    }  # fmt: skip
    rules: Rules = {}
    for index, (name, position) in enumerate(items[1:], start=1):
        if rng.random() < 0.35:
            continue
        conditions = []
        for gate_name, gate_position in rng.sample(items[:index], min(index, rng.choice([1, 1, 2, 3]))):
            codes = [0, 2, 4] if gate_position == 4 else list(ANSWERS)
            answers = sorted(rng.sample(codes, rng.randint(1, len(codes) - 1)))
            item = gate_position if gate_name == name and rng.random() < 0.7 else f"{gate_name}_{gate_position:02d}"
            conditions.append({"item": item, "in": answers, "code": f"{gate_name}_{gate_position:02d}"})
        rule = {
            "conditions": conditions,
            "combined_by": rng.choice(["all", "any"]),
            "blank_counts_as": rng.choice([0, 2, "unanswered", "left_out"]),
            "answered_though_not_asked": rng.choice(["keep", "set_aside"]),
        }
        rules[f"{name}_{position:02d}"] = rule
        keys = {key: rule[key] for key in ("blank_counts_as", "answered_though_not_asked")}
        written = [{key: condition[key] for key in ("item", "in")} for condition in conditions]
        is_plain = len(written) == 1 and rng.random() < 0.5
        gate = written[0] if is_plain else {rule["combined_by"]: written}
        instruments[name]["asked_if"].append({"items": [position], **gate, **keys})
    return list(instruments.values()), rules


def _cell(rng: random.Random, position: int) -> str:
    texts = [str(rng.choice([0, 2, 4] if position == 4 else ANSWERS)), "", "-8", "-9", "99", "never"]
    return rng.choices(texts, [60, 25, 5, 3, 2, 5])[0]


def write_study(folder: Path, instruments: list[dict[str, Any]], cells: Mapping[str, pd.DataFrame]) -> None:
    """A study folder with a roster and the exports. cells: by export, a row a person, a column an item."""
    declared = [
        {
            "export": code, "wave": wave, "part": code[3:] or None, "folder": f"raw/{code}", "reader": "delimited",
            "respondent": "id", "blocks": [{"block": name, "template": name + "_{position:02d}"} for name in blocks],
            "labels": [{"blocks": blocks, "labels": {"never": 0}}], "special_codes": {"-8": "not_asked", "-9": "refused"},
        }
        for code, (wave, blocks) in EXPORTS.items()
    ]  # fmt: skip
    protocol = {
        "study": folder.name, "title": "Gates", "source": "none", "licence": "none", "rejected_share": 1,
        "waves": [{"wave": wave, "label": wave, "month": number} for number, wave in enumerate(("T1", "T2"))],
        "contrasts": [{"contrast": "T1-T2", "baseline": "T1", "followup": "T2", "direction": "followup_minus_baseline"}],
        "instruments": [instrument["instrument"] for instrument in instruments],
        "outcomes": [instrument["scales"][0]["scale"] for instrument in instruments],
        "exports": [{"export": "roster", "folder": "raw/roster", "reader": "delimited", "respondent": "id"}, *declared],
    }  # fmt: skip
    (folder / "instruments").mkdir(parents=True)
    (folder / "study.yaml").write_text(yaml.safe_dump(protocol), encoding="utf-8")
    for instrument in instruments:
        text = yaml.safe_dump(instrument)
        (folder / "instruments" / f"{instrument['instrument']}.yaml").write_text(text, encoding="utf-8")
    for code, frame in {"roster": pd.DataFrame(index=pd.Index(PEOPLE, name="id")), **cells}.items():
        (folder / "raw" / code).mkdir(parents=True)
        frame.to_csv(folder / "raw" / code / "file.csv", index_label="id")


def _read_plainly(
    cells: Mapping[str, pd.DataFrame], rules: Rules, wave: str
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Answers, reasons for none, and contradictions of a wave, a row a person who returned a part of it."""
    frames = [frame for code, frame in cells.items() if EXPORTS[code][0] == wave]
    texts = pd.concat(frames, axis=1).dropna(how="all")
    as_read = texts.map(lambda text: TEXTS.get(text, text), na_action="ignore").fillna("wave_not_returned")
    answers = as_read.apply(pd.to_numeric, errors="coerce")
    answers = answers.where(answers.isin(ANSWERS))
    known = ("blank", "not_asked", "refused", "wave_not_returned")
    reasons = as_read.where(as_read.isin(known), "invalid").where(answers.isna())
    contradictions = pd.DataFrame("", index=answers.index, columns=answers.columns)
    for item, rule in rules.items():
        no, yes = pd.DataFrame(index=answers.index), pd.DataFrame(index=answers.index)
        for number, condition in enumerate(rule["conditions"]):
            gate = condition["code"]
            yes[number] = answers[gate].isin(condition["in"])
            no[number] = (answers[gate].notna() & ~yes[number]) | (reasons[gate] == "valid_skip")
        is_all = rule["combined_by"] == "all"
        is_closed, is_open = (no.any(axis=1), yes.all(axis=1)) if is_all else (no.all(axis=1), yes.any(axis=1))
        has_answer = answers[item].notna()
        contradictions.loc[is_closed & has_answer, item] = f"answered_though_not_asked {rule['answered_though_not_asked']}"
        contradictions.loc[is_open & (reasons[item] == "not_asked"), item] = "not_asked_though_asked keep"
        is_skip = is_closed & reasons[item].isin(["blank", "not_asked"])
        if rule["answered_though_not_asked"] == "set_aside":
            is_skip |= is_closed & has_answer
        answers.loc[is_skip, item], reasons.loc[is_skip, item] = math.nan, "valid_skip"
    return answers, reasons, contradictions


def _score_plainly(
    instrument: Mapping[str, Any], rules: Rules, answers: pd.DataFrame, reasons: pd.DataFrame
) -> pd.DataFrame:
    """A column a scale, NaN for no score."""
    name = instrument["instrument"]
    numbers = {}
    for position in range(1, 7):
        item = f"{name}_{position:02d}"
        numbers[item] = 4 - answers[item] if position in (2, 5) else answers[item]
        numbers[item] = answers[item].map(TABLE) if position == 3 else numbers[item]
        counted_as = rules.get(item, {}).get("blank_counts_as")
        if isinstance(counted_as, int):
            numbers[item] = numbers[item].mask(reasons[item] == "valid_skip", counted_as)
    scores = {}
    for scale, positions in zip(instrument["scales"], (range(1, 7), range(1, 5)), strict=True):
        items = [f"{name}_{position:02d}" for position in positions]
        left_out = [item for item in items if rules.get(item, {}).get("blank_counts_as") == "left_out"]
        n_left_out = (reasons[left_out] == "valid_skip").sum(axis=1)
        part = pd.DataFrame({item: numbers[item] for item in items})
        needed = ((len(items) - n_left_out) * scale["minimum_answered"] - 1e-9).map(math.ceil).clip(lower=1)
        score = part.mean(axis=1) * (len(items) if scale["aggregate"] == "sum" else 1)
        scores[scale["scale"]] = score.where(part.notna().sum(axis=1) >= needed)
    return pd.DataFrame(scores)


@pytest.mark.parametrize("seed", [1])
def test_sheets_scores_and_contradictions_are_those_of_a_plain_reading(
    seed: int, workspace_of: Callable[..., Any], run_of: Callable[..., Any], tmp_path: Path
) -> None:
    rng = random.Random(seed)
    instruments, rules = _random_instruments(rng)
    cells = {}
    for code, (_, blocks) in EXPORTS.items():
        rows = {
            person: {f"{name}_{position:02d}": _cell(rng, position) for name in blocks for position in range(1, 7)}
            for person in PEOPLE
            if code != "t2_b" or rng.random() < 0.9
        }
        cells[code] = pd.DataFrame.from_dict(rows, orient="index")
    write_study(tmp_path / "gates", instruments, cells)
    workspace = workspace_of(tmp_path / "gates")
    run = run_of(workspace)
    assert run.success, (run.failures, [check for check in run.checks.items() if not check[1][0]])
    names = {
        row["participant_id"]: row["respondent"]
        for row in workspace.working("select participant_id, respondent from raw.roster")
    }
    read = {wave: _read_plainly(cells, rules, wave) for wave in ("T1", "T2")}
    _compare_reasons(workspace, names, read)
    _compare_scores(workspace, names, instruments, rules, read)
    _compare_contradictions(workspace, names, read)
    assert run.checks["marts/gate_contradictions", "gates_agree"][0] is False
    assert run.checks["marts/gate_contradictions", "contradictions_declared"][0] is True
    _compare_undeclared(workspace)
    report = recompute(workspace.release / "warehouse.duckdb")
    assert report.checked > 500 and not report.differences, report.differences[:5]
    _compare_trace(workspace, rules)
    _compare_rehearsal(read_study(workspace.study_folder), workspace, names, read["T1"][2])


def _compare_reasons(workspace: Any, names: Mapping[str, str], read: Mapping[str, Any]) -> None:
    rows = workspace.released("select participant_id, wave, item, missing_reason from marts.missing_answers")
    missing = {(row["wave"], names[row["participant_id"]], row["item"]): row["missing_reason"] for row in rows}
    expected = {
        (wave, person, item): reason
        for wave, (_, reasons, _) in read.items()
        for item in reasons
        for person, reason in reasons[item].dropna().items()
    }
    assert {key: reason for key, reason in missing.items() if expected.get(key) != reason} == {}
    assert expected.keys() == missing.keys()
    assert sum(reason == "valid_skip" for reason in missing.values()) > 200


def _compare_scores(
    workspace: Any, names: Mapping[str, str], instruments: list[dict[str, Any]], rules: Rules, read: Mapping[str, Any]
) -> None:
    rows = {(row["wave"], names[row["participant_id"]]): row for row in workspace.released("select * from marts.scores")}
    n_scores = 0
    for wave, (answers, reasons, _) in read.items():
        for instrument in instruments:
            expected = _score_plainly(instrument, rules, answers, reasons)
            for scale in expected:
                for person, score in expected[scale].items():
                    released = rows[wave, person][scale]
                    n_scores += released is not None
                    assert (released is None) == math.isnan(score), (wave, person, scale)
                    assert released is None or math.isclose(released, score, abs_tol=1e-9), (wave, person, scale)
    assert n_scores > 300


def _compare_contradictions(workspace: Any, names: Mapping[str, str], read: Mapping[str, Any]) -> None:
    rows = workspace.released("select participant_id, wave, item, contradiction, treatment from marts.gate_contradictions")
    expected = {
        (wave, person, item): words
        for wave, (_, _, contradictions) in read.items()
        for item in contradictions
        for person, words in contradictions[item].items()
        if words
    }
    assert {
        (row["wave"], names[row["participant_id"]], row["item"]): f"{row['contradiction']} {row['treatment']}"
        for row in rows
    } == expected
    assert len({words for words in expected.values()}) == 3


def _compare_undeclared(workspace: Any) -> None:
    """Without a rule for answers to items that were not to be asked, nothing is released."""
    file = workspace.settings.warehouse_file
    (item, n) = (
        Warehouse(file)
        .rows(
            "select item, count(*) as n from marts.gate_contradictions where wave = 'T2' and treatment = 'keep' and answer is not null"
            " group by item order by item limit 1"
        )[0]
        .values()
    )
    spoilt = Path(shutil.copyfile(file, file.with_name("spoilt.duckdb")))
    with duckdb.connect(str(spoilt)) as connection:
        connection.execute(
            "update marts.gate_contradictions set treatment = 'undeclared'"
            f" where wave = 'T2' and item = '{item}' and answer is not null"
        )
    check = contradictions_declared(Warehouse(spoilt))
    assert (check.passed, check.is_warning) == (False, False)
    assert check.message.startswith(
        f"T2, {item}: {n} answered it though it was not to be asked; write answered_though_not_asked:"
    )


def _compare_trace(workspace: Any, rules: Rules) -> None:
    """Every skip says why, and what it counts as."""
    rows = workspace.released(
        "select item, keyed, how from trace('summary/second_sum/T2/mean') where part = 'answer' and missing_reason = 'valid_skip'"
    )
    assert rows and all(row["how"].startswith("not asked because ") for row in rows)
    for row in rows:
        counted_as = rules[row["item"]]["blank_counts_as"]
        assert row["keyed"] == (counted_as if isinstance(counted_as, int) else None), row


def _compare_rehearsal(study: Study, workspace: Any, names: Mapping[str, str], contradictions: pd.DataFrame) -> None:
    """Before a run, a file's cells are read and its gates followed as in the run."""
    export = next(export for export in study.protocol.exports if export.export == "t1")
    file = study.folder / "raw/t1/file.csv"
    result = contract_of_file(file, file.name, study, export)
    rules = {code: rule for block in export.blocks for code, rule in cell_rules(study, export, block.block).items()}
    sheets = {
        names[row["participant_id"]]: row
        for row in workspace.released("select * from marts.answer_sheets where wave = 'T1'")
    }
    for row in pd.read_csv(file, dtype=str, keep_default_na=False).to_dict("records"):
        codes = {item: rules[item].code_of(str(row[item])) for item in rules}
        sheet, _ = settle(study.gates.values(), codes)
        kept = sheets[str(row["id"])]
        released = {item: kept[f"{item}__missing"] if kept[item] is None else kept[item] for item in rules}
        assert sheet == released, row
    lines = [message for _, message in gate_findings(result, study, export)]
    counts = {item: contradictions[item].str.startswith("answered").sum() for item in contradictions}
    expected = [
        f"{item}: {counts[item]} answer{'s' if counts[item] > 1 else ''} where" for item in study.gates if counts[item]
    ]
    beginnings = [line.partition(" where ")[0] + " where" for line in lines]
    assert [beginning for beginning in beginnings if " answer" in beginning] == expected
