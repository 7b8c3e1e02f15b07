"""A cell taken apart: its numbers in groups, and what it says of them itself.

Belongs here: the shapes of cells, whatever their heading says. Does not belong here: headings (heads.py), which statistic a
number is where the cell does not say so (slots.py).
"""

from dataclasses import dataclass, field

from dagster_project.audit.paper.cell_tokens import CellTextError, Token, tokens_of
from dagster_project.audit.paper.vocabulary import NO_NUMBER, NOT_SIGNIFICANT, PAIRS, UNITS, statistic_named

#: No cell with numbers is longer.
_MAX_LENGTH = 200
_RELATIONS = ("<", ">", "≤", "≥", "=")
_CLOSING = {"(": ")", "[": "]"}


@dataclass
class Piece:
    """A number, or two of a range. bracket: what they stand in: '', '(', '[', or '±'. between: what stands between the two:
    to, a comma, a slash. relation: '<' and the like. statistic: what the cell itself calls them."""

    numbers: list[str]
    bracket: str = ""
    between: str = ""
    relation: str = ""
    is_percent: bool = False
    statistic: str = ""
    level: str = ""

    @property
    def is_whole(self) -> bool:
        return all(number.lstrip("-").isdigit() for number in self.numbers)


@dataclass
class CellReading:
    """pieces: in the order of the cell. is_blank: nothing is printed on purpose. question: why it is not understood."""

    pieces: list[Piece] = field(default_factory=list)
    is_blank: bool = False
    is_not_significant: bool = False
    question: str = ""

    @property
    def has_numbers(self) -> bool:
        return bool(self.pieces)


def read_cell(text: str, mark: str | None) -> CellReading:
    """A cell's pieces. mark: of decimals, or None where the table does not show it."""
    plain = text.strip()
    if len(plain) > _MAX_LENGTH:
        return CellReading(question="a text of this length is no number")
    if NO_NUMBER.fullmatch(plain):
        return CellReading(is_blank=True)
    if NOT_SIGNIFICANT.fullmatch(plain.rstrip("*†‡ ")):
        return CellReading(is_not_significant=True)
    try:
        tokens, _ = tokens_of(plain, mark)
        if not any(token.kind == "number" for token in tokens):
            return CellReading(question=f"{plain[:40]!r} holds no number")
        pieces = _Pieces(_without_units(tokens)).pieces()
    except CellTextError as error:
        return CellReading(question=str(error))
    if not pieces:
        return CellReading(question=f"{plain[:40]!r} holds no number")
    return CellReading(pieces)


def _without_units(tokens: list[Token]) -> list[Token]:
    """Units behind a number say nothing of its statistic."""
    remaining: list[Token] = []
    for index, token in enumerate(tokens):
        after_number = bool(remaining) and remaining[-1].kind in ("number", ")", "]")
        before_sign = index + 1 < len(tokens) and tokens[index + 1].kind in _RELATIONS
        is_unit = token.kind == "word" and token.text.casefold().rstrip(".") in UNITS
        is_per = token.kind == "/" and index + 1 < len(tokens) and tokens[index + 1].text.casefold() in UNITS
        if (is_unit or is_per) and (after_number or is_per) and not before_sign:
            continue
        remaining.append(token)
    return remaining


class _Pieces:
    """A cell's tokens, read from left to right."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._position = 0

    def pieces(self) -> list[Piece]:
        pieces = self._list("")
        if self._position < len(self._tokens):
            raise CellTextError(f"{self._tokens[self._position].text!r} stands where no number is expected")
        return pieces

    def _kind(self, ahead: int = 0) -> str:
        index = self._position + ahead
        return self._tokens[index].kind if index < len(self._tokens) else ""

    def _next(self) -> Token:
        self._position += 1
        return self._tokens[self._position - 1]

    def _list(self, bracket: str) -> list[Piece]:
        pieces: list[Piece] = []
        level = ""
        while (kind := self._kind()) and kind not in (")", "]"):
            if kind in (",", ";", ":", "|", "&", "+"):
                self._next()
                if pieces and len(pieces[-1].numbers) == 1 and kind in (",", ";") and self._is_second_end(pieces, bracket):
                    self._second_end(pieces[-1], kind)
            elif kind == "level":
                level = self._next().text
            elif kind in ("(", "["):
                self._next()
                inner = self._list(kind)
                if self._kind() not in (")", "]"):
                    raise CellTextError("a bracket is not closed")
                self._next()
                pieces += _of_level(inner, level)
                level = ""
            elif kind == "word" or (kind == "%" and not pieces):
                pieces += self._of_name(bracket)
            else:
                pieces += _of_level([self._piece(bracket)], level)
                level = ""
        return pieces

    def _is_second_end(self, pieces: list[Piece], bracket: str) -> bool:
        """Whether a comma in a bracket stands between the two ends of a range: (1.2, 3.4), and not (1.2, p = .03)."""
        is_alone = self._kind() in ("number",) and self._kind(1) in (")", "]", "%", ",", ";", "")
        return bool(bracket) and is_alone and not pieces[-1].statistic and not pieces[-1].relation and len(pieces) == 1

    def _second_end(self, piece: Piece, between: str) -> None:
        piece.numbers.append(self._next().text)
        piece.between = between
        if self._kind() == "%":
            self._next()
            piece.is_percent = True

    def _piece(self, bracket: str) -> Piece:
        relation = ""
        if self._kind() == "±":
            self._next()
            bracket = "±"
        if self._kind() in _RELATIONS:
            relation = self._next().kind
        if self._kind() != "number":
            token = self._next() if self._kind() else Token("", "")
            raise CellTextError(f"{token.text!r} stands where a number is expected")
        piece = Piece([self._next().text], bracket, relation="" if relation == "=" else relation)
        if self._kind() == "%":
            self._next()
            piece.is_percent = True
        if self._kind() in ("to", "/") and self._kind(1) == "number":
            between = self._next().kind
            piece.numbers.append(self._next().text)
            piece.between = between
            if self._kind() == "%":
                self._next()
                piece.is_percent = True
        return piece

    def _of_name(self, bracket: str) -> list[Piece]:
        """t(29) = 2.31, p < .001, SD 1.2, F(1, 58) = 4.2, χ²(2, N = 90) = 5.3, 95% CI [1, 2]."""
        words = [self._next().text]
        while self._kind() == "word":
            words.append(self._next().text)
        name = " ".join(words)
        statistic = statistic_named(name)
        if statistic is None:
            raise CellTextError(f"{name!r} is no statistic that is known")
        pieces: list[Piece] = []
        if self._kind() in ("(", "[") and self._has_relation_behind():
            opening = self._next().kind
            arguments = self._list("")
            if self._kind() != _CLOSING[opening]:
                raise CellTextError("a bracket is not closed")
            self._next()
            pieces += _degrees(statistic, arguments)
        if self._kind() == "=" and self._kind(1) in ("(", "[", "level"):
            self._next()
        if self._kind() in ("(", "["):
            opening = self._next().kind
            inner = self._list(opening)
            if self._kind() != _CLOSING[opening]:
                raise CellTextError("a bracket is not closed")
            self._next()
            value = inner[0] if inner else Piece([])
            pieces += inner[1:]
        else:
            value = self._piece(bracket)
        value.statistic = statistic
        is_pair = statistic in PAIRS or value.between == "/" or statistic in ("n", "count")
        if len(value.numbers) == 2 and not is_pair:
            raise CellTextError(f"two numbers stand where {name} has one")
        return [value, *pieces]

    def _has_relation_behind(self) -> bool:
        """Whether what a bracket closes is followed by = or <: t(29) = 2.31."""
        depth, index = 0, self._position
        while index < len(self._tokens):
            kind = self._tokens[index].kind
            depth += (kind in ("(", "[")) - (kind in (")", "]"))
            if depth == 0:
                return index + 1 < len(self._tokens) and self._tokens[index + 1].kind in _RELATIONS
            index += 1
        return False


def _degrees(statistic: str, arguments: list[Piece]) -> list[Piece]:
    """Degrees of freedom in the brackets of a test, and an n beside them."""
    unnamed = [piece for piece in arguments if not piece.statistic]
    numbers = [number for piece in unnamed for number in piece.numbers]
    names = ("df1", "df2") if statistic == "f" and len(numbers) == 2 else ("df",) if len(numbers) == 1 else ()
    if numbers and not names:
        raise CellTextError(f"{', '.join(numbers)} are no degrees of freedom of {statistic}")
    return [Piece([number], statistic=name) for number, name in zip(numbers, names, strict=False)] + [
        piece for piece in arguments if piece.statistic
    ]


def _of_level(pieces: list[Piece], level: str) -> list[Piece]:
    """Two ends behind '95% CI' are those of an interval."""
    if level:
        if len(pieces) == 2 and all(len(piece.numbers) == 1 and not piece.statistic for piece in pieces):
            pieces = [Piece(pieces[0].numbers + pieces[1].numbers, pieces[0].bracket, ",")]
        if pieces and len(pieces[0].numbers) == 2:
            pieces[0].statistic, pieces[0].level = "ci", level
    return pieces
