"""Choice lists: a column whose cells hold several choices of one question, and what study.yaml says of it.

Belongs here: the declaration of one such column, and what it means by itself. Does not belong here: whether its codes and
texts fit the instruments (export_checks.py), splitting a cell (exports/lists.py).
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from dagster_project.study.base import Code, Definition, Text
from dagster_project.study.texts import comparable

#: Separators that nobody can see in a definition, by the word that stands for them there.
SPACE, LINE_BREAK = "space", "line break"


def _separator_in_words(value: object) -> object:
    """A separator made of blanks or line breaks by its word, since blanks around a text are no part of it."""
    if value == r"\n":
        return LINE_BREAK  # as YAML reads it in single quotes
    if not isinstance(value, str) or value.strip() or not value:
        return value
    return LINE_BREAK if set(value) & {"\n", "\r"} else SPACE


def _as_texts(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


Separator = Annotated[str, BeforeValidator(_separator_in_words), Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_texts), Field(min_length=1)]


class ChoiceList(Definition):
    """A column whose cells hold all choices that a person ticked. Each choice is an item: 1 where it is in the cell, 0 where
    the cell is answered without it."""

    column: Text = Field(description="the export's column")
    separator: Separator = Field(
        description="what stands between two choices, e.g. ',' or ';', space or line break; blanks around it do not count"
    )
    choices: dict[Code, Texts] = Field(
        min_length=1, description="code: the choice as the cells hold it, a text or several, e.g. acts_01: [walk, Walking]"
    )
    exclusive: tuple[Text, ...] = Field(
        default=(),
        description="choices that stand alone, e.g. [None of these]; one that is no item's answers all items with no",
    )
    without_item: tuple[Text, ...] = Field(default=(), description="choices that no item of the study stands for")
    other_text: Code | None = Field(
        default=None,
        description="the item that any other text counts for, e.g. 'Other: …'; by default such a text is rejected",
    )
    untouched: Literal["blank", "answers"] | None = Field(
        default=None,
        description="what a blank cell is: blank (nobody saw the question) or answers (no choice was ticked); asked about if"
        " left out",
    )

    @model_validator(mode="after")
    def _choices_differ(self) -> "ChoiceList":
        owners: dict[str, str] = {}
        for owner, text in self._owned_texts():
            if not (key := self.bare(text)):
                raise ValueError(f"list of column {self.column!r}: {text!r} is no choice; write it as the cells hold it")
            if owners.setdefault(key, owner) != owner:
                raise ValueError(
                    f"list of column {self.column!r}: {text!r} stands for {owners[key]} and for {owner}; keep one"
                )
        return self

    def _owned_texts(self) -> Iterator[tuple[str, str]]:
        yield from ((code, text) for code, texts in self.choices.items() for text in texts)
        yield from (("no item", text) for text in self.without_item)

    def bare(self, text: str) -> str:
        """A text in comparable form without separators around it, which a cell's part never has."""
        mark = "" if self.separator in (SPACE, LINE_BREAK) else self.separator
        text = comparable(text)
        while mark and text and (text.startswith(mark) or text.endswith(mark)):
            text = comparable(text.removeprefix(mark).removesuffix(mark))
        return text

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that its column feeds."""
        return tuple(dict.fromkeys([*self.choices, *([self.other_text] if self.other_text is not None else [])]))

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that is declared for its cells."""
        return tuple(dict.fromkeys([*(text for _, text in self._owned_texts()), *self.exclusive]))
