"""Paths and names from the environment, in one frozen dataclass.

Belongs here: where things lie on this machine, and whose they are. Does not belong here: what a study says (study/), the key
of the pseudonyms (keys/), reading any other file.
"""

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.keys import KEY_FILE, KeySources, PseudonymKey, SettingsError, find_key
from dagster_project.lake_address import LakeAddress, LakeAddressError, read_lake_address, read_target
from dagster_project.places import DBT_PROJECT, EXAMPLE, IS_CLONE, PACKAGE, STUDY_FILE, home_beside, studies_of, workspace

#: The study that is meant where nobody names one, if there is none or it is among several of a clone: the example.
EXAMPLE_NAME = EXAMPLE.name
#: In a study's home: the path of the study folder that the home belongs to, as seen from the folder of all homes.
OWNER = "study.path"
#: In a study's home: what an erasure has prepared and not yet carried out (erasure/).
PENDING_ERASURE = "erasure.pending"


@dataclass(frozen=True)
class Settings:
    """Where this run reads and writes. Every folder but the study's own may be missing until it is needed."""

    study_folder: Path
    home: Path
    dagster_home: Path
    pseudonym_key: str | None = field(repr=False)
    watch: bool = False
    notify: str = ""
    smtp: str = "localhost"
    user: str = ""
    #: The address of Dagster's history where it lies in PostgreSQL (dagster_home/history_place.py); it holds a password.
    history: str = field(default="", repr=False)
    #: How the study is called in assets, jobs and pools where one Dagster serves several studies (studies.py); else empty.
    prefix: str = ""
    package_folder: Path = PACKAGE
    dbt_folder: Path = DBT_PROJECT
    target: str = "file"
    lake: LakeAddress | None = None

    def environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """An environment for a child process that reads these settings from it; the rest stays as in `environment`."""
        return {
            **environment,
            "DAGSTER_HOME": str(self.dagster_home),
            "WAVEHOUSE_STUDY": str(self.study_folder),
            "WAVEHOUSE_HOME": str(self.home),
            "WAVEHOUSE_WATCH": "1" if self.watch else "",
            "WAVEHOUSE_USER": self.user,
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
    def written_folders(self) -> tuple[Path, ...]:
        """Where a run and other commands write; parts of a study may lie on disks of their own. Libraries write in the
        system's folder for temporary files, too, of which Python tells only where something can be written there."""
        of_study = (self.study_folder / name for name in ("landing", "releases", "public_releases"))
        temporary = Path(os.environ.get("TMPDIR") or "/tmp")
        return self.study_folder, *of_study, self.home, self.dagster_home, temporary

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

    def study_key(self) -> PseudonymKey:
        """The key of the pseudonyms: WAVEHOUSE_PSEUDONYM_KEY, or one made once and kept outside the repository's files.

        Raises SettingsError when the newest release was made with another key, or when its key is gone: everybody would
        get a new pseudonym. A new key is made only where nothing has been released.
        """
        return find_key(self.key_sources)

    @property
    def key_sources(self) -> KeySources:
        """Where the key may come from."""
        return KeySources(self.study_folder, self.home, self.study_home, self.pseudonym_key)

    def key(self) -> bytes:
        """What pseudonyms are made with; see `study_key`."""
        return self.study_key().derived


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
            _write_owner(owner, path)
        recorded = owner.read_text(encoding="utf-8", errors="surrogateescape")
        if not recorded:  # the disk was full when somebody began to write it
            owner.unlink()
            _write_owner(owner, path)
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


def _write_owner(owner: Path, path: str) -> None:
    """Write whose a home is, whole or not at all, unless somebody else has."""
    partial = owner.with_name(f"{owner.name}.{os.getpid()}")
    try:
        partial.write_text(path, encoding="utf-8", errors="surrogateescape")
        with suppress(FileExistsError):
            try:
                os.link(partial, owner)
            except FileExistsError:
                raise
            except OSError:  # a file system without links
                with owner.open("x", encoding="utf-8", errors="surrogateescape") as file:
                    file.write(path)
    finally:
        partial.unlink(missing_ok=True)


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment.

    WAVEHOUSE_STUDY: a study below data/, or a folder anywhere; without it the study whose folder one is in, the only one
    below data/, or the example. WAVEHOUSE_HOME, DAGSTER_HOME: where files of runs go.
    WAVEHOUSE_PSEUDONYM_KEY: the key of the pseudonyms. WAVEHOUSE_WATCH: not empty or 0 lets runs start themselves.
    WAVEHOUSE_USER: who one is in the audit trail, beside the operating system's user.
    WAVEHOUSE_TARGET: `lake` publishes each release to the lake that WAVEHOUSE_LAKE_CATALOG and its neighbours name
    (lake_address.py).
    WAVEHOUSE_HISTORY: the address of PostgreSQL, if Dagster's history is to lie there.
    WAVEHOUSE_NOTIFY: a chat's webhook or mailto:address that is told of failed runs, by way of WAVEHOUSE_SMTP.
    """
    study_folder = _study_folder(environment.get("WAVEHOUSE_STUDY") or "")
    target, lake = _lake(environment)
    home = Path(environment.get("WAVEHOUSE_HOME") or home_beside(study_folder)).resolve()
    return Settings(
        study_folder=study_folder,
        home=home,
        dagster_home=Path(environment.get("DAGSTER_HOME") or home / "dagster").resolve(),
        pseudonym_key=environment.get("WAVEHOUSE_PSEUDONYM_KEY") or None,
        watch=environment.get("WAVEHOUSE_WATCH", "") not in ("", "0"),
        notify=environment.get("WAVEHOUSE_NOTIFY", ""),
        smtp=environment.get("WAVEHOUSE_SMTP") or "localhost",
        user=environment.get("WAVEHOUSE_USER", ""),
        target=target,
        lake=lake,
        history=environment.get("WAVEHOUSE_HISTORY", "").strip(),
    )


def _lake(environment: Mapping[str, str]) -> tuple[str, LakeAddress | None]:
    """The target, and the lake. Raises SettingsError where they are not clear, or the target is a lake and none is named."""
    try:
        target, lake = read_target(environment), read_lake_address(environment)
    except LakeAddressError as error:
        raise SettingsError(str(error)) from None
    if target == "lake" and lake is None:
        raise SettingsError(
            "WAVEHOUSE_TARGET: is lake, and no lake is named; set WAVEHOUSE_LAKE_CATALOG and WAVEHOUSE_LAKE_DATA"
        )
    return target, lake


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
