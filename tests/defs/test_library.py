"""Every instrument of the library, scored by the SQL that scores a study, beside what its source says (library_scores.py)."""

import csv
import math
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from library_scores import ITEM_COUNTS, SOURCES, Answers, allowed_answers

RANDOM_SHEETS = 1_000
#: Worked examples of the sources: answers by item number, and scores.
WORKED = [
    # RAND's own: 4, 3 and 3 with the last one blank are 40, 60 and 40: 46.7.
    ("rand36", {23: 4, 27: 3, 29: 3}, {"rand36_energy": 140 / 3, "rand36_pain": None}),
    # Goodman's: a score of 4 from three items is 7 of five (6.67, rounded up).
    ("sdq_parent", {3: 2, 8: 1, 13: 1}, {"sdq_parent_emotional": 7, "sdq_parent_total": None}),
    ("who5", dict.fromkeys(range(1, 6), 5), {"who5_index": 100}),
    ("who5", {1: 3, 2: 3, 3: 3, 4: 2, 5: 2}, {"who5_index": 52}),
    ("swemwbs", dict.fromkeys(range(1, 8), 3), {"swemwbs_metric": 19.25}),
    # One missing item of the CORE-10: ten times the mean.
    ("core10", {1: 1, 2: 3, 3: 2, 4: 2, 5: 0, 6: 0, 7: 3, 8: 2, 9: 2}, {"core10_total": 10 * (1 + 1 + 2 + 2 + 3 + 2 + 2) / 9}),
    ("audit", {**dict.fromkeys(range(1, 9), 4), 9: 4, 10: 2}, {"audit_total": 38, "audit_consumption": 12}),
    ("cbi", dict.fromkeys(range(1, 20), 3), {"cbi_personal": 50, "cbi_work": 50, "cbi_client": 50}),
    ("gse", dict.fromkeys(range(1, 8), 3), {"gse_total": 30}),
    ("djg6", dict.fromkeys(range(1, 7), 2), {"djg6_total": 6, "djg6_emotional": 3, "djg6_social": 3}),
    ("brs", dict.fromkeys(range(1, 7), 5), {"brs_mean": 3}),
    ("dass21", dict.fromkeys(range(1, 22), 3), {"dass21_depression": 42, "dass21_anxiety": 42, "dass21_stress": 42}),
    ("pss10", dict.fromkeys(range(1, 11), 4), {"pss10_total": 24}),
    ("rses", dict.fromkeys(range(1, 11), 3), {"rses_total": 15}),
    ("cesd", dict.fromkeys(range(1, 21), 0), {"cesd_total": 12}),
    ("bfi44", dict.fromkeys(range(1, 45), 5), {"bfi44_extraversion": 3.5, "bfi44_openness": 4.2}),
    ("tipi", dict.fromkeys(range(1, 11), 7), {"tipi_extraversion": 4}),
]  # fmt: skip
Sheet = Mapping[str, Answers]


def _sheets() -> Iterator[Sheet]:
    """All lowest, all highest answers, the worked examples, and random answers, with none, some and many missing."""
    for end in (0, -1):
        yield {
            code: {item: allowed_answers(code, item)[end] for item in range(1, count + 1)}
            for code, count in ITEM_COUNTS.items()
        }
    for code, answers, _ in WORKED:
        yield {code: answers}
    rng = random.Random(36)
    for number in range(RANDOM_SHEETS):
        missing_share = (0, 0.03, 0.12, 0.45)[number % 4]
        yield {
            code: {
                item: rng.choice(allowed_answers(code, item))
                for item in range(1, count + 1)
                if rng.random() >= missing_share
            }
            for code, count in ITEM_COUNTS.items()
        }


@pytest.fixture(scope="module")
def sheets() -> list[Sheet]:
    return list(_sheets())


def _write(folder: Path, sheets: list[Sheet]) -> None:
    """A study of one wave that asks all instruments of the library."""
    blocks = [{"block": code, "template": code + "_q{position}"} for code in ITEM_COUNTS]
    protocol = {
        "study": folder.name, "title": "All", "source": "none", "licence": "none",
        "waves": [{"wave": "T1", "label": "T1", "month": 0}],
        "instruments": [f"library:{code}" for code in ITEM_COUNTS],
        "outcomes": ["phq9_total"],
        "exports": [
            {"export": "roster", "folder": "raw/roster", "reader": "delimited", "respondent": "id"},
            {"export": "t1", "wave": "T1", "folder": "raw/T1", "reader": "delimited", "respondent": "id", "blocks": blocks},
        ],
    }  # fmt: skip
    folder.mkdir()
    (folder / "study.yaml").write_text(yaml.safe_dump(protocol), encoding="utf-8")
    columns = [(code, item) for code, count in ITEM_COUNTS.items() for item in range(1, count + 1)]
    for name, header in (("roster", ["id"]), ("T1", ["id", *(f"{code}_q{item}" for code, item in columns)])):
        file = folder / "raw" / name / "export.csv"
        file.parent.mkdir(parents=True)
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(header)
            for number, sheet in enumerate(sheets):
                cells = [sheet.get(code, {}).get(item, "") for code, item in columns] if name == "T1" else []
                writer.writerow([f"p{number:04d}", *cells])


def _materialise_models(definitions: dg.Definitions) -> None:
    """Exports, codebook, and dbt's models with their tests; no results, no release."""
    keys = [
        key
        for key in definitions.resolve_asset_graph().materializable_asset_keys
        if key.path[0] in ("codebook", "raw", "staging", "marts")
    ]
    job = definitions.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        quiet = {"loggers": {"progress": {"config": {"quiet": True}}}}
        assert job.execute_in_process(instance=instance, run_config=quiet, asset_selection=keys).success


@pytest.fixture(scope="module")
def scores(
    sheets: list[Sheet],
    definitions_of: Callable[..., Any],
    workspace_at: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> list[dict[str, Any]]:
    """The warehouse's scores of each sheet, in their order."""
    folder = tmp_path_factory.mktemp("library")
    _write(folder / "all_instruments", sheets)
    workspace = workspace_at(folder / "workspace", folder / "all_instruments")
    _materialise_models(definitions_of(workspace))
    rows = workspace.working(
        "select scores.*, people.respondent from marts.scores as scores"
        " inner join raw.roster as people on scores.participant_id = people.participant_id"
    )
    by_person = {row["respondent"]: row for row in rows}
    assert not workspace.working("from staging.rejected_answers"), "the library allows what its sources allow"
    return [by_person.get(f"p{number:04d}", {}) for number in range(len(sheets))]


@pytest.mark.parametrize("code", sorted(SOURCES))
def test_scores_are_those_of_the_source(code: str, sheets: list[Sheet], scores: list[dict[str, Any]]) -> None:
    compared = 0
    for sheet, row in zip(sheets, scores, strict=True):
        expected = SOURCES[code](sheet.get(code, {}))
        for scale, score in expected.items():
            assert scale in row
            if score is None:
                assert row[scale] is None, (scale, sheet[code], row[scale])
            else:
                assert row[scale] is not None, (scale, sheet[code], score)
                assert math.isclose(row[scale], score, abs_tol=1e-9), (scale, sheet[code], row[scale], score)
                compared += 1
    assert compared >= RANDOM_SHEETS / 4


def test_worked_examples_of_the_sources(scores: list[dict[str, Any]]) -> None:
    for (_, answers, expected), row in zip(WORKED, scores[2:], strict=False):
        for scale, score in expected.items():
            if score is None:
                assert row[scale] is None, (scale, answers)
            else:
                assert row[scale] == pytest.approx(score), (scale, answers)
