"""Where the lake is, as the environment says it: what is read, what is refused, and that no refusal quotes a secret."""

from pathlib import Path

import pytest

from dagster_project.keys import SettingsError
from dagster_project.lake_address import (
    LAKE_VARIABLES,
    LakeAddressError,
    ObjectStore,
    PostgresAddress,
    read_lake_address,
    read_target,
)
from dagster_project.settings import read_settings

_CATALOG, _DATA, _ENDPOINT, _REGION, _KEY_ID, _SECRET = LAKE_VARIABLES
_URL = "postgresql://manager:p%40ss%2Fword@db.example.org:5433/lake?sslmode=verify-full&sslrootcert=/etc/root.crt"


def test_a_database_and_an_object_store() -> None:
    address = read_lake_address(
        {_CATALOG: _URL, _DATA: "s3://trials/studies/", _ENDPOINT: "http://store:9000/", _KEY_ID: "id", _SECRET: "key"}
    )
    assert address is not None
    parameters = (("sslmode", "verify-full"), ("sslrootcert", "/etc/root.crt"))
    assert address.catalog == PostgresAddress("db.example.org", 5433, "lake", "manager", "p@ss/word", parameters)
    assert address.data == "s3://trials/studies"
    assert address.store == ObjectStore("store:9000", uses_tls=False, region="us-east-1", key_id="id", secret="key")
    assert str(address) == "PostgreSQL at db.example.org:5433/lake, data in s3://trials/studies"
    for text in (repr(address), str(address), address.without_secrets("failed: p@ss/word, id, key")):
        assert not any(secret in text for secret in ("p@ss/word", "'id'", "'key'", ", id", ", key"))


def test_folders(tmp_path: Path) -> None:
    address = read_lake_address({_CATALOG: str(tmp_path / "lake")})
    assert address is not None
    assert (address.catalog, address.data) == (tmp_path / "lake", str(tmp_path / "lake" / "data"))
    address = read_lake_address({_CATALOG: "postgresql://h/d", _DATA: str(tmp_path)})
    assert address is not None
    assert (address.catalog, address.data) == (PostgresAddress("h", 5432, "d", ""), str(tmp_path))
    assert read_lake_address({}) is None


@pytest.mark.parametrize(
    ("variables", "refusal"),
    [
        (
            {_DATA: "/lake"},
            f"{_CATALOG}: is not set; give the catalogue: postgresql://user:password@host:port/database, or a folder of this"
            " machine",
        ),
        (
            {_CATALOG: _URL},
            f"{_DATA}: is not set; give the data: a folder that all machines reach by this path, or s3://bucket/prefix",
        ),
        (
            {_CATALOG: "host=db password=p%40ss", _DATA: "/lake"},
            f"{_CATALOG}: write it as postgresql://user:password@host:port/database",
        ),
        (
            {_CATALOG: "mysql://u:p%40ss@h/d", _DATA: "/lake"},
            f"{_CATALOG}: is no address of PostgreSQL and no folder; it begins with postgresql://",
        ),
        *(
            (
                {_CATALOG: url, _DATA: "/lake"},
                f"{_CATALOG}: is not written as postgresql://user:password@host:port/database; special characters of a password"
                " are written as %40 for @, %3A for :, %2F for / and %23 for #",
            )
            for url in ("postgresql://u:p%40ss@h:port/d", "postgresql://u:p/ss@h/d", "postgresql://u:p%40ss@h")
        ),
        (
            {_CATALOG: "postgresql://h/d?password=p%40ss", _DATA: "/lake"},
            f"{_CATALOG}: password is not known here; known are connect_timeout, sslcert, sslkey, sslmode, sslrootcert",
        ),
        ({_CATALOG: _URL, _DATA: "s3://"}, f"{_DATA}: names no bucket; write s3://bucket/prefix"),
        ({_CATALOG: _URL, _DATA: "gs://b"}, f"{_DATA}: gs:// is not known here; give a folder, or s3://…"),
        ({_CATALOG: _URL, _DATA: "s3://b", _ENDPOINT: "store:9000"}, f"{_ENDPOINT}: is not written as https://host:port"),
        (
            {_CATALOG: _URL, _DATA: "s3://b", _KEY_ID: "id"},
            f"{_KEY_ID} and {_SECRET} belong together: one of them is not set",
        ),
    ],
)
def test_what_is_not_clear_is_refused(variables: dict[str, str], refusal: str) -> None:
    with pytest.raises(LakeAddressError) as error:
        read_lake_address(variables)
    assert str(error.value) == refusal
    assert "p@ss" not in refusal


def test_the_target_has_two_names_and_one_value() -> None:
    assert read_target({}) == read_target({"WAVEHOUSE_TARGET": ""}) == "file"
    assert read_target({"WAREHOUSE_TARGET": "lake"}) == read_target({"WAVEHOUSE_TARGET": "lake"}) == "lake"
    with pytest.raises(LakeAddressError, match=r"^WAVEHOUSE_TARGET: 'pond' is no target; give one of file, lake$"):
        read_target({"WAVEHOUSE_TARGET": "pond"})
    with pytest.raises(LakeAddressError, match=r"are two names of one setting and say different things; set one$"):
        read_target({"WAVEHOUSE_TARGET": "lake", "WAREHOUSE_TARGET": "file"})


def test_a_lake_without_an_address_is_refused() -> None:
    with pytest.raises(SettingsError) as error:
        read_settings({"WAVEHOUSE_TARGET": "lake"})
    assert str(error.value) == (
        "WAVEHOUSE_TARGET: is lake, and no lake is named; set WAVEHOUSE_LAKE_CATALOG and WAVEHOUSE_LAKE_DATA"
    )
