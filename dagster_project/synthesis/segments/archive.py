"""The zip of a .qdpx. Belongs here: its members, and what is wrong with them. Does not belong here: XML."""

import io
import lzma
import zipfile
import zlib
from pathlib import PurePosixPath

from dagster_project.exports import ExportError, decode
from dagster_project.synthesis.errors import SynthesisError

#: Larger members are refused: nobody's interviews are, and a zip bomb is.
_LARGEST = 100_000_000
#: What macOS puts beside each member.
_NOT_OURS = "__macosx/"


class Archive:
    """The members of a .qdpx. A bare project.qde is taken as well."""

    def __init__(self, data: bytes, name: str) -> None:
        self._name = name
        self._data = data
        self._zip: zipfile.ZipFile | None = None
        if data.startswith(b"PK"):
            try:
                self._zip = zipfile.ZipFile(io.BytesIO(data))
            except zipfile.BadZipFile:
                raise SynthesisError(f"{name}: the file is cut short or damaged; export the project again") from None
        names = ((_plain(one.filename), one) for one in (self._zip.infolist() if self._zip else ()))
        self._members = {path: one for path, one in names if not path.startswith(_NOT_OURS)}
        #: Where the project lies; paths to texts start there.
        self._folder = PurePosixPath("")

    @property
    def is_zip(self) -> bool:
        return self._zip is not None

    def project(self) -> bytes:
        """The project's XML. Raises SynthesisError when there is none, or more than one and none is called project.qde."""
        if self._zip is None:
            return self._data
        found = sorted(
            (one for one in self._members if one.endswith(".qde") and not PurePosixPath(one).name.startswith("._")),
            key=lambda one: (PurePosixPath(one).name != "project.qde", one.count("/"), one),
        )
        if not found:
            raise SynthesisError(f"{self._name}: there is no project.qde in the file; export the project as REFI-QDA")
        if len(found) > 1 and (PurePosixPath(found[0]).name != "project.qde" or self._is_beside(*found[:2])):
            raise SynthesisError(
                f"{self._name}: there are {len(found)} projects in the file, {found[0]} and {found[1]} among them;"
                " export one alone"
            )
        self._folder = PurePosixPath(found[0]).parent
        return self._read(found[0])

    @staticmethod
    def _is_beside(one: str, other: str) -> bool:
        """Whether two projects have the same right to be the one."""
        return PurePosixPath(other).name == "project.qde" and one.count("/") == other.count("/")

    def text(self, path: str) -> str | None:
        """The text at a path such as internal://x.txt; None when the file does not hold it. Nothing outside is opened.

        `internal://` is the folder sources beside the project. Some tools write other folders: a file of the same base name
        is taken if there is one alone.
        """
        below = PurePosixPath(_plain(path.split("://", 1)[-1]).lstrip("/"))
        for place in (self._folder / "sources" / below, self._folder / below):
            if str(place) in self._members:
                return self._text(str(place))
        alike = [one for one in self._members if below.name and PurePosixPath(one).name == below.name]
        return self._text(alike[0]) if len(alike) == 1 else None

    def _text(self, member: str) -> str:
        data = self._read(member)
        if not data:
            return ""
        mark = "\ufeff" if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) else ""
        try:
            return mark + decode(data, f"{self._name}: {member}").utf8.decode()
        except ExportError as error:
            raise SynthesisError(str(error)) from None

    def _read(self, member: str) -> bytes:
        info = self._members[member]
        assert self._zip is not None
        if info.flag_bits & 1:
            raise SynthesisError(f"{self._name}: {info.filename} is encrypted; export the project without a password")
        try:
            with self._zip.open(info) as opened:
                data = opened.read(_LARGEST + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            lzma.LZMAError,
            EOFError,
            NotImplementedError,
            OSError,
            RuntimeError,
        ) as error:
            raise SynthesisError(
                f"{self._name}: {info.filename} cannot be read ({error}); export the project again"
            ) from None
        if len(data) > _LARGEST:
            raise SynthesisError(
                f"{self._name}: {info.filename} holds more than {_LARGEST // 1_000_000} MB of text; export fewer documents"
            )
        return data


def _plain(path: str) -> str:
    return path.replace("\\", "/").lower()
