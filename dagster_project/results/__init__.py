"""Results: the result row and its id, tables laid out from results, comparison with a published table.

Belongs here: names, formatting and comparison of results. Does not belong here: formulas (statistics/), SQL, files other
than a published table.
"""

from dagster_project.results.answer_days import answer_days_results
from dagster_project.results.ard import ARD_TABLE, ArdRow, ard_rows
from dagster_project.results.careless import careless_results, careless_signs, sign_words, sources_of, time_words
from dagster_project.results.categories import (
    category_change_results,
    category_difference_results,
    category_results,
    group_category_results,
)
from dagster_project.results.category_tables import table_categories
from dagster_project.results.change import change_results, paired_results
from dagster_project.results.clinical_change import band_change_results, clinical_change_results
from dagster_project.results.column_lengths import column_lengths, fitting_across
from dagster_project.results.covariate_adjustment import covariate_adjusted_results
from dagster_project.results.describe import characteristics_results, service_results, summary_results
from dagster_project.results.errors import ResultsError
from dagster_project.results.estimand_table import ESTIMANDS_TABLE, estimand_rows
from dagster_project.results.existing import existing_tables, numbered, table_results, with_existing_columns
from dagster_project.results.extension_tables import (
    EXTENSION_PEOPLE_TABLE,
    EXTENSION_STATISTICS_TABLE,
    EXTENSION_TABLES,
    EXTENSIONS,
    EXTENSIONS_TABLE,
    IN_RELEASE,
    LACKING,
    ExtensionRow,
    ExtensionStatisticRow,
    OwnStatistics,
)
from dagster_project.results.group_differences import (
    adjusted_change_results,
    change_difference_results,
    characteristics_difference_results,
    service_difference_results,
)
from dagster_project.results.group_tables import further_group_tables, group_tables
from dagster_project.results.groups import (
    group_change_results,
    group_characteristics_results,
    group_flow_results,
    group_service_results,
    group_summary_results,
)
from dagster_project.results.growth import growth_results
from dagster_project.results.growth_covariates import adjusted_growth_results
from dagster_project.results.items import MAX_ANSWER_OPTIONS, item_results
from dagster_project.results.main_tables import (
    Cell,
    Column,
    Numbers,
    Row,
    Table,
    has_norm_of_outcomes,
    outcome_sections,
    table_change,
    table_characteristics,
    table_service_use,
    table_summary,
    to_csv_rows,
    to_markdown,
)
from dagster_project.results.meaning import band_results, caseness_results, common_metric_results
from dagster_project.results.measurement import measurement_results, reliable_change_results
from dagster_project.results.missing import (
    attrition_results,
    flow_results,
    imputation_results,
    leaver_results,
    pattern_results,
    rejected_results,
    unplanned_results,
)
from dagster_project.results.norm_tables import stratum_words
from dagster_project.results.norm_words import main_norm_notes, norm_name
from dagster_project.results.ordinal import ordinal_results
from dagster_project.results.own_tables import (
    FigureLayout,
    FigurePoint,
    figure_layouts,
    figure_part,
    own_layouts,
    table_part,
)
from dagster_project.results.person_norms import person_norm_results, reported_norms
from dagster_project.results.published import PublishedValue, read_published
from dagster_project.results.release_diff import (
    CHANGE_KINDS,
    COUNTED_KINDS,
    RELEASE_DIFF_TABLE,
    DiffRow,
    ReleaseChange,
    ReleasedNumber,
    change_counts,
    claim_changes,
    count_in_words,
    count_lines,
    count_rows,
    diff_markdown,
    result_changes,
)
from dagster_project.results.repeated_answers import repeated_answers_results
from dagster_project.results.repeated_covariates import adjusted_repeated_measures_results
from dagster_project.results.repeated_measures import repeated_measures_results
from dagster_project.results.reproduction import REPRODUCTION_TABLE, Reproduction, compare, summarise
from dagster_project.results.result_collector import MartRow, direction_of, direction_words, planned_analyses
from dagster_project.results.result_row import RESULTS_TABLE, ResultRow, result_id
from dagster_project.results.rounding import count_text, format_number, print_statistic, prints_as, round_half_away
from dagster_project.results.rule_changes import QUOTING_NOUNS, RULE_TABLES, SINGLE_RULES, rule_change, single_change
from dagster_project.results.sensitivity import sensitivity_results
from dagster_project.results.services import service_change_results
from dagster_project.results.stability import stability_results
from dagster_project.results.statistic import PEOPLE, Statistic
from dagster_project.results.statistics_registry import STATISTICS, interval_of, statistic_of
from dagster_project.results.subgroup_covariates import adjusted_subgroup_results
from dagster_project.results.subgroups import subgroup_id, subgroup_results
from dagster_project.results.supplementary_tables import MISSING_REASON_HEADINGS, ledger_table, supplementary_tables
from dagster_project.results.trace import ExportFile, Query, person_lines, trace_lines, unknown_id_message
from dagster_project.results.trace_macros import TRACE_COLUMNS, GatedItem, ItemSource, ScaleItem, ScalePart, trace_sql
from dagster_project.results.variant_statistics import OF_EACH_VARIANT, variant_analysis
from dagster_project.results.variants import VariantMarts, variant_results
from dagster_project.results.waves import mixed_results, norm_results

__all__ = [
    "ARD_TABLE",
    "CHANGE_KINDS",
    "COUNTED_KINDS",
    "ESTIMANDS_TABLE",
    "EXTENSIONS",
    "EXTENSIONS_TABLE",
    "EXTENSION_PEOPLE_TABLE",
    "EXTENSION_STATISTICS_TABLE",
    "EXTENSION_TABLES",
    "IN_RELEASE",
    "LACKING",
    "MAX_ANSWER_OPTIONS",
    "MISSING_REASON_HEADINGS",
    "OF_EACH_VARIANT",
    "PEOPLE",
    "QUOTING_NOUNS",
    "RELEASE_DIFF_TABLE",
    "REPRODUCTION_TABLE",
    "RESULTS_TABLE",
    "RULE_TABLES",
    "SINGLE_RULES",
    "STATISTICS",
    "TRACE_COLUMNS",
    "ArdRow",
    "Cell",
    "Column",
    "DiffRow",
    "ExportFile",
    "ExtensionRow",
    "ExtensionStatisticRow",
    "FigureLayout",
    "FigurePoint",
    "GatedItem",
    "ItemSource",
    "MartRow",
    "Numbers",
    "OwnStatistics",
    "PublishedValue",
    "Query",
    "ReleaseChange",
    "ReleasedNumber",
    "Reproduction",
    "ResultRow",
    "ResultsError",
    "Row",
    "ScaleItem",
    "ScalePart",
    "Statistic",
    "Table",
    "VariantMarts",
    "adjusted_change_results",
    "adjusted_growth_results",
    "adjusted_repeated_measures_results",
    "adjusted_subgroup_results",
    "answer_days_results",
    "ard_rows",
    "attrition_results",
    "band_change_results",
    "band_results",
    "careless_results",
    "careless_signs",
    "caseness_results",
    "category_change_results",
    "category_difference_results",
    "category_results",
    "change_counts",
    "change_difference_results",
    "change_results",
    "characteristics_difference_results",
    "characteristics_results",
    "claim_changes",
    "clinical_change_results",
    "column_lengths",
    "common_metric_results",
    "compare",
    "count_in_words",
    "count_lines",
    "count_rows",
    "count_text",
    "covariate_adjusted_results",
    "diff_markdown",
    "direction_of",
    "direction_words",
    "estimand_rows",
    "existing_tables",
    "figure_layouts",
    "figure_part",
    "fitting_across",
    "flow_results",
    "format_number",
    "further_group_tables",
    "group_category_results",
    "group_change_results",
    "group_characteristics_results",
    "group_flow_results",
    "group_service_results",
    "group_summary_results",
    "group_tables",
    "growth_results",
    "has_norm_of_outcomes",
    "imputation_results",
    "interval_of",
    "item_results",
    "leaver_results",
    "ledger_table",
    "main_norm_notes",
    "measurement_results",
    "mixed_results",
    "norm_name",
    "norm_results",
    "numbered",
    "ordinal_results",
    "outcome_sections",
    "own_layouts",
    "paired_results",
    "pattern_results",
    "person_lines",
    "person_norm_results",
    "planned_analyses",
    "print_statistic",
    "prints_as",
    "read_published",
    "rejected_results",
    "reliable_change_results",
    "repeated_answers_results",
    "repeated_measures_results",
    "reported_norms",
    "result_changes",
    "result_id",
    "round_half_away",
    "rule_change",
    "sensitivity_results",
    "service_change_results",
    "service_difference_results",
    "service_results",
    "sign_words",
    "single_change",
    "sources_of",
    "stability_results",
    "statistic_of",
    "stratum_words",
    "subgroup_id",
    "subgroup_results",
    "summarise",
    "summary_results",
    "supplementary_tables",
    "table_categories",
    "table_change",
    "table_characteristics",
    "table_part",
    "table_results",
    "table_service_use",
    "table_summary",
    "time_words",
    "to_csv_rows",
    "to_markdown",
    "trace_lines",
    "trace_sql",
    "unknown_id_message",
    "unplanned_results",
    "variant_analysis",
    "variant_results",
    "with_existing_columns",
]
