"""From bytes to text: which encoding a delimited file is in, and whether it is text at all.

Belongs here: byte order marks, encodings, files of another kind under a wrong name. Does not belong here: delimiters,
quotes, records.

The order of trials: a byte order mark (UTF-8, UTF-16); strict UTF-8; cp1252, the encoding of Western spreadsheets, if it
decodes without a gap and without control characters; and only then a guess by charset-normalizer, which is noted.
"""

import re
from dataclasses import dataclass, replace

from charset_normalizer import from_bytes

from dagster_project.exports.errors import ExportError, plain

#: How files that are no text begin, what they are, and what to do instead.
_OTHER_KINDS = (
    (b"PK\x03\x04", "a zip or Excel file", "save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file", "save it as CSV"),
    (b"$FL2", "an SPSS file", "declare reader: spss, or save it as CSV"),
    (b"$FL3", "an SPSS file", "declare reader: spss, or save it as CSV"),
    (b"\x1f\x8b", "a gzip file", "unpack it"),
    (b"%PDF", "a PDF file", "export the answers as CSV"),
)
_WEB_PAGE = re.compile(rb"\s*<(!doctype html|html)", re.IGNORECASE)
#: Control characters that no text export holds, but for Ctrl-Z.
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x19\x1b-\x1f]")
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")
_NOT_BLANK = re.compile(rb"\S")
#: Ctrl-Z, the end mark of old DOS files.
DOS_END = b"\x1a"
_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class DecodedText:
    """A text as UTF-8 bytes without a byte order mark, the encoding it was in, and notes on how that was found."""

    utf8: bytes
    encoding: str
    notes: tuple[str, ...]


def utf8_mark(beginning: bytes) -> int | None:
    """How many bytes of byte order marks precede a text that may be UTF-8; None for what begins like something else."""
    if beginning.startswith((*(start for start, _, _ in _OTHER_KINDS), *_UTF16_BOMS)) or _WEB_PAGE.match(beginning):
        return None
    mark = 0
    while beginning.startswith(_BOM, mark):  # some tools write it twice
        mark += len(_BOM)
    return mark


def utf8_note(mark: int) -> str:
    """What is said of a text in UTF-8."""
    return f"The encoding is UTF-8{' with a byte order mark' if mark else ''}."


def decode(data: bytes, name: str) -> DecodedText:
    """Decode a whole file.

    Raises ExportError for an empty file, for a file that is no text, for NUL bytes, for a file that mixes encodings, and
    for an encoding that cannot be told.
    """
    name = plain(name)
    for start, kind, cure in _OTHER_KINDS:
        if data.startswith(start):
            raise ExportError(f"{name}: the file is {kind} and not delimited text; {cure}")
    if _WEB_PAGE.match(data):
        raise ExportError(f"{name}: the file is a web page and not delimited text; download the export again")
    decoded = _decode(data, name)
    if decoded.utf8.endswith(DOS_END):
        decoded = replace(decoded, utf8=decoded.utf8.removesuffix(DOS_END))
    if not _NOT_BLANK.search(decoded.utf8):
        raise ExportError(f"{name}: the file is empty; export it again")
    if (position := decoded.utf8.find(b"\x00")) >= 0:
        line = _line_of(decoded.utf8, position)
        raise ExportError(f"{name}: line {line}: the text holds a NUL byte; export it again as UTF-8")
    return decoded


def _decode(data: bytes, name: str) -> DecodedText:
    if data.startswith(_UTF16_BOMS):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            raise ExportError(f"{name}: the file is broken UTF-16, perhaps cut short; export it again") from None
        return DecodedText(text.lstrip("\ufeff").encode(), "utf-16", ("The encoding is UTF-16, by its byte order mark.",))
    if mark := utf8_mark(data):
        data = data[mark:]
    try:
        # A file of ASCII, the usual one, is UTF-8 without being decoded to prove it.
        _ = data.isascii() or data.decode()
    except UnicodeDecodeError as error:
        first_bad = error.start
    else:
        return DecodedText(data, "utf-8", (utf8_note(mark or 0),))
    escaped = data.decode("utf-8", "surrogateescape")
    if mark or len(_BEYOND_ASCII.findall(escaped)) >= len(_ESCAPED_BYTE.findall(escaped)):
        raise ExportError(
            f"{name}: line {_line_of(data, first_bad)}: byte {data[first_bad]:#04x} is not UTF-8, as the rest of the file"
            " is; export it again as UTF-8"
        )
    if (text_1252 := _sensible(data, "cp1252")) is not None:
        return DecodedText(text_1252.encode(), "cp1252", ("The encoding is taken to be cp1252: the file is not UTF-8.",))
    best = from_bytes(data).best() if b"\x00" not in data else None
    guessed = _sensible(data, best.encoding) if best is not None else None
    if best is None or guessed is None:
        if b"\x00" in data:
            line = _line_of(data, data.index(b"\x00"))
            raise ExportError(f"{name}: line {line}: the text holds a NUL byte; export it again as UTF-8")
        raise ExportError(f"{name}: the encoding cannot be told; export it again as UTF-8")
    return DecodedText(guessed.encode(), best.encoding, (f"The encoding was guessed to be {best.encoding}.",))


def _sensible(data: bytes, encoding: str) -> str | None:
    """The text if it decodes without a gap and holds no control characters."""
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
    return None if _CONTROL.search(text) else text


def _line_of(data: bytes, position: int) -> int:
    """The physical line of a byte: breaks are LF, CRLF and CR."""
    before = data[:position]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
