"""One study whose waves are the same answers, each wave in another format: from the text tables to the results, all waves
must be the same. A .sas7bdat file cannot be written by free tools; SAS's transport format stands for it."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat

COLUMNS = ["pid", "q1", "q2", "q3", "q4"]
INSTRUMENT = """
instrument: mood
name: Mood
source: none
licence: none
item_count: 4
anchors: {low: 1, high: 5}
reversed: [2]
minimum_answered: 0.75
scales:
  - {scale: mood_total, label: Mood, items: ["1-4"], aggregate: sum, better: high}
  - {scale: mood_half, label: Half, items: [1, 2], aggregate: mean, better: low}
"""


def _people() -> list[list[Any]]:
    rng = np.random.default_rng(5)
    rows: list[list[Any]] = []
    for number in range(1, 21):
        answers: list[Any] = [int(answer) for answer in rng.integers(1, 6, 4)]
        if number % 4 == 0:
            answers[number % 3] = None
        if number % 7 == 0:
            answers[3] = -9
        rows.append([f"PW-{number:02d}", *answers])
    return rows


TEXTS = [["" if cell is None else str(cell) for cell in row] for row in _people()]


def _csv(rows: list[list[str]], delimiter: str = ",") -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    return stream.getvalue()


def _frame(upper: bool = False) -> pd.DataFrame:
    frame = pd.DataFrame(_people(), columns=COLUMNS).astype(dict.fromkeys(COLUMNS[1:], "float64"))
    return frame.rename(columns=str.upper) if upper else frame


def _workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [COLUMNS, *_people()]:
        book.active.append(row)
    book.save(path)


def _text(path: Path, rows: list[list[str]], delimiter: str = ",", encoding: str = "utf-8") -> None:
    path.write_bytes(_csv(rows, delimiter).encode(encoding))


#: wave: (reader, file, template, identifier's column, writer)
WAVES: dict[str, tuple[str, str, str, str, Callable[[Path], object]]] = {
    "W1": ("delimited", "a.csv", "q{position}", "pid", lambda path: _text(path, [COLUMNS, *TEXTS])),
    "W2": ("delimited", "b.csv", "q{position}", "pid", lambda path: _text(path, [COLUMNS, *TEXTS], ";", "cp1252")),
    "W3": ("delimited", "c.txt", "q{position}", "pid", lambda path: _text(path, [COLUMNS, *TEXTS], "\t", "utf-16")),
    "W4": (
        *("qualtrics", "d.csv", "q{position}", "pid"),
        lambda path: _text(path, [COLUMNS, COLUMNS, [json.dumps({"ImportId": column}) for column in COLUMNS], *TEXTS]),
    ),
    "W5": (
        *("redcap", "e.csv", "q{position}", "pid"),
        lambda path: _text(
            path,
            [["pid", "redcap_event_name", *COLUMNS[1:]], *([row[0], "w5_arm_1", *row[1:]] for row in TEXTS)],
        ),
    ),
    "W6": (
        *("limesurvey", "f.csv", "q{position}", "pid"),
        lambda path: _text(path, [[f"{column}. About {column}" for column in COLUMNS], *TEXTS], ";"),
    ),
    "W7": ("excel", "g.xlsx", "q{position}", "pid", _workbook),
    "W8": ("spss", "h.sav", "q{position}", "pid", lambda path: pyreadstat.write_sav(_frame(), path)),
    "W9": ("spss", "i.zsav", "q{position}", "pid", lambda path: pyreadstat.write_sav(_frame(), path, compress=True)),
    "W10": ("spss", "j.por", "Q{position}", "PID", lambda path: pyreadstat.write_por(_frame(True), path)),
    "W11": ("stata", "k.dta", "q{position}", "pid", lambda path: pyreadstat.write_dta(_frame(), path)),
    "W12": ("sas", "l.xpt", "Q{position}", "PID", lambda path: pyreadstat.write_xport(_frame(True), path)),
    "W13": ("parquet", "m.parquet", "q{position}", "pid", lambda path: _frame().to_parquet(path)),
}


def _write(folder: Path) -> None:
    lines = ["study: formats", "title: Formats", "source: none", "licence: none", "waves:"]
    lines += [f"  - {{wave: {wave}, label: again, month: {month}}}" for month, wave in enumerate(WAVES)]
    lines += ["contrasts:"]
    for wave in list(WAVES)[1:]:
        lines.append(f"  - {{contrast: W1-{wave}, baseline: W1, followup: {wave}, direction: followup_minus_baseline}}")
    lines += ["instruments: [mood]", "outcomes: [mood_total, mood_half]", "exports:"]
    lines += ["  - {export: people, folder: raw/people, reader: delimited, respondent: pid}"]
    for wave, (reader, file, template, respondent, _) in WAVES.items():
        lines += [f"  - export: {wave.lower()}", f"    wave: {wave}", f"    folder: raw/{wave}", f"    pattern: {file}"]
        lines += [f"    reader: {reader}", f"    respondent: {respondent}", "    special_codes: {'-9': refused}"]
        lines += [f'    blocks: [{{block: mood, template: "{template}"}}]']
        if reader == "redcap":
            lines += ["    rows: {column: redcap_event_name, equals: [w5_arm_1]}"]
    (folder / "instruments").mkdir(parents=True)
    (folder / "study.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "instruments/mood.yaml").write_text(INSTRUMENT, encoding="utf-8")
    (folder / "raw/people").mkdir(parents=True)
    _text(folder / "raw/people/people.csv", [["pid"], *([row[0]] for row in TEXTS)])
    for wave, (_, file, _, _, write) in WAVES.items():
        (folder / "raw" / wave).mkdir()
        write(folder / "raw" / wave / file)


def _as_written(cell: object) -> str:
    """A cell of schema raw as the file has it: a whole number by its plain spelling, blank where there is none."""
    return "" if cell is None else str(cell)


def test_the_same_answers_in_every_format_are_the_same_tables_marts_and_results(
    tmp_path: Path, workspace_of: Callable[[Path], Any], run_of: Callable[[Any], Any]
) -> None:
    _write(tmp_path / "made" / "formats")
    workspace = workspace_of(tmp_path / "made" / "formats")
    run = run_of(workspace)
    assert run.success, (run.failures, [name for name, (passed, _) in run.checks.items() if not passed])

    def same_in_all_waves(query: str, where: Callable[[str], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        first = where(query.format(wave="W1", table="w1"))
        assert first
        for wave in WAVES:
            assert where(query.format(wave=wave, table=wave.lower())) == first, wave
        return first

    texts = same_in_all_waves(
        "select * exclude (source_file, source_row) from raw.{table} order by participant_id", workspace.working
    )
    assert (
        sorted([row["respondent"], *(_as_written(row[f"mood_{item:02d}"]) for item in range(1, 5))] for row in texts)
        == TEXTS
    )
    by_person = "where wave = '{wave}' order by participant_id"
    same_in_all_waves(
        f"select * exclude (wave, answered_on, source_file, source_row) from marts.answer_sheets {by_person}",
        workspace.released,
    )
    same_in_all_waves(f"select * exclude (wave) from marts.scale_scores {by_person}, scale", workspace.released)
    same_in_all_waves(
        "select * exclude (wave) from marts.score_ledger where wave = '{wave}' order by scale", workspace.released
    )
    results = same_in_all_waves(
        "select outcome, statistic, value, n from results.results where wave = '{wave}' and analysis = 'summary'"
        " order by outcome, statistic",
        workspace.released,
    )
    assert len(results) >= 2 * 5
    changes = workspace.released("select value from results.results where analysis = 'change' and statistic = 'mean_change'")
    assert [row["value"] for row in changes] == [0.0] * 2 * (len(WAVES) - 1)
