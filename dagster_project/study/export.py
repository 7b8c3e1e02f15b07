"""Exports: what study.yaml may say of a wave's export, or of the roster.

Belongs here: models of the declaration of one export. Does not belong here: how exports and waves fit together
(protocol.py), reading a file (exports/).
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from dagster_project.study.base import Code, Definition, Text, WaveId, as_list
from dagster_project.study.choice_list import ChoiceList
from dagster_project.study.duration import TimedExport
from dagster_project.study.gates import VALID_SKIP
from dagster_project.study.items import PlainNumber, Positions
from dagster_project.study.planned import PlannedFor
from dagster_project.study.readers import READERS, READERS_IN_WORDS, Layout
from dagster_project.study.source import SERVICES_IN_WORDS, Source
from dagster_project.study.templates import template_fault

if TYPE_CHECKING:
    ReaderName = str
else:
    ReaderName = Literal[tuple(READERS)]

_LAYOUT_KEYS = tuple(field.name for field in fields(Layout))

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
    "valid_skip",
    "not_planned",
]
#: Why an answer or a score is missing. The first two are said by the person or by the cell; the others are silence. Their
#: numbers, from -1 down, stand in released files: new reasons go to the end. SQL reads them from codebook.missing_reasons.
MISSING_REASONS: tuple[MissingReason, ...] = get_args(MissingReason)


#: The column that joining the rows of a repeat group with their submissions gives: who answered.
SUBMISSION_RESPONDENT = "submission.respondent"

#: Tables of schema raw besides those of the waves.
RESERVED_NAMES = ("roster", "answers", "exports", "versions", "contract", "set_aside_rows")


def _known_encoding(name: str) -> str:
    """Refuse a name that is no encoding of text (Python knows others, such as zip)."""
    try:
        is_text = bytes(1).decode(name) is not None
    except LookupError:
        is_text = False
    except UnicodeDecodeError:
        is_text = True
    if not is_text:
        raise ValueError(f"{name!r} is no encoding of text that is known; write e.g. utf-8, cp1252, cp1250 or mac_roman")
    return codecs.lookup(name).name


class ColumnBlock(PlannedFor):
    """The export columns of one block of canonical codes: a template, or a list of code: column, or lists of choices."""

    block: Code = Field(description="an instrument's code, or 'services', 'measures' or 'participants'")
    template: str | None = Field(
        default=None, description="the column's name with {position} for the item's number, e.g. 'Q5_{position}'"
    )
    columns: dict[str, Text] = Field(default_factory=dict, description="code: column name, one line each")
    lists: tuple[ChoiceList, ...] = Field(
        default=(), description="columns whose cells hold several choices of one question, each choice an item"
    )
    absent: tuple[str, ...] = Field(default=(), description="codes that this export was never meant to have")

    @model_validator(mode="after")
    def _names_columns(self) -> "ColumnBlock":
        if self.template is None and not self.columns and not self.lists:
            raise ValueError(f"block {self.block} needs a template, columns or lists")
        if self.template is not None and (fault := template_fault(self.template)):
            raise ValueError(f"block {self.block}: template {self.template!r} {fault}")
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
    labels: dict[Text, PlainNumber] = Field(description="cell text: answer code")

    @model_validator(mode="after")
    def _items_of_a_block(self) -> "AnswerLabels":
        _check_one_block(self.blocks, self.items)
        return self


_LIMIT = r"[+-]?\d+(?:[.]\d+)?"
_CODE_RANGE = re.compile(rf"(LO|{_LIMIT})\s+thru\s+(HI|{_LIMIT})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class CodeRange:
    """Numbers that are no answers: from low to high, both among them; None for no limit. text: as it is declared."""

    text: str
    low: float | None
    high: float | None

    @property
    def has_numbers(self) -> bool:
        """Whether the range is not turned round."""
        return self.low is None or self.high is None or self.low <= self.high

    def __contains__(self, number: float) -> bool:
        return (self.low is None or number >= self.low) and (self.high is None or number <= self.high)


def read_code_range(text: str) -> CodeRange | None:
    """The range of numbers that a special code spells ("90 thru 99", "LO thru -1"); None for anything else."""
    limits = _CODE_RANGE.fullmatch(text.strip())
    if limits is None:
        return None
    low = None if limits[1].upper() == "LO" else float(limits[1])
    high = None if limits[2].upper() == "HI" else float(limits[2])
    return CodeRange(text.strip(), low, high)


class SpecialCodes(Definition):
    """Texts and numbers that are no answers but reasons for none, and whose answers they stand for."""

    blocks: tuple[Code, ...] = Field(
        default=(),
        description="the instruments, or variables of the roster and its columns under leaving, that use these codes; all of"
        " the export if empty",
    )
    items: Positions = Field(
        default=(), description="positions of the block's items that use them, e.g. ['9-10'], or none: all of its items"
    )
    codes: dict[Text, MissingReason] = Field(
        description="cell text, or a range such as '90 thru 99' or 'LO thru -1': missing reason, e.g. '-9': refused"
    )

    @model_validator(mode="after")
    def _can_be_read(self) -> "SpecialCodes":
        _check_one_block(self.blocks, self.items)
        for text, reason in self.codes.items():
            if reason == VALID_SKIP:
                raise ValueError(
                    f"{text!r}: {VALID_SKIP} is what asked_if of an instrument makes of an item that was not asked; write"
                    " not_asked"
                )
            code_range = read_code_range(text)
            if code_range is None and " thru " in text.casefold():
                raise ValueError(f"{text!r} is no range of numbers; write e.g. '90 thru 99', 'LO thru -1' or '100 thru HI'")
            if code_range is not None and not code_range.has_numbers:
                raise ValueError(
                    f"{text!r} holds no number: {code_range.low:g} is above {code_range.high:g}; turn the range round"
                )
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


class Leaving(Definition):
    """The roster's columns for people who withdrew or were excluded by the study."""

    withdrawn_on: Text | None = Field(default=None, description="the column with the date of a withdrawal")
    withdrawal_reason: Text | None = Field(
        default=None, description="the column with its reason, which stays in the roster: a release holds no free text of it"
    )
    excluded_on: Text | None = Field(default=None, description="the column with the date of an exclusion")
    exclusion_reason: Text | None = Field(
        default=None, description="the column with its reason, which stays in the roster: a release holds no free text of it"
    )

    @property
    def columns(self) -> dict[str, str]:
        """Column by code, where one is declared."""
        return {code: column for code, column in self.model_dump().items() if column is not None}


class Export(TimedExport):
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
    source: Source | None = Field(
        default=None,
        description=f"the service that `wavehouse pull` brings it from, as a file of its folder: {SERVICES_IN_WORDS}",
    )
    reader: ReaderName = Field(description=READERS_IN_WORDS)
    sheet: Text | None = Field(
        default=None, description="the workbook's sheet that holds it; by default the only one that is filled"
    )
    encoding: Annotated[str, AfterValidator(_known_encoding)] | None = Field(
        default=None, description="the encoding of its text, e.g. utf-8, cp1250 or mac_roman; by default it is found out"
    )
    title_rows: int = Field(default=0, ge=0, le=100, description="rows above the header that are not read, e.g. a title")
    header_rows: int = Field(
        default=1,
        ge=1,
        le=10,
        description="rows that make up the header; a column is then called 'question | answer', a text holding for the blank"
        " cells to its right",
    )
    label_rows: int = Field(
        default=0, ge=0, le=10, description="rows between the header and the first person that describe the columns"
    )
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
    ignored: tuple[Text, ...] = Field(
        default=(),
        description="columns that are ignored (metadata of the tool); * stands for any characters, e.g. 'meta_*'",
    )
    not_identifying: tuple[Text, ...] = Field(
        default=(),
        description="columns whose names or cells look like e-mail addresses, telephone numbers, postcodes or names and tell"
        " of nobody, e.g. a helpline or a product's number",
    )
    labels: tuple[AnswerLabels, ...] = Field(default=(), description="labels that stand for answer codes")
    special_codes: Annotated[tuple[SpecialCodes, ...], BeforeValidator(_as_special_codes)] = Field(
        default=(),
        description="cell text: missing reason, e.g. '-9': refused, for all blocks; or a list of {blocks, codes}; a range is"
        " written '90 thru 99'",
    )
    repeat_of: Code | None = Field(
        default=None,
        description="of the file of a repeat group (ODK, KoboToolbox): the export of its submissions, e.g. t1, which knows"
        " who answered, and when; respondent and answered_on are left out then",
    )
    rows: Annotated[tuple[RowFilter, ...], BeforeValidator(as_list)] = Field(
        default=(),
        description="which rows are this wave's, if the file holds several waves: one rule, or a list of rules that must all"
        " hold, e.g. event, repeated instrument and instance; all rows if left out",
    )
    dictionary: str | None = Field(
        default=None,
        description="REDCap's data dictionary (CSV of its web page or API) below the study folder; matches columns that are"
        " headed by their labels",
    )
    catalogue: str | None = Field(
        default=None,
        description="SAS's catalogue of formats (.sas7bcat) below the study folder, the file that knows what the codes of a"
        " .sas7bdat stand for",
    )
    untouched_forms: Literal["blank", "answers"] | None = Field(
        default=None,
        description="what REDCap's boxes that are not ticked are in a form without an answer whose state is blank or"
        " Incomplete: blank (nobody saw the form) or answers; asked about if left out",
    )
    set_aside: tuple[RowRule, ...] = Field(default=(), description="rows to set aside, by a column's text")
    duplicates: Literal["refuse", "first", "latest_complete"] = Field(
        default="refuse",
        description="what to do when a participant has several rows: refuse the file, keep the first, or keep the one with"
        " the most answers (of several the latest); the others are set aside",
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

    @property
    def description(self) -> str | None:
        """The file below the study folder that describes its columns: a data dictionary, or a catalogue of formats."""
        return self.dictionary or self.catalogue

    @property
    def pulled_name(self) -> str | None:
        """What the file is called that is pulled from its source; None if it has none."""
        return None if self.source is None else self.export + self.source.service.suffix

    def takes(self, file_name: str) -> bool:
        """Whether a file of its folder is an export, by its name."""
        return fnmatchcase(file_name.lower(), self.pattern.lower())

    @property
    def layout(self) -> Layout:
        """How its files are laid out."""
        return Layout(**{key: getattr(self, key) for key in _LAYOUT_KEYS})

    @model_validator(mode="before")
    @classmethod
    def _respondent_of_submission(cls, content: object) -> object:
        if not isinstance(content, Mapping) or content.get("repeat_of") is None:
            return content
        if needless := [
            key for key in ("respondent", "answered_on", "duration") if content.get(key) not in (None, SUBMISSION_RESPONDENT)
        ]:
            raise ValueError(f"an export with repeat_of has {needless[0]} from the export of its submissions; take it out")
        return {**content, "respondent": SUBMISSION_RESPONDENT}

    @model_validator(mode="after")
    def _layout_of_reader(self) -> "Export":
        for key in _LAYOUT_KEYS:
            if getattr(self, key) != getattr(Layout(), key) and key not in READERS[self.reader].layout:
                readers = [name for name, reader in READERS.items() if key in reader.layout]
                raise ValueError(f"{key} means nothing to reader {self.reader}; it is for {', '.join(readers)}")
        return self

    @model_validator(mode="after")
    def _can_be_pulled(self) -> "Export":
        if self.source is None or self.pulled_name is None:
            return self
        service = self.source.service
        if self.reader not in service.readers:
            readers = " or ".join(service.readers)
            raise ValueError(f"what {service.title} sends is read by reader {readers}, not {self.reader}")
        if not self.takes(self.pulled_name):
            raise ValueError(
                f"the file that is pulled is called {self.pulled_name}, which pattern {self.pattern!r} does not match; leave"
                " pattern out, or let it match"
            )
        return self

    def special_codes_of(self, block: str, position: int | None = None) -> dict[str, MissingReason]:
        """The single texts that are no answers to a block's item, or no values of a variable of the roster, with their
        reasons; without a position those of all items."""
        return {text: reason for text, reason in self._special_codes(block, position) if read_code_range(text) is None}

    def special_texts_of(self, block: str, variable: str, position: int) -> list[tuple[str, MissingReason]]:
        """As `special_codes_of`, each rule's text by itself. variable: of the roster, if the block is the participants."""
        codes = self._special_codes(variable, None) if self.wave is None else self._special_codes(block, position)
        return [(text, reason) for text, reason in codes if read_code_range(text) is None]

    def special_ranges_of(self, block: str, position: int | None = None) -> dict[CodeRange, MissingReason]:
        """The ranges of numbers that are no answers to a block's item, or no values of a variable of the roster, with their
        reasons; without a position those of all items."""
        ranges = ((read_code_range(text), reason) for text, reason in self._special_codes(block, position))
        return {code_range: reason for code_range, reason in ranges if code_range is not None}

    def _special_codes(self, block: str, position: int | None) -> Iterator[tuple[str, MissingReason]]:
        for special_codes in self.special_codes:
            is_of_block = not special_codes.blocks or block in special_codes.blocks
            if is_of_block and (position is None or not special_codes.items or position in special_codes.items):
                yield from special_codes.codes.items()
