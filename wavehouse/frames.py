"""Arrow tables as DataFrames: one type for each kind of column, whatever the rows, so that code runs on an empty
release, too.

Belongs here: types of columns, categories with labels. Does not belong here: which tables a release has (release.py).
"""

from collections.abc import Mapping, Sequence

import pandas as pd
import pyarrow as pa

#: Whole numbers and yes or no may be missing, and stay what they are.
_PANDAS_TYPES = {
    **{whole: pd.Int64Dtype() for whole in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint64())},
    pa.bool_(): pd.BooleanDtype(),
}


def frame_of(table: pa.Table) -> pd.DataFrame:
    """A table as a DataFrame: text as str, whole numbers as Int64, other numbers as float64, yes or no as boolean, days as
    datetime64, dictionaries as Categorical."""
    frame: pd.DataFrame = table.to_pandas(types_mapper=_PANDAS_TYPES.get, date_as_object=False)
    for name in table.column_names:
        if pa.types.is_string(table.schema.field(name).type):
            frame[name] = frame[name].astype("str")
    return frame


def with_categories(
    frame: pd.DataFrame, column: str, codes: Sequence[str], *, labels: Sequence[str] | None = None, ordered: bool = False
) -> pd.DataFrame:
    """The frame with a column of codes as a Categorical, in the order of `codes`. labels: what is shown in place of each."""
    categories = pd.Categorical(frame[column], categories=list(codes), ordered=ordered)
    return frame.assign(**{column: categories.rename_categories(list(labels)) if labels is not None else categories})


def labelled_answers(numbers: pd.Series, labels: Mapping[float, str], low: float, high: float) -> pd.Series:
    """Answers as an ordered Categorical: each by its text, or by its number where exports write no text for it."""
    answers = sorted({*map(float, range(int(low), int(high) + 1)), *labels})
    texts = [labels.get(answer, f"{answer:g}") for answer in answers]
    if len(set(texts)) < len(texts):
        texts = [f"{answer:g} {text}" for answer, text in zip(answers, texts, strict=True)]
    categories = pd.Categorical(numbers.astype("float64"), categories=answers, ordered=True)
    return pd.Series(categories.rename_categories(texts), index=numbers.index, name=numbers.name)
