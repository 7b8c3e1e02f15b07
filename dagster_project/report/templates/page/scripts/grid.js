// Where the arrow keys lead in a table. Belongs here: positions. Does not belong here: the document.

/**
 * The position that a key leads to, or null for other keys. rows: the columns of the numbers in each row, e.g. [[1, 2], [2]];
 * row and index: of the number that has the focus. Up and down lead to the nearest column of the next row.
 */
function nextPosition(rows, row, index, key) {
  const column = rows[row][index], last = rows[row].length - 1;
  const distance = candidate => Math.abs(candidate - column);
  const nearest = columns => columns.findIndex(candidate => distance(candidate) === Math.min(...columns.map(distance)));
  const rowAbove = Math.max(0, row - 1), rowBelow = Math.min(rows.length - 1, row + 1);
  switch (key) {
    case "ArrowLeft": return { row, index: Math.max(0, index - 1) };
    case "ArrowRight": return { row, index: Math.min(last, index + 1) };
    case "ArrowUp": return { row: rowAbove, index: nearest(rows[rowAbove]) };
    case "ArrowDown": return { row: rowBelow, index: nearest(rows[rowBelow]) };
    case "Home": return { row, index: 0 };
    case "End": return { row, index: last };
    default: return null;
  }
}
