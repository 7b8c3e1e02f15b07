"""Where the lake is: its catalogue, its data, and the keys to both, from the environment.

Belongs here: reading and checking the address, taking its secrets out of a text. Does not belong here: connecting
(warehouse/), what is published there (release/).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

#: Where results are made and read: in the study's own files, or in a lake as well.
TARGETS = ("file", "lake")
CATALOG_VARIABLE, DATA_VARIABLE = "WAVEHOUSE_LAKE_CATALOG", "WAVEHOUSE_LAKE_DATA"
ENDPOINT_VARIABLE, REGION_VARIABLE = "WAVEHOUSE_LAKE_S3_ENDPOINT", "WAVEHOUSE_LAKE_S3_REGION"
KEY_ID_VARIABLE, SECRET_VARIABLE = "WAVEHOUSE_LAKE_S3_KEY_ID", "WAVEHOUSE_LAKE_S3_SECRET"
#: Each variable with what it says.
LAKE_VARIABLES = {
    CATALOG_VARIABLE: "the catalogue: postgresql://user:password@host:port/database, or a folder of this machine",
    DATA_VARIABLE: "the data: a folder that all machines reach by this path, or s3://bucket/prefix",
    ENDPOINT_VARIABLE: "the object store where it is none of Amazon's: https://host:port",
    REGION_VARIABLE: "the object store's region (default us-east-1)",
    KEY_ID_VARIABLE: "the name of the key to the object store",
    SECRET_VARIABLE: "the key to the object store",
}
_SCHEMES = ("postgresql", "postgres")
#: What a catalogue's address may say beside where it is: parameters of PostgreSQL's own client library.
_PARAMETERS = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout"})
_HIDDEN = "***"


class LakeAddressError(ValueError):
    """The environment does not say where the lake is. The message is one line that names the variable, and no secret."""


@dataclass(frozen=True)
class PostgresAddress:
    """A database of PostgreSQL. Without a password its own client library looks for one, as in ~/.pgpass."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(default="", repr=False)
    parameters: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"PostgreSQL at {self.host}:{self.port}/{self.database}"


@dataclass(frozen=True)
class ObjectStore:
    """The keys to an object store. endpoint: host and port, blank for Amazon's own."""

    endpoint: str = ""
    uses_tls: bool = True
    region: str = "us-east-1"
    key_id: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class LakeAddress:
    """A lake. catalog: a database, or a folder with a file for each study. data: a folder, or s3://bucket/prefix."""

    catalog: PostgresAddress | Path
    data: str
    store: ObjectStore = field(default_factory=ObjectStore)

    @property
    def is_on_objects(self) -> bool:
        return self.data.startswith("s3://")

    def __str__(self) -> str:
        return (
            f"{self.catalog if isinstance(self.catalog, PostgresAddress) else f'folder {self.catalog}'}, data in {self.data}"
        )

    def without_secrets(self, text: str) -> str:
        """A text, such as a library's error, in which no password or key of the lake stands."""
        password = self.catalog.password if isinstance(self.catalog, PostgresAddress) else ""
        for secret in filter(None, (password, self.store.secret, self.store.key_id)):
            text = text.replace(secret, _HIDDEN)
        return text


def read_target(environment: Mapping[str, str]) -> str:
    """WAVEHOUSE_TARGET, also under the name WAREHOUSE_TARGET. Raises LakeAddressError where it is none, or both differ."""
    values = {environment.get(name, "") for name in ("WAVEHOUSE_TARGET", "WAREHOUSE_TARGET")} - {""}
    if len(values) > 1:
        raise LakeAddressError(
            "WAVEHOUSE_TARGET and WAREHOUSE_TARGET are two names of one setting and say different things; set one"
        )
    target = values.pop() if values else TARGETS[0]
    if target not in TARGETS:
        raise LakeAddressError(f"WAVEHOUSE_TARGET: {target!r} is no target; give one of {', '.join(TARGETS)}")
    return target


def read_lake_address(environment: Mapping[str, str]) -> LakeAddress | None:
    """The lake that the environment names; None where it names none. Raises LakeAddressError where it is not clear."""
    texts = {name: environment.get(name, "").strip() for name in LAKE_VARIABLES}
    if not any(texts.values()):
        return None
    if not texts[CATALOG_VARIABLE]:
        raise LakeAddressError(f"{CATALOG_VARIABLE}: is not set; give {LAKE_VARIABLES[CATALOG_VARIABLE]}")
    catalog = _catalog(texts[CATALOG_VARIABLE])
    data = texts[DATA_VARIABLE]
    if not data:
        if isinstance(catalog, PostgresAddress):
            raise LakeAddressError(f"{DATA_VARIABLE}: is not set; give {LAKE_VARIABLES[DATA_VARIABLE]}")
        data = str(catalog / "data")
    return LakeAddress(catalog, _data(data), _store(texts))


def _catalog(text: str) -> PostgresAddress | Path:
    """Nothing of the text is quoted in a refusal: a password may stand anywhere in it."""
    scheme, separator, _ = text.partition("://")
    if not separator:
        if "=" in text and re.search(r"\b(host|dbname|user|password)\s*=", text):
            raise LakeAddressError(f"{CATALOG_VARIABLE}: write it as postgresql://user:password@host:port/database")
        return Path(text).expanduser().resolve()
    if scheme not in _SCHEMES:
        raise LakeAddressError(
            f"{CATALOG_VARIABLE}: is no address of PostgreSQL and no folder; it begins with postgresql://"
        )
    try:
        parts = urlsplit(text)
        port = parts.port or 5432
        host, user, password = parts.hostname, unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        host, port, user, password = None, 0, "", ""
        parts = urlsplit("")
    database = unquote(parts.path.strip("/"))
    if not host or not database or "/" in database:
        raise LakeAddressError(
            f"{CATALOG_VARIABLE}: is not written as postgresql://user:password@host:port/database; special characters of a"
            " password are written as %40 for @, %3A for :, %2F for / and %23 for #"
        )
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    if unknown := sorted({name for name, _ in parameters} - _PARAMETERS):
        raise LakeAddressError(
            f"{CATALOG_VARIABLE}: {unknown[0]} is not known here; known are {', '.join(sorted(_PARAMETERS))}"
        )
    return PostgresAddress(host, port, database, user, password, tuple(parameters))


def _data(text: str) -> str:
    """An address of objects without a slash at its end, or a folder's whole path."""
    if text.startswith("s3://"):
        if not text.removeprefix("s3://").strip("/"):
            raise LakeAddressError(f"{DATA_VARIABLE}: names no bucket; write s3://bucket/prefix")
        return text.rstrip("/")
    if "://" in text:
        raise LakeAddressError(f"{DATA_VARIABLE}: {text.partition('://')[0]}:// is not known here; give a folder, or s3://…")
    return str(Path(text).expanduser().resolve())


def _store(texts: Mapping[str, str]) -> ObjectStore:
    endpoint = texts[ENDPOINT_VARIABLE]
    if endpoint and not re.fullmatch(r"https?://[^/@\s]+/?", endpoint):
        raise LakeAddressError(f"{ENDPOINT_VARIABLE}: is not written as https://host:port")
    if bool(texts[KEY_ID_VARIABLE]) != bool(texts[SECRET_VARIABLE]):
        raise LakeAddressError(f"{KEY_ID_VARIABLE} and {SECRET_VARIABLE} belong together: one of them is not set")
    return ObjectStore(
        endpoint.rstrip("/").partition("://")[2],
        not endpoint.startswith("http://"),
        texts[REGION_VARIABLE] or "us-east-1",
        texts[KEY_ID_VARIABLE],
        texts[SECRET_VARIABLE],
    )
