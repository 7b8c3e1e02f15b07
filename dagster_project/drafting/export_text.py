"""The exports of study.yaml, drafted: the roster and each wave's.

Belongs here: their text. Does not belong here: what is decided about them (draft.py), the rest of study.yaml
(protocol_text.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dagster_project.drafting.answers import REASONS_IN_WORDS, SpecialCode
from dagster_project.drafting.columns import ColumnFacts, has_row_numbers_only
from dagster_project.drafting.draft import Draft, DraftedBlock, DraftedExport, identifier_column
from dagster_project.drafting.marks import DecimalMark, decimal_mark, has_fractions, marks_of_columns
from dagster_project.drafting.tick_lists import TickList
from dagster_project.drafting.yaml_lines import (
    Anchors,
    flow_list,
    flow_mapping,
    guessed,
    one_line,
    question_value,
    scalar,
    without_lonely_anchors,
)
from dagster_project.study import ASK, Layout

#: What tools say of responses that are no answers, with the reason to set them aside.
_COMPLETION: Mapping[str, tuple[tuple[str, tuple[str, ...], str], ...]] = {
    "qualtrics": (
        ("Status", ("Survey Preview", "1"), "preview"),
        ("Finished", ("False", "FALSE", "0"), "unfinished"),
        ("DistributionChannel", ("preview",), "preview"),
    ),
    "limesurvey": (("submitdate", ("",), "unfinished"), ("Date submitted", ("",), "unfinished")),
}


def exports_lines(draft: Draft) -> list[str]:
    """The lines below `exports:`."""
    anchors = Anchors()
    lines = [] if draft.roster.wave else _roster_lines(draft, anchors)
    for export in draft.exports:
        lines += [*([""] if lines else []), *_export_lines(draft, export, anchors)]
    return without_lonely_anchors(lines)


def _roster_lines(draft: Draft, anchors: Anchors) -> list[str]:
    roster = draft.roster
    reader = roster.source.reader if roster.source is not None else "delimited"
    lines = [
        "  # The roster: one row a person. It needs no wave.",
        guessed("  - export: roster", roster.ground),
        f"    folder: {roster.folder}",
        f"    pattern: {scalar(roster.pattern)}",
        f"    reader: {reader}",
    ]
    if roster.source is not None:
        lines += _layout_lines(roster.source.layout)
        lines += _dictionary_lines(draft, reader)
        lines += _decimal_lines(marks_of_columns(_numbers_of_people(draft, roster.source.facts)))
    if roster.respondent:
        lines.append(f"    respondent: {scalar(roster.respondent)}")
    else:
        lines += _respondent_question(draft.exports[0], anchors)
    if roster.has_repeated_people:
        lines.append(guessed("    duplicates: first", "people have several rows, and the first has what is said of them"))
    if draft.variables:
        columns = {variable.code: scalar(variable.column) for variable in draft.variables}
        mapping = flow_mapping("      - {block: participants, columns: ", columns, 8)
        lines += ["    blocks:", *mapping[:-1], f"{mapping[-1]}}}"]
        if codes := _marks_of_people(draft):
            lines.append(guessed(f"    special_codes: {codes}", "programs write it for a cell without a value"))
    if roster.source is not None and all(export.table.source is not roster.source for export in draft.exports):
        used_columns = {roster.respondent, *(variable.column for variable in draft.variables)}
        if other_columns := [
            column for column in roster.source.table.columns if column.strip() and column not in used_columns
        ]:
            lines += flow_list("    ignored: ", other_columns, 4)
    return lines


def _marks_of_people(draft: Draft) -> str:
    """What programs write in the roster's columns for a cell without a value, as special codes; "" for nothing."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for variable in draft.variables:
        if variable.missing_marks:
            groups.setdefault(variable.missing_marks, []).append(variable.code)
    parts = [
        f"{{blocks: [{', '.join(codes)}], codes: {{{', '.join(f'{scalar(mark)}: blank' for mark in marks)}}}}}"
        for marks, codes in groups.items()
    ]
    return f"[{', '.join(parts)}]" if parts else ""


def _numbers_of_people(draft: Draft, facts: Mapping[str, ColumnFacts]) -> list[ColumnFacts]:
    """The columns of the roster's variables that are numbers. facts: of the file's columns."""
    names = [variable.column for variable in draft.variables if not variable.categories]
    return [facts[name] for name in names if name in facts]


def roster_of_wave_lines(draft: Draft) -> list[str]:
    """The lines of `roster:`, where the study's people are those of a wave: whoever is in later waves only will be named."""
    roster = draft.roster
    if not roster.wave:
        return []
    if not draft.variables:
        return [guessed(f"roster: {roster.wave}", roster.ground), ""]
    columns = {variable.code: scalar(variable.column) for variable in draft.variables}
    mapping = flow_mapping(f"roster: {{from: {roster.wave}, columns: ", columns, 2)
    export = next(export for export in draft.exports if export.table.wave == roster.wave)
    mark_of_wave = _marks_of_export(draft, export).mark
    marks = {
        column.name: f'"{mark.mark}"'
        for column in _numbers_of_people(draft, export.table.source.facts)
        if has_fractions(column) and not (mark := decimal_mark([column])).question and mark.mark != mark_of_wave
    }
    if marks:
        mapping[-1] += ", "
        other_lines = flow_mapping("decimal_of_columns: ", marks, 2)
        mapping = [*mapping[:-1], mapping[-1] + other_lines[0], *other_lines[1:]]
    if codes := _marks_of_people(draft):
        mapping = [*mapping[:-1], f"{mapping[-1]},", f"  special_codes: {codes}"]
    return [*mapping[:-1], guessed(f"{mapping[-1]}}}", roster.ground), ""]


def _marks_of_export(draft: Draft, export: DraftedExport) -> DecimalMark:
    blocks = [drafted for drafted in draft.export_blocks if drafted.block.tick_list is None]
    names = _block_columns(blocks, export.index)
    return marks_of_columns(facts for name, facts in export.table.columns.items() if name in names)


def _layout_lines(layout: Layout) -> list[str]:
    lines = []
    if layout.sheet is not None:
        lines.append(f"    sheet: {scalar(layout.sheet)}")
    if layout.title_rows:
        lines.append(guessed(f"    title_rows: {layout.title_rows}", "the row below them names the columns"))
    if layout.header_rows > 1:
        lines.append(
            guessed(f"    header_rows: {layout.header_rows}", "the first row leaves columns without names of their own")
        )
    if layout.label_rows:
        lines.append(
            guessed(
                f"    label_rows: {layout.label_rows}", "the rows below the header have no figures, and those below them do"
            )
        )
    return lines


def _dictionary_lines(draft: Draft, reader: str) -> list[str]:
    return [f"    dictionary: {scalar(draft.dictionary)}"] if draft.dictionary is not None and reader == "redcap" else []


def _decimal_lines(mark: DecimalMark) -> list[str]:
    if mark.question:
        return [f"    decimal: {question_value(mark.question)}"]
    lines = [guessed('    decimal: ","', mark.ground)] if mark.mark == "," else []
    if mark.exceptions:
        other_mark = "." if mark.mark == "," else ","
        mapping = flow_mapping("    decimal_of_columns: ", {name: f'"{other_mark}"' for name in mark.exceptions}, 4)
        example = next(iter(mark.exceptions.values()))
        lines += [*mapping[:-1], guessed(mapping[-1], f"their cells hold numbers such as {example}")]
    return lines


def _respondent_question(export: DraftedExport, anchors: Anchors) -> list[str]:
    return anchors.lines("respondent", [f"    respondent: {question_value(export.identifier.reason)}"])


def _export_lines(draft: Draft, export: DraftedExport, anchors: Anchors) -> list[str]:
    table, source = export.table, export.table.source
    code = f"{table.wave.lower()}_{export.part}" if export.part else table.wave.lower()
    lines = [f"  - export: {code}", f"    wave: {table.wave}  # {one_line(table.ground)}"]
    if export.part:
        lines.append(guessed(f"    part: {export.part}", f"several files are of {table.wave}, with other columns each"))
    lines += [f"    folder: {export.folder}", f"    pattern: {scalar(export.pattern)}"]
    if export.files_question:
        lines.append(f"    files: {question_value(export.files_question)}")
    elif export.is_several_files:
        lines.append(guessed("    files: parts", f"several files are of {table.wave}, with other people each"))
    lines.append(f"    reader: {source.reader}  # {source.ground}")
    lines += _layout_lines(source.layout)
    lines += _dictionary_lines(draft, source.reader)
    lines += _row_lines(export)
    column = identifier_column(table, export.identifier)
    if column:
        respondent = f"    respondent: {scalar(column)}"
        lines.append(
            f"{respondent}  # {export.identifier.reason}"
            if export.identifier.is_certain
            else guessed(respondent, export.identifier.reason)
        )
    else:
        lines += _respondent_question(export, anchors)
    lines += _date_lines(export, anchors)
    if export.identifier.n_repeated:
        question = (
            f"first, latest_complete or refuse ({_people_with_rows(export.identifier.n_repeated, table.wave)} several rows)"
        )
        lines.append(f"    duplicates: {question_value(question)}")
    blocks = [drafted for drafted in draft.export_blocks if any(drafted.block.columns_of(export.index))]
    lines += _decimal_lines(_marks_of_export(draft, export))
    lines += _block_lines(blocks, export, anchors)
    lines += _label_lines(blocks, anchors)
    lines += _special_code_lines(blocks, anchors)
    lines += _set_aside_lines(export)
    lines += _ignored_lines(draft, export, blocks, anchors)
    return lines


def _people_with_rows(n_people: int, wave: str) -> str:
    return f"{n_people} people of {wave} have" if n_people > 1 else f"1 person of {wave} has"


def _row_lines(export: DraftedExport) -> list[str]:
    rows = [flow_list(f"{{column: {scalar(column)}, equals: ", texts, 6) for column, texts in export.table.rows]
    parts = [" ".join(line.strip() for line in lines) + "}" for lines in rows]
    if not parts:
        return []
    return [f"    rows: {parts[0]}"] if len(parts) == 1 else ["    rows:", *(f"      - {part}" for part in parts)]


def _date_lines(export: DraftedExport, anchors: Anchors) -> list[str]:
    answer_date = export.answer_date
    if not answer_date.column:
        choices = " or ".join(scalar(name) for name in answer_date.choices[:3])
        return [f"    # answered_on: {choices}  # which of them is the day of answering?"] if choices else []
    lines = [guessed(f"    answered_on: {scalar(answer_date.column)}", answer_date.ground)]
    if answer_date.order:
        lines.append(guessed(f"    dates: {answer_date.order}", answer_date.order_ground))
    elif answer_date.question:
        lines += anchors.lines("dates", [f"    dates: {question_value(answer_date.question)}"])
    return lines


def _block_columns(blocks: Sequence[DraftedBlock], index: int) -> set[str]:
    return {column for drafted in blocks for column in drafted.block.columns_of(index) if column is not None}


def _block_lines(blocks: Sequence[DraftedBlock], export: DraftedExport, anchors: Anchors) -> list[str]:
    if not blocks:
        question = "no columns look like items; name those that are, e.g. [{block: mood, template: Q{position}}]"
        return anchors.lines("blocks", [f"    blocks: {question_value(question)}"])
    lines = ["    blocks:"]
    for drafted in blocks:
        columns = drafted.block.columns_of(export.index)
        if drafted.item_codes:
            pairs = {
                code: scalar(column) for code, column in zip(drafted.item_codes, columns, strict=True) if column is not None
            }
            lines += ["      - block: measures", *flow_mapping("        columns: ", pairs, 8)]
            continue
        width = max(2, len(str(len(columns))))
        codes = [f"{drafted.code}_{position:0{width}d}" for position in range(1, len(columns) + 1)]
        absent = [code for code, column in zip(codes, columns, strict=True) if column is None]
        absent_words = f", absent: [{', '.join(absent)}]" if absent else ""
        remark = f"{drafted.block.ground}"
        if (tick_list := drafted.block.tick_list) is not None:
            lines.append(guessed(f"      - block: {drafted.code}", remark))
            lines += _list_lines(tick_list, codes, columns[0] or "", export.index)
            continue
        template = _template(drafted, columns)
        if template is not None:
            line = f"      - {{block: {drafted.code}, template: {scalar(template)}{absent_words}}}"
            lines.append(guessed(line, remark))
            continue
        pairs = {code: scalar(column) for code, column in zip(codes, columns, strict=True) if column is not None}
        lines.append(guessed(f"      - block: {drafted.code}", remark))
        lines += flow_mapping("        columns: ", pairs, 8)
        if absent:
            lines += flow_list("        absent: ", absent, 8)
    return lines


def _list_lines(tick_list: TickList, codes: Sequence[str], column: str, index: int) -> list[str]:
    choices = {code: scalar(text) for code, text in zip(codes, tick_list.choices, strict=True)}
    lines = ["        lists:", f"          - column: {scalar(column)}"]
    lines.append(f"            separator: {scalar(tick_list.separators[index])}")
    lines += flow_mapping("            choices: ", choices, 12)
    if tick_list.n_typed:
        texts = f"{tick_list.n_typed} texts occur" if tick_list.n_typed > 1 else "1 text occurs"
        lines.append(f"            # {texts} once: add choices, or say which item any other text counts for (other_text)")
    if tick_list.exclusive:
        exclusive = flow_list("            exclusive: ", tick_list.exclusive, 12)
        lines += [*exclusive[:-1], guessed(exclusive[-1], "they say that no choice applies")]
    if n_blank := tick_list.n_blank[index]:
        cells = f"{n_blank} cells are blank" if n_blank > 1 else "1 cell is blank"
        question = f"blank or answers ({cells}: nobody saw the question, or no choice was ticked)"
        lines.append(f"            untouched: {question_value(question)}")
    return lines


def _template(drafted: DraftedBlock, columns: Sequence[str | None]) -> str | None:
    """The template of a wave's columns, if the block has one and the wave is told in the same way in all of them."""
    for block_template in drafted.block.templates:
        for item, column in zip(drafted.block.items, columns, strict=True):
            if column is None:
                continue
            start, stem, end = column.partition(item.stem)
            around = (start, end) if stem else ("", "")
            template = block_template.join(text.replace("{", "{{").replace("}", "}}") for text in around)
            names = (template.format(position=position) for position in range(1, len(columns) + 1))
            if all(name == expected for name, expected in zip(columns, names, strict=True) if name is not None):
                return template
            break
    return None


def _label_lines(blocks: Sequence[DraftedBlock], anchors: Anchors) -> list[str]:
    groups: dict[tuple[tuple[str, int], ...], list[DraftedBlock]] = {}
    for drafted in blocks:
        if drafted.answers.labels:
            groups.setdefault(tuple(drafted.answers.labels.items()), []).append(drafted)
    lines: list[str] = []
    for labels, members in groups.items():
        answers = members[0].answers
        names = ", ".join(drafted.code for drafted in members)
        tag = f"{ASK} " if answers.is_order_asked else ""
        pairs = {text: str(code) for text, code in labels}
        mapping = flow_mapping(f"      - {{blocks: [{names}], labels: {tag}", pairs, 8)
        mapping[-1] += "}"
        remark = (
            f"  # {answers.label_ground}: are these numbers right?"
            if answers.is_order_asked
            else f"  # {answers.label_ground}"
        )
        mapping[-1] += remark
        lines += mapping
    if not lines:
        return []
    return anchors.lines("labels", ["    labels: ", *lines])


def _special_code_lines(blocks: Sequence[DraftedBlock], anchors: Anchors) -> list[str]:
    groups: dict[tuple[SpecialCode, ...], list[DraftedBlock]] = {}
    for drafted in blocks:
        if drafted.answers.special_codes:
            codes = tuple(replace(code, n_cells=0) for code in drafted.answers.special_codes)
            groups.setdefault(codes, []).append(drafted)
    if not groups:
        return []
    lines = ["    special_codes: "]
    for special_codes, members in groups.items():
        lines += [f"      - blocks: [{', '.join(drafted.code for drafted in members)}]", "        codes:"]
        for position, code in enumerate(special_codes):
            n_cells = sum(drafted.answers.special_codes[position].n_cells for drafted in members)
            ground = f"{code.ground}, and {n_cells} cells hold it" if n_cells > 1 else f"{code.ground}, and 1 cell holds it"
            key = scalar(code.text) if not code.text.lstrip("-").isdigit() else f'"{code.text}"'
            if code.reason:
                lines.append(guessed(f"          {key}: {code.reason}", ground))
            else:
                lines.append(f"          {key}: {question_value(f'{REASONS_IN_WORDS} ({ground})')}")
    return anchors.lines("special_codes", lines)


def _set_aside_lines(export: DraftedExport) -> list[str]:
    suggestions = []
    for column, texts, reason in _COMPLETION.get(export.table.source.reader, ()):
        facts = export.table.columns.get(column)
        if facts is None:
            continue
        counts = {text: facts.counts[text] if text else facts.row_count - facts.n_filled for text in texts}
        present = [text for text, count in counts.items() if count]
        # "1" is Qualtrics' preview only where the states are codes.
        if present and not (column == "Finished" and len(facts.counts) == 1):
            words = ", ".join(scalar(text) for text in present)
            n_rows = sum(counts[text] for text in present)
            suggestions.append((f"{{column: {scalar(column)}, equals: [{words}], reason: {reason}}}", n_rows))
    return [
        f"    # set_aside: [{suggestion}]  # {n_rows} rows; should they be left out?" for suggestion, n_rows in suggestions
    ]


def _ignored_lines(draft: Draft, export: DraftedExport, blocks: Sequence[DraftedBlock], anchors: Anchors) -> list[str]:
    table = export.table
    used_columns = _block_columns(blocks, export.index) | {
        identifier_column(table, export.identifier),
        export.answer_date.column,
    }
    used_columns |= {column for column, _ in table.rows}
    if draft.roster.source is table.source:
        used_columns |= {variable.column for variable in draft.variables}
    if table.marks and table.foreign and table.wave != draft.exports[0].table.wave:
        # Columns of no wave are named once, by the first wave's export of the same file.
        used_columns |= {column for column in table.columns if column not in table.marks}
    other_columns = [
        column for column in dict.fromkeys(table.source.table.columns) if column.strip() and column not in used_columns
    ]
    other_columns = [column for column in other_columns if column not in table.foreign]
    if has_row_numbers_only(table.source.table):
        other_columns.insert(0, "")
    if not other_columns:
        return []
    return anchors.lines("ignored", flow_list("    ignored: ", other_columns, 4))
