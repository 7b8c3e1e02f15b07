"""What a run says to the trail: decisions that are others than before, files that came and went, keys that were changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.settings import read_settings
from dagster_project.study import read_study
from dagster_project.trail import record, snapshot
from dagster_project.trail.definition_keys import changed_keys
from dagster_project.trail.runs import RunTrail, _input_changes, _known_files, decisions_of, new_decisions, unended_run

A, B, C = "a" * 64, "b" * 64, "c" * 64
Edit = Callable[[dict[str, Any]], None]


def _edit(folder: Path, edit: Edit) -> None:
    file = folder / "study.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    edit(content)
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _export(content: dict[str, Any], name: str) -> dict[str, Any]:
    (export,) = [entry for entry in content["exports"] if entry["export"] == name]
    return export  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            lambda content: _export(content, "t1").update(pin="0123abcd", files="versions"),
            [("pin", {"export": "t1", "former": None, "current": "0123abcd"})],
        ),
        (
            lambda content: _export(content, "t2").update(respondents={"Dora": "D"}),
            [("mapping", {"export": "t2", "former": None, "current": {"identifiers": 1, "labels": 0}})],
        ),
        (lambda content: content.update(disclosure="none"), [("disclosure", "none")]),
        (lambda content: content.update(title="Another title"), []),
    ],
)
def test_a_decision_is_told_once(small_workspace: Any, edit: Edit, expected: list[tuple[str, Any]]) -> None:
    folder = small_workspace.study_folder
    former = decisions_of(read_study(folder))
    _edit(folder, edit)
    current = decisions_of(read_study(folder))
    decisions: list[Any] = list(new_decisions(former, current))
    assert [(kind, facts["current"] if kind == "disclosure" else facts) for kind, facts in decisions] == expected
    assert list(new_decisions(current, current)) == []


def test_a_killed_run_is_named_by_the_next_whoever_held_the_lock_meanwhile(tmp_path: Path) -> None:
    """Also where the run was that of another command, whose name the lock has then."""
    folder = tmp_path / "data" / "mood"
    folder.mkdir(parents=True)
    settings = read_settings({"WAVEHOUSE_STUDY": str(folder), "WAVEHOUSE_HOME": str(tmp_path / "home")})
    assert unended_run(settings) is None
    RunTrail(settings, "a", "command line").begin(None)
    assert unended_run(settings) == "a"
    record(settings, "retention", {"removed": {}})
    RunTrail(settings, "b", "command line").begin(None)
    record(settings, "run_ended", {"run": "b", "outcome": "failed"})
    assert unended_run(settings) is None
    RunTrail(settings, "c", "ui").begin(["release"])
    entries = snapshot(folder).entries
    assert [(entry.kind, entry.facts.get("run"), entry.facts.get("outcome")) for entry in entries] == [
        ("run_started", "a", None),
        ("retention", None, None),
        ("run_ended", "a", "killed"),
        ("run_started", "b", None),
        ("run_ended", "b", "failed"),
        ("run_started", "c", None),
    ]
    record(settings, "trail_restored", {"release": "r1"})  # whether c ended stood in what was lost
    assert unended_run(settings) is None


def test_waves_and_concealment() -> None:
    former: Any = {"waves": ["T1", "T2"], "is_concealed": True, "disclosure": "none"}
    current: Any = {"waves": ["T1"], "is_concealed": False, "disclosure": "none"}
    assert list(new_decisions(former, current)) == [("wave_removed", {"wave": "T2"}), ("unblinding", {})]
    assert list(new_decisions(current, former)) == [("blinding", {})]


def test_a_first_run_tells_what_is_no_default(small_workspace: Any) -> None:
    current = decisions_of(read_study(small_workspace.study_folder))
    assert [kind for kind, _ in new_decisions({}, current)] == ["mapping"]
    _edit(small_workspace.study_folder, lambda content: content.update(disclosure={"minimum": 20}))
    current = decisions_of(read_study(small_workspace.study_folder))
    assert [kind for kind, _ in new_decisions({}, current)] == ["mapping", "disclosure"]


def test_a_mapping_of_as_many_identifiers_is_told_by_its_key() -> None:
    same: Any = {"mappings": {"t1": {"identifiers": 1, "labels": 0}}}
    assert [kind for kind, _ in new_decisions(same, same, ["study.yaml: exports.t1.respondents"])] == ["mapping"]
    assert list(new_decisions(same, same, ["study.yaml: exports.t1.pin"])) == []


def test_files_that_came_and_went_add_up() -> None:
    first = {"t1": frozenset([A]), "t2": frozenset([B])}
    second = {"t1": frozenset([A, C])}
    changes = [_input_changes({}, first), _input_changes(first, second)]
    assert changes[0] == {
        "t1": {"change": "new", "added": [A], "removed": []},
        "t2": {"change": "new", "added": [B], "removed": []},
    }
    assert changes[1] == {
        "t1": {"change": "replaced", "added": [C], "removed": []},
        "t2": {"change": "taken back", "added": [], "removed": [B]},
    }
    assert _known_files({"exports": change} for change in changes) == second
    assert _input_changes(second, second) == {}


def test_a_changed_key_is_named_and_nothing_that_it_holds(small_workspace: Any, tmp_path: Path) -> None:
    folder = small_workspace.study_folder
    assert changed_keys(read_study(folder), tmp_path) is None
    assert changed_keys(read_study(folder), tmp_path) == []

    def edit(content: dict[str, Any]) -> None:
        content["waves"][1]["label"] = "later"
        _export(content, "t1")["respondents"] = {"Dora Smith": "D"}
        _export(content, "t1")["special_codes"]["-8"] = "blank"

    _edit(folder, edit)
    assert changed_keys(read_study(folder), tmp_path) == [
        "study.yaml: exports.t1.respondents",
        "study.yaml: exports.t1.special_codes",
        "study.yaml: waves.T2.label",
    ]
    _edit(folder, lambda content: _export(content, "t1").update(respondents={"Dora Brown": "D"}))
    assert changed_keys(read_study(folder), tmp_path) == ["study.yaml: exports.t1.respondents"]
    assert "Dora" not in (tmp_path / "definition_keys.json").read_text(encoding="utf-8")
