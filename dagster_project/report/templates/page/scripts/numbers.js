// What the dialog says of numbers. Belongs here: its lines. Does not belong here: people, the document.

class Numbers {
  /** lines and numbers: of PageData. */
  constructor({ lines, numbers: columns }) {
    this.lines = lines;
    this.columns = columns;
    this.indexes = new Map(columns.result_ids.map((resultId, index) => [resultId, index]));
  }

  has(resultId) {
    return this.indexes.has(resultId);
  }

  /**
   * The numbers of these results, each with its own lines; the lines that all of several numbers share; and the indexes of the
   * scopes whose people they count.
   */
  describe(resultIds) {
    const { columns } = this, { values, line_indexes: lineIndexes, scope_indexes: scopeIndexes } = columns;
    const rows = resultIds.filter(resultId => this.has(resultId)).map(resultId => this.indexes.get(resultId));
    const isShared = line => rows.every(row => lineIndexes[row].includes(line));
    const sharedLines = rows.length > 1 ? lineIndexes[rows[0]].filter(isShared) : [];
    return {
      numbers: rows.map(row => ({
        resultId: columns.result_ids[row],
        printed: columns.printed_texts[row],
        lines: [
          ...(values[row] === null ? [] : [{ term: "Exactly", text: String(values[row]) }]),
          ...this.texts(lineIndexes[row].filter(line => !sharedLines.includes(line))),
        ],
      })),
      sharedLines: this.texts(sharedLines),
      scopeIndexes: [...new Set(rows.map(row => scopeIndexes[row]))].filter(index => index !== null && index !== undefined),
    };
  }

  texts(lineIndexes) {
    return lineIndexes.map(index => ({ term: this.lines.terms[index], text: this.lines.texts[index] }));
  }
}
