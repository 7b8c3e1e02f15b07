"""The errors of a pull. Nothing else belongs here."""


class PullError(ValueError):
    """An export that could not be pulled; its file is as it was. The message is one line with the cure, and no secret."""


class NoAnswersError(PullError):
    """The service answers, and says that nobody has answered yet."""
