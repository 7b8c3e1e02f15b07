"""What a heading says: a name, a number of people, and a form such as M (SD).

Belongs here: taking a heading apart. Does not belong here: which heading belongs to which cell (shape.py).
"""

import re
from dataclasses import dataclass

from dagster_project.audit.paper.decimal_marks import with_points
from dagster_project.audit.paper.vocabulary import LETTERS, NAMES, level_of, statistic_named

#: A longer heading is a sentence.
_MAX_LENGTH = 300
_PEOPLE = re.compile(
    r"[\s,;(\[]*\b[nN]\s*[=:]\s*(\d[\d,.'’\u2009\u202f ]*\d|\d+)\s*(?:[)\]]|\s*\(\s*\d+(?:[.,]\d+)?\s?%\s*\)|(?=[\s,;]|$))"
)
_RAISED = re.compile(r"\^\{([^{}]*)\}")
_MARKS = re.compile(r"[*†‡§¶‖#ᵃ-ᵡ¹³⁴⁵⁶⁷⁸⁹]+")
#: The parts of a form, and what stands between them.
_BETWEEN = re.compile(r"\s*(?:±|\+/[-−–]|[()\[\],;/|]|–|—|\band\b|&|\bto\b)\s*")
_FORM_AT_END = re.compile(r"(.*?)[\s,:;]*[(\[]\s*(.+?)\s*[)\]]\s*$")
#: A long name may hold what a form's brackets hold.
_LONGEST_FIRST = sorted((name for name in NAMES if any(mark in name for mark in "()|,–-/")), key=len, reverse=True)
#: One letter that is a statistic only where nothing else stands beside it.
_DEGREES = re.compile(r"(t|F|r|z|χ²)\s*\(\s*[\d., ]+\)")
_DOUBTFUL = frozenset(letter for letter in LETTERS if letter.isalpha() and letter not in ("n", "p", "N", "β", "χ²"))


@dataclass(frozen=True)
class Head:
    """name: what is left. form: statistics in order, a pair such as ci as one; alternatives: other forms that it
    also names."""

    name: str = ""
    form: tuple[str, ...] = ()
    people: str = ""
    level: str = ""
    alternatives: tuple[tuple[str, ...], ...] = ()


def head_of(text: str, *, is_column: bool) -> Head:
    """A heading taken apart. is_column: a single letter may then be a statistic beside a name, as in 'Pre M'."""
    if len(text) > _MAX_LENGTH:
        return Head(" ".join(text.split()))
    plain = _SQUARED.sub("²", with_points(text))
    plain = _MARKS.sub("", _RAISED.sub("", plain)).replace("**", "").strip()
    people = ""
    if match := _PEOPLE.search(plain):
        digits = re.sub(r"[,.'’\s\u2009\u202f]", "", match[1])
        people, plain = digits, (plain[: match.start()] + " " + plain[match.end() :]).strip(" ,;")
    level = level_of(plain)
    spaced = " ".join(plain.replace("_", " ").split())
    forms, name = _forms_and_name(spaced, is_column=is_column)
    if (
        not is_column
        and not name
        and len(forms) == 1
        and len(forms[0]) == 1
        and (forms[0][0] not in _ROWS or spaced in _CATEGORIES)
    ):
        forms, name = [], spaced
    if not forms and not is_column:
        name = " ".join(plain.split())
    return Head(name.strip(" ,:;"), forms[0] if forms else (), people, level, tuple(forms[1:]))


_SQUARED = re.compile(r"(?<=[χXxηωR])\s*(?:\^\{2\}|\^2)|(?<=[χη])2")


def form_of(text: str) -> tuple[str, ...]:
    """The form that a whole text is: 'M (SD)' as mean, sd; () where a part of it is no statistic."""
    whole = statistic_named(text)
    if text.strip().casefold() == "no":  # an answer; 'No.' and 'No (%)' are numbers
        return ()
    if whole:
        return (whole,)
    remainder, names = text.casefold(), {}
    for index, name in enumerate(_LONGEST_FIRST):
        if name in remainder and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", remainder):
            remainder = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", f" \x00{index}\x00 ", remainder, count=1)
            names[f"\x00{index}\x00"] = NAMES[name]
    parts = _parts(text if not names else remainder)
    statistics = [names.get(part) or statistic_named(part) for part in parts]
    if not parts or None in statistics:
        return ()
    form = tuple(statistic for statistic in statistics if statistic)
    if form[0] in ("n", "percent") and len(form) > 1:
        # N (%) counts a category; a percentage is never of itself.
        form = tuple(
            "count" if statistic == "n" and (index == 0 or "n" not in form[:index]) and "percent" in form else statistic
            for index, statistic in enumerate(form)
        )
        form = ("count", "n", *form[2:]) if form[:2] == ("count", "n") else form
    return _joined_pairs(form)


def _parts(text: str) -> list[str]:
    return [part.strip(" :=") for part in _BETWEEN.split(text) if part.strip(" :=")]


def _joined_pairs(form: tuple[str, ...]) -> tuple[str, ...]:
    """Two ends as one range: q1, q3."""
    pairs: list[str] = []
    for statistic in form:
        for pair, ends in (("iqr", ("q1", "q3")), ("range", ("min", "max")), ("ci", ("ci_low", "ci_high"))):
            if pairs and (pairs[-1], statistic) == ends:
                pairs[-1] = pair
                break
        else:
            pairs.append(statistic)
    return tuple(pairs)


def _forms_and_name(text: str, *, is_column: bool) -> tuple[list[tuple[str, ...]], str]:
    if forms := _alternatives(text):
        return forms, ""
    if form := form_of(text):
        return [form], ""
    if match := _DEGREES.fullmatch(text):
        return [form_of(match[1])], ""
    for name, remainder in _endings(text):
        if len(remainder) > 8 and (forms := _alternatives(remainder)):
            return forms, name.rstrip(" ,:;(")
    matches = [
        (form, name)
        for name, remainder in _endings(text)
        if (form := form_of(remainder)) and _is_likely(form, remainder, name, is_column=is_column)
    ]
    if matches:
        form, name = max(matches, key=lambda entry: len(entry[0]))
        return [form], name.rstrip(" ,:;(")
    return _form_before(text.split(" "), is_column=is_column)


def _endings(text: str) -> list[tuple[str, str]]:
    """What may be a name and the form behind it."""
    candidates = []
    if match := _FORM_AT_END.match(text):
        candidates.append((match[1], match[2]))
    candidates += [(text[:index], text[index + 1 :]) for index, character in enumerate(text) if character in ",—–"]
    candidates += [(text[:index], text[index + 1 :]) for index, character in enumerate(text) if character == " "]
    return candidates


def _form_before(words: list[str], *, is_column: bool) -> tuple[list[tuple[str, ...]], str]:
    """A form at the beginning: 'Mean (SD) at baseline', 'Mean age (SD), years', 'SD pre'."""
    text = " ".join(words)
    if match := re.match(
        r"(mean|median|means|average)\s+(.+?)\s*[(\[]\s*(?:±|\+/-)?\s*([^()\[\]]+)\s*[)\]](.*)$", text, re.IGNORECASE
    ):
        form = form_of(f"{match[1]} ({match[3]})")
        if form:
            return [form], f"{match[2]}{match[4]}"
    for count in range(len(words) - 1, 0, -1):
        start, remainder = " ".join(words[:count]), " ".join(words[count:])
        form = form_of(start)
        if form and _is_likely(form, start, remainder, is_column=is_column) and (is_column or len(form) > 1):
            name = re.sub(r"^(?:at|of|in|for|on)\s+", "", remainder)
            return [form], name
    if match := re.fullmatch(r"(M|SD|N|n|Mean|SE|Mdn|Median)\.?(T?\d{1,2})", text):
        return [form_of(match[1])], match[2] if match[2].startswith("T") else f"T{match[2]}"
    return [], text


def _is_likely(form: tuple[str, ...], form_text: str, name: str, *, is_column: bool) -> bool:
    """Whether what could be a form beside a name is one: 'Vitamin D', 'age range' and 'No. of children' are names."""
    if len(form) > 1:
        return True
    letter = form_text.strip()
    if letter.endswith(":") and letter.rstrip(":") in _DOUBTFUL:
        return False  # 'F: FOLFOX' is an arm's letter and name
    if letter in _DOUBTFUL:
        return is_column and letter in ("M", "t", "F", "d", "r", "z") and bool(name.strip())
    if name.strip().startswith("of "):
        return False
    if form[0] in _WORDS_OF_NAMES:
        is_mean_change = form[0] == "change" and " " in letter
        is_end = form[0] in ("min", "max", "q1", "q3", "es")
        return letter in ("n", "N", "No.", "no.") or (is_column and (is_mean_change or is_end))
    return form[0] != "percent" or letter == "%" or is_column


#: Statistics that have a row of their own; 'Missing' and 'High' are categories there.
_ROWS = frozenset(
    (
        "n",
        "percent",
        "mean",
        "sd",
        "se",
        "median",
        "iqr",
        "q1",
        "q3",
        "min",
        "max",
        "range",
        "variance",
        "skewness",
        "kurtosis",
    )
)
_CATEGORIES = frozenset(("highest", "lowest", "least", "greatest", "Highest", "Lowest", "n."))
#: Words of many names.
_WORDS_OF_NAMES = frozenset(
    "range n change es q1 q3 min max sum level share missing correlation ci_low ci_high variance wald".split()  # noqa: SIM905
)


def _alternatives(text: str) -> list[tuple[str, ...]]:
    """Several forms: 'n (%) or mean (SD)', 'mean ± SD, median (IQR); n (%)'. 'M (SD), n' is one."""
    for separator, min_length in ((_OR, 1), (_COMMA_OF_FORMS, 2)):
        parts = [part.strip() for part in separator.split(text) if part.strip()]
        forms = [form_of(part) for part in parts]
        if len(parts) > 1 and all(len(form) >= min_length for form in forms) and any(len(form) > 1 for form in forms):
            return forms
    return []


_OR = re.compile(r"\s+or\s+|\s+and\s+|;\s*|\s/\s")
_COMMA_OF_FORMS = re.compile(r"\s+or\s+|\s+and\s+|;\s*|(?<=[)\]]),?\s+(?=\w)|\s/\s")
_NOTE_FORM = re.compile(
    r"\b(?:(?:means?|averages?|medians?|numbers?|no\.?|n|counts?|frequenc(?:y|ies)|M|Mdn|patients|participants)\b"
    r"(?: (?:of )?(?:patients|participants|scores?))?)"
    r"\s*(?:[(\[]\s*(?:±|\+/-)?\s*[^()\[\]]{1,40}[)\]]"
    r"|(?:±|\+/-)\s*(?:SDs?|SEs?|SEM|standard (?:deviations?|errors?(?: of the mean)?)|s\.d\.))",
    re.IGNORECASE,
)  # fmt: skip


def forms_in(text: str) -> list[tuple[str, ...]]:
    """The forms that a title or a note names: 'Values are mean (SD) or n (%)'."""
    forms = []
    for match in _NOTE_FORM.finditer(_RAISED.sub("", text)):
        phrase = re.sub(r"\b(?:of )?(?:patients|participants|scores?)\b", "", match[0]).strip()
        phrase = re.sub(r"^[([]", "n (", phrase) if not phrase[0].isalpha() else phrase
        phrase = re.sub(
            r"\bpercentages?\b",
            "%",
            re.sub(r"^(?:numbers?|counts?|frequenc\w+)", "n", phrase, flags=re.IGNORECASE),
            flags=re.IGNORECASE,
        )
        form = form_of(phrase)
        if form and form not in forms:
            forms.append(form)
    return forms
