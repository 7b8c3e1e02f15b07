"""Which statistic each number of a cell is: by its own words, its heading's form, or its shape.

Belongs here: holding a cell's pieces against forms; the question that is asked where they fit none, or several. Does
not belong
here: where a form comes from (forms.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dagster_project.audit.paper.cells import CellReading, Piece
from dagster_project.audit.paper.vocabulary import PAIRS

Form = tuple[str, ...]
_WITH_INTERVAL = ("es", "or", "rr", "hr", "irr", "estimate", "change", "correlation", "beta")


@dataclass(frozen=True)
class Number:
    """A statistic and its number as printed, with a decimal point, and a relation before it."""

    statistic: str
    text: str
    level: str = ""


@dataclass(frozen=True)
class SlotReading:
    numbers: tuple[Number, ...] = ()
    question: str = ""


def fill(reading: CellReading, form: Form, level: str = "") -> SlotReading:
    """A cell's numbers by a form. form: () where nothing says what they are. A cell's own words come first."""
    stated = [number for piece in reading.pieces if piece.statistic for number in _numbers(piece, piece.statistic, level)]
    pieces = [piece for piece in reading.pieces if not piece.statistic]
    if not pieces:
        return SlotReading(tuple(stated))
    own_form = form_by_shape(pieces)
    if form and (numbers := _by_form(pieces, form, level)) is not None:
        return SlotReading((*numbers, *stated))
    if own_form and (numbers := _by_form(pieces, own_form, level)) is not None and (not form or _agree(form, own_form)):
        return SlotReading((*numbers, *stated))
    if stated and len(pieces) == 1 and pieces[0].bracket and stated[0].statistic in _WITH_INTERVAL:
        # What follows an effect in brackets, as a range, is its interval.
        interval = _by_form(pieces, ("ci",), level) or []
        return SlotReading((*stated, *interval)) if len(interval) == 2 else SlotReading(question=_question(pieces, form))
    return SlotReading(question=_question(pieces, form))


def _agree(form: Form, own_form: Form) -> bool:
    """A cell of another shape than its heading's form may still say what it is: n (%) below 'n'."""
    counts = {"n", "count", "percent"}
    return set(form) <= counts and set(own_form) <= counts


def form_by_shape(pieces: Sequence[Piece]) -> Form:
    """The form that a cell's own marks leave no doubt of: 12 (35.3%), 12/34, 35.3%."""
    shapes = [
        ("%" if piece.is_percent else "") + ("/" if piece.between == "/" else str(len(piece.numbers))) for piece in pieces
    ]
    if any(piece.bracket == "±" or piece.relation for piece in pieces):
        return ()
    forms_by_shapes: dict[tuple[str, ...], Form] = {
        ("1", "%1"): ("count", "percent"), ("%1", "1"): ("percent", "count"), ("%1",): ("percent",),
        ("/",): ("count", "n"), ("/", "%1"): ("count", "n", "percent"), ("%1", "/"): ("percent", "count", "n"),
        ("/", "1"): ("count", "n", "percent"), ("%/",): ("count", "n"),
    }  # fmt: skip
    form = forms_by_shapes.get(tuple(shapes), ())
    counts = [piece for piece in pieces if not piece.is_percent]
    if form and form != ("percent",) and not all(piece.is_whole for piece in counts[:1]):
        return ()
    return form


def _by_form(pieces: Sequence[Piece], form: Form, level: str) -> list[Number] | None:
    """The numbers in the order of a form, or None where they do not fit it. What a form ends with may be absent."""
    ordered = list(pieces)
    if form[:2] == ("count", "percent") and len(ordered) == 2 and ordered[0].is_percent and not ordered[1].is_percent:
        ordered.reverse()
    if form == ("count", "percent") and len(ordered) == 1 and ordered[0].is_percent:
        form = ("percent",)
    if form == ("count", "percent") and ordered[0].between == "/":
        form = ("count", "n", "percent")
    if form == ("percent",) and len(ordered) == 2 and form_by_shape(ordered):
        form = form_by_shape(ordered)
    if form == ("percent",) and len(ordered) == 2 and ordered[0].is_whole and ordered[1].bracket in ("(", "["):
        form = ("count", "percent")
    if form in (("n",), ("count",)) and len(ordered) == 2 and ordered[1].is_percent:
        form = ("count", "percent")
    numbers: list[Number] = []
    remaining = [(piece, index) for piece in ordered for index in range(len(piece.numbers))]
    for statistic in form:
        if not remaining:
            break
        piece, index = remaining[0]
        if statistic in PAIRS and (len(piece.numbers) == 2 or len(remaining) > 1):
            if (
                len(remaining) < 2
                or index
                or (len(piece.numbers) == 1 and len(remaining) != 2 and len(remaining[1][0].numbers) == 2)
            ):
                return None
            if not _is_range(remaining[0][0], remaining[1][0], index, remaining[1][1]):
                return None
            ends = PAIRS[statistic]
            numbers += [
                Number(name, part.relation + part.numbers[part_index], level)
                for name, (part, part_index) in zip(ends, remaining[:2], strict=True)
            ]
            remaining = remaining[2:]
            continue
        if statistic == "ci" or (
            len(piece.numbers) == 2
            and piece.between != "/"
            and statistic not in ("q1", "q3", "min", "max", "ci_low", "ci_high", "df1", "df2")
        ):
            return None
        if piece.is_percent and statistic not in (
            "percent",
            "ci_low",
            "ci_high",
            "change",
            "estimate",
            "cumulative_percent",
        ):
            return None
        numbers.append(Number(statistic, piece.relation + _whole(statistic, piece.numbers[index])))
        remaining = remaining[1:]
    return None if remaining or not numbers else numbers


def _whole(statistic: str, number: str) -> str:
    """A number of people that a program prints as 33.0."""
    return number.split(".")[0] if statistic in ("n", "count") and number.rstrip("0").endswith(".") else number


def _is_range(first: Piece, second: Piece, first_index: int, second_index: int) -> bool:
    return float(first.numbers[first_index]) <= float(second.numbers[second_index]) and "/" not in (
        first.between,
        second.between,
    )


def _numbers(piece: Piece, statistic: str, level: str) -> list[Number]:
    if statistic in PAIRS and len(piece.numbers) == 2:
        return [
            Number(name, number, piece.level or level) for name, number in zip(PAIRS[statistic], piece.numbers, strict=True)
        ]
    if piece.between == "/":
        return [Number("count", piece.numbers[0]), Number("n", piece.numbers[1])]
    return [Number(statistic, piece.relation + piece.numbers[0])]


def _shape(pieces: Sequence[Piece]) -> str:
    """A cell's shape, as in a (b) or a [b, c]."""
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    texts = []
    for piece in pieces[:8]:
        sign = {"to": " to ", ",": ", ", ";": "; ", "/": "/"}.get(piece.between, "")
        text = sign.join(next(letters) for _ in piece.numbers[:2]) + (" %" if piece.is_percent else "")
        if piece.bracket == "±":
            text = f"± {text}"
        texts.append({"(": f"({text})", "[": f"[{text}]"}.get(piece.bracket, text))
    return " ".join(texts)


def _question(pieces: Sequence[Piece], form: Form) -> str:
    shape = _shape(pieces)
    if form:
        return f"{shape} does not fit its heading, {form_text(form)}"
    if any(piece.bracket == "±" for piece in pieces):
        return f"{shape}: is b an SD or an SE? no heading or note says; say --form 'M ± SD' or 'M ± SE'"
    if len(pieces) == 2 and all(len(piece.numbers) == 1 for piece in pieces):
        return f"{shape}: M (SD), n (%), or what? no heading or note says; say --form 'M (SD)', 'n (%)', …"
    if any(len(piece.numbers) == 2 for piece in pieces):
        return f"{shape}: an interval, a range, quartiles, or a difference? no heading or note says; say --form '95% CI', …"
    return f"{shape}: no heading says which statistic it is"


def form_text(form: Form) -> str:
    """A form as tables write it: mean (sd)."""
    return form[0] + "".join(f" ({name})" for name in form[1:])
