"""The auditor as a distribution of its own: what it asks for is enough, and it brings along nothing else."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from paper import made_papers

pytestmark = pytest.mark.slow
_CLONE = Path(__file__).parents[1]
_PROJECT = _CLONE / "packaging" / "wavehouse-audit"
_HEAVY = ("dagster", "dbt", "pandas", "matplotlib", "duckdb", "pyarrow")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the content of the wheel and of the distributions that it asks for, and nothing else."""
    folder = tmp_path_factory.mktemp("alone")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=_PROJECT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(folder / "site")
    (metadata,) = (folder / "site").glob("*.dist-info/METADATA")
    wanted = re.findall(r"^Requires-Dist: ([\w.-]+)", metadata.read_text(encoding="utf-8"), re.MULTILINE)
    linked: set[str] = set()
    while wanted:
        name = re.sub(r"[-_.]+", "-", wanted.pop()).lower()
        if name in linked:
            continue
        linked.add(name)
        distribution = importlib.metadata.distribution(name)
        wanted += [re.split(r"[^\w.-]", text)[0] for text in distribution.requires or () if "extra ==" not in text]
        for top in {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}:
            if not (folder / "site" / top).exists():
                (folder / "site" / top).symlink_to(Path(str(distribution.locate_file(top))))
    return folder / "site"


@pytest.fixture
def alone(site: Path, tmp_path: Path) -> Any:
    """Runs Python with the folder alone: without the site-packages of this environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WAVEHOUSE_", "PYTHON"))}

    def run(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-S", *arguments],
            cwd=tmp_path, env=kept | {"PYTHONPATH": str(site)}, input=text, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_it_installs_without_the_graph_and_the_database(site: Path) -> None:
    assert not [name for name in (*_HEAVY, "wavehouse", "dagster_project") if (site / name).exists()]
    assert (site / "wavehouse_audit" / "parts" / "instruments" / "wemwbs.yaml").is_file()


def test_it_audits_documents_workbooks_and_pasted_text(alone: Any, tmp_path: Path) -> None:
    (tmp_path / "paper.docx").write_bytes(made_papers.document())
    (tmp_path / "results.xlsx").write_bytes(made_papers.workbook())
    (tmp_path / "page.html").write_text(made_papers.page(smokers="12 (33.0)"), encoding="utf-8")
    for file, code, tables in (("paper.docx", 0, 3), ("results.xlsx", 0, 1), ("page.html", 1, 3)):
        done = alone("-m", "wavehouse_audit", file)
        assert (done.returncode, done.stderr) == (code, "")
        assert done.stdout.splitlines()[0] == f"{tables} table{'' if tables == 1 else 's'}"
    done = alone("-m", "wavehouse_audit", "-", "--instruments", "library:wemwbs", text=made_papers.PASTED)
    assert done.returncode == 0
    assert "no row of the table is about 'Mental well-being (WEMWBS)'" in done.stderr
    done = alone("-m", "wavehouse_audit", "none.csv")
    assert (done.returncode, done.stderr) == (2, "wavehouse-audit: none.csv: there is no such file; check the path\n")


def test_from_python_it_gives_findings_and_imports_little(alone: Any, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(made_papers.page(smokers="12 (33.0)"), encoding="utf-8")
    code = (
        "import sys, wavehouse_audit\n"
        "findings = wavehouse_audit.audit('page.html')\n"
        "print([(finding.severity, finding.value.label, finding.value.printed) for finding in findings][:1])\n"
        "print(findings.questions)\n"
        f"print([name for name in {(*_HEAVY, 'pydantic', 'docx')!r} if name in sys.modules])\n"
        "print(len(wavehouse_audit.audit('A\\tM\\nB\\t1.5\\n')))"
    )
    done = alone("-c", code)
    assert done.stdout.splitlines() == [
        "[('inconsistent', 'Smoker', '33.0')]",
        "[\"table 3, row 4 'Men', column 4 'Adjusted OR (95% CI)': 'see text': 'see text' holds no number\"]",
        "[]",
        "0",
    ], done.stderr


def test_its_version_and_bounds_are_those_of_the_repository() -> None:
    whole = tomllib.loads((_CLONE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    own = tomllib.loads((_PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (own["version"], own["license"], own["requires-python"]) == (
        whole["version"],
        whole["license"],
        whole["requires-python"],
    )
    # SciPy's pins are of the whole, by Python's version; a bound that holds both is enough here.
    assert {text for text in own["dependencies"] if not text.startswith("scipy")} <= set(whole["dependencies"])


def test_the_whole_gives_the_same_from_python(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(made_papers.page(smokers="12 (33.0)"), encoding="utf-8")
    code = (
        "import sys, wavehouse\n"
        f"findings = wavehouse.audit({str(page)!r})\n"
        "print(findings[0].value.printed, len(findings.preview.splitlines()))\n"
        "print([name for name in ('dagster', 'dbt', 'pandas', 'matplotlib', 'duckdb') if name in sys.modules])"
    )
    environment = os.environ | {"PYTHONPATH": str(_CLONE)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["33.0 53", "[]"]
