"""A run of a study: it holds the study's lock and working file from first step to last; every step gets the study from it.

Belongs here: the resource that every step names, the comparison of the definitions with the codebook, and what a whole run
took. Does not belong here: the lock (study_lock.py), which files are definitions (study/), the codebook's other tables.

In-process executors set up a run's resources once, before its first step, and take them down after its last: `wavehouse
run`, the UI, the daemon and a subset of one step hold the lock alike.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime

import dagster as dg
import pyarrow as pa

from dagster_project.exports import DEFINITIONS, Taken, write_taken
from dagster_project.settings import Settings, read_settings
from dagster_project.study import Study, StudyError, hash_definitions, read_study
from dagster_project.study_lock import study_lock
from dagster_project.warehouse import Warehouse, WarehouseError, compact

#: The resource's name.
STUDY_RUN = "study_run"
_CURE = "run everything again: `wavehouse run`"
_DEFINITIONS = pa.schema(
    [("definitions_hash", pa.string()), ("run_id", pa.string()), ("written_at", pa.timestamp("us"))],
)
_FILES = pa.schema([("file", pa.string()), ("sha256", pa.string())])


class StudyRun:
    """What the steps of one run share: the study as the codebook was made from it, and what the run has taken in."""

    def __init__(self, settings: Settings, run_id: str) -> None:
        self.run_id = run_id
        self._settings = settings
        self._study: Study | None = None
        self._in_codebook: Mapping[str, str] | None = None
        self._is_of_this_run = False
        self._taken: dict[str, str] = {}

    def read_study(self) -> Study:
        """The study as its files are now, for the codebook; a failure of one line where they do not fit together."""
        try:
            self._study = read_study(self._settings.study_folder)
        except StudyError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
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
        """The study, for every step but the codebook: a failure of one line unless the files are what the codebook says."""
        if self._in_codebook is None:
            self._in_codebook = self._read_codebook()
        study = self._study
        if study is None:
            study = self.read_study()
            now: Mapping[str, str] = study.definitions
        else:
            now = hash_definitions(study)
        if differing := differing_files(self._in_codebook, now):
            self._study = None
            when = "during this run" if self._is_of_this_run else "since the codebook was written"
            raise dg.Failure(f"{', '.join(differing)}: changed {when}; {_CURE}", allow_retries=False)
        return study

    def study_as_loaded(self, loaded: Study) -> Study:
        """The same for a part of the graph that was made from the definitions: these must be the codebook's, too."""
        study = self.study()
        if differing := differing_files(loaded.definitions, study.definitions):
            cure = f"{_CURE}, or reload the definitions in the UI first"
            raise dg.Failure(f"{', '.join(differing)}: changed since the graph was loaded; {cure}", allow_retries=False)
        return study

    def note_taken(self, name: str, digest: str) -> None:
        """Remember which content this run took of an export's files, or of the definitions."""
        self._taken[name] = digest

    def write_taken(self, study: Study, release: str) -> None:
        """Write down what the release was made from, if this run took in everything itself."""
        if {DEFINITIONS, *(export.export for export in study.protocol.exports)} <= self._taken.keys():
            write_taken(self._settings.taken_file, Taken(release, self.run_id, self._taken))

    def _read_codebook(self) -> dict[str, str]:
        warehouse = Warehouse(self._settings.warehouse_file)
        known = "select 1 from duckdb_tables() where schema_name = 'codebook' and table_name = 'definition_files'"
        if not self._settings.warehouse_file.exists() or not warehouse.rows(known):
            raise dg.Failure(f"the codebook does not say by which definitions it was made; {_CURE}", allow_retries=False)
        return {row["file"]: row["sha256"] for row in warehouse.rows("from codebook.definition_files")}


def differing_files(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The definition files that were changed, added or taken away."""
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))


@dg.definitions
def defs() -> dg.Definitions:
    return build(read_settings())


def build(settings: Settings) -> dg.Definitions:
    """The resource of one study."""

    @dg.resource(description="The run of a study: holds its lock, gives every step the definitions of the codebook.")
    def study_run(context: dg.InitResourceContext) -> Iterator[StudyRun]:
        run_id = context.run.run_id if context.run is not None else ""

        def report(line: str) -> None:
            if context.log is not None:
                context.log.info(line)

        warehouse = Warehouse(settings.warehouse_file)
        with study_lock(settings.lock_file, run_id, report=report) as killed:
            if killed is not None and context.instance is not None:
                _close(context.instance, killed.run_id)
            with ExitStack() as open_file:
                # From the first step to the last nobody else writes the file, and nothing waits for its catalogue.
                with suppress(WarehouseError):  # the steps say what a run cannot heal
                    fault = warehouse.prepare(is_expected=(settings.study_folder / "release").exists())
                    if fault is not None and context.log is not None:
                        context.log.warning(fault)
                    open_file.enter_context(warehouse.kept_open())
                yield StudyRun(settings, run_id)
            compact(settings.warehouse_file)

    return dg.Definitions(resources={STUDY_RUN: study_run})


def _close(instance: dg.DagsterInstance, run_id: str) -> None:
    """Mark a run whose process was killed as failed: nobody else does where no daemon runs."""
    run = instance.get_run_by_id(run_id)
    if run is not None and not run.is_finished:
        instance.report_run_failed(run, "The process of this run was killed; the release is as it was.")
