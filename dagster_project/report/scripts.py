"""The scripts of the page in the language that is spoken. Belongs here: the words of their literals. Does not belong here:
what the scripts do (templates/page/scripts/).

In English a script is what its file says. In another language the literals that are words are exchanged for their
translations, which keep the same `${...}`, and numbers get the decimal mark.
"""

import re

from dagster_project.languages import ENGLISH, gettext, gettext_noop, number_text, spoken_language

#: The literals that people read, as the scripts write them.
SCRIPT_WORDS = (
    gettext_noop("In the terminal and in SQL"),
    gettext_noop("All of these"),
    gettext_noop("Person by person"),
    gettext_noop("Exactly"),
    gettext_noop("${file.name} (version ${file.version}, SHA-256 ${file.sha256.slice(0, 12)}…)"),
    gettext_noop("${id}: this page has no such number. wavehouse trace names the nearest, and results.results lists all."),
    gettext_noop("person"),
    gettext_noop("group"),
    gettext_noop("value"),
    gettext_noop(" minus "),
    gettext_noop("returned"),
    gettext_noop("not known"),
    gettext_noop("Person by person: ${countedRows.length} counted, ${omittedRows.length} left out"),
    gettext_noop("${formatValue(value)} (${column.items_answered[personIndex]} of ${data.scales[measure].items_total})"),
    gettext_noop("was not planned for"),
    gettext_noop("did not return"),
    gettext_noop("item"),
    gettext_noop("answer"),
    gettext_noop("counts as"),
    gettext_noop("row"),
    gettext_noop("column"),
    gettext_noop("file"),
    gettext_noop("no answer: ${this.reason(column, personIndex)}"),
    gettext_noop("no row"),
    gettext_noop("no column"),
    gettext_noop("${formatValue(number)} (not asked)"),
    gettext_noop("${formatValue(codes[answer])} (recoded)"),
    gettext_noop(" (${reversedFrom} − answer)"),
    gettext_noop("${formatValue(value)} from ${column.items_answered[personIndex]} of ${itemsTotal}"),
)
#: Where the scripts turn a number into a text.
NUMBER_TEXTS = ("String(Number(value.toPrecision(6)))", "String(values[row])")
#: The scripts without words: their literals are names of elements, roles and keys.
_WORDLESS = ("elements", "grid")
_LITERAL = re.compile(r""" "(?:[^"\\\n]|\\.)*" | `(?:[^`\\]|\\.)*` """, re.VERBOSE)


def spoken_script(name: str, source: str) -> str:
    """A script with its words in the language that is spoken. name: of its file, without the ending."""
    if spoken_language() == ENGLISH or name in _WORDLESS:
        return source
    translated = _LITERAL.sub(_spoken_literal, source)
    mark = number_text(".5")[0]
    for expression in NUMBER_TEXTS:
        translated = translated.replace(expression, f'{expression}.replace(".", "{mark}")')
    return translated


def _spoken_literal(match: re.Match[str]) -> str:
    quote, text = match[0][0], match[0][1:-1]
    if text not in SCRIPT_WORDS:
        return match[0]
    return quote + gettext(text).replace("\\", "\\\\").replace(quote, f"\\{quote}") + quote
