"""The whole graph for 32 people and for many, with 20 scales and three waves: what the statistics cost beyond the SQL.

By hand: `uv run python tests/benchmarks/cost.py [PEOPLE]`. Runs `wavehouse run` on two made-up studies that differ in the number
of people alone, and prints the seconds of every step beside one another. The SQL is the step `models`; every step below it
works on moments and counts.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SCALES, ITEMS = 20, 3
WAVES = {"T1": 1.0, "T2": 0.8, "T3": 0.7}

STUDY = """
study: many
title: Many people
source: none
licence: none
waves:
  - {wave: T1, label: first, month: 0}
  - {wave: T2, label: second, month: 4}
  - {wave: T3, label: third, month: 12}
contrasts:
  - {contrast: T1-T2, baseline: T1, followup: T2, direction: followup_minus_baseline}
  - {contrast: T1-T3, baseline: T1, followup: T3, direction: followup_minus_baseline}
instruments: [long]
outcomes: [%(scales)s]
plan:
  families:
    - {family: all, role: primary, outcomes: [%(scales)s]}
exports:
  - {export: roster, folder: raw/roster, pattern: "*.parquet", reader: parquet, respondent: person}
"""
EXPORT = """  - export: {wave}
    wave: {name}
    folder: raw/{name}
    pattern: "*.parquet"
    reader: parquet
    respondent: person
    blocks:
      - {{block: long, template: "i{{position}}"}}
"""


def _study(folder: Path, people: int) -> None:
    names = [f"scale_{number:02}" for number in range(1, SCALES + 1)]
    scales = "\n".join(
        f'  - {{scale: {name}, label: {name}, items: ["{ITEMS * at + 1}-{ITEMS * at + ITEMS}"], aggregate: mean, better: high}}'
        for at, name in enumerate(names)
    )
    (folder / "instruments").mkdir(parents=True)
    (folder / "instruments/long.yaml").write_text(
        f"instrument: long\nname: Long\nsource: none\nlicence: none\nitem_count: {SCALES * ITEMS}\n"
        f"anchors: {{low: 1, high: 7}}\nminimum_answered: 0.6\nscales:\n{scales}\n",
        encoding="utf-8",
    )
    protocol = STUDY % {"scales": ", ".join(names)}
    protocol += "".join(EXPORT.format(wave=name.lower(), name=name) for name in WAVES)
    (folder / "study.yaml").write_text(protocol, encoding="utf-8")
    generator = np.random.default_rng(3)
    respondents = np.array([f"P{person:07}" for person in range(people)])
    level = generator.normal(4, 1, (people, SCALES)).repeat(ITEMS, axis=1)
    (folder / "raw/roster").mkdir(parents=True)
    pq.write_table(pa.table({"person": respondents}), folder / "raw/roster/roster.parquet")
    for at, (wave, share) in enumerate(WAVES.items()):
        answers = np.clip(np.rint(level + 0.2 * at + generator.normal(0, 1, level.shape)), 1, 7)
        answers[generator.random(answers.shape) < 0.03] = np.nan
        there = generator.random(people) < share
        columns = {"person": pa.array(respondents[there])}
        for item in range(SCALES * ITEMS):
            columns[f"i{item + 1}"] = pa.array(answers[there, item], pa.float64(), from_pandas=True).cast(pa.int8())
        (folder / f"raw/{wave}").mkdir()
        pq.write_table(pa.table(columns), folder / f"raw/{wave}/{wave}.parquet")


def _run(people: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "many"
        _study(folder, people)
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("WAVEHOUSE", "DAGSTER"))}
        environment |= {"WAVEHOUSE_STUDY": str(folder), "WAVEHOUSE_HOME": str(Path(place) / "home")}
        command = [sys.executable, "-m", "dagster_project.cli", "run"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        print(done.stdout.splitlines()[0], flush=True)
        return {step: float(seconds) for step, seconds in re.findall(r"^ {2}(\S+) +done +([\d.]+) s", done.stderr, re.M)}


def main(people: int) -> None:
    few, many = _run(32), _run(people)
    print(f"{'step':<28}{'32':>10}{people:>12,}   seconds")
    for step in few:
        print(f"{step:<28}{few[step]:>10.1f}{many[step]:>12.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
