"""Checklists and a study's own answers, as files declare them. Belongs here: their models and reading them. Does not belong
here: judging."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from dagster_project.study import Definition, Groups, Study, StudyError, read_definition
from dagster_project.synthesis import read_propositions

#: What can meet an item: a table or figure of the report, results of an analysis, a section of the page, a key of
#: study.yaml, a file of the study folder, or only the authors' words.
Kind = Literal["table", "figure", "analysis", "section", "study", "file", "authors"]
#: What a study may be or have that an item, or a whole checklist, is about: several waves, propositions, groups made by
#: chance, no such groups, scores of several waves without such groups, scales of items.
Subject = Literal["several_waves", "propositions", "randomised_groups", "observed", "observed_over_time", "scales"]
_FOLDER = Path(__file__).parent
_ORDER = ("consort_2025", "strobe_cohort", "jars_quant_longitudinal", "gramms", "consort_pro", "tarmos")


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Item(Definition):
    """One item of a checklist."""

    item: str = Field(min_length=1, description="its number in the original")
    section: str = Field(description="the part of a paper it belongs to")
    name: str = Field(description="what it asks, in a few words of our own")
    met_by: dict[Kind, Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]] = Field(
        min_length=1, description="what meets it, by kind: all of it must be there, of what stands between | one"
    )
    only_with: Subject | None = Field(default=None, description="what a study must have for it to be asked")


class Checklist(Definition):
    """A reporting guideline."""

    checklist: str = Field(description="its code, the same as its file's name")
    name: str = Field(description="its name")
    name_of_one_wave: str = Field(default="", description="its name in a study of one wave, if it is another one")
    version: str = Field(description="the guideline's year and the revision of these names")
    source: str = Field(description="the full citation with its DOI")
    licence: str = Field(description="what of it may be repeated, and what is")
    only_with: Subject | None = Field(default=None, description="what a study must have for it to be asked")
    items: tuple[Item, ...] = Field(min_length=1, description="its items, in its order")


class Answers(Definition):
    """checklists.yaml of a study: what only its authors can say. Checklist to item to words."""

    told: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="where the authors tell it, e.g. strobe_cohort: {'22': 'Funding, page 12'}"
    )
    not_applicable: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="why an item does not apply, e.g. strobe_cohort: {'6b': 'nobody was matched'}"
    )


def read_checklists() -> tuple[Checklist, ...]:
    """All checklists, in the order of the report."""
    return tuple(read_definition(_FOLDER / f"{name}.yaml", Checklist) for name in _ORDER)


def checklists_of(study: Study, answers: Answers) -> tuple[Checklist, ...]:
    """The checklists that concern a study, with the items that do, and whatever its authors answer."""
    groups, has_several_waves = study.protocol.groups, len(study.protocol.waves) > 1
    is_randomised = isinstance(groups, Groups) and groups.design == "randomised"
    concerns: dict[Subject | None, bool] = {
        None: True,
        "scales": bool(study.protocol.instruments),
        "several_waves": has_several_waves,
        "propositions": read_propositions(study) is not None,
        "randomised_groups": is_randomised,
        "observed": not is_randomised,
        "observed_over_time": not is_randomised and has_several_waves and bool(study.protocol.outcomes),
    }
    checklists = []
    for checklist in read_checklists():
        answered_items = {**answers.told.get(checklist.checklist, {}), **answers.not_applicable.get(checklist.checklist, {})}
        items = tuple(item for item in checklist.items if concerns[item.only_with] or item.item in answered_items)
        if concerns[checklist.only_with] or answered_items:
            name = checklist.name if has_several_waves else checklist.name_of_one_wave or checklist.name
            checklists.append(checklist.model_copy(update={"items": items, "name": name}))
    return tuple(checklists)


def read_answers(study: Study) -> Answers:
    """The study's answers; none where it has no checklists.yaml.

    Raises StudyError with one line: file, key, value, cure.
    """
    file = study.folder / "checklists.yaml"
    if not file.exists():
        return Answers()
    answers = read_definition(file, Answers)
    items_by_checklist = {definition.checklist: {item.item for item in definition.items} for definition in read_checklists()}
    for key in ("told", "not_applicable"):
        for checklist, items in getattr(answers, key).items():
            if checklist not in items_by_checklist:
                raise StudyError(
                    f"{file}: {key}: {checklist!r} is not a checklist; the checklists are {', '.join(items_by_checklist)}"
                )
            for item, words in items.items():
                if item not in items_by_checklist[checklist]:
                    raise StudyError(
                        f"{file}: {key}: {checklist}: {item!r} is not an item of it; see its form in the release"
                    )
                if not words:
                    raise StudyError(f"{file}: {key}: {checklist}: {item}: the answer is empty; write it or take it out")
                if key == "not_applicable" and item in answers.told.get(checklist, {}):
                    raise StudyError(f"{file}: not_applicable: {checklist}: {item!r} is told, too; keep one of the two")
    return answers
