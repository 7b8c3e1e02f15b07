"""REFI-QDA: project exchange (.qdpx) and codebook exchange (.qdc), version 1.0 and 1.5, as the tools write them.

Belongs here: codes, selections and codings. Does not belong here: the zip (archive.py), how characters are counted
(positions.py), who a person is (people.py).

Read: codes, text and PDF documents, transcripts of sound and film, descriptions of pictures, coded notes, whole documents
with a code, places in pictures, PDFs and films, users. Not read: links, graphs, and the media themselves; a coding anywhere
else is set aside. What was said is what stands in a text, never what a tool calls a selection: that may be its text, and as
well a label, the document's name or somebody's remark. So a place has no text, and a selection of a text that is not in the
file is set aside.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.segments.archive import Archive
from dagster_project.synthesis.segments.elements import (
    Element,
    children,
    first,
    guid_of,
    inside,
    is_kind,
    kind_of,
    parse,
    target,
    text_of,
)
from dagster_project.synthesis.segments.model import Code, CodedFile, Coding, Interviews, Lost
from dagster_project.synthesis.segments.people import People
from dagster_project.synthesis.segments.positions import Counting, Selection, Text, counting_of

_SOURCES = ("TextSource", "PDFSource", "PictureSource", "AudioSource", "VideoSource")
#: Parts of a source that have a text of their own.
_TEXTS = ("Representation", "Transcript", "TextDescription")
_PLACES = ("PDFSelection", "PictureSelection", "AudioSelection", "VideoSelection")
#: What says where a place is.
_COORDINATES = ("page", "firstX", "firstY", "secondX", "secondY", "begin", "end")
_NO_TEXT = "its document's text is not in the file, or several are called so; export the project with its texts"
#: Nobody's codes are deeper; a file made to break its reader has them so.
_DEEPEST = 100


def read_codebook(data: bytes, name: str) -> tuple[Code, ...]:
    """The codes of a codebook exchange file (.qdc). Raises SynthesisError with one line."""
    root = parse(data, name, "export the codebook again")
    if not is_kind(root, "CodeBook"):
        raise SynthesisError(f"{name}: the XML is no REFI-QDA codebook; export the codebook as .qdc")
    return tuple(_codes(root, name, ()))


def _codes(book: Element, name: str, people: Iterable[str]) -> Iterator[Code]:
    """people: codes, by GUID, that are a person's case. They are no codes, and their names stand in no path."""
    cases = frozenset(people)
    todo: list[tuple[Element, tuple[str, ...], int]] = [
        (code, (), 1) for codes in reversed([*inside(book, "Codes")]) for code in reversed([*children(codes, "Code")])
    ]
    while todo:
        element, above, depth = todo.pop()
        if depth > _DEEPEST:
            raise SynthesisError(f"{name}: codes lie more than {_DEEPEST} below each other; export the codes again")
        path = above
        if guid_of(element) not in cases:
            path = (*above, element.get("name", "").strip() or element.get("guid", ""))
            yield Code(guid_of(element), path, text_of(first(element, "Description")))
        todo += [(child, path, depth + 1) for child in reversed([*children(element, "Code")])]


def read_project(data: bytes, name: str, declared: Interviews) -> CodedFile:
    """The codings of a project exchange file (.qdpx), of a bare project.qde, or a codebook (.qdc), which has none.

    What a bare file is says its root element; tools do not agree on namespaces. Raises SynthesisError with one line: file,
    place, cure. A coding that cannot be used is in `lost` with its reason.
    """
    archive = Archive(data, name)
    place = f"{name}: project.qde" if archive.is_zip else name
    root = parse(archive.project(), place, "export the project again")
    if is_kind(root, "CodeBook") and not archive.is_zip:
        return CodedFile(tuple(_codes(root, name, ())), (), (), "a codebook", ())
    if not is_kind(root, "Project"):
        raise SynthesisError(f"{place} is no REFI-QDA project, but <{kind_of(root)}>; export the project again")
    return _Project(root, archive, declared, name).read()


@dataclass
class _Selected:
    """A selection before its text is cut out. document: the source or note it is of. positions: None where it is a place and
    no text. missing: why it cannot be read."""

    document: Element
    element: Element
    text: Text | None
    positions: Selection | None
    codings: list[Element]
    missing: str | None = None
    start: int | None = None
    end: int | None = None

    @property
    def name(self) -> str:
        return self.document.get("name", "").strip()

    def place(self, counting: Counting) -> None:
        """Find start and end, or why there are none."""
        if self.missing is not None:
            return
        if self.positions is not None and self.text is not None:
            found = self.text.find(self.positions, counting)
            if found is None:
                self.missing = "its positions lie beyond the document's text"
            else:
                self.start, self.end = found
        elif is_kind(self.element, "PlainTextSelection"):
            self.missing = "its positions are not two whole numbers"
        elif is_kind(self.element, "TranscriptSelection"):
            self.missing = "its points of synchronisation have no place in the text"
        elif self.text is not None:
            self.start, self.end = 0, len(self.text.plain)

    @property
    def words(self) -> str | None:
        return self.text.plain[self.start : self.end].strip() or None if self.text is not None else None

    @property
    def span(self) -> tuple[int, int] | None:
        """Start and end of the words, without blanks around them: those may be the next speaker's."""
        words = self.words
        if self.text is None or words is None or self.start is None:
            return None
        begin = self.text.plain.index(words, self.start)
        return begin, begin + len(words)

    @property
    def number(self) -> str:
        """Which of the passages of these words in the text it is, from the second on; a place's coordinates."""
        words, span = self.words, self.span
        if self.text is None or words is None or span is None:
            spot = " ".join(f"{name} {self.element.get(name)}" for name in _COORDINATES if self.element.get(name))
            return f"{kind_of(self.element)} {spot}" if spot else self.element.get("guid", "")
        count, at = 1, self.text.plain.find(words)
        while at < span[0]:
            count, at = count + 1, self.text.plain.find(words, at + 1)
        return str(count) if count > 1 else ""


@dataclass
class _Ranges:
    """Stretches of a text that are a person's, by case."""

    spans: list[tuple[int, int, str]] = field(default_factory=list)

    def at(self, span: tuple[int, int] | None) -> list[str]:
        if span is None:
            return []
        return [case for begin, end, case in self.spans if begin < span[1] and span[0] < end]


class _Project:
    def __init__(self, root: Element, archive: Archive, declared: Interviews, name: str) -> None:
        self._root, self._archive, self._declared = root, archive, declared
        self._people = People(root, declared, name)
        self._users = {guid_of(one): one.get("name", "") for one in inside(root, "User")}
        book = first(root, "CodeBook")
        self._codes = tuple(_codes(book, name, self._people.case_of_code)) if book is not None else ()
        self._by_guid = {code.guid: code for code in self._codes}
        self._coded_notes = [one for group in inside(root, "Notes") for one in children(group, "Note")]
        self._notes = {guid_of(one): self._note(one) for one in self._coded_notes}
        self._ranges: dict[int, _Ranges] = {}
        self._cases_at: dict[int, list[str]] = {}
        self._documents_met: dict[tuple[object, ...], list[str]] = {}

    def _note(self, note: Element) -> str:
        content = text_of(first(note, "PlainTextContent"))
        path = note.get("plainTextPath")
        if content is None and path:
            content = self._archive.text(path)
        return (content or text_of(first(note, "Description")) or note.get("name") or "").strip().lstrip("\ufeff")

    def read(self) -> CodedFile:
        documents = [one for group in inside(self._root, "Sources") for one in children(group, *_SOURCES)]
        selected = [one for document in (*documents, *self._coded_notes) for one in self._selections(document, document)]
        placed = [(one.text, one.positions) for one in selected if one.text is not None and one.positions is not None]
        counting = counting_of(placed, self._declared.end_position)
        codings: list[Coding] = []
        lost: list[Lost] = []
        speakers = 0
        for one in selected:
            one.place(counting)
            speakers += self._hear(one)
        for one in selected:
            for coding, reference in _named(one.codings):
                if target(reference) in self._people.case_of_code:
                    if one.missing is not None:
                        lost.append(Lost(_place(coding, one.element), one.missing, one.name))
                    continue
                found = self._coding(one, coding, reference)
                if isinstance(found, str):
                    lost.append(Lost(_place(coding, one.element), found, one.name))
                else:
                    codings.append(found)
        known = {id(coding) for one in selected for coding in one.codings}
        for parent in self._root.iter():
            for coding in children(parent, "Coding"):
                if id(coding) not in known:
                    reason = f"a coding of a {kind_of(parent)} at this place is not read"
                    lost += [Lost(_place(coding, parent), reason) for _ in _references(coding)]
        origin = self._root.get("origin", "")
        notes = [f"characters are counted so: {counting.words}"] if placed else []
        if people := len(set(self._people.case_of_code) & {guid_of(one) for one in inside(self._root, "Code")}):
            notes.append(f"codes that are people: {people}")
        counted = sum(
            max(1, sum(is_kind(one, "CodeRef") for one in coding))
            for coding in self._root.iter()
            if is_kind(coding, "Coding")
        )
        return CodedFile(self._codes, tuple(codings), tuple(lost), origin, tuple(notes), counted, speakers)

    def _selections(self, document: Element, element: Element, depth: int = 0) -> Iterator[_Selected]:
        content = first(element, "PlainTextContent")
        path = element.get("plainTextPath")
        raw = "".join(content.itertext()) if content is not None else self._archive.text(path) if path else None
        text = Text(raw) if raw is not None else None
        missing = None if text is not None or not path else _NO_TEXT
        points = {guid_of(one): one.get("position") for one in children(element, "SyncPoint")}
        whole = list(children(element, "Coding"))
        if whole:
            # A whole document with a code: from its first to its last character, in any way of counting.
            yield _Selected(document, element, text, None, whole, missing)
        for one in element:
            codings = list(children(one, "Coding"))
            if is_kind(one, "PlainTextSelection"):
                positions = _positions(one.get("startPosition"), one.get("endPosition"), one.get("name", ""))
                yield _Selected(
                    document, one, text, positions, codings, missing or (None if text else "the document has no text")
                )
            elif is_kind(one, "TranscriptSelection"):
                # From one point of synchronisation up to another.
                start, end = (points.get(one.get(name, "").lower()) for name in ("fromSyncPoint", "toSyncPoint"))
                positions = _positions(start, end, one.get("name", ""), is_between=True)
                yield _Selected(
                    document, one, text, positions, codings, missing or (None if text else "the document has no text")
                )
            elif is_kind(one, *_PLACES):
                yield _Selected(document, one, None, None, codings)
            # A PDF's text stands below it, that of a place in a PDF below the place.
            if depth < 2:
                for part in [one] if is_kind(one, *_TEXTS) else children(one, *_TEXTS):
                    yield from self._selections(document, part, depth + 1)

    def _hear(self, one: _Selected) -> int:
        """Take codings at a case for what they say: whose the passage is. Returns how many there are."""
        keys = [
            self._people.case_of_code[target(reference)]
            for _, reference in _named(one.codings)
            if target(reference) in self._people.case_of_code and one.missing is None
        ]
        for key in keys:
            if one.span is None:
                self._cases_at.setdefault(id(one.element), []).append(key)
            else:
                self._ranges.setdefault(id(one.text), _Ranges()).spans.append((*one.span, key))
        return len(keys)

    def _coding(self, one: _Selected, coding: Element, reference: Element | None) -> Coding | str:
        """A coding, or why it cannot be used."""
        code = self._by_guid.get(target(reference))
        if code is None:
            return f"no code of the codebook has the GUID {target(reference) or '(none)'}"
        if one.missing is not None:
            return one.missing
        selection = [*self._people.at(guid_of(one.element)), *self._cases_at.get(id(one.element), [])]
        is_whole = one.element is one.document
        spoken = self._ranges[id(one.text)].at(one.span) if id(one.text) in self._ranges else []
        document = [*self._people.at(guid_of(one.document)), *self._cases_at.get(id(one.document), [])]
        person, wave, reason = self._people.who(one.document, ([] if is_whole else selection, spoken, document))
        if reason is not None:
            return reason
        coder = coding.get("creatingUser") or one.element.get("creatingUser") or ""
        notes = [self._notes.get(target(note), "") for part in (coding, one.element) for note in children(part, "NoteRef")]
        notes.append(text_of(first(one.element, "Description")) or "")
        return Coding(
            code=code,
            source=one.name,
            start=one.start,
            end=one.end,
            text=one.words,
            person=person,
            wave=wave,
            coder=self._users.get(coder.lower()) or None,
            coded_at=coding.get("creationDateTime") or one.element.get("creationDateTime"),
            memo="\n".join(note for note in notes if note) or None,
            place=one.element.get("guid", "") or one.name,
            again=self._again(one, person, wave),
        )

    def _again(self, one: _Selected, person: str | None, wave: str | None) -> str:
        """Which of the passages of these words it is, and which of a person's documents of one name."""
        met = self._documents_met.setdefault((one.name, person, wave), [])
        guid = guid_of(one.document)
        if guid not in met:
            met.append(guid)
        return " ".join(part for part in (guid if met.index(guid) else "", one.number) if part)


def _references(coding: Element) -> list[Element | None]:
    """The codes that a coding names: one by the standard."""
    return [*children(coding, "CodeRef")] or [None]


def _named(codings: Iterable[Element]) -> list[tuple[Element, Element | None]]:
    """Each coding with each code that it names."""
    return [(coding, reference) for coding in codings for reference in _references(coding)]


def _place(coding: Element, selection: Element) -> str:
    """A GUID, with the positions where there are any."""
    guid = coding.get("guid") or selection.get("guid") or ""
    at = [selection.get(name) for name in ("startPosition", "endPosition")]
    return f"{guid} ({' to '.join(one for one in at if one)})" if any(at) else guid


def _positions(start: str | None, end: str | None, name: str, *, is_between: bool = False) -> Selection | None:
    try:
        return Selection(int(start or ""), int(end or ""), name, is_between)
    except ValueError:
        return None
