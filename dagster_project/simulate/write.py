"""Stand-ins as the export files that a protocol declares, in the form in which each tool writes them.

Belongs here: the three file formats and their peculiarities. Does not belong here: who the people are. Labels are neutral,
because a study does not store the wording of items.
"""

import csv
import io
import json
import random
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

import pandas as pd
import pyreadstat

from dagster_project.simulate.errors import SimulationError
from dagster_project.simulate.items import Answer
from dagster_project.simulate.people import StandIns
from dagster_project.study import PARTICIPANTS, SERVICES, Categorical, ColumnBlock, Export, Study, YesNo

#: Cell texts by column name and person, in the order of the declared columns.
Columns = dict[str, dict[int, str]]
_REMARKS = (
    "Thank you – happy to take part again",
    "Café voucher (£5) received",
    "Completed at home;\nfinished after lunch",
    'Called the office, "no answer"',
    "Prefers e-mail, not phone",
)
_START = datetime(2019, 1, 14, 9, 0)
_DAYS_OF_A_WAVE = 21
#: How days are written, by what an export's `dates` says; other words are a format themselves.
_DATE_FORMATS = {"dmy": "%d/%m/%Y %H:%M", "mdy": "%m/%d/%Y %H:%M", "ymd": "%Y-%m-%d %H:%M"}
_EXCEL_DAY_ZERO = datetime(1899, 12, 30)


def write_exports(stand_ins: StandIns, study: Study, folder: Path, seed: int) -> list[Path]:
    """Write every export below `folder`, each in its declared folder. Returns the files.

    Raises SimulationError, before anything is written, if one of the files already exists.
    """
    paths = refuse_existing_files(study, folder)
    writes = []
    for export in study.protocol.exports:
        rng = random.Random(zlib.crc32(f"{seed}/{export.export}".encode()))
        writes.append(_WRITERS[export.reader](stand_ins, study, export, rng))
    for path, write in zip(paths, writes, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
    return paths


def refuse_existing_files(study: Study, folder: Path) -> list[Path]:
    """The files to which stand-ins of a study are written. Raises SimulationError if one of them already exists, and for an
    export of a kind that is not written."""
    for export in study.protocol.exports:
        if export.reader not in _WRITERS:
            raise SimulationError(
                f"export {export.export} is of the reader {export.reader}, and stand-ins are written as {_WRITERS_IN_WORDS};"
                " declare one of these in a copy of the study"
            )
        if export.repeat_of is not None or any(block.lists for block in export.blocks):
            key = "repeat_of" if export.repeat_of is not None else "lists"
            raise SimulationError(
                f"export {export.export} declares {key}, and stand-ins are written with a row a person and a column an item;"
                " declare columns or a template in a copy of the study"
            )
    paths = [Path(folder) / export.folder / _file_name(study, export) for export in study.protocol.exports]
    for path in paths:
        if path.exists():
            raise SimulationError(f"{path}: the file already exists; exports are never overwritten, so choose a new folder")
    return paths


def _file_name(study: Study, export: Export) -> str:
    name = f"{study.protocol.study}_{export.export}"
    usual = name + (".sav" if export.reader == "spss" else ".csv")
    if fnmatchcase(usual.lower(), export.pattern.lower()):
        return usual
    return export.pattern.replace("*", name, 1).replace("*", "").replace("?", "x")


def _people(stand_ins: StandIns, export: Export, rng: random.Random) -> list[int]:
    """The people in the file, in the order in which they answered; in the roster, in the order of their identifiers."""
    if export.wave is None:
        return sorted(range(len(stand_ins.ids)), key=lambda person: stand_ins.ids[person])
    people = list(stand_ins.respondents[export.wave])
    rng.shuffle(people)
    return people


def _special_code(special_codes: Mapping[str, str], reason: str) -> str:
    return next((text for text, meaning in special_codes.items() if meaning == reason), "")


def _block_columns(stand_ins: StandIns, study: Study, export: Export, block: ColumnBlock) -> Columns:
    use = study.protocol.service_use
    columns: Columns = {}
    declared_columns = study.column_of(block)
    for position, code in enumerate(study.block_codes(block.block), start=1):
        if code not in declared_columns:
            continue
        column = declared_columns[code]
        labels = {answer: text for text, answer in study.answer_labels(export, block.block, position)}
        cells: dict[int, str] = {}
        if block.block == PARTICIPANTS:
            variable = next(entry for entry in study.protocol.participant_variables if entry.variable == code)
            texts = {entry.category: (entry.text or (entry.label,))[0] for entry in variable.categories}
            for person, fact in enumerate(stand_ins.facts[code]):
                if isinstance(fact, str):
                    cells[person] = texts[fact]
                elif fact is not None:
                    cells[person] = f"{fact:g}".replace(".", export.decimal_mark_of(column))
        elif block.block == SERVICES and use is not None:
            text_index = 1 if export.reader == "spss" and len(use.used) > 1 else 0
            for person, is_used in stand_ins.services.get((export.wave or "", code), {}).items():
                answer_texts = use.used if is_used else use.not_used
                cells[person] = answer_texts[min(text_index, len(answer_texts) - 1)]
        else:
            answer_texts_by_code = labels | _category_texts(study, code)
            mark = export.decimal_mark_of(column)
            for person, answer in stand_ins.answers.get((export.wave or "", code), {}).items():
                special_codes = export.special_codes_of(block.block, position)
                cells[person] = _answer_text(answer, answer_texts_by_code, special_codes, mark)
        columns[column] = cells
    return columns


def _category_texts(study: Study, code: str) -> dict[float, str]:
    """What an export writes for each category of a measure, by the number that it is kept as."""
    measure = study.measures.get(code)
    if not isinstance(measure, YesNo | Categorical):
        return {}
    return {measure.code_of(category): (category.text or (category.label,))[0] for category in measure.categories}


def _answer_text(answer: Answer, texts: Mapping[float, str], special_codes: Mapping[str, str], decimal_mark: str) -> str:
    if isinstance(answer, str):
        return _special_code(special_codes, answer)
    return texts.get(answer, str(answer).replace(".", decimal_mark))


def _all_columns(stand_ins: StandIns, study: Study, export: Export) -> Columns:
    columns: Columns = {}
    for block in export.blocks:
        columns |= _block_columns(stand_ins, study, export, block)
    return columns


def _rule_columns(export: Export, header: Sequence[str]) -> list[str]:
    """Columns that only the rules for setting rows aside need, and how long a sheet took; blank for everybody."""
    columns = [rule.column for rule in export.set_aside]
    columns += [export.duration_column] if export.duration_column is not None else []
    return [column for column in dict.fromkeys(columns) if column not in header]


def _start_day(study: Study, export: Export) -> float:
    return next((wave.month * 30.4 for wave in study.protocol.waves if wave.wave == export.wave), 0.0)


def _start(study: Study) -> datetime:
    """The day on which the study starts, where all of its waves are over: what lies ahead would be no date of an answer."""
    day, last = study.protocol.starts_on, max((wave.month for wave in study.protocol.waves), default=0)
    if day is None or day + timedelta(days=last * 30.4 + _DAYS_OF_A_WAVE) >= date.today():
        return _START
    return datetime.combine(day, _START.time())


def _date_text(time: datetime, export: Export, usual: str) -> str:
    """A day as the protocol says that the export writes it. usual: the tool's own format, where it says nothing."""
    if export.dates == "excel":
        return f"{(time - _EXCEL_DAY_ZERO) / timedelta(days=1):.5f}"
    return time.strftime(_DATE_FORMATS.get(export.dates or "", export.dates or usual))


def _answer_times(study: Study, export: Export, count: int, rng: random.Random) -> list[datetime]:
    first = _start(study) + timedelta(days=_start_day(study, export))
    return sorted(first + timedelta(minutes=rng.randrange(_DAYS_OF_A_WAVE * 24 * 60)) for _ in range(count))


def _delimited(stand_ins: StandIns, study: Study, export: Export, rng: random.Random) -> Callable[[Path], None]:
    """An online survey tool's CSV in cp1252 with blank lines at the end; a roster as a spreadsheet saves it."""
    people = _people(stand_ins, export, rng)
    columns = _all_columns(stand_ins, study, export)
    times = _answer_times(study, export, len(people), rng)
    is_roster = export.wave is None
    tool_cells: dict[str, Callable[[int], str]] = {
        "Response ID": lambda row: str(100_231 + 7 * row),
        "Started": lambda row: (times[row] - timedelta(minutes=12 + row % 9)).strftime("%d/%m/%Y %H:%M"),
        "Language": lambda row: "en-GB",
        "Free text": lambda row: _REMARKS[row // 5 % len(_REMARKS)] if row % 5 == 2 else "",
        "Consent form filed": lambda row: "yes",
    }
    leading = [name for name in export.ignored if name != "Free text"]
    trailing = [name for name in export.ignored if name == "Free text"]
    header = [export.respondent, *leading] if is_roster else [*leading, export.respondent]
    header += [export.answered_on] if export.answered_on else []
    header += [*columns, *trailing]
    header += _rule_columns(export, header)
    rows = [header]
    for row, person in enumerate(people):
        declared_cells = {export.respondent: stand_ins.ids[person]}
        if export.answered_on:
            declared_cells[export.answered_on] = _date_text(times[row], export, "%d/%m/%Y %H:%M")
        cells = []
        for name in header:
            if name in declared_cells:
                cells.append(declared_cells[name])
            elif name in columns:
                cells.append(columns[name].get(person, ""))
            else:
                cells.append(tool_cells.get(name, lambda row: "")(row))
        rows.append(cells)
    delimiter = ";" if export.decimal == "," else ","
    text = _csv(rows, delimiter, csv.QUOTE_MINIMAL) + ("" if is_roster else "\r\n\r\n\r\n")
    encoding = "utf-8-sig" if is_roster else "cp1252"
    return lambda path: _write(path, text.encode(encoding))


def _qualtrics(stand_ins: StandIns, study: Study, export: Export, rng: random.Random) -> Callable[[Path], None]:
    """Qualtrics' CSV: three header rows, every cell quoted, a preview and an unfinished response among the rows."""
    people = _people(stand_ins, export, rng)
    columns = _all_columns(stand_ins, study, export)
    times = _answer_times(study, export, len(people) + 2, rng)
    names = list(dict.fromkeys([*export.ignored, export.answered_on or "RecordedDate", export.respondent]))
    names += _rule_columns(export, [*names, *columns])
    header = [*names, *columns]
    labels = [*names, *(_neutral_label(study, export, column) for column in columns)]
    imports = [json.dumps({"ImportId": name}) for name in names]
    for number, block in enumerate(export.blocks, start=3):
        imports += [
            json.dumps({"ImportId": f"QID{number}_{position}"}) for position, _ in enumerate(study.column_of(block), start=1)
        ]
    absent = next((p for p in range(len(stand_ins.ids)) if p not in people), people[0] if people else 0)
    rows = [header, labels, imports]
    rules = {(rule.column, text) for rule in export.set_aside for text in rule.equals}
    entries: list[tuple[int | None, str]] = [(person, "complete") for person in people]
    if ("Status", "Survey Preview") in rules:
        entries.insert(0, (None, "preview"))
    if ("Finished", "False") in rules:
        entries.insert(min(len(entries), 5), (absent, "unfinished"))
    for row, (person, kind) in enumerate(entries):
        end_time = times[row].strftime("%Y-%m-%d %H:%M:%S")
        start_time = (times[row] - timedelta(minutes=17)).strftime("%Y-%m-%d %H:%M:%S")
        metadata = {
            "StartDate": start_time,
            "EndDate": end_time,
            "Status": "Survey Preview" if kind == "preview" else "IP Address",
            "Progress": "38" if kind == "unfinished" else "100",
            "Duration (in seconds)": str(1020 + 13 * row),
            "Finished": "False" if kind == "unfinished" else "True",
            "ResponseId": f"R_{zlib.crc32(f'{row}/{end_time}'.encode()):08x}",
            "DistributionChannel": "preview" if kind == "preview" else "email",
            "UserLanguage": "EN-GB",
            export.answered_on or "RecordedDate": _date_text(times[row], export, "%Y-%m-%d %H:%M:%S"),
            export.respondent: "" if person is None else stand_ins.ids[person],
        }
        cells = [metadata.get(name, "") for name in names]
        for position, cell in enumerate(columns.values()):
            if kind == "complete" and person is not None:
                cells.append(cell.get(person, ""))
            else:
                cells.append(str(rng.randint(2, 4)) if kind == "preview" or position < len(columns) * 0.3 else "")
        rows.append(cells)
    text = _csv(rows, ",", csv.QUOTE_ALL, line_end="\n")
    return lambda path: _write(path, text.encode("utf-8-sig"))


def _spss(stand_ins: StandIns, study: Study, export: Export, rng: random.Random) -> Callable[[Path], None]:
    """SPSS .sav: numeric codes with value labels, user-missing codes, system-missing for blanks."""
    people = _people(stand_ins, export, rng)
    times = _answer_times(study, export, len(people), rng)
    frame: dict[str, list[object]] = {export.respondent: [stand_ins.ids[person] for person in people]}
    if export.answered_on:
        frame[export.answered_on] = [_date_text(time, export, "%Y-%m-%d") for time in times]
    value_labels: dict[str, dict[int | float, str]] = {}
    ranges: dict[str, list[int | float | str | pyreadstat.pyclasses.MissingRange]] = {}
    for block in export.blocks:
        block_codes = study.block_codes(block.block)
        code_of_column = {column: code for code, column in study.column_of(block).items()}
        for column, cells in _block_columns(stand_ins, study, export, block).items():
            position = block_codes.index(code_of_column[column]) + 1
            anchors = study.instrument(block.block).anchors_of(position) if block.block != SERVICES else None
            special_codes = export.special_codes_of(block.block, position)
            reasons = {int(text): reason for text, reason in special_codes.items() if text.lstrip("-").isdigit()}
            codes = sorted(reasons)
            frame[column] = [float(cells[person]) if cells.get(person) else None for person in people]
            ends: dict[int | float, str] = (
                {anchors.low: "low end", anchors.high: "high end"} if anchors else {0: "No", 1: "Yes"}
            )
            value_labels[column] = {**ends, **{code: reasons[code].replace("_", " ") for code in codes}}
            if codes:
                ranges[column] = list(codes)
    text_columns = [export.respondent, *([export.answered_on] if export.answered_on else [])]
    text_columns += _rule_columns(export, [*frame])
    frame |= {column: [""] * len(people) for column in text_columns if column not in frame}
    column_types = {name: "str" if name in text_columns else "float64" for name in frame}
    data = pd.DataFrame({name: pd.Series(cells, dtype=column_types[name]) for name, cells in frame.items()})
    labels = {name: _neutral_label(study, export, name) for name in frame}
    formats = {name: "F8.0" for name in frame if name not in text_columns}

    def write(path: Path) -> None:
        pyreadstat.write_sav(
            data,
            str(path),
            column_labels=labels,
            variable_value_labels=value_labels,
            missing_ranges=ranges,
            variable_format=formats,
        )
        _set_file_date(path, max(times, default=_START))

    return write


def _set_file_date(path: Path, saved_at: datetime) -> None:
    """Set an SPSS file's creation time, so that the same seed gives the same bytes."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    stamp = f"{saved_at:%d} {months[saved_at.month - 1]} {saved_at:%y%H:%M:%S}".encode("ascii")
    with path.open("r+b") as file:
        # Creation date (9 bytes) and time (8) follow 92 bytes of other header fields.
        file.seek(92)
        file.write(stamp)


def _neutral_label(study: Study, export: Export, column: str) -> str:
    """A label that says which item a column holds, without the item's wording."""
    for block in export.blocks:
        for position, (code, name) in enumerate(study.column_of(block).items(), start=1):
            if name == column:
                if block.block == SERVICES and study.protocol.service_use is not None:
                    return next(service.label for service in study.protocol.service_use.services if service.service == code)
                return f"{block.block.upper()} item {position}"
    return column


def _csv(rows: Sequence[Sequence[str]], delimiter: str, quoting: int, line_end: str = "\r\n") -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=line_end)  # type: ignore[arg-type]
    writer.writerows(rows)
    return stream.getvalue()


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


_WRITERS = {"delimited": _delimited, "qualtrics": _qualtrics, "spss": _spss}
_WRITERS_IN_WORDS = "delimited, qualtrics or spss"
