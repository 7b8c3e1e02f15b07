"""The zip archive of a .qdpx. Belongs here: its members and their errors. Does not belong here: XML."""

import io
import lzma
import zipfile
import zlib
from pathlib import PurePosixPath

from dagster_project.exports import ExportError, decode
from dagster_project.readable_files import beyond, most_of
from dagster_project.synthesis.errors import SynthesisError

#: The folder that macOS adds, with metadata of each member.
_MACOS_FOLDER = "__macosx/"


class Archive:
    """The members of a .qdpx; the data may also be a project.qde without an archive."""

    def __init__(self, data: bytes, name: str) -> None:
        self._name = name
        self._data = data
        self._zip: zipfile.ZipFile | None = None
        if data.startswith(b"PK"):
            try:
                self._zip = zipfile.ZipFile(io.BytesIO(data))
            except (zipfile.BadZipFile, NotImplementedError, ValueError):
                raise SynthesisError(f"{name}: the file is cut short or damaged; export the project again") from None
            if len(self._zip.filelist) > most_of("workbook_parts"):
                raise SynthesisError(f"{name}: the archive holds {beyond('workbook_parts')}")
        members = ((_normalized(member.filename), member) for member in (self._zip.infolist() if self._zip else ()))
        self._members = {path: member for path, member in members if not path.startswith(_MACOS_FOLDER)}
        #: The project's folder; paths to texts are relative to it.
        self._folder = PurePosixPath("")

    @property
    def is_zip(self) -> bool:
        return self._zip is not None

    def project(self) -> bytes:
        """The project's XML. Raises SynthesisError when there is none, or several of which none takes precedence."""
        if self._zip is None:
            return self._data
        projects = sorted(
            (path for path in self._members if path.endswith(".qde") and not PurePosixPath(path).name.startswith("._")),
            key=lambda path: (PurePosixPath(path).name != "project.qde", path.count("/"), path),
        )
        if not projects:
            raise SynthesisError(f"{self._name}: there is no project.qde in the file; export the project as REFI-QDA")
        if len(projects) > 1 and (PurePosixPath(projects[0]).name != "project.qde" or self._is_ambiguous(*projects[:2])):
            raise SynthesisError(
                f"{self._name}: there are {len(projects)} projects in the file, {projects[0]} and {projects[1]} among them;"
                " export one alone"
            )
        self._folder = PurePosixPath(projects[0]).parent
        return self._read_member(projects[0])

    @staticmethod
    def _is_ambiguous(path: str, next_path: str) -> bool:
        """Whether neither of two projects, of which the first is a project.qde, takes precedence: same name and depth."""
        return PurePosixPath(next_path).name == "project.qde" and path.count("/") == next_path.count("/")

    def text(self, path: str) -> str | None:
        """The text at a path such as internal://x.txt; None when the archive does not hold it. No other file is opened.

        `internal://` is the folder `sources` next to the project. Some tools write other folders: then the only member with
        the same base name is taken, if there is exactly one.
        """
        relative_path = PurePosixPath(_normalized(path.split("://", 1)[-1]).lstrip("/"))
        for candidate in (self._folder / "sources" / relative_path, self._folder / relative_path):
            if str(candidate) in self._members:
                return self._member_text(str(candidate))
        base_name = relative_path.name
        matches = [member for member in self._members if base_name and PurePosixPath(member).name == base_name]
        return self._member_text(matches[0]) if len(matches) == 1 else None

    def _member_text(self, member: str) -> str:
        data = self._read_member(member)
        byte_order_mark = "\ufeff" if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) else ""
        try:
            return byte_order_mark + decode(data, f"{self._name}: {member}", may_be_blank=True).utf8.decode()
        except ExportError as error:
            raise SynthesisError(str(error)) from None

    def _read_member(self, member: str) -> bytes:
        info = self._members[member]
        assert self._zip is not None
        if info.flag_bits & 1:
            raise SynthesisError(f"{self._name}: {info.filename} is encrypted; export the project without a password")
        try:
            with self._zip.open(info) as stream:
                data = stream.read(most_of("interview_bytes") + 1)
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
        if len(data) > most_of("interview_bytes"):
            raise SynthesisError(f"{self._name}: {info.filename} holds {beyond('interview_bytes')}")
        return data


def _normalized(path: str) -> str:
    return path.replace("\\", "/").lower()
