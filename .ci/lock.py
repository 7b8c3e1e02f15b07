"""Pins and hashes of everything that is installed, kept in pyproject.toml, without addresses.

    uv run python .ci/lock.py              writes both from what uv resolves now
    uv run python .ci/lock.py --upgrade    the same with the newest versions that the bounds allow: all at once
    uv run python .ci/lock.py --check      names what has no pin, or no hash in common with its index; changes nothing

Belongs here: the two lists under [tool.uv] in pyproject.toml. Does not belong here: the bounds, which stand with their
reasons under [project] and [dependency-groups], and are what an installed wheel asks for.

uv.lock holds addresses, so it is made anew on each machine. What makes two installs alike are the lists: `uv run` resolves
to the versions of constraint-dependencies, and refuses, before anything is unpacked, a file whose hash is not in
build-constraint-dependencies. uv reads hashes there since 0.13 (required-version), for what is built with and, of the same
name and version, for what is installed; tests/test_locked_versions.py proves it with a wrong one.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
_PINS, _HASHES = "constraint-dependencies", "build-constraint-dependencies"
#: Of the files of a release, those for a promised system: CPython, its stable ABI and pure Python; Linux, macOS, Windows.
_PYTHONS = re.compile(r"cp3(1[1-4])|abi3|py3|py2\.py3")
_PLATFORMS = re.compile(r"any$|(manylinux|musllinux).*_(x86_64|aarch64)$|macosx|win_amd64$|win_arm64$")
_ABIS = re.compile(r"cp3\d+$|abi3$|none$")
_WHEEL_NAME = re.compile(r"-(?P<python>[^-]+)-(?P<abi>[^-]+)-(?P<platform>[^-]+)\.whl$")


def lock_packages(lock: Path) -> list[Mapping[str, object]]:
    """The packages of a uv.lock that come from an index."""
    with lock.open("rb") as stream:
        content = tomllib.load(stream)
    return [package for package in content["package"] if "registry" in package["source"]]


def is_for_promised_system(file_name: str) -> bool:
    """Whether a wheel is for a Python and a system that this project promises; a source archive is for all."""
    match = _WHEEL_NAME.search(file_name)
    if match is None:
        return True
    pythons, abis, platforms = (match[part].split(".") for part in ("python", "abi", "platform"))
    return any(map(_PYTHONS.match, pythons)) and any(map(_ABIS.match, abis)) and any(map(_PLATFORMS.search, platforms))


def hashes_of(package: Mapping[str, object]) -> dict[str, str]:
    """The hashes of a package's files, by file name; of wheels those for promised systems."""
    wheels = package.get("wheels", [])
    archives = [package["sdist"]] if "sdist" in package else []
    assert isinstance(wheels, list)
    files = {str(file["url"]).rpartition("/")[2]: str(file["hash"]) for file in (*wheels, *archives) if "hash" in file}
    return {name: digest for name, digest in sorted(files.items()) if is_for_promised_system(name)}


def exported_pins(folder: Path) -> list[str]:
    """Each version with the condition under which it is installed, as uv exports them."""
    command = [
        "uv",
        "export",
        "--quiet",
        "--frozen",
        "--all-extras",
        "--all-groups",
        "--no-hashes",
        "--no-annotate",
        "--no-header",
    ]
    text = subprocess.run([*command, "--no-emit-project"], cwd=folder, check=True, capture_output=True, text=True).stdout
    return sorted(line.strip() for line in text.splitlines() if line.strip())


def pins_of(packages: Sequence[Mapping[str, object]], exported: Sequence[str]) -> list[str]:
    """A pin for each package: with a condition only where several versions are installed, each somewhere."""
    versions: dict[str, set[str]] = {}
    for package in packages:
        versions.setdefault(str(package["name"]), set()).add(str(package["version"]))
    pins = [f"{name}=={min(found)}" for name, found in versions.items() if len(found) == 1]
    for line in exported:
        name = re.split(r"[=\[ ;]", line, maxsplit=1)[0]
        if len(versions.get(name, ())) > 1:
            pins.append(line)
    return sorted(pins)


def with_lists(text: str, pins: Sequence[str], hashes: Mapping[str, Sequence[str]]) -> str:
    """pyproject.toml with these two lists in the place of those it has."""
    pin_lines = "".join(f"  {quoted(pin)},\n" for pin in pins)
    hash_lines = "".join(
        f"  {{ requirement = {quoted(pin)}, hashes = [{', '.join(map(quoted, digests))}] }},\n"
        for pin, digests in hashes.items()
    )
    for key, lines in ((_PINS, pin_lines), (_HASHES, hash_lines)):
        text, count = re.subn(
            rf"^{key} = \[\n.*?^\]\n", lambda _, key=key, lines=lines: f"{key} = [\n{lines}]\n", text, flags=re.S | re.M
        )
        if count != 1:
            raise SystemExit(
                f"pyproject.toml: {key} is there {count} times, and must be once, its brackets on lines of their own"
            )
    return text


def quoted(text: str) -> str:
    return '"' + text.replace('"', "'") + '"'


def resolve(text: str, arguments: Sequence[str] = ()) -> tuple[list[Mapping[str, object]], list[str]]:
    """What uv makes of a pyproject.toml: the packages, and the pins as it exports them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pyproject.toml").write_text(text, encoding="utf-8")
        for file in ("README.md", "LICENSE"):
            shutil.copy(ROOT / file, folder / file)
        if subprocess.run(["uv", "lock", "--quiet", *arguments], cwd=folder, check=False).returncode:
            raise SystemExit("uv could not resolve the dependencies; see above")
        return lock_packages(folder / "uv.lock"), exported_pins(folder)


def written(text: str, arguments: Sequence[str] = ()) -> str:
    """pyproject.toml with the pins and hashes of what uv makes of it."""
    packages, exported = resolve(text, arguments)
    hashes = {f"{package['name']}=={package['version']}": sorted(set(hashes_of(package).values())) for package in packages}
    return with_lists(text, pins_of(packages, exported), dict(sorted(hashes.items())))


def faults(text: str, packages: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """What is resolved and not pinned, or has no hash in common with its index."""
    lists = tomllib.loads(text)["tool"]["uv"]
    pins = {re.split(r"[ ;]", pin, maxsplit=1)[0] for pin in lists[_PINS]}
    hashes = {entry["requirement"]: set(entry["hashes"]) for entry in lists[_HASHES]}
    for package in packages:
        pin = f"{package['name']}=={package['version']}"
        if pin not in pins:
            yield f"{pin} is not pinned"
        if pin not in hashes:
            yield f"{pin} has no hash"
        elif not hashes[pin] & set(hashes_of(package).values()):
            yield f"{pin}: none of its files has a hash that is known here; do not install it before you know why"


def installer_lines(text: str) -> str:
    """uv itself as pip reads it, with its hashes: what CI installs everything with."""
    entries = tomllib.loads(text)["tool"]["uv"][_HASHES]
    entry = next(entry for entry in entries if entry["requirement"].startswith("uv=="))
    lines = [entry["requirement"], *(f"    --hash={digest}" for digest in entry["hashes"])]
    return "# Written by .ci/lock.py.\n" + " \\\n".join(lines) + "\n"


def write_documentation_lock(arguments: Sequence[str]) -> None:
    """.ci/docs.txt from .ci/docs.in: what builds the documentation cannot share an environment with the rest."""
    command = [
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-header",
        "--no-annotate",
    ]
    with tempfile.TemporaryDirectory() as name:  # out of reach of the pins of everything else
        for file in (ROOT / ".ci").glob("docs.[it][nx]*"):
            shutil.copy(file, name)
        subprocess.run([*command, "--python-version", "3.11", *arguments, "docs.in", "-o", "docs.txt"], cwd=name, check=True)
        shutil.copy(Path(name) / "docs.txt", ROOT / ".ci" / "docs.txt")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that the bounds allow")
    parser.add_argument("--check", action="store_true", help="say what is not pinned or has no hash, and change nothing")
    options = parser.parse_args()
    file = ROOT / "pyproject.toml"
    text = file.read_text(encoding="utf-8")
    if options.check:
        packages, _ = resolve(text)
        lines = list(faults(text, packages))
        print(*lines or [f"{len(packages)} packages, each with its version and its hashes"], sep="\n")
        if lines:
            print("write them: uv run python .ci/lock.py", file=sys.stderr)
        return 1 if lines else 0
    start = with_lists(text, [], {}) if options.upgrade else with_lists(text, tomllib.loads(text)["tool"]["uv"][_PINS], {})
    new = written(start, ["--upgrade"] if options.upgrade else [])
    file.write_text(new, encoding="utf-8")
    (ROOT / ".ci" / "uv.txt").write_text(installer_lines(new), encoding="utf-8")
    write_documentation_lock(["--upgrade"] if options.upgrade else [])
    former, current = (set(tomllib.loads(content)["tool"]["uv"][_PINS]) for content in (text, new))
    print(*(f"- {pin}" for pin in sorted(former - current)), *(f"+ {pin}" for pin in sorted(current - former)), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
