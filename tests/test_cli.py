"""The command as a person types it: what it prints, what it returns, and one line for what is wrong."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from child_environment import clean_environment
from measures_study import write_measures_study

from dagster_project.audit import EFFECT_SIZE_DEFINITIONS
from dagster_project.cli import main
from dagster_project.settings import Settings, read_settings


def _wavehouse(workspace: Any, *words: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment()
    environment |= {"WAVEHOUSE_STUDY": str(workspace.study_folder), "WAVEHOUSE_HOME": str(workspace.settings.home)}
    command = [sys.executable, "-m", "dagster_project.cli", *words]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, encoding="utf-8", timeout=120
    )


@pytest.fixture
def run_here(
    small_workspace: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """`wavehouse run` about the small study in this process: what it returns and prints. Another one imports for seconds."""
    monkeypatch.setenv("WAVEHOUSE_STUDY", str(small_workspace.study_folder))
    monkeypatch.setenv("WAVEHOUSE_HOME", str(small_workspace.settings.home))
    for name in ("WAVEHOUSE_PSEUDONYM_KEY", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        return main(["run", *words]), *capsys.readouterr()

    return run


@pytest.mark.slow
def test_run_says_what_came_in_and_where_the_release_is(
    small_workspace: Any,
    share_parsed_models: Callable[[Settings], None],
    run_here: Callable[..., tuple[int, str, str]],
) -> None:
    share_parsed_models(small_workspace.settings)
    process = _wavehouse(small_workspace, "run")
    assert process.returncode == 0, process.stderr
    (results,) = small_workspace.released("select count(*) as n from results.results")
    assert results["n"] > 100
    assert process.stdout.splitlines()[:6] == [
        f"4 people on the roster, {results['n']} results",
        "  roster  roster.csv: 4 rows, 4 accepted, 0 set aside",
        "  T1      t1.csv: 3 rows, 3 accepted, 0 set aside",
        "  T2      t2.txt: 4 rows, 3 accepted, 1 set aside",
        "0 answers rejected",
        "3 of 5 printed values reproduced, 1 impossible, 1 differ",
    ]
    assert f"release: {small_workspace.release}" in process.stdout
    progress = process.stderr.splitlines()
    assert progress[0] == "wavehouse: running small_study"
    assert [line for line in progress if line.split()[:2] == ["release", "done"]]
    assert "Traceback" not in process.stderr

    old_manifest = (small_workspace.release / "manifest.json").read_bytes()
    (small_workspace.study_folder / "raw/T1/t1.csv").write_text("Person,Date\nA,1\n", encoding="utf-8")
    code, output, errors_text = run_here("--quiet")
    assert code == 1
    assert output == ""
    errors = errors_text.splitlines()
    assert errors[0].startswith('error: raw/t1, contract: t1.csv: T1: 8 columns are missing: "M1" (mood_01), ')
    assert errors[-1].startswith("wavehouse: the run failed; the release is as it was. `wavehouse ui` shows run ")
    assert len(errors) == 2
    assert (small_workspace.release / "manifest.json").read_bytes() == old_manifest


@pytest.mark.slow
def test_an_empty_study_of_nobody_runs(
    small_workspace: Any,
    share_parsed_models: Callable[[Settings], None],
    run_here: Callable[..., tuple[int, str, str]],
) -> None:
    """A roster with a header alone, and no wave arrived: every table is there, and every n is 0."""
    roster = small_workspace.study_folder / "raw/roster/roster.csv"
    roster.write_text("Person;Site;Age\n", encoding="utf-8")
    for wave in ("T1", "T2"):
        for file in (small_workspace.study_folder / "raw" / wave).iterdir():
            file.unlink()
    share_parsed_models(small_workspace.settings)
    code, output, errors = run_here("--quiet")
    assert code == 0, errors
    (results,) = small_workspace.released("select count(*) as n from results.results")
    assert output.startswith(f"0 people on the roster, {results['n']} results\n")
    assert "  T1      no export has arrived\n" in output
    assert {
        row["value"]
        for row in small_workspace.released("select value from results.results where statistic = 'n' and analysis <> 'norm'")
    } == {0}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["run", "--study", "no such study"], "there is no such study folder; check the path or WAVEHOUSE_STUDY"),
        (
            ["simulate", "--study", "no such study", "--out", "x"],
            "there is no such study folder; check the path or WAVEHOUSE_STUDY",
        ),
        (["audit", "no such table.csv"], "no such table.csv: there is no such file; check the path"),
        (["audit", "tests"], "tests: this is a folder; give the table's own file"),
        (
            ["audit", "pyproject.toml", "--instruments", "no such folder"],
            "--instruments: no such folder: there is no such file or folder; check the path",
        ),
        (
            ["audit", "pyproject.toml", "--instruments", "tests"],
            "--instruments: tests: the folder holds no instrument (*.yaml, *.yml); check the path",
        ),
        (
            ["audit", "x.csv", "--effect-size", "omega"],
            "--effect-size: 'omega' is not a definition; give one of d_z, d_baseline, d_av, d_rm, d_s, or with g_",
        ),
    ],
)
def test_what_cannot_start_is_one_line(words: list[str], line: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("WAVEHOUSE_STUDY", "overwritten by --study and restored afterwards")
    assert main(words) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("wavehouse: ")
    assert output.err.strip().endswith(line)
    assert output.err.count("\n") == 1


def test_the_number_of_stand_ins_is_asked_for_where_no_table_says_it(tmp_path: Path, capsys: Any) -> None:
    folder = write_measures_study(tmp_path / "measures_study", size=2)
    file, command = folder / "study.yaml", ["simulate", "--study", str(folder), "--out", str(tmp_path / "out")]
    assert main(command) == 2
    assert capsys.readouterr().err == (
        f"wavehouse: {file}: published: no published table says how many people there are; add --people N\n"
    )
    assert main([*command, "--people", "0"]) == 2
    assert capsys.readouterr().err == "wavehouse: --people 0: give a whole number from 1 to 20000\n"
    assert main([*command, "--people", "3", "--minutes", "2"]) == 2
    assert capsys.readouterr().err == (
        "wavehouse: --minutes 2: people of a design are drawn, not searched; leave --minutes out\n"
    )
    assert main([*command, "--people", "3"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "3 stand-in people, drawn from the study's design alone",
        f"exports: {tmp_path / 'out'}",
    ]
    published = "published: {file: published.csv, tables: {'1': summary}}\n"
    file.write_text(published + file.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "published.csv").write_text("", encoding="utf-8")
    assert main([*command, "--people", "3"]) == 2
    assert capsys.readouterr().err == (
        "wavehouse: --people 3: the published table says how many people there are; leave --people out\n"
    )
    assert main([*command, "--minutes", "0"]) == 2
    assert capsys.readouterr().err == "wavehouse: --minutes 0: give a number above 0\n"


def test_help_names_every_command(capsys: Any) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    text = capsys.readouterr().out
    for command in ("run", "instruments", "ui", "simulate"):
        assert re.search(rf"^    {command}\s", text, re.MULTILINE)
    with pytest.raises(SystemExit, match="0"):
        main(["audit", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for words in (
        "n is the number of people",
        "is asked as the same people at both moments",
        "the same people at both moments and a paired t test",
        "n - 1 in the denominator",
        "exit codes: 0 no finding",
        f"the table's effect sizes: {', '.join(EFFECT_SIZE_DEFINITIONS)}, or g_…",
    ):
        assert words in text


def test_the_library_is_listed_and_one_instrument_shown(capsys: Any) -> None:
    assert main(["instruments"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        "rand36      RAND 36-Item Health Survey 1.0: 36 items; rand36_physical_functioning, rand36_role_physical,"
        " rand36_role_emotional, rand36_energy, rand36_emotional_wellbeing, rand36_social_functioning, rand36_pain,"
        " rand36_general_health, rand36_health_change. Free to use with its source named; RAND Corporation."
    ) in lines
    assert lines[-1] == "In study.yaml: instruments: [library:CODE]. `wavehouse instruments CODE` says how one is scored."
    assert main(["instruments", "who5"]) == 0
    source = "Topp CW, Østergaard SD, Søndergaard S, Bech P, Psychotherapy and Psychosomatics 2015, 84(3), 167-176."
    assert capsys.readouterr().out.splitlines() == [
        "who5: World Health Organization Well-Being Index (WHO-5)",
        f"  source: {source}",
        "  licence: Free to use with its source named; World Health Organization, CC BY-NC-SA 3.0 IGO.",
        "  answers: 0 to 5",
        "  who5_index: Well-being (WHO-5, per cent), 0 to 100, high is good",
        "    items: 1, 2, 3, 4, 5",
        "    score: sum of 5 items, all answered, times 4",
        f"    least change that matters: 10 ({source})",
        f"    cut-off: at most 50: screens positive for depression ({source})",
        "  assumed, missing items: The source has no rule. All five items are needed.",
        "  In study.yaml: instruments: [library:who5]",
    ]
    assert main(["instruments", "library:audit"]) == 0
    assert "  answers: 0, 2 or 4 (items 9-10)" in capsys.readouterr().out.splitlines()
    assert main(["instruments", "phq"]) == 2
    assert capsys.readouterr().err == (
        "wavehouse: phq: the library has no such instrument; do you mean phq9 or phq4 or phq2?\n"
    )
    assert main(["instruments", "PHQ-9"]) == 2
    assert capsys.readouterr().err == "wavehouse: PHQ-9: the library has no such instrument; do you mean phq9?\n"


def test_audit_reads_anybodys_table_without_a_study(tmp_path: Path, capsys: Any) -> None:
    table = tmp_path / "tablé.csv"
    rows = ["Étude;T1;n;10", "Étude;T1;mean;3,4", "Étude;T1;min;1,0", "Étude;T1;max;3,0", "Étude;T1;kurtosis;1,0"]
    table.write_bytes("\r\n".join(["label;timepoint;statistic;printed", *rows]).encode("cp1252"))
    assert main(["audit", str(table)]) == 1
    output = capsys.readouterr()
    assert output.out.splitlines() == [
        "impossible:",
        "  line 5 (Étude, T1, max 3.0): the mean 3.4 lies above the max 3.0 [in_order, slack 0.3]",
        "4 printed numbers and 1 not checked: 1 impossible, 0 inconsistent, 0 not reproducible, 0 notes",
        "checked: 3 of 5 numbers, by 1 rule",
    ]
    assert output.err == "wavehouse: no rule knows the statistic 'kurtosis': 1 of the numbers not checked\n"
    table.write_text("label,timepoint,statistic,printed\nA,T1,n,10\nA,T1,mean,3.4\n", encoding="utf-16")
    assert main(["audit", str(table), "--csv"]) == 0
    assert capsys.readouterr().out.startswith("subject,line,result_id,table,section,label,timepoint,statistic,printed,rule,")


def test_audit_takes_ranges_from_instruments_and_says_which_found_no_row(tmp_path: Path, capsys: Any) -> None:
    text = (Path(__file__).parents[1] / "data/peer_workers/instruments/mbi_hss.yaml").read_text(encoding="utf-8")
    (tmp_path / "mbi.yml").write_text(text, encoding="utf-8")
    table = tmp_path / "t.csv"
    table.write_text("label,timepoint,statistic,printed\npersonal accomplishment,T1,max,56\n", encoding="utf-8")
    assert main(["audit", str(table), "--instruments", str(tmp_path)]) == 1
    output = capsys.readouterr()
    assert "the max 56 lies outside the scale's range, 0 to 48" in output.out
    assert output.err == (
        "wavehouse: no row of the table is about 'Emotional Exhaustion', 'Depersonalization': these scales' ranges are not"
        " checked; labels must be those of the instruments\n"
    )


def test_audit_takes_ranges_from_the_library(tmp_path: Path, capsys: Any) -> None:
    table = tmp_path / "t.csv"
    table.write_text("label,timepoint,statistic,printed\nDepression (PHQ-9),T1,max,28\n", encoding="utf-8")
    assert main(["audit", str(table), "--instruments", "library:phq9"]) == 1
    assert "the max 28 lies outside the scale's range, 0 to 27" in capsys.readouterr().out
    assert main(["audit", str(table), "--instruments", "library:phq"]) == 2
    assert capsys.readouterr().err.startswith("wavehouse: phq: the library has no such instrument; do you mean phq9")


def test_audit_holds_a_table_to_the_design_the_level_and_the_cutting_that_are_declared(tmp_path: Path, capsys: Any) -> None:
    table = tmp_path / "t.csv"
    # An interval of 90 %: 1.753 times SE 1.
    cells = {"n": "16", "change": "2.00", "ci_low": "0.25", "ci_high": "3.75", "p": "0.064"}
    rows = [f"Score,T1-T2,{name},{text}" for name, text in cells.items()]
    table.write_text("\n".join(["label,timepoint,statistic,printed", *rows]), encoding="utf-8")
    assert main(["audit", str(table)]) == 0
    assert main(["audit", str(table), "--design", "paired"]) == 1
    assert main(["audit", str(table), "--design", "paired", "--level", "90"]) == 0
    assert main(["audit", str(table), "--design", "other"]) == 0
    table.write_text("label,timepoint,statistic,printed\nA,T1,n,3\nA,T1,count,2\nA,T1,percent,66.6\n", encoding="utf-8")
    assert main(["audit", str(table), "--design", "paired"]) == 1
    assert main(["audit", str(table), "--design", "paired", "--cut"]) == 0
    capsys.readouterr()


@pytest.mark.slow
def test_the_paper_is_audited_as_paired(capsys: Any) -> None:
    """Fifteen numbers that were always called impossible, five of them of another denominator; and line 495."""
    study = Path(__file__).parents[1] / "data/peer_workers"
    words = [str(study / "published/peer_workers_2022.csv"), "--instruments", str(study), "--design", "paired"]
    assert main(["audit", *words]) == 1
    lines = capsys.readouterr().out.splitlines()
    severities = [lines.index(f"{word}:") for word in ("impossible", "inconsistent", "not reproducible")]
    impossible, inconsistent = (
        [int(line.split()[1]) for line in lines[start + 1 : end]] for start, end in pairwise(severities)
    )
    assert impossible == [37, 144, 472, 521, 533, 614, 641, 653, 677, 711]
    assert inconsistent == [41, 43, 45, 47, 49, 495]
    (of_32,) = (line for line in lines if line.startswith("  line 41 "))
    assert "1 of 30 is 100 x 1 / 30 = 3.33 %, not 3.1 %; it fits the denominator 32 [percent_of_count, slack 0.18]" in of_32


@pytest.mark.slow
def test_simulate_refuses_to_overwrite_before_it_searches(small_workspace: Any, tmp_path: Path) -> None:
    roster = tmp_path / "raw/roster/small_study_roster.csv"
    roster.parent.mkdir(parents=True)
    roster.write_text("mine", encoding="utf-8")
    process = _wavehouse(small_workspace, "simulate", "--out", str(tmp_path))
    assert process.returncode == 2
    assert process.stderr == (
        f"wavehouse: {roster}: the file already exists; exports are never overwritten, so choose a new folder\n"
    )
    assert roster.read_text(encoding="utf-8") == "mine"


@pytest.mark.slow
def test_a_new_study_is_valid_and_runs(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch, share_parsed_models: Callable[[Settings], None]
) -> None:
    folder = tmp_path / "my_study"
    monkeypatch.setenv("WAVEHOUSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WAVEHOUSE_STUDY", "restored afterwards")
    assert main(["new", str(folder)]) == 0
    assert str(folder / "study.yaml") in capsys.readouterr().out
    assert main(["check", "--study", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "my_study: the definitions fit together: 2 waves, 1 scale",
        "  roster  no export has arrived in raw/roster (*.csv)",
        "  T1      no export has arrived in raw/T1 (*.csv)",
        "  T2      no export has arrived in raw/T2 (*.csv)",
        "everything fits",
    ]
    (folder / "raw/roster/r.csv").write_text("Participant,Group,Age\n1,A,30\n2,B,40\n", encoding="utf-8")
    (folder / "raw/T1/t1.csv").write_text(
        "Participant,Date,Q1,Q2,Q3,Q4,Q5\n1,2024-01-01,5,1,5,1,5\n2,,1,5,1,5,1\n", encoding="utf-8"
    )
    (folder / "raw/T2/t2.csv").write_text("Participant,Date,Q1,Q2,Q3,Q4\n1,2024-04-01,5,1,5,1\n", encoding="utf-8")
    (folder / "raw/T2/notes.txt").write_text("?", encoding="utf-8")
    assert main(["check", "--study", str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[2:] == [
        "  T1      t1.csv: 2 rows accepted, 0 set aside",
        "  T2      t2.csv: 1 rows accepted, 0 set aside",
        '    error: T2: column "Q5" (example_05) is missing; correct the export, the protocol, or declare it under absent',
        "  warning: raw/T2/notes.txt: no export declares this file",
        "1 error and 1 warning",
    ]
    (folder / "raw/T2/t2.csv").write_text("Participant,Date,Q1,Q2,Q3,Q4,Q5\n1,2024-04-01,4,2,4,2,4\n", encoding="utf-8")
    assert main(["check", "--study", str(folder)]) == 0
    capsys.readouterr()
    interviews = "interviews:\n  - {file: coded.csv, wave: T1}\n"
    proposition = "propositions:\n  - {proposition: p, statement: S., codes: [Strain]}\n"
    (folder / "propositions.yaml").write_text(interviews + proposition, encoding="utf-8")
    (folder / "coded.csv").write_text("code,person,segment\nStrian,1,x\nStrian,,y\n", encoding="utf-8")
    (folder / "checklists.yaml").write_text("told: {stroobe: {}}\n", encoding="utf-8")
    assert main(["check", "--study", str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[5:9] == [
        "  propositions: 1, with 0 claims",
        "  coded.csv: 2 codings, 1 set aside",
        "    warning: 1 set aside: the segment has no person",
        f"  propositions: error: {folder / 'propositions.yaml'}: p: codes: the interviews have no code 'Strain'; the codes are"
        " Strian",
    ]
    assert lines[9].startswith(f"  checklists: error: {folder / 'checklists.yaml'}: told: 'stroobe' is not a checklist; the")
    assert lines[10:] == ["2 errors and 2 warnings"]
    for name in ("propositions.yaml", "coded.csv", "checklists.yaml"):
        (folder / name).unlink()
    assert main(["new", str(folder)]) == 2
    assert (
        capsys.readouterr().err
        == f"wavehouse: {folder}: the folder already exists; choose another name, or edit what is in it\n"
    )
    assert main(["new", str(tmp_path / "My Study")]) == 2
    assert "cannot be a study's code; use lower-case letters, digits and underscores" in capsys.readouterr().err

    environment = os.environ | {"WAVEHOUSE_STUDY": str(folder)}
    share_parsed_models(read_settings(environment))
    process = subprocess.run(
        [sys.executable, "-m", "dagster_project.cli", "run", "--quiet"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("2 people on the roster")
    assert (folder / "release" / "index.html").exists()


@pytest.mark.slow
def test_a_killed_run_does_not_make_the_next_one_wait(
    small_workspace: Any, share_parsed_models: Callable[[Settings], None]
) -> None:
    """A run was killed while it held the warehouse, and no daemon gave it back: the next run waited for ever."""
    import dagster as dg

    from dagster_project.dagster_home.folder import open_dagster_home

    old_environment = dict(os.environ)
    try:
        open_dagster_home(small_workspace.settings)
        with dg.DagsterInstance.get() as instance:
            run = instance.add_run(dg.DagsterRun("everything", status=dg.DagsterRunStatus.STARTED))
            holder_code = (
                "import os, sys; from pathlib import Path; from dagster_project.study_lock import study_lock\n"
                "with study_lock(Path(sys.argv[1]), sys.argv[2]): os._exit(9)"
            )
            subprocess.run(
                [sys.executable, "-c", holder_code, str(small_workspace.settings.lock_file), run.run_id], check=False
            )
        share_parsed_models(small_workspace.settings)
        process = _wavehouse(small_workspace, "run", "--quiet")
        assert process.returncode == 0, process.stderr
        with dg.DagsterInstance.get() as instance:
            killed = instance.get_run_by_id(run.run_id)
            assert killed is not None and killed.status == dg.DagsterRunStatus.FAILURE
    finally:
        os.environ.clear()
        os.environ.update(old_environment)
