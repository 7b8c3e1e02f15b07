"""The protocol: what study.yaml may contain. Waves, contrasts, participant variables, services, exports and their columns.

Belongs here: models of the declarations. Does not belong here: reading files (read.py), matching the
columns of an export file with these declarations (exports/).
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from dagster_project.study.base import CategoryId, Code, ContrastId, Definition, Text, WaveId
from dagster_project.study.instruments import Assumption
from dagster_project.study.items import Positions
from dagster_project.study.library import InstrumentName
from dagster_project.study.plan import Family, Plan
from dagster_project.study.readers import READERS, READERS_IN_WORDS

if TYPE_CHECKING:
    ReaderName = str
else:
    ReaderName = Literal[tuple(READERS)]

MissingReason = Literal[
    "refused",
    "invalid",
    "blank",
    "not_asked",
    "not_in_wave",
    "column_absent",
    "withdrawn",
    "wave_not_returned",
    "returned_blank",
    "too_few_items",
]
#: Why an answer or a score is missing, in the order of their codes in released files: -1 is the first.
MISSING_REASONS: tuple[MissingReason, ...] = get_args(MissingReason)

#: Tables of schema raw besides those of the waves.
RESERVED_NAMES = ("roster", "answers", "exports", "versions", "contract", "set_aside_rows")


class Wave(Definition):
    """A planned time point."""

    wave: WaveId = Field(description="the wave's id, e.g. T1")
    label: str = Field(description="what the wave is, in a few words")
    month: float = Field(description="the planned month, a number, e.g. 4")
    window_days: int = Field(default=42, gt=0, description="for how many days from then on the wave is open (default 42)")


class Contrast(Definition):
    """An ordered pair of waves with a declared direction."""

    contrast: ContrastId = Field(description="an id such as T1-T2")
    baseline: WaveId = Field(description="the earlier wave")
    followup: WaveId = Field(description="the later wave")
    direction: Literal["baseline_minus_followup", "followup_minus_baseline"] = Field(
        description="baseline_minus_followup (a positive change is a fall) or followup_minus_baseline"
    )

    @property
    def baseline_sign(self) -> int:
        """The sign with which the baseline counts in a change: change = sign * (baseline - follow-up)."""
        return 1 if self.direction == "baseline_minus_followup" else -1

    @property
    def in_words(self) -> str:
        """The declared direction, e.g. 'T1 minus T2'."""
        first, second = (self.baseline, self.followup)[:: self.baseline_sign]
        return f"{first} minus {second}"


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


class Service(Definition):
    """A health care service that people may have used."""

    service: Code = Field(description="a code such as gp")
    label: str = Field(description="the service's name as tables print it")


class ServiceUse(Definition):
    """The services asked about, and in which waves."""

    waves: tuple[WaveId, ...] = Field(description="the waves in which services were asked about")
    services: tuple[Service, ...] = Field(min_length=1, description="the services, in table order")
    used: tuple[Text, ...] = Field(description="what an export writes for a service that was used, e.g. ['Yes', '1']")
    not_used: tuple[Text, ...] = Field(description="what an export writes for a service that was not used")


class ColumnBlock(Definition):
    """The export columns of one block of canonical codes: a template, or a list of code: column."""

    block: Code = Field(description="an instrument's code, or 'services', or 'participants'")
    template: str | None = Field(
        default=None, description="the column's name with {position} for the item's number, e.g. 'Q5_{position}'"
    )
    columns: dict[str, Text] = Field(default_factory=dict, description="code: column name, one line each")
    absent: tuple[str, ...] = Field(default=(), description="codes that this export was never meant to have")

    @model_validator(mode="after")
    def _names_columns(self) -> "ColumnBlock":
        if self.template is None and not self.columns:
            raise ValueError(f"block {self.block} needs a template or columns")
        if self.template is not None:
            try:
                first_column, second_column = (self.template.format(position=position) for position in (1, 2))
            except (KeyError, IndexError, ValueError) as error:
                raise ValueError(f"block {self.block}: template {self.template!r} may only hold {{position}}") from error
            if first_column == second_column:
                raise ValueError(f"block {self.block}: template {self.template!r} lacks {{position}}")
        return self


def _check_one_block(blocks: tuple[Code, ...], items: tuple[int, ...]) -> None:
    if items and len(blocks) != 1:
        raise ValueError("items are positions in one block; give each block a rule of its own")


class AnswerLabels(Definition):
    """What an export writes instead of an answer code: {"5 (highest)": 5}."""

    blocks: tuple[Code, ...] = Field(min_length=1, description="the instruments whose answers use these labels")
    items: Positions = Field(
        default=(),
        description="positions of the block's items that use them, e.g. ['9-10']; if left out, all whose anchors fit",
    )
    labels: dict[Text, int] = Field(description="cell text: answer code")

    @model_validator(mode="after")
    def _items_of_a_block(self) -> "AnswerLabels":
        _check_one_block(self.blocks, self.items)
        return self


class SpecialCodes(Definition):
    """Texts that are no answers but reasons for none, and whose answers they stand for."""

    blocks: tuple[Code, ...] = Field(
        default=(), description="the instruments that use these codes; all of the export if empty"
    )
    items: Positions = Field(
        default=(), description="positions of the block's items that use them, e.g. ['9-10'], or none: all of its items"
    )
    codes: dict[Text, MissingReason] = Field(description="cell text: missing reason, e.g. '-9': refused")

    @model_validator(mode="after")
    def _items_of_a_block(self) -> "SpecialCodes":
        _check_one_block(self.blocks, self.items)
        return self


def _as_special_codes(value: object) -> object:
    """A mapping of texts holds for all blocks; a list says for which."""
    return ({"codes": value},) if isinstance(value, Mapping) and value else value or ()


class RowRule(Definition):
    """Rows to set aside by the text of a column, such as previews."""

    column: Text = Field(description="the export's column")
    equals: tuple[Text, ...] = Field(min_length=1, description="the cell texts that set a row aside")
    reason: Code = Field(description="a word for the reason, e.g. preview")


class RowFilter(Definition):
    """Which rows of a file belong to the export when a file holds several waves: by an event, instance or wave column."""

    column: Text = Field(description="the column that tells the waves apart, e.g. redcap_event_name")
    equals: tuple[Text, ...] = Field(
        min_length=1, description="the cell texts of this wave's rows, e.g. [t1_arm_1, t1_arm_2]; '' is a blank cell"
    )


def _as_list(value: object) -> object:
    return [value] if isinstance(value, dict) else value


class Leaving(Definition):
    """The roster's columns for people who withdrew or were excluded by the study."""

    withdrawn_on: Text | None = Field(default=None, description="the column with the date of a withdrawal")
    withdrawal_reason: Text | None = Field(default=None, description="the column with its reason")
    excluded_on: Text | None = Field(default=None, description="the column with the date of an exclusion")
    exclusion_reason: Text | None = Field(default=None, description="the column with its reason")

    @property
    def columns(self) -> dict[str, str]:
        """Column by code, where one is declared."""
        return {code: column for code, column in self.model_dump().items() if column is not None}


class Export(Definition):
    """The export of a wave, or the roster: its folder, how it is read and what its columns are."""

    export: Code = Field(description="a code for the export, e.g. t1 or roster")
    wave: WaveId | None = Field(default=None, description="the wave it belongs to; left out for the roster")
    part: Code | None = Field(
        default=None,
        description="a name for the part of the wave it holds, if the wave has several exports, e.g. one an instrument",
    )
    folder: str = Field(description="the folder it arrives in, below the study folder, e.g. raw/T1")
    pattern: str = Field(default="*", description="which files of the folder are exports, e.g. '*.csv'")
    files: Literal["one", "versions", "parts"] = Field(
        default="one",
        description="what several files are: refused (one), corrected versions of which the newest is used (versions), or"
        " parts of the wave, e.g. one a site (parts)",
    )
    pin: Annotated[str, Field(pattern="^[0-9a-f]{8,64}$")] | None = Field(
        default=None, description="the first 8 or more digits of the SHA-256 of the version to use instead of the newest"
    )
    reader: ReaderName = Field(description=READERS_IN_WORDS)
    decimal: Literal[".", ","] = Field(default=".", description="the decimal mark in numbers, '.' or ','")
    respondent: Text = Field(description="the column that holds the participant's identifier")
    answered_on: Text | None = Field(default=None, description="the column that holds the date of answering")
    dates: Annotated[str, Field(pattern="^(dmy|mdy|ymd|excel|.*%.*)$")] | None = Field(
        default=None,
        description="how dates are written: dmy, mdy or ymd, excel for serial numbers of days, or a format such as"
        " %d %b %Y; by default as a cell that has one reading proves it",
    )
    two_digit_years_from: Annotated[int, Field(ge=1800, le=2100)] | None = Field(
        default=None,
        description="the first of the hundred years that years of two digits are taken for, e.g. 1950; by default the latest"
        " that are not in the future",
    )
    blocks: tuple[ColumnBlock, ...] = Field(default=(), description="the columns, block by block")
    ignored: tuple[Text, ...] = Field(default=(), description="columns that are ignored (metadata of the tool)")
    labels: tuple[AnswerLabels, ...] = Field(default=(), description="labels that stand for answer codes")
    special_codes: Annotated[tuple[SpecialCodes, ...], BeforeValidator(_as_special_codes)] = Field(
        default=(),
        description="cell text: missing reason, e.g. '-9': refused, for all blocks; or a list of {blocks, codes}",
    )
    rows: Annotated[tuple[RowFilter, ...], BeforeValidator(_as_list)] = Field(
        default=(),
        description="which rows are this wave's, if the file holds several waves: one rule, or a list of rules that must all"
        " hold, e.g. event, repeated instrument and instance; all rows if left out",
    )
    dictionary: str | None = Field(
        default=None,
        description="REDCap's data dictionary (CSV) below the study folder; matches columns that are headed by their labels",
    )
    set_aside: tuple[RowRule, ...] = Field(default=(), description="rows to set aside, by a column's text")
    duplicates: Literal["refuse", "first", "latest_complete"] = Field(
        default="refuse",
        description="what to do when a participant has several rows: refuse the file, keep the first, or keep the most"
        " complete one (of equally complete ones the latest); the others are set aside",
    )
    respondents: dict[Text, Text] = Field(
        default_factory=dict, description="identifiers as this export writes them: the roster's identifier"
    )
    leaving: Leaving = Field(default=Leaving(), description="the roster's columns for people who left")

    @property
    def table(self) -> str:
        """The name of the export's asset and of its table in schema raw."""
        if self.wave is None:
            return RESERVED_NAMES[0]
        return self.wave.lower() if self.part is None else f"{self.wave.lower()}_{self.part}"

    def special_codes_of(self, block: str, position: int) -> dict[str, MissingReason]:
        """The texts that are no answers to a block's item, with their reasons."""
        return {
            text: reason
            for special_codes in self.special_codes
            if not special_codes.blocks or block in special_codes.blocks
            if not special_codes.items or position in special_codes.items
            for text, reason in special_codes.codes.items()
        }


class PublishedTable(Definition):
    """Published tables in long form, to compare results with."""

    file: str = Field(description="the CSV file below the study folder")
    tables: dict[Text, Literal["characteristics", "service_use", "summary", "change"]] = Field(
        description="the number of a table: the analysis it prints"
    )


class Protocol(Definition):
    """study.yaml"""

    study: Code = Field(description="the study's code, the same as its folder's name")
    title: str = Field(description="the study's title")
    source: str = Field(description="a citation")
    licence: str = Field(description="the terms under which the data may be used")
    stand_in: str | None = Field(default=None, description="a note that the people are stand-ins, if they are")
    waves: tuple[Wave, ...] = Field(min_length=1, description="the planned waves, in order")
    starts_on: date | None = Field(default=None, description="the planned day of month 0, e.g. 2024-01-15")
    contrasts: tuple[Contrast, ...] = Field(default=(), description="the pairs of waves to compare")
    instruments: tuple[InstrumentName, ...] = Field(
        min_length=1, description="the instruments, by file name, or of the library, e.g. library:phq9"
    )
    outcomes: tuple[Code, ...] = Field(min_length=1, description="the scales that the tables print, in order")
    plan: Plan = Field(default=Plan(), description="the analysis plan: families of tests, level, margin, headline")
    participant_variables: tuple[ParticipantVariable, ...] = Field(default=(), description="what the roster knows")
    service_use: ServiceUse | None = Field(default=None, description="services asked about")
    exports: tuple[Export, ...] = Field(min_length=1, description="the exports, the roster among them")
    rejected_share: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="the share of the values of an instrument in a wave, or of a participant variable, that may be rejected"
        " (outside anchors, labels, categories or limits); more than that and nothing is released, e.g. 0.05",
    )
    published: PublishedTable | None = Field(default=None, description="published numbers to compare with")
    shows_people: bool = Field(
        default=True,
        description="whether page and figures show people one by one, by pseudonym, where they are few (true or false)",
    )
    assumptions: tuple[Assumption, ...] = Field(default=(), description="what the source does not say")

    @model_validator(mode="after")
    def _consistent(self) -> "Protocol":
        waves = [wave.wave for wave in self.waves]
        if reserved := [wave for wave in waves if wave.lower() in RESERVED_NAMES]:
            raise ValueError(f"a wave cannot be called {reserved[0]}: schema raw has a table of that name; rename it")
        if len({wave.lower() for wave in waves}) != len(waves):
            raise ValueError("two waves have the same id")
        for contrast in self.contrasts:
            for wave in (contrast.baseline, contrast.followup):
                if wave not in waves:
                    raise ValueError(f"contrast {contrast.contrast} names the unknown wave {wave}")
            if waves.index(contrast.baseline) >= waves.index(contrast.followup):
                raise ValueError(f"contrast {contrast.contrast}: baseline must come before follow-up")
        for wave in self.service_use.waves if self.service_use else ():
            if wave not in waves:
                raise ValueError(f"service_use names the unknown wave {wave}")
        self._check_families()
        exports = [export.export for export in self.exports]
        if len(set(exports)) != len(exports):
            raise ValueError("two exports have the same code")
        rosters = [export for export in self.exports if export.wave is None]
        if len(rosters) != 1:
            raise ValueError(f"{len(rosters)} exports have no wave; exactly one, the roster, must have none")
        wave_exports = [export for export in self.exports if export.wave is not None]
        if without_blocks := [export.export for export in wave_exports if not export.blocks]:
            raise ValueError(f"export {without_blocks[0]} has no blocks; say which columns hold the answers")
        if with_leaving := [export.export for export in wave_exports if export.leaving.columns]:
            raise ValueError(f"export {with_leaving[0]} declares leaving; only the roster can")
        for export in wave_exports:
            if export.wave not in waves:
                raise ValueError(f"an export names the unknown wave {export.wave}")
        with_dictionary = [export for export in self.exports if export.dictionary is not None]
        if not_redcap := [export.export for export in with_dictionary if export.reader != "redcap"]:
            raise ValueError(f"export {not_redcap[0]} declares a dictionary; only the redcap reader knows one")
        for wave in waves:
            self._check_parts(wave)
        tables = [export.table for export in self.exports]
        if duplicates := [table for table in tables if tables.count(table) > 1 or table in RESERVED_NAMES[1:]]:
            raise ValueError(f"two tables of schema raw would be called {duplicates[0]}; rename a wave or a part")
        return self

    def _check_families(self) -> None:
        contrasts = [contrast.contrast for contrast in self.contrasts]
        family_of_test: dict[tuple[str, str], str] = {}
        for family in self.plan.families:
            for contrast in family.contrasts:
                if contrast not in contrasts:
                    raise ValueError(f"plan: family {family.family} names the unknown contrast {contrast}")
            for test in self.family_tests(family):
                if test in family_of_test:
                    raise ValueError(
                        f"plan: {test[0]} in {test[1]} is in the families {family_of_test[test]} and {family.family}; a test"
                        " has one"
                    )
                family_of_test[test] = family.family

    def family_tests(self, family: Family) -> list[tuple[str, str]]:
        """The tests of a family: (scale, contrast)."""
        contrasts = family.contrasts or tuple(contrast.contrast for contrast in self.contrasts)
        return [(outcome, contrast) for contrast in contrasts for outcome in family.outcomes]

    @property
    def plan_hash(self) -> str:
        """The first 16 digits of the SHA-256 of waves, contrasts, outcomes and the analysis plan."""
        plan_content = self.model_dump(mode="json", include={"waves", "contrasts", "outcomes", "plan"})
        return hashlib.sha256(json.dumps(plan_content, sort_keys=True).encode()).hexdigest()[:16]

    def _check_parts(self, wave: str) -> None:
        exports = [export for export in self.exports if export.wave == wave]
        if not exports:
            raise ValueError(f"wave {wave} has no export; declare one")
        if len(exports) == 1:
            return
        if without_part := [export.export for export in exports if export.part is None]:
            raise ValueError(
                f"wave {wave} has {len(exports)} exports; give {without_part[0]} a part, a name for what it holds of the"
                " wave, or keep one export"
            )
        blocks = [block.block for export in exports for block in export.blocks]
        if duplicates := [block for block in blocks if blocks.count(block) > 1]:
            raise ValueError(f"wave {wave}: {duplicates[0]} stands in two of its exports; keep it in one")

    @property
    def roster(self) -> Export:
        return next(export for export in self.exports if export.wave is None)

    @property
    def wave_exports(self) -> tuple[Export, ...]:
        """The waves' exports in the order of the waves, a wave's parts in the order of the file."""
        return tuple(export for wave in self.waves for export in self.exports if export.wave == wave.wave)

    def part_number(self, export: Export) -> int:
        """The number of an export among its wave's exports, from 1."""
        return [wave_export for wave_export in self.exports if wave_export.wave == export.wave].index(export) + 1
