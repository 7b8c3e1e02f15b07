"""Notebooks of the documentation are executed by a kernel on the released example, and lie in the repository without what they
print."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

_ROOT = Path(__file__).parents[2]
_NOTEBOOKS = sorted((_ROOT / "docs" / "notebooks").glob("*.ipynb"))
_CHANGE = """
    select first.score, second.score - first.score
    from marts.scale_scores as first inner join marts.scale_scores as second using (participant_id, scale)
    where scale = 'wellbeing' and first.wave = 'T1' and second.wave = 'T2' and second.score - first.score is not null
"""


@pytest.mark.parametrize("file", _NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_lies_without_what_it_prints(file: Path) -> None:
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code and all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert cells[0]["cell_type"] == "markdown" and cells[0]["source"][0].startswith("# ")


def test_every_notebook_is_named_on_the_page_about_data() -> None:
    page = (_ROOT / "docs" / "how-to" / "data.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\.\./notebooks/(\w+)\.ipynb", page)) == {file.stem for file in _NOTEBOOKS} != set()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # the kernel's own libraries about one another
def test_the_analysis_of_ones_own_gives_what_the_release_holds(
    example_run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbformat = pytest.importorskip("nbformat", reason="nbformat, which reads notebooks, is not on this machine")
    nbclient = pytest.importorskip("nbclient", reason="nbclient, which executes notebooks, is not on this machine")
    pytest.importorskip("ipykernel", reason="ipykernel, which executes notebooks, is not on this machine")
    shutil.copytree(example_run[0].study_folder / "release", tmp_path / "data" / "peer_workers" / "release")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))))
    notebook = nbformat.read(_ROOT / "docs" / "notebooks" / "regression_to_the_mean.ipynb", 4)
    client = nbclient.NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}, timeout=120
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    printed = "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")
    rows = np.array([tuple(row.values()) for row in example_run[0].released(_CHANGE)], dtype=float)
    baseline, change = rows.T
    slopes = [np.polyfit(x, change, 1)[0] for x in (baseline, baseline + change / 2)]
    assert re.findall(r"^by \w+ *: ([+-][\d.]+) points", printed, re.MULTILINE) == [f"{slope:+.2f}" for slope in slopes]
    assert f"change/wellbeing/T1-T2/mean_change: {-change.mean():.2f}" in printed
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output for output in outputs if output.output_type == "error"]
