"""Paths and names from the environment, in one frozen dataclass.

Belongs here: where things lie on this machine. Does not belong here: what a study says (study/), reading any file but
the pseudonym key.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: The checkout: the folder that holds this package, dbt/ and data/.
CHECKOUT = Path(__file__).resolve().parent.parent


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
    checkout: Path = CHECKOUT

    @property
    def warehouse_file(self) -> Path:
        return self.home / self.study_folder.name / "warehouse.duckdb"

    @property
    def landing(self) -> Path:
        return self.study_folder / "landing"

    @property
    def dbt_folder(self) -> Path:
        return self.checkout / "dbt"

    @property
    def dbt_target(self) -> Path:
        """dbt's artifacts, apart for each study: dbt parses anew whenever the file it is pointed at changes."""
        return self.home / self.study_folder.name / "dbt"

    @property
    def key_file(self) -> Path:
        """Where the key of the pseudonyms is kept when the environment does not give it."""
        return self.home / self.study_folder.name / "pseudonym.key"

    def key(self) -> bytes:
        """The key of the pseudonyms: WAVEHOUSE_PSEUDONYM_KEY, or one made once and kept outside the repository's files."""
        if self.pseudonym_key:
            return self.pseudonym_key.encode()
        file = self.key_file
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".partial")
            partial.write_text(secrets.token_hex(32), encoding="ascii")
            partial.chmod(0o600)
            partial.replace(file)
        return file.read_bytes()


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment.

    WAVEHOUSE_STUDY: a study below data/, or a folder anywhere. WAVEHOUSE_HOME, DAGSTER_HOME: where files of runs go.
    WAVEHOUSE_PSEUDONYM_KEY: the key of the pseudonyms. WAVEHOUSE_WATCH: not empty or 0 lets runs start themselves.
    WAVEHOUSE_NOTIFY: a chat's webhook or mailto:address that is told of failed runs, by way of WAVEHOUSE_SMTP.
    """
    home = Path(environment.get("WAVEHOUSE_HOME") or CHECKOUT / ".wavehouse").resolve()
    named = environment.get("WAVEHOUSE_STUDY") or "peer_workers"
    folder = CHECKOUT / "data" / named
    return Settings(
        study_folder=folder if folder.is_dir() else Path(named).resolve(),
        home=home,
        dagster_home=Path(environment.get("DAGSTER_HOME") or home / "dagster").resolve(),
        pseudonym_key=environment.get("WAVEHOUSE_PSEUDONYM_KEY") or None,
        watch=environment.get("WAVEHOUSE_WATCH", "") not in ("", "0"),
        notify=environment.get("WAVEHOUSE_NOTIFY", ""),
        smtp=environment.get("WAVEHOUSE_SMTP") or "localhost",
    )
