"""The analysis plan: what it refuses, and the hash that results carry."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.study import Study, StudyError, read_study
from dagster_project.study.codebook import codebook_tables

SMALL = Path(__file__).parents[1] / "small_study"


def _with_plan(folder: Path, plan: dict[str, Any] | None) -> Study:
    (folder / "instruments").mkdir(parents=True, exist_ok=True)
    for file in (SMALL / "instruments").iterdir():
        (folder / "instruments" / file.name).write_bytes(file.read_bytes())
    content = yaml.safe_load((SMALL / "study.yaml").read_text(encoding="utf-8"))
    if plan is not None:
        content["plan"] = plan
    (folder / "study.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return read_study(folder)


def _family(name: str = "main", **more: Any) -> dict[str, Any]:
    return {"family": name, "role": "primary", "outcomes": ["mood_total", "push"]} | more


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"families": [_family(), _family()]}, "plan: family main is declared twice"),
        ({"families": [_family(outcomes=["joy"])]}, "plan: family main names 'joy', which is not a scale of any instrument"),
        ({"families": [_family(contrasts=["T1-T9"])]}, "plan: family main names the unknown contrast T1-T9"),
        (
            {"families": [_family(), _family("more", outcomes=["push"])]},
            "plan: push in T1-T2 is in the families main and more; a test has one",
        ),
        ({"families": [_family(outcomes=[])]}, "plan.families[0].outcomes: tuple should have at least 1 item"),
        ({"families": [_family(role="important")]}, "plan.families[0].role: 'important': "),
        ({"headline": "cohen"}, "plan.headline: 'cohen': "),
        ({"alpha": 0}, "plan.alpha: 0: "),
        ({"norm_margin": -1}, "plan.norm_margin: -1: "),
        ({"resamples": 10}, "plan.resamples: 10: "),
        ({"imputations": 1}, "plan.imputations: 1: "),
    ],
)
def test_a_wrong_plan_is_one_line(tmp_path: Path, plan: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError) as error:
        _with_plan(tmp_path, plan)
    error_text = str(error.value)
    assert "\n" not in error_text
    assert message in error_text


def test_a_family_without_contrasts_has_all_of_them_and_no_family_has_nothing(tmp_path: Path) -> None:
    protocol = _with_plan(tmp_path, {"families": [_family()]}).protocol
    (family,) = protocol.plan.families
    assert protocol.family_tests(family) == [("mood_total", "T1-T2"), ("push", "T1-T2")]
    assert _with_plan(tmp_path, None).protocol.plan.families == ()


def test_the_hash_is_of_what_was_planned_and_of_nothing_else(tmp_path: Path) -> None:
    plain = _with_plan(tmp_path, {"families": [_family()]}).protocol
    assert len(plain.plan_hash) == 16
    assert _with_plan(tmp_path, {"families": [_family()], "seed": 1}).protocol.plan_hash == plain.plan_hash  # the default
    for plan in ({"families": [_family(role="secondary")]}, {"families": [_family()], "alpha": 0.01}, {}):
        assert _with_plan(tmp_path, plan).protocol.plan_hash != plain.plan_hash
    renamed = plain.model_copy(update={"title": "Another", "exports": ()})
    assert renamed.plan_hash == plain.plan_hash


def test_the_plan_stands_in_the_codebook(tmp_path: Path) -> None:
    study = _with_plan(tmp_path, {"families": [_family()], "alpha": 0.01})
    tables = codebook_tables(study)
    (plan,) = tables["plan"].to_pylist()
    assert (plan["plan_hash"], plan["alpha"], plan["headline"]) == (study.protocol.plan_hash, 0.01, "d_baseline")
    assert tables["plan_tests"].to_pylist() == [
        {"family": "main", "role": "primary", "scale": scale, "contrast": "T1-T2"} for scale in ("mood_total", "push")
    ]
