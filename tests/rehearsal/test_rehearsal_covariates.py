"""What `check` says of people without a covariate."""

from pathlib import Path

from group_study import write_group_study

from dagster_project.rehearsal.covariates import covariate_line
from dagster_project.rehearsal.fit import check_study
from dagster_project.study import read_study


def _lines(folder: Path) -> list[tuple[str, str, str]]:
    findings = check_study(read_study(folder))
    return [(finding.subject, finding.severity, finding.message) for finding in findings if "covariate" in finding.message]


def _roster(folder: Path, *changes: tuple[str, str]) -> None:
    file = folder / "raw/roster/roster.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    for person, line in changes:
        number = next(number for number, text in enumerate(lines) if text.startswith(f"{person},"))
        lines[number] = f"{person},{line}"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_check_says_how_many_people_lack_a_covariate(tmp_path: Path) -> None:
    """Blank cells, special codes and texts that fit nothing; each person once."""
    folder = write_group_study(tmp_path / "group_study", people_per_arm=8, covariates=["age", "region"])
    assert _lines(folder) == [
        (
            "groups",
            "info",
            "5 of 25 people lack a covariate (age 1, region 4); they are left out of what is adjusted for covariates",
        )
    ]
    _roster(folder, ("P001", "Course,,"), ("P002", "Course,North,old"), ("P003", "Course,Atlantis,44"))
    assert _lines(folder)[-1][2].startswith("8 of 25 people lack a covariate (age 3, region 6); ")
    definitions = folder / "study.yaml"
    text = definitions.read_text(encoding="utf-8")
    definitions.write_text(
        text.replace("covariates: [age, region]", "covariates: [age, region], missing_covariates: mean"), encoding="utf-8"
    )
    assert _lines(folder)[-1][2] == (
        "8 of 25 people lack a covariate (age 3, region 6); for them it is its mean over the roster"
    )


def test_where_everybody_has_every_covariate_check_says_that(tmp_path: Path) -> None:
    folder = write_group_study(tmp_path / "group_study", people_per_arm=2, covariates=["age"])
    _roster(folder, ("P004", "Course,North,31"))
    assert _lines(folder) == [("groups", "info", "0 of 7 people lack a covariate")]


def test_people_excluded_by_the_study_are_not_counted(tmp_path: Path) -> None:
    folder = write_group_study(tmp_path / "group_study", people_per_arm=2, covariates=["age"])
    protocol = folder / "study.yaml"
    text = protocol.read_text(encoding="utf-8")
    protocol.write_text(
        text.replace(
            "    respondent: Person\n    blocks: [{block: part",
            "    respondent: Person\n    leaving: {exclusion_reason: Left}\n    blocks: [{block: part",
            1,
        ),
        encoding="utf-8",
    )
    file = folder / "raw/roster/roster.csv"
    header, *lines = file.read_text(encoding="utf-8").splitlines()
    lines = [f"{line},{'twice in the study' if line.startswith('P004') else ''}" for line in lines]
    file.write_text("\n".join([f"{header},Left", *lines]) + "\n", encoding="utf-8")
    assert _lines(folder) == [("groups", "info", "0 of 6 people lack a covariate")]


def test_without_covariates_or_people_nothing_is_said(tmp_path: Path) -> None:
    folder = write_group_study(tmp_path / "group_study", people_per_arm=2)
    assert _lines(folder) == []
    other_folder = write_group_study(tmp_path / "other" / "group_study", people_per_arm=2, covariates=["age"])
    assert covariate_line(read_study(other_folder), []) is None
