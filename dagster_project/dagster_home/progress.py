"""One line a step while a run goes on, for people who watch a terminal.

Belongs here: the logger that turns Dagster's events into those lines. Does not belong here: summaries (summary.py).
"""

import io
import logging
import os
import sys
import time
from typing import TextIO

import dagster as dg

_WORDS = {"STEP_SUCCESS": "done", "STEP_FAILURE": "FAILED", "STEP_SKIPPED": "skipped"}


class _StepLines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._terminal = _standard_error()
        self._started: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_event", None)
        if event is None or event.event_type_value not in (*_WORDS, "STEP_START"):
            return
        step, now = event.step_key or "", time.monotonic()
        name = step.replace("__", "/")
        if event.event_type_value == "STEP_START":
            self._started[step] = now
            return
        seconds = now - self._started.pop(step, now)
        print(step_line(name, _WORDS[event.event_type_value], seconds), file=self._terminal, flush=True)


def _standard_error() -> TextIO:
    """Standard error as it is now: while steps run, what is printed there goes to a file."""
    try:
        return os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="backslashreplace")
    except (AttributeError, io.UnsupportedOperation):  # a stand-in, as tests have
        return sys.stderr


def step_line(name: str, word: str, seconds: float) -> str:
    """A step, what became of it, and how long it took."""
    return f"  {name:<34} {word:<8} {seconds:5.1f} s"


@dg.logger(
    config_schema={"quiet": dg.Field(bool, default_value=False, description="Print nothing.")},
    description="One line a finished step, on standard error.",
)
def progress_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """A logger that prints a line for each finished step."""
    logger = logging.getLogger("wavehouse.progress")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.handlers = [logging.NullHandler() if context.logger_config["quiet"] else _StepLines()]
    return logger
