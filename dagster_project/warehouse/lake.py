"""A lake: a DuckLake for each study, whose catalogue is in PostgreSQL or in a file, and whose data are Parquet files.

Belongs here: DuckDB's extensions, attaching a study's lake, errors in one line without a secret. Does not belong here: what
is published (lake_releases.py), which study may publish there (release/).
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import duckdb

from dagster_project.lake_address import LakeAddress, PostgresAddress
from dagster_project.warehouse.working_file import Connection, WarehouseError, connection_settings, identifier, literal

#: The database name under which a lake is attached here.
LAKE_DATABASE = "lake"
#: What people install to have the extensions.
EXTRA = "pip install 'wavehouse[lake]'"
_LONGEST_NAME = 63  # of a schema of PostgreSQL
_CATALOG_SECRET, _STORE_SECRET = "lake_catalog", "lake_store"
_TO_BE_FILLED_IN = "…"

#: Errors that trying again does not change.
_FINAL = re.compile(
    r"password authentication failed|no pg_hba\.conf entry|role \S+ does not exist|database \S+ does not exist"
    r"|permission denied|Access ?Denied|InvalidAccessKeyId|SignatureDoesNotMatch|NoSuchBucket|HTTP 40[13]|403 \(?Forbidden"
    r"|could not translate host name|SSL was required|explicitly disabled|unsupported type",
    re.IGNORECASE,
)
_LOCKED = re.compile(r"Could not set lock on file|being used by another process")
_ABSENT = re.compile(r"creating a new DuckLake is explicitly disabled|Cannot open database .* in read-only mode")
#: What DuckDB puts before the words of PostgreSQL's client library.
_ATTACHING = re.compile(r"^.*(?=connection to server |could not translate host name )")
_OTHER_DATA = re.compile(r'does not match existing data path in the catalog "(?P<data>[^"]*)"')
_FULL = re.compile(r"No space left on device|disk is full", re.IGNORECASE)


class LakeError(WarehouseError):
    """The lake cannot be used. The message is one line, with how to fix it and without a secret.

    is_final: whether trying again would meet the same."""

    def __init__(self, message: str, *, is_final: bool = True) -> None:
        super().__init__(message)
        self.is_final = is_final


class NoLakeError(LakeError):
    """A study has nothing in the lake."""


@dataclass(frozen=True)
class Lake:
    """The lake of one study: a catalogue of its own, so that studies never wait for each other, and a folder of its own."""

    address: LakeAddress
    study: str
    #: `study` of what is published, `work` of the tables that releases are made from.
    kind: str = "study"

    @property
    def name(self) -> str:
        """The schema of PostgreSQL, or the name of the file, that holds the catalogue; also the folder of the data."""
        return catalog_name(self.study, self.kind)

    @property
    def file(self) -> Path | None:
        """The file of the catalogue; None where it is in PostgreSQL."""
        folder = self.address.catalog
        return None if isinstance(folder, PostgresAddress) else folder / f"{self.name}.ducklake"

    @property
    def data(self) -> str:
        """Where the study's Parquet files are: of no other study, so that what is left over can be told."""
        return f"{self.address.data}/{self.name}/"

    def __str__(self) -> str:
        return f"{self.name} in {self.address}"

    @contextmanager
    def connect(self, *, writes: bool = False, snapshot: int | None = None) -> Iterator[Connection]:
        """Attach the lake for one block, as the default database. writes: it is made where there is none, and nothing is
        tried again behind the caller's back. snapshot: as it was then.

        Raises NoLakeError where there is none to be read, and LakeError for whatever DuckDB, the catalogue or the store say.
        """
        # Several threads of one process would each open the catalogue of a file.
        threads = 1 if self.file is not None else min(os.cpu_count() or 1, 4)
        try:
            connection = duckdb.connect(config={**connection_settings(), "threads": threads})
            try:
                self.attach(connection, writes=writes, snapshot=snapshot)
                yield connection
            finally:
                connection.close()
        except duckdb.Error as error:
            raise self.error(str(error)) from None

    def attach(
        self, connection: Connection, *, writes: bool = False, snapshot: int | None = None, attempts: int = 0
    ) -> None:
        """Attach the lake to a connection. attempts: how many more a transaction that writes has by itself."""
        for extension in self._extensions():
            connection.execute(f"load {literal(str(extension_file(extension)))}")
        connection.execute(f"set ducklake_max_retry_count = {attempts if writes else 100}")
        options = {"data_inlining_row_limit": "0"}
        catalog = self.address.catalog
        if isinstance(catalog, PostgresAddress):
            _create_secret(connection, _CATALOG_SECRET, _postgres_secret(catalog))
            options |= {"metadata_schema": literal(self.name), "meta_secret": literal(_CATALOG_SECRET)}
            path = "ducklake:postgres:" + _dsn({"connect_timeout": "10"} | dict(catalog.parameters))
        else:
            assert self.file is not None
            path = f"ducklake:{self.file}"
            if writes:
                self.file.parent.mkdir(parents=True, exist_ok=True)
            elif not self.file.exists():
                raise NoLakeError(f"{self}: nothing of this study is published there; `wavehouse publish`")
        if self.address.is_on_objects:
            _create_secret(connection, _STORE_SECRET, self._store_secret())
        if writes:
            options |= {"data_path": literal(self.data)}
        words = [f"{name} {value}" for name, value in options.items()] + ([] if writes else ["read_only"])
        if snapshot is not None:
            words.append(f"snapshot_version {snapshot}")
        connection.execute(f"attach {literal(path)} as {LAKE_DATABASE} ({', '.join(words)})")
        connection.execute(f"use {LAKE_DATABASE}")
        if writes and not self.address.is_on_objects:
            Path(self.data).mkdir(parents=True, exist_ok=True)

    def client_sql(self) -> list[str]:
        """What any DuckDB client runs to read the lake, a statement each. Passwords and keys stand as …, to be filled in."""
        catalog, name = self.address.catalog, identifier(self.name)
        statements = [f"load {literal(str(extension_file(extension)))};" for extension in self._extensions()]
        options, path = ["read_only"], f"ducklake:{self.file}"
        if isinstance(catalog, PostgresAddress):
            secret = _words(_postgres_secret(replace(catalog, password=_TO_BE_FILLED_IN)))
            statements.append(f"create secret {_CATALOG_SECRET} ({secret});")
            path = "ducklake:postgres:" + _dsn(dict(catalog.parameters))
            options += [f"metadata_schema {literal(self.name)}", f"meta_secret {literal(_CATALOG_SECRET)}"]
        if self.address.is_on_objects:
            secret = _words(
                self._store_secret() | {"key_id": literal(_TO_BE_FILLED_IN), "secret": literal(_TO_BE_FILLED_IN)}
            )
            statements.append(f"create secret {_STORE_SECRET} ({secret});")
        return [*statements, f"attach {literal(path)} as {name} ({', '.join(options)});", f"use {name};"]

    def _extensions(self) -> list[str]:
        on_postgres = isinstance(self.address.catalog, PostgresAddress)
        return [
            *(["postgres_scanner"] if on_postgres else []),
            *(["httpfs"] if self.address.is_on_objects else []),
            "ducklake",
        ]

    def _store_secret(self) -> dict[str, str]:
        store = self.address.store
        options = {"type": "s3", "region": literal(store.region), "scope": literal(f"{self.address.data}/")}
        if store.endpoint:
            options |= {"endpoint": literal(store.endpoint), "url_style": "'path'", "use_ssl": str(store.uses_tls).lower()}
        if store.key_id:
            options |= {"key_id": literal(store.key_id), "secret": literal(store.secret)}
        return options

    def error(self, message: str) -> LakeError:
        """The error for what DuckDB says of a lake: one line, no secret."""
        lines = [line.strip() for line in message.splitlines() if line.strip()]
        line = self.address.without_secrets(_ATTACHING.sub("", (lines or ["no reason is given"])[0]))
        if _ABSENT.search(message):
            return NoLakeError(f"{self}: nothing of this study is published there; `wavehouse publish`")
        if _LOCKED.search(message):
            return LakeError(
                f"{self}: the catalogue is open in another program, and a catalogue in a file serves one at a time; close it"
                " there, or keep the catalogue in PostgreSQL",
                is_final=False,
            )
        if match := _OTHER_DATA.search(message):
            return LakeError(
                f"{self}: the catalogue has its data in {match['data']}; set WAVEHOUSE_LAKE_DATA to the folder above that"
            )
        if _FULL.search(message):
            return LakeError(f"{self}: cannot be written ({line}); free space, then publish again")
        return LakeError(
            f"{self}: cannot be used ({line}); check the variables WAVEHOUSE_LAKE_… and that the services run",
            is_final=bool(_FINAL.search(message)),
        )


def catalog_name(study: str, kind: str = "study") -> str:
    """The name of a study's catalogue: its kind and its own name; with 8 digits of a hash where that name has what
    PostgreSQL or an object store would read otherwise, or is too long."""
    plain = re.sub(r"[^a-z0-9_]", "_", study.lower())
    if plain == study and len(plain) < _LONGEST_NAME - len(kind):
        return f"{kind}_{plain}"
    return f"{kind}_{plain[:40]}_{hashlib.sha256(study.encode()).hexdigest()[:8]}"


def extension_file(name: str) -> Path:
    """The file of an extension in its installed package. Raises LakeError where there is none for this DuckDB."""
    package = find_spec(f"duckdb_extension_{name}")
    if package is None or not package.submodule_search_locations:
        raise LakeError(f"DuckDB's extension {name} is not installed: {EXTRA}")
    folder = Path(package.submodule_search_locations[0]) / "extensions" / f"v{duckdb.__version__}"
    file = folder / f"{name}.duckdb_extension"
    if not file.is_file():
        raise LakeError(f"DuckDB's extension {name} is of another version than DuckDB {duckdb.__version__}: {EXTRA}")
    return file


def _create_secret(connection: Connection, name: str, options: dict[str, str]) -> None:
    """In memory alone. What is attached refers to it by name, so that no error quotes what is in it."""
    connection.execute(f"create temporary secret {identifier(name)} ({_words(options)})")


def _words(options: Mapping[str, str]) -> str:
    return ", ".join(f"{option} {value}" for option, value in options.items())


def _postgres_secret(catalog: PostgresAddress) -> dict[str, str]:
    options = {"host": literal(catalog.host), "port": str(catalog.port), "database": literal(catalog.database)}
    options |= {"user": literal(catalog.user)} if catalog.user else {}
    return {"type": "postgres"} | options | ({"password": literal(catalog.password)} if catalog.password else {})


def _dsn(parameters: Mapping[str, str]) -> str:
    """Parameters as PostgreSQL's client library reads them."""
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in parameters.items()}
    return " ".join(f"{name}='{value}'" for name, value in quoted.items())
