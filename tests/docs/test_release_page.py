"""The code on the page about reading the release runs as it stands, in each language, on a release."""

import contextlib
import csv
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.slow
_PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "read-the-release.md"
_SCORES = "select * from marts.scale_scores"


def _blocks(language: str) -> list[str]:
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", _PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    return blocks


@pytest.fixture(scope="module")
def site(small_run: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data/walking and its release, as somebody who follows the page has it."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(small_run[0].study_folder / "release", folder / "data" / "walking" / "release")
    return folder


def test_the_sql_runs(site: Path, small_run: Any) -> None:
    attaching, exporting = _blocks("sql")
    with contextlib.chdir(site), duckdb.connect() as connection:
        rows = [
            connection.execute(statement).fetchall()
            for statement in (*attaching.split(";"), *exporting.split(";"))
            if statement.strip()
        ]
    assert all(rows[2:-1]) and rows[-1] == [(len(small_run[0].released(_SCORES)),)]
    assert (site / "scores.csv").is_file()


def test_python_runs(site: Path, small_run: Any) -> None:
    (code,) = _blocks("python")
    names: dict[str, Any] = {}
    with contextlib.chdir(site):
        exec(compile(code, str(_PAGE), "exec"), names)
    names["release"].close()
    assert len(names["scores"]) == len(small_run[0].released(_SCORES)) > 0


def _run_r(code: str, site: Path) -> str:
    """What R prints. Skips, by name, where R or a package that the code loads is not on this machine."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not on this machine")
    for package in re.findall(r"library\((\w+)\)", code):
        check = ["Rscript", "-e", f'stopifnot(requireNamespace("{package}", quietly = TRUE))']
        if subprocess.run(check, capture_output=True, check=False).returncode:
            pytest.skip(f"R's package {package} is not on this machine")
    process = subprocess.run(["Rscript", "-e", code], cwd=site, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_r_reads_the_file(site: Path, small_run: Any) -> None:
    code = next(code for code in _blocks("r") if "library(duckdb)" in code)
    assert _run_r(f"{code}\ncat(nrow(scores))", site) == str(len(small_run[0].released(_SCORES)))


def test_r_reads_the_tables_without_a_package(site: Path) -> None:
    code = next(code for code in _blocks("r") if "library(" not in code)
    printed = _run_r(f"{code}\nwrite.table(change, col.names = FALSE, row.names = FALSE, sep = '|', na = '')", site)
    (file,) = (site / "data" / "walking" / "release" / "tables").glob("table_?_change.csv")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        _, *rows = csv.reader(lines)
    texts = [[text.strip('"') for text in line.split("|")] for line in printed.splitlines()]
    assert len(texts) == len(rows) > 0 and [text[:2] for text in texts] == [row[:2] for row in rows]
