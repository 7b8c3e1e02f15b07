"""How much of each folder the tests run: `uv run pytest --cov=dagster_project --cov-report=json:FILE`, then this with FILE."""

import json
import sys
from collections import defaultdict
from pathlib import Path, PurePosixPath


def by_folder(report: Path) -> dict[str, tuple[int, int]]:
    """Lines that ran and lines that could, by folder of the package."""
    lines: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, file in json.loads(report.read_text(encoding="utf-8"))["files"].items():
        folder = PurePosixPath(Path(name).as_posix()).parent.as_posix()
        lines[folder][0] += file["summary"]["covered_lines"]
        lines[folder][1] += file["summary"]["num_statements"]
    return {folder: (n_run, n_lines) for folder, (n_run, n_lines) in sorted(lines.items())}


if __name__ == "__main__":
    for folder, (n_run, n_lines) in by_folder(Path(sys.argv[1])).items():
        print(f"{folder:<45} {n_run:>6} of {n_lines:>6} lines  {100 * n_run / n_lines if n_lines else 100:5.1f} %")
