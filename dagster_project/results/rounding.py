"""Formatting of numbers: the rounding rule, how each kind of statistic is written, and parsing of printed numbers.

Belongs here: rounding, how a kind of statistic and a count of things is written, the interval of values that round to a
printed number. Does not belong here: decimals of a statistic (statistics_registry.py), layout of tables, verdicts.

Written as the APA's Publication Manual (7th edition, 6.36 to 6.45) and the SAMPL guidelines (Lang and Altman 2013) ask:
exact p to three decimals, "< .001" below that, no zero before the point of what cannot exceed one, a true minus sign.

The rule: half away from zero, at the requested decimals. A binary float is first rounded to 12 significant digits, so
that 3.45 stored as 3.4499999999999997 rounds as 3.45.
"""

from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

_SIGNIFICANT = Context(prec=12)
#: Enough digits for any float: an interval of 0.05 degrees of freedom ends at 1e25.
_ALL_DIGITS = Context(prec=400)
MINUS = "−"
#: The minus signs that tables print (hyphens, dashes, small and wide), and the blanks (no-break, thin, narrow no-break).
_PLAIN = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-") | dict.fromkeys(" \u00a0\u2009\u202f", "")
)


def round_half_away(value: float, decimals: int) -> Decimal:
    """Round half away from zero. Returns a Decimal with exactly `decimals` decimals; never a negative zero."""
    significant = _SIGNIFICANT.create_decimal_from_float(float(value))
    rounded = significant.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP, context=_ALL_DIGITS)
    return abs(rounded) if rounded == 0 else rounded


def read_printed(printed_text: str) -> Decimal:
    """The number that a printed text shows: any minus sign, blanks after it, a percent sign.

    Raises ValueError, naming the text, when it shows no number.
    """
    text = printed_text.translate(_PLAIN).rstrip("%")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{printed_text!r} is not a printed number") from None


def printed_decimals(printed_text: str) -> int:
    """How many decimals a printed number has: 2 for '0.20', 0 for '32'."""
    exponent = read_printed(printed_text).as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError(f"{printed_text!r} is not a finite number")
    return max(0, -exponent)


def printed_interval(printed_text: str) -> tuple[float, float]:
    """The closed interval of values that print as this text (only one of the ends does; callers allow for that)."""
    value = read_printed(printed_text)
    half_unit = Decimal(1).scaleb(-printed_decimals(printed_text)) / 2
    return float(value - half_unit), float(value + half_unit)


def prints_as(value: float, printed_text: str) -> bool:
    """Whether a computed value, rounded at the printed precision, is the printed number."""
    return round_half_away(value, printed_decimals(printed_text)) == read_printed(printed_text)


def format_number(value: float | None, decimals: int) -> str:
    """A number as tables print it, with a true minus sign; an em dash where there is none."""
    if value is None:
        return "—"
    return str(round_half_away(value, decimals)).replace("-", MINUS)


def count_text(count: int, noun: str, plural: str = "") -> str:
    """A count of things: '1 wave', '2 waves'. plural: where it is not the noun with an s."""
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"


def print_statistic(value: float | None, decimals: int, kind: str = "number") -> str:
    """A value as tables print it, by the kind of its statistic: '.020' for a p, '< .001' and '> .999' where it would print
    as zero or one, '.84' for what is within one, a true minus sign, an em dash for none."""
    if value is None:
        return format_number(None, 0)
    if kind == "p":
        if value < 0.0005:
            return "< .001"
        if value >= 0.9995:
            return "> .999"
    text = format_number(value, decimals)
    if kind in ("p", "within_one") and text.lstrip(MINUS).startswith("0."):
        return text.replace("0.", ".", 1)
    return text
