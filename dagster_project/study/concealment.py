"""Groups of a randomised study by letters, until it is unblinded: A, B and so on in place of their names and codes.

Belongs here: what may be concealed, which group has which letter, and the protocol with letters. Does not belong here: what
leaves the house (release/), the declaration (groups.py).

Everything that a study is read for gets the letters: whoever has the study's files can tell who is who, whoever has a
release alone cannot tell it by names.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from string import ascii_uppercase
from typing import TYPE_CHECKING, TypeVar

from dagster_project.study.participants import Category, ParticipantVariable
from dagster_project.study.planned import PlannedFor
from dagster_project.study.variants import Variant

if TYPE_CHECKING:
    from dagster_project.study.groups import Groups
    from dagster_project.study.protocol import Protocol

#: The keys of groups that say nothing about the plan.
CONCEALMENT_KEYS = ("concealed", "concealment_seed", "unblinded")
#: What is said in place of a cell of the roster that may tell a concealed group.
CONCEALED_TEXT = "a text that is not shown while groups are concealed"
_LEAST_SEED = 100_000
Declaration = TypeVar("Declaration", bound=PlannedFor)


def concealment_error(groups: "Groups", categories: Sequence[Category]) -> str | None:
    """What is wrong with what is said of concealment, in one line, or None. categories: the groups."""
    if not groups.concealed:
        for key in CONCEALMENT_KEYS[1:]:
            if getattr(groups, key) is not None:
                return f"groups: {key} says nothing without concealed: true; add it, or take {key} out"
        return None
    if groups.design != "randomised":
        return (
            "groups: concealed is for arms of a trial; groups that people belong to are known to everybody, so take it out"
        )
    if groups.concealment_seed is None:
        return (
            "groups: concealed: true needs concealment_seed, a whole number of six digits or more drawn by chance; the"
            " letters follow from it, and it is in no release, so give it to those alone who may know the groups"
        )
    if groups.concealment_seed < _LEAST_SEED:
        return f"groups: concealment_seed {groups.concealment_seed} can be guessed; draw one of six digits or more"
    if len(categories) > len(ascii_uppercase):
        return (
            f"groups: {len(categories)} groups are more than there are letters; only {len(ascii_uppercase)} can be concealed"
        )
    if groups.unblinded is not None and groups.unblinded > date.today():
        return f"groups: unblinded: {groups.unblinded} is still to come; write it on the day, and take it out until then"
    return None


def letters_of(groups: "Groups", categories: Sequence[Category]) -> dict[str, str]:
    """The letter of each group by its code: the order of a hash of seed, variable and code, whatever the order they are
    declared in and whichever is the reference. The same definition has the same letters."""

    def position(category: Category) -> bytes:
        words = f"{groups.concealment_seed}/{groups.variable}/{category.category}"
        return hashlib.sha256(words.encode()).digest()

    ordered = sorted(categories, key=position)
    return {category.category: letter for category, letter in zip(ordered, ascii_uppercase, strict=False)}


def concealed_protocol(protocol: "Protocol") -> "Protocol":
    """The protocol with letters in place of the groups' codes and names, in the order of the letters; as it is, where
    nothing is concealed.

    The first letter is what the others are compared with, whichever group it is: the declared reference would tell which
    that is. How exports spell the groups is kept, for reading them alone. The plan's hash stays that of the declared groups.
    """
    groups = protocol.groups
    if not protocol.is_concealed or groups is None or isinstance(groups, str):
        return protocol
    variable = next(entry for entry in protocol.participant_variables if entry.variable == groups.variable)
    letters = letters_of(groups, variable.categories)
    variables = tuple(
        _with_letters(entry, letters) if entry is variable else entry for entry in protocol.participant_variables
    )
    exports = tuple(
        export.model_copy(update={"blocks": tuple(_planned(block, groups.variable, letters) for block in export.blocks)})
        for export in protocol.exports
    )
    changes = {
        "participant_variables": variables,
        "groups": groups.compared_with(ascii_uppercase[0], letters),
        "waves": tuple(_planned(wave, groups.variable, letters) for wave in protocol.waves),
        "exports": exports,
        "variants": tuple(_variant(variant, groups.variable, letters) for variant in protocol.variants),
    }
    return protocol.model_copy(update=changes)


def _with_letters(variable: ParticipantVariable, letters: Mapping[str, str]) -> ParticipantVariable:
    categories = [
        Category(
            category=letters[category.category],
            label=letters[category.category],
            text=category.text or (category.label,),
        )
        for category in variable.categories
    ]
    printed_categories = variable.printed_categories
    if printed_categories is not None:
        printed_categories = tuple(sorted(letters[code] for code in printed_categories))
    in_order = tuple(sorted(categories, key=lambda category: category.category))
    return variable.model_copy(update={"categories": in_order, "printed_categories": printed_categories})


def _planned(declaration: Declaration, variable: str, letters: Mapping[str, str]) -> Declaration:
    """A wave or a block with letters in the condition for whom it is planned."""
    if declaration.planned_for is None or variable not in declaration.planned_for:
        return declaration
    of_letters = tuple(sorted(letters[code] for code in declaration.planned_for[variable]))
    return declaration.model_copy(update={"planned_for": declaration.planned_for | {variable: of_letters}})


def _variant(variant: Variant, variable: str, letters: Mapping[str, str]) -> Variant:
    """A variant with letters in its rules of whom it keeps."""
    rules = tuple(
        rule
        if rule.variable != variable
        else rule.model_copy(
            update={name: tuple(sorted(letters[code] for code in getattr(rule, name))) for name in ("only", "left_out")}
        )
        for rule in variant.people
    )
    return variant.model_copy(update={"people": rules})


def identifying_facts(protocol: "Protocol") -> list[str]:
    """What a release will show of one concealed group and not of another, by which it may be told: a line each."""
    groups = protocol.groups
    if not protocol.is_concealed or groups is None or isinstance(groups, str):
        return []
    variants = [
        f"variant {variant.variant} keeps people by {groups.variable}, whose groups are concealed: whoever knows whom it"
        " keeps can tell them apart by it"
        for variant in protocol.variants
        if groups.variable in {rule.variable for rule in variant.people}
    ]
    variable = next(entry for entry in protocol.participant_variables if entry.variable == groups.variable)
    spellings = " ".join(text for category in variable.categories for text in category.text).casefold()
    words = set(re.findall(r"[^\W_]{4,}", spellings))
    variants += [
        f"variant {variant.variant}: its name has {found_words[0]!r}, a word of a concealed group, and is printed as it is"
        for variant in protocol.variants
        if (found_words := sorted(words & set(re.findall(r"[^\W_]{4,}", f"{variant.variant} {variant.label}".casefold()))))
    ]
    return variants + [
        f"{condition.subject} is planned by {groups.variable}, whose groups are concealed: whoever knows whom it is planned"
        " for can tell them apart by it"
        for condition in protocol.conditions
        if groups.variable in condition.categories
    ]
