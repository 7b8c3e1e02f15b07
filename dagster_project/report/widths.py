"""How wide the columns of a table stand on paper, and how large its letters are. Nothing else belongs here."""

from dagster_project.results import Table

#: Labels and words wrap when they are longer than this many letters.
_LABELS, _WORDS = (16, 32), 42
#: Points of letters, and how wide a digit is in centimetres for each of them: half of its height.
_LARGEST, _SMALLEST, _DIGIT = 9.0, 5.0, 0.5 * 2.54 / 72
#: Beside each column, in letters.
_AROUND = 2.0


def column_widths(table: Table, width: float) -> tuple[list[float], float]:
    """The width of the labels' column and of each other column, in centimetres, and the letters' size in points.

    width: centimetres between the margins. Numbers stay on one line as long as letters of the smallest size allow.
    """
    longest = max((len(row.label) for row in table.rows if row.cells), default=0)
    wanted = [min(max(longest, _LABELS[0]), _LABELS[1]) + _AROUND]
    alone = {group for group, span in table.groups if span == 1}
    for place, column in enumerate(table.columns):
        texts = [row.cells[place].text for row in table.rows if row.cells]
        if column.has_words:
            lines = [line for text in texts for line in text.split("\n")]
            words = max((len(text) for text in (*column.name.split(), *lines)), default=0)
            wanted.append(min(_WORDS, words) + _AROUND)
        else:
            words = [*column.name.split(), *(column.group.split() if column.group in alone else ())]
            # A minus is wider than a digit.
            letters = [len(text) + 0.7 * text.count("−") for text in (*words, *texts)]
            wanted.append(max(letters, default=0.0) + _AROUND)
    size = max(_SMALLEST, min(_LARGEST, int(2 * width / (sum(wanted) * _DIGIT)) / 2))
    unit = min(width / sum(wanted), size * _DIGIT)
    return [unit * one for one in wanted], size
