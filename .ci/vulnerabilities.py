"""Known vulnerabilities of everything that is pinned; fails on one.

    uv run --isolated --only-group audit python .ci/vulnerabilities.py

Belongs here: asking pip-audit, and what is done where its service cannot be reached: that is said, and nothing fails.
Does not belong here: which versions are pinned (lock.py). Tools of development are asked about as well, since they run here.
Exit code 1: a vulnerability is known. What to do then: `uv run python .ci/lock.py --upgrade`; where there is no newer
version, or it does not concern us, its number with the reason in _ACCEPTED.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Numbers of vulnerabilities that do not concern us, and why not.
_ACCEPTED: dict[str, str] = {}
#: How pip-audit says that nobody answers.
_UNREACHABLE = ("ConnectionError", "Max retries exceeded", "Failed to establish", "timed out", "ServiceError", "HTTPError")
_COMMAND = ("-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner=off", "--timeout=10", "--format=json")
_KNOWN_TO_BE_VULNERABLE = "jinja2==2.10\n"


def pinned_requirements(project: Path = ROOT / "pyproject.toml") -> str:
    """What is pinned, as a requirements file; of several versions the one whose condition holds on this Python counts."""
    pins = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["uv"]["constraint-dependencies"]
    return "\n".join(pins) + "\n"


def vulnerabilities(report: str) -> list[str]:
    """The findings of a report of pip-audit, a line each, but for those that are accepted."""
    return [
        f"{package['name']} {package['version']}: {finding['id']}, fixed in {_fixes(finding['fix_versions'])}"
        for package in json.loads(report)["dependencies"]
        for finding in package.get("vulns", [])
        if finding["id"] not in _ACCEPTED
    ]


def _fixes(versions: list[str]) -> str:
    return ", ".join(versions) or "no version yet"


def report_of(requirements_text: str, service: str) -> str:
    """What pip-audit reports of these requirements. ConnectionError: nobody answers; SystemExit: it fails."""
    with tempfile.TemporaryDirectory() as name:
        requirements, report = Path(name) / "requirements.txt", Path(name) / "report.json"
        requirements.write_text(requirements_text, encoding="utf-8")
        arguments = ["--vulnerability-service", service, "--output", str(report), "--requirement", str(requirements)]
        command = [sys.executable, *_COMMAND, *arguments]
        errors = subprocess.run(command, capture_output=True, text=True, check=False).stderr
        if report.exists() and (text := report.read_text(encoding="utf-8")):
            return text
    if any(sign in errors for sign in _UNREACHABLE):
        raise ConnectionError(service)
    raise SystemExit(f"known vulnerabilities: pip-audit failed: {(errors.strip() or 'nothing said').splitlines()[-1]}")


def knowing_service() -> str | None:
    """The first service that knows what is known of an old version: a mirror of the index may answer and know nothing."""
    for service in ("pypi", "osv"):
        with suppress(ConnectionError):
            if vulnerabilities(report_of(_KNOWN_TO_BE_VULNERABLE, service)):
                return service
    return None


def main() -> int:
    service = knowing_service()
    if service is None:
        print("known vulnerabilities: NOT CHECKED: no service that knows them can be reached from here")
        return 0
    text = report_of(pinned_requirements(), service)
    findings, count = vulnerabilities(text), len(json.loads(text)["dependencies"])
    print(*findings or [f"no vulnerability is known of the {count} packages that are pinned"], sep="\n")
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
