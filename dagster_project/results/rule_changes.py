"""Which definitions differ between two releases: the tables of the codebook that hold rules, and a changed row in words.

Belongs here: what of the codebook is a rule, by what it is named, in which order. Does not belong here: comparing files
(release/diff.py), what a changed rule leads to (release_diff.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dagster_project.results.release_diff import DiffRow

#: Columns that say the same as another table does, or place a row: they are no rules.
_NO_RULES = ("label", "section", "source", "source_note", "note", "population", "norm_mean", "norm_sd")


@dataclass(frozen=True)
class RuleTable:
    """A table of the codebook whose rows are rules. noun: what a row is; key: the columns that name it; no_rules: columns
    that are none, beside those that no table has as rules."""

    table: str
    noun: str
    key: tuple[str, ...]
    no_rules: tuple[str, ...] = ()

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        return (*_NO_RULES, *self.no_rules)


#: In the order in which they are said: scoring first, then who and when, then what is asked of the results.
RULE_TABLES = (
    RuleTable("scales", "scale", ("scale",), ("scale_order", "outcome_order")),
    RuleTable("scale_items", "item of a scale", ("scale", "item"), ("item_order",)),
    RuleTable("scale_parts", "part of a scale", ("scale", "part"), ("part_order",)),
    RuleTable("scale_minimums", "minimum of a scale", ("scale", "left_out")),
    RuleTable("scale_conversions", "conversion of a scale", ("scale", "raw_sum")),
    RuleTable("items", "item", ("item",), ("item_order", "position")),
    RuleTable("item_answers", "answer", ("item", "answer")),
    RuleTable("item_gates", "gate", ("item", "condition_order"), ("level",)),
    RuleTable("answer_texts", "text of an answer", ("wave", "item", "answer_text")),
    RuleTable("wave_items", "column", ("wave", "item")),
    RuleTable("decimal_marks", "decimal mark", ("wave", "item")),
    RuleTable("measure_categories", "answer", ("measure", "category"), ("category_order", "measure_label")),
    RuleTable("participant_variables", "variable", ("variable",), ("variable_order",)),
    RuleTable("participant_categories", "category", ("variable", "category"), ("category_order",)),
    RuleTable("category_texts", "text of a category", ("variable", "answer_text")),
    RuleTable("participant_special_codes", "special code", ("variable", "answer_text")),
    RuleTable("waves", "wave", ("wave",), ("wave_order",)),
    RuleTable("planned_for", "for whom it is planned", ("wave", "block", "variable", "category"), ("condition_order",)),
    RuleTable("contrasts", "contrast", ("contrast",), ("contrast_order",)),
    RuleTable("groups", "group", ("people_group",), ("group_order",)),
    RuleTable("covariates", "covariate", ("term",), ("term_order",)),
    RuleTable("subgroups", "subgroup", ("variable",), ("subgroup_order",)),
    RuleTable("scenarios", "scenario", ("scenario",), ("scenario_order",)),
    RuleTable("visit_windows", "visit window", ("wave",)),
    RuleTable("careless", "signs of careless answers", ("block",), ("block_order", "items_total")),
    RuleTable("ordinal_scales", "reliability of ordered answers", ("scale",), ("scale_order",)),
    RuleTable("scale_bands", "named range", ("scale", "band"), ("band_order",)),
    RuleTable("scale_cut_offs", "cut-off", ("scale", "category")),
    RuleTable("norms", "norm", ("scale", "sample")),
    RuleTable("norm_strata", "stratum of a norm", ("sample", "stratum", "variable", "category"), ("stratum_order",)),
    RuleTable("person_norms", "norm of a stratum", ("scale", "sample", "stratum")),
    RuleTable("norm_percentiles", "percentile of a norm", ("scale", "sample", "stratum", "low", "is_open")),
    RuleTable("norm_limits", "limit of norm scores", ("scale", "category")),
    RuleTable("plan_tests", "planned test", ("family", "scale", "contrast")),
    RuleTable("extension_files", "file", ("file",)),
    RuleTable("variants", "variant", ("variant", "subject"), ("variant_order", "title", "in_main_analysis")),
)
#: The tables of rules that quote texts of cells, by the noun with which a change of theirs begins.
QUOTING_NOUNS = ("text of an answer", "text of a category", "special code")
#: Of tables of one row, or none, the columns that are rules.
SINGLE_RULES: Mapping[str, tuple[str, ...]] = {
    "plan": ("headline", "alpha", "norm_margin", "seed", "resamples", "imputations"),
    "growth": ("time", "unit", "df", "covariate_effects"),
}

Values = Mapping[str, object]


def rule_change(rules: RuleTable, key: Values, old_values: Values | None, new_values: Values | None) -> DiffRow:
    """A row of the codebook that differs. old_values, new_values: its columns in both releases; None where there is none."""
    columns = [
        column
        for column in (old_values or new_values or {})
        if column not in rules.ignored_columns
        and (old_values is None or new_values is None or old_values[column] != new_values[column])
    ]
    # What a scale's rule says in words is made of its other columns.
    if "rule" in columns:
        columns = ["rule"]
    name = ", ".join(str(value) for value in key.values() if value is not None)
    is_new_or_gone = old_values is None or new_values is None
    texts = [None if values is None else _in_words(values, columns, is_new_or_gone) for values in (old_values, new_values)]
    return DiffRow("rule", None, f"{rules.noun} {name}", texts[0], texts[1], None, None, 1, None)


def single_change(table: str, rule: str, old_value: object, new_value: object) -> DiffRow:
    """A rule of a table of one row that differs."""
    return DiffRow("rule", None, f"{table}, {rule}", _plain(old_value), _plain(new_value), None, None, 1, None)


def _in_words(values: Values, columns: list[str], is_new_or_gone: bool) -> str:
    """Columns with their values; what a row that only one release has leaves open is not said."""
    if columns == ["rule"]:
        return _plain(values["rule"])
    words = [
        f"{column.replace('_', ' ')} {_plain(values[column])}"
        for column in columns
        if values[column] is not None or not is_new_or_gone
    ]
    return ", ".join(words) or "there"


def _plain(value: object) -> str:
    """A value as people write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
