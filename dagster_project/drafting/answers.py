"""What the answers of a block are: their range, what texts and codes stand for.

Belongs here: anchors, labels and special codes, each with how it is known. Does not belong here: which columns are items
(blocks.py), the YAML (instrument_text.py).
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dagster_project.drafting.columns import (
    MIN_SHARE,
    MISSING_MARKS,
    NUMBER,
    WHOLE_NUMBER,
    ColumnFacts,
    decimals_of,
    number_of,
    whole_number,
)
from dagster_project.exports import code_in_text, codes_in_texts, quoted
from dagster_project.study import comparable

#: Numbers that stand for no answer wherever they lie far off the answers.
_HIGH_CODES = frozenset({8, 9, 66, 77, 88, 96, 97, 98, 99, 777, 888, 996, 997, 998, 999, 7777, 8888, 9999})
#: Codes of two digits are none on longer scales, codes of three and more none on still longer ones.
_SHORT_SCALE, _LONG_SCALE = 20, 200
_SHARE_OF_EMPTY_STRETCH = 0.3
_MIN_CHOICES = 2
#: Words of labels that say that a code is no answer, and why there is none; "" where that could be read two ways.
_REASONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"refus|prefer not|rather not|declin|verweiger", re.IGNORECASE), "refused"),
    (
        re.compile(r"not asked|not applicable|inapplicable|skipped|not administered|filter|^n/?a$", re.IGNORECASE),
        "not_asked",
    ),
    (re.compile(r"invalid|illegible|implausib|double mark|multiple response", re.IGNORECASE), "invalid"),
    (
        re.compile(r"missing|no answer|no response|not answered|unanswered|blank|not stated|keine angabe", re.IGNORECASE),
        "blank",
    ),
    (re.compile(r"don.?t know|do not know|unsure|wei(?:ß|ss) nicht|^dk$|not sure", re.IGNORECASE), ""),
)
REASONS_IN_WORDS = "refused, invalid, blank or not_asked"
#: Words of answers from the lowest to the highest, as far as they are told apart by them.
_LADDERS = (
    ("never", "almost never", "hardly ever", "rarely", "seldom", "occasionally", "sometimes", "often", "frequently",
     "very often", "usually", "almost always", "most of the time", "always"),
    ("strongly disagree", "disagree", "somewhat disagree", "slightly disagree", "neither", "neutral", "undecided",
     "slightly agree", "somewhat agree", "agree", "strongly agree"),
    ("not at all", "a little", "a little bit", "slightly", "somewhat", "moderately", "quite a bit", "very", "very much",
     "extremely"),
    ("not at all", "several days", "more than half the days", "nearly every day"),
    ("very poor", "poor", "fair", "good", "very good", "excellent"),
    ("very dissatisfied", "dissatisfied", "neutral", "satisfied", "very satisfied"),
    ("no", "yes"),
)  # fmt: skip


@dataclass(frozen=True)
class SpecialCode:
    """A text that is no answer. reason: why there is none; "" where that is asked. ground: how that is known. n_cells: how
    many cells hold it."""

    text: str
    reason: str
    ground: str
    n_cells: int


@dataclass(frozen=True)
class Answers:
    """How a block is answered. codes: the answers if not all whole numbers from low to high. ground: how the range is known.
    decimals: how many of them answers have.

    labels: what cells hold instead of numbers. is_order_asked: whether the numbers of the labels are a proposal;
    is_order_likely: whether they follow words whose order is known.
    """

    low: int
    high: int
    ground: str
    is_certain: bool = False
    codes: tuple[int, ...] = ()
    labels: Mapping[str, int] = field(default_factory=dict)
    label_ground: str = ""
    is_order_asked: bool = False
    is_order_likely: bool = True
    special_codes: tuple[SpecialCode, ...] = ()
    decimals: int = 0


def answer_kind(column: ColumnFacts) -> tuple[str, frozenset[str]]:
    """How a column is answered: by numbers with labels, whole numbers, numbers with decimals, or texts; and the labels or
    texts."""
    if column.decimals:
        return "decimals", frozenset()
    if column.values and sum(column.numbers.values()) >= MIN_SHARE * column.values.total():
        labels = frozenset(f"{code}={label}" for code, label in column.value_labels.items())
        return ("labelled", labels) if len(labels) > 1 else ("numbers", frozenset())
    return "texts", frozenset(column.values)


def is_defined_alike(first: ColumnFacts, second: ColumnFacts) -> bool | None:
    """Whether a survey's definition gives two columns the same choices; None where it does not say it of both."""
    questions = (first.question, second.question)
    if any(question is None or question.kind != "choice" or not question.labels for question in questions):
        return None
    return first.value_labels == second.value_labels


def answer_range(column: ColumnFacts) -> tuple[float, float]:
    """The lowest and highest number that is an answer."""
    special = special_numbers(column)
    ordinary = [*(number for number in column.numbers if number not in special), *_fractions_of_answers(column)]
    return (min(ordinary), max(ordinary)) if ordinary else (0, 0)


def _fractions_of_answers(column: ColumnFacts) -> list[float]:
    """The numbers with decimals of a column that is answered by such."""
    return [number_of(text) for text in column.fractions] if column.decimals else []


def special_numbers(column: ColumnFacts) -> list[int]:
    """The numbers that are no answers: labelled or declared as missing, or such as -9, 99 and 999 far off the others."""
    labelled = {int(code): label for code, label in column.value_labels.items() if re.fullmatch(r"-?\d+", code)}
    missing_numbers = {int(code) for code in column.missing_codes if re.fullmatch(r"-?\d+", code)}
    missing_numbers |= {code for code, label in labelled.items() if missing_reason(label) is not None}
    special = [number for number in column.numbers if number in missing_numbers]
    other_numbers = sorted(number for number in column.numbers if number not in missing_numbers)
    labelled_answers = [code for code in labelled if code not in missing_numbers]
    negative = [number for number in other_numbers if number < 0]
    ordinary = [number for number in other_numbers if number >= 0 and number not in _HIGH_CODES]
    base = [*(labelled_answers or ordinary), *_fractions_of_answers(column)] or other_numbers
    if not base:
        return sorted(special)
    low, high = min(base), max(base)
    for number in other_numbers:
        if number > high:
            # On a slider from 0 to 10 some stretch of it is empty, as a rule.
            gap = max(1, _SHARE_OF_EMPTY_STRETCH * (high - low)) if column.decimals else 1
            if number in _HIGH_CODES and number - high > gap and high <= (_SHORT_SCALE if number < 100 else _LONG_SCALE):
                special.append(number)
            elif not labelled_answers:
                high = number
    # From -3 to 3 is a scale; -9, or -1 beside 1 to 5, is none.
    is_two_sided = low < 0 or (low == 0 and bool(negative) and min(negative) == -high)
    if not is_two_sided:
        special += negative
    return sorted(set(special))


def missing_reason(label: str) -> str | None:
    """The reason that a label gives for no answer, "" if several are possible; None if it is an answer's label."""
    return next((reason for pattern, reason in _REASONS if pattern.search(label)), None)


def find_answers(column: ColumnFacts, n_items: int) -> Answers:
    """The answers of a block. column: of all its items in all waves."""
    kind, _ = answer_kind(column)
    if kind == "texts":
        return _text_answers(column)
    special_codes = find_special_codes(column)
    special = {code.text for code in special_codes}
    low, high = answer_range(column)
    number = NUMBER if column.decimals else WHOLE_NUMBER
    coded_texts = [text for text in column.values if text not in special and not number.fullmatch(text)]
    labels = codes_in_texts(coded_texts) or {
        text: code for text in coded_texts[:1] if (code := code_in_text(text)) is not None
    }
    if len(labels) < len(coded_texts):
        labels = {}  # check says which cells are no answers
    # Sliders go from one whole number to another.
    answers = _number_answers(column, (math.floor(low), math.ceil(high)), n_items, special)
    if column.decimals:
        answers = _with_decimals(column, answers, n_items)
    label_ground = "the texts carry their codes" if labels else ""
    return replace(answers, labels=_by_code(labels), label_ground=label_ground, special_codes=special_codes)


def _number_answers(column: ColumnFacts, observed_range: tuple[int, int], n_items: int, special: set[str]) -> Answers:
    low, high = observed_range
    labelled = sorted(
        int(code)
        for code, label in column.value_labels.items()
        if re.fullmatch(r"-?\d+", code) and code not in special and missing_reason(label) is None
    )
    limits = column.question.limits if column.question is not None else None
    if limits is not None and limits[0] <= low and high <= limits[1]:
        return Answers(*limits, f"the survey's definition goes from {limits[0]} to {limits[1]}", True)
    if len(labelled) > 1:
        low, high = min(low, labelled[0]), max(high, labelled[-1])
        has_gaps = len(labelled) > 2 and len(labelled) <= high - low
        is_all_labelled = all(number in labelled or str(number) in special for number in column.numbers)
        codes = tuple(labelled) if has_gaps and is_all_labelled else ()
        return Answers(low, high, f"the file labels them from {labelled[0]} to {labelled[-1]}", True, codes)
    return Answers(low, high, f"the answers to {n_items} items go from {low} to {high}; write the ends that nobody ticked")


def _with_decimals(column: ColumnFacts, answers: Answers, n_items: int) -> Answers:
    """Answers whose range is known, of a column of numbers with decimals: how many, which a cell shows."""
    ground = answers.ground
    if not answers.is_certain:
        low, high = answer_range(column)
        items = f"{n_items} items" if n_items > 1 else "the item"
        ground = f"the answers to {items} go from {low:g} to {high:g}; write the ends that nobody ticked"
    texts = [text for text in column.fractions if decimals_of(text) == column.decimals]
    example = max(texts, key=lambda text: (-len(text), column.fractions[text], text))
    words = f"{column.decimals} decimal{'s' if column.decimals > 1 else ''}"
    ground = f"cells such as {example} have {words}, and {ground}"
    return replace(answers, codes=(), ground=ground, is_certain=False, decimals=column.decimals)


def find_special_codes(column: ColumnFacts) -> tuple[SpecialCode, ...]:
    """The texts of a column that are no answers."""
    codes = []
    for text, count in sorted(column.counts.items()):
        is_number = WHOLE_NUMBER.fullmatch(text) is not None
        label = column.value_labels.get(text, "")
        if is_number and whole_number(text) not in special_numbers(column):
            continue
        reason = missing_reason(label if is_number else label or text)
        if not is_number and text not in column.missing_codes and text not in MISSING_MARKS and reason is None:
            continue
        if text in MISSING_MARKS:
            codes.append(SpecialCode(text, "blank", "programs write it for a cell without a value", count))
        elif reason is not None:
            words = f"its label is {quoted(label)}" if label else "it says so"
            codes.append(SpecialCode(text, reason, words, count))
        elif text in column.missing_codes:
            label_words = f" with the label {quoted(label)}" if label else ""
            codes.append(SpecialCode(text, "", f"the file declares it as missing{label_words}", count))
        else:
            codes.append(SpecialCode(text, "blank", "it is far off the answers", count))
    return tuple(codes)


def _text_answers(column: ColumnFacts) -> Answers:
    label_codes = {
        comparable(label): int(code)
        for code, label in column.value_labels.items()
        if re.fullmatch(r"-?\d+", code) and missing_reason(label) is None
    }
    special_codes = tuple(code for code in find_special_codes(column) if code.text not in label_codes)
    special = {code.text for code in special_codes}
    texts = [text for text in column.counts if text not in special]
    if label_codes and all(text in label_codes or WHOLE_NUMBER.fullmatch(text) for text in texts):
        low, high = min(label_codes.values()), max(label_codes.values())
        ground = f"the file labels them from {low} to {high}"
        return Answers(low, high, ground, True, (), _by_code(label_codes), ground, special_codes=special_codes)
    for ranks in _choice_ranks(column):
        if all(text in ranks for text in texts):
            question = "these are the places of the choices in the survey's definition"
            return Answers(1, len(ranks), question, False, (), ranks, question, True, True, special_codes)
    ladder = max(_LADDERS, key=lambda ladder: sum(_step(text, ladder) is not None for text in texts))
    is_likely = all(_step(text, ladder) is not None for text in texts)
    proposal = {text: code for code, text in enumerate(_ordered(texts, ladder), start=1)}
    ground = f"there are {len(texts)} different texts"
    question = "the cells are texts, and nothing says what they count"
    return Answers(1, max(2, len(texts)), ground, False, (), proposal, question, True, is_likely, special_codes)


def _choice_ranks(column: ColumnFacts) -> list[dict[str, int]]:
    """The place of each choice that is an answer, from 1, by its name and by its label, where a survey's definition has them
    in order; none where it has not two."""
    if column.question is None or column.question.kind != "choice":
        return []
    choices = [
        (comparable(code), comparable(label))
        for code, label in column.value_labels.items()
        if missing_reason(label) is None and missing_reason(code) is None
    ]
    if len(choices) < _MIN_CHOICES:
        return []
    return [{texts[side]: rank for rank, texts in enumerate(choices, start=1)} for side in (0, 1)]


def known_order(words: Sequence[str]) -> list[str] | None:
    """Words in the order of the ladder that has them all; None where none has."""
    for ladder in _LADDERS:
        if all(_step(word, ladder) is not None for word in words):
            return _ordered(words, ladder)
    return None


def _by_code(labels: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(labels.items(), key=lambda pair: pair[1]))


def _ordered(texts: Sequence[str], ladder: Sequence[str]) -> list[str]:
    """Texts in the order of a ladder; those that it does not know follow by the alphabet."""
    return sorted(texts, key=lambda text: (step if (step := _step(text, ladder)) is not None else len(ladder), text))


def _step(text: str, ladder: Iterable[str]) -> int | None:
    words = re.sub(r"[^a-z ]", "", text.lower()).strip()
    exact = {step: index for index, step in enumerate(ladder)}
    if words in exact:
        return exact[words]
    return next((index for step, index in exact.items() if step == "neither" and words.startswith(step)), None)
