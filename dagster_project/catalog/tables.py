"""The tables of a catalogue: their columns, and what each is made of in a release.

Belongs here: declarations, and the queries of one release. Does not belong here: building the file (build.py).

Each query is asked of a release that is attached as `source_release`, and gives the columns after study and release.
"""

from dataclasses import dataclass, replace

from dagster_project.catalog.definitions import INSTRUMENT_DEFINITIONS, SCALE_DEFINITIONS
from dagster_project.results import RESULTS_TABLE
from dagster_project.table_spec import ColumnSpec, TableSpec

#: The name under which a release is attached while it is read.
SOURCE = "source_release"
_OF_RELEASE = (
    ColumnSpec("study", "text", "The study, as the manifest of its release calls it.", nullable=False),
    ColumnSpec("release", "text", "The release that the row is of.", nullable=False),
)
_SCHEMA = "main"


@dataclass(frozen=True)
class CatalogTable:
    """A table of the catalogue. team_query: its rows of a team's release; public_query: of a public one, whose files are the
    parameters $results and $codebook; None where a public release has nothing of it."""

    spec: TableSpec
    team_query: str
    public_query: str | None


RELEASES = TableSpec(
    _SCHEMA, "releases_all", ("study",), "The releases that the catalogue is made of, one a study.",
    (
        *_OF_RELEASE,
        ColumnSpec("title", "text", "The study's title; public releases do not say it."),
        ColumnSpec("kind", "text", "team: with everything; public: what everybody may read."),
        ColumnSpec("released_at", "text", "When it was released, in UTC."),
        ColumnSpec("format", "whole", "The format of the release."),
        ColumnSpec("definitions", "text", "The hash of the study's definitions; public releases do not say it."),
        ColumnSpec("folder", "text", "Where the release lay when the catalogue was made."),
    ),
)  # fmt: skip
LEFT_OUT = TableSpec(
    _SCHEMA, "left_out", ("folder",), "The studies that the catalogue has nothing of.",
    (
        ColumnSpec("folder", "text", "The folder that was given."),
        ColumnSpec("reason", "text", "Why it is left out, and what helps."),
    ),
)  # fmt: skip
_INSTRUMENTS = TableSpec(
    _SCHEMA, "instruments_all", ("study", "instrument"), "The instruments of all studies. Public releases say of none.",
    (
        *_OF_RELEASE,
        ColumnSpec("instrument", "text", "The instrument's code."),
        ColumnSpec("library_id", "text", "library: and its code, of an instrument of the library; else null."),
        ColumnSpec("definition", "text", "A hash of how it is answered and scored: alike where two studies score alike."),
        ColumnSpec("name", "text", "Its name."),
        ColumnSpec("source", "text", "Where it was published."),
        ColumnSpec("licence", "text", "Under which terms it is used."),
        ColumnSpec("item_count", "whole", "How many items it has."),
    ),
)  # fmt: skip
_SCALES = TableSpec(
    _SCHEMA, "scales_all", ("study", "scale"), "The scales of all studies.",
    (
        *_OF_RELEASE,
        ColumnSpec("scale", "text", "The scale's code."),
        ColumnSpec("label", "text", "Its name."),
        ColumnSpec("instrument", "text", "The instrument that it belongs to."),
        ColumnSpec("library_id", "text", "library: and the instrument's code, of an instrument of the library; else null."),
        ColumnSpec("definition", "text", "A hash of its items, answers, keys and rule; public: of the rule in words."),
        ColumnSpec("better", "text", "Which end is the good one."),
        ColumnSpec("lowest", "number", "The lowest possible score."),
        ColumnSpec("highest", "number", "The highest possible score."),
        ColumnSpec("items_total", "whole", "How many items it has."),
        ColumnSpec("minimum_answered", "whole", "How many of them must be answered for a score."),
        ColumnSpec("rule", "text", "The rule of its score in words."),
    ),
)  # fmt: skip
_CODEBOOK = TableSpec(
    _SCHEMA, "codebook_all", ("study", "kind", "code"), "What the codes of all studies mean.",
    (
        *_OF_RELEASE,
        ColumnSpec("kind", "text", "What is coded: wave, instrument, scale, item, variable, category, service …"),
        ColumnSpec("code", "text", "The code; of a category with its variable."),
        ColumnSpec("label", "text", "What it stands for."),
        ColumnSpec("words", "text", "What else is said of it."),
    ),
)  # fmt: skip
_LEDGER_COLUMNS = (
    "on_roster", "refused", "invalid", "blank", "not_asked", "not_in_wave", "column_absent", "withdrawn",
    "wave_not_returned", "returned_blank", "too_few_items", "valid_skip", "not_planned", "n", "never_planned",
)  # fmt: skip
_LEDGER = TableSpec(
    _SCHEMA, "ledger_all", ("study", "scale", "wave"),
    "From the roster down to each n, of all studies: marts.score_ledger of each. Public releases have none.",
    (
        *_OF_RELEASE,
        ColumnSpec("scale", "text", "The scale."),
        ColumnSpec("wave", "text", "The wave."),
        *(ColumnSpec(name, "whole", f"People, as marts.score_ledger.{name}.") for name in _LEDGER_COLUMNS),
    ),
)  # fmt: skip
_RESULTS = TableSpec(
    _SCHEMA, "results_all", ("study", "result_id"), "Every released number of all studies.",
    (*_OF_RELEASE, *(replace(column, nullable=True) for column in RESULTS_TABLE.columns)),
)  # fmt: skip

_LIBRARY_ID = f"""
(select any_value(file) from {SOURCE}.codebook.definition_files where file = 'library:' || instrument)
"""
_TEAM_CODEBOOK = f"""
select 'wave' as kind, wave as code, label, null as words from {SOURCE}.codebook.waves
union all select 'instrument', instrument, name, source from {SOURCE}.codebook.instruments
union all select 'scale', scale, label, rule from {SOURCE}.codebook.scales
union all select kind, item, label, null from {SOURCE}.codebook.items where kind <> 'service'
union all select 'service', service, label, null from {SOURCE}.codebook.services
union all select 'variable', variable, label, unit from {SOURCE}.codebook.participant_variables
union all select 'category', variable || ': ' || category, label, null from {SOURCE}.codebook.participant_categories
"""
_RESULT_NAMES = ", ".join(RESULTS_TABLE.column_names)

CATALOG_TABLES = (
    CatalogTable(
        _INSTRUMENTS,
        f"""
        select instrument, {_LIBRARY_ID} as library_id, definition, name, source, licence, item_count
        from {SOURCE}.codebook.instruments left join ({INSTRUMENT_DEFINITIONS.format(source=SOURCE)}) using (instrument)
        """,
        None,
    ),
    CatalogTable(
        _SCALES,
        f"""
        select scale, label, instrument, {_LIBRARY_ID} as library_id, definition, better, lowest, highest, items_total,
            minimum_answered, rule
        from {SOURCE}.codebook.scales left join ({SCALE_DEFINITIONS.format(source=SOURCE)}) using (scale)
        """,
        """
        select code as scale, label, words as rule, sha256(words) as definition
        from read_csv($codebook, header = true, all_varchar = true)
        where kind = 'scale'
        """,
    ),
    CatalogTable(
        _CODEBOOK,
        _TEAM_CODEBOOK,
        "select kind, code, label, words from read_csv($codebook, header = true, all_varchar = true)",
    ),
    CatalogTable(_LEDGER, f"select scale, wave, {', '.join(_LEDGER_COLUMNS)} from {SOURCE}.marts.score_ledger", None),
    CatalogTable(
        _RESULTS,
        f"select {_RESULT_NAMES} from {SOURCE}.results.results",
        "from read_csv($results, header = true, all_varchar = true)",
    ),
)
