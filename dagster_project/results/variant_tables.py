"""Tables of variants: what each changes and what depends on it, and the main analysis with every variant beside it.

Belongs here: their layout. Does not belong here: arithmetic, HTML.
"""

from collections.abc import Sequence

from dagster_project.languages import gettext, gettext_noop, in_series, translate
from dagster_project.results.main_tables import Cell, Column, Numbers, Row, Table, outcome_sections
from dagster_project.results.result_collector import direction_words
from dagster_project.results.result_row import ResultRow, result_id
from dagster_project.results.variant_statistics import OF_EACH_VARIANT, variant_analysis
from dagster_project.results.variants import ALL_SCALES, NO_P_IN_EITHER, ROSTER
from dagster_project.study import Category, Contrast, Study, Variant, covariate_words, variant_words

#: The results that the counts of a variant are, and their headings.
_COUNTS = (
    (ROSTER, "n", gettext_noop("people"), ""), (ROSTER, "n_left_out", gettext_noop("left out"), ""),
    (ALL_SCALES, "n_scores_left_out", gettext_noop("of people left out"), gettext_noop("Scores")),
    (ALL_SCALES, "n_scores_lost", gettext_noop("missing"), gettext_noop("Scores")),
    (ALL_SCALES, "n_scores_gained", gettext_noop("there in addition"), gettext_noop("Scores")),
    (ALL_SCALES, "n_scores_changed", gettext_noop("with another value"), gettext_noop("Scores")),
    (ALL_SCALES, "n_answers", gettext_noop("that depend on it"), gettext_noop("Answers")),
)  # fmt: skip


def variant_tables(study: Study, results: Sequence[ResultRow]) -> list[Table]:
    """The tables of variants; none in a study without."""
    if not study.protocol.variants:
        return []
    numbers = Numbers(results)
    return [
        _overview(study, numbers, results),
        *(_beside_each_other(study, numbers, analysis) for analysis in OF_EACH_VARIANT),
    ]


def _overview(study: Study, numbers: Numbers, results: Sequence[ResultRow]) -> Table:
    """What each variant changes, what depends on it, and which planned findings differ."""
    rows = []
    for variant in study.protocol.variants:
        ids = [result_id("variants", outcome, name, category=variant.variant) for outcome, name, _, _ in _COUNTS]
        counts = [numbers.cell("{}", identifier) for identifier in ids]
        rows.append(
            Row(variant.label, (Cell(variant_words(study, variant)), *counts, _differences(study, variant, results)))
        )
    columns = [Column(gettext("What it changes"), has_words=True)]
    columns += [Column(gettext(heading), gettext(group) if group else "") for _, _, heading, group in _COUNTS]
    columns.append(Column(gettext("Tests with another verdict"), has_words=True))
    notes = (
        gettext(
            "Each variant is the whole study under definitions that differ in what is named; everything else is as in the"
            " main analysis. Scores and answers are compared person by person and wave by wave."
        ),
        gettext(
            "A verdict is whether p lies below the plan's error rate, after Holm where the plan adjusts it; planned tests"
            " are named with their role."
        ),
    )
    return Table("", "variants", gettext("Variants"), tuple(columns), tuple(rows), notes)


def _differences(study: Study, variant: Variant, results: Sequence[ResultRow]) -> Cell:
    """The tests whose verdict differs, planned ones with their role."""
    words, ids = [], []
    labels = {group.category: group.label for group in study.protocol.compared_groups}
    main = {row.result_id: row for row in results if row.statistic == "p"}
    compared = [row for row in results if row.statistic == "verdict_differs" and row.category == variant.variant]
    for row in sorted(compared, key=lambda row: row.result_id):
        ids.append(row.result_id)
        if row.value == 0 or row.note == NO_P_IN_EITHER:
            continue
        main_analysis = row.analysis.removeprefix(variant_analysis(""))
        p_id = result_id(main_analysis, row.outcome, "p", people_group=row.people_group, timepoint=row.contrast)
        role = main[p_id].role if p_id in main else ""
        planned = f", {translate(role)}" if role in ("primary", "secondary") else ""
        group = f", {labels[row.people_group]}" if row.people_group is not None else ""
        title = gettext(_TITLES[main_analysis])
        words.append(
            f"{study.scales[row.outcome][1].label}, {row.contrast}{group} ({title}{planned}): {translate(row.note or '')}"
        )
    return Cell(in_series(words) or gettext("none"), tuple(ids))


_TITLES = {
    "change": gettext_noop("change"),
    "change_difference": gettext_noop("difference of change"),
    "change_adjusted": gettext_noop("difference adjusted for baseline"),
    "change_covariate_adjusted": gettext_noop("difference adjusted for covariates"),
}


def _beside_each_other(study: Study, numbers: Numbers, analysis: str) -> Table:
    """Of each outcome, contrast and group the main analysis and then each variant. Empty, and so left out, where the main
    analysis has no results."""
    of_waves = analysis == "change"
    groups: Sequence[Category | None] = [None] if of_waves else study.protocol.compared_groups[1:]
    rows = []
    for _, code, label in outcome_sections(study):
        for contrast in study.protocol.contrasts:
            for group in groups:
                rows.append(Row(f"{label}, {contrast.contrast}" + (f", {group.label}" if group is not None else "")))
                for variant in (None, *study.protocol.variants):
                    cells = _cells(numbers, analysis, variant, code, contrast, group)
                    rows.append(Row(gettext("Main analysis") if variant is None else variant.label, cells))
    columns = (
        Column(gettext("change [95 % CI]") if of_waves else gettext("difference [95 % CI]")),
        Column("p"),
        Column(gettext("p (Holm)")),
        Column("n"),
        Column(gettext("another verdict"), has_words=True),
    )
    directions = ", ".join(direction_words(study, contrast.contrast) for contrast in study.protocol.contrasts)
    words = {
        "change": gettext("Change within people, in the main analysis and in variants"),
        "change_difference": gettext("Difference of change between groups, in the main analysis and in variants"),
        "change_adjusted": gettext(
            "Difference of change adjusted for the score at baseline, in the main analysis and in variants"
        ),
        "change_covariate_adjusted": gettext(
            "Difference of change adjusted for {covariates}, in the main analysis and in variants",
            covariates=covariate_words(study.protocol),
        ),
    }[analysis]  # fmt: skip
    sentences = [
        f"{directions}.", *([] if of_waves else [gettext("Each group is compared with the reference.")]),
        gettext(
            "Everything is computed in each variant as in the main analysis. Another verdict: p lies below the plan's error"
            " rate in one of both alone."
        ),
    ]  # fmt: skip
    return Table("", f"variants_{analysis}", words, columns, tuple(rows), (" ".join(sentences),))


def _cells(
    numbers: Numbers, analysis: str, variant: Variant | None, code: str, contrast: Contrast, group: Category | None
) -> tuple[Cell, ...]:
    """The numbers of the main analysis (None) or of a variant, and where its verdict is another one."""

    def ids(*names: str) -> list[str]:
        return [
            result_id(
                analysis if variant is None else variant_analysis(analysis), code, name,
                category=None if variant is None else variant.variant,
                people_group=None if group is None else group.category, timepoint=contrast.contrast,
            )
            for name in names
        ]  # fmt: skip

    return (
        numbers.cell("{} [{}, {}]", *ids(OF_EACH_VARIANT[analysis][1], "ci95_low", "ci95_high")),
        numbers.cell("{}", *ids("p")),
        numbers.cell("{}", *ids("p_holm")),
        numbers.cell("{}", *ids("n")),
        Cell("") if variant is None else _verdict(numbers, *ids("verdict_differs")),
    )


def _verdict(numbers: Numbers, identifier: str) -> Cell:
    """Where a verdict is another one; nothing where there is none in either."""
    cell = numbers.note(identifier)
    return Cell("", cell.result_ids) if cell.text == NO_P_IN_EITHER else cell
