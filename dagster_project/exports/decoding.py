"""From bytes to text: which encoding a delimited file is in, and whether it is text at all.

Belongs here: byte order marks, encodings, binary files with a wrong name. Does not belong here: delimiters, quotes, records.

Tried in this order: a byte order mark (UTF-8, UTF-16); strict UTF-8; cp1252, the encoding of Western spreadsheets, if every
byte can be decoded and no control characters result; and only then a guess by charset-normalizer, which is noted.
"""

import re
from dataclasses import dataclass, replace

from charset_normalizer import from_bytes

from dagster_project.exports.errors import ExportError, plain, quoted
from dagster_project.withholding import of_cell

#: The first bytes of files that are not text, what they are, and what to do instead.
_FILE_SIGNATURES = (
    (b"PK\x03\x04", "a zip or Excel file", "save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file", "save it as CSV"),
    (b"$FL2", "an SPSS file", "declare reader: spss, or save it as CSV"),
    (b"$FL3", "an SPSS file", "declare reader: spss, or save it as CSV"),
    (b"\x1f\x8b", "a gzip file", "unpack it"),
    (b"%PDF", "a PDF file", "export the answers as CSV"),
)
_WEB_PAGE = re.compile(rb"\s*<(!doctype html|html)", re.IGNORECASE)
#: Control characters that no text export contains; Ctrl-Z is allowed.
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x19\x1b-\x1f]")
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")
_NOT_BLANK = re.compile(rb"\S")
#: Ctrl-Z, the end-of-file mark of DOS.
DOS_END = b"\x1a"
_UTF8_BOM = b"\xef\xbb\xbf"
#: What UTF-8 makes of letters that were UTF-8 already and were read as cp1252: a character from Â to Å, and one that is a
#: byte from 0x80 to 0xbf there. Without curly quotes, which may follow a capital letter, but for those after "â€".
_SIGNS = rb"\xc2[\x80-\xbf]|\xc5[\x92\x93\xa0\xa1\xb8\xbd\xbe]|\xc6\x92|\xcb[\x86\x9c]|\xe2\x82\xac|\xe2\x84\xa2"
_DOUBLE_ENCODING = re.compile(
    rb"\xc3[\x82-\x85](?:" + _SIGNS + rb"|\xe2\x80[\x93\x94\x9a\x9e\xa0-\xa2\xa6\xb0\xb9\xba])|"
    rb"\xc3\xa2(?:\xe2\x82\xac)(?:" + _SIGNS + rb"|\xe2\x80[\x93-\xba])|\xc3\xa2\xe2\x80\x9a\xc2\xac"
)
_SEPARATORS = (b",", b";", b"\t", b"|", b"^", b"\n", b"\r", b'"')
_MAX_SHOWN_BYTES = 20
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class DecodedText:
    """A text as UTF-8 bytes without a byte order mark, its original encoding, and how that was determined.

    is_guessed: whether it could be another.
    """

    utf8: bytes
    encoding: str
    notes: tuple[str, ...]
    is_guessed: bool = False


def utf8_bom_length(beginning: bytes) -> int | None:
    """The length of the byte order marks before a text that may be UTF-8; None if the first bytes are of another kind."""
    signatures = (*(signature for signature, _, _ in _FILE_SIGNATURES), *_UTF16_BOMS)
    if beginning.startswith(signatures) or _WEB_PAGE.match(beginning):
        return None
    bom_length = 0
    while beginning.startswith(_UTF8_BOM, bom_length):  # some tools write it twice
        bom_length += len(_UTF8_BOM)
    return bom_length


def utf8_note(bom_length: int) -> str:
    """The note on a text in UTF-8."""
    return f"The encoding is UTF-8{' with a byte order mark' if bom_length else ''}."


def decode(data: bytes, name: str, encoding: str | None = None, *, may_be_blank: bool = False) -> DecodedText:
    """Decode a whole file, in its declared encoding if there is one.

    Raises ExportError for an empty or blank file, unless it may be blank, for a file that is not text, for NUL bytes, for a
    file that mixes encodings, and for an encoding that cannot be determined.
    """
    name = plain(name)
    for signature, kind, remedy in _FILE_SIGNATURES:
        if data.startswith(signature):
            raise ExportError(f"{name}: the file is {kind} and not delimited text; {remedy}")
    if _WEB_PAGE.match(data):
        raise ExportError(f"{name}: the file is a web page and not delimited text; download the export again")
    decoded_text = _decode(data, name) if encoding is None else _decode_as(data, encoding, name)
    if decoded_text.utf8.endswith(DOS_END):
        decoded_text = replace(decoded_text, utf8=decoded_text.utf8.removesuffix(DOS_END))
    if not may_be_blank and not _NOT_BLANK.search(decoded_text.utf8):
        raise ExportError(f"{name}: the file is empty; export it again")
    if (position := decoded_text.utf8.find(b"\x00")) >= 0:
        line = _line_of(decoded_text.utf8, position)
        raise ExportError(f"{name}: line {line}: the text holds a NUL byte; export it again as UTF-8")
    return decoded_text


def _decode_as(data: bytes, encoding: str, name: str) -> DecodedText:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ExportError(
            f"{name}: line {_line_of(data, error.start)}: byte {data[error.start]:#04x} is not {encoding}; correct encoding"
            " of the export"
        ) from None
    return DecodedText(text.lstrip("\ufeff").encode(), encoding, (f"The encoding is declared: {encoding}.",))


def _decode(data: bytes, name: str) -> DecodedText:
    if data.startswith(_UTF16_BOMS):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            raise ExportError(f"{name}: the file is broken UTF-16, perhaps cut short; export it again") from None
        return DecodedText(text.lstrip("\ufeff").encode(), "utf-16", ("The encoding is UTF-16, by its byte order mark.",))
    if bom_length := utf8_bom_length(data):
        data = data[bom_length:]
    try:
        # ASCII, the usual case, is valid UTF-8 and need not be decoded.
        _ = data.isascii() or data.decode()
    except UnicodeDecodeError as error:
        bad_position = error.start
    else:
        return DecodedText(data, "utf-8", (utf8_note(bom_length or 0),))
    escaped = data.decode("utf-8", "surrogateescape")
    if bom_length or len(_BEYOND_ASCII.findall(escaped)) >= len(_ESCAPED_BYTE.findall(escaped)):
        raise ExportError(
            f"{name}: line {_line_of(data, bad_position)}: byte {data[bad_position]:#04x} is not UTF-8, as the rest of the"
            " file is; export it again as UTF-8"
        )
    if (cp1252_text := _clean_text(data, "cp1252")) is not None:
        note = "The encoding is taken to be cp1252: the file is not UTF-8."
        return DecodedText(cp1252_text.encode(), "cp1252", (note,), is_guessed=True)
    guess = from_bytes(data).best() if b"\x00" not in data else None
    guessed_text = _clean_text(data, guess.encoding) if guess is not None else None
    if guess is None or guessed_text is None:
        if b"\x00" in data:
            line = _line_of(data, data.index(b"\x00"))
            raise ExportError(f"{name}: line {line}: the text holds a NUL byte; export it again as UTF-8")
        raise ExportError(f"{name}: the encoding cannot be determined; export it again as UTF-8")
    note = f"The encoding was guessed to be {guess.encoding}."
    return DecodedText(guessed_text.encode(), guess.encoding, (note,), is_guessed=True)


def _clean_text(data: bytes, encoding: str) -> str | None:
    """The decoded text; None if a byte cannot be decoded or a control character results."""
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
    return None if _CONTROL.search(text) else text


def _line_of(data: bytes, position: int) -> int:
    """The physical line of a byte; lines end with LF, CRLF or CR."""
    preceding_bytes = data[:position]
    return 1 + preceding_bytes.count(b"\n") + preceding_bytes.count(b"\r") - preceding_bytes.count(b"\r\n")


def encoded_twice(utf8: bytes) -> str | None:
    """A text of a file that was encoded as UTF-8 twice, and what it was before, as a warning; None if there is none.

    "Ã¤" is what Excel shows, and saves again, of an "ä" whose encoding it took for another. A text may be meant so, but
    hardly is: people are told.
    """
    if utf8.isascii() or (match := _DOUBLE_ENCODING.search(utf8)) is None:
        return None
    begin = max(utf8.rfind(separator, 0, match.start()) for separator in _SEPARATORS) + 1
    text = re.split(r'[,;\t|^\n\r"]', utf8[begin : match.end() + _MAX_SHOWN_BYTES].decode("utf-8", "ignore"))[0]
    meant_text = _before_second_encoding(text)
    if meant_text is None:
        text = match[0].decode()
        meant_text = _before_second_encoding(text)
    if meant_text is None:
        return None
    return (
        f"the text was encoded twice, as spreadsheets do that open UTF-8 as another encoding: {of_cell(quoted(text))} was"
        f" {of_cell(quoted(meant_text))}; export the file again, and do not open it before"
    )


def _before_second_encoding(text: str) -> str | None:
    """The text whose UTF-8 was read as cp1252, where a byte without a letter stays a control character."""
    try:
        return b"".join(
            character.encode("iso-8859-1" if "\x80" <= character <= "\x9f" else "cp1252") for character in text
        ).decode()
    except UnicodeError:
        return None
