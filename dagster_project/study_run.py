"""A run of a study: every step gets the study from it, as the codebook was made from it.

Belongs here: the comparison of the definitions with the codebook, and what a whole run took. Does not belong here: holding
the lock and the working file for as long as a run goes on (defs/resources.py), which files are definitions (study/).
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import pyarrow as pa

from dagster_project.exports import DEFINITIONS, ReleaseInputs, write_release_inputs
from dagster_project.settings import Settings
from dagster_project.study import Study, hash_definitions, read_study
from dagster_project.trail import Source
from dagster_project.warehouse import Warehouse

_CURE = "run everything again: `wavehouse run`"
_DEFINITIONS = pa.schema(
    [("definitions_hash", pa.string()), ("run_id", pa.string()), ("written_at", pa.timestamp("us"))],
)
_FILES = pa.schema([("file", pa.string()), ("sha256", pa.string())])


class ChangedDefinitionsError(ValueError):
    """The definitions are not those that the codebook was made from. The message is one line with the cure."""


class StudyRun:
    """What the steps of one run share: where things lie, the study as the codebook has it, and what the run has taken in."""

    def __init__(self, settings: Settings, run_id: str, source: Source = "python") -> None:
        self.run_id = run_id
        self.source = source
        self.settings = settings
        self.warehouse = Warehouse(settings.warehouse_file)
        self._study: Study | None = None
        self._in_codebook: Mapping[str, str] | None = None
        self._is_of_this_run = False
        self._taken: dict[str, str] = {}

    def read_study(self) -> Study:
        """The study as its files are now, for the codebook. Raises StudyError where they do not fit together."""
        self._study = read_study(self.settings.study_folder)
        return self._study

    @property
    def known_study(self) -> Study | None:
        """The study as it was read last, if it was."""
        return self._study

    def codebook_tables(self, study: Study) -> dict[str, pa.Table]:
        """What the codebook says of the definitions it is made from."""
        written_at = datetime.now(UTC).replace(tzinfo=None)
        definitions = {"definitions_hash": study.definitions_hash, "run_id": self.run_id, "written_at": written_at}
        files = [{"file": name, "sha256": sha256} for name, sha256 in sorted(study.definitions.items())]
        return {
            "definitions": pa.Table.from_pylist([definitions], schema=_DEFINITIONS),
            "definition_files": pa.Table.from_pylist(files, schema=_FILES),
        }

    def codebook_is_written(self, study: Study) -> None:
        self._in_codebook, self._is_of_this_run = study.definitions, True
        self.note_taken(DEFINITIONS, study.definitions_hash)

    def study(self) -> Study:
        """The study, for every step but the codebook. Raises ChangedDefinitionsError unless the files are those of the
        codebook, StudyError where they do not fit together."""
        if not (folder := self.settings.study_folder).exists():
            raise ChangedDefinitionsError(
                f"{folder}: the study's folder is gone; connect its drive again or put it back; {_CURE}"
            )
        if self._in_codebook is None:
            self._in_codebook = self._read_codebook()
        study = self._study
        if study is None:
            study = self.read_study()
            now: Mapping[str, str] = study.definitions
        else:
            now = hash_definitions(study)
        if differing_names := differing_files(self._in_codebook, now):
            self._study = None
            since = "during this run" if self._is_of_this_run else "since the codebook was written"
            raise ChangedDefinitionsError(f"{', '.join(differing_names)}: changed {since}; {_CURE}")
        return study

    def study_as_loaded(self, loaded_study: Study) -> Study:
        """The same for a part of the graph that was made from the definitions: these must be the codebook's, too."""
        study = self.study()
        if differing_names := differing_files(loaded_study.definitions, study.definitions):
            cure = f"{_CURE}, or reload the definitions in the UI first"
            raise ChangedDefinitionsError(f"{', '.join(differing_names)}: changed since the graph was loaded; {cure}")
        return study

    def note_taken(self, name: str, digest: str) -> None:
        """Remember which content this run took of an export's files, or of the definitions."""
        self._taken[name] = digest

    def write_release_inputs(self, study: Study, release: str) -> None:
        """Write down what the release was made from, if this run took in everything itself."""
        if {DEFINITIONS, *(export.export for export in study.protocol.exports)} <= self._taken.keys():
            write_release_inputs(self.settings.release_inputs_file, ReleaseInputs(release, self.run_id, self._taken))

    def _read_codebook(self) -> dict[str, str]:
        is_known = "select 1 from duckdb_tables() where schema_name = 'codebook' and table_name = 'definition_files'"
        if not self.settings.warehouse_file.exists() or not self.warehouse.rows(is_known):
            raise ChangedDefinitionsError(f"the codebook does not say by which definitions it was made; {_CURE}")
        return {row["file"]: row["sha256"] for row in self.warehouse.rows("from codebook.definition_files")}


def differing_files(earlier: Mapping[str, str], current: Mapping[str, str]) -> list[str]:
    """The definition files that were changed, added or taken away."""
    return sorted(name for name in {*earlier, *current} if earlier.get(name) != current.get(name))
