"""Two installs are alike: everything that is installed has its version and its hashes in pyproject.toml, without addresses."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


def _tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LOCK = _tool("lock")
LICENCES = _tool("licences")
VULNERABILITIES = _tool("vulnerabilities")


def _lists() -> dict[str, Any]:
    lists: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["uv"]
    return lists


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def test_every_pin_has_hashes_and_every_hash_a_pin() -> None:
    lists = _lists()
    pins = {re.split(r"[ ;]", pin, maxsplit=1)[0] for pin in lists["constraint-dependencies"]}
    hashes = {entry["requirement"]: entry["hashes"] for entry in lists["build-constraint-dependencies"]}
    assert pins == set(hashes)
    assert all(digests for digests in hashes.values())
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", digest) for digests in hashes.values() for digest in digests)


def test_every_direct_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for requirements in (*project["project"]["optional-dependencies"].values(), *project["dependency-groups"].values()):
        wanted += requirements
    pinned = {_name(pin.split("==")[0]) for pin in _lists()["constraint-dependencies"]}
    assert {_name(re.split(r"[=<>; \[]", requirement, maxsplit=1)[0]) for requirement in wanted} <= pinned


def test_everything_that_is_brought_along_is_installed_at_a_pinned_version() -> None:
    """Of the environment that these tests run in: what the package and its tests require; what somebody adds to it is theirs."""
    pinned = {
        (_name(name), version)
        for name, version in (
            re.split(r"[ ;]", pin, maxsplit=1)[0].split("==") for pin in _lists()["constraint-dependencies"]
        )
    }
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    roots = ["wavehouse", *(re.split(r"[=<>; \[]", requirement, maxsplit=1)[0] for requirement in groups["dev"])]
    packages = {name: package for root in roots for name, package in LICENCES.installed(root, ("pull",)).items()}
    found = {(name, package.version) for name, package in packages.items()}
    assert len(found) > 100
    assert found - pinned == set()


@pytest.mark.parametrize("file", ["pyproject.toml", ".ci/docs.in", ".ci/docs.txt", ".ci/uv.txt"])
def test_no_address_stands_in_a_lock(file: str) -> None:
    assert "://" not in (ROOT / file).read_text(encoding="utf-8")


def test_what_builds_the_documentation_and_installs_everything_has_hashes() -> None:
    for file in ("docs.txt", "uv.txt"):
        text = (ROOT / ".ci" / file).read_text(encoding="utf-8").replace("\\\n", " ")
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        assert lines and all("==" in line and "--hash=sha256:" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "is_for_us"),
    [
        ("numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl", True),
        ("numpy-2.4.6-cp314-cp314-win_arm64.whl", True),
        ("duckdb-1.5.5-cp39-abi3-macosx_11_0_arm64.whl", False),
        ("watchdog-6.0.0-py3-none-manylinux2014_aarch64.whl", True),
        ("six-1.17.0-py2.py3-none-any.whl", True),
        ("cryptography-50.0.2-cp311-abi3-musllinux_1_2_x86_64.whl", True),
        ("numpy-2.4.6-cp314-cp314t-win_amd64.whl", False),
        ("numpy-2.4.6-cp310-cp310-win_amd64.whl", False),
        ("numpy-2.4.6-cp312-cp312-manylinux_2_17_ppc64le.whl", False),
        ("numpy-2.4.6-pp311-pypy311_pp73-win_amd64.whl", False),
        ("six-1.17.0.tar.gz", True),
    ],
)
def test_hashes_are_of_files_for_promised_systems(name: str, is_for_us: bool) -> None:
    assert LOCK.is_for_promised_system(name) == is_for_us


_PACKAGE = {
    "name": "six",
    "version": "1.17.0",
    "wheels": [{"url": "a/six-1.17.0-py2.py3-none-any.whl", "hash": "sha256:aa"}],
    "sdist": {"url": "a/six-1.17.0.tar.gz", "hash": "sha256:bb"},
}
_PROJECT = '[tool.uv]\nconstraint-dependencies = [\n  "old==1",\n]\nbuild-constraint-dependencies = [\n]\n\n[tool.other]\nkey = [\n  1,\n]\n'


def test_lists_are_written_in_the_place_of_those_that_are_there() -> None:
    text = LOCK.with_lists(_PROJECT, ["six==1.17.0"], {"six==1.17.0": ["sha256:aa", "sha256:bb"]})
    assert text == (
        '[tool.uv]\nconstraint-dependencies = [\n  "six==1.17.0",\n]\nbuild-constraint-dependencies = [\n'
        '  { requirement = "six==1.17.0", hashes = ["sha256:aa", "sha256:bb"] },\n]\n\n[tool.other]\nkey = [\n  1,\n]\n'
    )
    assert list(LOCK.faults(text, [_PACKAGE])) == []
    with pytest.raises(SystemExit, match="constraint-dependencies is there 0 times"):
        LOCK.with_lists("[tool.uv]\n", [], {})


def test_what_is_not_pinned_or_has_no_known_hash_is_named() -> None:
    assert list(LOCK.faults(_PROJECT, [_PACKAGE])) == ["six==1.17.0 is not pinned", "six==1.17.0 has no hash"]
    text = LOCK.with_lists(_PROJECT, ["six==1.17.0"], {"six==1.17.0": ["sha256:cc"]})
    assert list(LOCK.faults(text, [_PACKAGE])) == [
        "six==1.17.0: none of its files has a hash that is known here; do not install it before you know why"
    ]


def test_a_package_with_several_versions_keeps_the_conditions() -> None:
    packages = [{"name": "scipy", "version": "1"}, {"name": "scipy", "version": "2"}, {"name": "six", "version": "1.17.0"}]
    exported = ["scipy==1 ; python_full_version < '3.12'", "scipy==2 ; python_full_version >= '3.12'", "six==1.17.0 ; 1"]
    assert LOCK.pins_of(packages, exported) == [*exported[:2], "six==1.17.0"]


@pytest.mark.slow
@pytest.mark.parametrize("is_tampered", [False, True])
def test_uv_run_refuses_a_file_with_another_hash(tmp_path: Path, is_tampered: bool) -> None:
    """The keys are those of our own pyproject.toml, of which one hash is changed: the README's command would say the same."""
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    if not Path(uv).exists():
        pytest.skip("uv is not installed here")
    lists = _lists()
    (entry,) = (entry for entry in lists["build-constraint-dependencies"] if entry["requirement"].startswith("six=="))
    hashes = ["sha256:" + "0" * 64] if is_tampered else entry["hashes"]
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "clone"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["six"]\n\n[tool.uv]\n'
        f'required-version = "{lists["required-version"]}"\nconstraint-dependencies = ["{entry["requirement"]}"]\n'
        f'build-constraint-dependencies = [{{ requirement = "{entry["requirement"]}", hashes = {hashes} }}]\n',
        encoding="utf-8",
    )
    command = [uv, "run", "--python", sys.executable, "python", "-c", "import six; print('ran')"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    if is_tampered:
        assert "no overlapping hashes between the requirements and constraints for: six" in " ".join(done.stderr.split())
        assert not list(tmp_path.rglob("six.py"))
    assert (done.returncode, done.stdout.strip()) == ((2, "") if is_tampered else (0, "ran")), done.stderr


def test_findings_of_a_report_are_lines() -> None:
    report = (
        '{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]},'
        ' {"id": "CVE-2", "fix_versions": []}]}, {"name": "b", "version": "2", "vulns": []}, {"name": "c", "skip_reason": "x"}]}'
    )
    assert VULNERABILITIES.vulnerabilities(report) == [
        "a 1: CVE-1, fixed in 2",
        "a 1: CVE-2, fixed in no version yet",
    ]
    assert "six==1.17.0" in VULNERABILITIES.pinned_requirements().splitlines()
