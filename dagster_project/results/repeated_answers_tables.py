"""Tables of the model of answers over all waves. Belongs here: their layout. Does not belong here: arithmetic, HTML."""

from collections.abc import Iterator, Sequence

from dagster_project.languages import gettext, gettext_noop
from dagster_project.results.category_tables import answer_labels
from dagster_project.results.main_tables import Cell, Column, Numbers, Row, Table
from dagster_project.results.repeated_answers import DIFFERENCES, MODEL, measures_over_waves
from dagster_project.results.result_row import result_id
from dagster_project.study import Categorical, Study, YesNo

_MODEL_NOTE = gettext_noop(
    "A model of everybody with any answer in any wave, by maximum likelihood: logistic regression, of ordered answers"
    " cumulative logits, with a random intercept of each person; answers are taken to be missing at random."
)


def repeated_answers_tables(study: Study, numbers: Numbers, group_names: Sequence[str]) -> list[Table]:
    """Shares of each group and wave, and each group compared with the reference. group_names: as tables print them."""
    return [_shares(study, numbers, group_names), _odds(study, numbers), _share_differences(study, numbers)]


def _rows(measure: YesNo | Categorical) -> Iterator[tuple[str, str]]:
    for label, category in answer_labels(measure):
        yield label if isinstance(measure, YesNo) else f"{measure.label}: {label}", category


def _estimate(
    numbers: Numbers, analysis: str, outcome: str, group: str, moment: str, names: tuple[str, str, str],
    category: str | None = None,
) -> Cell:  # fmt: skip
    """A number with its interval."""
    ids = [result_id(analysis, outcome, name, category=category, people_group=group, timepoint=moment) for name in names]
    return numbers.cell("{} [{}, {}]", *ids)


def _shares(study: Study, numbers: Numbers, group_names: Sequence[str]) -> Table:
    waves = [wave.wave for wave in study.protocol.waves]
    rows: list[Row] = []
    for measure in measures_over_waves(study):
        for label, category in _rows(measure):
            rows.append(Row(label))
            for group, name in zip(study.protocol.compared_groups, group_names, strict=True):
                names = ("percent", "ci95_low", "ci95_high")
                cells = (_estimate(numbers, MODEL, measure.measure, group.category, wave, names, category) for wave in waves)
                rows.append(Row(name, tuple(cells)))
    note = " ".join(
        (
            gettext(_MODEL_NOTE),
            gettext("Percentages of the population: a person's probabilities, averaged over the random intercept."),
        )
    )
    columns = tuple(Column(gettext("% [95 % CI]"), wave) for wave in waves)
    return Table("", "answers_model", gettext("Estimated answers over all waves by group"), columns, tuple(rows), (note,))


def _odds(study: Study, numbers: Numbers) -> Table:
    waves = [wave.wave for wave in study.protocol.waves]
    rows: list[Row] = []
    for measure in measures_over_waves(study):
        rows.append(
            Row(measure.label if isinstance(measure, YesNo) else gettext("{label}: a higher category", label=measure.label))
        )
        for group in study.protocol.compared_groups[1:]:
            cells = [numbers.cell("{}", result_id(MODEL, measure.measure, name)) for name in ("n", "n_answers", "icc")]
            for wave in waves:
                names = ("odds_ratio", "odds_ratio_ci95_low", "odds_ratio_ci95_high")
                cells.append(_estimate(numbers, DIFFERENCES, measure.measure, group.category, wave, names))
                id_ = result_id(DIFFERENCES, measure.measure, "p", people_group=group.category, timepoint=wave)
                cells.append(numbers.cell("{}", id_))
            rows.append(Row(group.label, tuple(cells)))
    notes = (
        " ".join(
            (
                gettext(_MODEL_NOTE),
                gettext(
                    "Odds of the group / odds of the reference, of people with the same random intercept; such a ratio lies"
                    " further from 1 than one of the population. p: Wald's test. n: people of all groups in the model."
                    " Ratios of change are in results."
                ),
            )
        ),
        gettext("ICC: how alike a person's answers are in different waves, on the scale of the logit."),
    )
    columns = [Column("n"), Column(gettext("answers")), Column("ICC")]
    columns += [Column(name, wave) for wave in waves for name in (gettext("odds ratio [95 % CI]"), "p")]
    title = gettext("Groups compared in their answers over all waves")
    return Table("", "answers_model_odds", title, tuple(columns), tuple(rows), notes)


def _share_differences(study: Study, numbers: Numbers) -> Table:
    waves = [wave.wave for wave in study.protocol.waves]
    rows: list[Row] = []
    for measure in measures_over_waves(study):
        for label, category in _rows(measure):
            rows.append(Row(label))
            for group in study.protocol.compared_groups[1:]:
                names = ("risk_difference", "risk_difference_ci95_low", "risk_difference_ci95_high")
                cells = (
                    _estimate(numbers, DIFFERENCES, measure.measure, group.category, wave, names, category) for wave in waves
                )
                rows.append(Row(group.label, tuple(cells)))
    note = gettext(
        "Percentage of the population of the group minus that of the reference, in percentage points, in the same model; the"
        " interval is Wald's."
    )
    columns = tuple(Column(gettext("difference [95 % CI]"), wave) for wave in waves)
    title = gettext("Differences of answers over all waves between groups")
    return Table("", "answers_model_differences", title, columns, tuple(rows), (note,))
