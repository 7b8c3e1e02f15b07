"""The widths of a table's columns on paper, and its font size. Nothing else belongs here."""

from dagster_project.results import Table, column_lengths

#: Font sizes in points, and the width of a digit in centimetres for each point: half of its height.
_LARGEST, _SMALLEST, _DIGIT = 9.0, 5.0, 0.5 * 2.54 / 72


def column_widths(table: Table, width: float) -> tuple[list[float], float]:
    """The width of the labels' column and of each other column, in centimetres, and the font size in points.

    width: centimetres between the margins. Numbers stay on one line as long as the smallest font size allows.
    """
    lengths = column_lengths(table)
    size = max(_SMALLEST, min(_LARGEST, int(2 * width / (sum(lengths) * _DIGIT)) / 2))
    unit = min(width / sum(lengths), size * _DIGIT)
    return [unit * length for length in lengths], size
