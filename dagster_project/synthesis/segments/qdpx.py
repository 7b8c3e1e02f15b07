"""REFI-QDA: project exchange (.qdpx) and codebook exchange (.qdc), version 1.0 and 1.5, as the tools write them.

Belongs here: the zip and its XML. Does not belong here: how characters are counted (positions.py), who a person is.

Read: codes, text and PDF documents, transcripts of sound and film, whole documents with a code, places in pictures and
films, notes, users, cases and variables. Not read: sets, links, graphs, and the media themselves.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from xml.etree import ElementTree

from dagster_project.exports import ExportError, decode
from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.segments.model import Code, CodedFile, Coding, Interviews
from dagster_project.synthesis.segments.positions import Counting, Selection, Text, counting_of

#: Larger members are refused: nobody's interviews are, and a zip bomb is.
_LARGEST = 100_000_000
_SOURCES = ("TextSource", "PDFSource", "PictureSource", "AudioSource", "VideoSource")
#: Parts of a source that have a text of their own.
_TEXTS = ("Representation", "Transcript")
_PLACES = ("PDFSelection", "PictureSelection", "AudioSelection", "VideoSelection")

Element = ElementTree.Element


class _NoDoctype(ElementTree.TreeBuilder):
    """Entities of a document type could name files or grow without bounds; REFI-QDA has none."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise SynthesisError("it has a document type, which REFI-QDA files have not")


def _parse(data: bytes, name: str, cure: str) -> Element:
    try:
        return ElementTree.fromstring(data, ElementTree.XMLParser(target=_NoDoctype()))
    except ElementTree.ParseError as error:
        line, column = error.position
        raise SynthesisError(f"{name}: line {line}: column {column + 1}: the XML is broken ({error.msg}); {cure}") from None
    except SynthesisError as error:
        raise SynthesisError(f"{name}: {error}; {cure}") from None


def _is(element: Element, *names: str) -> bool:
    return element.tag.rsplit("}", 1)[-1] in names


def _children(element: Element, *names: str) -> Iterator[Element]:
    return (child for child in element if _is(child, *names))


def _first(element: Element, name: str) -> Element | None:
    return next(_children(element, name), None)


def _inside(element: Element, *names: str) -> Iterator[Element]:
    return (one for one in element.iter() if _is(one, *names))


def _target(element: Element | None) -> str:
    return "" if element is None else element.get("targetGUID", "").lower()


def _text_of(element: Element | None) -> str | None:
    text = "" if element is None else "".join(element.itertext()).strip()
    return text or None


def read_codebook(data: bytes, name: str) -> tuple[Code, ...]:
    """The codes of a codebook exchange file (.qdc). Raises SynthesisError with one line."""
    root = _parse(data, name, "export the codebook again")
    if not _is(root, "CodeBook"):
        raise SynthesisError(f"{name}: the XML is no REFI-QDA codebook; export the codebook as .qdc")
    return tuple(_codes(root))


def _codes(element: Element) -> Iterator[Code]:
    for codes in _inside(element, "Codes"):
        for code in _children(codes, "Code"):
            yield from _code(code, ())


def _code(element: Element, above: tuple[str, ...]) -> Iterator[Code]:
    path = (*above, element.get("name", "").strip() or element.get("guid", ""))
    yield Code(element.get("guid", "").lower(), path, _text_of(_first(element, "Description")))
    for child in _children(element, "Code"):
        yield from _code(child, path)


def read_project(data: bytes, name: str, declared: Interviews) -> CodedFile:
    """The codings of a project exchange file (.qdpx).

    Raises SynthesisError with one line: file, place, cure. A coding that cannot be used is in `lost` with its reason.
    """
    archive = _Archive(data, name)
    root = _parse(archive.project(), f"{name}: project.qde", "export the project again")
    if not _is(root, "Project"):
        raise SynthesisError(f"{name}: project.qde is no REFI-QDA project; export the project again")
    return _Project(root, archive, declared).read()


class _Archive:
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
        self._members = {one.filename.lower(): one for one in self._zip.infolist()} if self._zip else {}

    def project(self) -> bytes:
        if self._zip is None:
            return self._data
        found = next((one for one in self._members if one.rsplit("/", 1)[-1].endswith(".qde")), None)
        if found is None:
            raise SynthesisError(f"{self._name}: there is no project.qde in the file; export the project as REFI-QDA")
        return self._read(found)

    def text(self, path: str) -> str | None:
        """The text at a path such as internal://x.txt; None when the file does not hold it. Nothing outside is opened."""
        base = PurePosixPath(path.split("://", 1)[-1].replace("\\", "/")).name.lower()
        found = next((one for one in self._members if base and PurePosixPath(one).name == base), None)
        if found is None:
            return None
        data = self._read(found)
        if not data:
            return ""
        mark = "\ufeff" if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) else ""
        try:
            return mark + decode(data, f"{self._name}: {found}").utf8.decode()
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
        except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError) as error:
            raise SynthesisError(
                f"{self._name}: {info.filename} cannot be read ({error}); export the project again"
            ) from None
        if len(data) > _LARGEST:
            raise SynthesisError(
                f"{self._name}: {info.filename} holds more than {_LARGEST // 1_000_000} MB of text; export fewer documents"
            )
        return data


@dataclass
class _Source:
    """A document: what it is called, who and when, and the selections of each of its texts."""

    guid: str
    name: str
    values: dict[str, str]
    cases: list[str] = field(default_factory=list)


@dataclass
class _Selected:
    """A selection before its text is cut out. positions: None where it is a place and no text."""

    source: _Source
    element: Element
    text: Text | None
    positions: Selection | None
    codings: list[Element]
    missing: str | None = None


class _Project:
    def __init__(self, root: Element, archive: _Archive, declared: Interviews) -> None:
        self._root, self._archive, self._declared = root, archive, declared
        self._users = {one.get("guid", "").lower(): one.get("name", "") for one in _inside(root, "User")}
        book = _first(root, "CodeBook")
        self._codes = tuple(_codes(book)) if book is not None else ()
        self._by_guid = {code.guid: code for code in self._codes}
        self._variables = {one.get("guid", "").lower(): one.get("name", "") for one in _inside(root, "Variable")}
        self._notes = {
            one.get("guid", "").lower(): self._note(one)
            for group in _inside(root, "Notes")
            for one in _children(group, "Note")
        }
        self._case_values: dict[str, dict[str, str]] = {}
        self._cases_of: dict[str, list[str]] = {}
        for case in _inside(root, "Case"):
            name = case.get("name", "").strip()
            self._case_values[name] = self._values(case)
            for reference in _children(case, "SourceRef", "SelectionRef"):
                self._cases_of.setdefault(_target(reference), []).append(name)

    def _note(self, note: Element) -> str:
        content = _text_of(_first(note, "PlainTextContent"))
        path = note.get("plainTextPath")
        if content is None and path:
            content = self._archive.text(path)
        return (content or _text_of(_first(note, "Description")) or note.get("name") or "").strip().lstrip("\ufeff")

    def _values(self, element: Element) -> dict[str, str]:
        values = {}
        for value in _children(element, "VariableValue"):
            reference = _first(value, "VariableRef")
            name = self._variables.get(_target(reference), "")
            text = next((_text_of(one) for one in value if not _is(one, "VariableRef")), None)
            if name and text:
                values[name] = text
        return values

    def read(self) -> CodedFile:
        selected = [one for source in self._sources() for one in self._selections(*source)]
        placed = [(one.text, one.positions) for one in selected if one.text is not None and one.positions is not None]
        counting = counting_of(placed, self._declared.end_position)
        codings: list[Coding] = []
        lost: list[tuple[str, str]] = []
        for one in selected:
            for coding in one.codings:
                found = self._coding(one, coding, counting)
                if isinstance(found, str):
                    lost.append((coding.get("guid") or one.element.get("guid") or "", found))
                else:
                    codings.append(found)
        origin = self._root.get("origin", "")
        notes = (f"characters are counted so: {counting.words}",) if placed else ()
        return CodedFile(self._codes, tuple(codings), tuple(lost), origin, notes)

    def _sources(self) -> Iterator[tuple[_Source, Element]]:
        for group in _inside(self._root, "Sources"):
            for element in _children(group, *_SOURCES):
                guid = element.get("guid", "").lower()
                source = _Source(guid, element.get("name", "").strip(), self._values(element), self._cases_of.get(guid, []))
                yield source, element

    def _selections(self, source: _Source, element: Element) -> Iterator[_Selected]:
        content = _first(element, "PlainTextContent")
        path = element.get("plainTextPath")
        raw = "".join(content.itertext()) if content is not None else self._archive.text(path) if path else None
        text = Text(raw) if raw is not None else None
        missing = None if text is not None or not path else f"the text {path} is not in the file"
        points = {one.get("guid", "").lower(): one.get("position") for one in _children(element, "SyncPoint")}
        whole = list(_children(element, "Coding"))
        if whole:
            # A whole document with a code: from its first to its last character, in any way of counting.
            yield _Selected(source, element, text, None, whole, missing)
        for one in element:
            codings = list(_children(one, "Coding"))
            if _is(one, "PlainTextSelection"):
                positions = _positions(one.get("startPosition"), one.get("endPosition"), one.get("name", ""))
                yield _Selected(source, one, text, positions, codings, missing or (None if text else "there is no text"))
            elif _is(one, "TranscriptSelection"):
                # From one point of synchronisation up to another.
                start, end = (points.get(one.get(name, "").lower()) for name in ("fromSyncPoint", "toSyncPoint"))
                yield _Selected(
                    source, one, text, _positions(start, end, one.get("name", ""), is_between=True), codings, missing
                )
            elif _is(one, *_PLACES):
                yield _Selected(source, one, None, None, codings)
            # A PDF's text stands below it, that of a place in a PDF below the place.
            for part in [one] if _is(one, *_TEXTS) else _children(one, *_TEXTS):
                yield from self._selections(source, part)

    def _coding(self, one: _Selected, coding: Element, counting: Counting) -> Coding | str:
        """A coding, or why it cannot be used."""
        reference = _target(_first(coding, "CodeRef"))
        code = self._by_guid.get(reference)
        if code is None:
            return f"no code of the codebook has the GUID {reference or '(none)'}"
        # A selection is called by its text; a document is not.
        name = "" if _is(one.element, *_SOURCES, *_TEXTS) else one.element.get("name", "").strip()
        start = end = None
        text: str | None = name or None
        if one.missing is not None:
            if not name:
                return f"{one.source.name}: {one.missing}"
        elif one.positions is not None and one.text is not None:
            found = one.text.find(one.positions, counting)
            if found is None:
                at = f"{one.positions.start} to {one.positions.end}"
                return f"{one.source.name}: positions {at} lie beyond its {len(one.text.plain)} characters"
            start, end = found
            text = one.text.plain[start:end]
        elif _is(one.element, "PlainTextSelection"):
            return f"{one.source.name}: the selection's positions are not two whole numbers"
        elif one.text is not None and _is(one.element, *_SOURCES, *_TEXTS):
            start, end, text = 0, len(one.text.plain), one.text.plain
        person, wave = self._who(one)
        coder = coding.get("creatingUser") or one.element.get("creatingUser") or ""
        notes = [self._notes.get(_target(note), "") for part in (coding, one.element) for note in _children(part, "NoteRef")]
        notes.append(_text_of(_first(one.element, "Description")) or "")
        return Coding(
            code=code,
            source=one.source.name,
            start=start,
            end=end,
            text=text.strip() if text and text.strip() else None,
            person=person,
            wave=wave,
            coder=self._users.get(coder.lower()) or None,
            coded_at=coding.get("creationDateTime") or one.element.get("creationDateTime"),
            memo="\n".join(note for note in notes if note) or None,
            place=one.element.get("guid", "") or one.source.name,
        )

    def _who(self, one: _Selected) -> tuple[str | None, str | None]:
        """Person and wave: of the document's name, of variables, of the case."""
        from_name = source_groups(self._declared, one.source.name)
        cases = [*self._cases_of.get(one.element.get("guid", "").lower(), []), *one.source.cases]
        values = dict(one.source.values)
        for case in cases:
            values |= {name: value for name, value in self._case_values[case].items() if name not in values}
        declared = self._declared
        person = from_name.get("person")
        if person is None and declared.person_variable:
            person = values.get(declared.person_variable)
        if person is None and not declared.person_variable and cases:
            person = cases[0]
        wave = declared.wave or from_name.get("wave")
        if wave is None and declared.wave_variable:
            wave = values.get(declared.wave_variable)
        return person, wave


def source_groups(declared: Interviews, name: str) -> dict[str, str | None]:
    """What the declared pattern finds in a document's name."""
    found = re.search(declared.source_name, name) if declared.source_name else None
    return found.groupdict() if found else {}


def _positions(start: str | None, end: str | None, name: str, *, is_between: bool = False) -> Selection | None:
    try:
        return Selection(int(start or ""), int(end or ""), name, is_between)
    except ValueError:
        return None
