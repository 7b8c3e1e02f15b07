"""Propositions and interviews before a run: what is counted, and that each defect has its line."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from dagster_project.study import Study, new_study, read_study
from dagster_project.synthesis.check import Finding, check_synthesis

EXAMPLE = read_study(Path(__file__).parents[2] / "data" / "peer_workers")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    shutil.copy(EXAMPLE.folder / "propositions.yaml", tmp_path)
    shutil.copytree(EXAMPLE.folder / "interviews", tmp_path / "interviews")
    return replace(EXAMPLE, folder=tmp_path)


def test_the_example_fits(study: Study) -> None:
    assert list(check_synthesis(study)) == [
        Finding("propositions", "5, with 19 claims"),
        Finding("interviews/coded.qdpx", "30 codings, 0 set aside"),
        Finding("interviews/second_coder.csv", "4 codings, 0 set aside"),
    ]


def test_what_is_set_aside_is_counted_by_reason(study: Study) -> None:
    file = study.folder / "interviews" / "second_coder.csv"
    extra_rows = "PW-03;T9;A;x;D;B\nPW-05;T9;A;y;D;B\n;T1;A;z;D;B\nPW-03;T1;A;;D;B\n"
    file.write_text(file.read_text(encoding="utf-8") + extra_rows, encoding="utf-8")
    assert [finding.words for finding in check_synthesis(study) if finding.about.endswith(".csv")] == [
        "8 codings, 4 set aside",
        "2 set aside: 'T9' is not a wave of the study",
        "1 set aside: the segment has no person",
        "1 set aside: Passage is empty",
    ]


def _swap(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / "propositions.yaml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def _cut_short(folder: Path) -> None:
    file = folder / "interviews" / "coded.qdpx"
    file.write_bytes(file.read_bytes()[:3000])


@pytest.mark.parametrize(
    ("change", "about", "message"),
    [
        (_swap("scales: [wellbeing]", "scales: [welbeing]"), "propositions", "'welbeing' is not a scale of any instrument; the"),
        (_swap("[characteristics/days_absent/mean]", "[nonsense]"), "propositions", "'nonsense' is not a result id; ids are parts with / between"),
        (_swap("codes: [Job and team]", "codes: [Job]"), "propositions", "codes: the interviews have no code 'Job'; the codes are "),
        (_swap("quotes: [s-e051dbc6c5]", "quotes: [s-f9ba82fc55]"), "propositions", "quotes: 's-f9ba82fc55' is not a segment with a code"),
        (_swap("wave_variable: Wave", "wave_variable: wave"), "interviews/coded.qdpx", "wave_variable: the project has no variable 'wave'; the variables are Wave;"),
        (_swap("wave_variable: Wave", "waves: {Start: T0}"), "propositions", "waves: Start: 'T0' is not a wave; the waves are T1, T2, T3"),
        (_swap("wave_variable: Wave", "wave_sets: {Start: T0}"), "propositions", "wave_sets: Start: 'T0' is not a wave; the waves are"),
        (_cut_short, "interviews/coded.qdpx", "the file is cut short or damaged; export the project again"),
    ],
)  # fmt: skip
def test_each_defect_has_its_line(study: Study, change: Callable[[Path], None], about: str, message: str) -> None:
    change(study.folder)
    (finding,) = (finding for finding in check_synthesis(study) if finding.is_error)
    assert finding.about == about
    assert message in finding.words
    assert "\n" not in finding.words


def test_without_propositions_nothing_is_said(tmp_path: Path) -> None:
    assert list(check_synthesis(replace(EXAMPLE, folder=tmp_path))) == []


def test_what_a_new_study_says_of_propositions_is_inert_and_valid_without_its_comment_signs(tmp_path: Path) -> None:
    new_study(tmp_path / "mine")
    study = read_study(tmp_path / "mine")
    assert list(check_synthesis(study)) == []
    file = study.folder / "propositions.yaml"
    _, _, example = file.read_text(encoding="utf-8").partition("#\n")
    file.write_text("\n".join(line.removeprefix("#").removeprefix(" ") for line in example.splitlines()), encoding="utf-8")
    interviews = study.folder / "interviews"
    interviews.mkdir()
    interviews.joinpath("coded.qdpx").write_text(
        "<Project><Variables><Variable guid='a' name='Person'/><Variable guid='b' name='Wave'/></Variables></Project>"
    )
    table = "Theme,Participant,Wave,Passage,Document,Coder,Memo\nStrain,P-1,T1,x,,,\nTeam > Positive,P-1,T1,y,,,\n"
    interviews.joinpath("second_coder.csv").write_text(table)
    assert [finding.words.split(": ", 1)[-1] for finding in check_synthesis(study)] == [
        "1, with 3 claims",
        "0 codings, 0 set aside",
        "2 codings, 0 set aside",
        "total_falls_then_steadies: quotes: 's-0123456789' is not a segment with a code of this proposition; correct the id",
    ]


def test_interviews_may_be_taken_in_before_there_are_propositions(study: Study) -> None:
    file = study.folder / "propositions.yaml"
    interviews = yaml.safe_load(file.read_text(encoding="utf-8"))["interviews"]
    file.write_text(yaml.safe_dump({"interviews": interviews}), encoding="utf-8")
    assert [finding.words for finding in check_synthesis(study)] == [
        "0, with 0 claims",
        "30 codings, 0 set aside",
        "4 codings, 0 set aside",
    ]
    file.write_text("note: nothing yet\n", encoding="utf-8")
    (finding,) = check_synthesis(study)
    assert finding.is_error
    assert finding.words.endswith("there are neither propositions nor interviews; declare some, or comment all of it out")
