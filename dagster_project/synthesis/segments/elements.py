"""XML elements of REFI-QDA. Belongs here: parsing, and finding elements regardless of namespace. Does not belong here: what
an element means."""

from collections.abc import Iterator
from xml.etree import ElementTree

from dagster_project.readable_files import beyond, most_of
from dagster_project.synthesis.errors import SynthesisError

Element = ElementTree.Element


class _NoDoctype(ElementTree.TreeBuilder):
    """Refuses document types: their entities could read files or expand without bounds, and REFI-QDA has none."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise SynthesisError("it has a document type, which REFI-QDA files have not")


def parse(data: bytes, name: str, remedy: str) -> Element:
    """The root element. Raises SynthesisError with one line: name, line, column, remedy."""
    # Before a tree is built, which takes far more memory than the text: every element begins with a "<".
    if data.count(b"<") - data.count(b"</") > most_of("interview_elements"):
        raise SynthesisError(f"{name}: the XML holds {beyond('interview_elements')}")
    try:
        return ElementTree.fromstring(data, ElementTree.XMLParser(target=_NoDoctype()))
    except ElementTree.ParseError as error:
        line, column = error.position
        raise SynthesisError(
            f"{name}: line {line}: column {column + 1}: the XML is broken ({error.msg}); {remedy}"
        ) from None
    except (LookupError, ValueError) as error:
        # SynthesisError is a ValueError; the others are encodings that Python does not know.
        raise SynthesisError(f"{name}: {error}; {remedy}") from None


def kind_of(element: Element) -> str:
    """The element's tag without its namespace."""
    return element.tag.rsplit("}", 1)[-1]


def is_kind(element: Element, *names: str) -> bool:
    return kind_of(element) in names


def children(element: Element, *names: str) -> Iterator[Element]:
    return (child for child in element if is_kind(child, *names))


def first_child(element: Element, name: str) -> Element | None:
    return next(children(element, name), None)


def descendants(element: Element, *names: str) -> Iterator[Element]:
    """The elements of the given kinds below an element, the element itself included, in document order."""
    return (descendant for descendant in element.iter() if is_kind(descendant, *names))


def guid_of(element: Element) -> str:
    """The element's GUID in lower case: tools differ in case."""
    return element.get("guid", "").lower()


def target_guid(element: Element | None) -> str:
    """The GUID that a reference points to, or an empty string."""
    return "" if element is None else element.get("targetGUID", "").lower()


def text_of(element: Element | None) -> str | None:
    text = "" if element is None else "".join(element.itertext()).strip()
    return text or None
