"""XML of REFI-QDA, element by element. Belongs here: parsing, and finding elements whatever their namespace. Does not belong
here: what an element means."""

from collections.abc import Iterator
from xml.etree import ElementTree

from dagster_project.synthesis.errors import SynthesisError

Element = ElementTree.Element


class _NoDoctype(ElementTree.TreeBuilder):
    """Entities of a document type could name files or grow without bounds; REFI-QDA has none."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise SynthesisError("it has a document type, which REFI-QDA files have not")


def parse(data: bytes, name: str, cure: str) -> Element:
    """The root. Raises SynthesisError with one line: name, line, column, cure."""
    try:
        return ElementTree.fromstring(data, ElementTree.XMLParser(target=_NoDoctype()))
    except ElementTree.ParseError as error:
        line, column = error.position
        raise SynthesisError(f"{name}: line {line}: column {column + 1}: the XML is broken ({error.msg}); {cure}") from None
    except (LookupError, ValueError) as error:
        # SynthesisError is a ValueError; the others are encodings that Python does not know.
        raise SynthesisError(f"{name}: {error}; {cure}") from None


def kind_of(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def is_kind(element: Element, *names: str) -> bool:
    return kind_of(element) in names


def children(element: Element, *names: str) -> Iterator[Element]:
    return (child for child in element if is_kind(child, *names))


def first(element: Element, name: str) -> Element | None:
    return next(children(element, name), None)


def inside(element: Element, *names: str) -> Iterator[Element]:
    return (one for one in element.iter() if is_kind(one, *names))


def guid_of(element: Element) -> str:
    """Tools write a GUID now in capitals, now not."""
    return element.get("guid", "").lower()


def target(element: Element | None) -> str:
    return "" if element is None else element.get("targetGUID", "").lower()


def text_of(element: Element | None) -> str | None:
    text = "" if element is None else "".join(element.itertext()).strip()
    return text or None
