"""The protocol: what study.yaml may contain. Waves, contrasts, services, exports.

Belongs here: models of the declarations, and how they fit together. Does not belong here: the declaration of one export
(export.py), of what the roster knows (participants.py), reading files (read.py).
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from dagster_project.languages import ENGLISH, language_error
from dagster_project.study.base import Code, Definition
from dagster_project.study.careless import Careless
from dagster_project.study.disclosure import Disclosure
from dagster_project.study.export import RESERVED_NAMES, Export
from dagster_project.study.exports_together import check_durations, check_repeats, check_sources
from dagster_project.study.groups import Groups, RepeatedBaseline, groups_error, ordered_groups
from dagster_project.study.growth import Growth, growth_error
from dagster_project.study.instruments import Assumption
from dagster_project.study.items import Positions
from dagster_project.study.library import InstrumentName
from dagster_project.study.measures import MEASURES, Measures, measures_error
from dagster_project.study.once import End, with_months
from dagster_project.study.page import Page
from dagster_project.study.participants import Category, ParticipantVariable
from dagster_project.study.plan import Family, Plan
from dagster_project.study.planned import PLANNED_KEYS, Condition, WaveConditions, condition_of
from dagster_project.study.published_table import PublishedTable
from dagster_project.study.retention import Retention
from dagster_project.study.roster import with_roster_of_wave
from dagster_project.study.sensitivity import Sensitivity
from dagster_project.study.service_use import ServiceUse
from dagster_project.study.source import ServiceSource
from dagster_project.study.variants import Variant, variants_error
from dagster_project.study.waves import Contrast, Wave


class Protocol(Definition):
    """study.yaml"""

    study: Code = Field(description="the study's code, the same as its folder's name")
    title: str = Field(description="the study's title")
    language: str = Field(
        default=ENGLISH,
        description="the language of the page, the documents and the figures: en, or one that has a catalogue of messages,"
        " e.g. de or fr",
    )
    source: str = Field(description="a citation")
    licence: str = Field(description="the terms under which the data may be used")
    stand_in: str | None = Field(default=None, description="a note that the people are stand-ins, if they are")
    waves: tuple[Wave, ...] = Field(min_length=1, description="the planned waves, in order")
    starts_on: date | None = Field(default=None, description="the planned day of month 0, e.g. 2024-01-15")
    contrasts: tuple[Contrast, ...] = Field(default=(), description="the pairs of waves to compare")
    instruments: tuple[InstrumentName, ...] = Field(
        default=(), description="the instruments, by file name, or of the library, e.g. library:phq9"
    )
    measures: Measures | None = Field(
        default=None,
        description="what is followed without items: scores as they come, numbers, yes_no, categories, e.g. {scores:"
        " [{measure: bdi, label: Depression, low: 0, high: 63, better: low}]}",
    )
    better: End | dict[Code, End] | None = Field(
        default=None,
        description="which end of a scale is good where the instrument's file leaves it open: high or low for all scales, or"
        " by scale, e.g. {mood_total: high, others: low}",
    )
    reversed: dict[Code, Positions] = Field(
        default_factory=dict,
        description="positions of reversed items by instrument, where the instrument's file leaves them open, e.g."
        " {mood: [2, 4]}",
    )
    outcomes: tuple[Code, ...] = Field(default=(), description="the scales that the tables print, in order")
    plan: Plan = Field(default=Plan(), description="the analysis plan: families of tests, level, margin, headline")
    participant_variables: tuple[ParticipantVariable, ...] = Field(default=(), description="what the roster knows")
    groups: Groups | Literal["none"] | None = Field(
        default=None,
        description="groups of people to compare, e.g. {variable: arm, reference: control, design: randomised}; none where"
        " everybody is one group",
    )
    growth: Growth | None = Field(
        default=None, description="the model of linear growth, if any: {time: answered_on or planned, unit: months}"
    )
    service_use: ServiceUse | None = Field(default=None, description="services asked about")
    ordinal_reliability: tuple[Code, ...] = Field(
        default=(), description="scales whose alpha and omega are also of polychoric correlations, e.g. [phq9_total]"
    )
    careless: Careless | None = Field(
        default=None, description="signs of careless answers to count, e.g. {long_string: 0.5}; {} for the defaults"
    )
    variants: tuple[Variant, ...] = Field(
        default=(),
        description="the same exports under other definitions, computed beside the main analysis, e.g. [{variant:"
        " per_protocol, people: {variable: adherence, only: [completed]}}]",
    )
    exports: tuple[Export, ...] = Field(
        min_length=1, description="the exports, the roster among them unless roster: names a wave"
    )
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
    disclosure: Disclosure | Literal["none"] = Field(
        default=Disclosure(),
        description="what the public release may show, e.g. {minimum: 10, round_to: 5}; none where there is to be no public"
        " release",
    )
    retention: Retention = Field(
        default=Retention(),
        description="how long is kept what runs leave behind, e.g. {releases: 5, history_days: 365}",
    )
    not_identifying: tuple[str, ...] = Field(
        default=(),
        description="labels that look like an e-mail address, a telephone number, a postcode or a name and are none",
    )
    page: Page = Field(
        default=Page(),
        description="what page and Word document show, in which order, e.g. {sections: [main_results, methods]}",
    )
    assumptions: tuple[Assumption, ...] = Field(default=(), description="what the source does not say")

    _roster_of_wave = model_validator(mode="before")(with_roster_of_wave)
    _months_of_waves = model_validator(mode="before")(with_months)

    @model_validator(mode="after")
    def _consistent(self) -> "Protocol":
        if error := language_error(self.language):
            raise ValueError(error)
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
                raise ValueError(
                    f"contrast {contrast.contrast}: baseline must come before follow-up; put the waves in order, or exchange"
                    " baseline and followup"
                )
        for wave in self.service_use.waves if self.service_use else ():
            if wave not in waves:
                raise ValueError(f"service_use names the unknown wave {wave}")
        self._check_measures(waves)
        if error := groups_error(self.groups, self.participant_variables):
            raise ValueError(error)
        if error := variants_error(self.variants, self.participant_variables):
            raise ValueError(error)
        self._check_families()
        check_sources(self.exports)
        exports = [export.export for export in self.exports]
        if len(set(exports)) != len(exports):
            raise ValueError("two exports have the same code")
        rosters = [export for export in self.exports if export.wave is None]
        if not rosters:
            raise ValueError(
                "no export says who the study's people are; declare one without a wave, or roster: with the wave whose"
                f" people they are, e.g. roster: {waves[0]}"
            )
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
        for key, reader, words in (
            ("dictionary", "redcap", "a dictionary; only the redcap reader knows one"),
            ("catalogue", "sas", "a catalogue; only the sas reader knows one"),
            ("untouched_forms", "redcap", "untouched_forms; only the redcap reader knows forms"),
        ):
            exports_with_key = [export for export in self.exports if getattr(export, key) is not None]
            if of_another := [export.export for export in exports_with_key if export.reader != reader]:
                raise ValueError(f"export {of_another[0]} declares {words}")
        check_repeats(self.exports)
        check_durations(self.exports)
        for wave in waves:
            self._check_parts(wave)
        dated_waves = [str(export.wave) for export in wave_exports if export.answered_on is not None]
        windows = {wave.wave: wave.days_from_baseline for wave in self.waves}
        if error := growth_error(self.growth, windows, dated_waves, has_scales=bool(self.outcomes)):
            raise ValueError(error)
        tables = [export.table for export in self.exports]
        if duplicates := [table for table in tables if tables.count(table) > 1 or table in RESERVED_NAMES[1:]]:
            raise ValueError(f"two tables of schema raw would be called {duplicates[0]}; rename a wave or a part")
        return self

    def _check_measures(self, waves: Sequence[str]) -> None:
        if not self.instruments and self.measures is None:
            raise ValueError(
                "neither instruments nor measures says what is followed over the waves; name an instrument, or declare what"
                " has no items under measures"
            )
        has_scales = bool(self.instruments) or (self.measures is not None and bool(self.measures.quantities))
        if has_scales and not self.outcomes:
            raise ValueError("outcomes: the key is missing; give the scales that the tables print, in order")
        if MEASURES in self.instruments:
            raise ValueError(f"an instrument cannot be called {MEASURES}: that is the block of measures; rename it")
        if self.measures is not None and (line := measures_error(self.measures, waves)) is not None:
            raise ValueError(line)

    def _check_families(self) -> None:
        contrasts = [contrast.contrast for contrast in self.contrasts]
        family_of_test: dict[tuple[str, str, str], str] = {}
        for family in self.plan.families:
            for contrast in family.contrasts:
                if contrast not in contrasts:
                    raise ValueError(f"plan: family {family.family} names the unknown contrast {contrast}")
            if family.compares != "waves" and not self.compared_groups:
                raise ValueError(
                    f"plan: family {family.family} compares {family.compares}, and groups: declares none; declare them, or"
                    " take compares out"
                )
            if family.compares == "growth" and (line := self._growth_family_error(family)) is not None:
                raise ValueError(line)
            for scale, contrast in self.family_tests(family):
                other_family = family_of_test.setdefault((scale, contrast, family.compares), family.family)
                if other_family != family.family:
                    raise ValueError(
                        f"plan: {f'{scale} in {contrast}' if contrast else f'the slope of {scale}'} is in the families"
                        f" {other_family} and {family.family}; a test has one"
                    )

    def _growth_family_error(self, family: Family) -> str | None:
        """What is wrong with a family of differences of slopes, or None."""
        if self.growth is None:
            return (
                f"plan: family {family.family} compares growth, and none is declared; declare growth, or take compares out"
            )
        if family.contrasts:
            return f"plan: family {family.family} compares growth, which has no contrasts; take contrasts out of it"
        return None

    def service_of(self, export: Export) -> ServiceSource | None:
        """The service that an export's file is pulled from. Several exports may read the file that one of them pulls."""
        for candidate in (export, *self.exports):
            is_read = candidate.folder == export.folder and candidate.pulled_name and export.takes(candidate.pulled_name)
            if candidate.source is not None and is_read:
                return candidate.source.service
        return None

    @property
    def compared_groups(self) -> tuple[Category, ...]:
        """The groups that are compared, the reference first; none where everybody is one group."""
        if not isinstance(self.groups, Groups):
            return ()
        return ordered_groups(self.groups, self.participant_variables)

    @property
    def is_randomised(self) -> bool:
        """Whether the groups were made by chance."""
        return isinstance(self.groups, Groups) and self.groups.design == "randomised"

    @property
    def repeated_measures_baseline(self) -> RepeatedBaseline:
        """How the mixed model for repeated measures takes the first wave: as declared, or as the design has it."""
        baseline = self.groups.repeated_measures.baseline if isinstance(self.groups, Groups) else None
        return baseline or ("constrained" if self.is_randomised else "free")

    @property
    def compared_variables(self) -> tuple[ParticipantVariable, ...]:
        """What the roster knows of people, but for the variable that makes the groups."""
        group_variable = self.groups.variable if isinstance(self.groups, Groups) else None
        return tuple(variable for variable in self.participant_variables if variable.variable != group_variable)

    @property
    def sensitivity(self) -> Sensitivity | None:
        """What comparisons of groups are computed under beside what is observed; None where nothing is declared. Concealed
        groups do not say which of them is the reference, and have nothing that needs to know."""
        sensitivity = self.groups.sensitivity if isinstance(self.groups, Groups) else None
        return sensitivity.without_reference if sensitivity is not None and self.is_concealed else sensitivity

    @property
    def concealed_variable(self) -> str | None:
        """The variable of the roster whose categories are shown by letters."""
        return self.groups.variable if isinstance(self.groups, Groups) and self.groups.are_concealed else None

    @property
    def concealed_codes(self) -> frozenset[str]:
        """The codes of concealed groups as they were declared: ids that have one of them name a group."""
        return self.groups.concealed_codes if isinstance(self.groups, Groups) else frozenset()

    @property
    def is_concealed(self) -> bool:
        """Whether the groups are shown by letters."""
        return self.concealed_variable is not None

    def family_tests(self, family: Family) -> list[tuple[str, str]]:
        """The tests of a family: (scale, contrast); of slopes, which have no contrast, ''."""
        if family.compares == "growth":
            return [(outcome, "") for outcome in family.outcomes]
        contrasts = family.contrasts or tuple(contrast.contrast for contrast in self.contrasts)
        return [(outcome, contrast) for contrast in contrasts for outcome in family.outcomes]

    @property
    def origin(self) -> str:
        """The source and the licence as sentences, without what is declared as `none`."""
        texts = [text.strip().rstrip(".") for text in (self.source, self.licence)]
        return " ".join(f"{text}." for text in texts if text.lower() not in ("", "none"))

    @property
    def plan_hash(self) -> str:
        """The first 16 digits of the SHA-256 of waves, contrasts, outcomes, groups and the analysis plan."""
        plan_content = self.model_dump(mode="json", include={"waves", "contrasts", "outcomes", "plan"})
        for wave in plan_content["waves"]:
            for key in (*PLANNED_KEYS, "days_from_baseline"):
                if wave[key] is None:
                    del wave[key]
        for family in plan_content["plan"]["families"]:
            if family["compares"] == "waves":
                del family["compares"]
            if family["estimand"] is None:
                del family["estimand"]
        if isinstance(self.groups, Groups):
            groups = self.groups.of_plan
            plan_content["groups"] = groups.model_dump(mode="json", exclude=groups.keys_not_of_plan)
        if self.growth is not None:
            plan_content["growth"] = self.growth.model_dump(mode="json", exclude=self.growth.keys_not_of_plan)
        return hashlib.sha256(json.dumps(plan_content, sort_keys=True).encode()).hexdigest()[:16]

    def _check_parts(self, wave: str) -> None:
        exports = [export for export in self.exports if export.wave == wave]
        if not exports:
            raise ValueError(f"wave {wave} has no export; declare one under exports, with wave: {wave}")
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

    def conditions_of(self, wave: Wave) -> WaveConditions:
        """For whom a wave and its blocks are planned."""
        blocks = [
            (block.block, condition_of(block, wave.wave, block.block))
            for export in self.exports
            if export.wave == wave.wave
            for block in export.blocks
        ]
        block_conditions = tuple(condition for _, condition in blocks if condition is not None)
        return WaveConditions(
            wave.wave, condition_of(wave, wave.wave), block_conditions, len(block_conditions) < len(blocks)
        )

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition that is declared, in the order of the waves, a wave's own before those of its blocks."""
        return tuple(
            condition
            for wave in self.waves
            for of_wave in (self.conditions_of(wave),)
            for condition in (of_wave.wave_condition, *of_wave.blocks)
            if condition is not None
        )

    @property
    def waves_for_some(self) -> dict[str, WaveConditions]:
        """The waves that are not planned for everybody."""
        conditions = {wave.wave: self.conditions_of(wave) for wave in self.waves}
        return {wave: of_wave for wave, of_wave in conditions.items() if of_wave.is_for_some}

    @property
    def labels(self) -> dict[tuple[str, str], str]:
        """The labels of the roster's variables (variable, "") and of their categories (variable, category)."""
        labels = {(variable.variable, ""): variable.label for variable in self.participant_variables}
        return labels | {
            (variable.variable, category.category): category.label
            for variable in self.participant_variables
            for category in variable.categories
        }
