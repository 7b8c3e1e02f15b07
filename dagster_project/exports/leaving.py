"""The roster's columns on people who left: whoever has a text in them left, unless the text says that nobody did.

Belongs here: which texts say so, and those about which people are asked. Does not belong here: reading days (dates.py), who
counts as withdrawn or excluded (raw/, dbt).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.cell_rules import CellRule
from dagster_project.exports.cell_text import one_chunk
from dagster_project.exports.columns import ColumnMatch, date_codes
from dagster_project.exports.dates import DateColumn
from dagster_project.exports.errors import abbreviated_list, quoted
from dagster_project.study import Export, comparable, number_in
from dagster_project.withholding import of_cells

#: What programs and people write where there is nothing to write.
_EMPTY_WORDS = frozenset(
    {
        *("na", "n/a", "#n/a", "n.a", "n.a.", "<na>", "nan", "nat", "null", "nil", "none", "no", "n", "not applicable"),
        *("false", "f", "falsch", "faux", "nein", "keine", "keiner", "entfällt", "non", "aucun", "aucune", "nee", "nej"),
        *("nei", "ei", "não", "nie", "ne"),
    }
)


@dataclass(frozen=True)
class LeavingTexts:
    """rules: by code of a column on leaving, the texts that are declared to say that nobody left."""

    rules: dict[str, CellRule]

    def without_declared(self, code: str, cells: pa.Array) -> pa.Array:
        """The cells of a column, blank where a declared text says that nobody left."""
        if code not in self.rules:
            return cells
        encoded = cells.dictionary_encode()
        texts = ["" if self.rules[code].is_declared(text or "") else text for text in encoded.dictionary.to_pylist()]
        return pc.take(pa.array(texts, pa.string()), encoded.indices)


def leaving_texts(export: Export) -> LeavingTexts:
    """What a roster's special codes say of its columns on leaving."""
    return LeavingTexts(
        {
            code: CellRule(frozenset(map(comparable, export.special_codes_of(code))), tuple(export.special_ranges_of(code)))
            for code in export.leaving.columns
            if export.special_codes_of(code) or export.special_ranges_of(code)
        }
    )


def leaving_questions(
    columns: ColumnMatch, export: Export, dates: dict[str, DateColumn], is_set_aside: pa.BooleanArray
) -> Iterator[str]:
    """A line for each column on leaving with texts that may say that nobody left: R writes NA into every blank cell of such
    a column, and with it everybody would have left."""
    rules = leaving_texts(export).rules
    for code, header in export.leaving.columns.items():
        if (cells := columns.cells(header)) is None:
            continue
        used_cells = pc.filter(one_chunk(cells), pc.invert(is_set_aside))
        counts = {entry["values"] or "": entry["counts"] for entry in pc.value_counts(used_cells).to_pylist()}
        days = dates[code].values if code in dates else None
        texts = sorted(
            text
            for text in counts
            if (days is None or days.get(text) is None)
            and _may_say_nothing(text, is_day=code in date_codes(export))
            and not (code in rules and rules[code].is_declared(text))
        )
        if texts:
            n_rows = sum(counts[text] for text in texts)
            text_list = of_cells(abbreviated_list([quoted(text) for text in texts]), texts)
            rows = f"{n_rows} rows hold" if n_rows > 1 else "1 row holds"
            yield (
                f"column {quoted(header)}: {rows} {text_list}, and whoever has a text there has left; if it says that nobody"
                f" left, say so under special_codes of the roster ([{{blocks: [{code}], codes:"
                f" {{{of_cells(quoted(texts[0]), texts[:1])}: blank}}}}]), else correct the cells"
            )


def _may_say_nothing(text: str, *, is_day: bool) -> bool:
    """Whether a text that is no date may stand where nothing is meant. A reason may be a code above zero."""
    word = comparable(text).casefold()
    number = number_in(word, ".")
    if number is not None:
        return is_day or number <= 0
    return word != "" and (word in _EMPTY_WORDS or not any(letter.isalpha() or letter in "123456789" for letter in word))
