"""The protocol: waves, instruments, scales, norms, contrasts, exports, read from a study's YAML files.

Belongs here: typed, validated models and the reader that turns a study folder into one `Study`.
Does not belong here: anything that touches an export, a database or a result. This package imports none of the others.
"""

from dagster_project.study.base import Code, ContrastId, Definition, WaveId
from dagster_project.study.careless import (
    ANY_BLOCK,
    ANY_SIGN,
    LONG_STRING,
    LONG_STRING_SOURCE,
    LOW_VARIATION,
    LOW_VARIATION_SOURCE,
    SHORT_TIME,
    WHOLE_SHEET,
    Careless,
    judged_blocks,
    least_run,
    timed_waves,
)
from dagster_project.study.choice_list import LINE_BREAK, SPACE, ChoiceList
from dagster_project.study.codebook import codebook_tables, column_descriptions, scoring_rule, wave_definitions
from dagster_project.study.concealment import CONCEALED_TEXT, identifying_facts
from dagster_project.study.covariates import (
    IMPUTED_TERM,
    CovariateTerm,
    covariate_words,
    covariates_of,
    imputes_covariates,
    subgroups_of,
    terms_of,
    unknown_covariate_note,
    unknown_covariate_words,
)
from dagster_project.study.definition_faults import yaml_fault
from dagster_project.study.dictionary import CODEBOOK_COLUMNS
from dagster_project.study.disclosure import Disclosure
from dagster_project.study.duration import DURATION
from dagster_project.study.effect_size import (
    EFFECT_SIZE_NAMES,
    EFFECT_SIZES,
    EVERY_EFFECT_SIZE,
    HEDGES_CORRECTION,
    HEDGES_SOURCE,
    EffectSize,
    effect_size_method,
    effect_size_of,
)
from dagster_project.study.errors import StudyError
from dagster_project.study.export import (
    MISSING_REASONS,
    RESERVED_NAMES,
    SUBMISSION_RESPONDENT,
    AnswerLabels,
    CodeRange,
    ColumnBlock,
    Export,
    RowFilter,
    RowRule,
    SpecialCodes,
    read_code_range,
)
from dagster_project.study.extensions import (
    ANALYSES_FOLDER,
    MODELS_FOLDER,
    OWN_PREFIX,
    OWN_SCHEMA,
    TABLES_FILE,
    hashes_of_extensions,
)
from dagster_project.study.gates import ANSWERED_CURE, ANSWERED_UNASKED, LEFT_UNASKED, VALID_SKIP, ItemGate, settle
from dagster_project.study.groups import Groups, RepeatedBaseline, RepeatedMeasures, is_arm_code
from dagster_project.study.growth import Growth, VisitWindow, far_off_days, planned_days
from dagster_project.study.instruments import Composite, Instrument, Scale
from dagster_project.study.items import Anchors, in_words, labelled
from dagster_project.study.library import LIBRARY_FOLDER, LIBRARY_PREFIX, library_codes, library_file
from dagster_project.study.measures import MEASURES, YES, Categorical, FollowedMeasure, GivenScale, MeasuresInstrument, YesNo
from dagster_project.study.new import further_definitions, new_study, study_code
from dagster_project.study.norms import ALL_PEOPLE, Norm, NormSample, PersonNorm, ScaleNorm
from dagster_project.study.own_tables import OwnFigure, OwnTable, OwnTables, ResultChoice
from dagster_project.study.page import PAGE_SECTIONS, Page
from dagster_project.study.participants import Category, ParticipantVariable
from dagster_project.study.plan import EffectSizeName, Estimand, Family, IntercurrentEvent, Plan, Role
from dagster_project.study.planned import PLANNED_KEYS, Condition, WaveConditions, unknown_question, unplanned_question
from dagster_project.study.protocol import Protocol
from dagster_project.study.published_table import PublishedTable
from dagster_project.study.questions import ASK
from dagster_project.study.read import hash_definitions, read_definition, read_instrument, read_study, refuse_place_outside
from dagster_project.study.readers import READERS, Layout
from dagster_project.study.retention import Retention
from dagster_project.study.scores import Bands, CutOff, Score
from dagster_project.study.sensitivity import AT_RANDOM, Scenario, Sensitivity, all_scenarios, directions_of, scenarios_of
from dagster_project.study.service_use import Service, ServiceUse
from dagster_project.study.source import (
    Kobo,
    LimeSurvey,
    OdkCentral,
    Qualtrics,
    RedcapApi,
    ServiceSource,
    Sql,
    is_loopback,
    is_safe_address,
)
from dagster_project.study.strata import StratumCondition, stratum_conditions
from dagster_project.study.study import PARTICIPANTS, SERVICES, Study
from dagster_project.study.texts import INVISIBLE, comparable, number_in, with_decimal_point
from dagster_project.study.variant_study import VariantChange, variant_changes, variant_study, variant_words
from dagster_project.study.variants import PeopleRule, ScaleRule, Variant, unknown_people_question
from dagster_project.study.waves import Contrast, Wave
from dagster_project.study.windows import WaveState, counts_days, wave_state, wave_window
from dagster_project.study.yaml_text import load_yaml

__all__ = [
    "ALL_PEOPLE",
    "ANALYSES_FOLDER",
    "ANSWERED_CURE",
    "ANSWERED_UNASKED",
    "ANY_BLOCK",
    "ANY_SIGN",
    "ASK",
    "AT_RANDOM",
    "CODEBOOK_COLUMNS",
    "CONCEALED_TEXT",
    "DURATION",
    "EFFECT_SIZES",
    "EFFECT_SIZE_NAMES",
    "EVERY_EFFECT_SIZE",
    "HEDGES_CORRECTION",
    "HEDGES_SOURCE",
    "IMPUTED_TERM",
    "INVISIBLE",
    "LEFT_UNASKED",
    "LIBRARY_FOLDER",
    "LIBRARY_PREFIX",
    "LINE_BREAK",
    "LONG_STRING",
    "LONG_STRING_SOURCE",
    "LOW_VARIATION",
    "LOW_VARIATION_SOURCE",
    "MEASURES",
    "MISSING_REASONS",
    "MODELS_FOLDER",
    "OWN_PREFIX",
    "OWN_SCHEMA",
    "PAGE_SECTIONS",
    "PARTICIPANTS",
    "PLANNED_KEYS",
    "READERS",
    "RESERVED_NAMES",
    "SERVICES",
    "SHORT_TIME",
    "SPACE",
    "SUBMISSION_RESPONDENT",
    "TABLES_FILE",
    "VALID_SKIP",
    "WHOLE_SHEET",
    "YES",
    "Anchors",
    "AnswerLabels",
    "Bands",
    "Careless",
    "Categorical",
    "Category",
    "ChoiceList",
    "Code",
    "CodeRange",
    "ColumnBlock",
    "Composite",
    "Condition",
    "Contrast",
    "ContrastId",
    "CovariateTerm",
    "CutOff",
    "Definition",
    "Disclosure",
    "EffectSize",
    "EffectSizeName",
    "Estimand",
    "Export",
    "Family",
    "FollowedMeasure",
    "GivenScale",
    "Groups",
    "Growth",
    "Instrument",
    "IntercurrentEvent",
    "ItemGate",
    "Kobo",
    "Layout",
    "LimeSurvey",
    "MeasuresInstrument",
    "Norm",
    "NormSample",
    "OdkCentral",
    "OwnFigure",
    "OwnTable",
    "OwnTables",
    "Page",
    "ParticipantVariable",
    "PeopleRule",
    "PersonNorm",
    "Plan",
    "Protocol",
    "PublishedTable",
    "Qualtrics",
    "RedcapApi",
    "RepeatedBaseline",
    "RepeatedMeasures",
    "ResultChoice",
    "Retention",
    "Role",
    "RowFilter",
    "RowRule",
    "Scale",
    "ScaleNorm",
    "ScaleRule",
    "Scenario",
    "Score",
    "Sensitivity",
    "Service",
    "ServiceSource",
    "ServiceUse",
    "SpecialCodes",
    "Sql",
    "StratumCondition",
    "Study",
    "StudyError",
    "Variant",
    "VariantChange",
    "VisitWindow",
    "Wave",
    "WaveConditions",
    "WaveId",
    "WaveState",
    "YesNo",
    "all_scenarios",
    "codebook_tables",
    "column_descriptions",
    "comparable",
    "counts_days",
    "covariate_words",
    "covariates_of",
    "directions_of",
    "effect_size_method",
    "effect_size_of",
    "far_off_days",
    "further_definitions",
    "hash_definitions",
    "hashes_of_extensions",
    "identifying_facts",
    "imputes_covariates",
    "in_words",
    "is_arm_code",
    "is_loopback",
    "is_safe_address",
    "judged_blocks",
    "labelled",
    "least_run",
    "library_codes",
    "library_file",
    "load_yaml",
    "new_study",
    "number_in",
    "planned_days",
    "read_code_range",
    "read_definition",
    "read_instrument",
    "read_study",
    "refuse_place_outside",
    "scenarios_of",
    "scoring_rule",
    "settle",
    "stratum_conditions",
    "study_code",
    "subgroups_of",
    "terms_of",
    "timed_waves",
    "unknown_covariate_note",
    "unknown_covariate_words",
    "unknown_people_question",
    "unknown_question",
    "unplanned_question",
    "variant_changes",
    "variant_study",
    "variant_words",
    "wave_definitions",
    "wave_state",
    "wave_window",
    "with_decimal_point",
    "yaml_fault",
]
