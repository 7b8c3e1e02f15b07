"""The main tables of everybody: people, services, outcomes, change, laid out from results alone. Belongs here: layout. Does
not belong here: arithmetic, HTML; which of them a study has (existing.py); supplementary tables (supplementary_tables.py).

Each cell has the ids of the results it shows. A table has its number from `numbered` (existing.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from dagster_project.languages import gettext, gettext_noop, in_series, ngettext, number_text, translate
from dagster_project.markdown import markdown_table
from dagster_project.results.norm_words import main_norm_notes
from dagster_project.results.result_collector import direction_words
from dagster_project.results.result_row import ResultRow, result_id
from dagster_project.results.rounding import format_number
from dagster_project.study import Study, effect_size_method


@dataclass(frozen=True)
class Cell:
    """A text, and the ids of the results that it shows."""

    text: str
    result_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A label and its cells; a section heading has no cells."""

    label: str
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Column:
    """A heading, its group (a wave or a contrast), and whether its cells hold text."""

    name: str
    group: str = ""
    has_words: bool = False

    @property
    def full_name(self) -> str:
        """The heading where groups have no line of their own."""
        return f"{self.group} {self.name}".strip()


@dataclass(frozen=True)
class Table:
    """A table: `columns` are the headings of the cells, without the column of labels."""

    number: str
    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def groups(self) -> list[tuple[str, int]]:
        """The groups of neighbouring columns, each with its number of columns; empty when no column has a group."""
        if not any(column.group for column in self.columns):
            return []
        return [(group, len(list(columns))) for group, columns in groupby(self.columns, key=lambda column: column.group)]


#: Patterns of cells that languages write in their own way.
_CELL_PATTERNS = (
    gettext_noop("{} of {}"), gettext_noop("{} of {} ({} %)"), gettext_noop("{} to {}"), gettext_noop("{} ({} to {})"),
    gettext_noop("{} [{}, {}]"), gettext_noop("[{}, {}]"), gettext_noop("{} ({}), {}"), gettext_noop("{} ({} %)"),
    gettext_noop("{1} ({0} %)"),
)  # fmt: skip


class Numbers:
    """Results by id, as cells. An id without a result gives an empty cell."""

    def __init__(self, results: Iterable[ResultRow]) -> None:
        self._by_id: Mapping[str, ResultRow] = {row.result_id: row for row in results}

    def cell(self, pattern: str, *ids: str) -> Cell:
        """A cell such as '{} ({})' filled with results; '—' if the first has no value."""
        rows = [self._by_id[identifier] for identifier in ids if identifier in self._by_id]
        if len(rows) < len(ids):
            return Cell("")
        if rows[0].value is None:
            return Cell("—", ids)
        return Cell(gettext(pattern).format(*(number_text(row.printed) for row in rows)), ids)

    def range_cell(self, low_id: str, high_id: str, *, prints_whole: bool) -> Cell:
        """The lowest and the highest value; empty where one is not known. prints_whole: without decimals where both are
        whole."""
        rows = [self._by_id[identifier] for identifier in (low_id, high_id) if identifier in self._by_id]
        values = [row.value for row in rows if row.value is not None]
        if len(values) < 2:
            return Cell("")
        is_short = prints_whole and all(value.is_integer() for value in values)
        texts = [format_number(value, 0) for value in values] if is_short else [row.printed for row in rows]
        return Cell(number_text("–".join(texts)), (low_id, high_id))

    def has_result(self, identifier: str) -> bool:
        """Whether a result has the id."""
        return identifier in self._by_id

    def note(self, identifier: str) -> Cell:
        """The note of a result, as a cell."""
        row = self._by_id.get(identifier)
        return Cell(translate(row.note or "") if row is not None else "", (identifier,) if row is not None else ())

    def is_above(self, identifier: str, limit: float) -> bool:
        """Whether a result has a value above a limit."""
        row = self._by_id.get(identifier)
        return row is not None and row.value is not None and row.value > limit

    def is_below(self, identifier: str, limit: float) -> bool:
        """Whether a result has a value below a limit."""
        row = self._by_id.get(identifier)
        return row is not None and row.value is not None and row.value < limit


def table_characteristics(study: Study, results: Iterable[ResultRow]) -> Table:
    """Who the people are, each variable with its own denominator."""
    numbers = Numbers(results)
    variables = study.protocol.participant_variables
    kinds = {variable.kind for variable in variables}
    rows: list[Row] = []
    section = ""
    sections = [variable.section for variable in variables]
    for variable in variables:
        if variable.section != section:
            rows.append(Row(variable.section))
            section = variable.section
        if variable.kind == "number":
            ids = [result_id("characteristics", variable.variable, statistic) for statistic in ("mean", "sd", "min", "max")]
            n = numbers.cell("{}", result_id("characteristics", variable.variable, "n"))
            limits = numbers.range_cell(ids[2], ids[3], prints_whole=prints_whole_ranges(study))
            rows.append(Row(variable.label, (n, numbers.cell("{} ({})", *ids[:2]), limits)))
            continue
        printed_categories = variable.printed_categories or tuple(category.category for category in variable.categories)
        # The heading of a section does not say which of its variables a category is of.
        is_named = sections.count(variable.section) > 1 and len(printed_categories) > 1
        rows += [Row(variable.label, (Cell(""),) * 3)] if is_named else []
        for category in variable.categories:
            if category.category in printed_categories:
                ids = [
                    result_id("characteristics", variable.variable, statistic, category=category.category)
                    for statistic in ("n", "count", "percent")
                ]
                cells = (numbers.cell("{}", ids[0]), numbers.cell("{} ({} %)", *ids[1:]), Cell(""))
                rows.append(Row(f"– {category.label}" if is_named else category.label, cells))
    return Table(
        number="",
        name="characteristics",
        title=gettext("Characteristics of the participants"),
        columns=tuple(
            Column(name) for name in ("n", gettext(_COUNT_OR_MEAN[len(kinds) == 2, "number" in kinds]), gettext("Range"))
        ),
        rows=tuple(rows),
        notes=(gettext("Percentages are of the people whose category is known."),) if "category" in kinds else (),
    )


def table_service_use(study: Study, results: Iterable[ResultRow]) -> Table:
    """Services used, per wave that asked."""
    numbers = Numbers(results)
    use = study.protocol.service_use
    waves = use.waves if use else ()
    rows = [
        Row(
            service.label,
            tuple(
                numbers.cell(
                    "{} of {}",
                    *(result_id("service_use", service.service, statistic, timepoint=wave) for statistic in ("count", "n")),
                )
                for wave in waves
            ),
        )
        for service in (use.services if use else ())
    ]
    return Table(
        number="",
        name="service_use",
        title=gettext("Use of services"),
        columns=tuple(Column(wave) for wave in waves),
        rows=tuple(rows),
        notes=(gettext("People who used the service, of those who answered."),),
    )


#: Headings of the column of shares and means: by whether variables are of both kinds, and whether some are numbers.
_COUNT_OR_MEAN = {
    (True, True): gettext_noop("n (%) or mean (SD)"), (False, True): gettext_noop("mean (SD)"), (False, False): "n (%)",
}  # fmt: skip


def prints_whole_ranges(study: Study) -> bool:
    """Whether ranges are printed without decimals where they are whole; not beside published tables, which print them."""
    return study.protocol.published is None


def has_norm_of_outcomes(study: Study) -> bool:
    """Whether the study gives a norm of one of its outcomes."""
    return any(study.norms.of_scale(code) for code in study.protocol.outcomes)


def outcome_sections(study: Study) -> Iterable[tuple[str | None, str, str]]:
    """The outcomes in order as (heading where a new instrument starts, scale code, label)."""
    heading = None
    for code in study.protocol.outcomes:
        instrument, scale = study.scales[code]
        name = instrument.name
        yield (name if name != heading else None), code, scale.label
        heading = name


def table_summary(study: Study, results: Iterable[ResultRow]) -> Table:
    """Each scale in each wave, and its norm where it has one."""
    numbers = Numbers(results)
    waves = [wave.wave for wave in study.protocol.waves]
    has_norms = has_norm_of_outcomes(study)
    names = ("n", gettext("mean (SD)"), gettext("range"), *((gettext("norm SDs"),) if has_norms else ()))
    columns = [Column(name, wave) for wave in waves for name in names]
    columns += [Column(gettext("mean (SD)"), gettext("Norm"))] if has_norms else []
    rows: list[Row] = []
    for heading, code, label in outcome_sections(study):
        if heading:
            rows.append(Row(heading))
        cells: list[Cell] = []
        for wave in waves:
            ids = {
                statistic: result_id("summary", code, statistic, timepoint=wave)
                for statistic in ("n", "mean", "sd", "min", "max", "norm_distance")
            }
            cells += [
                numbers.cell("{}", ids["n"]),
                numbers.cell("{} ({})", ids["mean"], ids["sd"]),
                numbers.range_cell(ids["min"], ids["max"], prints_whole=prints_whole_ranges(study)),
                *([numbers.cell("{}", ids["norm_distance"])] if has_norms else []),
            ]
        if has_norms:
            norm = (result_id("norm", code, statistic) for statistic in ("norm_mean", "norm_sd"))
            cells.append(numbers.cell("{} ({})", *norm))
        rows.append(Row(label, tuple(cells)))
    titles = (gettext("Outcomes over time"), gettext("Outcomes over time and norms"))
    if len(waves) == 1:
        titles = (gettext("Outcomes"), gettext("Outcomes and norms"))
    return Table(
        number="",
        name="summary",
        title=titles[has_norms],
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(
            *((gettext("Norm SDs: (mean − norm mean) / norm SD. SD has denominator n − 1."),) if has_norms else ()),
            *(() if has_norms else (gettext("SD has denominator n − 1."),)),
            *main_norm_notes(study),
        ),
    )


def table_change(study: Study, results: Iterable[ResultRow]) -> Table:
    """Change per contrast in the declared direction, with the plan's headline effect size."""
    numbers = Numbers(results)
    plan = study.protocol.plan
    headline = plan.headline
    is_planned = bool(plan.families_of("waves"))
    names = (
        "n",
        gettext("change [95 % CI]"),
        "p",
        *((gettext("p (Holm)"),) if is_planned else ()),
        gettext("{size} [95 % CI]", size=headline),
        gettext("agree"),
    )
    columns = [Column(name, contrast.contrast) for contrast in study.protocol.contrasts for name in names]
    rows: list[Row] = []
    for heading, code, label in outcome_sections(study):
        if heading:
            rows.append(Row(heading))
        cells: list[Cell] = []
        for contrast in study.protocol.contrasts:

            def ids(
                *statistics: str, code: str = code, timepoint: str = contrast.contrast, analysis: str = "change"
            ) -> list[str]:
                return [result_id(analysis, code, statistic, timepoint=timepoint) for statistic in statistics]

            cells += [
                numbers.cell("{}", *ids("n")),
                numbers.cell("{} [{}, {}]", *ids("mean_change", "ci95_low", "ci95_high")),
                numbers.cell("{}", *ids("p")),
                *([numbers.cell("{}", *ids("p_holm"))] if is_planned else []),
                numbers.cell("{} [{}, {}]", *ids(headline, f"{headline}_ci95_low", f"{headline}_ci95_high")),
                numbers.cell("{} of {}", *ids("n_agreeing", "n_methods", analysis="stability")),
            ]
        rows.append(Row(label, tuple(cells)))
    directions = in_series(direction_words(study, contrast.contrast) for contrast in study.protocol.contrasts)
    return Table(
        number="",
        name="change",
        title=gettext("Change over time"),
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(
            gettext("Direction of change: {directions}.", directions=directions),
            gettext(
                "Paired t test, two-sided. {headline}: {method}.",
                headline=headline,
                method=effect_size_method(headline, "baseline"),
            ),
            _families_note(study, numbers),
            _agreement_note(is_planned),
        ),
    )


def _agreement_note(is_planned: bool) -> str:
    """Which methods the last column counts."""
    if is_planned:
        return gettext(
            "Agree: of the methods with a conclusion (paired t, sign-flip permutation, Wilcoxon, bootstrap, mixed model,"
            " imputation, adjustment after Holm), how many agree with the paired t test on direction and on excluding zero."
        )
    return gettext(
        "Agree: of the methods with a conclusion (paired t, sign-flip permutation, Wilcoxon, bootstrap, mixed model,"
        " imputation), how many agree with the paired t test on direction and on excluding zero."
    )


def _families_note(study: Study, numbers: Numbers) -> str:
    """How many tests stay significant after adjustment, by family."""
    plan = study.protocol.plan
    families = plan.families_of("waves")
    if not families:
        if plan.families:
            return gettext("No family of tests of change within people is planned: every p stands alone and is exploratory.")
        return gettext("No family of tests is planned: every p stands alone and is exploratory.")
    sentences, alpha = [], number_text(f"{plan.alpha:g}".removeprefix("0"))
    for family in families:
        tests = study.protocol.family_tests(family)
        n_significant = {
            name: sum(
                numbers.is_below(result_id("change", code, statistic, timepoint=contrast), plan.alpha)
                for code, contrast in tests
            )
            for name, statistic in (("alone", "p"), ("holm", "p_holm"), ("bh", "p_bh"))
        }
        sentences.append(
            ngettext(
                "family {family} ({role}, {n} test): {alone} below {alpha} alone, {holm} after Holm, {bh} after Benjamini"
                " and Hochberg",
                "family {family} ({role}, {n} tests): {alone} below {alpha} alone, {holm} after Holm, {bh} after Benjamini"
                " and Hochberg",
                len(tests),
                family=family.family,
                role=translate(family.role),
                alpha=alpha,
                **n_significant,
            )
        )
    return gettext("Multiplicity: {families}.", families=in_series(sentences))


def to_markdown(table: Table) -> str:
    """A table as Markdown, section headings in bold."""
    rows = [
        (row.label, *(cell.text for cell in row.cells)) if row.cells else (f"**{row.label}**", *[""] * len(table.columns))
        for row in table.rows
    ]
    body = markdown_table(["", *(column.full_name for column in table.columns)], rows)
    return "\n".join([body, "", *table.notes])


def to_csv_rows(table: Table) -> list[list[str]]:
    """A table as rows of text, header first: section, label, then the cells.

    A label that a spreadsheet would interpret as a formula is prefixed with an apostrophe; numbers are unchanged.
    """
    lines = [["section", "label", *(column.full_name for column in table.columns)]]
    section = ""
    for row in table.rows:
        if not row.cells:
            section = row.label
            continue
        texts = [
            _not_a_formula(cell.text) if column.has_words else cell.text
            for cell, column in zip(row.cells, table.columns, strict=True)
        ]
        lines.append([_not_a_formula(section), _not_a_formula(row.label), *texts])
    return lines


def _not_a_formula(text: str) -> str:
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
