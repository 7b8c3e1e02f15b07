"""What an installed Wavehouse brings along: a licence that passes on to what uses it, and one that nobody names, are refused."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parents[1] / ".ci" / "licences.py"


@pytest.fixture
def licences() -> ModuleType:
    spec = importlib.util.spec_from_file_location("licences", FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Installs a package that is nothing but its metadata."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name: str, *lines: str) -> None:
        folder = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        folder.mkdir()
        text = "\n".join(["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *lines])
        (folder / "METADATA").write_text(text + "\n", encoding="utf-8")

    return install


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("MIT", "MIT"),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", "MPL-2.0"),
        ("MIT OR GPL-3.0-only", "MIT"),
        ("(MIT AND GPL-3.0-only) OR AGPL-3.0-only", "GPL"),
        ("MIT AND LicenseRef-House", ""),
        ("GNU Lesser General Public License v3 (LGPLv3)", "LGPL"),
        ("GNU Affero General Public License v3", "AGPL"),
        ("GPLv2+", "GPL"),
        ("Proprietary", ""),
    ],
)
def test_a_licence_in_short(licences: ModuleType, text: str, licence: str) -> None:
    assert licences.short_licence(text) == licence


def test_everything_that_is_installed_with_it_may_be(licences: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert licences.main() == 0
    printed = capsys.readouterr().out
    assert {"duckdb", "dagster", "scipy", "adbc-driver-postgresql"} <= {line.split()[0] for line in printed.splitlines()}
    assert not {"pytest", "ruff", "openpyxl"} & {line.split()[0] for line in printed.splitlines()}


def test_what_may_not_be_brought_along_is_refused_however_deep(
    licences: ModuleType,
    package: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package("house", "License: MIT", "Requires-Dist: between", 'Requires-Dist: tool ; extra == "dev"')
    package("between", "License: MIT", "Requires-Dist: deep-one[more]")
    package("deep-one", "License: LGPL-2.1", 'Requires-Dist: deepest ; extra == "more"', "Requires-Dist: silent")
    package("deepest", "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)")
    package("silent", "License: see the file")
    monkeypatch.setattr(licences, "ROOT", "house")
    monkeypatch.setattr(licences, "EXTRAS", ())
    assert licences.main() == 1
    printed = capsys.readouterr()
    assert printed.err == (
        "deepest: GPL\nsilent: no licence is named (see the file); read its files, and say it in .ci/licences.py\n"
    )
    assert printed.out.splitlines()[-1] == ("4 packages at run time; with conditions for changed files: deep-one (LGPL)")
