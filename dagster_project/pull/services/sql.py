"""A database: the rows of one query, written as Parquet with the types that they have there.

Belongs here: reading rows without being able to write any, and their types in Arrow. Does not belong here: reading the file
(exports/parquet.py).

The connection is read-only: by SQLite's own mode, and by PostgreSQL's default for each transaction. No value is rounded or
turned into another: numbers of any size, NULL beside an empty text, moments with their zone (PostgreSQL keeps UTC).
"""

import re
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.exports.cell_text import value_text
from dagster_project.exports.errors import plain, quoted
from dagster_project.pull.errors import PullError
from dagster_project.pull.http import Limits
from dagster_project.pull.secret import Secret
from dagster_project.study import Sql, is_loopback
from dagster_project.withholding import of_cell

#: How many of its own steps SQLite makes between two looks at the clock.
_STEPS = 100_000
_MAX_SHOWN = 160
#: What the server says, among what its client and the driver say around it.
_SERVER_ERROR = re.compile(r"(?:ERROR|FATAL): (.*?)(?: LINE \d+:| Query was:|\. SQLSTATE:|$)")


def download(source: Sql, secret: Secret | None, limits: Limits, target: Path) -> None:
    """Write the rows of the query, in their order."""
    title = f"{source.title} ({source.host})"
    file = source.sqlite_file
    table = _sqlite_table(Path(file), source, limits, title) if file else _postgresql_table(source, secret, limits, title)
    if table.nbytes > limits.max_bytes:
        raise PullError(f"{title} sends more than {limits.max_bytes:,} bytes; ask for less of it")
    # Of the declaration of types that the driver adds nothing is kept: the same rows are the same file.
    pq.write_table(table, target)


def _sqlite_table(file: Path, source: Sql, limits: Limits, title: str) -> pa.Table:
    if not file.is_file():
        raise PullError(f"{title}: there is no such file; check database, a path below the study folder")
    deadline = time.monotonic() + limits.total_seconds
    connection = None
    try:
        connection = sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=limits.connect_seconds)
        connection.execute("pragma query_only = on")
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        cursor = connection.execute(source.query)
        names = [str(column[0]) for column in cursor.description or ()]
        rows = cursor.fetchall()
    except (sqlite3.Error, sqlite3.Warning) as error:
        if time.monotonic() > deadline:
            raise PullError(f"{title} is not done after {limits.total_seconds:g} s; ask for less") from None
        raise PullError(f"{title}: {of_cell(plain(str(error), _MAX_SHOWN))}; check database and query") from None
    finally:
        if connection is not None:
            connection.close()
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    arrays = [_sqlite_column(column, name, title) for column, name in zip(columns, names, strict=True)]
    return pa.Table.from_arrays(arrays, names=names)


def _sqlite_column(cells: Sequence[object], name: str, title: str) -> pa.Array:
    """A column of SQLite, whose cells have each a type of their own: of whole numbers, of numbers, or else of text."""
    types = {type(cell) for cell in cells} - {type(None)}
    if bytes in types:
        raise PullError(f"{title}: column {quoted(name)} holds bytes; turn them into text in the query, e.g. with hex()")
    if types == {int}:
        return pa.array(cells, pa.int64())
    if types == {float}:
        return pa.array(cells, pa.float64())
    return pa.array([None if cell is None else value_text(cell) for cell in cells], pa.string())


def _postgresql_table(source: Sql, secret: Secret | None, limits: Limits, title: str) -> pa.Table:
    from adbc_driver_manager import Error
    from adbc_driver_postgresql import dbapi

    try:
        with dbapi.connect(_address(source, secret, limits)) as connection, connection.cursor() as cursor:
            cursor.execute(source.query)
            table = cursor.fetch_arrow_table()
    except Error as error:
        raise _refusal(source, title, str(error)) from None
    arrays = [_plain_column(column, name, title) for column, name in zip(table.columns, table.column_names, strict=True)]
    return pa.Table.from_arrays(arrays, names=table.column_names)


def _address(source: Sql, secret: Secret | None, limits: Limits) -> str:
    """The address with the password, and what holds for the connection: it reads, is encrypted, and ends in time."""
    parts = urlsplit(source.database)
    options = f"-c default_transaction_read_only=on -c statement_timeout={int(limits.total_seconds * 1000)}"
    settings = {
        "options": options,
        "connect_timeout": str(max(2, int(limits.connect_seconds))),
        "application_name": "wavehouse",
    }
    if not is_loopback(parts.hostname):
        settings |= {"sslmode": "verify-full", "sslrootcert": source.certificates or "system"}
    user, _, host = parts.netloc.rpartition("@")
    password = f":{quote(secret.reveal(), safe='')}" if secret is not None else ""
    login = f"{user}{password}@" if user else ""
    return f"postgresql://{login}{host}{parts.path}?{urlencode(settings, quote_via=quote)}"


def _refusal(source: Sql, title: str, message: str) -> PullError:
    words = " ".join(message.split())
    server_words = _SERVER_ERROR.search(words)
    reason = plain(server_words[1] if server_words else words, _MAX_SHOWN)
    if "authentication failed" in message or "no password supplied" in message:
        variable = source.password_variable or "no password_variable"
        return PullError(f"{title} does not accept what {variable} holds ({reason}); check user and password")
    return PullError(f"{title}: {of_cell(reason)}; check database and query")


def _plain_column(column: pa.ChunkedArray, name: str, title: str) -> pa.ChunkedArray:
    """A column of PostgreSQL in one of Arrow's own types; numeric, which has any number of digits, and JSON as text."""
    if isinstance(column.type, pa.BaseExtensionType):
        storage_type = column.type.storage_type
        if pa.types.is_fixed_size_binary(storage_type):
            return pa.chunked_array(
                [pa.array([None if cell is None else str(cell) for cell in column.to_pylist()], pa.string())]
            )
        column = column.cast(storage_type)
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type) or pa.types.is_interval(column.type):
        raise PullError(
            f"{title}: column {quoted(name)} is of type {column.type}; turn it into text in the query ({name}::text)"
        )
    return column
