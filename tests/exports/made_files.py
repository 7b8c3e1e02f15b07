"""Made exports of which every cell is known: what is written in the file, and what it must count as.

Belongs here: drawing people, cells and their spellings, and the declaration that fits them. Does not belong here: what a made
file is (made_grid.py), how a format is written and read by others (file_shapes.py), comparing with the project (test_fuzz.py).

The truth is drawn first (an answer, a reason for none, a text that is neither) and then spelled, so that nothing has to be
read to know it.
"""

import datetime
import random
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from made_grid import (
    ANSWERS,
    BLOCKS,
    ERROR,
    INVISIBLE,
    LETTERS,
    NUMERIC_PEOPLE,
    PEOPLE,
    SERVICE_TEXTS,
    SPECIAL_CODES,
    STRANGER,
    WORDS,
    Cell,
    Grid,
    MadeFile,
    Shape,
    block_of,
)


class _Maker:
    """One file, drawn step by step."""

    def __init__(self, shape: Shape, rng: random.Random) -> None:
        self.shape, self.rng = shape, rng
        self.decimal = rng.choice(".,") if shape.palette == "text" else "."
        self.marks = {code: rng.choice([*",.", *[self.decimal] * 3]) if shape.palette == "text" else "." for code in ANSWERS}
        self.words = rng.sample(WORDS[shape.charset], 5) if rng.random() < 0.7 and shape.charset in WORDS else []
        self.order = rng.choice(("dmy", "mdy", "ymd", "excel", "%d.%b.%y", None)) if shape.palette == "text" else None

    # Cells

    def _padded(self, text: str) -> str:
        """With what nobody sees around it, and accents apart."""
        invisible = [
            character
            for character in INVISIBLE[self.shape.charset]
            if self.shape.palette == "text" or character not in "\t\n\ufeff"  # which an old .xls cannot begin with
        ]
        if self.shape.palette != "typed" and self.rng.random() < 0.2:
            text = self.rng.choice(invisible) + text if self.rng.random() < 0.5 else text + self.rng.choice(invisible)
        if self.shape.charset == "any" and self.rng.random() < 0.2:
            text = unicodedata.normalize("NFD", text)
        return text

    def _text_cell(self, code: str) -> Cell:
        """A cell of text: the spellings of a truth."""
        rng, mark, answers = self.rng, self.marks[code], ANSWERS[code]
        draw = rng.random()
        if draw < 0.6:
            answer = rng.choice(answers)
            forms = [str(answer)] * 4 + [f"{answer}{mark}0", f"{answer}{mark}000"]
            forms += [f"+{answer}", f"0{answer}"] if answer > 0 else ["-0", "00"] if answer == 0 else []
            if code.startswith("mood") and self.words:
                forms += [self.words[answer]] * 4
            # Of a service 1 and 0 are declared texts, and a number that is declared holds however it is spelled.
            forms += [*SERVICE_TEXTS[answer] * 2, f"{answer}{mark}"] if code == "gp" else []
            return Cell(self._padded(rng.choice(forms)), meaning=answer)
        if draw < 0.75:
            text, reason = rng.choice([*SPECIAL_CODES[block_of(code)].items()])
            return Cell(self._padded(text), meaning=reason)
        if draw < 0.87:
            return Cell(self._padded(""), meaning="blank")
        other_mark = ",."[mark == ","]
        number = rng.choice(answers)
        wrong = [
            f"{number}{mark}5",
            f"{number}{other_mark}0",
            *([f"{number}{mark}"] if code != "gp" else []),
            f"{max(answers) + 57}",
            f"{min(answers) - 33}",
        ]
        wrong += [f"{number}e0", f"{number}_0", f"- {number}", "nan", "TRUE", "alph", "12345678901234567890", f"={number}"]
        wrong += ["1", "3"] if code == "steps_01" else []
        wrong += ["٣", "²", "−1"] if self.shape.charset == "any" else []
        return Cell(self._padded(rng.choice(wrong)), meaning="invalid")

    def _number_cell(self, code: str) -> Cell:
        """A number, or no value."""
        rng, answers = self.rng, ANSWERS[code]
        draw = rng.random()
        if draw < 0.65:
            answer = rng.choice(answers)
            return Cell(str(answer), float(answer), answer)
        if draw < 0.78:
            if self.shape.has_letters and rng.random() < 0.7:
                letter, reason = rng.choice([*LETTERS.items()])
                return Cell(f".{letter}", letter, reason)
            codes = [(text, reason) for text, reason in SPECIAL_CODES[block_of(code)].items() if text[-1].isdigit()]
            text, reason = rng.choice(codes)
            return Cell(text, float(text), reason)
        if draw < 0.9:
            return Cell("", None, "blank")
        number = rng.choice((rng.choice(answers) + 0.5, max(answers) + 57.0, min(answers) - 33.0, 0.1, 1e-7, 123456789012.0))
        return Cell(np.format_float_positional(number, trim="-"), number, "invalid")

    def _answer_cell(self, code: str, kind: str) -> Cell:
        if kind == "number" or (kind == "mixed" and self.rng.random() < 0.6):
            return self._number_cell(code)
        cell = self._text_cell(code)
        if self.shape.palette == "typed":  # these formats pad texts with blanks
            cell = Cell(cell.text.rstrip(" "), None, cell.meaning)
        return Cell(cell.text, cell.text or None, cell.meaning)

    def _day_cell(self, kind: str) -> Cell:
        rng = self.rng
        if rng.random() < 0.15:
            return Cell("", None, None)
        day = datetime.date(2019, 1, 1) + datetime.timedelta(days=rng.randrange(1500))
        if kind != "text":
            return Cell(day.isoformat(), day, day)
        if rng.random() < 0.1:
            return Cell("some day", "some day", None)
        if self.order == "excel":
            return Cell(text := str((day - datetime.date(1899, 12, 30)).days), text, day)
        two_digits = f"{day.year % 100:02d}"
        forms = {
            "dmy": (
                f"{day.day}/{day.month}/{day.year}",
                f"{day:%d-%m-%Y} 09:15",
                f"{day:%d.%m.}{two_digits}",
                f"{day:%d %B %Y}",
            ),
            "mdy": (f"{day.month}/{day.day}/{day.year}", f"{day:%m-%d-%Y}", f"{day:%m/%d/}{two_digits}", f"{day:%B %d, %Y}"),
            "ymd": (f"{day:%Y/%m/%d}", f"{day:%Y%m%d}", f"{two_digits}/{day:%m/%d}"),
            "%d.%b.%y": (f"{day:%d.%b.%y}",),
            None: (f"{day:%Y-%m-%d}", f"{day:%Y-%m-%dT23:59:59Z}", f"{day.day}.{day.month}.{day.year}", f"{day:%d %b %Y}"),
        }
        text = rng.choice(forms[self.order])
        return Cell(text, text, day)

    def _comment(self) -> Cell:
        """What stands in a column that nobody reads: anything."""
        texts = [
            "",
            "",
            "a, b",
            'she said "no"',
            "x;y|z^" if self.shape.charset == "any" else "x;y",
            "two\nlines",
            "7",
            "1,5",
            "''",
            "  ",
        ]
        texts += (
            ["\u200b", "\r\n", "naïve 😀", "a\tb"] if self.shape.charset == "any" and self.shape.palette == "text" else []
        )
        text = self.rng.choice(texts)
        if self.shape.names == "upper":  # transport formats have no line breaks
            text = text.replace("\n", " ")
        text = text if self.shape.palette == "text" else text.rstrip() if self.shape.palette == "typed" else text.strip("\r")
        return Cell(text, text or None, None)

    # Columns and rows

    def _names(self, count: int) -> list[str]:
        rng, style = self.rng, self.shape.names
        if style == "upper":
            return [f"V{number}" for number in range(count)]
        if style == "plain":
            return [rng.choice((f"q{number}", f"Q_{number}", f"v{number:03d}")) for number in range(count)]
        if style == "joined":
            return [f"Block {number // 3} | q {number}" for number in range(count)]
        endings = {"ascii": "", "latin": " é", "central": " ž", "any": " ☂"}
        ending = endings[self.shape.charset]
        forms = ("q{0}", "Q{0}_1", "How, and {0}?", 'the "{0}"', "{0}[SQ001]", "a;b|{0}" + ending, "q {0}" + ending)
        return [rng.choice(forms).format(number) for number in range(count)]

    def make(self, path: Path, code: str, wave: str) -> MadeFile:
        rng, shape = self.rng, self.shape
        roles = self._roles()
        names = self._names(len(roles))
        if shape.names == "joined":
            names[0] = "pid"
        if shape.day_name:
            names[roles.index("answered_on")] = shape.day_name
        kinds = [self._kind(role) for role in roles]
        is_numeric_id = kinds[0] == "number"
        allowed = [
            person
            for person in (NUMERIC_PEOPLE if is_numeric_id else PEOPLE)
            if person.isascii()
            or ((shape.charset not in ("ascii", "central") or person == "Müller") and shape.charset != "ascii")
        ]
        people = rng.sample(allowed, min(len(allowed), rng.randrange(3, 9)))
        rows, reasons = [], []
        for person in people:
            rows.append(self._row(roles, kinds, person))
            reasons.append(None)
        corrections: dict[str, str] = {}
        strangers: tuple[str, ...] = ()
        if not is_numeric_id and rng.random() < 0.15:
            corrections = {"old one": people[0]}
            rows[0][0] = self._identifier("old one", kinds[0])
        elif not is_numeric_id and rng.random() < 0.1:
            strangers = (STRANGER,)
            rows[-1][0] = self._identifier(STRANGER, kinds[0])
        duplicates, problem = rng.choice(("refuse", "first", "latest_complete")), None
        if rng.random() < 0.25:
            index = rng.randrange(len(rows))
            twin = self._twin(rows[index], roles)
            if duplicates == "latest_complete" and rng.random() < 0.5:
                rows.insert(index, twin)
                reasons.insert(index, "duplicate")
            else:
                rows.append(twin)
                reasons.append("duplicate")
            if duplicates == "refuse":
                problem = "has rows"
        self._add_rows_of_nobody(roles, kinds, people, rows, reasons)
        if shape.has_errors and rng.random() < 0.15 and problem is None:
            row = rng.choice([row for row, reason in zip(rows, reasons, strict=True) if reason is None])
            position = rng.choice([position for position, role in enumerate(roles) if role in ANSWERS])
            row[position], problem = Cell("#N/A", ERROR), "holds the error #N/A; correct it and save the workbook"
        grid = Grid(names, kinds, rows)
        written = shape.write(path, grid, rng)
        names = list(written.columns)
        if written.other_names is not None:  # what is ignored is called as it is headed
            names = [
                name if role == "ignored" or rng.random() < 0.5 else other
                for name, other, role in zip(names, written.other_names, roles, strict=True)
            ]
        declaration = self._declaration(code, wave, roles, names, corrections, duplicates)
        unknown = tuple(name for name, role in zip(written.columns, roles, strict=False) if role == "unknown")
        codes = [role if role in ANSWERS or role in ("respondent", "answered_on") else None for role in roles]
        return MadeFile(shape, declaration, path, grid, written, codes, reasons, problem, strangers, unknown)

    def _roles(self) -> list[str | None]:
        """What each column is: an item, or what else a file has."""
        rng = self.rng
        present = [item for item in ANSWERS if rng.random() < 0.85] or ["mood_01"]
        has_filter, has_status, has_day = rng.random() < 0.3, rng.random() < 0.4, rng.random() < 0.6 or self.shape.day_name
        roles: list[str | None] = [*present, *(["answered_on"] if has_day else []), *(["filter"] if has_filter else [])]
        roles += [*(["status"] if has_status else []), "ignored", *(["unknown"] if rng.random() < 0.3 else [])]
        rng.shuffle(roles)
        return ["respondent", *roles]

    def _add_rows_of_nobody(
        self,
        roles: Sequence[str | None],
        kinds: Sequence[str],
        people: Sequence[str],
        rows: list[list[Cell]],
        reasons: list[str | None],
    ) -> None:
        """Rows that are no answers of the wave: another wave's, previews, those without an identifier."""
        rng = self.rng
        for reason, role, text in (
            ("other_wave", "filter", "t 2"),
            ("preview", "status", "Preview é" if self.shape.charset != "ascii" else "Preview"),
        ):
            for _ in range(rng.randrange(3) if role in roles else 0):
                row = self._row(roles, kinds, rng.choice(people))
                row[roles.index(role)] = self._mark(text)
                position = rng.randrange(len(rows) + 1)
                rows.insert(position, row)
                reasons.insert(position, reason)
        if rng.random() < 0.2:
            rows.append(self._row(roles, kinds, ""))
            reasons.append("no_participant")

    def _kind(self, role: str | None) -> str:
        palette = self.shape.palette
        if palette == "text" or role in ("filter", "status", "ignored", "unknown"):
            return "text"
        if role == "answered_on":
            return "date"
        if role == "respondent":
            return self.rng.choice(("text", "number"))
        return self.rng.choice(("number", "number", "text")) if palette == "typed" else self.rng.choice(("number", "mixed"))

    def _identifier(self, person: str, kind: str) -> Cell:
        if kind == "number":
            return Cell(person, float(person) if person else None)
        if self.shape.charset == "any" and self.rng.random() < 0.3:
            person = unicodedata.normalize("NFD", person)
        return Cell(person, person or None)

    def _mark(self, text: str) -> Cell:
        """A text that a rule on rows looks at."""
        text = self._padded(text)
        text = text.rstrip() if self.shape.palette == "typed" else text
        return Cell(text, text or None)

    def _row(self, roles: Sequence[str | None], kinds: Sequence[str], person: str) -> list[Cell]:
        row = []
        for role, kind in zip(roles, kinds, strict=True):
            if role == "respondent":
                row.append(self._identifier(person, kind))
            elif role == "answered_on":
                row.append(self._day_cell(kind))
            elif role == "filter":
                row.append(self._mark(self.rng.choice(("t 1", "t 1 b"))))
            elif role == "status":
                row.append(self._mark(self.rng.choice(("Done", "", "Open"))))
            elif role in ANSWERS:
                row.append(self._answer_cell(role, kind))
            else:
                row.append(self._comment())
        # One plain answer each: a row without any looks like a header, which is asked about.
        position = self.rng.choice([position for position, role in enumerate(roles) if role in ANSWERS])
        answer = self.rng.choice(ANSWERS[roles[position] or ""])
        is_text = kinds[position] == "text"
        row[position] = Cell(str(answer), str(answer) if is_text else float(answer), answer)
        return row

    def _twin(self, row: Sequence[Cell], roles: Sequence[str | None]) -> list[Cell]:
        """A further row of a person with fewer answers."""
        twin = list(row)
        if (
            self.shape.charset == "any" and twin[0].text and not twin[0].text.isascii()
        ):  # the same letters, otherwise encoded
            form = "NFD" if unicodedata.is_normalized("NFC", twin[0].text) else "NFC"
            twin[0] = Cell(text := unicodedata.normalize(form, twin[0].text), text)
        filled = [index for index, role in enumerate(roles) if role in ANSWERS and row[index].meaning != "blank"]
        for index in self.rng.sample(filled, self.rng.randrange(1, len(filled) + 1)):
            twin[index] = Cell("", None, "blank")
            if self.shape.palette == "text" and self.rng.random() < 0.3:
                twin[index] = Cell(self.rng.choice(INVISIBLE[self.shape.charset]), None, "blank")
        return twin

    def _declaration(
        self,
        code: str,
        wave: str,
        roles: Sequence[str | None],
        columns: Sequence[str],
        corrections: Mapping[str, str],
        duplicates: str,
    ) -> dict[str, Any]:
        column_by_role = {role: column for role, column in zip(roles, columns, strict=False) if role}
        blocks = []
        for block in BLOCKS:
            items = [item for item in ANSWERS if block_of(item) == block]
            block_columns = {item: column_by_role[item] for item in items if item in column_by_role}
            if block_columns:
                blocks.append(
                    {"block": block, "columns": block_columns, "absent": [i for i in items if i not in block_columns]}
                )
        names = [block["block"] for block in blocks]
        letters = {f".{letter}": reason for letter, reason in LETTERS.items()} if self.shape.has_letters else {}
        declaration: dict[str, Any] = {
            "export": code,
            "wave": wave,
            "folder": f"raw/{code}",
            "reader": self.shape.reader,
            "decimal": self.decimal,
            "decimal_of_columns": {column_by_role[item]: self.marks[item] for item in ANSWERS if item in column_by_role},
            "respondent": column_by_role["respondent"],
            "blocks": blocks,
            "ignored": [column_by_role["ignored"]],
            "duplicates": duplicates,
            "special_codes": [{"blocks": [name], "codes": SPECIAL_CODES[name] | letters} for name in names],
            **self.shape.declaration,
        }
        if "dictionary" in declaration:
            declaration["dictionary"] = declaration["dictionary"].format(code)
        if self.words and "mood" in names:
            labels = {
                unicodedata.normalize(self.rng.choice(("NFC", "NFD")), word): index for index, word in enumerate(self.words)
            }
            declaration["labels"] = [{"blocks": ["mood"], "labels": labels}]
        if "answered_on" in column_by_role:
            declaration["answered_on"] = column_by_role["answered_on"]
            if self.order is not None:
                declaration["dates"] = self.order
        if "filter" in column_by_role:
            declaration["rows"] = {"column": column_by_role["filter"], "equals": ["t 1", "t 1 b"]}
        if "status" in column_by_role:
            text = "Preview é" if self.shape.charset != "ascii" else "Preview"
            declaration["set_aside"] = [{"column": column_by_role["status"], "equals": [text], "reason": "preview"}]
        if corrections:
            declaration["respondents"] = dict(corrections)
        return declaration


def make_file(folder: Path, shape: Shape, rng: random.Random, code: str, wave: str) -> MadeFile:
    """Write a file of a shape into its folder below a study."""
    path = folder / "raw" / code / f"file{shape.suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    return _Maker(shape, rng).make(path, code, wave)
