"""Paths and names from the environment, in one frozen dataclass.

Belongs here: where things lie on this machine, whose they are, and the key of the pseudonyms. Does not belong here: what
a study says (study/), reading any other file.
"""

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dagster_project.places import DBT_PROJECT, EXAMPLE, IS_CLONE, PACKAGE, STUDY_FILE, home_beside, studies_of, workspace

#: The study that is meant where nobody names one, if there is none or it is among several of a clone: the example.
EXAMPLE_NAME = EXAMPLE.name
#: In a study's home: the path of the study folder that the home belongs to, as seen from the folder of all homes.
OWNER = "study.path"
KEY_FILE = "pseudonym.key"
#: In a study's home: what an erasure has prepared and not yet carried out (erasure/).
PENDING_ERASURE = "erasure.pending"
#: What the key's check value is a hash of: no respondent's identifier holds a NUL.
_CHECKED = b"wavehouse\0check of the key"


class SettingsError(ValueError):
    """Something around a study that a run cannot go on with. The message is one line with the cure."""


@dataclass(frozen=True)
class Settings:
    """Where this run reads and writes. Every folder but the study's own may be missing until it is needed."""

    study_folder: Path
    home: Path
    dagster_home: Path
    pseudonym_key: str | None
    watch: bool = False
    notify: str = ""
    smtp: str = "localhost"
    package_folder: Path = PACKAGE
    dbt_folder: Path = DBT_PROJECT

    def environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """An environment for a child process that reads these settings from it; the rest stays as in `environment`."""
        return {
            **environment,
            "DAGSTER_HOME": str(self.dagster_home),
            "WAVEHOUSE_STUDY": str(self.study_folder),
            "WAVEHOUSE_HOME": str(self.home),
            "WAVEHOUSE_WATCH": "1" if self.watch else "",
        }

    @property
    def study_home(self) -> Path:
        """The folder for what is made of this study and stays on this machine; see `home_of_study`."""
        return home_of_study(self.home, self.study_folder)

    @property
    def warehouse_file(self) -> Path:
        return self.study_home / "warehouse.duckdb"

    @property
    def landing(self) -> Path:
        return self.study_folder / "landing"

    @property
    def private_folders(self) -> tuple[Path, ...]:
        """The folders in which answers of people are kept, beside the exports."""
        return self.home, self.study_home, self.landing, self.study_folder / "releases"

    @property
    def lock_file(self) -> Path:
        """Whoever runs the study holds it (study_lock.py)."""
        return self.warehouse_file.with_name("run.lock")

    @property
    def error_folder(self) -> Path:
        """Whole texts of errors, which may quote answers (withholding.py)."""
        return self.study_home / "errors"

    @property
    def release_inputs_file(self) -> Path:
        """What the current release was made from (exports/arrivals.py)."""
        return self.warehouse_file.with_name("taken.json")

    @property
    def dbt_target(self) -> Path:
        """dbt's artifacts, apart for each study: dbt parses anew whenever the file it is pointed at changes."""
        return self.study_home / "dbt"

    @property
    def key_file(self) -> Path:
        """Where the key of the pseudonyms is kept when the environment does not give it."""
        return self.study_home / KEY_FILE

    def key(self) -> bytes:
        """The key of the pseudonyms: WAVEHOUSE_PSEUDONYM_KEY, or one made once and kept outside the repository's files.

        Raises SettingsError when the newest release was made with another key, or when its key is gone: everybody would
        get a new pseudonym. A new key is made only where nothing has been released.
        """
        file = self.key_file
        manifest = _newest_manifest(self.study_folder)
        if self.pseudonym_key:
            key = self.pseudonym_key.encode()
        else:
            if not file.exists():
                if manifest is not None:
                    raise SettingsError(f"{file}: the key of the pseudonyms is gone{self._cure(file, manifest)}")
                _make_key(file)
            try:
                key = file.read_bytes()
            except OSError as error:
                raise SettingsError(f"{file}: the key cannot be read ({error.strerror}); check the file") from None
            if not key.strip():
                raise SettingsError(
                    f"{file}: the key is empty; delete the file if nothing was released, else put the key back there"
                    if manifest is None
                    else f"{file}: the key of the pseudonyms is empty{self._cure(file, manifest)}"
                )
        if manifest is not None and manifest.get("key_check") not in (None, key_check(key)):
            source = "WAVEHOUSE_PSEUDONYM_KEY" if self.pseudonym_key else str(file)
            raise SettingsError(f"{source}: the key of the pseudonyms is another one{self._cure(file, manifest)}")
        return key

    def _cure(self, file: Path, manifest: Mapping[str, str]) -> str:
        """What another key than a release's would do, where its own may be, and how to start anew on purpose."""
        folder, check = self.study_folder, manifest.get("key_check")
        # Of a release from before check values nobody can tell which key was its own.
        keys = sorted(self.home.glob(f"*/{KEY_FILE}")) if check else []
        own_key_file = next((key for key in keys if key_check_of(key) == check), None)
        remedy = f"Put the key back at {file}, or set WAVEHOUSE_PSEUDONYM_KEY"
        if own_key_file == file:
            remedy = f"Unset WAVEHOUSE_PSEUDONYM_KEY: the key is in {file}"
        elif own_key_file is not None:  # of a study that was renamed, moved or copied
            remedy = f"Copy the key from {own_key_file} to {file}"
        return (
            f": everybody in release {manifest.get('release', '?')} would get a new pseudonym. {remedy};"
            f" to start anew, move {folder / 'release'} and {folder / 'releases'} away"
        )


def home_of_study(home: Path, study_folder: Path) -> Path:
    """The folder below `home` that belongs to a study folder, and to no other.

    It is called like the study folder, unless another study folder of that name has it: then 8 digits of a hash of the
    path are put behind. Whose a folder is stands in it, written when it is first asked for. The path is kept as seen from
    `home`, so that a checkout that is moved or copied with both finds its own again. A folder from before this was written
    down becomes that of the study that asks first.
    """
    study = Path(os.path.realpath(study_folder))
    try:
        path = Path(os.path.relpath(study, os.path.realpath(home))).as_posix()
    except ValueError:  # on another drive
        path = study.as_posix()
    digits = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
    # Cut, so that the name with the digits is one that file systems allow.
    name = study_folder.name
    candidates = [home / home_name for home_name in (name, f"{name[:40]}-{digits[:8]}", f"{name[:40]}-{digits}")]
    for candidate in candidates[:-1]:
        if _is_owned(candidate, path, home):
            return candidate
    return candidates[-1]


def _is_owned(candidate: Path, path: str, home: Path) -> bool:
    """Whether a home belongs to a study; it does from now on if it belonged to nobody."""
    owner = candidate / OWNER
    try:
        # Made, not replaced: of two studies that ask at the same time one gets it.
        if not owner.exists():
            candidate.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError), owner.open("x", encoding="utf-8", errors="surrogateescape") as file:
                file.write(path)
        recorded = owner.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        # A home that cannot be written is refused where something is written to it.
        return not owner.exists()
    if recorded == path:
        return True
    # The same folder under another name: another case of letters, a link, a mount.
    with suppress(OSError, ValueError):
        return bool(recorded) and os.path.samefile(os.path.join(home, recorded), os.path.join(home, path))
    return False


def key_check(key: bytes) -> str:
    """What tells one key from another without giving it away: 16 hex digits of an HMAC-SHA256 of a fixed text."""
    return hmac.new(key, _CHECKED, hashlib.sha256).hexdigest()[:16]


def key_check_of(file: Path) -> str | None:
    """The check value of a key file, None if it cannot be read."""
    try:
        return key_check(file.read_bytes())
    except OSError:
        return None


def _make_key(file: Path) -> None:
    """A new key, readable by its owner only. Of two runs that make one at the same time, both use the first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=file.parent, prefix=".key-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(32))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(partial, file)
        except FileExistsError:
            return
        except OSError:  # a file system without links
            os.replace(partial, file)
    finally:
        Path(partial).unlink(missing_ok=True)


def _newest_manifest(study_folder: Path) -> dict[str, str] | None:
    """The manifest of the current release, else of the newest that is kept; None where nothing has been released."""
    manifests = sorted(study_folder.glob("releases/[!.]*/manifest.json"), reverse=True)
    for file in (study_folder / "release" / "manifest.json", *manifests):
        with suppress(OSError, ValueError):
            content = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(content, dict):
                return content
    # A release whose manifest is damaged stands all the same.
    return {"release": manifests[0].parent.name} if manifests else None


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment.

    WAVEHOUSE_STUDY: a study below data/, or a folder anywhere; without it the study whose folder one is in, the only one
    below data/, or the example. WAVEHOUSE_HOME, DAGSTER_HOME: where files of runs go.
    WAVEHOUSE_PSEUDONYM_KEY: the key of the pseudonyms. WAVEHOUSE_WATCH: not empty or 0 lets runs start themselves.
    WAVEHOUSE_NOTIFY: a chat's webhook or mailto:address that is told of failed runs, by way of WAVEHOUSE_SMTP.
    """
    study_folder = _study_folder(environment.get("WAVEHOUSE_STUDY") or "")
    home = Path(environment.get("WAVEHOUSE_HOME") or home_beside(study_folder)).resolve()
    return Settings(
        study_folder=study_folder,
        home=home,
        dagster_home=Path(environment.get("DAGSTER_HOME") or home / "dagster").resolve(),
        pseudonym_key=environment.get("WAVEHOUSE_PSEUDONYM_KEY") or None,
        watch=environment.get("WAVEHOUSE_WATCH", "") not in ("", "0"),
        notify=environment.get("WAVEHOUSE_NOTIFY", ""),
        smtp=environment.get("WAVEHOUSE_SMTP") or "localhost",
    )


def _study_folder(name: str) -> Path:
    """The folder of a study by its name or path, or of the one that is meant where none is named.

    Raises SettingsError where several could be meant.
    """
    data_folder = workspace() / "data"
    if name:
        return data_folder / name if (data_folder / name).is_dir() else Path(name).resolve()
    folders = (Path.cwd(), *Path.cwd().parents)
    current_study = next((folder for folder in folders if (folder / STUDY_FILE).is_file()), None)
    if current_study is not None:
        return current_study
    studies = studies_of(workspace())
    if not IS_CLONE and len(studies) > 1:
        names = ", ".join(folder.name for folder in studies)
        raise SettingsError(f"{data_folder}: there are several studies ({names}); name one with --study or WAVEHOUSE_STUDY")
    return studies[0] if len(studies) == 1 else data_folder / EXAMPLE_NAME
