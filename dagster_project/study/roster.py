"""A study without a file of its people: those who answered a wave are its roster.

Belongs here: the roster's export made of that wave's. Does not belong here: reading it; it is an export like any other.
"""

from collections.abc import Mapping

from dagster_project.study.decimal_marks import names_column

_KEYS = ("from", "columns", "leaving", "special_codes", "decimal_of_columns")
#: What the roster takes over from the wave's export. What is said of answers stays with the wave.
_TAKEN_OVER = (
    *("folder", "pattern", "files", "pin", "reader", "sheet", "encoding", "title_rows", "header_rows", "label_rows"),
    *(
        "decimal",
        "respondent",
        "dates",
        "two_digit_years_from",
        "rows",
        "dictionary",
        "catalogue",
        "set_aside",
        "duplicates",
    ),
    "respondents",
)


def with_roster_of_wave(content: object) -> object:
    """The content of study.yaml with an export for the roster in place of `roster: T1`, or of
    `roster: {from: T1, columns: {age: Age}}`.

    Raises ValueError for a wave that has no export or several, and for a study that has a roster besides.
    """
    if not isinstance(content, Mapping) or "roster" not in content:
        return content
    roster = content["roster"]
    declaration = roster if isinstance(roster, Mapping) else {"from": roster}
    if unknown := [key for key in declaration if key not in _KEYS]:
        raise ValueError(f"roster: there is no key {unknown[0]!r}; give a wave, or {', '.join(_KEYS)}")
    exports = [export for export in content.get("exports") or () if isinstance(export, Mapping)]
    if any(export.get("wave") is None for export in exports):
        raise ValueError("roster names a wave, and an export without a wave is the roster already; keep one of the two")
    of_wave = [
        export for export in exports if export.get("wave") == declaration.get("from") and export.get("repeat_of") is None
    ]
    if len(of_wave) != 1:
        raise ValueError(
            f"roster: {declaration.get('from')!r} has {len(of_wave)} exports; give a wave with one, whose people are the"
            " study's"
        )
    columns = declaration.get("columns")
    export = {
        "export": "roster",
        "ignored": ["*"],
        **{key: value for key, value in of_wave[0].items() if key in _TAKEN_OVER},
        **({"blocks": [{"block": "participants", "columns": columns}]} if columns else {}),
        **{key: declaration[key] for key in ("leaving", "special_codes") if key in declaration},
        "decimal_of_columns": _decimal_marks(
            of_wave[0].get("decimal_of_columns"), declaration.get("decimal_of_columns"), columns
        ),
    }
    return {key: value for key, value in content.items() if key != "roster"} | {"exports": [export, *exports]}


def _decimal_marks(of_wave: object, of_roster: object, columns: object) -> object:
    """What is said of the marks of the roster's columns: by itself, which goes first, and by the wave's export of columns
    that both have."""
    if of_roster is not None and not isinstance(of_roster, Mapping):
        return of_roster
    names = list(columns.values()) if isinstance(columns, Mapping) else []
    marks = {
        name: mark
        for name, mark in (of_wave.items() if isinstance(of_wave, Mapping) else ())
        if any(names_column(str(name), str(column)) for column in names)
    }
    return marks | dict(of_roster or {})
