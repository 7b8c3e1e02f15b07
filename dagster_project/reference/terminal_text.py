"""A page of the reference as plain lines, to be read on a terminal. Does not belong here: what pages say.

The pages' own Markdown is small: headings, paragraphs, lists, tables, links, code and line breaks within cells.
"""

import html
import re
from collections.abc import Sequence

_HEADING = re.compile(r"(#+) (.*?)(?: \{ #[\w-]+ \})?$")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"(?<![\w/])\*+([^*|]+)\*+(?!\w)")
_RULE = re.compile(r"\|(?:-+\|)+$")
_CELLS = re.compile(r"(?<!\\)\|")


def page_lines(markdown: str) -> list[str]:
    """Each row of a table as a line: its first cell, then the others; headings above, what they hold indented."""
    lines: list[str] = []
    source = markdown.splitlines()
    for index, line in enumerate(source):
        if (heading := _HEADING.match(line)) is not None:
            lines += ["", _plain(heading[2])] if lines else [_plain(heading[2])]
        elif line.startswith("|"):
            is_head = index + 1 < len(source) and _RULE.match(source[index + 1]) is not None
            if not is_head and not _RULE.match(line):
                first, *cells = (_plain(cell.strip()) for cell in _CELLS.split(line)[1:-1])
                lines.append("  " + ": ".join(filter(None, (first, " ".join(filter(None, cells))))))
        elif line.strip() and not line.startswith("```"):
            lines.append(f"  {_plain(line)}")
    return lines


def lines_about(lines: Sequence[str], words: Sequence[str]) -> list[str]:
    """The lines that have all words, in any case, in themselves or in the heading above, each below that heading."""
    shown_lines: list[str] = []
    title, shown_title = "", ""
    for line in lines:
        if line and not line.startswith(" "):
            title = line
        elif line and all(word.casefold() in f"{title} {line}".casefold() for word in words):
            shown_lines += [title] if title != shown_title else []
            shown_title = title
            shown_lines.append(line)
    return shown_lines


def _plain(text: str) -> str:
    text = _EMPHASIS.sub(r"\1", _LINK.sub(r"\1", re.sub(r"([.?])<br>", r"\1 ", text).replace("<br>", ", ")))
    return html.unescape(re.sub(r"</?code>|`", "", text).replace("\\_", "_"))
