"""What is said of a study's release after a run that did not end well."""

import json
from pathlib import Path

import pytest

from dagster_project.warehouse import state_of_release


@pytest.mark.parametrize(
    ("manifest", "state"),
    [
        (None, "there is no release yet"),
        (json.dumps({"run_id": "the run before"}), "the release is as it was"),
        (json.dumps({"run_id": "this run"}), "its release is made"),
        ("{", "the release is as it was"),
    ],
)
def test_a_run_has_made_a_release_or_left_it_as_it_was(manifest: str | None, state: str, tmp_path: Path) -> None:
    if manifest is not None:
        (tmp_path / "release").mkdir()
        (tmp_path / "release" / "manifest.json").write_text(manifest, encoding="utf-8")
    assert state_of_release(tmp_path, "this run") == state
