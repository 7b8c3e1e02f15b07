"""Tables of questions of yes or no, and with categories: answers in each wave, and from wave to wave.

Belongs here: their layout. Does not belong here: arithmetic, HTML; the same by group (group_tables.py). A study without
such measures has none of these tables.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dagster_project.languages import gettext, gettext_noop
from dagster_project.results.categories import counted_categories
from dagster_project.results.main_tables import Column, Numbers, Row, Table
from dagster_project.results.result_row import ResultRow, result_id
from dagster_project.study import Categorical, Study, YesNo

#: Under tables of shares of groups.
SHARE_NOTE = gettext_noop(
    "Of the people of the group who answered. Differences, in percentage points, and ratios are from the reference;"
    " intervals by Newcombe, Katz and Woolf; p: Fisher's exact test."
)


def share_columns(name: str) -> tuple[Column, ...]:
    """The columns of shares of groups and their differences. name: of the shares."""
    names = (name, gettext("difference [95 % CI]"), gettext("risk ratio [95 % CI]"), gettext("odds ratio [95 % CI]"), "p")
    return tuple(Column(heading) for heading in names)


def table_categories(study: Study, results: Iterable[ResultRow]) -> Table:
    """Answers in each wave that asked."""
    numbers = Numbers(results)
    waves = [wave.wave for wave in study.protocol.waves]
    rows: list[Row] = []
    for measure in study.categorical_measures:
        rows += [] if isinstance(measure, YesNo) else [Row(measure.label)]
        for label, category in answer_labels(measure):
            cells = [
                numbers.cell(
                    "{} of {} ({} %)", *_ids("categories", measure.measure, category, wave, "count", "n", "percent")
                )
                for wave in waves
            ]
            rows.append(Row(label, tuple(cells)))
    columns = tuple(Column(wave) for wave in waves)
    notes = (gettext("People who gave the answer, of those who answered."),)
    return Table(
        "", "categories", gettext("Answers over time") if len(waves) > 1 else gettext("Answers"), columns, tuple(rows), notes
    )


def answer_labels(measure: YesNo | Categorical) -> Iterator[tuple[str, str]]:
    """The label of each answer that has a row of its own, and its category: of yes or no one row, called as the measure."""
    labels = {category.category: category.label for category in measure.categories}
    for category in counted_categories(measure):
        yield (measure.label if isinstance(measure, YesNo) else labels[category]), category


def category_change_tables(study: Study, numbers: Numbers) -> list[Table]:
    """From wave to wave: the share of yes, and from which category to which people went."""
    return [_yes_no_change(study, numbers), _moves(study, numbers)]


def _ids(analysis: str, outcome: str, category: str | None, timepoint: str, *statistics: str) -> list[str]:
    return [result_id(analysis, outcome, name, category=category, timepoint=timepoint) for name in statistics]


def _yes_no_change(study: Study, numbers: Numbers) -> Table:
    contrasts = [contrast.contrast for contrast in study.protocol.contrasts]
    questions = {measure.measure: measure.label for measure in study.categorical_measures if isinstance(measure, YesNo)}
    names = ("categories_yes_no_change", gettext("Change in answers of yes"), "category_change", gettext("% yes"))
    return share_change_table(numbers, questions, contrasts, *names)


def share_change_table(
    numbers: Numbers, labels: Mapping[str, str], contrasts: Sequence[str], name: str, title: str, analysis: str, heading: str
) -> Table:
    """The share of one answer in both waves of each contrast. labels: by outcome; heading: of the shares."""
    patterns = (
        ("{}", ("n",)), ("{} → {}", ("percent_baseline", "percent_followup")),
        ("{} [{}, {}]", ("difference", "ci95_low", "ci95_high")), ("{}", ("p",)),
    )  # fmt: skip
    rows = tuple(
        Row(
            label,
            tuple(
                numbers.cell(pattern, *_ids(analysis, outcome, None, contrast, *statistics))
                for contrast in contrasts
                for pattern, statistics in patterns
            ),
        )
        for outcome, label in labels.items()
    )
    headings = ("n", heading, gettext("difference [95 % CI]"), "p")
    columns = tuple(Column(column, contrast) for contrast in contrasts for column in headings)
    note = gettext(
        "People who answered in both waves; difference in percentage points, in the declared direction; McNemar's test."
    )
    return Table("", name, title, columns, rows, (note,))


def _moves(study: Study, numbers: Numbers) -> Table:
    contrasts = [contrast.contrast for contrast in study.protocol.contrasts]
    rows: list[Row] = []
    has_ordered = False
    for measure in study.categorical_measures:
        if isinstance(measure, YesNo):
            continue
        has_ordered = has_ordered or measure.ordered
        labels = {category.category: category.label for category in measure.categories}
        rows.append(Row(measure.label))

        def add(label: str, statistic: str, category: str | None = None, outcome: str = measure.measure) -> None:
            cells = [
                numbers.cell("{}", *_ids("category_change", outcome, category, contrast, statistic))
                for contrast in contrasts
            ]
            rows.append(Row(label, tuple(cells)))

        add(gettext("People with both answers"), "n")
        for first, first_label in labels.items():
            for second, second_label in labels.items():
                add(f"{first_label} → {second_label}", "count", f"{first}_to_{second}")
        add(gettext("p (symmetry)"), "p")
        if measure.ordered:
            add(gettext("Higher than before"), "count_higher")
            add(gettext("Lower than before"), "count_lower")
            add(gettext("p (sign test)"), "p_sign")
    columns = tuple(Column(gettext("people"), contrast) for contrast in contrasts)
    notes = [
        gettext(
            "From the answer at the contrast's baseline to that at its follow-up, of people with both. Symmetry: Bowker's"
            " test that as many went one way as the other."
        )
    ]
    if has_ordered:
        notes.append(gettext("Sign test: of the people whose category changed, that as many rose as fell."))
    return Table("", "categories_moves", gettext("From one category to another"), columns, tuple(rows), tuple(notes))
