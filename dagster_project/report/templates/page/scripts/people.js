// Who counts in a number, and with which answers. Belongs here: tables of people and of answers, as texts. Does not belong here:
// the rule of who counts (marts.counted_people says it), the document.

const entryOf = (entries, key) => Object.hasOwn(entries, key) ? entries[key] : undefined;

class People {
  /** data: a PeopleData. itemLabels: what items are called, by code. */
  constructor(data, itemLabels = {}) {
    this.data = data;
    this.itemLabels = itemLabels;
  }

  /** An item by its code, and by its label where it has one. */
  itemName(item) {
    const label = entryOf(this.itemLabels, item);
    return label === undefined ? item : `${item}: ${label}`;
  }

  /** Everybody on the roster, those who count first: texts of their cells, and the wave of each cell that opens answers. */
  table(scope) {
    const { data } = this, { rule, measure, waves, people_groups: groups, facts } = scope;
    const kind = ["scores", "services", "facts", "items"].find(name => Object.hasOwn(data[name], measure)) ?? null;
    const moments = kind === "facts" ? [""] : kind ? waves : [];
    const hasChange = rule.startsWith("both") && moments.length === 2, hasReturns = scope.return_waves.length > 0;
    const hasGroups = groups.length > 1;
    const columns = ["person", ...(hasGroups ? ["group"] : []), ...moments.map(wave => wave || "value")];
    if (hasChange) columns.push((scope.sign > 0 ? moments : [...moments].reverse()).join(" minus "));
    columns.push(...facts);
    if (hasReturns) columns.push("returned");
    const countedEntry = data.counted_people[[rule, measure, scope.moment].join("/")];
    const flags = countedEntry && data.counted_flags[countedEntry.flags_index];
    const rows = data.participant_ids.map((participantId, personIndex) => {
      const group = data.people_groups[personIndex], isOfGroups = !groups.length || groups.includes(group);
      const isCounted = isOfGroups && (rule === "whole_roster" || rule === "roster" && this.isPlanned(kind, scope, personIndex) || flags?.[personIndex] === "1");
      const change = isCounted ? countedEntry?.changes?.[personIndex] ?? null : null;
      return {
        participantId,
        personIndex,
        isCounted,
        group: hasGroups ? group ?? "not known" : null,
        values: moments.map(wave => ({ wave, text: this.valueText(kind, measure, wave, personIndex) })),
        change: hasChange ? change === null ? "" : formatValue(change) : null,
        facts: facts.map(fact => this.valueText("facts", fact, "", personIndex)),
        returns: hasReturns ? this.returnsText(scope.return_waves, personIndex) : null,
      };
    });
    const countedRows = rows.filter(row => row.isCounted), omittedRows = rows.filter(row => !row.isCounted);
    return {
      kind,
      measure,
      columns,
      summary: `Person by person: ${countedRows.length} counted, ${omittedRows.length} left out`,
      rows: [...countedRows, ...omittedRows],
    };
  }

  /** A person's value or why it is missing; null where the wave does not have the measure. */
  valueText(kind, measure, wave, personIndex) {
    const { data } = this, column = data[kind][measure][wave];
    if (column === undefined) return null;
    const value = column.values[personIndex];
    if (value === null) return this.reason(column, personIndex);
    if (kind !== "scores") return formatValue(value);
    return `${formatValue(value)} (${column.items_answered[personIndex]} of ${data.scales[measure].items_total})`;
  }

  /** column: MeasureValues. */
  reason(column, personIndex) {
    return this.data.reasons[column.missing_reasons[personIndex]];
  }

  /** Whether the waves of a scope were planned for a person, and in them the measure itself. */
  isPlanned(kind, { measure, return_waves: waves }, personIndex) {
    const { is_returned: isReturned, reasons } = this.data;
    return waves.every(wave => {
      const index = kind === "scores" ? this.data.scores[measure][wave]?.missing_reasons[personIndex] : undefined;
      return isReturned[wave][personIndex] !== null && (index === undefined || reasons[index] !== "not_planned");
    });
  }

  returnsText(waves, personIndex) {
    const wordsOf = flag => flag === null ? "was not planned for" : flag ? "returned" : "did not return";
    return waves.map(wave => `${wordsOf(this.data.is_returned[wave][personIndex])} ${wave}`).join(", ");
  }

  /**
   * The answers behind a person's value: of a score, a block for each scale that is part of it. kind and measure: of the table
   * of people.
   */
  answers(kind, measure, wave, personIndex) {
    const { data } = this;
    const scales = kind === "scores" ? entryOf(data.scale_parts, measure) ?? [measure] : [null];
    const itemsOf = scale => scale === null ? [measure] : entryOf(data.scale_items, scale) ?? [];
    const blocks = scales.map(scale => ({
      title: scales.length > 1 ? this.scoreText(scale, wave, personIndex) : null,
      answers: itemsOf(scale).map(item => this.answer(kind, scale, item, wave, personIndex)),
    }));
    const fileIndexes = new Set(blocks.flatMap(block => block.answers).map(answer => answer.fileIndex).filter(index => index !== null));
    const files = [...fileIndexes].map(index => data.files[index]), hasFiles = files.length > 1;
    const score = kind === "scores" ? `${this.scoreText(measure, wave, personIndex)}. ` : "";
    return {
      summary: score + files.map(formatFile).join(", "),
      columns: ["item", "answer", "counts as", "row", "column", ...(hasFiles ? ["file"] : [])],
      blocks: blocks.map(({ title, answers }) => ({
        title,
        rows: answers.map(({ cells, fileIndex }) => hasFiles ? [...cells, fileIndex === null ? "" : data.files[fileIndex].name] : cells),
      })),
    };
  }

  /** One answer: the texts of its cells, and the file in which it stands. scale: the scale that it counts in, or null. */
  answer(kind, scale, item, wave, personIndex) {
    const { data } = this, column = data[kind === "facts" ? "facts" : "items"][item][wave];
    const value = column.values[personIndex];
    const { file_indexes: fileIndexes, row_numbers: rowNumbers } = data.source_rows[column.source_rows_index];
    const fileIndex = fileIndexes[personIndex], hasRow = fileIndex !== null;
    return {
      fileIndex,
      cells: [
        this.itemName(item),
        value === null ? `no answer: ${this.reason(column, personIndex)}` : formatValue(value),
        value === null ? this.skipText(scale, item, this.reason(column, personIndex)) : this.keyedText(scale, item, value),
        hasRow ? String(rowNumbers[personIndex]) : "no row",
        hasRow ? column.export_column ?? "no column" : "",
      ],
    };
  }

  /** What an item counts as in a scale where it was not asked because of another answer; else nothing. */
  skipText(scale, item, reason) {
    const number = scale === null || reason !== "valid_skip" ? undefined : entryOf(this.data.counted_skips, item);
    return number === undefined ? "" : `${formatValue(number)} (not asked)`;
  }

  /** What an answer counts as in a scale: recoded or reversed where the item is. */
  keyedText(scale, item, answer) {
    const codes = scale === null ? undefined : entryOf(this.data.recoded, item);
    if (codes !== undefined) return `${formatValue(codes[answer])} (recoded)`;
    const reversedFrom = scale === null ? undefined : entryOf(entryOf(this.data.reversed_from, scale) ?? {}, item);
    const itemScore = reversedFrom === undefined ? answer : reversedFrom - answer;
    return formatValue(itemScore) + (itemScore === answer ? "" : ` (${reversedFrom} − answer)`);
  }

  /** A score, of how many items it is made, and its rule. */
  scoreText(scale, wave, personIndex) {
    const column = this.data.scores[scale][wave], { items_total: itemsTotal, rule } = this.data.scales[scale];
    const value = column.values[personIndex];
    const score = value === null ? this.reason(column, personIndex) : `${formatValue(value)} from ${column.items_answered[personIndex]} of ${itemsTotal}`;
    return `${scale}: ${score}; ${rule}`;
  }
}
