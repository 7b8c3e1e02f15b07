"""A manuscript is filled in by a process of its own: a template can go on without end, or fill the memory.

Belongs here: that process, its time and its memory. Does not belong here: filling in (manuscript.py).
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict

from dagster_project.languages import spoken
from dagster_project.manuscript import ManuscriptError, PrintedResult, fill_in
from dagster_project.readable_files import beyond, most_of


def fill_in_apart(text: str, name: str, results: Mapping[str, PrintedResult], release: str, language: str) -> str:
    """The text with its numbers in a language, as `fill_in` writes it. Raises ManuscriptError as it does, and for a template
    that takes more time or memory than their limits."""
    question = {
        "text": text, "name": name, "results": [asdict(result) for result in results.values()], "release": release,
        "language": language, "memory": most_of("manuscript_memory"),
    }  # fmt: skip
    try:
        process = subprocess.run(
            [sys.executable, "-m", "dagster_project.manuscript_process"],
            input=json.dumps(question).encode(), capture_output=True, timeout=most_of("manuscript_seconds"), check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ManuscriptError(f"{name}: filling it in takes {beyond('manuscript_seconds')}; or look for a loop") from None
    try:
        answer: dict[str, str] = json.loads(process.stdout)
    except ValueError:  # it died
        raise ManuscriptError(f"{name}: filling it in takes {beyond('manuscript_memory')}; or look for a loop") from None
    if "fault" in answer:
        raise ManuscriptError.of_another_process(answer["fault"])
    return answer["text"]


def _answer(question: dict[str, str], results: Mapping[str, PrintedResult]) -> dict[str, str]:
    try:
        with spoken(question["language"]):
            return {"text": fill_in(question["text"], question["name"], results, question["release"])}
    except ManuscriptError as error:
        return {"fault": str(error)}


def main() -> None:
    """Read a question from standard input, and write its answer."""
    question = json.load(sys.stdin)
    with suppress(ImportError, ValueError, OSError):  # Windows has no limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (question["memory"], question["memory"]))
    results = {result["result_id"]: PrintedResult(**result) for result in question["results"]}
    json.dump(_answer(question, results), sys.stdout)


if __name__ == "__main__":
    main()
