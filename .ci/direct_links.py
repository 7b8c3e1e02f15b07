"""In the built site, links to a part of the reference's first page lead to the page that the part is about.

    python .ci/direct_links.py site

The pages that are made from the code are not in the repository, so that a link to one would lead to nothing where the
repository's own files are read. Pages therefore link to its first page, reference/index.md#tables and the like, which is
there; in the site, the same links lead straight to reference/tables.html. Belongs here: that change. Does not belong here:
checking links (tests/docs_site.py).
"""

import re
import sys
from pathlib import Path

#: A link in a page's text or navigation to a part of the first page; in that page itself only the part is named, and only
#: links of the text are changed.
_FROM_ELSEWHERE = re.compile(r'href="((?:\.\./)*)reference/index\.html#([a-z-]+)"')
_FROM_ITSELF = re.compile(r'<a href="(?:index\.html)?#([a-z-]+)">')


def redirect(site: Path) -> int:
    """Change the links of a built site. Returns how many were changed."""
    pages = {file.stem for file in (site / "reference").glob("*.html")}
    changed = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal changed
        *start, part = match.groups()
        if part not in pages:
            return match[0]
        changed += 1
        return f'href="{start[0]}reference/{part}.html"' if start else f'<a href="{part}.html">'

    for file in sorted(site.rglob("*.html")):
        text = file.read_text(encoding="utf-8")
        pattern = _FROM_ITSELF if file == site / "reference" / "index.html" else _FROM_ELSEWHERE
        if (new_text := pattern.sub(replaced, text)) != text:
            file.write_text(new_text, encoding="utf-8", newline="")
    return changed


if __name__ == "__main__":
    number = redirect(Path(sys.argv[1]))
    print(f"{number} links lead to pages of the reference")
    sys.exit(0 if number else 1)
