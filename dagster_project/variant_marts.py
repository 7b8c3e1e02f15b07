"""What is kept of variants beside the marts: the tables of schema variants, and the name of what makes them.

Belongs here: these tables as data. Does not belong here: filling them (models/variants.py), reading them (outcomes/).
"""

from dagster_project.table_spec import ColumnSpec, TableSpec

#: What carries the stamp of the schema variants, and the name of its asset.
VARIANT_MARTS = "variant_marts"
#: The marts of a variant that its results are computed from, kept with one column more: the variant.
MOMENTS = ("change_moments", "group_change_moments", "group_covariate_moments")

#: What counts answers, where others count scores.
ANSWERS = "answers"
#: How a score of a variant differs from the main analysis's, and the words for it.
SCORE_DIFFERENCES = {
    "left_out": "left out of the variant", "lost": "missing in the variant alone",
    "gained": "missing in the main analysis alone", "changed": "another value in the variant",
    "same": "the same score in both",
}  # fmt: skip
#: Why a person is not among those whose score differs in one way, of SCORE_DIFFERENCES or ANSWERS: of one scale in one wave,
#: or of all. difference: how the score differs, null where it does not.
UNCHANGED_REASON = f"""case
    when difference is null then 'the same score, or none, in both'
    when is_of_all_scales then if(of_variant = '{ANSWERS}', 'no answer depends on it', 'no score differs in this way')
    else difference_words(difference) || if(of_variant = '{ANSWERS}', ', no answer depends on it', '')
end"""
#: Whether an answer depends on a variant, in SQL: it counts in a score of one of both alone, or is reversed in one alone.
ANSWER_DEPENDS = (
    "((is_in_main and main_score is not null) <> (is_in_variant and variant_score is not null)"
    " or (is_in_main and is_in_variant and is_turned_otherwise and main_score is not null and variant_score is not null))"
)

_VARIANT = ColumnSpec("variant", "text", "The variant's code.", nullable=False)
_PERSON = ColumnSpec("participant_id", "text", "Pseudonym of the person.", nullable=False)
PEOPLE_TABLE = TableSpec(
    schema="variants",
    name="people",
    key=("variant", "participant_id", "measure", "people", "moment"),
    description="Who counts in which number of a variant; of measure roster, who is left out of it, and why.",
    columns=(
        _VARIANT,
        _PERSON,
        ColumnSpec("people_group", "text", "The group that the person is in."),
        ColumnSpec("measure", "text", "The scale; roster for the variant's people.", nullable=False),
        ColumnSpec("people", "text", "The rule of who counts, as in codebook.estimands.", nullable=False),
        ColumnSpec("moment", "text", "The contrast; empty for the roster.", nullable=False),
        ColumnSpec("is_counted", "flag", "Whether the person counts.", nullable=False),
        ColumnSpec("value", "number", "The person's change."),
        ColumnSpec("value_baseline", "number", "The score at baseline."),
        ColumnSpec("value_followup", "number", "The score at follow-up."),
        ColumnSpec("reason", "text", "Why the person does not count."),
    ),
)
SCORES_TABLE = TableSpec(
    schema="variants",
    name="scores",
    key=("variant", "participant_id", "wave", "scale"),
    description="Scores under the variant's rules, of everybody whom it does not leave out.",
    columns=(
        _VARIANT,
        _PERSON,
        ColumnSpec("wave", "text", "The wave.", nullable=False),
        ColumnSpec("scale", "text", "The scale.", nullable=False),
        ColumnSpec("score", "number", "The score; null where it is missing."),
        ColumnSpec("items_answered", "whole", "How many of its items, or parts, were answered."),
        ColumnSpec("missing_reason", "text", "Why it is missing."),
    ),
)
COMPARISONS_TABLE = TableSpec(
    schema="variants",
    name="score_comparisons",
    key=("variant", "participant_id", "wave", "scale"),
    description="Scores that a variant changes, or whose answers depend on it, person by person.",
    columns=(
        _VARIANT,
        _PERSON,
        ColumnSpec("people_group", "text", "The group that the person is in."),
        ColumnSpec("wave", "text", "The wave.", nullable=False),
        ColumnSpec("scale", "text", "The scale.", nullable=False),
        ColumnSpec(
            "difference",
            "text",
            f"How they differ: {', '.join(f'{code} ({words})' for code, words in SCORE_DIFFERENCES.items())}.",
            nullable=False,
        ),
        ColumnSpec("main_score", "number", "The score in the main analysis; null where it is missing."),
        ColumnSpec("variant_score", "number", "The score in the variant; null where it is missing."),
        ColumnSpec("n_answers", "whole", "Answers that depend on the variant; null of a composite, whose scales have them."),
    ),
)
DIFFERENCES_TABLE = TableSpec(
    schema="variants",
    name="score_differences",
    key=("variant", "scale", "wave"),
    description="How many scores, and answers in scores, differ between a variant and the main analysis.",
    columns=(
        _VARIANT,
        ColumnSpec("scale", "text", "The scale.", nullable=False),
        ColumnSpec("wave", "text", "The wave.", nullable=False),
        ColumnSpec("n_left_out", "whole", "Scores of people whom the variant leaves out."),
        ColumnSpec("n_lost", "whole", "Scores of others that are missing in the variant alone."),
        ColumnSpec("n_gained", "whole", "Scores that are missing in the main analysis alone."),
        ColumnSpec("n_changed", "whole", "Scores that there are in both, with another value."),
        ColumnSpec("n_answers", "whole", "Answers that count in a score of one of both alone, or are turned in one alone."),
    ),
)
VARIANT_TABLES = (PEOPLE_TABLE, SCORES_TABLE, COMPARISONS_TABLE, DIFFERENCES_TABLE)
