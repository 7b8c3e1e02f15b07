"""What `check` says of definitions that fit together, and of which nothing would come."""

import shutil
from pathlib import Path

from dagster_project.rehearsal.fit import check_study
from dagster_project.study import read_study

SMALL = Path(__file__).parents[1] / "small_study"


def test_an_instrument_that_no_export_asks_is_named(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SMALL, tmp_path / "small_study"))
    file = folder / "study.yaml"
    text = file.read_text(encoding="utf-8")
    message = "no export has a block of phq9, so it has no answers; add one under blocks of an export"
    assert [finding for finding in check_study(read_study(folder)) if finding.subject == "instruments"] == []
    file.write_text(text.replace("instruments: [mood, drive]", "instruments: [mood, drive, library:phq9]"), encoding="utf-8")
    warnings = [finding for finding in check_study(read_study(folder)) if finding.subject == "instruments"]
    assert [(finding.severity, finding.message) for finding in warnings] == [("warning", message)]
