"""What the methods say of declared estimands, that a plan without them says and hashes as before, and what is refused."""

from pathlib import Path

import pytest
from measures_study import without_times, write_measures_study

from dagster_project.report.estimand_methods import estimands
from dagster_project.study import Study, StudyError, read_study

_ESTIMAND = (
    "{population: adults of both regions., treatments: none, intercurrent_events: [{event: moved away, strategy:"
    " treatment_policy}, {event: fell ill, strategy: hypothetical}], summary: mean change}"
)


def _study(folder: Path, estimand: str | None) -> Study:
    file = write_measures_study(folder / "measures_study", size=2) / "study.yaml"
    text = file.read_text(encoding="utf-8")
    if estimand is not None:
        assert "contrasts: [T1-T2]}" in text
        text = text.replace("contrasts: [T1-T2]}", f"contrasts: [T1-T2], estimand: {estimand}}}", 1)
    file.write_text(text, encoding="utf-8")
    return read_study(file.parent)


def test_an_estimand_is_told_by_its_attributes(tmp_path: Path) -> None:
    study = _study(tmp_path, _ESTIMAND)
    assert list(estimands(study)) == [
        "Family main (primary) estimates the mean change. Population: adults of both regions, none. Variable: Depression"
        " (T1-T2).",
        "Intercurrent events: moved away (treatment policy: scores count whatever happened); fell ill (hypothetical: as if it"
        " had not happened).",
        "Scores count here as they were returned: a strategy other than treatment policy holds as far as the exports hold, or"
        " leave out, what it asks for.",
    ]


def test_without_intercurrent_events_that_is_said(tmp_path: Path) -> None:
    study = _study(tmp_path, "{population: adults, intercurrent_events: [], summary: mean change, variable: BDI in spring}")
    assert list(estimands(study)) == [
        "Family main (primary) estimates the mean change. Population: adults. Variable: BDI in spring.",
        "No intercurrent event was expected.",
    ]


def test_a_plan_without_estimands_says_nothing_and_one_with_them_is_another(tmp_path: Path) -> None:
    without = _study(tmp_path / "without", None)
    file = tmp_path / "without/measures_study/study.yaml"
    file.write_text(without_times(file.read_text(encoding="utf-8")), encoding="utf-8")
    assert read_study(file.parent).protocol.plan_hash != without.protocol.plan_hash
    without = read_study(file.parent)
    assert list(estimands(without)) == []
    assert without.protocol.plan_hash == "80edfaa4587f4476"
    assert _study(tmp_path / "with", _ESTIMAND).protocol.plan_hash != without.protocol.plan_hash


def test_an_unknown_strategy_is_refused(tmp_path: Path) -> None:
    estimand = "{population: adults, intercurrent_events: [{event: moved, strategy: ignore}], summary: mean change}"
    with pytest.raises(StudyError, match=r"'treatment_policy', 'hypothetical'.*; give treatment_policy"):
        _study(tmp_path, estimand)
