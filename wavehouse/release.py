"""A release, and the tables that analysts read from it.

Belongs here: opening a release, one method a table. Does not belong here: types of columns (frames.py), SQL of marts
(dbt), any number that is not in the release.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from dagster_project.dataset import SHAPES, Codebook, DataSet, Shape, read_codebook, read_data_set
from dagster_project.dataset.names import ANY_NAMES
from dagster_project.dataset.parquet import labelled_table
from dagster_project.dataset.variables import variables_of
from dagster_project.warehouse import (
    OtherVersionError,
    QueryError,
    ReleasedFile,
    Warehouse,
    WarehouseError,
    arrow_table,
    find_release,
    rows_as,
)
from wavehouse.frames import frame_of, labelled_answers, with_categories

#: Items with more answers than this stay numbers where labels are asked for.
_MOST_ANSWERS = 50


@dataclass(frozen=True)
class Result:
    """One number of the release. value: with all its digits, NaN where it is not defined, and `note` says why.

    printed: as tables print it. n: how many people or answers it is of. method: how it was computed, in words.
    """

    result_id: str
    value: float
    printed: str | None
    n: int | None
    unit: str | None
    method: str
    note: str | None
    analysis: str
    outcome: str | None
    category: str | None
    wave: str | None
    contrast: str | None
    statistic: str
    role: str | None

    def __str__(self) -> str:
        return f"{self.result_id}: {self.printed if self.printed is not None else self.value}"


def open(path: str | os.PathLike[str]) -> "Release":
    """Open a release: its folder (`…/release`, a kept one of `…/releases/`), a study folder, or a released warehouse.duckdb.

    What is read from it is of one release for good, also while a run makes a new one. Raises ValueError, in one line, where
    there is no release, and for one that a newer version of Wavehouse made.
    """
    return Release(find_release(path))


class Release:
    """An open release. Every method reads the released file and nothing else; refusals are ValueErrors of one line.

    Columns: pseudonyms and texts are str, whole numbers Int64, other numbers float64, days datetime64, what has categories
    Categorical in the order of the study. A value that is missing is NA, and its reason stands beside it.
    """

    def __init__(self, released_file: ReleasedFile) -> None:
        self._released_file = released_file

    def __repr__(self) -> str:
        return f"<release {self.name} of {self.study}: {self.title}>"

    @property
    def name(self) -> str:
        """The release's name, such as 20240131T101500-…, or the file's where it lies without its manifest."""
        return self._released_file.name

    @property
    def manifest(self) -> dict[str, str]:
        """What the release says of itself: run, day, fingerprint, hash of the definitions."""
        return dict(self._released_file.manifest)

    @property
    def file(self) -> str:
        """The released DuckDB file, for other programs."""
        return str(self._released_file.file)

    @property
    def study(self) -> str:
        """The study's code."""
        return self._codebook.study.study

    @property
    def title(self) -> str:
        """The study's title."""
        return self._codebook.study.title

    def participants(self, *, labels: bool = True) -> pd.DataFrame:
        """One row a person: withdrawal, and each variable of the roster with the column <variable>__missing beside it.

        labels: categories by label; False gives their codes.
        """
        frame = self._frame("select * exclude (source_file, source_row) from marts.participants order by participant_id")
        for variable in variables_of(self._codebook, by_wave=False):
            if variable.is_of_person and variable.categories and variable.has_reasons:
                codes, texts = [row.code for row in variable.categories], [row.label for row in variable.categories]
                frame = with_categories(frame, variable.code, codes, labels=texts if labels else None)
        return self._with_reasons(frame, [f"{fact.variable}__missing" for fact in self._codebook.facts])

    def scores(self, *, wide: bool = False) -> pd.DataFrame:
        """Scores: one row a person, wave and scale, with or without a score; `missing_reason` says why there is none.

        wide: one row a person and wave, each scale a column, with the column <scale>__missing beside it.
        """
        if not wide:
            frame = self._frame("from marts.scale_scores order by participant_id, wave, scale")
            frame = self._with_waves(with_categories(frame, "scale", [row.scale for row in self._codebook.scales]))
            frame = frame.sort_values(["participant_id", "wave", "scale"], ignore_index=True)
            return self._with_reasons(frame, ["missing_reason"])
        return self._of_data_set("score")

    def answers(self, *, labels: bool = False, wide: bool = False) -> pd.DataFrame:
        """Answers as given, before anything is reversed: one row a person, wave and item, answered or not.

        `missing_reason` says why there is none. Services and questions of yes or no have 0 and 1, categories the numbers
        that they are stored as. labels: with the text of each answer beside its number (wide: in its place).
        wide: one row a person and wave, each item a column, with the column <item>__missing beside it.
        """
        if wide:
            return self._of_data_set("sheet", labels=labels)
        frame = self._frame(
            "select participant_id, wave, item, answer, null::varchar as missing_reason from marts.answers union all"
            " select participant_id, wave, item, null, missing_reason from marts.missing_answers"
        )
        if labels:
            frame.insert(4, "label", self._answer_texts(frame))
        frame = self._with_waves(with_categories(frame, "item", [row.item for row in self._codebook.items]))
        frame = frame.sort_values(["participant_id", "wave", "item"], ignore_index=True)
        return self._with_reasons(frame, ["missing_reason"])

    def measures(self) -> pd.DataFrame:
        """All that is known of people, long: one row a person, measure and wave; facts of the roster have no wave.

        kind: scale, service, yes_no, category or fact. is_complete: whether a score is of all its items.
        """
        frame = self._frame("from marts.measure_values order by participant_id, measure, wave")
        return self._with_reasons(self._with_waves(frame), ["missing_reason"])

    def data(self, shape: Shape = "long", *, labels: bool = True) -> pd.DataFrame:
        """The clean data set that `wavehouse export` writes: facts, answers and scores, with reasons beside the values.

        shape: "long" for one row a person and wave, "wide" for one row a person. labels: answers with texts by their text.
        """
        if shape not in SHAPES:
            raise ValueError(f"{shape!r} is no shape of a data set; give one of {', '.join(map(repr, SHAPES))}")
        data_set = read_data_set(self._released_file, shape)
        return self._labelled(data_set, labels=labels)

    def results(self) -> pd.DataFrame:
        """Every number of the release: one row a result, by result_id."""
        return self._frame("from results.results order by result_id")

    def result(self, result_id: str) -> Result:
        """One number by its id, e.g. change/wellbeing/T1-T2/p. Raises ValueError, with the closest ids, for an unknown
        one."""
        columns = ", ".join(field.name for field in fields(Result) if field.name != "value")
        sql = f"select {columns}, coalesce(value, 'nan'::double) as value from results.results where result_id = ?"
        with Warehouse(self._released_file.file).connect(read_only=True) as connection:
            results = rows_as(connection, Result, sql, [result_id])
        if not results:
            raise ValueError(self._unknown_id(result_id))
        return results[0]

    def trace(self, result_id: str) -> pd.DataFrame:
        """From a result to the people, scores, answers and cells of exports behind it; `part` says what a row is.

        Columns as `wavehouse trace --csv` writes them. Raises ValueError, with the closest ids, for an unknown id.
        """
        self.result(result_id)
        return self._frame("from trace(?)", [result_id])

    def waves(self) -> pd.DataFrame:
        """The waves in their order."""
        return self._with_waves(self._frame("from codebook.waves order by wave_order"))

    def items(self) -> pd.DataFrame:
        """Items, services and measures: anchors, decimals, labels where they may be given, how each is reversed."""
        return self._frame("from codebook.items order by item_order")

    def scales(self) -> pd.DataFrame:
        """Scales: label, range, which end is good, and the rule of scoring in words."""
        return self._frame("from codebook.scales order by scale_order")

    def variables(self) -> pd.DataFrame:
        """The variables of the roster."""
        return self._frame("from codebook.participant_variables order by variable_order")

    def tables(self) -> pd.DataFrame:
        """Every table and view of the release, by schema and name."""
        return self._frame(_TABLES)

    def table(self, name: str) -> pd.DataFrame:
        """A whole table by schema and name, e.g. marts.returns. Raises ValueError, with the closest names, for an
        unknown one."""
        names = list(self.tables()["table"])
        if name not in names:
            matches = get_close_matches(name, names, n=3, cutoff=0.4)
            hint = f"; do you mean {' or '.join(matches)}?" if matches else "; tables() lists them"
            raise ValueError(f"{name}: the release has no such table{hint}")
        return self._frame(f"from {name}")

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The rows of a query in DuckDB's SQL, which can read everything of the release and change nothing in it.

        Raises ValueError, in one line, for a query that DuckDB cannot run.
        """
        try:
            return self._frame(sql, parameters)
        except OtherVersionError as error:  # a name in the query that the release does not have
            raise ValueError(f"the query cannot be run: {error.fault}") from None
        except QueryError as error:
            raise ValueError(f"the query cannot be run: {str(error).splitlines()[0]}") from None

    @cached_property
    def _codebook(self) -> Codebook:
        with Warehouse(self._released_file.file).connect(read_only=True) as connection:
            return read_codebook(connection)

    def _frame(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        if not self._released_file.file.exists():
            raise WarehouseError(
                f"{self._released_file.file}: this release is no longer kept; open the study's folder again for the newest"
            )
        with Warehouse(self._released_file.file).connect(read_only=True) as connection:
            return frame_of(arrow_table(connection, sql, parameters))

    def _with_waves(self, frame: pd.DataFrame) -> pd.DataFrame:
        return with_categories(frame, "wave", [row.wave for row in self._codebook.waves], ordered=True)

    def _with_reasons(self, frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
        for column in columns:
            frame = with_categories(frame, column, self._codebook.reasons)
        return frame

    def _answer_texts(self, frame: pd.DataFrame) -> pd.Series:
        """The text of each answer of a long table: of categories, services and answers that exports write as texts."""
        texts: dict[tuple[str, float], str] = {}
        for item, labels in self._codebook.answer_labels.items():
            texts |= {(item, float(answer)): label for answer, label in labels.items()}
        for measure, rows in self._codebook.measure_categories.items():
            texts |= {(measure, float(row.stored_as)): row.label for row in rows}
        for service in self._codebook.service_labels:
            texts |= {(service, 0.0): "No", (service, 1.0): "Yes"}
        answers = frame["answer"].astype("float64")
        labels_of_rows = [texts.get(key) for key in zip(frame["item"], answers, strict=True)]
        return pd.Series(labels_of_rows, index=frame.index, dtype="str")

    def _of_data_set(self, source: Literal["sheet", "score"], *, labels: bool = False) -> pd.DataFrame:
        """The columns of a data set whose values stand in one place, with who and when."""
        data_set = read_data_set(self._released_file, "long")
        measures = [
            variable
            for variable in data_set.variables
            if variable.code in ("participant_id", "wave") or (variable.source == source and variable.has_reasons)
        ]
        keys = [key for row in measures for key in ([row.key, row.reason_key] if row.has_reasons else [row.key])]
        part = DataSet(data_set.release, data_set.codebook, "long", measures, data_set.table.select(keys))
        return self._labelled(part, labels=labels)

    def _labelled(self, data_set: DataSet, *, labels: bool) -> pd.DataFrame:
        table, content = labelled_table(data_set, ANY_NAMES)
        frame = frame_of(table)
        if not labels:
            return frame
        anchors: Mapping[str, tuple[float, float]] = {row.item: (row.low, row.high) for row in data_set.codebook.items}
        for name, variable in zip(content.names, data_set.variables, strict=True):
            if variable.answer_labels and variable.is_whole:
                low, high = anchors[variable.code]
                if high - low < _MOST_ANSWERS:
                    frame[name] = labelled_answers(frame[name], variable.answer_labels, low, high)
        return frame

    def _unknown_id(self, result_id: str) -> str:
        from dagster_project.results import unknown_id_message  # takes a second to import, for a message alone

        return unknown_id_message(result_id, list(self.results()["result_id"]))


_TABLES = """
    select schema_name || '.' || table_name as "table", 'table' as kind from duckdb_tables() where not internal
    union all
    select schema_name || '.' || view_name, 'view' from duckdb_views() where not internal and schema_name <> 'main'
    order by 1
"""
