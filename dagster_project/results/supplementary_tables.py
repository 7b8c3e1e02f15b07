"""Supplementary tables: effect sizes, comparison of methods, norms, measurement, missing data.

Belongs here: their layout. Does not belong here: arithmetic, HTML; tables of what scores mean (meaning_tables.py).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from dagster_project.languages import gettext, gettext_noop, plain, with_label
from dagster_project.results.careless import careless_table
from dagster_project.results.category_tables import category_change_tables, share_change_table
from dagster_project.results.existing import existing_tables, numbered
from dagster_project.results.group_tables import further_group_tables
from dagster_project.results.growth_tables import growth_tables
from dagster_project.results.main_tables import Cell, Column, Numbers, Row, Table, outcome_sections
from dagster_project.results.meaning_tables import meaning_tables
from dagster_project.results.norm_tables import norm_tables
from dagster_project.results.norm_words import main_norm_notes, other_norms
from dagster_project.results.result_collector import direction_of
from dagster_project.results.result_row import ResultRow, result_id
from dagster_project.results.variant_tables import variant_tables
from dagster_project.study import EFFECT_SIZES, Study

CellsOf = Callable[[str], Sequence[Cell]]


def supplementary_tables(study: Study, results: Sequence[ResultRow]) -> list[Table]:
    """Every supplementary table that is not empty, numbered S1, S2, …"""
    numbers = Numbers(results)
    tables = [
        _effect_sizes(study, numbers),
        *(_method_comparison(study, numbers, contrast.contrast) for contrast in study.protocol.contrasts),
        *([_all_waves(study, numbers)] if len(study.protocol.waves) > 1 else []),
        _norms(study, numbers),
        _measurement(study, numbers),
        _reliable_change(study, numbers),
        ledger_table(study, numbers),
        _missing(study, numbers),
        _services(study, numbers),
        *category_change_tables(study, numbers),
        *meaning_tables(study, numbers),
        *norm_tables(study, numbers),
        *further_group_tables(study, numbers),
        *growth_tables(study, numbers),
        careless_table(study, numbers),
        *variant_tables(study, results),
    ]
    return numbered(existing_tables(tables), "S")


def _table(study: Study, name: str, title: str, columns: Sequence[Column], cells_of: CellsOf, *notes: str) -> Table:
    """A table with one row for each outcome, under the headings of the instruments."""
    rows: list[Row] = []
    for heading, code, label in outcome_sections(study):
        if heading:
            rows.append(Row(heading))
        rows.append(Row(label, tuple(cells_of(code))))
    return Table("", name, title, tuple(columns), tuple(rows), notes)


def _ids(analysis: str, code: str, timepoint: str | None, *statistics: str) -> list[str]:
    return [result_id(analysis, code, statistic, timepoint=timepoint) for statistic in statistics]


def _estimate(numbers: Numbers, analysis: str, code: str, timepoint: str, statistic: str, prefix: str | None = None) -> Cell:
    """A number with its interval."""
    prefix = f"{statistic}_" if prefix is None else prefix
    ends = (f"{prefix}ci95_low", f"{prefix}ci95_high")
    return numbers.cell("{} [{}, {}]", *_ids(analysis, code, timepoint, statistic, *ends))


def _effect_sizes(study: Study, numbers: Numbers) -> Table:
    note = " ".join(with_label(size.name, f"{gettext(size.table_note)}.") for size in EFFECT_SIZES.values())
    contrasts = [contrast.contrast for contrast in study.protocol.contrasts]
    return _table(
        study, "effect_sizes", gettext("Effect sizes of change, with 95 % intervals"),
        [Column(name, contrast) for contrast in contrasts for name in EFFECT_SIZES],
        lambda code: [_estimate(numbers, "change", code, contrast, name) for contrast in contrasts for name in EFFECT_SIZES],
        " ".join((note, gettext("With Hedges' correction they are in results as g_…."))),
    )  # fmt: skip


def _method_comparison(study: Study, numbers: Numbers, contrast: str) -> Table:
    def cells(code: str) -> list[Cell]:
        return [
            numbers.cell("{} ({})", *_ids("change", code, contrast, "t", "df")),
            numbers.cell("{}", *_ids("change", code, contrast, "sign_flip_p")),
            numbers.cell("{}", *_ids("change", code, contrast, "wilcoxon_p")),
            _estimate(numbers, "change", code, contrast, "hodges_lehmann"),
            numbers.cell("[{}, {}]", *_ids("change", code, contrast, "bca_ci95_low", "bca_ci95_high")),
            _estimate(numbers, "mixed", code, contrast, "estimate", ""),
            numbers.cell("{}", *_ids("mixed", code, contrast, "p")),
            _estimate(numbers, "imputation", code, contrast, "estimate", ""),
            numbers.cell("{}", *_ids("imputation", code, contrast, "p")),
            numbers.note(*_ids("stability", code, contrast, "n_agreeing")),
        ][: len(columns)]

    columns = [
        Column(gettext("t (df)"), gettext("Paired t test")),
        Column("p", gettext("Sign flips")),
        Column("p", gettext("Wilcoxon")),
        Column(gettext("shift"), gettext("Hodges-Lehmann")),
        Column(gettext("interval"), gettext("Bootstrap, BCa")),
        Column(gettext("estimate"), gettext("Mixed model")),
        Column("p", gettext("Mixed model")),
        Column(gettext("estimate"), gettext("Imputation")),
        Column("p", gettext("Imputation")),
        Column(gettext("methods that differ"), has_words=True),
    ]
    title = gettext("Sensitivity analyses, {direction}", direction=direction_of(study, contrast))
    note = gettext("Intervals are 95 %. Each method is named in full in results.")
    codes = study.protocol.outcomes
    if any(numbers.note(*_ids("stability", code, contrast, "n_agreeing")).text for code in codes):
        note += " " + gettext("Methods that differ: those that disagree with the paired t test or have no conclusion.")
    else:
        columns = columns[:-1]
    return _table(study, f"stability_{contrast}", title, columns, cells, note)


def _all_waves(study: Study, numbers: Numbers) -> Table:
    waves = [wave.wave for wave in study.protocol.waves]

    def cells(code: str) -> list[Cell]:
        means = [_estimate(numbers, "mixed", code, wave, "mean", "") for wave in waves]
        return [
            numbers.cell("{}", *_ids("mixed", code, None, "n")),
            *means,
            numbers.cell("{}", *_ids("mixed", code, None, "icc")),
        ]

    columns = [Column("n"), *(Column(wave) for wave in waves), Column("ICC")]
    note = gettext(
        "Linear mixed model by REML, wave as a factor, random intercept a person; 95 % intervals with Satterthwaite df."
    )
    return _table(study, "all_waves", gettext("Estimated means of everybody with any score"), columns, cells, note)


def _norms(study: Study, numbers: Numbers) -> Table:
    """Distances from the main norms, and below each scale from its others."""
    waves = [wave.wave for wave in study.protocol.waves]
    margin = study.protocol.plan.norm_margin
    names = (gettext("norm SDs [95 % CI]"), "p", *((gettext("p (similar)"),) if margin is not None else ()))
    estimate = ("difference_sd", "difference_sd_ci95_low", "difference_sd_ci95_high")

    def cells(code: str, category: str | None) -> Iterator[Cell]:
        for wave in waves:
            ids = partial(_of_category, "norm_difference", code, category, wave)
            yield numbers.cell("{} [{}, {}]", *ids(*estimate))
            yield numbers.cell("{}", *ids("p"))
            if margin is not None:
                yield numbers.cell("{}", *ids("p_equivalence"))

    rows: list[Row] = []
    for heading, code, label in outcome_sections(study):
        rows += [Row(heading)] if heading else []
        rows.append(Row(label, tuple(cells(code, None))))
        for entry in other_norms(study, code):
            rows.append(
                Row(
                    gettext("{label}, from {population}", label=label, population=entry.sample.population),
                    tuple(cells(code, entry.category)),
                )
            )
    notes = [gettext("Difference from the norm in the norm's SDs; p: Welch's test from the norm's mean, SD and n.")]
    if margin is not None:
        notes.append(
            gettext(
                "p (similar): two one-sided tests that the mean lies within {margin} norm SDs of the norm.",
                margin=plain(margin),
            )
        )
    columns = tuple(Column(name, wave) for wave in waves for name in names)
    return Table(
        "", "norm_difference", gettext("Distance from the norms"), columns, tuple(rows), (*notes, *main_norm_notes(study))
    )


def _of_category(analysis: str, code: str, category: str | None, wave: str, *statistics: str) -> list[str]:
    return [result_id(analysis, code, name, category=category, timepoint=wave) for name in statistics]


def _measurement(study: Study, numbers: Numbers) -> Table:
    waves = [wave.wave for wave in study.protocol.waves]

    def cells(code: str) -> list[Cell]:
        return [
            cell
            for wave in waves
            for cell in (
                numbers.cell("{}", *_ids("measurement", code, wave, "n")),
                _estimate(numbers, "measurement", code, wave, "alpha"),
                numbers.cell("{}", *_ids("measurement", code, wave, "omega")),
                *(numbers.cell("{}", *_ids("measurement", code, wave, name)) for name in ("ordinal_alpha", "ordinal_omega")),
            )
        ]

    names = ("n", gettext("alpha [95 % CI]"), gettext("omega"), gettext("ordinal alpha"), gettext("ordinal omega"))
    columns = [Column(name, wave) for wave in waves for name in names]
    notes = [gettext("People who answered all items of the scale. Alpha with Feldt's interval; omega of one factor.")]
    if study.protocol.ordinal_reliability:
        notes.append(
            gettext("Ordinal: of polychoric correlations, that is of what lies behind the answers, not of the score.")
        )
    return _table(study, "measurement", gettext("Reliability"), columns, cells, *notes)


def _reliable_change(study: Study, numbers: Numbers) -> Table:
    contrasts = [contrast.contrast for contrast in study.protocol.contrasts]

    def cells(code: str) -> list[Cell]:
        row_cells = []
        for contrast in contrasts:
            row_cells.append(numbers.cell("{}", *_ids("reliable_change", code, contrast, "threshold")))
            for prefix in ("count_", "count_important_"):
                categories = [f"{prefix}{name}" for name in ("improved", "unchanged", "worsened")]
                row_cells.append(numbers.cell("{} / {} / {}", *_ids("reliable_change", code, contrast, *categories)))
        return row_cells

    names = (gettext("least reliable change"), gettext("better / same / worse"), gettext("by the least that matters"))
    columns = [Column(name, contrast) for contrast in contrasts for name in names]
    note = gettext("Jacobson and Truax: 1.96 standard errors of a difference, with alpha at baseline; counts are people.")
    return _table(study, "reliable_change", gettext("Reliable change"), columns, cells, note)


#: Why a score is missing: column heading by reason in the marts.
MISSING_REASON_HEADINGS = {
    "not_planned": gettext_noop("not planned"),
    "withdrawn": gettext_noop("withdrawn"),
    "wave_not_returned": gettext_noop("not returned"),
    "returned_blank": gettext_noop("returned blank"),
    "not_in_wave": gettext_noop("not in wave"),
    "column_absent": gettext_noop("not in export"),
    "not_asked": gettext_noop("not asked"),
    "valid_skip": gettext_noop("valid skip"),
    "blank": gettext_noop("blank"),
    "refused": gettext_noop("refused"),
    "invalid": gettext_noop("invalid"),
    "too_few_items": gettext_noop("too few items"),
}


def ledger_table(study: Study, numbers: Numbers) -> Table:
    """From the roster to the n of each scale and wave: the columns are the reasons that occur, and roster = sum of
    reasons + n."""
    waves = [wave.wave for wave in study.protocol.waves]
    wave_reasons = [
        (wave, reason)
        for wave in waves
        for reason in MISSING_REASON_HEADINGS
        if any(numbers.has_result(*_ids("summary", code, wave, f"missing_{reason}")) for code in study.protocol.outcomes)
    ]

    def cells(code: str) -> list[Cell]:
        row_cells = [numbers.cell("{}", result_id("flow", "roster", "n"))]
        for wave in waves:
            reasons = [reason for reason_wave, reason in wave_reasons if reason_wave == wave]
            row_cells += [numbers.cell("{}", *_ids("summary", code, wave, f"missing_{reason}")) for reason in reasons]
            row_cells.append(numbers.cell("{}", *_ids("summary", code, wave, "n")))
        return row_cells

    columns = [Column(gettext("roster"))]
    for wave in waves:
        columns += [
            *(
                Column(gettext(MISSING_REASON_HEADINGS[reason]), wave)
                for reason_wave, reason in wave_reasons
                if reason_wave == wave
            ),
            Column("n", wave),
        ]
    note = gettext(
        "In each wave the roster is those with a score (n) and those without, each for one reason. Empty: nobody."
    )
    return _table(study, "ledger", gettext("From the roster to each n"), columns, cells, note)


def _missing(study: Study, numbers: Numbers) -> Table:
    waves = [wave.wave for wave in study.protocol.waves]

    def cells(code: str) -> list[Cell]:
        row_cells = []
        for wave in waves:
            row_cells.append(numbers.cell("{} ({} %)", *_ids("attrition", code, wave, "count", "percent")))
            row_cells += [_estimate(numbers, "leavers", code, wave, "g")] if wave != waves[0] else []
        if len(waves) > 1:
            row_cells.append(numbers.cell("{} ({})", *_ids("missingness", code, None, "chi_square", "df")))
            row_cells.append(numbers.cell("{}", *_ids("missingness", code, None, "p")))
        return row_cells

    columns = [
        *(Column(name, wave) for wave in waves for name in (gettext("with a score"), "g")[: 1 if wave == waves[0] else 2]),
        *(Column(name, gettext("Little's test")) for name in (gettext("chi² (df)"), "p") if len(waves) > 1),
    ]
    notes = [gettext("Percentages are of the roster.")]
    if study.protocol.conditions:
        notes = [gettext("Percentages are of those for whom it was planned.")]
    if len(waves) > 1:
        notes.append(gettext("g: those who returned the wave minus those who left, at the first wave, with 95 % intervals."))
    return _table(study, "missing", gettext("Who is missing"), columns, cells, " ".join(notes))


def _services(study: Study, numbers: Numbers) -> Table:
    use = study.protocol.service_use
    contrasts = [
        contrast.contrast
        for contrast in study.protocol.contrasts
        if use is not None and {contrast.baseline, contrast.followup} <= set(use.waves)
    ]
    services = {service.service: service.label for service in (use.services if use is not None and contrasts else ())}
    names = ("service_change", gettext("Change in the use of services"), "service_change", gettext("% used"))
    return share_change_table(numbers, services, contrasts, *names)
