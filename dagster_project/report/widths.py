"""The widths of a table's columns on paper, and its font size. Nothing else belongs here."""

from dagster_project.results import Table

#: Labels and words wrap when they are longer than this many characters; a column of labels is never narrower than the least.
_SHORTEST_LABEL, _LONGEST_LABEL, _LONGEST_WORDS = 16, 32, 42
#: Font sizes in points, and the width of a digit in centimetres for each point: half of its height.
_LARGEST, _SMALLEST, _DIGIT = 9.0, 5.0, 0.5 * 2.54 / 72
#: Space beside each column, in characters.
_PADDING = 2.0


def column_widths(table: Table, width: float) -> tuple[list[float], float]:
    """The width of the labels' column and of each other column, in centimetres, and the font size in points.

    width: centimetres between the margins. Numbers stay on one line as long as the smallest font size allows.
    """
    longest = max((len(row.label) for row in table.rows if row.cells), default=0)
    lengths = [min(max(longest, _SHORTEST_LABEL), _LONGEST_LABEL) + _PADDING]
    single_groups = {group for group, span in table.groups if span == 1}
    for index, column in enumerate(table.columns):
        texts = [row.cells[index].text for row in table.rows if row.cells]
        if column.has_words:
            lines = [line for text in texts for line in text.split("\n")]
            longest = max((len(text) for text in (*column.name.split(), *lines)), default=0)
            lengths.append(min(_LONGEST_WORDS, longest) + _PADDING)
        else:
            words = [*column.name.split(), *(column.group.split() if column.group in single_groups else ())]
            # A minus is wider than a digit.
            text_lengths = [len(text) + 0.7 * text.count("−") for text in (*words, *texts)]
            lengths.append(max(text_lengths, default=0.0) + _PADDING)
    size = max(_SMALLEST, min(_LARGEST, int(2 * width / (sum(lengths) * _DIGIT)) / 2))
    unit = min(width / sum(lengths), size * _DIGIT)
    return [unit * length for length in lengths], size
