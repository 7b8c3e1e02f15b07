"""What is wrong with the built documentation: links that lead nowhere, and anything that a page would fetch from elsewhere.

`python tests/docs_site.py site` prints it and ends with 1 where there is any.
"""

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Attributes by which a page fetches something when it is opened; a link is followed by people only.
_FETCHED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("link", "href"), ("source", "src"), ("image", "href")}
#: Links of a page's head that fetch nothing.
_NAMES_ONLY = {"canonical", "next", "prev", "alternate", "edit"}


class _Page(HTMLParser):
    """The ids and the addresses of a page. links: tag, address, whether the browser fetches it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.ids |= {value for name, value in attributes if name in ("id", "name") and value}
        for name in ("href", "src"):
            if value := values.get(name):
                is_named_only = tag == "link" and (values.get("rel") or "") in _NAMES_ONLY
                self.links.append((value, (tag, name) in _FETCHED and not is_named_only))


def faults(site: Path) -> Iterator[str]:
    """What is wrong, a line each."""
    pages = {
        file: _Page(file.read_text(encoding="utf-8")) for file in sorted(site.rglob("*.html")) if file.name != "404.html"
    }
    for file, page in pages.items():
        for address, is_fetched in page.links:
            parts = urlsplit(address)
            name = f"{file.relative_to(site)}: {address}"
            if parts.scheme in ("http", "https") or address.startswith("//"):
                if is_fetched:
                    yield f"{name}: would be fetched from elsewhere"
                continue
            if parts.scheme:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            target = target / "index.html" if target.is_dir() else target
            if not target.exists():
                yield f"{name}: there is no such file"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids | {"__skip"}:
                yield f"{name}: the page has no such part"
    for file in sorted(site.rglob("*.css")):
        text = file.read_text(encoding="utf-8")
        if "@import" in text or "url(http" in text or "url(//" in text:
            yield f"{file.relative_to(site)}: fetches from elsewhere"


def main() -> int:
    lines = list(faults(Path(sys.argv[1]).resolve()))
    print(*lines, f"{len(lines)} faults", sep="\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
