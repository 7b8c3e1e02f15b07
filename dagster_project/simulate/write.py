"""Writing stand-ins as the exports that a protocol declares, as each tool would write them.

Belongs here: the three formats and their habits. Does not belong here: who the people are. Labels are neutral: item wording
is never kept, and there is none to write.
"""

import csv
import io
import json
import random
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

import pandas as pd
import pyreadstat

from dagster_project.simulate.errors import SimulationError
from dagster_project.simulate.items import Answer
from dagster_project.simulate.people import StandIns
from dagster_project.study import PARTICIPANTS, SERVICES, ColumnBlock, Export, Study

#: A declared column's text for each person, by column name, in the order of the columns.
Columns = dict[str, dict[int, str]]
_REMARKS = (
    "Thank you – happy to take part again",
    "Café voucher (£5) received",
    "Completed at home;\nfinished after lunch",
    'Called the office, "no answer"',
    "Prefers e-mail, not phone",
)
_START = datetime(2019, 1, 14, 9, 0)


def write_exports(stand_ins: StandIns, study: Study, folder: Path, seed: int) -> list[Path]:
    """Write every export below `folder`, each in its declared folder. Returns the files.

    Raises SimulationError, before anything is written, when one of the files is there already.
    """
    paths = refuse_standing_files(study, folder)
    writes = []
    for export in study.protocol.exports:
        rng = random.Random(zlib.crc32(f"{seed}/{export.export}".encode()))
        writes.append(_WRITERS[export.reader](stand_ins, study, export, rng))
    for path, write in zip(paths, writes, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
    return paths


def refuse_standing_files(study: Study, folder: Path) -> list[Path]:
    """The files that stand-ins of a study are written to. Raises SimulationError when one of them is there already."""
    paths = [Path(folder) / export.folder / _file_name(study, export) for export in study.protocol.exports]
    for path in paths:
        if path.exists():
            raise SimulationError(
                f"{path}: the file is there already; exports are never overwritten, so choose a new folder"
            )
    return paths


def _file_name(study: Study, export: Export) -> str:
    name = f"{study.protocol.study}_{export.export}"
    usual = name + (".sav" if export.reader == "spss" else ".csv")
    if fnmatchcase(usual.lower(), export.pattern.lower()):
        return usual
    return export.pattern.replace("*", name, 1).replace("*", "").replace("?", "x")


def _people(stand_ins: StandIns, export: Export, rng: random.Random) -> list[int]:
    """The people in the file, in the order in which they answered; the roster is in order of identifiers."""
    if export.wave is None:
        return sorted(range(len(stand_ins.ids)), key=lambda person: stand_ins.ids[person])
    people = list(stand_ins.returned[export.wave])
    rng.shuffle(people)
    return people


def _special(export: Export, reason: str) -> str:
    return next((text for text, meaning in export.special_codes.items() if meaning == reason), "")


def _block_columns(stand_ins: StandIns, study: Study, export: Export, block: ColumnBlock) -> Columns:
    labels = {code: text for rule in export.labels if block.block in rule.blocks for text, code in rule.labels.items()}
    use = study.protocol.service_use
    columns: Columns = {}
    for code, column in study.column_of(block).items():
        cells: dict[int, str] = {}
        if block.block == PARTICIPANTS:
            variable = next(one for one in study.protocol.participant_variables if one.variable == code)
            texts = {one.category: (one.text or (one.label,))[0] for one in variable.categories}
            for person, fact in enumerate(stand_ins.facts[code]):
                if isinstance(fact, str):
                    cells[person] = texts[fact]
                elif fact is not None:
                    cells[person] = f"{fact:g}".replace(".", export.decimal)
        elif block.block == SERVICES and use is not None:
            place = 1 if export.reader == "spss" and len(use.used) > 1 else 0
            for person, is_used in stand_ins.services.get((export.wave or "", code), {}).items():
                texts_of = use.used if is_used else use.not_used
                cells[person] = texts_of[min(place, len(texts_of) - 1)]
        else:
            for person, answer in stand_ins.answers.get((export.wave or "", code), {}).items():
                cells[person] = _answer_text(answer, labels, export)
        columns[column] = cells
    return columns


def _answer_text(answer: Answer, labels: Mapping[int, str], export: Export) -> str:
    return _special(export, answer) if isinstance(answer, str) else labels.get(answer, str(answer))


def _all_columns(stand_ins: StandIns, study: Study, export: Export) -> Columns:
    columns: Columns = {}
    for block in export.blocks:
        columns |= _block_columns(stand_ins, study, export, block)
    return columns


def _rule_columns(export: Export, header: Sequence[str]) -> list[str]:
    """Columns that only a rule for rows to set aside needs; blank for everybody."""
    return list(dict.fromkeys(rule.column for rule in export.set_aside if rule.column not in header))


def _days(study: Study, export: Export) -> float:
    return next((wave.month * 30.4 for wave in study.protocol.waves if wave.wave == export.wave), 0.0)


def _moments_of_answering(study: Study, export: Export, count: int, rng: random.Random) -> list[datetime]:
    first = _START + timedelta(days=_days(study, export))
    return sorted(first + timedelta(minutes=rng.randrange(21 * 24 * 60)) for _ in range(count))


def _plain(stand_ins: StandIns, study: Study, export: Export, rng: random.Random) -> Callable[[Path], None]:
    """An online survey tool's CSV in cp1252 with blank lines at the end; a roster as a spreadsheet saves it."""
    people = _people(stand_ins, export, rng)
    columns = _all_columns(stand_ins, study, export)
    times = _moments_of_answering(study, export, len(people), rng)
    is_roster = export.wave is None
    extra: dict[str, Callable[[int], str]] = {
        "Response ID": lambda row: str(100_231 + 7 * row),
        "Started": lambda row: (times[row] - timedelta(minutes=12 + row % 9)).strftime("%d/%m/%Y %H:%M"),
        "Language": lambda row: "en-GB",
        "Free text": lambda row: _REMARKS[row // 5 % len(_REMARKS)] if row % 5 == 2 else "",
        "Consent form filed": lambda row: "yes",
    }
    ahead = [name for name in export.ignored if name != "Free text"]
    behind = [name for name in export.ignored if name == "Free text"]
    header = [export.respondent, *ahead] if is_roster else [*ahead, export.respondent]
    header += [export.answered_on] if export.answered_on else []
    header += [*columns, *behind]
    header += _rule_columns(export, header)
    rows = [header]
    for row, person in enumerate(people):
        fixed = {export.respondent: stand_ins.ids[person]}
        if export.answered_on:
            fixed[export.answered_on] = times[row].strftime("%d/%m/%Y %H:%M")
        cells = []
        for name in header:
            if name in fixed:
                cells.append(fixed[name])
            elif name in columns:
                cells.append(columns[name].get(person, ""))
            else:
                cells.append(extra.get(name, lambda row: "")(row))
        rows.append(cells)
    delimiter = ";" if export.decimal == "," else ","
    text = _csv(rows, delimiter, csv.QUOTE_MINIMAL) + ("" if is_roster else "\r\n\r\n\r\n")
    encoding = "utf-8-sig" if is_roster else "cp1252"
    return lambda path: _write(path, text.encode(encoding))


def _qualtrics(stand_ins: StandIns, study: Study, export: Export, rng: random.Random) -> Callable[[Path], None]:
    """Qualtrics' CSV: three header rows, every cell quoted, a preview and an unfinished response among the rows."""
    people = _people(stand_ins, export, rng)
    columns = _all_columns(stand_ins, study, export)
    times = _moments_of_answering(study, export, len(people) + 2, rng)
    names = list(dict.fromkeys([*export.ignored, export.answered_on or "RecordedDate", export.respondent]))
    names += _rule_columns(export, [*names, *columns])
    header = [*names, *columns]
    labels = [*names, *(_neutral_label(study, export, column) for column in columns)]
    imports = [json.dumps({"ImportId": name}) for name in names]
    for number, block in enumerate(export.blocks, start=3):
        imports += [
            json.dumps({"ImportId": f"QID{number}_{place}"}) for place, _ in enumerate(study.column_of(block), start=1)
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
        done = times[row].strftime("%Y-%m-%d %H:%M:%S")
        began = (times[row] - timedelta(minutes=17)).strftime("%Y-%m-%d %H:%M:%S")
        meta = {
            "StartDate": began,
            "EndDate": done,
            "Status": "Survey Preview" if kind == "preview" else "IP Address",
            "Progress": "38" if kind == "unfinished" else "100",
            "Duration (in seconds)": str(1020 + 13 * row),
            "Finished": "False" if kind == "unfinished" else "True",
            "ResponseId": f"R_{zlib.crc32(f'{row}/{done}'.encode()):08x}",
            "DistributionChannel": "preview" if kind == "preview" else "email",
            "UserLanguage": "EN-GB",
            export.answered_on or "RecordedDate": done,
            export.respondent: "" if person is None else stand_ins.ids[person],
        }
        cells = [meta.get(name, "") for name in names]
        for place, cell in enumerate(columns.values()):
            if kind == "complete" and person is not None:
                cells.append(cell.get(person, ""))
            else:
                cells.append(str(rng.randint(2, 4)) if kind == "preview" or place < len(columns) * 0.3 else "")
        rows.append(cells)
    text = _csv(rows, ",", csv.QUOTE_ALL, line_end="\n")
    return lambda path: _write(path, text.encode("utf-8-sig"))


def _spss(stand_ins: StandIns, study: Study, export: Export, rng: random.Random) -> Callable[[Path], None]:
    """SPSS .sav: numeric codes with value labels, user-missing codes, system-missing for what was left blank."""
    people = _people(stand_ins, export, rng)
    times = _moments_of_answering(study, export, len(people), rng)
    frame: dict[str, list[object]] = {export.respondent: [stand_ins.ids[person] for person in people]}
    if export.answered_on:
        frame[export.answered_on] = [time.strftime("%Y-%m-%d") for time in times]
    value_labels: dict[str, dict[int | float, str]] = {}
    ranges: dict[str, list[int | float | str | pyreadstat.pyclasses.MissingRange]] = {}
    codes = sorted(int(text) for text in export.special_codes if text.lstrip("-").isdigit())
    words = {int(text): reason for text, reason in export.special_codes.items() if text.lstrip("-").isdigit()}
    for block in export.blocks:
        anchors = study.instrument(block.block).anchors if block.block != SERVICES else None
        for column, cells in _block_columns(stand_ins, study, export, block).items():
            frame[column] = [float(cells[person]) if cells.get(person) else None for person in people]
            ends = {anchors.low: "low end", anchors.high: "high end"} if anchors else {0: "No", 1: "Yes"}
            value_labels[column] = {**ends, **{code: words[code].replace("_", " ") for code in codes}}
            if codes:
                ranges[column] = list(codes)
    texts = [export.respondent, *([export.answered_on] if export.answered_on else []), *_rule_columns(export, [*frame])]
    frame |= {column: [""] * len(people) for column in texts if column not in frame}
    kinds = {name: "str" if name in texts else "float64" for name in frame}
    data = pd.DataFrame({name: pd.Series(cells, dtype=kinds[name]) for name, cells in frame.items()})
    labels = {name: _neutral_label(study, export, name) for name in frame}
    formats = {name: "F8.0" for name in frame if name not in texts}

    def write(path: Path) -> None:
        pyreadstat.write_sav(
            data,
            str(path),
            column_labels=labels,
            variable_value_labels=value_labels,
            missing_ranges=ranges,
            variable_format=formats,
        )
        _date_file(path, max(times, default=_START))

    return write


def _date_file(path: Path, saved: datetime) -> None:
    """Let an SPSS file say that it was saved at a given time, so that the same seed gives the same bytes."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    stamp = f"{saved:%d} {months[saved.month - 1]} {saved:%y%H:%M:%S}".encode("ascii")
    with path.open("r+b") as file:
        # Creation date (9 bytes) and time (8) follow 92 bytes of other header fields.
        file.seek(92)
        file.write(stamp)


def _neutral_label(study: Study, export: Export, column: str) -> str:
    """A label that says where a column belongs, and nothing of what was asked."""
    for block in export.blocks:
        for position, (code, name) in enumerate(study.column_of(block).items(), start=1):
            if name == column:
                if block.block == SERVICES and study.protocol.service_use is not None:
                    return next(one.label for one in study.protocol.service_use.services if one.service == code)
                return f"{block.block.upper()} item {position}"
    return column


def _csv(rows: Sequence[Sequence[str]], delimiter: str, quoting: int, line_end: str = "\r\n") -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=line_end)  # type: ignore[arg-type]
    writer.writerows(rows)
    return stream.getvalue()


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


_WRITERS = {"delimited": _plain, "qualtrics": _qualtrics, "spss": _spss}
