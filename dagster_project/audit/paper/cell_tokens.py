"""A cell's text as tokens: numbers, brackets, marks of a range, names.

Belongs here: characters, and which of them make a number. Does not belong here: what the numbers are (cells.py).
"""

import re
from dataclasses import dataclass

from dagster_project.audit.paper.decimal_marks import COMMA, POINT, with_points

#: Raised letters and digits, and what else points at a note.
_MARKS = re.compile(r"[*†‡§¶‖#∗⁎✝⸸]+|[ᵃ-ᵡ⁰¹³⁴⁵⁶⁷⁸⁹ˣⁱⁿªº]+(?:,[ᵃ-ᵡ⁰¹³⁴⁵⁶⁷⁸⁹]+)*")
_RAISED = re.compile(r"\^\{([^{}]*)\}")
_POWER = re.compile(r"\s*[×xX·*]\s*10\s*(?:\^\{\s*([-−–+]?\d+)\s*\}|\^\s*([-−–+]?\d+)|([-−–⁻]\d+)|⁻([⁰¹²³⁴⁵⁶⁷⁸⁹]+))")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SQUARED = re.compile(r"(?<=[χXxηωεRr²])(?:\s*\^\{2\}|2(?=\s*[(=<>]))|(?<=[mp])\^\{2\}")
_DIGITS = "0123456789"
_DASH = "-‐‑‒–—−－﹣"
_SPACES = "\u2009\u202f\u00a0\u2008"
_GROUPING = rf"['’{_SPACES}]"
_EXPONENT = r"(?:[eE][+-]?\d{1,3})?"
_NUMBERS = {
    POINT: re.compile(rf"(?:\d{{1,3}}(?:(?:,|{_GROUPING})\d{{3}})+(?!\d)|\d+)?(?:\.\d+)?{_EXPONENT}"),
    COMMA: re.compile(rf"(?:\d{{1,3}}(?:(?:\.|{_GROUPING})\d{{3}})+(?!\d)|\d+)?(?:,\d+)?{_EXPONENT}"),
    None: re.compile(rf"(?:\d{{1,3}}(?:{_GROUPING}\d{{3}})+(?!\d)|\d+)?(?:[.,]\d+)*{_EXPONENT}"),
}
#: What could be a thousand or three decimals.
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_WORD = re.compile(r"[A-Za-zÀ-žα-ωΑ-Ω_χηβΔ²][\w²'’./-]*(?<![./-])|%")
_LEVEL_OF_INTERVAL = re.compile(
    r"(90|95|99)\s?%\s?-?(?:CI|KI|IC|CrI|confidence interval)\b:?|\bCI\s?(90|95|99)\s?%?:?", re.IGNORECASE
)
_NOTE_LETTERS = re.compile(r"[a-h](?:,\s?[a-h])*(?![\w(])")
_SYMBOLS = {"<": "<", ">": ">", "≤": "≤", "≥": "≥", "=": "=", "±": "±", "(": "(", ")": ")", "[": "[", "]": "]", ",": ",",
            ";": ";", "/": "/", ":": ":", "<=": "≤", ">=": "≥", "+/-": "±", "+-": "±", "|": "|", "&": "&",
            "+": "+"}  # fmt: skip
_TOGETHER = re.compile(r"\+/[-−–]|\+[-−]|<=|>=|&lt;|&gt;")


@dataclass(frozen=True)
class Token:
    """kind: number, to, word, level, or the symbol itself. text: of a number, with a decimal point and no thousands."""

    kind: str
    text: str


class CellTextError(ValueError):
    """A cell that cannot be taken for tokens. The message is the question that it asks."""


def tokens_of(cell_text: str, mark: str | None) -> tuple[list[Token], str]:
    """A cell's tokens, and the marks of notes in it, which are no part of its numbers.

    Raises CellTextError where a comma or point could mark thousands or decimals.
    """
    text = _SQUARED.sub("²", with_points(cell_text))
    text = _POWER.sub(_exponent, text)
    notes = [mark[0] for mark in (*_RAISED.finditer(text), *_MARKS.finditer(text))]
    text = _MARKS.sub(" ", _RAISED.sub(" ", text))
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character.isspace():
            position += 1
            continue
        if level := _LEVEL_OF_INTERVAL.match(text, position):
            tokens.append(Token("level", level[1] or level[2]))
            position = level.end()
            continue
        if symbol := _TOGETHER.match(text, position):
            tokens.append(
                Token(
                    "±" if symbol[0][0] == "+" else {"&lt;": "<", "&gt;": ">"}.get(symbol[0], _SYMBOLS.get(symbol[0], "")),
                    symbol[0],
                )
            )
            position = symbol.end()
            continue
        if character in _DASH:
            position = _dash(text, position, tokens, mark)
            continue
        if character in _DIGITS or (character in ".," and _is_leading_mark(text, position, tokens, mark)):
            position = _number(text, position, tokens, mark, "")
            continue
        if tokens and tokens[-1].kind in ("number", ")", "]", "%") and (letters := _NOTE_LETTERS.match(text, position)):
            notes.append(letters[0])
            position = letters.end()
            continue
        if word := _WORD.match(text, position):
            lower = word[0].casefold()
            kind = "%" if word[0] == "%" else "to" if lower in ("to", "bis", "à") else "word"
            tokens.append(Token("/" if lower == "of" else kind, word[0]))
            position = word.end()
            continue
        if character not in _SYMBOLS and character not in "….$€£'’\"":
            raise CellTextError(f"{character!r} is no part of a number")
        if character in _SYMBOLS:
            tokens.append(Token(_SYMBOLS[character], character))
        position += 1
    return tokens, "".join(notes)


def _exponent(match: re.Match[str]) -> str:
    power = match[1] or match[2] or match[3] or "-" + match[4].translate(_SUPERSCRIPTS)
    return "e" + "".join("-" if character in _DASH + "⁻" else character for character in power)


def _is_leading_mark(text: str, position: int, tokens: list[Token], mark: str | None) -> bool:
    """Whether a point or comma begins a number, as in .45."""
    follows = position + 1 < len(text) and text[position + 1] in _DIGITS
    if not follows or (mark is not None and text[position] != mark):
        return False
    # Right after a digit or bracket it separates: [1,.5] has its own point.
    return position == 0 or not (text[position - 1] in _DIGITS or text[position - 1] in ")]") or text[position] == "."


def _dash(text: str, position: int, tokens: list[Token], mark: str | None) -> int:
    """A dash is a sign before a number, unless a number stands before it; then it marks a range."""
    follows = position + 1
    while follows < len(text) and text[follows] == " ":
        follows += 1
    begins_number = follows < len(text) and (text[follows] in _DIGITS or text[follows] in ".,")
    after_number = bool(tokens) and tokens[-1].kind in ("number", "%")
    if begins_number and not after_number:
        return _number(text, follows, tokens, mark, "-")
    tokens.append(Token("to", text[position]))
    return position + 1


def _number(text: str, position: int, tokens: list[Token], mark: str | None, sign: str) -> int:
    match = _NUMBERS[mark].match(text, position)
    if match is None or not match[0]:
        raise CellTextError(f"{text[position:][:10]!r} is not a number")
    number = re.sub(_GROUPING, "", match[0])
    if mark is None:
        marks = [character for character in number if character in ".,"]
        if len(marks) == 1 and _AMBIGUOUS.fullmatch(number):
            raise CellTextError(
                f"{number!r}: does {marks[0]!r} mark thousands or decimals? say --decimal-mark point or comma"
            )
        if len(set(marks)) == 1 and len(marks) > 1:
            number = number.replace(marks[0], "")
        elif len(marks) > 1:
            number = number.replace(marks[0], "") if marks[0] != marks[-1] else number
        number = number.replace(",", ".")
    else:
        number = number.replace({POINT: COMMA, COMMA: POINT}[mark], "").replace(COMMA, POINT)
    end = match.end()
    # A blank between groups of three digits could part two numbers.
    if re.match(r" \d{3}(?!\d)", text[end:]) and re.fullmatch(r"\d{1,3}", match[0]):
        raise CellTextError(f"{text.strip()!r}: does the blank mark thousands, or part two numbers? write it without")
    tokens.append(Token("number", sign + number))
    return end
