"""A manuscript whose numbers are those of a release: {{ r('change/wellbeing/T1-T2/p') }} becomes what tables print.

Belongs here: filling in a text. Does not belong here: what a number is (results/), documents that a release holds (report/).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from types import TracebackType

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from dagster_project.languages import number_text
from dagster_project.readable_files import beyond
from dagster_project.results import unknown_id_message

#: Quarto's shortcodes, {{< include … >}}, are not for us.
_SHORTCODE = re.compile(r"\{\{<.*?>\}\}", re.DOTALL)
_TEMPLATE_FILE = "<template>"


class ManuscriptError(ValueError):
    """A manuscript cannot be filled in. The message is one line with file and line."""

    @classmethod
    def of_another_process(cls, message: str) -> "ManuscriptError":
        """As it was raised there."""
        return cls(message)


@dataclass(frozen=True)
class PrintedResult:
    """A result as a manuscript has it. value: None where it is not defined, and `note` says why."""

    result_id: str
    value: float | None
    printed: str | None
    note: str | None


class _ResultError(Exception):
    """What is wrong with a result that a text asks for."""


def fill_in(text: str, name: str, results: Mapping[str, PrintedResult], release: str) -> str:
    """The text with its numbers. name: the manuscript's, for messages. release: the release's name, which {{ release }}
    gives.

    r(id) gives a result as tables print it in the language that is spoken, value(id) the number with all its digits.
    Comments are between {## and ##}, since Pandoc's identifiers begin with {#. Raises ManuscriptError for an id that no
    result has, a result without a value, and what is no template.
    """

    def result_of(result_id: str) -> PrintedResult:
        if result_id not in results:
            raise _ResultError(unknown_id_message(result_id, list(results)))
        if results[result_id].value is None:
            raise _ResultError(f"{result_id} has no value ({results[result_id].note or 'not defined'}); take it out")
        return results[result_id]

    def r(result_id: str) -> str:
        result = result_of(result_id)
        return number_text(result.printed if result.printed is not None else repr(result.value))

    def value(result_id: str) -> float | None:
        return result_of(result_id).value

    environment = SandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
        comment_start_string="{##",
        comment_end_string="##}",
    )
    shortcodes = _SHORTCODE.findall(text)
    numbers = count()
    # With as many lines as before, so that messages name the right one.
    template_text = _SHORTCODE.sub(lambda match: f"\ue000{next(numbers)}" + "\n" * match[0].count("\n") + "\ue001", text)
    try:
        filled_text = environment.from_string(template_text).render(r=r, value=value, release=release)
    except jinja2.TemplateSyntaxError as error:
        raise ManuscriptError(f"{name}: line {error.lineno}: {error.message}; correct the braces") from None
    except MemoryError:
        raise ManuscriptError(f"{name}: filling it in takes {beyond('manuscript_memory')}; or look for a loop") from None
    except Exception as error:  # a template can raise anything
        message = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ManuscriptError(f"{name}: line {_line_of(error.__traceback__)}: {message}") from None
    return re.sub("\ue000([0-9]+)\n*\ue001", lambda match: shortcodes[int(match[1])], filled_text)


def _line_of(traceback: TracebackType | None) -> int:
    """The line of the template in which an error was raised."""
    line = 1
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == _TEMPLATE_FILE:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
