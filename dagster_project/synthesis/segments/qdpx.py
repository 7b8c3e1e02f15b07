"""REFI-QDA: project exchange (.qdpx) and codebook exchange (.qdc), versions 1.0 and 1.5, as tools write them.

Belongs here: codes, selections and codings. Does not belong here: the zip (archive.py), how characters are counted
(positions.py), who a person is (people.py).

Read: codes, text and PDF documents, transcripts of audio and video, descriptions of pictures, coded notes, codings of whole
documents, selections in pictures, PDFs, audio and video, users. Not read: links, graphs and the media themselves; codings
anywhere else are set aside. The words of a segment are taken from the text, never from the name of a selection: that may be
its text, but also a label, the document's name or a remark. So a selection in a medium has no text, and a selection of a
text that is not in the file is set aside.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.segments.archive import Archive
from dagster_project.synthesis.segments.elements import (
    Element,
    children,
    descendants,
    first_child,
    guid_of,
    is_kind,
    kind_of,
    parse,
    target_guid,
    text_of,
)
from dagster_project.synthesis.segments.model import Code, CodedFile, Coding, Interviews, UnusableCoding
from dagster_project.synthesis.segments.people import People
from dagster_project.synthesis.segments.positions import Counting, Selection, Text, infer_counting
from dagster_project.withholding import of_cell

_SOURCES = ("TextSource", "PDFSource", "PictureSource", "AudioSource", "VideoSource")
#: Parts of a source that have their own text.
_TEXT_PARTS = ("Representation", "Transcript", "TextDescription")
#: Whatever needs the text of the document that it stands in.
_SELECTIONS = ("PlainTextSelection", "TranscriptSelection")
_MEDIA_SELECTIONS = ("PDFSelection", "PictureSelection", "AudioSelection", "VideoSelection")
#: The attributes that locate a selection in a medium.
_COORDINATES = ("page", "firstX", "firstY", "secondX", "secondY", "begin", "end")
_BLANK = "the document's text is blank; look at the document in the project, and export it again"
_NO_TEXT = "the document's text is not in the file, or its name is ambiguous; export the project with its texts"
#: Deeper codes are refused: only a malicious file has them.
_MAX_DEPTH = 100


def read_codebook(data: bytes, name: str) -> tuple[Code, ...]:
    """The codes of a codebook exchange file (.qdc). Raises SynthesisError with one line."""
    root = parse(data, name, "export the codebook again")
    if not is_kind(root, "CodeBook"):
        raise SynthesisError(f"{name}: the XML is not a REFI-QDA codebook; export the codebook as .qdc")
    return tuple(_codes(root, name, ()))


def _codes(codebook: Element, name: str, people: Iterable[str]) -> Iterator[Code]:
    """people: GUIDs of codes that represent a person. They are left out, also from the paths of the codes below them."""
    people_guids = frozenset(people)
    stack: list[tuple[Element, tuple[str, ...], int]] = [
        (code, (), 1)
        for codes in reversed([*descendants(codebook, "Codes")])
        for code in reversed([*children(codes, "Code")])
    ]
    while stack:
        element, parent_path, depth = stack.pop()
        if depth > _MAX_DEPTH:
            raise SynthesisError(f"{name}: codes are nested more than {_MAX_DEPTH} levels deep; export the codes again")
        path = parent_path
        if guid_of(element) not in people_guids:
            path = (*parent_path, element.get("name", "").strip() or element.get("guid", ""))
            yield Code(guid_of(element), path, text_of(first_child(element, "Description")))
        stack += [(child, path, depth + 1) for child in reversed([*children(element, "Code")])]


def read_project(data: bytes, name: str, declaration: Interviews) -> CodedFile:
    """The codings of a project exchange file (.qdpx), of a bare project.qde, or a codebook (.qdc), which has none.

    A file without an archive is recognised by its root element, regardless of namespace. Raises SynthesisError with one
    line: file, location, remedy. A coding that cannot be used is in `lost` with its reason.
    """
    archive = Archive(data, name)
    location = f"{name}: project.qde" if archive.is_zip else name
    root = parse(archive.project(), location, "export the project again")
    if is_kind(root, "CodeBook") and not archive.is_zip:
        return CodedFile(tuple(_codes(root, name, ())), (), (), "a codebook", ())
    if not is_kind(root, "Project"):
        raise SynthesisError(f"{location} is not a REFI-QDA project, but <{kind_of(root)}>; export the project again")
    return _Project(root, archive, declaration, name).coded_file()


@dataclass
class _CodedSelection:
    """A selection with its codings. document: the source or note that it is in. positions: None where it is no text.
    problem: why it cannot be read. start, end: its position in the text once it has been located."""

    document: Element
    element: Element
    text: Text | None
    positions: Selection | None
    codings: list[Element]
    problem: str | None = None
    start: int | None = None
    end: int | None = None

    @property
    def name(self) -> str:
        return self.document.get("name", "").strip()

    def locate(self, counting: Counting) -> None:
        """Set start and end, or the problem."""
        if self.problem is not None:
            return
        if self.positions is not None and self.text is not None:
            span = self.text.find(self.positions, counting)
            if span is None:
                self.problem = "its positions lie beyond the document's text"
            else:
                self.start, self.end = span
        elif is_kind(self.element, "PlainTextSelection"):
            self.problem = "its positions are not two whole numbers"
        elif is_kind(self.element, "TranscriptSelection"):
            self.problem = "its points of synchronisation have no place in the text"
        elif self.text is not None:
            self.start, self.end = 0, len(self.text.plain)

    @property
    def selected_text(self) -> str | None:
        return self.text.plain[self.start : self.end].strip() or None if self.text is not None else None

    @property
    def span(self) -> tuple[int, int] | None:
        """Start and end of the selected text without the whitespace around it, which may belong to the next speaker."""
        selected_text = self.selected_text
        if self.text is None or selected_text is None or self.start is None:
            return None
        start = self.text.plain.index(selected_text, self.start)
        return start, start + len(selected_text)

    @property
    def occurrence(self) -> str:
        """The number of the passage among those of the same words in the text, from 2; or the coordinates in a medium."""
        selected_text, span = self.selected_text, self.span
        if self.text is None or selected_text is None or span is None:
            coordinates = " ".join(f"{name} {self.element.get(name)}" for name in _COORDINATES if self.element.get(name))
            return f"{kind_of(self.element)} {coordinates}" if coordinates else self.element.get("guid", "")
        number, start = 1, self.text.plain.find(selected_text)
        while start < span[0]:
            number, start = number + 1, self.text.plain.find(selected_text, start + 1)
        return str(number) if number > 1 else ""


@dataclass
class _CaseSpans:
    """The spans of a text that are coded with a case: start, end, key of the case."""

    spans: list[tuple[int, int, str]] = field(default_factory=list)

    def overlapping(self, span: tuple[int, int] | None) -> list[str]:
        """The cases whose spans overlap a span."""
        if span is None:
            return []
        return [case for start, end, case in self.spans if start < span[1] and span[0] < end]


class _Project:
    def __init__(self, root: Element, archive: Archive, declaration: Interviews, name: str) -> None:
        self._root, self._archive, self._declaration, self._name = root, archive, declaration, name
        self._people = People(root, declaration, name)
        self._users = {guid_of(user): user.get("name", "") for user in descendants(root, "User")}
        codebook = first_child(root, "CodeBook")
        self._codes = tuple(_codes(codebook, name, self._people.case_of_code)) if codebook is not None else ()
        self._code_by_guid = {code.guid: code for code in self._codes}
        self._notes = [note for group in descendants(root, "Notes") for note in children(group, "Note")]
        self._note_texts = {guid_of(note): self._note_text(note) for note in self._notes}
        #: Cases that are applied as codes: to spans of a text, by its id(); to other elements, by their id().
        self._case_spans: dict[int, _CaseSpans] = {}
        self._cases_of_element: dict[int, list[str]] = {}
        #: GUIDs of documents by name, person and wave.
        self._documents: dict[tuple[object, ...], list[str]] = {}

    def _note_text(self, note: Element) -> str:
        content = text_of(first_child(note, "PlainTextContent"))
        path = note.get("plainTextPath")
        if content is None and path:
            content = self._archive.text(path)
        return (content or text_of(first_child(note, "Description")) or note.get("name") or "").strip().lstrip("\ufeff")

    def coded_file(self) -> CodedFile:
        documents = [source for group in descendants(self._root, "Sources") for source in children(group, *_SOURCES)]
        selections = [
            selection for document in (*documents, *self._notes) for selection in self._selections(document, document)
        ]
        counting = self._counting(selections)
        codings: list[Coding] = []
        unusable: list[UnusableCoding] = []
        speaker_count = 0
        for selection in selections:
            selection.locate(counting or Counting())
            speaker_count += self._assign_cases(selection)
        for selection in selections:
            for element, reference in _code_references(selection.codings):
                if target_guid(reference) in self._people.case_of_code:
                    if selection.problem is not None:
                        unusable.append(
                            UnusableCoding(_location(element, selection.element), selection.problem, selection.name)
                        )
                    continue
                coding = self._coding(selection, element, reference)
                if isinstance(coding, str):
                    unusable.append(UnusableCoding(_location(element, selection.element), coding, selection.name))
                else:
                    codings.append(coding)
        unusable += self._codings_elsewhere(selections)
        origin = self._root.get("origin", "")
        notes = [f"character counting: {counting.description}"] if counting is not None else []
        code_guids = {guid_of(code) for code in descendants(self._root, "Code")}
        if people_count := len(set(self._people.case_of_code) & code_guids):
            notes.append(f"codes that are people: {people_count}")
        coding_count = sum(
            max(1, sum(is_kind(child, "CodeRef") for child in coding)) for coding in descendants(self._root, "Coding")
        )
        return CodedFile(self._codes, tuple(codings), tuple(unusable), origin, tuple(notes), coding_count, speaker_count)

    def _counting(self, selections: Iterable[_CodedSelection]) -> Counting | None:
        """How the file counts characters; None where nothing in it has positions in a text."""
        located = [
            (selection, selection.text, selection.positions)
            for selection in selections
            if selection.text is not None and selection.positions is not None
        ]
        if not located:
            return None
        counting, undecided = infer_counting(
            [(text, positions) for _, text, positions in located], self._declaration.end_position
        )
        if undecided is not None:
            selection = located[undecided][0]
            raise SynthesisError(
                f"{self._name}: selection {_location(selection.element, selection.element)} of"
                f" {of_cell(selection.name) if selection.name else 'a document'}: endPosition could be the last character"
                " or the one after it; say end_position: inclusive or exclusive for this file in propositions.yaml"
            )
        return counting

    def _codings_elsewhere(self, selections: Iterable[_CodedSelection]) -> Iterator[UnusableCoding]:
        """The codings of elements that are not read."""
        coding_ids = {id(coding) for selection in selections for coding in selection.codings}
        for parent in self._root.iter():
            for coding in children(parent, "Coding"):
                if id(coding) not in coding_ids:
                    reason = f"a coding of a {kind_of(parent)} at this place is not read"
                    yield from (UnusableCoding(_location(coding, parent), reason) for _ in _references(coding))

    def _selections(self, document: Element, element: Element, depth: int = 0) -> Iterator[_CodedSelection]:
        text, problem = self._text(element)
        sync_points = {guid_of(point): point.get("position") for point in children(element, "SyncPoint")}
        document_codings = list(children(element, "Coding"))
        if document_codings:
            # The codings of a whole document need no positions.
            yield _CodedSelection(document, element, text, None, document_codings, problem)
        text_problem = problem or (None if text else "the document has no text")
        for child in element:
            codings = list(children(child, "Coding"))
            if is_kind(child, "PlainTextSelection"):
                positions = _positions(child.get("startPosition"), child.get("endPosition"), child.get("name", ""))
                yield _CodedSelection(document, child, text, positions, codings, text_problem)
            elif is_kind(child, "TranscriptSelection"):
                # From one point of synchronisation to another.
                start, end = (sync_points.get(child.get(name, "").lower()) for name in ("fromSyncPoint", "toSyncPoint"))
                positions = _positions(start, end, child.get("name", ""), is_between=True)
                yield _CodedSelection(document, child, text, positions, codings, text_problem)
            elif is_kind(child, *_MEDIA_SELECTIONS):
                yield _CodedSelection(document, child, None, None, codings)
            # The text of a PDF is a child of it; the text of a selection in a PDF is a child of the selection.
            if depth < 2:
                for part in [child] if is_kind(child, *_TEXT_PARTS) else children(child, *_TEXT_PARTS):
                    yield from self._selections(document, part, depth + 1)

    def _text(self, element: Element) -> tuple[Text | None, str | None]:
        """The text of a document or a part of it, if it has one; and why its codings cannot be used, if they cannot."""
        content = first_child(element, "PlainTextContent")
        path = element.get("plainTextPath")
        is_coded = next(children(element, "Coding", *_SELECTIONS), None) is not None
        if content is None and not (path and is_coded):
            return None, None
        raw_text = "".join(content.itertext()) if content is not None else self._archive.text(path or "")
        if raw_text is None:
            return None, _NO_TEXT
        text = Text(raw_text)
        return text, None if text.plain.strip() else _BLANK

    def _assign_cases(self, selection: _CodedSelection) -> int:
        """Record the cases that a selection is coded with: its words are theirs. Returns the number of these codings."""
        keys = [
            self._people.case_of_code[target_guid(reference)]
            for _, reference in _code_references(selection.codings)
            if target_guid(reference) in self._people.case_of_code and selection.problem is None
        ]
        for key in keys:
            if selection.span is None:
                self._cases_of_element.setdefault(id(selection.element), []).append(key)
            else:
                self._case_spans.setdefault(id(selection.text), _CaseSpans()).spans.append((*selection.span, key))
        return len(keys)

    def _coding(self, selection: _CodedSelection, coding: Element, reference: Element | None) -> Coding | str:
        """A coding, or the reason why it cannot be used."""
        code = self._code_by_guid.get(target_guid(reference))
        if code is None:
            return f"no code of the codebook has the GUID {target_guid(reference) or '(none)'}"
        if selection.problem is not None:
            return selection.problem
        element, document = selection.element, selection.document
        selection_cases = [] if element is document else self._element_cases(element)
        span_cases = (
            self._case_spans[id(selection.text)].overlapping(selection.span)
            if id(selection.text) in self._case_spans
            else []
        )
        person, wave, reason = self._people.person_and_wave(
            document, (selection_cases, span_cases, self._element_cases(document))
        )
        if reason is not None:
            return reason
        coder = coding.get("creatingUser") or element.get("creatingUser") or ""
        memos = [
            self._note_texts.get(target_guid(note), "") for part in (coding, element) for note in children(part, "NoteRef")
        ]
        memos.append(text_of(first_child(element, "Description")) or "")
        return Coding(
            code=code,
            source=selection.name,
            start=selection.start,
            end=selection.end,
            text=selection.selected_text,
            person=person,
            wave=wave,
            coder=self._users.get(coder.lower()) or None,
            coded_at=coding.get("creationDateTime") or element.get("creationDateTime"),
            memo="\n".join(memo for memo in memos if memo) or None,
            location=element.get("guid", "") or selection.name,
            occurrence=self._occurrence(selection, person, wave),
        )

    def _element_cases(self, element: Element) -> list[str]:
        """The cases that list an element or that it is coded with."""
        return [*self._people.cases_listing(guid_of(element)), *self._cases_of_element.get(id(element), [])]

    def _occurrence(self, selection: _CodedSelection, person: str | None, wave: str | None) -> str:
        """Distinguishes a passage from others of the same words in documents of the same name, person and wave."""
        guids = self._documents.setdefault((selection.name, person, wave), [])
        guid = guid_of(selection.document)
        if guid not in guids:
            guids.append(guid)
        return " ".join(part for part in (guid if guids.index(guid) else "", selection.occurrence) if part)


def _references(coding: Element) -> list[Element | None]:
    """The code references of a coding: exactly one in the standard; None where there is none."""
    return [*children(coding, "CodeRef")] or [None]


def _code_references(codings: Iterable[Element]) -> list[tuple[Element, Element | None]]:
    """Each coding with each of its code references."""
    return [(coding, reference) for coding in codings for reference in _references(coding)]


def _location(coding: Element, selection: Element) -> str:
    """A GUID, with the positions where there are any."""
    guid = coding.get("guid") or selection.get("guid") or ""
    positions = [selection.get(name) for name in ("startPosition", "endPosition")]
    return f"{guid} ({' to '.join(position for position in positions if position)})" if any(positions) else guid


def _positions(start: str | None, end: str | None, name: str, *, is_between: bool = False) -> Selection | None:
    try:
        return Selection(int(start or ""), int(end or ""), name, is_between)
    except ValueError:
        return None
