"""What the roster knows of people: variables with categories, and numbers.

Belongs here: their declarations. Does not belong here: reading a roster (exports/), groups that are compared (groups.py).
"""

from typing import Literal

from pydantic import Field, model_validator

from dagster_project.study.base import CategoryId, Code, Definition, Text


class Category(Definition):
    """One category of a participant variable: `text` lists how exports spell it."""

    category: CategoryId = Field(description="the category's code, e.g. S1")
    label: str = Field(description="the category's name as tables print it")
    text: tuple[Text, ...] = Field(default=(), description="what an export writes for it; the label itself if left out")


class ParticipantVariable(Definition):
    """A fact about a person, taken from the roster: a category or a number."""

    variable: Code = Field(description="a code such as site or age")
    label: str = Field(description="the variable's name as tables print it")
    section: str = Field(description="the block of the table it stands in")
    kind: Literal["category", "number"] = Field(description="category or number")
    unit: str | None = Field(default=None, description="the unit of a number, e.g. years")
    minimum: float | None = Field(default=None, description="the lowest number accepted")
    maximum: float | None = Field(default=None, description="the highest number accepted")
    categories: tuple[Category, ...] = Field(default=(), description="the categories, in table order")
    printed_categories: tuple[CategoryId, ...] | None = Field(
        default=None, description="the categories that the table prints; all of them if left out"
    )
    decimals: int = Field(default=1, ge=0, le=6, description="decimals the table prints")

    @model_validator(mode="after")
    def _matches_kind(self) -> "ParticipantVariable":
        if self.kind == "category" and not self.categories:
            raise ValueError(f"variable {self.variable} is a category but lists no categories")
        if self.kind == "number" and self.categories:
            raise ValueError(f"variable {self.variable} is a number and cannot list categories")
        codes = [category.category for category in self.categories]
        if len(set(codes)) != len(codes):
            raise ValueError(f"variable {self.variable} lists a category twice")
        if unknown := sorted(set(self.printed_categories or ()) - set(codes)):
            raise ValueError(f"variable {self.variable} prints the unknown category {unknown[0]}")
        return self
