"""How long the columns of a table are, in characters: for paper and page, and for a table that does not fit across.

Belongs here: lengths, and the long form of a table. Does not belong here: centimetres, pixels, font sizes (report/).
"""

from dataclasses import replace

from dagster_project.results.main_tables import Cell, Column, Row, Table

#: Labels and words wrap when they are longer than this many characters; a column of labels is never narrower than the least.
_SHORTEST_LABEL, _LONGEST_LABEL, _LONGEST_WORDS = 16, 36, 42
#: Space beside each column, in characters.
_PADDING = 2.0
#: What a page of 1,300 pixels and a landscape sheet hold without getting too small to read.
_LONGEST_TABLE = 164.0


def column_lengths(table: Table) -> list[float]:
    """The length of the labels' column and of each other column, in characters with the space beside them."""
    longest = max((len(row.label) for row in table.rows if row.cells), default=0)
    # Letters are wider than digits.
    lengths = [min(max(longest, _SHORTEST_LABEL), _LONGEST_LABEL) + 2 * _PADDING]
    single_groups = {group for group, span in table.groups if span == 1}
    for index, column in enumerate(table.columns):
        texts = [row.cells[index].text for row in table.rows if row.cells]
        if column.has_words:
            lines = [line for text in texts for line in text.split("\n")]
            longest = max((len(text) for text in (*column.name.split(), *lines)), default=0)
            lengths.append(min(_LONGEST_WORDS, longest) + _PADDING)
        else:
            words = [*column.name.split(), *(column.group.split() if column.group in single_groups else ())]
            # Headings are bold, and a minus is wider than a digit.
            text_lengths = [*(1.15 * len(word) for word in words), *(len(text) + 0.7 * text.count("−") for text in texts)]
            lengths.append(max(text_lengths, default=0.0) + _PADDING)
    return lengths


def fitting_across(table: Table) -> Table:
    """The table as it is where it fits across; else, where the same columns come back for each wave or contrast, in the long
    form: under each label a row a wave or contrast. What has no such columns stays in the label's own row."""
    names = _repeated_names(table)
    if not names or sum(column_lengths(table)) <= _LONGEST_TABLE:
        return table
    repeated_groups = [group for group, _ in table.groups if _is_repeated(_names(table, group), names)]
    alone = [index for index, column in enumerate(table.columns) if column.group not in repeated_groups]
    words = {column.name: column.has_words for column in table.columns if column.group in repeated_groups}
    columns = (*(table.columns[index] for index in alone), *(Column(name, has_words=words[name]) for name in names))
    rows: list[Row] = []
    for row in table.rows:
        if not row.cells:
            rows.append(row)
            continue
        rows.append(Row(row.label, (*(row.cells[index] for index in alone), *(Cell("") for _ in names))))
        for group in repeated_groups:
            cell_of = {
                column.name: cell for column, cell in zip(table.columns, row.cells, strict=True) if column.group == group
            }
            if any(cell.text or cell.result_ids for cell in cell_of.values()):
                cells = (*(Cell("") for _ in alone), *(cell_of.get(name, Cell("")) for name in names))
                rows.append(Row(f"– {group}", cells))
    return replace(table, columns=columns, rows=tuple(rows))


def _names(table: Table, group: str) -> list[str]:
    return [column.name for column in table.columns if column.group == group]


def _is_repeated(names_of_group: list[str], names: list[str]) -> bool:
    """Whether a group has the same columns as the longest one, or the first of them and some of the others."""
    return names_of_group[0] == names[0] and set(names_of_group) <= set(names)


def _repeated_names(table: Table) -> list[str]:
    """The columns that come back in two groups or more, and in most of them; empty where there are none."""
    names_of = [_names(table, group) for group, _ in table.groups if group]
    names = max(names_of, key=len, default=[])
    repeated_count = sum(_is_repeated(names_of_group, names) for names_of_group in names_of)
    return names if repeated_count > 1 and 2 * repeated_count > len(names_of) else []
