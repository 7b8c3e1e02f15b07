"""What all models of a study definition share: strictness and the format of codes.

Belongs here: the base model and constrained types. Does not belong here: any model of the field itself.
"""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

#: A code that names a column, a table or a part of a result id: safe in SQL, in a path and in a URL.
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
#: A wave's id as it is printed, such as T1. It is part of result ids; in lower case it names a table.
WaveId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,30}$")]
#: A contrast's id, such as T1-T2.
ContrastId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")]
#: The id of a participant variable's category, such as S1.
CategoryId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]


class Definition(BaseModel):
    """A frozen model that refuses unknown keys, so that a misspelt key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)


def _as_text(value: object) -> object:
    """YAML reads a bare 3 as a number and a bare yes as true; cell text is compared as text, so booleans are refused."""
    if isinstance(value, bool):
        raise ValueError("YAML reads this as true/false; put it in quotes")
    return str(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(_as_text)]


def as_list(value: object) -> object:
    """A single entry may be written without the list around it."""
    return [value] if isinstance(value, dict) else value
