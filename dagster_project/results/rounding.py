"""Numbers as they are printed: the one rounding rule, and reading a printed number back.

Belongs here: rounding, decimals of a printed text, the interval of values that print alike. Does not belong here:
layout of tables, verdicts.

The rule: half away from zero, at the decimals asked for. A binary float is first brought to 12 significant digits, so
that 3.45 stored as 3.4499999999999997 rounds as the 3.45 that arithmetic on whole answers gave.
"""

from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

_SIGNIFICANT = Context(prec=12)
MINUS = "−"


def round_half_away(value: float, decimals: int) -> Decimal:
    """Round half away from zero. Returns a Decimal with exactly `decimals` decimals; never a negative zero."""
    short = _SIGNIFICANT.create_decimal_from_float(float(value))
    rounded = short.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return abs(rounded) if rounded == 0 else rounded


def read_printed(printed: str) -> Decimal:
    """The number that a printed text shows: any minus sign, blanks after it, a percent sign.

    Raises ValueError, naming the text, when it shows no number.
    """
    text = printed.replace(MINUS, "-").replace("–", "-").replace(" ", "").replace(" ", "").rstrip("%")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{printed!r} is not a printed number") from None


def printed_decimals(printed: str) -> int:
    """How many decimals a printed number has: 2 for '0.20', 0 for '32'."""
    exponent = read_printed(printed).as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError(f"{printed!r} is not a finite number")
    return max(0, -exponent)


def printed_interval(printed: str) -> tuple[float, float]:
    """The closed interval of values that print as this text (its ends belong to one side only; callers allow for it)."""
    value = read_printed(printed)
    half = Decimal(1).scaleb(-printed_decimals(printed)) / 2
    return float(value - half), float(value + half)


def prints_as(value: float, printed: str) -> bool:
    """Whether a computed value, rounded at the printed precision, is the printed number."""
    return round_half_away(value, printed_decimals(printed)) == read_printed(printed)


def format_number(value: float | None, decimals: int) -> str:
    """A number as tables print it, with a true minus sign; an em dash where there is none."""
    if value is None:
        return "—"
    return str(round_half_away(value, decimals)).replace("-", MINUS)
