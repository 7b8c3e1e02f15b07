"""The built wheel, outside a clone: what it brings along, and where studies lie then."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dagster_project.fingerprint import code_version
from dagster_project.settings import read_settings

pytestmark = pytest.mark.slow
_CLONE = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the content of the wheel, as an installation lays it out."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=_CLONE, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(folder / "site")
    return folder / "site"


@pytest.fixture
def wavehouse(site: Path, tmp_path: Path) -> Any:
    """Runs `wavehouse` of the wheel in a folder below an empty one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WAVEHOUSE_", "DAGSTER_"))}
    environment = kept | {"PYTHONPATH": str(site)}

    def run(*arguments: str, folder: str = ".", module: str = "dagster_project.cli") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=tmp_path / folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def _python(site: Path, code: str, folder: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(site)}
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return process.stdout.strip()


def test_the_wheel_is_the_code_of_the_clone_and_nothing_else(site: Path, tmp_path: Path) -> None:
    code = (
        "import dagster_project; from dagster_project.fingerprint import code_version;"
        " from dagster_project.settings import read_settings;"
        " print(dagster_project.__file__); print(code_version(read_settings({})))"
    )
    file, version = _python(site, code, tmp_path).splitlines()
    assert Path(file) == site / "dagster_project" / "__init__.py"
    assert version == code_version(read_settings({}))
    assert sorted(path.name for path in site.iterdir() if path.suffix != ".dist-info") == ["dagster_project", "wavehouse"]
    definitions = {"checklists.yaml", "instruments", "interviews", "norms.yaml", "propositions.yaml", "published", "raw"}
    example = site / "dagster_project" / "data" / "peer_workers"
    assert {path.name for path in example.iterdir()} == definitions | {"study.yaml"}
    dbt_project = {path.name for path in (site / "dagster_project" / "dbt").iterdir()}
    assert dbt_project == {"dbt_project.yml", "profiles.yml", "macros", "models", "tests"}


def test_in_an_empty_folder_the_example_is_set_up(site: Path, wavehouse: Any, tmp_path: Path) -> None:
    process = wavehouse("check")
    assert (process.returncode, process.stderr) == (
        2,
        f"wavehouse: {tmp_path / 'data' / 'peer_workers'}: there is no such study folder; check the path or WAVEHOUSE_STUDY\n",
    )
    assert list(tmp_path.iterdir()) == []
    code = (
        "from pathlib import Path; from dagster_project.example import set_up_example;"
        " folder = Path.cwd() / 'data' / 'peer_workers'; print(set_up_example(folder), set_up_example(folder))"
    )
    assert _python(site, code, tmp_path) == "True False"
    example = _CLONE / "data" / "peer_workers"
    copied = {
        path.relative_to(tmp_path / "data" / "peer_workers") for path in (tmp_path / "data").rglob("*") if path.is_file()
    }
    assert Path("raw/T3/peer_workers_t3.sav") in copied
    assert all((tmp_path / "data" / "peer_workers" / path).read_bytes() == (example / path).read_bytes() for path in copied)
    process = wavehouse("check")
    assert process.returncode == 0, process.stdout + process.stderr
    # From within a study's folder it is that study, and what runs leave lies beside the studies all the same.
    assert "T3" in wavehouse("check", folder="data/peer_workers/raw").stdout
    assert wavehouse("new", "another").returncode == 0
    assert (tmp_path / "data" / "another" / "study.yaml").is_file()
    process = wavehouse("check")
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == (
        f"wavehouse: {tmp_path / 'data'}: there are several studies (another, peer_workers); name one with --study or"
        " WAVEHOUSE_STUDY\n"
    )
    assert wavehouse("instruments", "phq9").returncode == 0
    assert wavehouse("check", "--study", "peer_workers").returncode == 0


def test_a_study_runs_outside_a_clone(wavehouse: Any, workspace_at: Any, tmp_path: Path) -> None:
    study = workspace_at(tmp_path, _CLONE / "tests" / "small_study").study_folder
    process = wavehouse("run", "--quiet")
    assert process.returncode == 0, process.stdout + process.stderr
    assert (study / "release" / "index.html").is_file()
    assert (tmp_path / ".wavehouse" / study.name / "pseudonym.key").is_file()
    assert "nothing has changed" in wavehouse("run", folder=f"data/{study.name}").stderr
