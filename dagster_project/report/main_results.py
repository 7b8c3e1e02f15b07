"""What a release opens with: the results that the study was planned for, each with what it means in words.

Belongs here: which results these are, and their layout. Does not belong here: the words (main_words.py), arithmetic, HTML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagster_project.languages import gettext, gettext_noop, in_series, translate
from dagster_project.report.main_words import Estimate, caution_words, meaning, role_words, shown_words
from dagster_project.results import (
    Cell,
    Column,
    Numbers,
    ResultRow,
    Row,
    Table,
    direction_words,
    existing_tables,
    has_norm_of_outcomes,
    main_norm_notes,
    numbered,
    planned_analyses,
    result_id,
    table_categories,
)
from dagster_project.study import Contrast, Family, Study, covariate_words, covariates_of

#: More rows than these are folded; the sentences above name what was shown.
_MOST_ROWS = 12
_TITLES = {
    "waves": gettext_noop("Change within people"),
    "groups": gettext_noop("Difference of change between groups"),
    "groups_adjusted": gettext_noop("Difference of change between groups, adjusted for {covariates}"),
    "repeated_measures": gettext_noop("Difference of change between groups, in the mixed model for repeated measures"),
    "growth": gettext_noop("Difference of slopes between groups, per {unit}"),
}


@dataclass(frozen=True)
class MainResults:
    """The main results. sentences: what was planned and shown, and a caution, without numbers; tables: each with its meaning
    in the first column, their numbers M1, M2 are names of places alone; is_long: whether a page folds the tables."""

    sentences: tuple[str, ...]
    tables: tuple[Table, ...]
    is_long: bool


def main_results(study: Study, results: Mapping[str, ResultRow]) -> MainResults:
    """The families of the plan with the highest role; where none is planned, the change of every outcome, between groups
    where there are any; where no waves are compared, the scores; where nothing has a score, the answers. results: by id."""
    families = _families(study)
    compared = [(family, _estimates(study, family)) for family in families]
    tables = [_table(study, results, family, estimates) for family, estimates in compared if estimates]
    if not study.protocol.contrasts and not tables:
        tables = [_scores(study, results)]
    if not study.protocol.outcomes:
        tables = [table_categories(study, results.values())]
    estimates = [estimate for _, of_family in compared for estimate in of_family]
    is_long = len(estimates) > _MOST_ROWS
    answer = " ".join([*role_words(study, families), *(shown_words(study, results, estimates) if is_long else ())])
    sentences = [text for text in (answer, " ".join(caution_words(study, families))) if text]
    return MainResults(tuple(sentences), tuple(numbered(existing_tables(tables), "M")), is_long)


def _families(study: Study) -> Sequence[Family]:
    """The planned families of the highest role that there is; one of everything where none is planned."""
    plan = study.protocol.plan
    for role in ("primary", "secondary", "exploratory"):
        if families := [family for family in plan.families if family.role == role]:
            return families
    if not study.protocol.contrasts or not study.protocol.outcomes:
        return []
    compares = "groups" if study.protocol.compared_groups else "waves"
    return [Family(family="all", role="exploratory", outcomes=study.protocol.outcomes, compares=compares)]  # type: ignore[arg-type]


def _estimates(study: Study, family: Family) -> list[Estimate]:
    """What a family estimates: a scale in a contrast, of each group where groups are compared."""
    groups: Sequence[str | None] = [None]
    if family.compares != "waves":
        groups = [group.category for group in study.protocol.compared_groups[1:]]
    contrasts = {contrast.contrast: contrast for contrast in study.protocol.contrasts}
    is_planned = family in study.protocol.plan.families
    return [
        Estimate(planned_analyses(study)[family.compares], code, contrasts.get(contrast), group, is_planned)
        for code, contrast in study.protocol.family_tests(family)
        for group in groups
    ]


def _table(study: Study, results: Mapping[str, ResultRow], family: Family, estimates: Sequence[Estimate]) -> Table:
    """A row for each estimate: its meaning, then its numbers."""
    numbers = Numbers(results.values())
    of_waves, has_size = family.compares == "waves", family.compares != "growth"
    size = study.protocol.plan.headline if of_waves else study.protocol.plan.headline[0]
    rows = tuple(
        Row(
            _label(study, estimate),
            (
                Cell(meaning(study, results, estimate)),
                numbers.cell("{}", estimate.n_id),
                numbers.cell("{} [{}, {}]", *estimate.ids(estimate.statistic, "ci95_low", "ci95_high")),
                numbers.cell("{}", *estimate.ids("p")),
                numbers.cell("{}", *estimate.ids("p_holm")),
                *((numbers.cell("{} [{}, {}]", *estimate.size_ids(size)),) if has_size else ()),
                *(_everybody_cells(numbers, estimate.code, estimate.contrast) if of_waves and estimate.contrast else ()),
            ),
        )
        for estimate in estimates
    )
    names = ["n", gettext("change [95 % CI]") if of_waves else gettext("difference [95 % CI]"), "p", gettext("p (Holm)")]
    names += [gettext("{size} [95 % CI]", size=size)] if has_size else []
    if of_waves:
        names += [gettext("methods agree"), gettext("norm SDs later [95 % CI]")]
    columns = (Column(gettext("What it means"), has_words=True), *(Column(name) for name in names))
    title = _title(study, family)
    return Table("", f"main_{family.family}", title, columns, rows, tuple(_notes(study, family, estimates)))


def _title(study: Study, family: Family) -> str:
    """What a family compares, and as what it is planned."""
    growth = study.protocol.growth
    unit = growth.unit_word if growth is not None else ""
    title = gettext(_TITLES[family.compares], covariates=covariate_words(study.protocol), unit=unit)
    if family.compares in ("repeated_measures", "growth") and covariates_of(study.protocol):
        covariates = covariate_words(study.protocol, with_baseline=False)
        title = gettext("{title} adjusted for {covariates}", title=title, covariates=covariates)
    if family not in study.protocol.plan.families:
        return title
    return gettext(
        "{title} (planned as {role}, family {family})", title=title, role=translate(family.role), family=family.family
    )


def _everybody_cells(numbers: Numbers, code: str, contrast: Contrast) -> tuple[Cell, Cell]:
    """How many methods agree, and the distance from the norm at the later wave."""
    agree = [result_id("stability", code, name, timepoint=contrast.contrast) for name in ("n_agreeing", "n_methods")]
    norm = [
        result_id("norm_difference", code, f"difference_sd{end}", timepoint=contrast.followup)
        for end in ("", "_ci95_low", "_ci95_high")
    ]
    return numbers.cell("{} of {}", *agree), numbers.cell("{} [{}, {}]", *norm)


def _label(study: Study, estimate: Estimate) -> str:
    label = study.scales[estimate.code][1].label
    label += f", {estimate.contrast.contrast}" if estimate.contrast is not None else ""
    if estimate.group is None:
        return label
    reference, *compared_groups = study.protocol.compared_groups
    group = next(candidate for candidate in compared_groups if candidate.category == estimate.group)
    return gettext("{label}: {group} minus {reference}", label=label, group=group.label, reference=reference.label)


def _notes(study: Study, family: Family, estimates: Sequence[Estimate]) -> list[str]:
    """Directions and good ends, and what the effect size is."""
    contrasts = dict.fromkeys(estimate.contrast.contrast for estimate in estimates if estimate.contrast is not None)
    directions = in_series(direction_words(study, contrast) for contrast in contrasts)
    labels: dict[str, list[str]] = {"high": [], "low": [], "neither": []}
    for code in dict.fromkeys(estimate.code for estimate in estimates):
        scale = study.scales[code][1]
        labels[scale.better].append(scale.label)
    words = {
        "high": gettext_noop("Higher is better: {scales}."),
        "low": gettext_noop("Lower is better: {scales}."),
        "neither": gettext_noop("Neither higher nor lower is better: {scales}."),
    }
    ends = [gettext(words[end], scales=", ".join(of_end)) for end, of_end in labels.items() if of_end]
    notes = [*([gettext("Direction of change: {directions}.", directions=directions)] if directions else []), *ends]
    if family.compares == "waves":
        notes += main_norm_notes(study)
    elif family.compares != "growth":
        notes.append(
            gettext(
                "{headline}: difference of both changes, not adjusted, / pooled SD at baseline.",
                headline=study.protocol.plan.headline[0],
            )
        )
    return notes


def _scores(study: Study, results: Mapping[str, ResultRow]) -> Table:
    """The outcomes of a study that compares no waves: in each wave, and beside the norm where there is one."""
    numbers = Numbers(results.values())
    waves = [wave.wave for wave in study.protocol.waves]
    rows = []
    for code in study.protocol.outcomes:
        cells = []
        for wave in waves:
            ids = [result_id("summary", code, name, timepoint=wave) for name in ("n", "mean", "ci95_low", "ci95_high")]
            cells += [numbers.cell("{}", ids[0]), numbers.cell("{} [{}, {}]", *ids[1:])]
            norm = [f"difference_sd{end}" for end in ("", "_ci95_low", "_ci95_high")]
            norm_ids = [result_id("norm_difference", code, name, timepoint=wave) for name in norm]
            cells.append(numbers.cell("{} [{}, {}]", *norm_ids))
        rows.append(Row(study.scales[code][1].label, tuple(cells)))
    columns = [
        Column(name, wave) for wave in waves for name in ("n", gettext("mean [95 % CI]"), gettext("norm SDs [95 % CI]"))
    ]
    notes = (
        (gettext("Norm SDs: (mean − norm mean) / norm SD."), *main_norm_notes(study)) if has_norm_of_outcomes(study) else ()
    )
    return Table("", "main_scores", gettext("Outcomes"), tuple(columns), tuple(rows), notes)


def main_texts(content: MainResults) -> list[tuple[str, str]]:
    """The main results as paragraphs: a subject, empty for the sentences at the start, and a text.

    The numbers of long tables are left to the table of change.
    """
    texts = [("", " ".join(content.sentences))] if content.sentences else []
    for table in () if content.is_long else content.tables:
        texts.append(("", " ".join((f"{table.title}.", *table.notes))))
        heading = ""
        for row in table.rows:
            if not row.cells:
                heading = f"{row.label}: "
                continue
            words = [cell.text for cell, column in zip(row.cells, table.columns, strict=True) if column.has_words]
            numbers = [
                f"{column.full_name} {cell.text}"
                for cell, column in zip(row.cells, table.columns, strict=True)
                if cell.text and not column.has_words
            ]
            texts.append((heading + row.label, " ".join((*words, f"({'; '.join(numbers)})" if numbers else ""))))
    return texts
