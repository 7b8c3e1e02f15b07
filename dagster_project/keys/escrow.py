"""A copy of the key under a passphrase, for a safe: scrypt makes a key of the passphrase, AES-256-GCM encrypts with it.

Belongs here: writing and reading that file. Does not belong here: asking for the passphrase, putting the key in its place.

The file is text, to be printed or kept in a password manager. What stands beside the encrypted key (study, check value,
derivation) cannot be changed without the passphrase either: it is authenticated with it.
"""

import base64
import json
import os
import unicodedata
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.keys.derivation import PseudonymKey
from dagster_project.keys.errors import KeyFileError

_FORMAT = "wavehouse key escrow 1"
#: scrypt, about 128 MB and half a second: what each guess of the passphrase costs (RFC 7914, section 2).
_COST, _BLOCK_SIZE, _PARALLEL = 2**17, 8, 1
_SALT_BYTES, _NONCE_BYTES, _KEY_BYTES = 16, 12, 32
#: A passphrase shorter than this is guessed whatever a guess costs.
MIN_PASSPHRASE = 12


@dataclass(frozen=True)
class EscrowHeader:
    """What an escrow says without its passphrase. study, derivation, check: of the key. release: the one that stood,
    '' if there was none. scrypt: cost, block size, parallelism."""

    format: str
    study: str
    folder: str
    derivation: str
    check: str
    release: str
    written_at: str
    scrypt: tuple[int, int, int]

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


def write_escrow(file: Path, key: PseudonymKey, folder: str, release: str, passphrase: str) -> EscrowHeader:
    """Write the key under a passphrase. folder: the study's name for people. Raises KeyFileError for a passphrase that is
    too short, and FileExistsError: nothing is overwritten."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(passphrase) < MIN_PASSPHRASE:
        raise KeyFileError(
            f"the passphrase has {len(passphrase)} characters; take {MIN_PASSPHRASE} or more, e.g. five words by chance"
        )
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    scrypt = (_COST, _BLOCK_SIZE, _PARALLEL)
    header = EscrowHeader(_FORMAT, key.study, folder, key.derivation, key.check, release, now, scrypt)
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    cipher = AESGCM(_key_of_passphrase(passphrase, salt, scrypt))
    encrypted = cipher.encrypt(nonce, key.secret, header.to_json().encode())
    content = asdict(header) | {"salt": _text(salt), "nonce": _text(nonce), "key": _text(encrypted)}
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(json.dumps(content, indent=1) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        file.unlink(missing_ok=True)  # half an escrow would be taken for one
        raise
    return header


def read_escrow(file: Path, passphrase: str) -> tuple[EscrowHeader, PseudonymKey]:
    """The key of an escrow. Raises KeyFileError for a file that is none or was damaged, and for another passphrase."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header, parts = _content(file)
    try:
        cipher = AESGCM(_key_of_passphrase(passphrase, parts["salt"], header.scrypt))
        secret = cipher.decrypt(parts["nonce"], parts["key"], header.to_json().encode())
    except InvalidTag:
        raise KeyFileError(f"{file}: the passphrase is another one, or the file was damaged; try both again") from None
    key = PseudonymKey(secret, header.derivation, header.study, str(file))
    if key.check != header.check:
        raise KeyFileError(f"{file}: the key in it has not the check value beside it; use another copy of the escrow")
    return header, key


def read_header(file: Path) -> EscrowHeader:
    """What an escrow says without its passphrase. Raises KeyFileError for a file that is none."""
    return _content(file)[0]


def _content(file: Path) -> tuple[EscrowHeader, dict[str, bytes]]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        content["scrypt"] = tuple(map(int, content["scrypt"]))
        header = EscrowHeader(**{field.name: content[field.name] for field in fields(EscrowHeader)})
        parts = {name: base64.b64decode(content[name], validate=True) for name in ("salt", "nonce", "key")}
        is_whole = header.format == _FORMAT and header.scrypt == (_COST, _BLOCK_SIZE, _PARALLEL)
        is_whole &= (len(parts["salt"]), len(parts["nonce"])) == (_SALT_BYTES, _NONCE_BYTES)
    except (ValueError, TypeError, KeyError):
        is_whole = False
    if not is_whole:
        raise KeyFileError(f"{file}: is no escrow of a key, or was damaged; use another copy of it")
    return header, parts


def _key_of_passphrase(passphrase: str, salt: bytes, scrypt: tuple[int, int, int]) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    cost, block_size, parallel = scrypt
    kdf = Scrypt(salt=salt, length=_KEY_BYTES, n=cost, r=block_size, p=parallel)
    return kdf.derive(unicodedata.normalize("NFKC", passphrase).encode())


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
