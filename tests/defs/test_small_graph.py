"""The whole graph on a study that is worked out by hand, and what bad exports do to it."""

import math
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.exports import pseudonym
from dagster_project.keys.derivation import BY_STUDY, PseudonymKey

StudyCopy = tuple[Any, Callable[[], Any]]
#: Of the pseudonyms of all tests (conftest.py).
#: Of the pseudonyms of the small study, in every workspace.
KEY = PseudonymKey(b"a key for tests", BY_STUDY, "small_study", "a test").derived


def test_every_step_and_check_passes(small_run: Any) -> None:
    _, run = small_run
    assert run.failures == []
    assert run.success
    not_passed = {key: message for key, (passed, message) in run.checks.items() if not passed}
    assert not_passed == {
        ("results/reproduction", "nothing_differs"): "3 of 5 printed values reproduced, 1 impossible, 1 differ",
        ("results/audit", "published_agree"): "published numbers: 1 impossible, 0 inconsistent, 0 not reproducible, 0 note",
    }


def test_scores_are_those_worked_out_by_hand(small_run: Any) -> None:
    workspace, _ = small_run
    scores = {
        (row["respondent"], row["wave"], row["scale"]): (row["score"], row["items_answered"], row["missing_reason"])
        for row in workspace.working("select * from marts.scale_scores join raw.roster using (participant_id)")
    }
    not_returned, too_few = "wave_not_returned", "too_few_items"
    assert scores == {
        # Item 3 of mood is reversed: 6 - answer. Two of three answers count for three.
        ("A", "T1", "mood_total"): (4 + 5 + (6 - 2), 3, None),
        ("B", "T1", "mood_total"): ((2 + (6 - 4)) * 3 / 2, 2, None),
        ("C", "T1", "mood_total"): ((3 + 3) * 3 / 2, 2, None),
        ("D", "T1", "mood_total"): (None, 0, not_returned),
        ("A", "T2", "mood_total"): (5 + 5 + (6 - 1), 3, None),
        ("B", "T2", "mood_total"): (3 + 2 + (6 - 4), 3, None),
        ("C", "T2", "mood_total"): (None, 0, not_returned),
        ("D", "T2", "mood_total"): (None, 0, "blank"),
        ("A", "T1", "push"): ((1 + 3) / 2, 2, None),
        ("B", "T1", "push"): (0, 2, None),
        ("C", "T1", "push"): ((2 + 4) / 2, 2, None),
        ("D", "T1", "push"): (None, 0, not_returned),
        ("A", "T2", "push"): (2, 2, None),
        ("B", "T2", "push"): (0.5, 2, None),
        ("C", "T2", "push"): (None, 0, not_returned),
        ("D", "T2", "push"): (6, 2, None),
        ("A", "T1", "pull"): (5.5, 2, None),
        ("B", "T1", "pull"): (5.5, 2, None),
        ("C", "T1", "pull"): (None, 1, too_few),
        ("D", "T1", "pull"): (None, 0, not_returned),
        ("A", "T2", "pull"): (4, 2, None),
        ("B", "T2", "pull"): (3, 2, None),
        ("C", "T2", "pull"): (None, 0, not_returned),
        ("D", "T2", "pull"): (0, 2, None),
        ("A", "T1", "drive_overall"): ((2 + 5.5) / 2, 2, None),
        ("B", "T1", "drive_overall"): ((0 + 5.5) / 2, 2, None),
        ("C", "T1", "drive_overall"): (None, 1, too_few),
        ("D", "T1", "drive_overall"): (None, 0, not_returned),
        ("A", "T2", "drive_overall"): ((2 + 4) / 2, 2, None),
        ("B", "T2", "drive_overall"): ((0.5 + 3) / 2, 2, None),
        ("C", "T2", "drive_overall"): (None, 0, not_returned),
        ("D", "T2", "drive_overall"): ((6 + 0) / 2, 2, None),
    }


def test_results_are_those_worked_out_by_hand(small_run: Any) -> None:
    workspace, _ = small_run
    values = workspace.values()
    assert values["summary/mood_total/T1/n"] == 3
    assert values["summary/mood_total/T1/mean"] == pytest.approx((13 + 6 + 9) / 3, rel=1e-12)
    assert values["summary/mood_total/T1/norm_distance"] == pytest.approx(((13 + 6 + 9) / 3 - 9) / 2, rel=1e-12)
    # Mood: changes 13 - 15 = -2 and 6 - 7 = -1. With one df, p = 1 - 2 atan(t) / pi.
    assert values["change/mood_total/T1-T2/n"] == 2
    assert values["change/mood_total/T1-T2/mean_change"] == -1.5
    assert values["change/mood_total/T1-T2/t"] == pytest.approx(-3, rel=1e-12)
    assert values["change/mood_total/T1-T2/p"] == pytest.approx(1 - 2 * math.atan(3) / math.pi, rel=1e-12)
    assert values["change/mood_total/T1-T2/d_baseline"] == pytest.approx(-1.5 / (7 / math.sqrt(2)), rel=1e-12)
    # Two people at three sites; C's age is not known; C did not say whether they saw a GP.
    assert values["characteristics/site/north/percent"] == 50
    assert values["characteristics/age/n"] == 3
    assert values["characteristics/age/mean"] == pytest.approx((30.5 + 41 + 28.5) / 3, rel=1e-12)
    assert (values["service_use/gp/T1/n"], values["service_use/gp/T1/count"]) == (2, 1)


def test_no_variation_is_said_and_not_divided_by(small_copy: StudyCopy) -> None:
    workspace, rerun = small_copy
    file = workspace.study_folder / "raw/T2/t2.txt"
    text = file.read_bytes().decode("utf-16").replace("B\treal\t3\t2\t4", "B\treal\t3\t2\t3")
    file.write_bytes(text.encode("utf-16"))
    assert rerun().success
    rows = {
        row["result_id"]: row
        for row in workspace.released("select * from results.results where result_id like 'change/mood_total/%'")
    }
    assert rows["change/mood_total/T1-T2/mean_change"]["value"] == -2
    assert (rows["change/mood_total/T1-T2/ci95_low"]["value"], rows["change/mood_total/T1-T2/ci95_high"]["value"]) == (
        -2,
        -2,
    )
    for statistic in ("t", "p", "d_z"):
        assert rows[f"change/mood_total/T1-T2/{statistic}"]["value"] is None
        assert rows[f"change/mood_total/T1-T2/{statistic}"]["note"] == "no variation"
        assert rows[f"change/mood_total/T1-T2/{statistic}"]["printed"] == "—"


def test_rows_and_reasons_are_conserved(small_run: Any) -> None:
    workspace, _ = small_run
    exports = {row["export"]: row for row in workspace.working("select * from raw.exports")}
    assert {code: (e["rows_in_file"], e["rows_accepted"], e["rows_set_aside"]) for code, e in exports.items()} == {
        "roster": (4, 4, 0),
        "t1": (3, 3, 0),
        "t2": (4, 3, 1),
    }
    set_aside_rows = workspace.working("select export, source_row, respondent, reason, detail from raw.set_aside_rows")
    assert set_aside_rows == [
        {"export": "t2", "source_row": 4, "respondent": "X", "reason": "preview", "detail": 'column "Kind" is "test"'}
    ]
    cells = workspace.released(
        "select (select count(*) from marts.answers) + (select count(*) from marts.missing_answers) as n"
    )
    assert cells[0]["n"] == 4 * 2 * (3 + 4 + 1)
    reasons = workspace.released("select missing_reason, count(*) as n from marts.missing_answers group by all order by all")
    assert {row["missing_reason"]: row["n"] for row in reasons} == {
        "wave_not_returned": 8 + 8,  # D at T1, C at T2
        "not_in_wave": 3,  # services at T2, of the three who returned it
        "blank": 1 + 1 + 1 + 3,  # B's mood 2, C's drive 3 and GP at T1, D's mood at T2
        "refused": 1,
    }


def test_every_n_reconciles_to_the_roster(small_run: Any) -> None:
    workspace, _ = small_run
    ledger = {(row.pop("scale"), row.pop("wave")): row for row in workspace.released("select * from marts.score_ledger")}
    assert len(ledger) == 4 * 2
    reason_counts = {key: {reason: count for reason, count in row.items() if count} for key, row in ledger.items()}
    assert reason_counts["mood_total", "T1"] == {"on_roster": 4, "wave_not_returned": 1, "n": 3}
    assert reason_counts["mood_total", "T2"] == {"on_roster": 4, "wave_not_returned": 1, "blank": 1, "n": 2}
    assert reason_counts["pull", "T1"] == {"on_roster": 4, "wave_not_returned": 1, "too_few_items": 1, "n": 2}
    values = workspace.values()
    assert {key: row["n"] for key, row in ledger.items()} == {
        (scale, wave): values[f"summary/{scale}/{wave}/n"] for scale, wave in ledger
    }


def test_release_names_nobody(small_run: Any) -> None:
    workspace, _ = small_run
    people = workspace.released("select participant_id from marts.participants")
    assert len(people) == 4
    assert all(len(row["participant_id"]) == 17 and row["participant_id"].startswith("P") for row in people)
    assert {row["s"] for row in workspace.released("select distinct table_schema as s from information_schema.tables")} == {
        "codebook",
        "marts",
        "results",
        "variants",
    }
    columns = {row["column_name"] for row in workspace.released("select column_name from information_schema.columns")}
    assert "respondent" not in columns


def test_nothing_is_printed_that_is_not_in_results(small_run: Any) -> None:
    workspace, _ = small_run
    ids = set(workspace.values())
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    shown_ids = {result_id for part in page.split('data-results="')[1:] for result_id in part.split('"')[0].split()}
    assert shown_ids
    assert shown_ids <= ids


@dataclass(frozen=True)
class _Correction:
    """One answer of B at T1 is corrected, and while the study runs again, somebody reads a number that it changes, all the time."""

    run: Any
    old_values: dict[str, float | None]
    new_values: dict[str, float | None]
    values_read: set[float | None]
    errors: list[str]


_READ_ID = "summary/push/T1/mean"


@pytest.fixture(scope="module")
def correction(small_run: Any, tmp_path_factory: pytest.TempPathFactory) -> _Correction:
    from conftest import copy_of, run_all

    workspace = copy_of(small_run[0], tmp_path_factory.mktemp("correction"))
    old_values = workspace.values()
    assert (workspace.study_folder / "raw/T1/t1.csv").read_text(encoding="utf-8").count("B,04/02/2020,2,,4,0,0") == 1
    _rewrite("B,04/02/2020,2,,4,0,0", "B,04/02/2020,2,,4,0,1")(workspace.study_folder)
    values_read, errors, stop = set(), [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                (row,) = workspace.released(f"select value from results.results where result_id = '{_READ_ID}'")
                values_read.add(row["value"])
            except Exception as error:
                errors.append(repr(error))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        run = run_all(workspace)
    finally:
        new_values = workspace.values()
        stop.set()
        reader.join()
    return _Correction(run, old_values, new_values, values_read, errors)


def test_people_read_one_whole_release_while_a_run_writes_the_next(correction: _Correction) -> None:
    before, after = correction.old_values[_READ_ID], correction.new_values[_READ_ID]
    assert correction.run.success, correction.run.failures
    assert correction.errors == []
    assert before != after
    assert before in correction.values_read
    assert correction.values_read <= {before, after}


def test_a_second_run_changes_nothing(small_copy: StudyCopy) -> None:
    workspace, rerun = small_copy
    old_manifest = (workspace.release / "manifest.json").read_bytes()
    stamps = workspace.working("select result_id, run_id, computed_at from results.results order by 1")
    assert rerun().success
    assert (workspace.release / "manifest.json").read_bytes() == old_manifest
    assert workspace.working("select result_id, run_id, computed_at from results.results order by 1") == stamps
    assert len(list((workspace.study_folder / "landing").glob("*.[ct][sx][vt]"))) == 3


def _rewrite(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / "raw/T1/t1.csv"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    return change


def _put(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (
            _rewrite("M2", "Mood two"),
            't1.csv: T1: column "M2" (mood_02) is missing; correct the export, the protocol, or declare it under absent',
        ),
        (
            _rewrite("M2", "m2"),
            't1.csv: T1: column "M2" (mood_02) is missing; did you mean column "m2"? Correct its name in the export or in'
            " the protocol",
        ),
        (
            _rewrite("\nB,", "\nA,"),
            f"t1.csv: T1: participant {pseudonym('A', KEY)} has rows 2 and 3; keep one of them, say under duplicates which one counts, or set the others aside by a rule under set_aside",
        ),
        (
            _rewrite("\nB,", "\nE,"),
            f"not on the roster: T1 row 3: {pseudonym('E', KEY)}; correct the identifier, add the person, or say who is meant under"
            " respondents of the export",
        ),
        (_put("raw/T1/t1.csv", b""), "t1.csv: the file is empty; export it again"),
        (
            _put("raw/T1/t1.csv", b"PK\x03\x04 a workbook"),
            "t1.csv: the file is a zip or Excel file and not delimited text; save it as CSV",
        ),
        (
            _put("raw/T1/second.csv", b"Person\nA\n"),
            'raw/T1: 2 files match *.csv: "second.csv", "t1.csv"; leave the one to use there, or declare files: versions (or parts)',
        ),
        (
            lambda folder: (folder / "raw/roster/roster.csv").unlink(),
            "raw/roster: no roster has arrived (*.csv); put the roster there",
        ),
        (
            lambda folder: (folder / "published/small.csv").write_text("table,row\n", encoding="utf-8") and None,
            "line 1: the column 'section' is missing; the columns are table, row, section, label, label_basis, timepoint,"
            " statistic, printed, value",
        ),
    ],
    ids=["missing", "alike", "duplicate", "stranger", "empty", "unreadable", "two files", "no roster", "published"],
)
def test_bad_input_is_one_line_and_leaves_the_release(
    small_copy: StudyCopy, damage: Callable[[Path], None], line: str
) -> None:
    workspace, rerun = small_copy
    old_manifest = (workspace.release / "manifest.json").read_bytes()
    working = workspace.working("select * from results.results order by result_id")
    damage(workspace.study_folder)
    run = rerun()
    messages = [*run.failures, *(message for passed, message in run.checks.values() if not passed)]
    assert not run.success
    assert [message for message in messages if line in message], messages
    assert all("\n" not in message.strip() for message in run.failures if line in message)
    assert (workspace.release / "manifest.json").read_bytes() == old_manifest
    assert workspace.values()
    assert workspace.working("select * from results.results order by result_id") == working


def test_an_unknown_column_is_set_aside_and_said(small_copy: StudyCopy) -> None:
    workspace, rerun = small_copy
    _rewrite("GP?\n", "GP?,Mood today\n")(workspace.study_folder)
    for row in ("6,Yes\n", "5,No\n", "1,\n"):
        _rewrite(row, f"{row.rstrip()},3\n")(workspace.study_folder)
    old_values = workspace.values()
    run = rerun()
    assert run.success
    assert run.checks["raw/t1", "all_columns_placed"] == (
        False,
        'column "Mood today" is not in the protocol; it was set aside; declare it under ignored or blocks',
    )
    assert workspace.values() == old_values


def test_an_answer_outside_its_anchors_is_missing_and_said(small_copy: StudyCopy) -> None:
    workspace, rerun = small_copy
    _rewrite("A,03/02/2020,4,", "A,03/02/2020,7,")(workspace.study_folder)
    old_values = workspace.values()
    failed_run = rerun()
    assert not failed_run.success
    assert failed_run.checks["staging/rejected_answers", "few_rejected_answers"] == (
        False,
        "T1, mood: 1 of 7 values were rejected (14 %, more than 5 %): [withheld] (1 times); declare these texts under labels or"
        " special_codes of the export, or correct the anchors; rejected_share in study.yaml says how many may be"
        " (`wavehouse check`, `contract` and `queries` show what is withheld)",
    )
    assert workspace.values() == old_values
    protocol = workspace.study_folder / "study.yaml"
    protocol.write_text(protocol.read_text(encoding="utf-8") + "rejected_share: 0.2\n", encoding="utf-8")
    run = rerun()
    assert run.success
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    assert "Values outside the declared answers were set to missing: 1 of 7 values of mood at T1." in page
    assert run.checks["staging/rejected_answers", "no_rejected_answers"] == (
        False,
        "t1.csv row 2, column M1 (mood_01): [withheld] is outside the declared anchors, labels and special codes"
        " (`wavehouse check`, `contract` and `queries` show what is withheld)",
    )
    rejected = workspace.working("select wave, source_row, item, answer_text from staging.rejected_answers")
    assert rejected == [{"wave": "T1", "source_row": 2, "item": "mood_01", "answer_text": "7"}]
    # The other two answers still count for three.
    assert workspace.values()["summary/mood_total/T1/max"] == (5 + (6 - 2)) * 3 / 2


def test_a_wave_that_has_not_arrived_is_a_warning_and_nobody_answered(
    small_workspace: Any, run_of: Callable[[Any], Any]
) -> None:
    workspace = small_workspace
    shutil.rmtree(workspace.study_folder / "raw/T2")
    run = run_of(workspace)
    assert run.success
    assert run.checks["raw/t2", "arrived"] == (False, "raw/T2: no export of wave T2 has arrived (*.txt)")
    rows = {row["result_id"]: row for row in workspace.released("select * from results.results")}
    assert rows["summary/mood_total/T2/n"]["value"] == 0
    assert (rows["summary/mood_total/T2/mean"]["value"], rows["summary/mood_total/T2/mean"]["note"]) == (
        None,
        "nobody answered",
    )
    assert rows["change/mood_total/T1-T2/n"]["value"] == 0
    assert rows["change/mood_total/T1-T2/p"]["note"] == "no pairs"


def test_one_changed_answer_changes_what_depends_on_it_and_nothing_else(correction: _Correction) -> None:
    old_values, new_values = correction.old_values, correction.new_values
    assert correction.run.success
    assert old_values.keys() == new_values.keys()
    changed_ids = {result_id for result_id in old_values if old_values[result_id] != new_values[result_id]}
    assert changed_ids
    assert {result_id.split("/")[1] for result_id in changed_ids} == {"push", "drive_overall", "drive_02"}
    assert not [result_id for result_id in changed_ids if result_id.startswith("summary") and "/T2/" in result_id]


def test_a_wave_that_is_coded_otherwise_is_said(small_copy: StudyCopy) -> None:
    workspace, rerun = small_copy
    file = workspace.study_folder / "raw/T2/t2.txt"
    rows = [line.split("\t") for line in file.read_bytes().decode("utf-16").splitlines()]
    for row in rows[1:]:
        row[2:5] = ["0" if cell == "1" else "77" if cell else "" for cell in row[2:5]]
    file.write_bytes("\n".join("\t".join(row) for row in rows).encode("utf-16"))
    run = rerun()
    # More than a few are rejected: nothing is released, and the line says what they are.
    assert not run.success
    assert run.checks["staging/rejected_answers", "few_rejected_answers"] == (
        False,
        "T2, mood: 6 of 6 values were rejected (100 %, more than 5 %): [withheld] (5 times), [withheld] (1 times); declare these"
        " texts under labels or special_codes of the export, or correct the anchors; rejected_share in study.yaml says how"
        " many may be (`wavehouse check`, `contract` and `queries` show what is withheld)",
    )
    assert run.checks["raw/t2", "like_the_wave_before"] == (
        False,
        "T2: [withheld] occurs in 5 cells of mood and is neither an answer nor a declared special code; declare it under"
        " special_codes (`wavehouse check`, `contract` and `queries` show what is withheld)",
    )
    assert run.checks["raw/t1", "like_the_wave_before"] == (True, "Nothing is unlike before.")


def test_a_study_of_one_wave_has_no_change_and_every_other_table(small_workspace: Any, run_of: Callable[[Any], Any]) -> None:
    file = small_workspace.study_folder / "study.yaml"
    study = yaml.safe_load(file.read_text(encoding="utf-8"))
    study["waves"] = study["waves"][:1]
    study["contrasts"] = []
    study["exports"] = [export for export in study["exports"] if export.get("wave") != "T2"]
    del study["published"]
    file.write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    (small_workspace.study_folder / "propositions.yaml").unlink()  # it speaks of the second wave
    run = run_of(small_workspace)
    assert run.failures == []
    counts = {
        row["analysis"]: row["n"]
        for row in small_workspace.released("select analysis, count(*) as n from results.results group by 1")
    }
    assert {"summary", "measurement", "mixed", "attrition"} <= set(counts)
    assert not {"change", "imputation", "stability", "leavers"} & set(counts)
    (silent,) = small_workspace.released("select count(*) as n from results.results where value is null and note is null")
    assert silent["n"] == 0
